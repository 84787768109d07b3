"""Projects over HTTP: the way from a post to a paid milestone, and what each side is shown."""

import hashlib
from typing import Any
from uuid import UUID

import httpx

from earnest.projects.rules import HINTS_MAX
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.project_world import PROJECT, PROPOSAL
from tests.acceptance.http.served import Person
from tests.conftest import Databases
from tests.escrow_chain import Escrow
from tests.escrow_market import CONTRACT, EscrowMarket, Party, tx_id


class Street:
    """People with Stacks wallets, and the contract."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.market = EscrowMarket(site.market.databases)

    async def person(self) -> tuple[Person, Party]:
        """Somebody signed in who has linked a Stacks wallet."""
        person = self.site.person()
        return person, await self.market.party(UUID(person.account_id))

    async def fund(self, project: dict[str, Any], **facts: Any) -> Escrow:
        """The client's wallet creates what the prepared call says."""
        agreed = project["agreement"]
        chain = await self.market.chain()
        given: dict[str, Any] = {
            "client": agreed["clientAddress"],
            "freelancer": agreed["freelancerAddress"],
            "amounts": tuple(int(m["amountMinor"]) for m in project["milestones"]),
            "days": tuple(m["days"] for m in project["milestones"]),
            "reference": agreed["reference"],
        }
        return await chain.create(**given | facts)


async def ask(
    client: httpx.AsyncClient, method: str, path: str, body: object = None, *, status: int = 200
) -> Any:
    """A request that is answered as expected; what it answers."""
    answer = await client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_from_a_post_to_a_paid_milestone(site: Site) -> None:
    """Post, propose, accept, prepare and note the funding, provisional, final, complete, release;
    what is shown at each step is what a page needs, and HTTP alone moved no money state."""
    street = Street(site)
    (owner, wallet), (worker, _) = await street.person(), await street.person()
    chain = await street.market.chain()
    async with owner.client() as client, worker.client() as freelancer:
        project = await ask(client, "POST", "/api/projects", PROJECT, status=201)
        path = f"/api/projects/{project['id']}"
        assert (project["status"], project["part"]) == ("open", "client")
        assert project["clientAddress"] == wallet.address
        proposal = await ask(freelancer, "POST", f"{path}/proposals", PROPOSAL, status=201)
        assert [m["amountMinor"] for m in proposal["milestones"]] == ["630000", "270000"]
        await ask(client, "PUT", f"/api/proposals/{proposal['id']}/accept")

        project = await ask(client, "GET", path)
        agreed = project["agreement"]
        digest = hashlib.sha256(agreed["terms"].encode()).hexdigest()
        assert agreed["reference"] == f"0x{digest}"
        assert (project["status"], project["funding"]["state"]) == ("pending", "none")
        call = await ask(client, "POST", f"{path}/calls", {"act": "create"})
        assert call["functionName"] == "create-project-terms-stx"
        assert call["postConditions"][0]["amountMinor"] == "900000"

        sent = f"0x{31:064x}"
        project = await ask(client, "PUT", f"{path}/funding", {"txId": sent})
        assert (project["status"], project["funding"]["state"]) == ("pending", "waiting")
        assert [hint["txId"] for hint in project["awaited"]] == [sent]
        escrow = await street.fund(project, tx=31)
        shown = await ask(freelancer, "GET", path)
        assert (shown["status"], shown["finalStatus"]) == ("pending", "pending")
        assert shown["funding"]["state"] == "provisional"
        assert shown["funding"]["mayStart"] is False
        assert "Do not start yet: 0 of 6" in shown["funding"]["note"]
        assert shown["awaited"] == []
        refused = await ask(freelancer, "POST", f"{path}/calls", {"act": "accept"}, status=409)
        assert refused["code"] == "creation_not_final"

        await chain.finalize()
        shown = await ask(freelancer, "GET", path)
        assert (shown["status"], shown["finalStatus"]) == ("active", "active")
        assert shown["funding"]["mayStart"] is True
        assert shown["funding"]["matches"] is True
        assert shown["milestones"][0]["deadline"]["about"] is not None
        acts = await ask(freelancer, "GET", f"{path}/acts")
        mine = {(act["act"], act["milestoneNum"]) for act in acts["items"] if act["mine"]}
        assert {("accept", None), ("complete", 1), ("complete", 2)} <= mine

        await ask(
            freelancer, "POST", f"{path}/milestones/1/deliverables",
            {"links": ["https://example.org/draft"]}, status=201,
        )  # fmt: skip
        await chain.complete(escrow, 1)
        await chain.close(escrow, 1)
        shown = await ask(client, "GET", path)
        first = shown["milestones"][0]
        assert (first["status"], first["finalStatus"], first["how"]) == (
            "approved", "locked", "released",
        )  # fmt: skip
        assert (first["netMinor"], first["feeMinor"]) == ("614250", "15750")
        assert shown["funding"]["escrow"]["netMinor"] == "614250"
        assert shown["funding"]["escrow"]["finalNetMinor"] == "0"
        told = await ask(client, "GET", "/api/notifications")
        assert "milestone_submitted" in [each["kind"] for each in told["items"]]


