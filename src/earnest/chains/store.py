"""All SQL of the chain log and its cursors."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from earnest.chains.facts import ChainTx, FactKind, LoggedFact
from earnest.chains.ports import Head, StreamPosition
from earnest.kit.db import Connection
from earnest.kit.money import Chain

# Columns of the row, so not repeated in `data`.
_COLUMNS = ("chain", "blockId", "txId")
_LOG_BATCH_MAX = 1000


class ChainCursor(msgspec.Struct, frozen=True, rename="camel"):
    """How far a chain was followed, and whether it is halted. None before the first round."""

    chain: Chain
    genesis_hash: str | None
    last_seq: int
    followed_slot: int | None
    followed_block_height: int | None
    followed_time: datetime | None
    halted_reason: str | None
    halted_at: datetime | None
    moved_at: datetime | None


async def read_log(
    db: Connection, chain: Chain, *, after_seq: int, limit: int = 100
) -> list[LoggedFact]:
    """Rows after `after_seq` in order, at most 1,000. No row ever appears before one read."""
    rows = await db.fetch(
        "SELECT chain, seq, kind, block_id, tx_id, data FROM chain_log"
        " WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        chain.value,
        after_seq,
        min(limit, _LOG_BATCH_MAX),
    )
    return [_logged(row) for row in rows]


async def facts_of_tx(db: Connection, chain: Chain, tx_id: str) -> list[LoggedFact]:
    """All rows of the log about one chain_tx, in order."""
    rows = await db.fetch(
        "SELECT chain, seq, kind, block_id, tx_id, data FROM chain_log"
        " WHERE chain = $1 AND tx_id = $2 ORDER BY seq LIMIT $3",
        chain.value,
        tx_id,
        _LOG_BATCH_MAX,
    )
    return [_logged(row) for row in rows]


async def newest_fact_up_to(db: Connection, chain: Chain, slot: int) -> LoggedFact | None:
    """The newest final fact in `slot` or before it."""
    row = await db.fetchrow(
        "SELECT chain, seq, kind, block_id, tx_id, data FROM chain_log"
        " WHERE chain = $1 AND slot <= $2 AND kind = 'final' ORDER BY slot DESC, seq DESC LIMIT 1",
        chain.value,
        slot,
    )
    return _logged(row) if row else None


async def cursor_of(db: Connection, chain: Chain) -> ChainCursor:
    """The chain's cursor; all None before anything was followed."""
    row = await db.fetchrow(
        "SELECT chain, genesis_hash, last_seq, followed_slot, followed_block_height,"
        " followed_time, halted_reason, halted_at, moved_at FROM chain_cursors WHERE chain = $1",
        chain.value,
    )
    if row is None:
        return ChainCursor(chain, None, 0, None, None, None, None, None, None)
    return ChainCursor(Chain(row["chain"]), *tuple(row)[1:])


async def positions_of(db: Connection, chain: Chain) -> dict[str, StreamPosition]:
    """How far each stream was read, by address."""
    rows = await db.fetch(
        "SELECT address, newest_tx_id, newest_slot, balance_minor FROM chain_stream_cursors"
        " WHERE chain = $1",
        chain.value,
    )
    return {
        row["address"]: StreamPosition(
            newest_tx_id=row["newest_tx_id"],
            newest_slot=row["newest_slot"],
            balance_minor=None if row["balance_minor"] is None else int(row["balance_minor"]),
        )
        for row in rows
    }


async def take_fence(db: Connection, chain: Chain, nonce: UUID, lease_s: float) -> bool:
    """Takes or renews the fence; False while another holder's lease runs."""
    lease = timedelta(seconds=lease_s)
    taken: bool = await db.fetchval(
        "SELECT chain_fence_take($1, $2, $3)", chain.value, nonce, lease
    )
    return taken


async def release_fence(db: Connection, chain: Chain, nonce: UUID) -> None:
    """Gives the fence back, if it is still held."""
    await db.execute("SELECT chain_fence_release($1, $2)", chain.value, nonce)


async def append_facts(
    db: Connection,
    chain: Chain,
    nonce: UUID,
    *,
    kind: FactKind,
    facts: Sequence[ChainTx],
    at: Head,
    positions: Mapping[str, StreamPosition],
) -> int:
    """Appends facts that are new, moves the cursors to `at`, returns how many were new.

    One transaction. Raises `FenceLost`, `ChainHalted`, `GenesisDiffers`, `FactDiffers`.
    """
    added: int = await db.fetchval(
        "SELECT chain_append($1, $2, $3, $4, $5)",
        chain.value,
        nonce,
        [_row(fact, kind) for fact in facts],
        {
            "genesisHash": at.genesis_hash,
            "slot": at.slot,
            "blockHeight": at.block_height,
            "time": _time(at.block_time),
        },
        [
            {
                "address": address,
                "newestTxId": position.newest_tx_id,
                "newestSlot": position.newest_slot,
                "balanceMinor": position.balance_minor,
            }
            for address, position in positions.items()
        ],
    )
    return added


async def halt_chain(db: Connection, chain: Chain, nonce: UUID, reason: str) -> None:
    """Stops following until `resume_chain`; only the holder of the fence can."""
    await db.execute("SELECT chain_halt($1, $2, $3)", chain.value, nonce, reason)


async def resume_chain(db: Connection, chain: Chain) -> bool:
    """An operator has looked: follows again. False when the chain was not halted."""
    resumed: bool = await db.fetchval("SELECT chain_resume($1)", chain.value)
    return resumed


def _time(unix_s: int | None) -> str | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC).isoformat()


def _row(fact: ChainTx, kind: FactKind) -> dict[str, Any]:
    data = msgspec.to_builtins(fact)
    for name in _COLUMNS:
        del data[name]
    return {
        "kind": kind.value,
        "blockId": fact.block_id,
        "txId": fact.tx_id,
        "eventIndex": 0,
        "slot": fact.slot,
        "data": data,
    }


def _logged(row: asyncpg.Record) -> LoggedFact:
    data = {
        **row["data"],
        "chain": row["chain"],
        "blockId": row["block_id"],
        "txId": row["tx_id"],
    }
    return LoggedFact(
        seq=row["seq"],
        kind=FactKind(row["kind"]),
        chain_tx=msgspec.convert(data, ChainTx),
    )
