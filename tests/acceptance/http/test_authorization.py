"""Walks `docs/authorization.md`: every route of the application, as every role."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.routes import HTTPRoute
from solders.keypair import Keypair

from earnest.accounts.http import COOKIE
from earnest.run.api import build_app
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.dispute_world import DisputeWorld
from tests.acceptance.http.project_world import ProjectWorld
from tests.acceptance.http.served import Person, api_settings, proof, sign_in, upload_body
from tests.conftest import Databases
from tests.escrow_market import CONTRACT

DOCUMENT = Path(__file__).parents[3] / "docs" / "authorization.md"
# The owner comes last: what it does may end the thing.
ROLES = ("anonymous", "counterpart", "worker", "arbiter", "operator", "owner")
CANCEL = ("POST", "/api/tasks/{task_id}/cancel")

Table = dict[tuple[str, str], dict[str, int]]


def read_table(text: str) -> Table:
    """(method, path) → role → status."""
    columns: list[str] = []
    found: Table = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[:2] == ["method", "path"]:
            columns = cells[2:]
        elif columns and re.fullmatch(r"[A-Z]+", cells[0]) and line.startswith("|"):
            if (cells[0], cells[1]) in found:
                raise ValueError(f"{cells[0]} {cells[1]} stands there twice")
            found[cells[0], cells[1]] = dict(
                zip(columns, (int(cell) for cell in cells[2:]), strict=True)
            )
    return found


def test_table_names_every_route_and_no_other(s3_server: EmbeddedS3) -> None:
    """A route that is added, renamed or removed must be so in the table, too; each row has a
    status for every role."""
    app = build_app(api_settings(s3_server, "postgresql://nobody@127.0.0.1:1/x", "http://x"))
    served = {
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }
    table = read_table(DOCUMENT.read_text(encoding="utf-8"))
    assert set(table) == served
    assert {tuple(sorted(row)) for row in table.values()} == {tuple(sorted(ROLES))}


class World:
    """One account that owns one of everything, and the other roles' people, fresh for each row."""

    def __init__(self, site: Site, operators: list[Keypair]) -> None:
        self.site = site
        self.operators = operators
        self.ids: dict[str, str] = {}

    async def make(self) -> None:
        """Makes the owner's things."""
        site = self.site
        self.owner = site.person()
        await site.earn(self.owner)
        owned = UUID(self.owner.account_id)
        self.task = await site.market.open_task(owned, votes=200)
        self.ids["task_id"] = str(self.task.id)
        self.ids["order_id"] = str(self.task.order_id)
        file, public_id = await site.picture(self.owner)
        self.ids |= {"file_id": file, "public_id": str(public_id), "variant": "small"}
        self.ids["name"] = "reference.css"
        self.ids["notification_id"] = await site.tell(self.owner)
        self.ready = [str(id) for id in await site.market.files(owned, 2)]
        async with self.owner.client() as client:
            asked = await client.post(
                "/api/payouts", json={"asset": "SOL", "amountMinor": "1000000"}
            )
            self.ids["payout_id"] = asked.json()["id"]
            # A session to be closed, beside the one that the owner goes on with.
            sign_in(site.url, self.owner.wallet)
            sessions = (await client.get("/api/me/sessions")).json()["items"]
            self.ids["session_id"] = next(s["id"] for s in sessions if not s["current"])
        await self.make_books()
        self.ids["job_id"] = await site.held_job()
        self.projects = ProjectWorld(site, self.owner)
        await self.projects.make()
        self.disputes = DisputeWorld(site, self.owner)

    async def make_books(self) -> None:
        """Money that is nobody's, and the owner's balance in the ledger."""
        market = self.site.market
        await market.log(market.fact(market.incoming(1_000, [])))
        await market.settle()
        api = await market.role("api")
        self.ids["account_id"] = self.owner.account_id
        self.ids["suspense_id"] = str(await api.fetchval("SELECT id FROM treasury_suspense"))
        self.ids["transfer_id"] = self.ids["suspense_id"]
        self.ids["number"] = str(
            await api.fetchval("SELECT id FROM ledger_accounts WHERE name = 'suspense:SOL'")
        )

    async def person(self, role: str, path: str) -> Person | None:
        """Somebody in that role; None is nobody."""
        if role == "anonymous":
            return None
        if role == "owner":
            return self.owner
        if role == "operator":
            return sign_in(self.site.url, self.operators.pop())
        if self.disputes.covers(path) and (known := self.disputes.person(role)):
            return known
        if role == "counterpart" and self.projects.covers(path):
            return self.projects.freelancer
        person = self.site.person()
        if role == "worker":
            seat = await self.site.market.next(UUID(person.account_id))
            assert seat["task"]["id"] == str(self.task.id)
        return person

    def request(self, method: str, path: str, person: Person | None) -> dict[str, Any]:
        """A sound request to a route."""
        made: dict[str, Any] = {"method": method, "headers": {}}
        if self.disputes.covers(path):
            made |= self.disputes.request(method, path)
        elif self.projects.covers(path):
            made |= self.projects.request(method, path)
        else:
            made["url"] = path.format_map(self.ids)
        if person is not None:
            made["headers"] |= person.headers
        url = self.site.url
        match method, path:
            case "POST", "/api/auth/challenge":
                made["json"] = {"address": str(Keypair().pubkey())}
            case "POST", "/api/auth/verify" | "/api/me/addresses":
                made["json"] = proof(url, Keypair())
            case "POST", "/api/auth/refresh":
                made["headers"] = {"Origin": url}
                if person is not None:
                    made["headers"]["Cookie"] = f"{COOKIE}={person.cookie}"
            case "POST", "/api/auth/logout":
                made["headers"]["Origin"] = url
                if person is self.owner:
                    made["headers"] |= sign_in(url, self.owner.wallet).headers
            case "POST", "/api/files/uploads":
                made["json"] = upload_body()
            case "PUT", "/api/notifications/read":
                made["json"] = {"upTo": self.ids["notification_id"]}
            case "POST", "/api/tasks":
                made["json"] = {
                    "title": "Which one?",
                    "options": [{"fileId": id} for id in self.ready],
                    "votesWanted": 3,
                    "pricePerVoteMinor": "1000",
                    "asset": "SOL",
                }
            case "POST", "/api/tasks/{task_id}/submissions":
                made["json"] = {"optionId": str(self.task.options[0].id)}
            case "POST", "/api/payouts":
                made["json"] = {"asset": "SOL", "amountMinor": "1000000"}
            case "POST", "/api/blockchain/verify-tx":
                made["json"] = {"txId": "0x" + "00" * 32, "expectedEvent": "milestone-released"}
            case "GET", "/api/site/qr.svg":
                made["params"] = {"path": "/work/tasks"}
            case "POST", "/api/admin/suspense/{suspense_id}/settlement":
                made["json"] = {"accountId": self.owner.account_id, "note": "it is theirs"}
            case "GET", "/api/admin/ledger/accounts":
                made["params"] = {"kind": "available", "asset": "SOL"}
            case "POST", "/api/admin/payouts/{payout_id}/decision":
                made["json"] = {"decision": "hold", "note": "asked the bank"}
            case "POST", "/api/admin/payouts/stop":
                made["json"] = {"stopped": True, "note": "asked the bank"}
            case "POST", "/api/admin/jobs/retry":
                made["json"] = {"ids": [self.ids["job_id"]]}
            case "GET", "/api/balance/entries" | "/api/balance/days":
                made["params"] = {"asset": "SOL"}
            case "GET", "/api/site/purse":
                made["params"] = {"address": str(Keypair().pubkey())}
        return made


