"""Reorgs of a real local Stacks chain: followed inside finality, halting below it."""

import pytest

from earnest.chains import ChainHalted, HistoryIncomplete, cursor_of, resume_chain
from earnest.chains.stacks import SyncStatus, clarity, sync_status
from earnest.chains.stacks.follower import StacksFollower
from earnest.kit.money import Chain
from tests.integration.chains.stacks.conftest import Talk


async def status_of(talk: Talk) -> SyncStatus:
    """How far the contract is followed."""
    async with talk.database.connection() as db:
        status = await sync_status(db)
    assert status is not None
    return status


async def tip_of(talk: Talk) -> str:
    """The index hash of the block that is the tip now."""
    return (await talk.api.head()).index_block_hash


async def agrees(talk: Talk, one: StacksFollower) -> None:
    """The log, folded, is what the chain says; and a recount finds nothing."""
    assert await talk.counting() == await talk.on_chain()
    assert await one.recount() is None


async def test_reorg_of_one_block_drops_a_print(talk: Talk) -> None:
    """The newest block loses with the print in it: a reverted row, nothing else; and when the
    chain_tx is mined again at another height, that is another fact."""
    first, second = await talk.say(1, 2)
    one = await talk.followed()
    await talk.switch("reorg", depth=1, drop=[second])
    assert await talk.catch_up(one) == 1
    rows = await talk.rows()
    assert [(row.kind.value, row.tx_id) for row in rows] == [
        ("observed", first),
        ("observed", second),
        ("reverted", second),
    ]
    await agrees(talk, one)
    await talk.node.release()
    await talk.node.mine()
    assert await talk.catch_up(one) == 1
    again = (await talk.rows())[-1]
    assert (again.kind.value, again.tx_id, again.nth) == ("observed", second, 0)
    assert again.height > rows[1].height
    assert again.block_id != rows[1].block_id
    await agrees(talk, one)


async def test_reorg_of_six_blocks_takes_back_and_tells_anew(talk: Talk) -> None:
    """Six blocks are replaced by six others with the same calls in them: every print falls, newest
    first, and every one is observed again in its new block, in the order of the chain."""
    await talk.say(1)
    sent = await talk.say(*range(2, 8))
    one = await talk.followed()
    await talk.switch("reorg", depth=6)
    assert await talk.catch_up(one) == 12
    rows = (await talk.rows())[7:]
    assert [(row.kind.value, row.tx_id) for row in rows] == [
        *(("reverted", tx_id) for tx_id in reversed(sent)),
        *(("observed", tx_id) for tx_id in sent),
    ]
    assert {row.block_id for row in rows[:6]}.isdisjoint(row.block_id for row in rows[6:])
    status = await status_of(talk)
    assert (status.reorgs_seen, status.deepest_reorg) == (1, 6)
    await agrees(talk, one)


async def test_reorg_of_300_blocks(talk: Talk) -> None:
    """As deep as Bitcoin once made it: inside six Bitcoin blocks it is followed like any other,
    through ten pages of blocks, and only what was printed above the fork falls."""
    await talk.say(1)
    await talk.bury()
    sent = await talk.say(2)
    await talk.node.mine(298)
    sent += await talk.say(3)
    one = await talk.followed()
    assert [row.kind.value for row in await talk.rows()] == ["final", "observed", "observed"]
    await talk.switch("reorg", depth=300, drop=[sent[0]])
    # The second call stands on the nonce of the first: it waits, too.
    assert await talk.catch_up(one) == 2
    status = await status_of(talk)
    assert (status.reorgs_seen, status.deepest_reorg) == (1, 300)
    await talk.node.release()
    await talk.node.mine()
    assert await talk.catch_up(one) == 2
    await agrees(talk, one)


