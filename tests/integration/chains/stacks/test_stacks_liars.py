"""Servers that lag, lie, stumble or disagree: nothing is taken from them that does not add up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from earnest.chains import (
    ChainError,
    ChainHalted,
    HistoryIncomplete,
    NodeLagging,
    NodesDisagree,
    RpcUnavailable,
)
from earnest.chains.stacks import StacksApi, clarity
from tests.conftest import Databases
from tests.integration.chains.stacks.conftest import Talk, eventually
from tests.integration.chains.stacks.lying_api import Lie, LyingApi, Told
from tests.integration.chains.stacks.test_stacks_reorgs import agrees, status_of, tip_of


def cut(told: Told) -> Told:
    """A page of prints without its last row."""
    if told.has_logs and told.body["prev_cursor"] is not None:
        told.body["results"] = told.body["results"][:-1]
    return told


def empty(told: Told) -> Told:
    """200, and no prints."""
    if told.has_logs:
        told.body |= {"results": [], "total": 0}
        told.body |= {"cursor": None, "prev_cursor": None, "next_cursor": None}
    return told


def hole(told: Told) -> Told:
    """A full page with a row left out in the middle, as if it had never been."""
    if told.has_logs and len(told.body["results"]) > 1:
        del told.body["results"][1]
        told.body["limit"] -= 1
    return told


def repeated(told: Told) -> Told:
    """A row twice."""
    if told.has_logs and len(told.body["results"]) > 1:
        told.body["results"][1] = told.body["results"][0]
    return told


def of_another_contract(told: Told) -> Told:
    """A look-alike's print in the list."""
    if told.has_logs:
        for row in told.body["results"]:
            row["contract_log"]["contract_id"] += "-2"
    return told


def other_value(told: Told) -> Told:
    """The list says another value than the chain_tx's own events."""
    if told.has_logs:
        for row in told.body["results"]:
            row["contract_log"]["value"]["hex"] = "0x03"
    return told


def aborted(told: Told) -> Told:
    """The list has a print of a chain_tx that was aborted, with `(ok true)` as its result."""
    if told.has_mined_tx:
        told.body |= {"status": "abort_by_post_condition", "tx_result": {"repr": "(ok true)"}}
    return told


def pending(told: Told) -> Told:
    """The chain_tx of a print waits again: it was reorged away while the pages were read."""
    if told.has_mined_tx:
        del told.body["block"]
        told.body["status"] = "pending"
    return told


def fewer_events(told: Told) -> Told:
    """The chain_tx has fewer events than its count says."""
    if told.asked.path.endswith("/events"):
        told.body["results"] = told.body["results"][:-1]
        told.body["total"] = len(told.body["results"])
    return told


def orphaned_parent(told: Told) -> Told:
    """Blocks that do not stand on one another."""
    if told.has_blocks:
        told.body["results"][0]["parent_index_block_hash"] = "0x" + "ab" * 32
    return told


def another_block(told: Told) -> Told:
    """A chain_tx in a block that does not count."""
    if told.has_mined_tx:
        told.body["block"]["index_hash"] = "0x" + "cd" * 32
    return told


LIES: list[tuple[Lie, str]] = [
    (cut, "cut short"),
    (repeated, "repeats itself"),
    (of_another_contract, "another contract"),
    (other_value, "not those of its events"),
    (aborted, "is abort_by_post_condition"),
    (pending, "is pending"),
    (fewer_events, "other than its"),
    (orphaned_parent, "not what block"),
    (another_block, "does not count"),
]


