"""The chain log in a real PostgreSQL: it only grows, and has one writer."""

import asyncpg
import pytest

from earnest.chains import (
    ChainHalted,
    ChainTx,
    FactDiffers,
    FactKind,
    FenceLost,
    GenesisDiffers,
    Head,
    StreamPosition,
    Transfer,
    cursor_of,
    facts_of_tx,
    positions_of,
    read_log,
    resume_chain,
    store,
)
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain
from tests.conftest import Databases

CHAIN = Chain.SOLANA


def fact(number: int, delta: int = 5) -> ChainTx:
    """A fact in slot 100 + number."""
    return ChainTx(
        chain=CHAIN,
        block_id=str(100 + number),
        tx_id=f"tx{number}",
        slot=100 + number,
        block_time=1_795_000_000 + number,
        err=None,
        fee_minor=5000,
        fee_payer="payer",
        deltas={"treasury": delta},
        balances={"treasury": 2**64 - 1},
        transfers=(
            Transfer("0.1", "payer", "treasury", "payer", 2**64 - 1, Asset.SOL, ("ref", "ref2")),
        ),
        memo="a “memo”",
    )


def head(slot: int, genesis_hash: str = "genesis") -> Head:
    """A head at a slot."""
    return Head(genesis_hash, slot, slot - 10, 1_795_000_000)


async def append(indexer: Database, nonce: object, *facts: ChainTx, at: Head | None = None) -> int:
    """Appends as the holder of the fence."""
    async with indexer.db_tx() as db:
        position = StreamPosition(facts[-1].tx_id, facts[-1].slot, 10**30) if facts else None
        return await store.append_facts(
            db,
            CHAIN,
            nonce,  # type: ignore[arg-type]
            kind=FactKind.FINAL,
            facts=facts,
            at=at or head(200),
            positions={"treasury": position} if position else {},
        )


async def take(indexer: Database, lease_s: float = 60) -> object:
    """A new holder's nonce, with the fence taken."""
    nonce = new_id()
    async with indexer.connection() as db:
        assert await store.take_fence(db, CHAIN, nonce, lease_s)
    return nonce


async def test_facts_come_back_as_they_went_in(databases: Databases) -> None:
    """Rows are numbered 1, 2, 3 … and read back equal; a repeat adds nothing and leaves no gap."""
    indexer, worker = await databases.role("indexer"), await databases.role("worker")
    nonce = await take(indexer)
    assert await append(indexer, nonce, fact(1), fact(2)) == 2
    assert await append(indexer, nonce, fact(2), fact(1), fact(3)) == 1
    async with worker.connection() as db:
        rows = await read_log(db, CHAIN, after_seq=0)
        assert [row.seq for row in rows] == [1, 2, 3]
        assert [row.chain_tx for row in rows] == [fact(1), fact(2), fact(3)]
        assert {row.kind for row in rows} == {FactKind.FINAL}
        assert [row.seq for row in await read_log(db, CHAIN, after_seq=1, limit=1)] == [2]
        assert [row.seq for row in await facts_of_tx(db, CHAIN, "tx3")] == [3]
        cursor = await cursor_of(db, CHAIN)
        assert (cursor.followed_slot, cursor.followed_block_height) == (200, 190)
        assert (cursor.last_seq, cursor.genesis_hash) == (3, "genesis")
        assert (await positions_of(db, CHAIN))["treasury"] == StreamPosition("tx3", 103, 10**30)


async def test_same_chain_tx_in_another_block_is_another_fact(databases: Databases) -> None:
    """The key is chain, block, chain_tx, index and kind."""
    indexer = await databases.role("indexer")
    nonce = await take(indexer)
    moved = ChainTx(
        **{name: getattr(fact(1), name) for name in fact(1).__struct_fields__} | {"block_id": "b"}
    )
    assert await append(indexer, nonce, fact(1), moved) == 2


