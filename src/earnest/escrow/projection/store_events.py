"""The feed of events: since a height or a time, by name, page by page."""

from datetime import datetime

from earnest.escrow.state import EscrowEvent
from earnest.escrow.store import columns_of, read_rows
from earnest.kit.db import Connection


async def feed_events(
    db: Connection,
    contract: str,
    *,
    after_log_seq: int,
    limit: int,
    name: str | None = None,
    since_height: int | None = None,
    since_time: datetime | None = None,
) -> list[EscrowEvent]:
    """Events in the order in which they were learned, from `since` on where one is given."""
    where, facts = ["log_seq > $2"], [contract, after_log_seq]
    for fact, condition in (
        (name, "name = ${}"),
        (since_height, "height >= ${}"),
        (since_time, "block_time >= ${}"),
    ):
        if fact is not None:
            facts.append(fact)
            where.append(condition.format(len(facts)))
    rows = await db.fetch(
        f"SELECT {columns_of(EscrowEvent)} FROM escrow_events"
        f" WHERE contract = $1 AND {' AND '.join(where)} ORDER BY log_seq LIMIT {limit:d}",
        *facts,
    )
    return read_rows(rows, EscrowEvent)
