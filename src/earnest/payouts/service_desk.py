"""What an operator may do about payouts. Each act leaves a line that says who and why."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from earnest import audit
from earnest.jobs import enqueue
from earnest.kit.clock import Clock
from earnest.kit.db import Connection, Database
from earnest.payouts import store
from earnest.payouts.errors import HaltUnknown
from earnest.payouts.service import ROUND_JOB
from earnest.payouts.store import Payout

Operator = UUID | str
"""The account of one who signed in, or a name from the command line."""


async def hold(
    db_tx: Connection, payout_id: UUID, *, operator: Operator, note: str, now: datetime
) -> None:
    """Keeps a payout from being put into an attempt. What is signed already goes on.

    Raises `PayoutEnded`, `PayoutHeld`, `PayoutUnknown`.
    """
    await db_tx.execute("SELECT payouts_hold_back($1, true, $2)", payout_id, now)
    await _write_down(db_tx, payout_id, "payout_hold", operator, note)


async def release(
    db_tx: Connection, payout_id: UUID, *, operator: Operator, note: str, now: datetime
) -> None:
    """Lets a payout go on at once: one that was held, or that waits for its next try.

    Raises `PayoutEnded`, `PayoutUnknown`.
    """
    await db_tx.execute("SELECT payouts_hold_back($1, false, $2)", payout_id, now)
    await _write_down(db_tx, payout_id, "payout_release", operator, note)
    await enqueue(db_tx, ROUND_JOB, {}, dedupe_key=ROUND_JOB)


async def give_back(
    db_tx: Connection, payout_id: UUID, *, operator: Operator, note: str, now: datetime
) -> None:
    """Ends a payout and releases its hold.

    Raises `PayoutMayStillLand` where it might, `PayoutEnded`, `PayoutUnknown`.
    """
    await db_tx.execute("SELECT payouts_give_back($1, $2)", payout_id, now)
    await _write_down(db_tx, payout_id, "payout_give_back", operator, note)


async def stop_all(db_tx: Connection, *, operator: Operator, note: str, now: datetime) -> None:
    """No payout is signed or sent from now on. Raises `PayoutsStopped`."""
    await db_tx.execute("SELECT payouts_stop(true, $1, $2, $3)", str(operator), note, now)
    await audit.record(
        db_tx, by=operator, act="payouts_stop", subject="payouts:all", note=note, facts={}
    )


async def go_on(db_tx: Connection, *, operator: Operator, note: str, now: datetime) -> None:
    """Ends `stop_all`, and no other halt. Raises `HaltUnknown`."""
    await db_tx.execute("SELECT payouts_stop(false, $1, $2, $3)", str(operator), note, now)
    await audit.record(
        db_tx, by=operator, act="payouts_go_on", subject="payouts:all", note=note, facts={}
    )
    await enqueue(db_tx, ROUND_JOB, {}, dedupe_key=ROUND_JOB)


async def _write_down(
    db_tx: Connection, payout_id: UUID, act: str, operator: Operator, note: str
) -> None:
    facts = await store.facts_of(db_tx, payout_id)
    subject = f"payout:{payout_id}"
    await audit.record(db_tx, by=operator, act=act, subject=subject, note=note, facts=facts)


class Desk:
    """The same, each in a transaction of its own: for the command line."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_stuck(self, *, since: datetime, limit: int = 100) -> list[Payout]:
        """Payouts held for a look, or asked for before `since` and not ended."""
        async with self._database.connection() as db:
            return await store.stuck_payouts(db, since=since, limit=limit)

    async def list_halts(self) -> list[store.Halt]:
        """Why nothing is sent, if so."""
        async with self._database.connection() as db:
            return await store.open_halts(db)

    async def hold(self, payout_id: UUID, *, operator: Operator, note: str) -> None:
        """As `hold`."""
        await self._act(hold, payout_id, operator, note)

    async def release(self, payout_id: UUID, *, operator: Operator, note: str) -> None:
        """As `release`."""
        await self._act(release, payout_id, operator, note)

    async def give_back(self, payout_id: UUID, *, operator: Operator, note: str) -> None:
        """As `give_back`."""
        await self._act(give_back, payout_id, operator, note)

    async def stop_all(self, *, operator: Operator, note: str) -> None:
        """As `stop_all`."""
        async with self._database.db_tx() as db_tx:
            await stop_all(db_tx, operator=operator, note=note, now=self._clock.now())

    async def clear_halt(self, code: str, *, operator: Operator, note: str) -> None:
        """Lets payouts go on after a halt, whatever it was for. Raises `HaltUnknown`."""
        async with self._database.db_tx() as db_tx:
            if not await store.clear_halt(
                db_tx, code, operator=str(operator), note=note, at=self._clock.now()
            ):
                raise HaltUnknown(halt_code=code)
            subject = f"payout_halt:{code}"
            await audit.record(
                db_tx, by=operator, act="payout_halt_clear", subject=subject, note=note
            )

    async def _act(
        self, act: Callable[..., Awaitable[None]], payout_id: UUID, operator: Operator, note: str
    ) -> None:
        async with self._database.db_tx() as db_tx:
            await act(db_tx, payout_id, operator=operator, note=note, now=self._clock.now())
