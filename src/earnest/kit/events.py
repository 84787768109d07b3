"""Facts flow upward as events: one table, written by every domain in its own transaction.

Order: an event gets its `position` only after it was committed, from one sequencer under a
lock. So a reader that keeps the last position it saw never misses one, whatever transactions
were open meanwhile, and a database restored elsewhere goes on where it stood.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from earnest.kit.db import Connection, Database, DatabaseUnavailable
from earnest.kit.pauses import pause

log = structlog.get_logger(__name__)

BATCH = 100
IDLE_S = 0.1


class Event(msgspec.Struct, frozen=True):
    """One committed fact. `subject` names what it is about, e.g. `order:5f…`."""

    position: int
    type: str
    subject: str
    data: dict[str, Any]


async def append_event(
    connection: Connection, type: str, subject: str, data: Mapping[str, Any]
) -> None:
    """Appends an event within the caller's transaction. `type` is in the past tense."""
    await connection.execute(
        "INSERT INTO events (type, subject, data) VALUES ($1, $2, $3)", type, subject, dict(data)
    )


async def append_events(connection: Connection, events: Sequence[tuple[str, str, Any]]) -> None:
    """Appends many in their order, each as type, subject and data, as above."""
    if events:
        await connection.copy_records_to_table(
            "events", records=events, columns=("type", "subject", "data")
        )


Handler = Callable[[Connection, Event], Awaitable[None]]


class Reactor:
    """A named reader that acts once per event, in the transaction that moves its cursor.

    `handlers` maps an event type to what is done about it; other types are passed over.
    Reactors are never replayed: emptying a cursor of theirs would pay people twice.
    """

    def __init__(self, name: str, handlers: Mapping[str, Handler]) -> None:
        self.name = name
        self.handlers = dict(handlers)

    async def run_once(self, database: Database) -> int:
        """Handles at most one batch; returns how many events it passed."""
        async with database.db_tx() as db_tx:
            after = await db_tx.fetchval("SELECT event_cursor_lock($1)", self.name)
            rows = await db_tx.fetch(
                "SELECT position, type, subject, data FROM events"
                " WHERE position > $1 ORDER BY position LIMIT $2",
                after,
                BATCH,
            )
            for row in rows:
                handler = self.handlers.get(row["type"])
                if handler is not None:
                    await handler(db_tx, Event(*row))
            if rows:
                await db_tx.execute(
                    "UPDATE event_cursors SET position = $2, moved_at = clock_timestamp()"
                    " WHERE reader = $1",
                    self.name,
                    rows[-1]["position"],
                )
        return len(rows)


async def sequence_events(database: Database) -> int:
    """Gives every committed event that lacks one its position; returns how many."""
    return int(await database.fetchval("SELECT events_sequence()"))


async def drain(database: Database, reactors: Sequence[Reactor]) -> int:
    """Runs all reactors until none has anything left; returns how many events they passed."""
    total = 0
    while True:
        await sequence_events(database)
        passed = 0
        for reactor in reactors:
            passed += await reactor.run_once(database)
        if not passed:
            return total
        total += passed


async def run_reactors(
    database: Database, reactors: Sequence[Reactor], stop: asyncio.Event
) -> None:
    """Drains again and again until `stop`; a fault is logged and tried again with a pause."""
    pause_s = IDLE_S
    while not stop.is_set():
        try:
            await drain(database, reactors)
            pause_s = IDLE_S
        except DatabaseUnavailable:
            log.warning("events_wait_for_database")
            pause_s = min(pause_s * 2, 5.0)
        except Exception:
            log.exception("reactor_failed")
            pause_s = min(pause_s * 2, 5.0)
        await pause(stop, pause_s)