async def test_equal_height_changes_nothing_then_all_flips(talk: Talk) -> None:
    """A second branch of the same height moves nothing; one block more and it is followed."""
    await talk.say(1)
    fork = await tip_of(talk)
    (moved,) = await talk.say(2)
    one = await talk.followed()
    tied = await talk.switch("reorg", parent=fork, blocks=[{}])
    assert not tied["canonical"]
    assert await talk.catch_up(one) == 0
    longer = await talk.switch("reorg", parent=tied["branchTip"], blocks=[{"txs": [moved]}])
    assert longer["canonical"]
    assert await talk.catch_up(one) == 2
    assert [row.kind.value for row in await talk.rows()] == ["observed"] * 2 + [
        "reverted",
        "observed",
    ]
    await agrees(talk, one)


async def test_branch_a_then_b_then_a_again(talk: Talk) -> None:
    """The same block comes back: the same key, the next `nth`, and it becomes final so."""
    await talk.say(1)
    fork = await tip_of(talk)
    (moved,) = await talk.say(2)
    branch_a = await tip_of(talk)
    one = await talk.followed()
    await talk.switch("reorg", parent=fork, blocks=[{}, {}])
    assert await talk.catch_up(one) == 1
    await talk.switch("reorg", parent=branch_a, blocks=[{}, {}])
    assert await talk.catch_up(one) == 1
    await talk.bury()
    assert await talk.catch_up(one) == 2
    told = [(row.kind.value, row.nth) for row in await talk.rows() if row.tx_id == moved]
    assert told == [("observed", 0), ("reverted", 0), ("observed", 1), ("final", 1)]
    assert {row.block_id for row in await talk.rows() if row.tx_id == moved} == {branch_a}
    assert (await status_of(talk)).reorgs_seen == 2
    await agrees(talk, one)


async def test_prints_swap_their_order(talk: Talk) -> None:
    """Two people's calls change places: first what fell is told, newest first, then what came, and
    each chain_tx is another fact in its other block."""
    other = await talk.another()
    await talk.say(1)
    fork = await tip_of(talk)
    (mine,) = await talk.say(2)
    theirs = await talk.call("say", clarity.UInt(3), by=other)
    await talk.node.mine()
    one = await talk.followed()
    await talk.switch("reorg", parent=fork, blocks=[{"txs": [theirs]}, {"txs": [mine]}, {}])
    assert await talk.catch_up(one) == 4
    assert [(row.kind.value, row.tx_id) for row in (await talk.rows())[1:]] == [
        ("observed", mine),
        ("observed", theirs),
        ("reverted", theirs),
        ("reverted", mine),
        ("observed", theirs),
        ("observed", mine),
    ]
    await agrees(talk, one)


async def test_reorg_while_offline(talk: Talk) -> None:
    """The indexer was away while a branch lost and a hundred blocks came: it finds the fork point
    among the blocks that it knows, and ends where the chain is."""
    await talk.say(1, 2)
    fork = await tip_of(talk)
    lost = await talk.say(3, 4)
    one = await talk.followed()
    await one.release_fence()
    await talk.switch("reorg", parent=fork, blocks=[{}, {}, {"txs": [lost[0]]}], drop=[lost[1]])
    await talk.node.mine(100)
    await talk.bury()
    other = await talk.followed()
    told = [(row.kind.value, row.tx_id) for row in await talk.rows()]
    assert told[4:6] == [("reverted", lost[1]), ("reverted", lost[0])]
    assert [kind for kind, _ in told[6:]] == ["final"] * 3
    assert told[-1] == ("final", lost[0])
    await agrees(talk, other)
    await talk.node.release()


async def test_reorg_during_backfill(talk: Talk) -> None:
    """Batches of three: after the first few a reorg takes back some of what was read and some
    that was not read yet. Nothing is lost or doubled."""
    await talk.say(*range(12))
    one = talk.follower(batch_events=3, page_limit=2)
    assert await one.take_fence()
    for _ in range(3):
        assert not (await one.follow_once()).is_whole
    read = await talk.counting()
    assert 3 < len(read) < 12
    await talk.switch("reorg", depth=8)
    await talk.catch_up(one)
    rows = await talk.rows()
    assert [row.kind.value for row in rows].count("reverted") == len(read) - 4
    await agrees(talk, one)
    await talk.bury()
    await talk.catch_up(one)
    assert {row.kind.value for row in (await talk.rows())[-12:]} == {"final"}
    await agrees(talk, one)


