"""`/api/blockchain` over HTTP: a real Stacks chain, followed into the database that is served."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from solders.keypair import Keypair

from earnest import projects
from earnest.chains.stacks import StacksApi
from earnest.escrow import ActName
from earnest.kit.events import drain
from earnest.kit.settings import Settings
from earnest.run.demo.stacks_wallet import StacksNode, StacksWallets
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from earnest.run.embedded.stacks_chain import StacksChain
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.served import Person, sign_in
from tests.conftest import Databases
from tests.escrow_market import EscrowMarket
from tests.integration.escrow.escrow_world import EscrowWorld
from tests.integration.escrow.followed import FINALITY, Followed

NOBODYS = "0x" + "ab" * 32


@pytest.fixture(scope="module")
def stacks_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StacksChain]:
    """A chain that mines only when told."""
    with StacksChain(tmp_path_factory.mktemp("stacks"), block_ms=0, burn_every=0) as chain:
        yield chain


@dataclass
class Scene:
    """The served API, the chain behind it, and an operator."""

    site: Site
    followed: Followed
    operator: Person
    market: EscrowMarket

    @property
    def world(self) -> EscrowWorld:
        """The chain and its people."""
        return self.followed.world

    async def get(self, path: str, person: Person | None = None, /, **query: Any) -> httpx.Response:
        """Asks as somebody, or as nobody."""
        async with person.client() if person else self.site.stranger() as client:
            return await client.get(path, params=query)

    async def verify(self, person: Person, **body: Any) -> dict[str, Any]:
        """What became of a chain_tx."""
        async with person.client() as client:
            answer = await client.post("/api/blockchain/verify-tx", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def catch_up(self) -> None:
        """Follows, folds, and lets projects react."""
        await self.followed.catch_up()
        await drain(self.followed.indexer, [projects.reactor()])


@pytest.fixture
async def scene(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain, stacks_chain: StacksChain
) -> AsyncIterator[Scene]:
    """All of it, with the contract's deployment final."""
    operating = Keypair()
    async with AsyncExitStack() as stack:
        node = StacksNode(stacks_chain.api_url)
        stack.push_async_callback(node.close)
        wallets = await stack.enter_async_context(StacksWallets())
        api = await stack.enter_async_context(StacksApi(stacks_chain.api_url))
        owner = await wallets.open(key_file=stacks_chain.deployer_key_file)
        world = await EscrowWorld.open(api, node, wallets, owner)
        site = await stack.enter_async_context(
            opened_site(
                databases,
                s3_server,
                chain,
                stacks_api_url=world.node.api_url,
                stacks_contract=world.contract,
                operator_addresses=str(operating.pubkey()),
            )
        )
        indexer, worker = await databases.role("indexer"), await databases.role("worker")
        followed = Followed(world, databases, indexer, worker)
        stack.push_async_callback(followed.aclose)
        await node.mine(burn=FINALITY + 1)
        await followed.catch_up()
        market = EscrowMarket(databases, settings=Settings(stacks_contract=world.contract))
        yield Scene(site, followed, sign_in(site.url, operating), market)


async def test_events_come_page_by_page_with_what_became_of_them(scene: Scene) -> None:
    """Every event of the contract, once, in the order in which it was learned; by name; since a
    height or a time; provisional until it is final, and reverted where a reorg took it back."""
    height = (await scene.world.api.head()).block_height
    number = await scene.followed.create()
    completed = await scene.followed.act(number, ActName.COMPLETE, "freelancer", 1)
    await scene.catch_up()
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await scene.get("/api/blockchain/events", limit=2, **cursor)).json()
        assert len(page["items"]) <= 2
        items += page["items"]
        cursor = {"cursor": page["nextCursor"]}
        if not page["more"]:
            break
    positions = [each["position"] for each in items]
    assert positions == sorted(set(positions))
    newest = [each["type"] for each in items[-3:]]
    assert newest == ["project-created", "project-accepted", "milestone-completed"]
    assert {each["state"] for each in items[-3:]} == {"provisional"}
    assert items[0]["state"] == "final"
    assert items[-1]["txId"] == completed
    assert items[-1]["data"]["claimFrom"] == items[-1]["burnHeight"] + 2_016
    assert items[-3]["data"]["total"] == "150003"

    since = (await scene.get("/api/blockchain/events", since=height + 1)).json()["items"]
    assert since == items[-3:]
    moment = datetime.fromisoformat(items[-1]["blockTime"]) + timedelta(seconds=1)
    later = await scene.get("/api/blockchain/events", since=moment.isoformat())
    assert later.json()["items"] == []
    named = (await scene.get("/api/blockchain/events", type="project-accepted")).json()["items"]
    assert named[-1] == items[-2]
    assert {each["type"] for each in named} == {"project-accepted"}

    await scene.world.node.reorg(1, drop=[completed])
    await scene.catch_up()
    query = {"type": "milestone-completed", "since": height + 1}
    lost = (await scene.get("/api/blockchain/events", **query)).json()["items"]
    assert [each["state"] for each in lost] == ["reverted"]
    await scene.world.node.release()
    await scene.world.node.mine()
    await scene.world.node.mine(burn=FINALITY + 1)
    await scene.catch_up()
    again = (await scene.get("/api/blockchain/events", **query)).json()["items"]
    assert [each["state"] for each in again] == ["reverted", "final"]
    after = (await scene.get("/api/blockchain/events", **cursor)).json()["items"]
    assert after[-1] == again[-1], "a cursor kept from the end goes on from there"


