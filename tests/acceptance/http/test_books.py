"""The operator's books over HTTP: unmatched payments, ledger, solvency, accounts."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from solders.keypair import Keypair

from earnest.jobs import Job
from earnest.kit.clock import SystemClock
from earnest.kit.db import Database
from earnest.kit.settings import Settings
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from earnest.run.worker import build_registry
from earnest.treasury import VERIFY_JOB, keep_check
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.served import Person, sign_in
from tests.conftest import Databases


@dataclass
class Office:
    """A site, two operators of it, and each one's client."""

    site: Site
    ada: Person
    bob: Person

    async def unmatched(self, *amounts: int, payer: str | None = None) -> list[dict[str, Any]]:
        """That many payments of no order; all that waits, as Ada sees it."""
        market = self.site.market
        await market.log(
            *(market.fact(market.incoming(amount, [], payer=payer)) for amount in amounts)
        )
        await market.settle()
        async with self.ada.client() as client:
            found = await client.get("/api/admin/suspense")
        items: list[dict[str, Any]] = found.json()["items"]
        return items


@pytest.fixture
async def office(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> AsyncIterator[Office]:
    """Two wallets are the operators'."""
    wallets = [Keypair(), Keypair()]
    addresses = ",".join(str(wallet.pubkey()) for wallet in wallets)
    async with opened_site(databases, s3_server, chain, operator_addresses=addresses) as site:
        ada, bob = (sign_in(site.url, wallet) for wallet in wallets)
        yield Office(site, ada, bob)


async def test_an_unmatched_payment_is_given_once_and_kept_with_who_and_why(
    office: Office,
) -> None:
    """The payer's account is named as a hint; the settlement is one effect under its key, becomes
    balance, leaves the list, and stands in the ledger and in the book of operators' acts."""
    payer = office.site.person()
    (item,) = await office.unmatched(250_000, payer=payer.address)
    assert (item["amountMinor"], item["asset"]) == ("250000", "SOL")
    assert (item["payer"], item["payerAccountId"]) == (payer.address, payer.account_id)
    assert (item["reason"], item["settlement"]) == ("no_known_reference", None)
    path = f"/api/admin/suspense/{item['id']}"
    body = {"accountId": payer.account_id, "note": "  forgot the reference  "}
    async with office.ada.client() as ada:
        ada.headers["Idempotency-Key"] = "k"
        first = await ada.post(f"{path}/settlement", json=body)
        again = await ada.post(f"{path}/settlement", json=body)
        shown = await ada.get(path)
        waiting = (await ada.get("/api/admin/suspense")).json()
        settled = (await ada.get("/api/admin/suspense?state=settled")).json()
        transfer_id = first.json()["settlement"]["transferId"]
        transfer = (await ada.get(f"/api/admin/ledger/transfers/{transfer_id}")).json()
        audit = (await ada.get(f"/api/admin/accounts/{payer.account_id}")).json()["notes"]
    assert first.status_code == 200, first.text
    assert first.json() == again.json() == shown.json()
    end = first.json()["settlement"]
    assert (end["settledBy"], end["note"]) == (office.ada.address, "forgot the reference")
    assert end["accountId"] == payer.account_id
    assert await office.site.market.balance(UUID(payer.account_id)) == 250_000
    assert (waiting["items"], waiting["waiting"]) == ([], [])
    assert settled["items"] == [first.json()]
    assert (transfer["kind"], transfer["subject"]) == (
        "suspense_settled",
        f"suspense:{item['id']}",
    )
    assert transfer["chainTx"] == {"chain": "solana", "txId": item["chainTx"]}
    assert [note["act"] for note in audit] == ["suspense_settle"]
    api = await office.site.market.role("api")
    acts = await api.fetch("SELECT by_account, act, subject, note, facts FROM operator_acts")
    ((by, act, subject, note, facts),) = [tuple(row) for row in acts]
    assert (str(by), act, subject) == (
        office.ada.account_id,
        "suspense_settle",
        f"suspense:{item['id']}",
    )
    assert note == "forgot the reference"
    assert facts["amountMinor"] == "250000"


async def test_the_second_of_two_operators_is_told_who_was_first(office: Office) -> None:
    """Both give it to another person at once: one does, the other gets 409 with who, to whom and
    why, and leaves nothing behind."""
    one, other = office.site.person(), office.site.person()
    (item,) = await office.unmatched(777)
    path = f"/api/admin/suspense/{item['id']}/settlement"
    async with office.ada.client() as ada, office.bob.client() as bob:
        answers = await asyncio.gather(
            ada.post(path, json={"accountId": one.account_id, "note": "hers"}),
            bob.post(path, json={"accountId": other.account_id, "note": "his"}),
        )
    by_status = {answer.status_code: answer for answer in answers}
    assert set(by_status) == {200, 409}
    won, told = by_status[200].json()["settlement"], by_status[409].json()
    assert told["code"] == "suspense_settled"
    assert {name: told["facts"][name] for name in ("settledBy", "accountId", "note")} == {
        name: won[name] for name in ("settledBy", "accountId", "note")
    }
    balances = [
        await office.site.market.balance(UUID(person.account_id)) for person in (one, other)
    ]
    assert sorted(balances) == [0, 777]
    api = await office.site.market.role("api")
    assert await api.fetchval("SELECT count(*) FROM operator_acts") == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"accountId": "ada", "note": "x"}, 400, "invalid_input"),
        ({"accountId": str(UUID(int=1)), "note": ""}, 400, "invalid_input"),
        ({"accountId": str(UUID(int=1)), "note": " \n "}, 400, "invalid_input"),
        ({"accountId": str(UUID(int=1)), "note": "x" * 501}, 400, "invalid_input"),
        ({"accountId": str(UUID(int=1))}, 400, "invalid_input"),
        ({"accountId": str(UUID(int=1)), "note": "x", "amount": 1}, 400, "invalid_input"),
        ({"accountId": str(UUID(int=1)), "note": "x"}, 404, "recipient_unknown"),
    ],
)
async def test_what_is_no_sound_settlement_moves_nothing(
    office: Office, body: dict[str, Any], status: int, code: str
) -> None:
    """Every unsound body is a problem with its own words, and the item waits on."""
    (item,) = await office.unmatched(5)
    async with office.ada.client() as ada:
        answer = await ada.post(f"/api/admin/suspense/{item['id']}/settlement", json=body)
        after = (await ada.get("/api/admin/suspense")).json()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert after["items"] == [item]


