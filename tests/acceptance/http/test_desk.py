"""What an operator reads and decides over HTTP."""

from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import httpx
from solders.keypair import Keypair

from earnest.kit.clock import SystemClock
from earnest.kit.ids import new_id
from earnest.payouts import Desk, store_attempts
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.served import sign_in
from tests.conftest import Databases


async def test_held_payouts_are_shown_to_the_operator_page_by_page(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Two payouts that were held come oldest first, one on each page of one, as often as asked; one
    that has only just been asked for is not among them. Nobody else is shown any."""
    wallet = Keypair()
    async with opened_site(
        databases, s3_server, chain, operator_addresses=str(wallet.pubkey())
    ) as site:
        desk = Desk(await databases.role("worker"), SystemClock())
        held: list[str] = []
        for _ in range(3):
            person = site.person()
            await site.earn(person)
            async with person.client() as client:
                asked = await client.post(
                    "/api/payouts", json={"asset": "SOL", "amountMinor": "1000000"}
                )
                assert (await client.get("/api/admin/payouts")).status_code == 403
            held.append(asked.json()["id"])
        fresh = held.pop()
        for each in held:
            await desk.hold(UUID(each), operator="ada", note="asked the bank")
        async with sign_in(site.url, wallet).client() as operator:
            first = (await operator.get("/api/admin/payouts?limit=1")).json()
            cursor = first["nextCursor"]
            second = (await operator.get(f"/api/admin/payouts?limit=1&cursor={cursor}")).json()
            wrong = await operator.get("/api/admin/payouts?cursor=LTE")
        shown = first["items"] + second["items"]
        assert [item["id"] for item in shown] == held
        assert fresh not in [item["id"] for item in shown]
        assert all(item["held"] and item["amountMinor"] == "1000000" for item in shown)
        assert (second["nextCursor"], first["halts"]) == (None, [])
        assert wrong.status_code == 400


async def ask_payout(site: Site) -> tuple[httpx.AsyncClient, str]:
    """Somebody who earned something and asked for it, and the payout's id."""
    person = site.person()
    await site.earn(person)
    client = person.client()
    asked = await client.post("/api/payouts", json={"asset": "SOL", "amountMinor": "1000000"})
    assert asked.status_code == 202
    return client, asked.json()["id"]


async def balance(client: httpx.AsyncClient) -> str:
    """What may be taken out, in lamports."""
    items = (await client.get("/api/balance")).json()["items"]
    return str(next(item["availableMinor"] for item in items if item["asset"] == "SOL"))


async def test_an_operator_decides_on_a_payout_once_and_with_a_reason(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Held, given back: one effect for one key, a second operator is told, the sum is in the
    balance again, and the lines say who and why. While something may land nothing is given back."""
    ada, bob = Keypair(), Keypair()
    operators = f"{ada.pubkey()},{bob.pubkey()}"
    async with opened_site(databases, s3_server, chain, operator_addresses=operators) as site:
        client, payout = await ask_payout(site)
        first = sign_in(site.url, ada)
        path = f"/api/admin/payouts/{payout}"
        async with aclosing(client), first.client() as one, sign_in(site.url, bob).client() as two:
            before = await balance(client)
            blank = {"decision": "hold", "note": "  "}
            assert (await one.post(f"{path}/decision", json=blank)).status_code == 400
            hold = {"decision": "hold", "note": "asked the bank"}
            key = {"Idempotency-Key": "hold-1"}
            held = await one.post(f"{path}/decision", json=hold, headers=key)
            again = await one.post(f"{path}/decision", json=hold, headers=key)
            assert held.json() == again.json()
            assert held.json()["payout"]["held"] is True
            told = await two.post(f"{path}/decision", json=hold)
            assert (told.status_code, told.json()["code"]) == (409, "payout_held")
            # Reserved, and the signer may have been asked: from then on something may land.
            worker = await databases.role("worker")
            now = SystemClock().now()
            release = {"decision": "release", "note": "it is fine"}
            assert (await two.post(f"{path}/decision", json=release)).status_code == 200
            attempt = new_id()
            async with worker.db_tx() as db_tx:
                later = now + timedelta(minutes=1)
                assert await store_attempts.reserve(db_tx, attempt, later, later)
                assert await store_attempts.mark_asked(db_tx, attempt, now)
            back = {"decision": "give_back", "note": "wrong wallet"}
            refused = await one.post(f"{path}/decision", json=back)
            assert (refused.status_code, refused.json()["code"]) == (409, "payout_may_still_land")
            assert (await one.get(path)).json()["mayGiveBack"] is False
            async with worker.db_tx() as db_tx:
                taken = await store_attempts.take_out(
                    db_tx, attempt, [UUID(payout)], alone=True, waiting_for="signer_halted",
                    not_before=now, refused=True,
                )  # fmt: skip
                assert taken
                assert await store_attempts.drop(db_tx, attempt, "x", now, refused=True)
            given = await one.post(f"{path}/decision", json=back)
            assert given.json()["payout"]["failureCode"] == "given_back"
            assert int(await balance(client)) == int(before) + 1_000_000
            late = await two.post(f"{path}/decision", json=back)
            assert (late.status_code, late.json()["code"]) == (409, "payout_ended")
            acts = (await two.get(path)).json()["acts"]
            lines = (await two.get(f"/api/admin/audit?subject=payout:{payout}")).json()["items"]
            ended = (await two.get("/api/admin/payouts?state=ended")).json()["items"]
            day = (await two.get("/api/admin/payouts/day")).json()
        assert [each["act"] for each in acts] == [
            "payout_give_back", "payout_release", "payout_hold",
        ]  # fmt: skip
        assert [each["note"] for each in lines] == ["wrong wallet", "it is fine", "asked the bank"]
        assert lines[0]["accountId"] == first.account_id
        assert lines[0]["address"] == str(ada.pubkey())
        assert [each["id"] for each in ended] == [payout]
        assert (day["givenBack"], day["final"], day["paidTwice"]) == (1, 0, 0)


async def test_an_operator_stops_all_payouts_and_ends_no_other_halt(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Stopped once; the second is told. Going on ends that stop alone: a halt that the engine
    found stays, and cannot be ended by the API's role at all."""
    ada = Keypair()
    async with opened_site(
        databases, s3_server, chain, operator_addresses=str(ada.pubkey())
    ) as site:
        worker = await databases.role("worker")
        async with worker.db_tx() as db_tx:
            await store_attempts.halt(db_tx, "chain_was_reset", {}, SystemClock().now())
        path = "/api/admin/payouts/stop"
        async with sign_in(site.url, ada).client() as operator:
            stop = {"stopped": True, "note": "a wallet was stolen"}
            halts = (await operator.post(path, json=stop)).json()
            assert [each["code"] for each in halts] == ["chain_was_reset", "stopped_by_operator"]
            assert (await operator.post(path, json=stop)).json()["code"] == "payouts_stopped"
            go = {"stopped": False, "note": "it was found"}
            left = (await operator.post(path, json=go)).json()
            assert [each["code"] for each in left] == ["chain_was_reset"]
            assert (await operator.post(path, json=go)).status_code == 404
            lines = (await operator.get("/api/admin/audit?limit=1")).json()
            assert lines["items"][0]["act"] == "payouts_go_on"
            rest = await operator.get(f"/api/admin/audit?cursor={lines['nextCursor']}")
            assert [each["act"] for each in rest.json()["items"]] == ["payouts_stop"]
            nobody = await operator.get("/api/admin/audit?by=nobody")
            assert nobody.json()["items"] == []
            for wrong in ("act=Hold!", "cursor=LTE", "cursor=x"):
                assert (await operator.get(f"/api/admin/audit?{wrong}")).status_code == 400


async def test_held_jobs_are_shown_and_tried_again_once(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """A job that a worker gave up on is shown with its reason and what it was given, secrets left
    out; queued again all together or not at all, once for one key, with a line for each."""
    ada = Keypair()
    async with opened_site(
        databases, s3_server, chain, operator_addresses=str(ada.pubkey())
    ) as site:
        given = {"fileId": "7", "upload": {"secretToken": "hush", "parts": [1, 2]}}
        one, two = await site.held_job(given), await site.held_job()
        retry = "/api/admin/jobs/retry"
        async with sign_in(site.url, ada).client() as operator:
            shown = (await operator.get("/api/admin/jobs?limit=1")).json()
            assert (shown["heldCount"], shown["items"][0]["id"]) == (2, two)
            path = f"/api/admin/jobs?limit=1&cursor={shown['nextCursor']}"
            [job] = (await operator.get(path)).json()["items"]
            assert (job["id"], job["type"], job["tries"]) == (one, "files.check", 1)
            assert shown["oldestHeldAt"] == job["heldAt"] < shown["items"][0]["heldAt"]
            assert job["reason"] == "JobCannotSucceed: the store is away"
            assert job["given"] == {
                "fileId": "7", "upload.secretToken": "(left out)",
                "upload.parts.0": "1", "upload.parts.1": "2",
            }  # fmt: skip
            assert "hush" not in (await operator.get("/api/admin/jobs")).text
            none = await operator.post(retry, json={"ids": [one, "999999999"]})
            assert (none.status_code, none.json()["code"]) == (404, "job_not_held")
            assert (await operator.get("/api/admin/jobs")).json()["heldCount"] == 2
            body, key = {"ids": [one, two], "note": "mended"}, {"Idempotency-Key": "again"}
            first = await operator.post(retry, json=body, headers=key)
            second = await operator.post(retry, json=body, headers=key)
            assert first.json() == second.json() == {"ids": sorted([one, two], key=int)}
            after = (await operator.get("/api/admin/jobs")).json()
            waiting = {"type": "files.check", "state": "waiting", "count": 2}
            assert (after["heldCount"], after["items"]) == (0, [])
            assert after["oldestHeldAt"] is None
            assert waiting in after["counts"]
            lines = (await operator.get("/api/admin/audit?act=job_retry")).json()["items"]
            assert {each["subject"] for each in lines} == {f"job:{one}", f"job:{two}"}
            assert (await operator.get("/api/admin/jobs?cursor=LTE")).status_code == 400
            for wrong in ([], ["0"], ["7\n"], ["-1"]):
                answer = await operator.post(retry, json={"ids": wrong})
                assert answer.status_code == 400