async def test_reorg_below_finality_halts_until_resumed(talk: Talk) -> None:
    """Final blocks are gone. At the second look the chain halts, with the height in its reason,
    and stays so; an operator resumes, and then what was final falls, newest first, and the new
    branch is followed. The leave serves once: the next such reorg halts again."""
    await talk.say(1)
    fork = await tip_of(talk)
    fork_height = (await talk.api.head()).block_height
    sent = await talk.say(2, 3)
    await talk.bury()
    one = await talk.followed()
    assert [row.kind.value for row in await talk.rows()] == ["final"] * 3
    await talk.say(4)
    assert await talk.catch_up(one) == 1
    burns = [{"burn": True}] * 7
    deep = await talk.switch("reorg", parent=fork, blocks=[*burns, {"txs": [sent[0]]}, {}, {}])
    assert deep["canonical"]
    with pytest.raises(HistoryIncomplete, match="was final"):
        await one.follow_once()
    with pytest.raises(ChainHalted, match=f"above height {fork_height}"):
        await one.follow_once()
    with pytest.raises(ChainHalted):
        await talk.follower().follow_once()
    before = await talk.rows()
    assert len(before) == 4
    async with talk.database.connection() as db:
        assert (await cursor_of(db, Chain.STACKS)).halted_reason is not None
        assert await resume_chain(db, Chain.STACKS)
    assert await talk.catch_up(one) == 4
    fallen = (await talk.rows())[4:7]
    assert [row.kind.value for row in fallen] == ["reverted"] * 3
    assert [row.height for row in fallen] == sorted((row.height for row in fallen), reverse=True)
    status = await status_of(talk)
    assert (status.halted_reason, status.permitted_rewind) == (None, None)
    await agrees_after_fall(talk)
    await talk.bury()
    await talk.catch_up(one)
    assert await one.recount() is None
    await talk.switch("reorg", parent=fork, blocks=[*burns, *burns, {}, {}, {}])
    with pytest.raises(HistoryIncomplete, match="was final"):
        await one.follow_once()
    with pytest.raises(ChainHalted):
        await one.follow_once()


async def agrees_after_fall(talk: Talk) -> None:
    """What counts, by a fold that lets final rows fall, is what the chain says."""
    counting: dict[tuple[str, str, int], tuple[str, str, int]] = {}
    for row in await talk.rows():
        key = (row.block_id, row.tx_id, row.event_index)
        if row.kind == "reverted":
            del counting[key]
        else:
            counting[key] = (row.tx_id, row.hex, row.height)
    assert sorted(counting.values(), key=lambda each: each[2]) == await talk.on_chain()


async def test_halt_that_healed_needs_no_fall(talk: Talk) -> None:
    """The server was wrong and is right again when the operator resumes: nothing falls, and the
    leave that was given is gone with the first round."""
    await talk.say(1)
    fork = await tip_of(talk)
    await talk.say(2)
    await talk.bury()
    former = await tip_of(talk)
    one = await talk.followed()
    await talk.switch("reorg", parent=fork, blocks=[{}] * 12)
    for expected in (HistoryIncomplete, ChainHalted):
        with pytest.raises(expected):
            await one.follow_once()
    await talk.switch("reorg", parent=former, blocks=[{}] * 12)
    async with talk.database.connection() as db:
        assert await resume_chain(db, Chain.STACKS)
    assert await talk.catch_up(one) == 0
    status = await status_of(talk)
    assert (status.permitted_rewind, status.reorgs_seen) == (None, 0)
    await agrees(talk, one)


async def test_aborted_calls_never_count(talk: Talk) -> None:
    """A call that refuses prints on the way, and none of it is on the chain; nor in the log."""
    await talk.call("say-and-refuse")
    await talk.say(1)
    await talk.call("say-and-refuse")
    await talk.call("say-many", clarity.List(tuple(clarity.UInt(n) for n in range(150))))
    await talk.node.mine()
    one = await talk.followed(batch_events=40, page_limit=30)
    assert len(await talk.rows()) == 151
    await agrees(talk, one)
