"""The projector: reads the chain log, moves both views, announces what it folded.

Rows of the log, projections, cursor and announcements move in one db_tx, which holds the cursor's
row: it may die at any instruction, and two may run at once.
"""

import asyncio

import structlog

from earnest.escrow.metrics import MISSING
from earnest.escrow.projection import store as store_fold
from earnest.escrow.projection.batch import fold_rows
from earnest.escrow.projection.log_ahead import LogAhead
from earnest.escrow.state import EscrowCursor
from earnest.kit.db import Database

log = structlog.get_logger(__name__)

BATCH = 2_000


class Projector:
    """Folds the log's rows of one contract. Rows of another contract are passed over."""

    def __init__(self, database: Database, contract: str, *, batch: int = BATCH) -> None:
        self._database = database
        self._contract = contract
        self._batch = batch
        self._missing: tuple[int | None, int | None] = (None, None)

    async def run_once(self) -> int:
        """Folds at most one batch; returns how many rows of the log it passed."""
        return await self._once(LogAhead(self._database, self._contract, self._batch))

    async def catch_up(self, stop: asyncio.Event | None = None) -> int:
        """Folds until nothing is left, or `stop`; returns how many rows it passed."""
        log_ahead = LogAhead(self._database, self._contract, self._batch, ahead=True)
        total = 0
        try:
            while not (stop is not None and stop.is_set()):
                passed = await self._once(log_ahead)
                if not passed:
                    break
                total += passed
        finally:
            await log_ahead.close()
        return total

    async def _once(self, log_ahead: LogAhead) -> int:
        async with self._database.connection() as db:
            if not await store_fold.has_more(db, self._contract):
                return 0
        async with self._database.db_tx() as db_tx:
            cursor = await store_fold.try_lock_cursor(db_tx, self._contract)
            if cursor is None:
                return 0  # another projector is at it, or a rebuild
            rows = await log_ahead.after(cursor.log_seq)
            if rows.last_seq == cursor.log_seq:
                return 0
            moved = await fold_rows(db_tx, self._contract, cursor, rows, announce=True)
        self._report(moved)
        return moved.log_seq - cursor.log_seq

    def _report(self, cursor: EscrowCursor) -> None:
        missing = (cursor.missing_live, cursor.missing_final)
        MISSING.labels("live").set(cursor.missing_live or 0)
        MISSING.labels("final").set(cursor.missing_final or 0)
        if missing != self._missing and missing != (None, None):
            log.critical(
                "escrow_events_missing",
                contract=self._contract,
                missing_live=cursor.missing_live,
                missing_final=cursor.missing_final,
                means="the views stand before this event until the log has it",
            )
        elif missing != self._missing:
            log.info("escrow_events_complete_again", contract=self._contract)
        self._missing = missing