async def test_bad_questions_are_told_what_is_wrong(scene: Scene) -> None:
    """Each answers 400 with the field that is wrong, and nothing else."""
    for query in (
        {"since": "yesterday"},
        {"since": "2026-01-31T08:00:00"},
        {"since": "-1"},
        {"since": "9" * 16},
        {"type": "milestone-exploded"},
        {"cursor": "%%%"},
        {"limit": 101},
    ):
        answer = await scene.get("/api/blockchain/events", **query)
        assert answer.status_code == 400, query
        assert answer.headers["content-type"] == "application/problem+json"
    async with scene.operator.client() as client:
        for body in ({}, {"txId": "0x12"}, {"txId": NOBODYS, "expectedEvent": "paid"}):
            answer = await client.post("/api/blockchain/verify-tx", json=body)
            assert answer.status_code == 400, body
    anonymous = await scene.get("/api/blockchain/project/00000000-0000-0000-0000-000000000000")
    assert anonymous.status_code == 401


async def test_how_far_the_chain_is_followed_is_open_to_all(scene: Scene) -> None:
    """Heights of both chains, lag, finality, reorgs; the lag grows while nobody follows."""
    status = (await scene.get("/api/blockchain/sync-status")).json()
    head = await scene.world.api.head()
    assert status["contract"] == scene.world.contract
    assert status["lastIndexedBlock"] == status["currentBlock"] == head.block_height
    assert status["currentBurnBlock"] == head.burn_block_height
    assert status["finalBurnBlock"] <= head.burn_block_height - FINALITY
    assert (status["lag"], status["projected"], status["troubled"]) == (0, True, False)
    assert (status["reorgsSeen"], status["lastError"], status["missingEvent"]) == (0, None, None)
    await scene.world.node.mine(3)
    await scene.world.node.reorg(2)
    await scene.catch_up()
    status = (await scene.get("/api/blockchain/sync-status")).json()
    assert status["lag"] == 0


async def test_the_contract_says_what_the_next_project_gets(scene: Scene) -> None:
    """Fee, arbiters and tokens in force, and what it holds, as its events tell."""
    number = await scene.followed.create()
    await scene.catch_up()
    shown = (await scene.get("/api/blockchain/contract")).json()
    owner = scene.world.address("owner")
    assert shown["contract"] == scene.world.contract
    assert shown["network"] == "testnet"
    assert (shown["deployed"], shown["final"], shown["paused"]) == (True, False, False)
    assert shown["owner"] == shown["treasury"] == owner
    assert shown["arbiterSet"] == {"setId": 1, "members": [owner], "threshold": 1}
    assert (shown["feeBps"], shown["announcedFee"], shown["announcedSet"]) == (0, None, None)
    assert [each["allowed"] for each in shown["tokens"]] == [True]
    assert shown["tokens"][0]["identifier"].endswith(".sbtc-token::sbtc-token")
    held = {each["token"]: int(each["owedMinor"]) for each in shown["held"]}
    assert held[None] == await scene.world.owed_minor(None)
    assert shown["projectCount"] == number


