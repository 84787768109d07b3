"""What became of a chain_tx that somebody names: on a real chain, and never stored."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from earnest.chains.stacks import StacksApi
from earnest.escrow import ActName
from earnest.escrow.projection.verify import TxState, Verification, verify_tx
from tests.integration.escrow.followed import FINALITY, Followed

RELEASED = "milestone-released"
NOBODYS = "0x" + "ab" * 32
TABLES = (
    "chain_log",
    "escrow_events",
    "escrow_projects",
    "escrow_milestones",
    "escrow_resyncs",
    "events",
    "notifications",
)


async def ask(
    followed: Followed, tx_id: str, expected: str | None = None, api: StacksApi | None = None
) -> Verification:
    """What the route would answer."""
    return await verify_tx(
        await followed.databases.role("api"),
        api or followed.api,
        followed.contract,
        tx_id,
        expected,
        finality_burn_blocks=FINALITY,
    )


async def test_success_is_confirmed_and_only_depth_makes_it_final(followed: Followed) -> None:
    """A chain_tx that the server calls a success is *confirmed*, by the server's word and then by
    our log; it becomes *final* when six Bitcoin blocks are built on it and not before, and the
    depth says how many there are. (Once, in an ancestor of this system, `success` was final.)"""
    number = await followed.create()
    await followed.act(number, ActName.COMPLETE, "freelancer", 1)
    tx_id = await followed.act(number, ActName.RELEASE, "client", 1)
    found = await ask(followed, tx_id, RELEASED)
    assert (found.state, found.indexed) == (TxState.CONFIRMED, False)
    await followed.catch_up()
    found = await ask(followed, tx_id, RELEASED)
    assert (found.state, found.indexed) == (TxState.CONFIRMED, True)
    assert found.depth is not None
    assert found.depth.burn_blocks == 0
    assert [each.name for each in found.events] == [RELEASED]
    for built in range(1, FINALITY):
        await followed.world.node.mine(burn=1)
        await followed.catch_up()
        found = await ask(followed, tx_id, RELEASED)
        assert found.depth is not None
        assert (found.state, found.depth.burn_blocks) == (TxState.CONFIRMED, built)
    await followed.world.node.mine(burn=2)
    await followed.catch_up()
    found = await ask(followed, tx_id, RELEASED)
    assert found.state is TxState.FINAL
    assert found.depth is not None
    assert found.depth.burn_blocks >= FINALITY


async def test_a_name_given_by_a_browser_is_stored_nowhere(followed: Followed) -> None:
    """A release named that never was, or that is something else, is told apart; naming it again and
    again adds nothing to anything. (An ancestor of this system stored it unverified, and each
    repetition added to the freelancer's total.)"""
    number = await followed.create()
    completed = await followed.act(number, ActName.COMPLETE, "freelancer", 1)
    await followed.world.node.fund(followed.world.address("freelancer"), micro_stx=1)
    await followed.world.node.mine()
    await followed.catch_up()
    before = await followed.rows_of(*TABLES)
    for _ in range(3):
        assert (await ask(followed, NOBODYS, RELEASED)).state is TxState.ABSENT
        found = await ask(followed, completed, RELEASED)
        assert found.state is TxState.WRONG_EVENT
        assert "milestone-completed" in {each.name for each in found.events}
    assert await followed.rows_of(*TABLES) == before
    net = await followed.worker.fetchval(
        "SELECT sum(net_minor) FROM escrow_projects WHERE contract = $1 AND number = $2",
        followed.contract,
        number,
    )
    assert net == 0


async def test_a_payment_beside_the_contract_is_the_wrong_event(followed: Followed) -> None:
    """A chain_tx that succeeded and has nothing to do with the contract is not what was expected,
    before the log has passed its block and after; where nothing was expected it is what it is."""
    world = followed.world
    await followed.catch_up()
    sent = await world.people["stranger"].send_stx(
        world.address("client"), 10, world.node.api_url, fee_micro_stx=500
    )
    assert (await ask(followed, sent)).state is TxState.PENDING
    assert (await ask(followed, sent, RELEASED)).state is TxState.PENDING
    await world.node.mine()
    assert (await ask(followed, sent, RELEASED)).state is TxState.WRONG_EVENT
    assert (await ask(followed, sent)).state is TxState.CONFIRMED
    await followed.catch_up()
    assert (await ask(followed, sent, RELEASED)).state is TxState.WRONG_EVENT
    assert (await ask(followed, sent)).state is TxState.CONFIRMED
    await world.node.mine(burn=FINALITY + 1)
    assert (await ask(followed, sent)).state is TxState.CONFIRMED, "our log has not come there"
    await followed.catch_up()
    assert (await ask(followed, sent)).state is TxState.FINAL


async def test_what_the_chain_undid_is_failed_whatever_it_returned(followed: Followed) -> None:
    """A release by somebody who may not is in a block and moved nothing."""
    world = followed.world
    number = await followed.create()
    call = {
        "contract": followed.contract,
        "functionName": "release-milestone-stx",
        "functionArgs": [f"01{number:032x}", f"01{1:032x}"],
    }
    tx_id = await world.people["stranger"].send_call(call, world.node.api_url, fee_micro_stx=1_000)
    await world.node.mine()
    for _ in range(2):
        found = await ask(followed, tx_id, RELEASED)
        assert (found.state, found.reason) == (TxState.FAILED, "abort_by_response")
        await followed.catch_up()


async def test_what_a_reorg_took_back_waits_again_and_says_so(followed: Followed) -> None:
    """Confirmed, reorged away: it is pending again, with the event of the lost block beside it as
    reverted; when it lands again it is confirmed again."""
    number = await followed.create()
    tx_id = await followed.act(number, ActName.COMPLETE, "freelancer", 1)
    await followed.catch_up()
    assert (await ask(followed, tx_id)).state is TxState.CONFIRMED
    await followed.world.node.reorg(1, drop=[tx_id])
    await followed.catch_up()
    found = await ask(followed, tx_id, "milestone-completed")
    assert found.state is TxState.PENDING
    assert {each.state.value for each in found.events} == {"reverted"}
    await followed.world.node.release()
    await followed.world.node.mine()
    await followed.catch_up()
    found = await ask(followed, tx_id, "milestone-completed")
    assert found.state is TxState.CONFIRMED
    assert {each.state.value for each in found.events} == {"reverted", "observed"}


async def test_unknown_is_not_absent(followed: Followed) -> None:
    """No answer, a server that is behind, and servers that do not agree: nothing certain is known.
    Absent is said only where every server says so and none of them lags."""
    number = await followed.create()
    await followed.catch_up()
    url = followed.world.node.api_url
    assert (await ask(followed, NOBODYS)).state is TxState.ABSENT
    async with StacksApi("http://127.0.0.1:9", attempts=1) as nobody:
        found = await ask(followed, NOBODYS, api=nobody)
        assert found.state is TxState.UNKNOWN
        assert found.reason
    async with StacksApi([url, "http://127.0.0.1:9"], attempts=1) as half:
        assert (await ask(followed, NOBODYS, api=half)).state is TxState.UNKNOWN
    await followed.tamper("UPDATE stacks_sync SET tip_height = tip_height + 1")
    found = await ask(followed, NOBODYS)
    assert (found.state, found.reason) == (TxState.UNKNOWN, "a server is behind the chain")
    assert number > 0


@pytest.fixture
async def forgetful() -> AsyncIterator[StacksApi]:
    """A server that threw one chain_tx out of its mempool: the shapes are those of a real one."""

    async def old_path(request: web.Request) -> web.Response:
        tx_id = request.query["tx_id"]
        if tx_id != NOBODYS:
            return web.json_response({tx_id: {"found": False, "result": {"tx_id": tx_id}}})
        status = "dropped_replace_by_fee"
        return web.json_response(
            {tx_id: {"found": True, "result": {"tx_id": tx_id, "tx_status": status}}}
        )

    async def no_such(_request: web.Request) -> web.Response:
        said = {"statusCode": 404, "error": "Not Found", "message": "Transaction not found"}
        return web.json_response(said, status=404)

    async def status(_request: web.Request) -> web.Response:
        tip = {
            "block_height": 10**9,
            "index_block_hash": "0x" + "00" * 32,
            "burn_block_height": 10**9,
        }
        return web.json_response({"status": "ready", "chain_tip": tip})

    app = web.Application()
    app.router.add_get("/extended", status)
    app.router.add_get("/extended/v1/tx/multiple", old_path)
    app.router.add_get("/extended/v3/transactions/{tx}", no_such)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with StacksApi(f"http://{host}:{port}", attempts=1) as api:
        yield api
    await runner.cleanup()


async def test_what_was_thrown_out_of_the_mempool_is_told(
    followed: Followed, forgetful: StacksApi
) -> None:
    """The newer path knows nothing of it; the older one says why it was dropped, and so do we."""
    found = await ask(followed, NOBODYS, RELEASED, forgetful)
    assert (found.state, found.reason) == (TxState.DROPPED, "dropped_replace_by_fee")
    other = await ask(followed, "0x" + "cd" * 32, RELEASED, forgetful)
    assert other.state is TxState.ABSENT


async def test_many_at_once_are_answered_alike(followed: Followed) -> None:
    """Twenty questions about one chain_tx have twenty equal answers."""
    number = await followed.create()
    tx_id = await followed.act(number, ActName.ACCEPT, "freelancer")
    await followed.catch_up()
    found = await asyncio.gather(*(ask(followed, tx_id, "project-accepted") for _ in range(20)))
    assert {each.state for each in found} == {TxState.CONFIRMED}
