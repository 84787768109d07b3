"""What the comparison of contract and cache reads and keeps. All SQL of it."""

from collections.abc import Sequence

import msgspec

from earnest.chains.stacks import SyncStatus, sync_status
from earnest.escrow.comparison.rules import Difference
from earnest.escrow.state import ProjectState, View
from earnest.escrow.store import config_of, cursor_of, project_state
from earnest.kit.db import Connection, Database


class CacheMoment(msgspec.Struct, frozen=True):
    """The cache at one moment, and how far it had come then.

    `newest_height` is that of the newest event that counts, `folded` whether all of the log was
    folded, `block_id` the block that counts at the height that was asked for.
    """

    state: ProjectState | None
    event_count: int
    newest_height: int
    folded: bool
    sync: SyncStatus | None
    block_id: str | None


class Resync(msgspec.Struct, frozen=True):
    """A request to make the projection anew."""

    id: int
    found_by: str
    number: int | None


async def read_cache(
    database: Database, contract: str, number: int | None, height: int
) -> CacheMoment:
    """The live view of a project, and what it says about a block height, in one snapshot."""
    async with database.db_tx() as db_tx:
        await db_tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        sync = await sync_status(db_tx)
        cursor = await cursor_of(db_tx, contract)
        config = await config_of(db_tx, contract, View.LIVE)
        state = None
        if number is not None:
            state = await project_state(db_tx, contract, number, View.LIVE)
        newest = await db_tx.fetchval(
            "SELECT max(height) FROM escrow_events WHERE contract = $1 AND state <> 'reverted'",
            contract,
        )
        block_id = await db_tx.fetchval(
            "SELECT block_id FROM stacks_blocks WHERE height = $1 AND canonical", height
        )
    return CacheMoment(
        state=state,
        event_count=config.event_count if config else 0,
        newest_height=newest or 0,
        folded=sync is not None and cursor.log_seq >= sync.last_seq,
        sync=sync,
        block_id=block_id,
    )


async def ask_resync(
    db_tx: Connection,
    contract: str,
    found_by: str,
    number: int | None,
    differences: Sequence[Difference],
) -> bool:
    """Asks for the projection to be made anew; False where that is asked already."""
    asked = await db_tx.fetchval(
        "INSERT INTO escrow_resyncs (contract, found_by, number, differences)"
        " VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (contract) WHERE done_at IS NULL DO NOTHING RETURNING id",
        contract,
        found_by,
        number,
        msgspec.to_builtins(differences),
    )
    return asked is not None


async def waiting_resync(db: Connection, contract: str) -> Resync | None:
    """The request that waits, if there is one."""
    row = await db.fetchrow(
        "SELECT id, found_by, number FROM escrow_resyncs WHERE contract = $1 AND done_at IS NULL",
        contract,
    )
    return None if row is None else Resync(row["id"], row["found_by"], row["number"])


async def begin_resync(db: Connection, resync_id: int) -> None:
    """It is being done."""
    await db.execute(
        "UPDATE escrow_resyncs SET begun_at = clock_timestamp() WHERE id = $1", resync_id
    )


async def end_resync(db: Connection, resync_id: int, outcome: str) -> None:
    """It is done."""
    await db.execute(
        "UPDATE escrow_resyncs SET done_at = clock_timestamp(), outcome = $2"
        " WHERE id = $1 AND done_at IS NULL",
        resync_id,
        outcome,
    )


async def sweep_place(db: Connection, contract: str) -> int:
    """The project after which the sweep goes on; 0 before the first."""
    await db.execute(
        "INSERT INTO escrow_sweeps (contract) VALUES ($1) ON CONFLICT DO NOTHING", contract
    )
    place: int = await db.fetchval(
        "SELECT after_number FROM escrow_sweeps WHERE contract = $1", contract
    )
    return place


async def keep_sweep_place(
    db: Connection, contract: str, *, before: int, after: int, compared: int
) -> None:
    """The sweep stands after `after`. Nothing where it moved meanwhile."""
    await db.execute(
        "UPDATE escrow_sweeps SET after_number = $3, compared = compared + $4"
        " WHERE contract = $1 AND after_number = $2",
        contract,
        before,
        after,
        compared,
    )


async def end_sweep_round(db: Connection, contract: str, *, before: int, compared: int) -> None:
    """All were looked at, and the next sweep begins anew. Nothing where it moved meanwhile."""
    await db.execute(
        "UPDATE escrow_sweeps SET after_number = 0, compared = compared + $3,"
        " rounds = rounds + 1, round_began = clock_timestamp(), round_ended = clock_timestamp()"
        " WHERE contract = $1 AND after_number = $2",
        contract,
        before,
        compared,
    )


async def keep_count(db: Connection, contract: str, *, on_chain: int, in_cache: int) -> None:
    """Both counts of events, as they were compared last."""
    await db.execute(
        "INSERT INTO escrow_sweeps (contract, counted_at, counted_chain, counted_live)"
        " VALUES ($1, clock_timestamp(), $2, $3) ON CONFLICT (contract) DO UPDATE"
        " SET counted_at = excluded.counted_at, counted_chain = excluded.counted_chain,"
        " counted_live = excluded.counted_live",
        contract,
        on_chain,
        in_cache,
    )
