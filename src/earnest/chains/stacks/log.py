"""The log of one contract's prints, its typed reader, and how far it is followed. All SQL of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.chains.facts import FactKind
from earnest.chains.stacks.wire import Block
from earnest.kit.db import Connection

_EVENTS_MAX = 10_000
_PLACE_MAX = 2**31 - 1
# That a row of the log was not taken back.
_STANDS = (
    "NOT EXISTS (SELECT FROM chain_log AS undone WHERE undone.chain = 'stacks'"
    " AND undone.slot = entry.slot AND undone.block_id = entry.block_id"
    " AND undone.tx_id = entry.tx_id AND undone.event_index = entry.event_index"
    " AND undone.kind = 'reverted' AND undone.nth = entry.nth)"
)


class LoggedEvent(msgspec.Struct, frozen=True):
    """A row of the log: something happened to one print of the contract.

    `seq` grows by one per row. `kind` says what happened: *observed* may still be undone, *final*
    never but by an operator's leave, *reverted* undoes the row of the same block, chain_tx,
    `event_index` and `nth`. `nth` counts how often the block came back. `height` is of Stacks,
    `burn_height` of Bitcoin, `block_time` in unix seconds, `hex` the raw Clarity value, which may
    be anything at all.
    """

    seq: int
    kind: FactKind
    nth: int
    block_id: str
    tx_id: str
    event_index: int
    height: int
    burn_height: int
    block_time: int
    tx_index: int
    contract: str
    hex: str


class Event(msgspec.Struct, frozen=True):
    """A print as the chain has it now: a row to be. Its fields are those of `LoggedEvent`."""

    block_id: str
    tx_id: str
    event_index: int
    height: int
    burn_height: int
    block_time: int
    tx_index: int
    hex: str

    @property
    def key(self) -> tuple[str, int]:
        """Unique within one branch."""
        return self.tx_id, self.event_index


class SyncStatus(msgspec.Struct, frozen=True, rename="camel"):
    """How far Stacks is followed, for people and for other processes.

    Heights are of Stacks, burn heights of Bitcoin; None before the first round. `lag` counts
    Stacks blocks between the servers' tip and what is in the log. `last_error` stays after all is
    well again; `troubled` says whether it is so now. Reorgs are counted since `begun_at`.
    """

    contract: str
    begun_at: datetime
    looked_at: datetime | None
    tip_height: int | None
    tip_block_id: str | None
    tip_burn_height: int | None
    indexed_height: int | None
    final_height: int | None
    final_block_id: str | None
    final_burn_height: int | None
    reorgs_seen: int
    deepest_reorg: int
    last_reorg_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    troubled: bool
    recounted_at: datetime | None
    recount_found: str | None
    rewind_to: int | None
    permitted_rewind: int | None
    last_seq: int
    halted_reason: str | None
    halted_at: datetime | None

    @property
    def lag(self) -> int | None:
        """Stacks blocks that the log is behind the tip; None before the first round."""
        if self.tip_height is None or self.indexed_height is None:
            return None
        return max(self.tip_height - self.indexed_height, 0)


class Point(msgspec.Struct, frozen=True, rename="camel"):
    """A block as a place in the chain; `time` in unix seconds."""

    height: int
    block_id: str
    burn_height: int
    time: int

    @classmethod
    def of(cls, block: Block) -> "Point":
        """The place of a block."""
        return cls(block.height, block.index_block_hash, block.burn_block_height, block.block_time)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one round writes, all or nothing.

    `keep_blocks` is the height above which the blocks known so far lost, `keep_events` the one
    above which events are taken back; None: none. Then what became final up to `final`, then
    `events` in the order of the chain. Afterwards everything up to `indexed_height` is in the log.
    """

    tip: Point
    final: Point | None
    indexed_height: int
    keep_blocks: int | None = None
    keep_events: int | None = None
    blocks: Sequence[Block] = ()
    events: Sequence[Event] = ()


async def read_events(db: Connection, after_seq: int, limit: int = 1000) -> list[LoggedEvent]:
    """Rows after `after_seq` in order, at most 10,000. No row ever appears before one read."""
    rows = await db.fetch(
        "SELECT seq, kind, nth, block_id, tx_id, event_index, slot,"
        " (data->>'burnHeight')::bigint, (data->>'blockTime')::bigint,"
        " (data->>'txIndex')::integer, data->>'contract', data->>'hex'"
        " FROM chain_log WHERE chain = 'stacks' AND seq > $1 ORDER BY seq LIMIT $2",
        after_seq,
        min(limit, _EVENTS_MAX),
    )
    kinds = {kind.value: kind for kind in FactKind}
    return [LoggedEvent(row[0], kinds[row[1]], *tuple(row)[2:]) for row in rows]