@pytest.mark.timeout(120)
async def test_every_route_answers_every_role_as_the_table_says(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Each route is called with a sound request as each of the six roles, and answers the status
    that the table has for it."""
    table = read_table(DOCUMENT.read_text(encoding="utf-8"))
    operators = [Keypair() for _ in table]
    addresses = ",".join(str(operator.pubkey()) for operator in operators)
    differing: list[str] = []
    # Nobody answers there: what a server would have to say is unknown, and that is an answer.
    stacks = {"stacks_api_url": "http://127.0.0.1:9", "stacks_contract": CONTRACT}
    async with opened_site(
        databases, s3_server, chain, operator_addresses=addresses, **stacks
    ) as site:
        world = World(site, operators)
        await world.make()
        async with httpx.AsyncClient(base_url=site.url, timeout=30) as client:
            # Disputes come last: with them the chain begins to show something of projects.
            rows = sorted(table, key=lambda row: (row == CANCEL, world.disputes.covers(row[1])))
            for method, path in rows:
                if world.disputes.covers(path) and not world.disputes.ids:
                    await world.disputes.make()
                for role in ROLES:
                    person = await world.person(role, path)
                    answer = await client.request(**world.request(method, path, person))
                    expected = table[method, path][role]
                    if answer.status_code != expected:
                        differing.append(
                            f"{method} {path} as {role}: {answer.status_code}, not {expected}"
                            f" {answer.text[:200]}"
                        )
    assert not differing, "\n".join(differing)