async def test_what_does_not_add_up_is_not_taken(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """Each lie voids the round and leaves its words behind; the truth is then followed whole."""
    await talk.say(1, 2, 3)
    await talk.call("pay-and-say", clarity.UInt(4))
    await talk.node.mine()
    one = talk.follower(through_liar, page_limit=2)
    assert await one.take_fence()
    for lie, words in LIES:
        liar.lie = lie
        with pytest.raises(ChainError, match=words):
            await one.follow_once()
        assert await talk.rows() == []
        status = await status_of(talk)
        assert status.troubled
        assert words in (status.last_error or "")
    liar.lie = None
    assert await talk.catch_up(one) == 5
    assert not (await status_of(talk)).troubled
    await agrees(talk, one)


async def test_figures_that_fit_nowhere_are_no_answer(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """Heights, times and places beyond what a chain or our tables hold, values that are no bytes:
    refused where they are read, so that no lie reaches the database."""
    await talk.say(1)
    one = talk.follower(through_liar)
    assert await one.take_fence()

    def huge_time(told: Told) -> Told:
        if told.has_mined_tx:
            told.body["block"]["time"] = 2**70
        return told

    def huge_place(told: Told) -> Told:
        if told.has_mined_tx:
            told.body["block"]["tx_index"] = 2**40
        return told

    def negative_height(told: Told) -> Told:
        if told.has_blocks:
            told.body["results"][0]["height"] = -1
        return told

    def short_hash(told: Told) -> Told:
        if told.has_blocks:
            told.body["results"][0]["index_block_hash"] = "0xab"
        return told

    def no_bytes(told: Told) -> Told:
        if told.has_logs:
            for row in told.body["results"]:
                row["contract_log"]["value"]["hex"] = "0xzz\u0000"
        return told

    for lie in (huge_time, huge_place, negative_height, short_hash, no_bytes):
        liar.lie = lie
        with pytest.raises((RpcUnavailable, HistoryIncomplete)):
            await one.follow_once()
    liar.lie = None
    assert await talk.catch_up(one) == 1


async def test_a_fault_of_ours_ends_nothing(talk: Talk, databases: Databases) -> None:
    """The database refuses a step for a reason that nobody thought of: the loop goes on, and the
    next round that can be written is."""
    await talk.say(1)
    owner = await databases.role("owner")
    await owner.fetchval(
        "ALTER TABLE chain_log ADD CONSTRAINT nothing_goes CHECK (chain <> 'stacks') NOT VALID"
    )
    one = talk.follower()
    stop, wake = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(one.run(stop, poll_s=0.02, wake=wake))
    try:

        async def has_failed() -> bool:
            told = REGISTRY.get_sample_value("earnest_chain_troubled", {"chain": "stacks"})
            return told == 1.0

        await eventually(has_failed, "a round is refused")
        await owner.fetchval("ALTER TABLE chain_log DROP CONSTRAINT nothing_goes")

        async def there() -> bool:
            wake.set()
            return len(await talk.rows()) == 1

        await eventually(there, "the print is logged")
    finally:
        stop.set()
        await running


async def test_no_prints_where_some_are_known(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """200 and empty is no proof that nothing was printed: nothing falls, nothing moves."""
    await talk.say(1)
    one = talk.follower(through_liar)
    await one.take_fence()
    await talk.catch_up(one)
    await talk.say(2)
    liar.lie = empty
    with pytest.raises(HistoryIncomplete, match="no prints at all"):
        await one.follow_once()
    liar.lie = None
    assert await talk.catch_up(one) == 1
    await agrees(talk, one)


async def test_prints_that_were_hidden_are_found_again(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """A server that hid all prints at the first look shows them later, below what was followed.
    The second look reads again from where both agree, and the log is in order and whole."""
    await talk.say(1, 2)
    liar.lie = empty
    one = talk.follower(through_liar)
    await one.take_fence()
    assert await talk.catch_up(one) == 0
    liar.lie = None
    await talk.say(3)
    for _ in range(2):
        with pytest.raises(HistoryIncomplete, match="below height"):
            await one.follow_once()
    assert await talk.catch_up(one) == 3
    await agrees(talk, one)


async def test_recount_finds_what_a_page_left_out(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """A row that was left out in the middle of a short list looks like a whole page. The recount
    finds it, the next round reads again from below, and the contract's own count agrees."""
    await talk.say(1, 2, 3)
    liar.lie = hole
    one = talk.follower(through_liar)
    await one.take_fence()
    assert await talk.catch_up(one) == 2
    liar.lie = None
    found = await one.recount()
    assert "where the server has" in (found or "")
    assert (await status_of(talk)).recount_found == found
    await talk.catch_up(one)

    async def count() -> int:
        value = await talk.api.call_read(talk.contract, "get-said")
        assert isinstance(value, clarity.UInt)
        return value.value

    assert await one.recount(count) is None
    await agrees(talk, one)

    async def one_more() -> int:
        return await count() + 1

    assert "counts 4 prints, and the log has 3" in (await one.recount(one_more) or "")


async def test_lagging_server_moves_nothing(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """The tip goes backwards and the blocks known are still there: a lagging server, waited for,
    however often it is asked."""
    await talk.say(1)
    old: dict[str, Any] = {}
    recording = True

    def behind(told: Told) -> Told:
        key = f"{told.asked.path}?{sorted(told.asked.query.items())}"
        if recording:
            old[key] = told.body
        elif key in old:
            told.body = old[key]
        return told

    liar.lie = behind
    one = talk.follower(through_liar)
    await one.take_fence()
    await talk.catch_up(one)
    await through_liar.blocks_page()
    recording = False
    liar.lie = None
    await talk.say(2)
    assert await talk.catch_up(one) == 1
    liar.lie = behind
    for _ in range(3):
        with pytest.raises(NodeLagging):
            await one.follow_once()
    assert len(await talk.rows()) == 2
    liar.lie = None
    assert await talk.catch_up(one) == 0
    await agrees(talk, one)


async def test_of_two_servers_the_one_that_lags_is_not_followed(talk: Talk, liar: LyingApi) -> None:
    """The first server is behind and the second is not: the second is followed meanwhile."""
    await talk.say(1)
    tip = (await talk.api.head()).block_height
    async with StacksApi(f"{liar.url},{talk.node.api_url}", attempts=1) as both:
        one = talk.follower(both)
        await one.take_fence()
        await talk.catch_up(one)

        def stuck(told: Told) -> Told:
            if told.asked.path == "/extended":
                told.body["chain_tip"]["block_height"] = tip - 1
            return told

        liar.lie = stuck
        await talk.say(2)
        assert await talk.catch_up(one) == 1
        await agrees(talk, one)


async def test_servers_that_disagree_move_nothing(talk: Talk, liar: LyingApi) -> None:
    """One server tells of a reorg and the other still counts the block that lost for the first:
    nothing falls until they agree."""
    (kept,) = await talk.say(1)
    former = await talk.api.block((await talk.api.head()).block_height)
    assert former is not None
    async with StacksApi(f"{talk.node.api_url},{liar.url}", attempts=1) as both:
        one = talk.follower(both)
        await one.take_fence()
        await talk.catch_up(one)
        await talk.switch("reorg", depth=1, drop=[kept])

        def loyal(told: Told) -> Told:
            if told.asked.path.endswith(former.index_block_hash):
                return told.instead(
                    200, {name: getattr(former, name) for name in former.__struct_fields__}
                )
            return told

        liar.lie = loyal
        for _ in range(2):
            with pytest.raises(NodesDisagree, match="lost for one"):
                await one.follow_once()
        assert len(await talk.rows()) == 1
        liar.lie = None
        assert await talk.catch_up(one) == 1
    await talk.node.release()


async def test_finality_waits_for_every_server(talk: Talk, liar: LyingApi) -> None:
    """What one server buries six deep is observed and not final while another does not answer or
    does not count the block; it is final once both do."""
    await talk.say(1)
    async with StacksApi(f"{talk.node.api_url},{liar.url}", attempts=1) as both:
        one = talk.follower(both)
        await one.take_fence()
        liar.lie = lambda told: told.instead(503, {"error": "The database service is unavailable"})
        await talk.bury()
        assert await talk.catch_up(one) == 1
        assert [row.kind.value for row in await talk.rows()] == ["observed"]
        liar.lie = lambda told: told.instead(404, {"statusCode": 404, "message": "Block not found"})
        assert await talk.catch_up(one) == 0
        liar.lie = None
        assert await talk.catch_up(one) == 1
        assert [row.kind.value for row in await talk.rows()] == ["observed", "final"]


async def test_a_lone_server_that_wavers_below_finality_halts_nothing(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """Once a server denies final blocks and the next time it counts them again: no halt."""
    await talk.say(1)
    await talk.bury()
    one = talk.follower(through_liar)
    await one.take_fence()
    await talk.catch_up(one)
    await talk.say(2)

    def denies(told: Told) -> Told:
        if told.asked.path.startswith("/extended/v2/blocks/0x"):
            return told.instead(404, {"statusCode": 404, "message": "Block not found"})
        if told.has_blocks:
            # All of them under other names, down to the first final one.
            for row in told.body["results"]:
                for name in ("index_block_hash", "parent_index_block_hash"):
                    row[name] = row[name][:-4] + "0000"
            told.body["results"] = told.body["results"][:12]
        return told

    liar.lie = denies
    with pytest.raises(HistoryIncomplete):
        await one.follow_once()
    liar.lie = None
    assert await talk.catch_up(one) == 1
    liar.lie = denies
    await talk.say(3)
    with pytest.raises(HistoryIncomplete):
        await one.follow_once()
    liar.lie = None
    assert await talk.catch_up(one) == 1
    await agrees(talk, one)


OUTAGES: list[Lie] = [
    lambda _: None,
    lambda told: told.instead(500, {"statusCode": 500, "message": "broken"}),
    lambda told: told.instead(503, {"error": "The database service is unavailable"}),
    lambda told: told.instead(429, {"error": "Too many requests"}),
    lambda told: told.instead(200, None, b"<html>all is well</html>"),
    lambda told: told.instead(200, None, b'{"status":"ready","chain_tip":{"block_height":"7"'),
    lambda told: told.instead(200, None, b"\xff\xfe\x00"),
    lambda told: told.instead(200, {"server_version": "x", "status": "ready"}),
    lambda told: told.instead(404, None, b"<html>not found</html>"),
    lambda told: told.instead(302, {}, headers="Location: http://127.0.0.1:1/\r\n"),
    lambda told: told.instead(401, {"message": "no key"}),
]


async def test_no_answer_moves_nothing(talk: Talk, liar: LyingApi, through_liar: StacksApi) -> None:
    """Dropped connections, 5xx, 429, garbage, a gateway's page: all of it means that nothing is
    known, and the follower goes on where it was."""
    await talk.say(1)
    one = talk.follower(through_liar)
    await one.take_fence()
    await talk.catch_up(one)
    await talk.say(2)
    for outage in OUTAGES:
        liar.lie = outage
        with pytest.raises(RpcUnavailable):
            await one.follow_once()
    assert len(await talk.rows()) == 1
    liar.lie = None
    assert await talk.catch_up(one) == 1


async def test_page_shifts_between_two_questions(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """Blocks and prints arrive while the pages are read: what is newer than the tip of the round
    is left for the next one, and nothing is missed or doubled."""
    await talk.say(*range(6))
    busy = await talk.another()
    await talk.call("say", clarity.UInt(90), by=busy)
    waiting = [await talk.call("say", clarity.UInt(91 + n), by=busy) for n in range(5)]
    before = len(liar.asked)
    tasks: list[asyncio.Task[Any]] = []

    def shifts(told: Told) -> Told:
        if told.has_logs and len(tasks) < 3:
            tasks.append(asyncio.get_running_loop().create_task(talk.node.mine()))
        return told

    liar.lie = shifts
    one = talk.follower(through_liar, page_limit=2, batch_events=4)
    await one.take_fence()

    async def caught_up() -> bool:
        try:
            done = await one.follow_once()
        except HistoryIncomplete:
            return False
        return done.is_whole and len(tasks) == 3 and all(task.done() for task in tasks)

    await eventually(caught_up, "all is followed although the pages shift")
    assert len(liar.asked) > before
    liar.lie = None
    await talk.catch_up(one)
    assert {row.tx_id for row in await talk.rows()} >= set(waiting)
    await agrees(talk, one)


async def test_reorg_between_two_questions(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """The chain is reorged while a round reads it: the round is void, or was of one branch; what
    it leaves is never of two."""
    await talk.say(1, 2)
    done: list[asyncio.Task[Any]] = []
    for at in (2, 3, 4, 5, 6):
        await talk.say(10 * at, 10 * at + 1, 10 * at + 2)
        due = len(liar.asked) + at

        def reorgs(told: Told, due: int = due) -> Told:
            if len(liar.asked) == due:
                done.append(asyncio.get_running_loop().create_task(talk.switch("reorg", depth=3)))
            return told

        liar.lie = reorgs
        one = talk.follower(through_liar, page_limit=2, batch_events=2)
        await one.take_fence()
        for _ in range(3):
            try:
                await one.follow_once()
            except HistoryIncomplete:
                continue
        await asyncio.gather(*done)
        liar.lie = None
        await talk.catch_up(one)
        await agrees(talk, one)
        await one.release_fence()
    assert len(done) == 5


async def test_a_server_of_another_network_halts(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """All blocks under other names, at greater height, twice: a person must look."""
    await talk.say(1)
    await talk.bury()
    one = talk.follower(through_liar)
    await one.take_fence()
    await talk.catch_up(one)
    tip = await tip_of(talk)

    def elsewhere(told: Told) -> Told:
        if told.asked.path.startswith("/extended/v2/blocks/0x"):
            return told.instead(404, {"statusCode": 404, "message": "Block not found"})
        if told.asked.path == "/extended":
            told.body["chain_tip"]["index_block_hash"] = tip[:-4] + "0000"
        if told.has_blocks:
            for row in told.body["results"]:
                for name in ("index_block_hash", "parent_index_block_hash"):
                    row[name] = row[name][:-4] + "0000"
        return told

    liar.lie = elsewhere
    with pytest.raises(HistoryIncomplete):
        await one.follow_once()
    with pytest.raises(ChainHalted, match="gone from the chain"):
        await one.follow_once()


@pytest.fixture(autouse=True)
async def nothing_is_left_waiting(talk: Talk) -> AsyncIterator[None]:
    """What a test dropped is mined before the next one."""
    yield
    await talk.node.release()
