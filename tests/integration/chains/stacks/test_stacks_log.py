"""The log of Stacks in a real PostgreSQL: what is observed, becomes final, and is taken back."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from earnest.chains import (
    ChainHalted,
    ContractDiffers,
    FactKind,
    FenceLost,
    ReorgBelowFinality,
    resume_chain,
    store,
)
from earnest.chains.stacks import LoggedEvent, log, read_events, sync_status
from earnest.chains.stacks.log import Event, Point, Step
from earnest.chains.stacks.wire import Block
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Chain
from tests.conftest import Databases

CONTRACT = "ST000000000000000000002AMW42H.escrow"


def block(height: int, branch: str = "a") -> Block:
    """A block of a branch, each with a Bitcoin block of its own."""
    name = f"0x{branch}{height:063x}"
    return Block(
        height=height,
        index_block_hash=name,
        parent_index_block_hash=f"0x{branch}{height - 1:063x}",
        burn_block_height=height + 100,
        burn_block_hash=name,
        block_time=1_000,
        canonical=True,
    )


def event(height: int, branch: str = "a", tx: int = 0, index: int = 0) -> Event:
    """A print in a block of a branch."""
    return Event(
        block_id=block(height, branch).index_block_hash,
        tx_id=f"0x{tx:064x}",
        event_index=index,
        height=height,
        burn_height=height + 100,
        block_time=1_000,
        tx_index=tx,
        hex="0x03",
    )


def step(
    tip: Block,
    final: Block | None,
    *events: Event,
    keep: int | None = None,
    blocks: Sequence[Block] = (),
    indexed: int | None = None,
) -> Step:
    """A step up to the tip."""
    return Step(
        tip=Point.of(tip),
        final=None if final is None else Point.of(final),
        indexed_height=tip.height if indexed is None else indexed,
        keep_blocks=keep,
        keep_events=keep,
        blocks=blocks,
        events=events,
    )


async def begun(indexer: Database) -> UUID:
    """A nonce that holds the fence, with the row of Stacks begun."""
    nonce = new_id()
    async with indexer.db_tx() as db:
        assert await store.take_fence(db, Chain.STACKS, nonce, 60)
        await log.begin(db, nonce, CONTRACT)
    return nonce


async def write(indexer: Database, nonce: UUID, one: Step) -> int:
    """Appends a step."""
    async with indexer.db_tx() as db:
        return await log.append(db, nonce, one)


async def rows(database: Database) -> list[LoggedEvent]:
    """The whole log."""
    async with database.connection() as db:
        return await read_events(db, 0, 10_000)


def told(row: LoggedEvent) -> tuple[str, str, int, int, int, int]:
    """What a row says, in short."""
    return row.kind.value, row.block_id[2], row.height, row.tx_index, row.event_index, row.nth


async def test_backfill_writes_final_alone_and_live_observes_first(databases: Databases) -> None:
    """What is final when it is first seen has one row; what is not has two, in chain order."""
    indexer = await databases.role("indexer")
    nonce = await begun(indexer)
    first = step(block(9), block(3), event(2), event(3, tx=1), event(3, tx=1, index=2), event(8))
    assert await write(indexer, nonce, first) == 4
    assert await write(indexer, nonce, step(block(12), block(9), event(8), event(11))) == 2
    found = await rows(await databases.role("worker"))
    assert [row.seq for row in found] == [1, 2, 3, 4, 5, 6]
    assert [told(row) for row in found] == [
        ("final", "a", 2, 0, 0, 0),
        ("final", "a", 3, 1, 0, 0),
        ("final", "a", 3, 1, 2, 0),
        ("observed", "a", 8, 0, 0, 0),
        ("final", "a", 8, 0, 0, 0),
        ("observed", "a", 11, 0, 0, 0),
    ]
    fields = {name: getattr(event(2), name) for name in Event.__struct_fields__}
    assert found[0] == LoggedEvent(seq=1, kind=FactKind.FINAL, nth=0, contract=CONTRACT, **fields)
    async with indexer.connection() as db:
        status = await sync_status(db)
    assert status is not None
    assert (status.tip_height, status.indexed_height, status.final_height) == (12, 12, 9)
    assert (status.contract, status.lag, status.last_seq) == (CONTRACT, 0, 6)


async def test_reorg_takes_back_newest_first_and_counts_each_return(databases: Databases) -> None:
    """A, then B, then A again: reverted rows in reverse order, then the other branch; the second
    time of A has the next number."""
    indexer = await databases.role("indexer")
    nonce = await begun(indexer)
    branch_a = [block(8), block(9)]
    of_a = [event(8, tx=1), event(8, tx=2, index=1), event(9)]
    await write(indexer, nonce, step(block(9), block(3), *of_a, blocks=branch_a))
    branch_b = [block(8, "b"), block(9, "b"), block(10, "b")]
    to_b = step(branch_b[-1], block(3), event(9, "b", tx=1), keep=7, blocks=branch_b)
    assert await write(indexer, nonce, to_b) == 4
    again = [*branch_a, block(10), block(11)]
    assert await write(indexer, nonce, step(block(11), block(9), *of_a, keep=7, blocks=again)) == 4
    assert [told(row) for row in (await rows(indexer))[3:]] == [
        ("reverted", "a", 9, 0, 0, 0),
        ("reverted", "a", 8, 2, 1, 0),
        ("reverted", "a", 8, 1, 0, 0),
        ("observed", "b", 9, 1, 0, 0),
        ("reverted", "b", 9, 1, 0, 0),
        ("final", "a", 8, 1, 0, 1),
        ("final", "a", 8, 2, 1, 1),
        ("final", "a", 9, 0, 0, 1),
    ]
    async with indexer.connection() as db:
        status = await sync_status(db)
        assert status is not None
        assert (status.reorgs_seen, status.deepest_reorg) == (2, 3)
        assert await log.counting_blocks(db) == again
        kept = await db.fetchval("SELECT count(*) FROM stacks_blocks WHERE NOT canonical")
        assert kept == len(branch_b)


async def test_final_events_fall_only_by_an_operators_leave(databases: Databases) -> None:
    """Below finality nothing is taken back until the halt was resumed, and then no deeper than
    the halt was about; the leave is used up by the step that needs it."""
    indexer = await databases.role("indexer")
    nonce = await begun(indexer)
    events = [event(2), event(4), event(6), event(8)]
    await write(indexer, nonce, step(block(9), block(6), *events))
    other = step(block(12, "b"), block(5, "b"), event(5, "b"), event(7, "b"), keep=3)
    with pytest.raises(ReorgBelowFinality, match="above 3"):
        await write(indexer, nonce, other)
    async with indexer.connection() as db:
        await log.halt(db, nonce, "final blocks are gone", 3)
    with pytest.raises(ChainHalted, match="final blocks are gone"):
        await write(indexer, nonce, other)
    async with indexer.connection() as db:
        assert await resume_chain(db, Chain.STACKS)
    deeper = step(block(12, "b"), None, keep=1)
    with pytest.raises(ReorgBelowFinality, match="above 1"):
        await write(indexer, nonce, deeper)
    assert await write(indexer, nonce, other) == 5
    assert [told(row)[:3] for row in (await rows(indexer))[4:]] == [
        ("reverted", "a", 8),
        ("reverted", "a", 6),
        ("reverted", "a", 4),
        ("final", "b", 5),
        ("observed", "b", 7),
    ]
    with pytest.raises(ReorgBelowFinality):
        await write(indexer, nonce, step(block(13), None, keep=3))
    async with indexer.connection() as db:
        counting = await log.events_at_or_below(db, 99, 10)
    assert [(each.height, each.block_id[2]) for each in counting] == [(7, "b"), (5, "b"), (2, "a")]


async def test_one_contract_and_one_writer(databases: Databases) -> None:
    """The log stays with the contract that it was begun with; without the fence nothing is
    written, and a look noted by the wrong holder is lost."""
    indexer = await databases.role("indexer")
    nonce = await begun(indexer)
    with pytest.raises(ContractDiffers, match="lookalike"):
        async with indexer.db_tx() as db:
            await log.begin(db, nonce, "ST000000000000000000002AMW42H.lookalike")
    async with indexer.connection() as db:
        await log.note(db, new_id(), "not mine to tell")
        await log.note(db, nonce, "the server is away")
        status = await sync_status(db)
        assert status is not None
        assert (status.troubled, status.last_error) == (True, "the server is away")
    with pytest.raises(FenceLost):
        await write(indexer, new_id(), step(block(9), None, event(2)))


async def test_no_role_writes_past_the_functions(databases: Databases) -> None:
    """The tables are read by three roles and written by none; the functions are the indexer's."""
    for role in ("api", "worker", "indexer"):
        db = await databases.role(role)
        for statement in (
            "UPDATE stacks_sync SET permitted_rewind = 0",
            "DELETE FROM stacks_provisional",
            "UPDATE stacks_blocks SET canonical = false",
            "SELECT stacks_take_back(0, 0)",
            *(["SELECT stacks_note(gen_random_uuid(), 'x')"] if role != "indexer" else []),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.fetchval(statement)
