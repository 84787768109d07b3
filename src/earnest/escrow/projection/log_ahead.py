"""The log's rows, read and decoded; one batch ahead, so that the database writes meanwhile.

The log only grows and no row ever appears before one that was read, so what was read ahead is what
would be read later.
"""

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

from earnest.chains import FactKind
from earnest.chains.stacks import LoggedEvent, read_events
from earnest.escrow.errors import Unreadable
from earnest.escrow.events import (
    Event,
    event_json,
    milestone_num_of,
    name_of,
    number_of,
)
from earnest.escrow.projection.fold import Placed
from earnest.escrow.projection.store import EventRow
from earnest.escrow.projection.views import EventKey
from earnest.escrow.reading import decode_event
from earnest.escrow.state import EventState
from earnest.kit.db import Database

_AT_ONCE = 50  # decoded before other work of the process may go on: about a millisecond


class Entry(msgspec.Struct, frozen=True):
    """A row of the log. `event` is None where it takes one back, and where its print is none;
    `trouble` says why. `json` is the event's own."""

    logged: LoggedEvent
    key: EventKey
    event: Event | None = None
    json: msgspec.Raw | None = None
    trouble: str | None = None

    @classmethod
    def of(cls, logged: LoggedEvent) -> "Entry":
        """Decodes a row, unless it takes back."""
        key = (logged.block_id, logged.tx_id, logged.event_index, logged.nth)
        if logged.kind is FactKind.REVERTED:
            return cls(logged, key)
        try:
            event = decode_event(logged.hex)
        except Unreadable as error:
            return cls(logged, key, None, None, str(error))
        return cls(logged, key, event, event_json(event))

    @property
    def takes_back(self) -> bool:
        """Whether it says that an event is canonical no more."""
        return self.logged.kind is FactKind.REVERTED

    @property
    def is_final(self) -> bool:
        """Whether it says that nothing can undo the event."""
        return self.logged.kind is FactKind.FINAL

    def place(self, log_seq: int) -> Placed:
        """The event at its place; `log_seq` is the row that told it first."""
        logged, event = self.logged, self.event
        if event is None:
            raise RuntimeError("what cannot be read has no place")
        return Placed(
            event,
            log_seq,
            logged.block_id,
            logged.tx_id,
            logged.event_index,
            logged.nth,
            logged.height,
            logged.burn_height,
        )

    def row(self) -> EventRow:
        """The row that `escrow_events` gets."""
        event, state = self.event, EventState(self.logged.kind.value)
        if event is None:
            return EventRow(self.logged, state)
        return EventRow(
            self.logged,
            state,
            seq=event.seq,
            name=name_of(event),
            number=number_of(event),
            milestone_num=milestone_num_of(event),
            actor=event.actor,
            data=self.json,
        )


class LogRows(msgspec.Struct, frozen=True):
    """Rows of the log after `after_seq` up to `last_seq`; `entries` are those of the contract."""

    after_seq: int
    last_seq: int
    entries: Sequence[Entry]


class LogAhead:
    """Reads the log for one contract, batch by batch, up to row `until` if one is given.

    With `ahead` the next batch is read and decoded while the caller writes the one before. To be
    closed.
    """

    def __init__(
        self,
        database: Database,
        contract: str,
        batch: int,
        *,
        ahead: bool = False,
        until: int | None = None,
    ) -> None:
        self._database = database
        self._contract = contract
        self._batch = batch
        self._is_ahead = ahead
        self._until = until
        self._next: asyncio.Task[LogRows] | None = None
        self._next_after = 0

    async def after(self, seq: int) -> LogRows:
        """The rows that follow; `last_seq` is `seq` where there are none."""
        if self._next is not None and self._next_after == seq:
            rows = await self._next
            self._next = None
        else:
            await self.close()
            rows = await self._read(seq)
        if self._is_ahead and rows.last_seq - seq >= self._batch:
            self._next_after = rows.last_seq
            self._next = asyncio.create_task(self._read(rows.last_seq))
        return rows

    async def close(self) -> None:
        """Gives up what was being read."""
        task, self._next = self._next, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    async def _read(self, seq: int) -> LogRows:
        async with self._database.connection() as db:
            rows = await read_events(db, seq, self._batch)
        if self._until is not None:
            rows = [row for row in rows if row.seq <= self._until]
        entries = []
        for at, row in enumerate(rows, start=1):
            if row.contract == self._contract:
                entries.append(Entry.of(row))
            if at % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return LogRows(seq, rows[-1].seq if rows else seq, entries)