async def test_a_chain_tx_is_told_in_words(scene: Scene) -> None:
    """From the mempool to finality, with and without `0x`; what nobody knows of is absent."""
    number = await scene.followed.create()
    tx_id = await scene.followed.act(number, ActName.COMPLETE, "freelancer", 1)
    await scene.catch_up()
    person = scene.site.person()
    expected = "milestone-completed"
    told = await scene.verify(person, txId=tx_id[2:].upper(), expectedEvent=expected)
    assert (told["txId"], told["state"]) == (tx_id, "confirmed")
    assert told["depth"] == {"burnBlocks": 0, "stacksBlocks": 0}
    assert "0 of 6 Bitcoin blocks" in told["detail"]
    assert [each["type"] for each in told["events"]] == ["project-accepted", expected]
    wrong = await scene.verify(person, txId=tx_id, expectedEvent="milestone-released")
    assert wrong["state"] == "wrong_event"
    absent = await scene.verify(person, txId=NOBODYS)
    assert (absent["state"], absent["depth"], absent["events"]) == ("absent", None, [])
    await scene.world.node.mine(burn=FINALITY + 1)
    await scene.catch_up()
    final = await scene.verify(person, txId=tx_id, expectedEvent=expected)
    assert (final["state"], final["detail"][-18:]) == ("final", "and that is final.")


async def test_cache_and_contract_of_a_project_stand_side_by_side(scene: Scene) -> None:
    """Agreed, funded by the prepared call, followed: both sides agree, for client, freelancer and
    operator; for others there is no such project. When the cache is changed behind our back the
    answer says so, a re-sync is asked for, the operator is told, and the metric grows."""
    client, freelancer = scene.site.person(), scene.site.person()
    parties = [
        await scene.market.party(UUID(person.account_id), wallet=scene.world.address(name))
        for person, name in ((client, "client"), (freelancer, "freelancer"))
    ]
    deal = await scene.market.agree(*parties)
    path = f"/api/blockchain/project/{deal.project_id}"
    nothing = (await scene.get(path, client)).json()
    assert (nothing["number"], nothing["agree"], nothing["chain"]) == (None, None, None)

    async with client.client() as http:
        call = await http.post(f"/api/projects/{deal.project_id}/calls", json={"act": "create"})
    assert call.status_code == 200, call.text
    await scene.world.people["client"].send_call(
        call.json(), scene.world.node.api_url, fee_micro_stx=1_000
    )
    await scene.world.node.mine()
    await scene.catch_up()
    for person in (client, freelancer, scene.operator):
        shown = (await scene.get(path, person)).json()
        assert (shown["agree"], shown["behind"], shown["differences"]) == (True, False, [])
        assert shown["chain"] == shown["cached"]
        assert shown["chain"]["project"]["reference"] == deal.agreement.reference
        assert shown["creationFinal"] is False
        assert shown["height"] <= (await scene.world.api.head()).block_height
    assert (await scene.get(path, scene.site.person())).status_code == 404
    assert (await scene.get(path)).status_code == 401

    await scene.followed.tamper(
        "UPDATE escrow_milestones SET status = 'submitted', claim_from = 9 WHERE contract = $1"
        " AND number = $2 AND milestone_num = 1 AND view = 'live'",
        scene.world.contract,
        shown["number"],
    )
    shown = (await scene.get(path, client)).json()
    assert (shown["agree"], shown["resyncAsked"]) == (False, True)
    assert {each["path"]: (each["chain"], each["cached"]) for each in shown["differences"]} == {
        "milestones.1.claimFrom": (None, "9"),
        "milestones.1.status": ("locked", "submitted"),
    }
    inbox = (await scene.get("/api/notifications", scene.operator)).json()["items"]
    assert [each["kind"] for each in inbox] == ["escrow_cache_differed"]
    figures = (await scene.get("/metrics")).text
    assert 'earnest_escrow_cache_mismatches_total{found_by="request"}' in figures


async def test_askers_are_counted(scene: Scene) -> None:
    """Nobody may ask without end: an account has thirty questions a minute about chain_txs."""
    person = scene.site.person()
    async with person.client() as client:
        statuses = [
            (await client.post("/api/blockchain/verify-tx", json={"txId": NOBODYS})).status_code
            for _ in range(31)
        ]
    assert statuses == [200] * 30 + [429]


async def test_without_a_contract_there_is_nothing_to_tell(site: Site) -> None:
    """Where none is configured every question is answered by saying so."""
    person = site.person()
    async with person.client() as client:
        for path in ("events", "sync-status", "contract"):
            answer = await client.get(f"/api/blockchain/{path}")
            assert (answer.status_code, answer.json()["code"]) == (409, "escrow_not_configured")
        answer = await client.post("/api/blockchain/verify-tx", json={"txId": NOBODYS})
        assert (answer.status_code, answer.json()["code"]) == (409, "escrow_not_configured")
