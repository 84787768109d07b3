"""A database with a log of the contract to write, a projector, and what came of it."""

from collections.abc import Sequence
from typing import Any

from earnest.chains.stacks import LoggedEvent
from earnest.escrow.projection.projector import Projector
from earnest.escrow.projection.store import STATE_TABLES
from earnest.kit.db import Database
from tests.escrow_contract import CONTRACT


async def add_rows(owner: Database, rows: Sequence[LoggedEvent]) -> None:
    """Writes rows of the log as they are given: what a follower wrote, replayed."""
    if not rows:
        return
    async with owner.db_tx() as db_tx:
        await db_tx.executemany(
            "INSERT INTO chain_log"
            " (chain, seq, kind, block_id, tx_id, event_index, slot, nth, data)"
            " VALUES ('stacks', $1, $2, $3, $4, $5, $6, $7, $8)",
            [
                (
                    row.seq,
                    row.kind.value,
                    row.block_id,
                    row.tx_id,
                    row.event_index,
                    row.height,
                    row.nth,
                    {
                        "contract": row.contract,
                        "hex": row.hex,
                        "burnHeight": row.burn_height,
                        "blockTime": row.block_time,
                        "txIndex": row.tx_index,
                    },
                )
                for row in rows
            ],
        )
        await db_tx.execute(
            "INSERT INTO chain_cursors (chain, last_seq) VALUES ('stacks', $1)"
            " ON CONFLICT (chain) DO UPDATE SET last_seq = excluded.last_seq",
            rows[-1].seq,
        )


class Scene:
    """A database with a log and its projections."""

    def __init__(self, indexer: Database) -> None:
        self.indexer = indexer

    def projector(self, batch: int = 2_000) -> Projector:
        """A projector of this contract."""
        return Projector(self.indexer, CONTRACT, batch=batch)

    async def fold(self, batch: int = 2_000) -> int:
        """Folds all that is new."""
        return await self.projector(batch).catch_up()

    async def view(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """Every row of one view, by table, in a fixed order."""
        found = {}
        for table in STATE_TABLES:
            rows = await self.indexer.fetch(
                f"SELECT to_jsonb(t) - 'view' AS row FROM {table} AS t WHERE view = $1"
                " ORDER BY (to_jsonb(t) - 'view')::text LIMIT 100000",
                name,
            )
            found[table] = [row["row"] for row in rows]
        return found

    async def folded(self) -> int:
        """How many rows of the log are folded."""
        return int(
            await self.indexer.fetchval("SELECT coalesce(max(log_seq), 0) FROM escrow_cursors")
        )

    async def events(self) -> list[tuple[int, str, int | None, str | None]]:
        """Every event: log_seq, state, seq, the chain_tx that created its project."""
        rows = await self.indexer.fetch(
            "SELECT log_seq, state, seq, creation_tx_id FROM escrow_events"
            " ORDER BY log_seq LIMIT 100000"
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    async def told(self) -> list[tuple[str, int]]:
        """What was announced, in order: what happened, and the contract's own number."""
        rows = await self.indexer.fetch(
            "SELECT type, (data->>'seq')::bigint FROM events"
            " WHERE type LIKE 'escrow_event_%' ORDER BY id LIMIT 100000"
        )
        return [(row[0].removeprefix("escrow_event_"), row[1]) for row in rows]
