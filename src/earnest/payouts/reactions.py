"""What the chain said of an attempt moves its payouts: to final, back to requested, to failed.

Runs in the indexer, once per event. The money itself was posted by the treasury in the very
transaction that appended the event.
"""

from datetime import datetime
from uuid import UUID

import structlog

from earnest.kit.clock import Clock, SystemClock
from earnest.kit.db import Connection
from earnest.kit.events import Event, Reactor
from earnest.payouts import store, store_attempts
from earnest.payouts.rules import AttemptStatus

log = structlog.get_logger(__name__)

_LATE = (AttemptStatus.EXPIRED, AttemptStatus.DROPPED)


def make_reactor(clock: Clock | None = None) -> Reactor:
    """The reactor `payouts`, for `kit.events.run_reactors`."""
    clock = clock or SystemClock()

    async def landed(db_tx: Connection, event: Event) -> None:
        await _on_landed(db_tx, event, clock.now())

    async def failed(db_tx: Connection, event: Event) -> None:
        await _on_failed(db_tx, event, clock.now())

    return Reactor("payouts", {"payout_attempt_landed": landed, "payout_attempt_failed": failed})


async def _on_landed(db_tx: Connection, event: Event, now: datetime) -> None:
    attempt_id, tx_id = UUID(event.data["attemptId"]), str(event.data["txId"])
    before = await store_attempts.lock_ended(db_tx, attempt_id, AttemptStatus.FINAL, None, now)
    if before is None:
        return
    crossed = await store_attempts.finish_payouts(db_tx, attempt_id, tx_id, now)
    if before in _LATE or crossed:
        # Two sources and our own log had it that this could not happen. Look before going on.
        log.critical("payout_landed_after_expiry", attempt=str(attempt_id), chain_tx=tx_id)
        detail = {"attemptId": str(attempt_id), "txId": tx_id, "crossed": [str(i) for i in crossed]}
        await store_attempts.halt(db_tx, "expired_attempt_landed", detail, now)


async def _on_failed(db_tx: Connection, event: Event, now: datetime) -> None:
    attempt_id = UUID(event.data["attemptId"])
    reason = str(event.data.get("err"))[:200]
    before = await store_attempts.lock_ended(db_tx, attempt_id, AttemptStatus.FAILED, reason, now)
    if before is None or before in _LATE:
        return
    released = await store_attempts.release_failed(db_tx, attempt_id, now)
    if len(released) == 1:
        detail = (
            f"The network refused the transfer ({reason}). The amount is in your balance again."
        )
        await store.fail_payout(db_tx, released[0], "chain_refused", detail, now)