async def test_hints_by_http_are_never_facts(site: Site) -> None:
    """Said again and again, by either side, for whatever act: the answer's money part stays as it
    was, byte for byte; too many are refused."""
    street = Street(site)
    (owner, _), (worker, _) = await street.person(), await street.person()
    async with owner.client() as client, worker.client() as freelancer:
        project = await ask(client, "POST", "/api/projects", PROJECT, status=201)
        path = f"/api/projects/{project['id']}"
        proposal = await ask(freelancer, "POST", f"{path}/proposals", PROPOSAL, status=201)
        await ask(client, "PUT", f"/api/proposals/{proposal['id']}/accept")
        escrow = await street.fund(await ask(client, "GET", path))
        chain = await street.market.chain()
        await chain.complete(escrow, 1)
        await chain.finalize()
        before = await ask(client, "GET", path)
        body = {"act": "release", "milestoneNum": 1, "txId": tx_id()}
        for _ in range(3):
            await ask(client, "PUT", f"{path}/transactions", body)
            await ask(freelancer, "PUT", f"{path}/transactions", body)
            await ask(client, "PUT", f"{path}/funding", {"txId": escrow.tx_id})
        after = await ask(client, "GET", path)
        assert [hint["txId"] for hint in after["awaited"]] == [body["txId"]]
        assert before | {"awaited": []} == after | {"awaited": []}
        for _ in range(HINTS_MAX - 1):
            await ask(client, "PUT", f"{path}/transactions", body | {"txId": tx_id()})
        refused = await ask(
            client, "PUT", f"{path}/transactions", body | {"txId": tx_id()}, status=409
        )
        assert refused["code"] == "too_many_hints"
        for wrong in ("0x12", "f" * 64, "0x" + "F" * 64, "0x" + "f" * 64 + "\n"):
            await ask(client, "PUT", f"{path}/funding", {"txId": wrong}, status=400)


async def test_what_is_shown_to_whom(site: Site) -> None:
    """Others' proposals are never shown, not their words, sums, links nor their makers; agreement,
    funding, hints and deliverables are for the two sides; the rest is public."""
    street = Street(site)
    people = [await street.person() for _ in range(3)]
    (owner, _), (one, one_wallet), (two, _) = people
    async with owner.client() as client, one.client() as first, two.client() as second:
        project = await ask(client, "POST", "/api/projects", PROJECT, status=201)
        path = f"/api/projects/{project['id']}"
        secret = PROPOSAL | {
            "coverLetter": "secret-of-one", "links": ["https://one.example/secret"],
        }  # fmt: skip
        mine = await ask(first, "POST", f"{path}/proposals", secret, status=201)
        await ask(second, "POST", f"{path}/proposals", PROPOSAL, status=201)
        await ask(client, "PUT", f"/api/proposals/{mine['id']}/accept")
        await ask(
            first, "POST", f"{path}/milestones/1/deliverables", {"note": "secret-work"}, status=201
        )
        async with site.stranger() as stranger:
            for outsider in (second, stranger):
                texts = [
                    (await outsider.get(where)).text
                    for where in (
                        path, "/api/projects", f"{path}/proposals", f"/api/proposals/{mine['id']}",
                        f"{path}/milestones/1/deliverables", f"{path}/acts",
                        f"/api/freelancers/{one_wallet.address}/proposals",
                    )
                ]  # fmt: skip
                for text in texts:
                    assert "secret" not in text
                    assert one_wallet.address not in text
                shown = (await outsider.get(path)).json()
                assert (shown["agreement"], shown["funding"], shown["awaited"]) == (None, None, [])
                assert shown["status"] == "pending"
            assert (await stranger.get("/api/projects?part=client")).status_code == 401
        listed = await ask(second, "GET", f"{path}/proposals")
        assert [each["status"] for each in listed["items"]] == ["passed_over"]
        listed = await ask(client, "GET", f"{path}/proposals")
        assert len(listed["items"]) == 2
        listed = await ask(first, "GET", "/api/projects?part=freelancer")
        assert [each["id"] for each in listed["items"]] == [project["id"]]