async def test_pages_of_what_waits_neither_skip_nor_repeat(office: Office) -> None:
    """One at a time, oldest first; a cursor that is none of ours is refused."""
    items = await office.unmatched(1, 2, 3)
    seen: list[dict[str, Any]] = []
    async with office.ada.client() as ada:
        cursor = ""
        while True:
            page = (await ada.get(f"/api/admin/suspense?limit=1{cursor}")).json()
            seen += page["items"]
            assert page["waiting"] == [{"asset": "SOL", "amountMinor": "6"}]
            if page["nextCursor"] is None:
                break
            cursor = f"&cursor={page['nextCursor']}"
        wrong = await ada.get("/api/admin/suspense?cursor=LTE")
        missing = await ada.get(f"/api/admin/suspense/{UUID(int=1)}")
    assert seen == items
    assert (wrong.status_code, missing.status_code) == (400, 404)


async def test_the_ledger_adds_up_and_leads_from_sums_to_one_transfer(office: Office) -> None:
    """Debits are credits; the sum of a kind is that of its accounts; an account's last entry leads
    to a transfer whose two hashes hold; the file says what the pages say."""
    await office.site.earn(office.site.person())
    await office.unmatched(11, 22, 33)
    async with office.ada.client() as ada:
        (sol,) = [
            each
            for each in (await ada.get("/api/admin/ledger")).json()["assets"]
            if each["asset"] == "SOL"
        ]
        assert sol["balanced"]
        assert sol["debitsMinor"] == sol["creditsMinor"]
        (kind,) = [each for each in sol["kinds"] if each["kind"] == "suspense"]
        assert (kind["type"], kind["accounts"], kind["balanceMinor"]) == ("liability", 1, "66")
        listed = (await ada.get("/api/admin/ledger/accounts?kind=suspense&asset=SOL")).json()
        (account,) = listed["items"]
        path = f"/api/admin/ledger/accounts/{account['id']}"
        assert (await ada.get(path)).json() == account
        newest = await _pages(ada, f"{path}/entries?limit=2")
        oldest = await _pages(ada, f"{path}/entries?limit=1&order=oldest")
        file = await ada.get(f"{path}/entries.csv")
        transfer = await ada.get(f"/api/admin/ledger/transfers/{newest[0]['transferId']}")
    assert newest == oldest[::-1]
    assert [entry["amountMinor"] for entry in oldest] == ["11", "22", "33"]
    assert oldest[-1]["balanceMinor"] == account["balanceMinor"] == "66"
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert file.headers["content-type"].startswith("text/csv")
    assert "earnest-next-cursor" not in file.headers
    assert [row["transfer_id"] for row in rows] == [entry["transferId"] for entry in oldest]
    assert [row["balance_minor"] for row in rows] == ["11", "33", "66"]
    shown = transfer.json()
    assert (shown["debit"]["chained"], shown["credit"]["chained"]) == (True, True)
    assert shown["credit"]["hashBefore"] != shown["credit"]["hash"]
    assert shown["chainTx"]["chain"] == "solana"