async def test_another_story_of_a_known_fact_is_refused(databases: Databases) -> None:
    """When the same chain_tx is told with another amount, nothing of the round is kept."""
    indexer = await databases.role("indexer")
    nonce = await take(indexer)
    await append(indexer, nonce, fact(1))
    with pytest.raises(FactDiffers):
        await append(indexer, nonce, fact(2), fact(1, delta=6), at=head(300))
    async with indexer.connection() as db:
        assert [row.seq for row in await read_log(db, CHAIN, after_seq=0)] == [1]
        assert (await cursor_of(db, CHAIN)).followed_slot == 200


async def test_second_indexer_stands_by_then_the_first_loses(databases: Databases) -> None:
    """While a lease runs nobody else gets the fence; once it lapsed and was taken, the former
    holder can write nothing."""
    indexer = await databases.role("indexer")
    first = await take(indexer, lease_s=60)
    async with indexer.connection() as db:
        assert not await store.take_fence(db, CHAIN, new_id(), 60)
        assert await store.take_fence(db, CHAIN, first, 0)  # type: ignore[arg-type]
    second = await take(indexer)
    with pytest.raises(FenceLost):
        await append(indexer, first, fact(1))
    assert await append(indexer, second, fact(1)) == 1


async def test_other_network_is_refused(databases: Databases) -> None:
    """A cursor of one genesis never takes facts of another."""
    indexer = await databases.role("indexer")
    nonce = await take(indexer)
    await append(indexer, nonce, fact(1))
    with pytest.raises(GenesisDiffers, match="genesis"):
        await append(indexer, nonce, fact(2), at=head(300, "other"))


async def test_halted_chain_takes_nothing_until_resumed(databases: Databases) -> None:
    """A halt keeps its first reason and holds until an operator clears it."""
    indexer = await databases.role("indexer")
    nonce = await take(indexer)
    async with indexer.connection() as db:
        await store.halt_chain(db, CHAIN, nonce, "the first reason")  # type: ignore[arg-type]
        await store.halt_chain(db, CHAIN, nonce, "another")  # type: ignore[arg-type]
    with pytest.raises(ChainHalted, match="the first reason"):
        await append(indexer, nonce, fact(1))
    async with indexer.connection() as db:
        assert await resume_chain(db, CHAIN)
        assert not await resume_chain(db, CHAIN)
    assert await append(indexer, nonce, fact(1)) == 1


CHANGES = (
    "UPDATE chain_log SET slot = 1",
    "DELETE FROM chain_log",
    "TRUNCATE chain_log",
)
WRITES = (
    *CHANGES,
    "INSERT INTO chain_log (chain, seq, kind, block_id, tx_id, slot, data)"
    " VALUES ('solana', 9, 'final', 'b', 't', 1, '{}')",
    "UPDATE chain_cursors SET followed_slot = 1",
    "DELETE FROM chain_stream_cursors",
)
CALLS = (
    "SELECT chain_append('solana', gen_random_uuid(), '[]', '{}', '[]')",
    "SELECT chain_fence_take('solana', gen_random_uuid(), '1 s')",
    "SELECT chain_fence_release('solana', gen_random_uuid())",
    "SELECT chain_halt('solana', gen_random_uuid(), 'x')",
    "SELECT chain_resume('solana')",
    "SELECT chain_cursor_lock('solana', gen_random_uuid())",
)


async def test_log_only_grows(databases: Databases) -> None:
    """Not even the owner can change, delete or empty what was logged."""
    indexer, owner = await databases.role("indexer"), await databases.role("owner")
    await append(indexer, await take(indexer), fact(1))
    for statement in CHANGES:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await owner.fetchval(statement)


async def test_no_role_writes_past_the_functions(databases: Databases) -> None:
    """Whoever steals a role's password still cannot write a payment into the log by hand, and
    the functions that write it are granted to the indexer alone."""
    for role in ("api", "worker", "indexer", "signer_ro"):
        db = await databases.role(role)
        for statement in (*WRITES, *(CALLS if role != "indexer" else ())):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.fetchval(statement)