async def test_a_repeat_by_key_makes_one(site: Site) -> None:
    """A project, a proposal and a deliverable posted twice with one key are made once."""
    street = Street(site)
    (owner, _), (worker, _) = await street.person(), await street.person()
    key = {"Idempotency-Key": "k-1"}
    async with owner.client() as client, worker.client() as freelancer:
        made = [
            (await client.post("/api/projects", json=PROJECT, headers=key)).json() for _ in range(2)
        ]
        assert made[0] == made[1]
        path = f"/api/projects/{made[0]['id']}"
        proposals = [
            (await freelancer.post(f"{path}/proposals", json=PROPOSAL, headers=key)).json()
            for _ in range(2)
        ]
        assert proposals[0]["id"] == proposals[1]["id"]
        other = await client.post("/api/projects", json=PROJECT | {"title": "B"}, headers=key)
        assert other.json()["code"] == "idempotency_key_reused"
        await ask(client, "PUT", f"/api/proposals/{proposals[0]['id']}/accept")
        work = f"{path}/milestones/1/deliverables"
        versions = [
            (await freelancer.post(work, json={"note": "v"}, headers=key)).json()["version"]
            for _ in range(2)
        ]
        assert versions == [1, 1]
        assert len((await ask(client, "GET", "/api/projects"))["items"]) == 1


async def test_what_is_refused_by_name(site: Site) -> None:
    """Each with a problem of its own, and nothing made of it."""
    street = Street(site)
    owner, _ = await street.person()
    async with owner.client() as client:
        milestone = PROJECT["milestones"][0]
        bad: list[tuple[dict[str, Any], int, str]] = [
            ({"asset": "SOL"}, 409, "asset_not_offered"),
            ({"milestones": [milestone] * 5}, 400, "invalid_input"),
            ({"milestones": [milestone | {"amountMinor": "9999"}]}, 400, "terms_not_sound"),
            ({"milestones": [milestone | {"days": 1}]}, 400, "invalid_input"),
            ({"milestones": [milestone | {"days": 30}, milestone]}, 400, "terms_not_sound"),
            ({"category": "magic"}, 400, "invalid_input"),
            ({"skills": ["<script>"]}, 400, "invalid_input"),
            ({"silentBps": 10_001}, 400, "invalid_input"),
            ({"surprise": 1}, 400, "invalid_input"),
            ({"address": "SP000000000000000000002Q6VF78"}, 409, "stacks_address_needed"),
        ]
        for change, status, code in bad:
            problem = await ask(client, "POST", "/api/projects", PROJECT | change, status=status)
            assert problem["code"] == code, (change, problem)
        assert (await ask(client, "GET", "/api/projects"))["items"] == []
        sbtc = await ask(client, "POST", "/api/projects", PROJECT | {"asset": "sBTC"}, status=201)
        assert sbtc["asset"] == "sBTC"
        refused = await ask(
            client, "POST", f"/api/projects/{sbtc['id']}/proposals", PROPOSAL, status=403
        )
        assert refused["code"] == "own_project"


async def test_lists_page_and_search_by_http(site: Site) -> None:
    """Cursor by cursor nothing is lost or doubled; words and filters narrow."""
    street = Street(site)
    owner, wallet = await street.person()
    async with owner.client() as client:
        titles = [f"Project {number}" for number in range(5)]
        for title in titles:
            await ask(client, "POST", "/api/projects", PROJECT | {"title": title}, status=201)
        found: list[str] = []
        cursor = ""
        while True:
            page = await ask(client, "GET", f"/api/projects?limit=2{cursor}")
            found += [each["title"] for each in page["items"]]
            if page["nextCursor"] is None:
                break
            cursor = f"&cursor={page['nextCursor']}"
        assert found == titles[::-1]
        for query, count in {
            "q=3": 1, "q=faucet": 0, "q=drips": 5, "category=contracts&skills=Clarity": 5,
            "category=design": 0, "budgetMin=1000001": 0, "budgetMax=1000000": 5,
            f"client={wallet.address}": 5, "status=open": 5, "status=active": 0, "asset=sBTC": 0,
        }.items():  # fmt: skip
            page = await ask(client, "GET", f"/api/projects?{query}")
            assert len(page["items"]) == count, query
        await ask(client, "GET", "/api/projects?cursor=xx", status=400)


async def test_an_account_begins_so_many_a_minute(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Projects, proposals and smaller writes beyond a minute's limit are 429 and have no effect."""
    few = {"projects_per_minute_max": 2, "project_writes_per_minute_max": 2}
    async with opened_site(databases, s3_server, chain, stacks_contract=CONTRACT, **few) as site:
        street = Street(site)
        (owner, _), (worker, _) = await street.person(), await street.person()
        async with owner.client() as client, worker.client() as freelancer:
            made = [
                await ask(client, "POST", "/api/projects", PROJECT, status=201) for _ in range(2)
            ]
            await ask(client, "POST", "/api/projects", PROJECT, status=429)
            path = f"/api/projects/{made[0]['id']}"
            for project in made:
                await ask(
                    freelancer, "POST", f"/api/projects/{project['id']}/proposals", PROPOSAL,
                    status=201,
                )  # fmt: skip
            await ask(freelancer, "POST", f"{path}/proposals", PROPOSAL, status=429)
            for title in ("B", "C"):
                await ask(client, "PATCH", path, {"title": title})
            await ask(client, "PATCH", path, {"title": "D"}, status=429)
            assert (await ask(client, "GET", path))["title"] == "C"
            assert len((await ask(client, "GET", "/api/projects"))["items"]) == 2