async def _pages(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await client.get(f"{path}{cursor}")
        assert answer.status_code == 200, answer.text
        seen += answer.json()["items"]
        if answer.json()["nextCursor"] is None:
            return seen
        cursor = f"&cursor={answer.json()['nextCursor']}"


async def test_entries_by_time_and_what_is_no_time(office: Office) -> None:
    """From an entry's own moment on it is there, before it is not; a moment without its zone, an
    end before its beginning, and numbers that no account has are told as such."""
    await office.unmatched(1, 2)
    async with office.ada.client() as ada:
        listed = await ada.get("/api/admin/ledger/accounts?kind=suspense&asset=SOL")
        path = f"/api/admin/ledger/accounts/{listed.json()['items'][0]['id']}/entries"
        second = (await ada.get(path)).json()["items"][0]
        later = (datetime.now(UTC) + timedelta(days=1)).isoformat()

        async def numbers(**times: str) -> list[int]:
            found = await ada.get(path, params=times)
            return [entry["number"] for entry in found.json()["items"]]

        assert await numbers(**{"from": second["at"]}) == [2]
        assert await numbers(until=second["at"]) == [1]
        assert await numbers(**{"from": second["at"], "until": later}) == [2]
        assert await numbers(**{"from": later}) == []
        for times, code in (
            ({"from": later, "until": second["at"]}, "times_unusable"),
            ({"from": "2026-01-01T00:00:00"}, "times_unusable"),
            ({"from": "yesterday"}, "invalid_input"),
        ):
            answer = await ada.get(path, params=times)
            assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
        for number in ("0", "999999999", "99999999999999999999999", "-1"):
            answer = await ada.get(f"/api/admin/ledger/accounts/{number}/entries")
            assert answer.status_code == 404, answer.text
        assert (await ada.get(f"/api/admin/ledger/transfers/{UUID(int=1)}")).status_code == 404
        unknown = await ada.get("/api/admin/ledger/accounts?kind=Order:&asset=SOL")
        assert unknown.status_code == 400


async def test_a_replay_is_asked_for_once_and_what_came_of_it_is_kept(office: Office) -> None:
    """Asked twice it waits once, under the operator's name; the job that the worker has for it
    replays the ledger and keeps that nothing was found."""
    await office.unmatched(1)
    async with office.ada.client() as ada:
        first = await ada.post("/api/admin/ledger/verifications")
        second = await ada.post("/api/admin/ledger/verifications")
        waiting = (await ada.get("/api/admin/ledger/verifications")).json()
        assert (first.status_code, first.json()["already"]) == (202, False)
        assert (second.status_code, second.json()["already"]) == (202, True)
        assert waiting == {"waiting": True, "items": []}
        market = office.site.market
        await run_job(market.databases, VERIFY_JOB)
        kept = (await ada.get("/api/admin/ledger/verifications")).json()["items"]
        shown = (await ada.get("/api/admin/ledger")).json()["verification"]
    assert kept == [shown]
    assert shown["faults"] == []
    assert shown["transfers"] > 0


@dataclass
class Parts:
    """What the jobs of the books need of a worker."""

    settings: Settings
    database: Database
    clock: SystemClock


async def run_job(databases: Databases, type: str) -> None:
    """Does one job as a worker does, with what its handler needs."""
    parts = Parts(
        Settings(database_url=databases.url("worker")),
        await databases.role("worker"),
        SystemClock(),
    )
    await build_registry().types[type].handler(Job(1, type, {}, 1, 1), parts)


async def test_solvency_says_how_often_it_did_not_hold(office: Office) -> None:
    """Kept checks come newest first, those that differ by themselves; both are counted."""
    market = office.site.market
    indexer = await market.role("indexer")
    right = await market.solvency()
    market.balances[market.settings.solana_treasury] += 5
    wrong = await market.solvency()
    async with indexer.db_tx() as db_tx:
        for check in (right, wrong, right):
            await keep_check(db_tx, check)
    async with office.ada.client() as ada:
        every = (await ada.get("/api/admin/solvency?limit=2")).json()
        rest = (await ada.get(f"/api/admin/solvency?cursor={every['nextCursor']}")).json()
        differing = (await ada.get("/api/admin/solvency?differing=true")).json()
    assert [check["solvent"] for check in every["items"] + rest["items"]] == [True, False, True]
    assert (every["kept"], every["differing"], every["halted"]) == (3, 1, [])
    (check,) = differing["items"]
    (sol,) = [each for each in check["accounts"] if each["asset"] == "SOL"]
    assert int(sol["chainMinor"]) - int(sol["ledgerMinor"]) == 5
    assert not sol["agrees"]


async def test_an_account_is_found_and_shown_with_all_it_has_part_in(office: Office) -> None:
    """By a piece of its address or id; with its money, votes, tasks and payouts, and no more of its
    sessions than how many there are."""
    person = office.site.person()
    await office.site.earn(person)
    task = await office.site.market.open_task(UUID(person.account_id))
    async with person.client() as client:
        asked = await client.post("/api/payouts", json={"asset": "SOL", "amountMinor": "1500000"})
    async with office.ada.client() as ada:
        for beginning in (person.address[:6], person.account_id[:9]):
            found = (await ada.get(f"/api/admin/accounts?q={beginning}")).json()["items"]
            assert [each["id"] for each in found] == [person.account_id]
        newest = (await ada.get("/api/admin/accounts?limit=2")).json()
        more = await ada.get(f"/api/admin/accounts?cursor={newest['nextCursor']}")
        shown = (await ada.get(f"/api/admin/accounts/{person.account_id}")).json()
        own = (await ada.get(f"/api/admin/accounts/{office.ada.account_id}")).json()
        for wrong in ("q=ab", "q=a%25b", "q=%27%3B--", "cursor=LTE"):
            assert (await ada.get(f"/api/admin/accounts?{wrong}")).status_code == 400
        assert (await ada.get(f"/api/admin/accounts/{UUID(int=1)}")).status_code == 404
    assert len(newest["items"]) == 2
    assert more.status_code == 200
    assert (shown["operator"], own["operator"]) == (False, True)
    assert [wallet["address"] for wallet in shown["addresses"]] == [person.address]
    assert (shown["liveSessions"], shown["votes"]) == (1, 1)
    (balance,) = shown["balances"]
    assert (balance["availableMinor"], balance["lockedMinor"]) == ("500000", "1500000")
    assert [each["id"] for each in shown["tasks"]] == [str(task.id)]
    assert [each["id"] for each in shown["payouts"]] == [asked.json()["id"]]
    assert (shown["projects"], shown["notes"]) == ([], [])
    assert "token" not in str(shown).lower()
