"""What Prometheus is told about payouts."""

from prometheus_client import Gauge

from earnest.kit.db import Database
from earnest.payouts import store

OPEN = Gauge(
    "earnest_payouts_open",
    "Payouts that have not ended, by status and by what they wait for.",
    ["status", "waiting_for"],
)
HALTED = Gauge("earnest_payouts_halted", "1 while payouts are halted for that reason.", ["code"])


async def observe(database: Database) -> None:
    """Reads the gauges anew."""
    async with database.connection() as db:
        counts = await store.count_by_status(db)
        halts = await store.open_halts(db)
    OPEN.clear()
    for status, waiting_for, count in counts:
        OPEN.labels(status, waiting_for or "").set(count)
    HALTED.clear()
    for halt in halts:
        HALTED.labels(halt.code).set(1)