async def sync_status(db: Connection) -> SyncStatus | None:
    """How far Stacks is followed; None before the indexer's first round."""
    row = await db.fetchrow(
        "SELECT contract, begun_at, looked_at, tip_height, tip_block_id, tip_burn_height,"
        " indexed_height, final_height, final_block_id, final_burn_height, reorgs_seen,"
        " deepest_reorg, last_reorg_at, last_error, last_error_at, troubled, recounted_at,"
        " recount_found, rewind_to, permitted_rewind, last_seq, halted_reason, halted_at"
        " FROM stacks_sync JOIN chain_cursors ON chain = 'stacks'"
    )
    return None if row is None else SyncStatus(*tuple(row))


async def begin(db: Connection, nonce: UUID, contract: str) -> None:
    """Makes the one row of Stacks. Raises `ContractDiffers`, `FenceLost`, `ChainHalted`."""
    await db.execute("SELECT stacks_begin($1, $2)", nonce, contract)


async def append(db: Connection, nonce: UUID, step: Step) -> int:
    """Writes a step; returns how many rows the log has more.

    Raises `FenceLost`, `ChainHalted`, and `ReorgBelowFinality` where final events would fall and
    no operator permitted it.
    """
    events = step.events
    added: int = await db.fetchval(
        "SELECT stacks_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        nonce,
        _step(step),
        [event.block_id for event in events],
        [event.tx_id for event in events],
        [event.event_index for event in events],
        [event.height for event in events],
        [event.burn_height for event in events],
        [event.block_time for event in events],
        [event.tx_index for event in events],
        [event.hex for event in events],
    )
    return added


def _step(step: Step) -> dict[str, Any]:
    return {
        "keepBlocks": step.keep_blocks,
        "keepEvents": step.keep_events,
        "indexedHeight": step.indexed_height,
        "tip": msgspec.to_builtins(step.tip),
        "final": msgspec.to_builtins(step.final),
        "blocks": [
            {
                "blockId": block.index_block_hash,
                "parentId": block.parent_index_block_hash,
                "height": block.height,
                "burnHeight": block.burn_block_height,
                "burnHash": block.burn_block_hash,
                "blockTime": block.block_time,
            }
            for block in step.blocks
        ],
    }


async def note(db: Connection, nonce: UUID, trouble: str | None) -> None:
    """Tells that a look ended without a change: the tip is the known one, or `trouble`."""
    await db.execute("SELECT stacks_note($1, $2)", nonce, trouble)


async def halt(db: Connection, nonce: UUID, reason: str, differs_above: int | None) -> None:
    """Stops following Stacks until `resume_chain`; only the holder of the fence can."""
    await db.execute("SELECT stacks_halt($1, $2, $3)", nonce, reason, differs_above)


async def keep_recount(
    db: Connection, nonce: UUID, found: str | None, read_again_above: int | None
) -> None:
    """Keeps what a recount found wrong, None for nothing."""
    await db.execute("SELECT stacks_recounted($1, $2, $3)", nonce, found, read_again_above)


async def counting_blocks(db: Connection, from_height: int = 0) -> list[Block]:
    """The blocks that count, as far as they are kept, oldest first."""
    rows = await db.fetch(
        "SELECT height, block_id, parent_id, burn_height, burn_hash, block_time, canonical"
        " FROM stacks_blocks WHERE canonical AND height >= $1 ORDER BY height",
        from_height,
    )
    return [Block(*tuple(row)) for row in rows]


async def kept_blocks_below(db: Connection, height: int, limit: int) -> list[tuple[int, str]]:
    """Blocks known to have counted at or below a height, newest first: (height, index hash).

    Beyond the blocks that are kept these are the ones that have events.
    """
    rows = await db.fetch(
        "SELECT height, block_id FROM stacks_blocks WHERE canonical AND height <= $1"
        " UNION SELECT slot, block_id FROM ("
        "  SELECT slot, block_id FROM chain_log AS entry"
        "  WHERE chain = 'stacks' AND kind = 'final' AND slot <= $1"
        f" AND {_STANDS} ORDER BY slot DESC LIMIT $2) AS newest"
        " ORDER BY height DESC LIMIT $2",
        height,
        limit,
    )
    return [(row["height"], row["block_id"]) for row in rows]


async def events_at_or_below(
    db: Connection, height: int, limit: int, *, offset_after: tuple[int, int, int] | None = None
) -> list[Event]:
    """Events that count now, newest in the chain first, at or below a height.

    `offset_after` is (height, tx_index, event_index) of the last one read before: only older ones.
    """
    at = offset_after or (height, _PLACE_MAX, _PLACE_MAX)
    rows = await db.fetch("SELECT * FROM stacks_counting_before($1, $2, $3, $4)", *at, limit)
    return [Event(*tuple(row)) for row in rows]
