"""One batch of the log's rows into the projections, inside the caller's db_tx.

What the batch can touch is loaded, moved in memory (`views.py`), and written back set by set. Two
things are done by `refold.py` instead, one row or run of rows at a time: a final event that an
operator allowed to be taken back, and the arrival of the one that the final view waits for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile

import msgspec
import structlog

from earnest.escrow.events import event_json, milestone_num_of, name_of, number_of
from earnest.escrow.metrics import EVENTS, UNREADABLE
from earnest.escrow.projection import refold
from earnest.escrow.projection import store as store_fold
from earnest.escrow.projection.fold import Placed
from earnest.escrow.projection.log_ahead import Entry, LogRows
from earnest.escrow.projection.store import BOTH, EventRow, Known
from earnest.escrow.projection.views import Announcement, EventKey, Told, Views
from earnest.escrow.state import EscrowCursor, EventState, View
from earnest.kit.db import Connection
from earnest.kit.events import append_events

log = structlog.get_logger(__name__)

_change = msgspec.structs.replace


async def fold_rows(
    db: Connection,
    contract: str,
    cursor: EscrowCursor,
    rows: LogRows,
    *,
    announce: bool,
) -> EscrowCursor:
    """Folds the first of these rows, as many as go together; returns the cursor, moved and written.

    `rows` follow the cursor in the log, without a gap. Without `announce` nobody is told anything.
    """
    entries = rows.entries
    window = {known.key: known for known in await store_fold.window_of(db, contract)}
    finals = await _finals_taken_back(db, contract, entries, window)
    together = _cut(entries, finals, cursor.missing_final)
    log_seq = rows.last_seq if len(together) == len(entries) else together[-1].logged.seq
    batch = _Batch(contract, cursor, together, window)
    if together and _is_refold(together[0], finals, cursor.missing_final):
        moved, announcements = await batch.refold(db, finals)
    else:
        moved, announcements = await batch.fold(db)
    moved = _change(moved, log_seq=log_seq)
    if announce:
        await batch.announce(db, announcements)
        batch.tell_unreadable()
    await store_fold.move_cursor(db, contract, moved)
    return moved


# -- which rows go together -----------------------------------------------------------------------


async def _finals_taken_back(
    db: Connection, contract: str, entries: Sequence[Entry], window: Mapping[EventKey, Known]
) -> Mapping[EventKey, Known]:
    """Final events that these rows take back: an operator allowed it."""
    back = [entry.logged for entry in entries if entry.takes_back and entry.key not in window]
    if not back:
        return {}
    return {each.key: each for each in await store_fold.final_events_told_by(db, contract, back)}


def _is_refold(entry: Entry, finals: Mapping[EventKey, Known], missing_final: int | None) -> bool:
    if entry.takes_back:
        return entry.key in finals
    return entry.is_final and entry.event is not None and entry.event.seq == missing_final


def _cut(
    entries: Sequence[Entry], finals: Mapping[EventKey, Known], missing_final: int | None
) -> Sequence[Entry]:
    """The entries before the first that needs a refold. Where that comes first: it alone, or with
    those after it that take back final events too."""
    if entries and _is_refold(entries[0], finals, missing_final):
        if entries[0].is_final:
            return entries[:1]
        return list(takewhile(lambda entry: entry.takes_back and entry.key in finals, entries))
    ended: set[EventKey] = set()
    for at, entry in enumerate(entries):
        if (entry.takes_back and entry.key in ended) or _is_refold(entry, finals, missing_final):
            return entries[:at]
        if entry.is_final:
            ended.add(entry.key)
    return entries


# -- folding them ---------------------------------------------------------------------------------


class _Batch:
    """Rows that go together, and what they change."""

    def __init__(
        self,
        contract: str,
        cursor: EscrowCursor,
        entries: Sequence[Entry],
        window: Mapping[EventKey, Known],
    ) -> None:
        self.contract = contract
        self.cursor = cursor
        self.entries = entries
        self.window = window
        self.waits = cursor.missing_live is not None or cursor.missing_final is not None
        # Events that the log told for the first time, and what became of others.
        self.new: dict[EventKey, EventRow] = {}
        self.states: dict[int, EventState] = {}

    async def announce(self, db: Connection, announcements: Sequence[Announcement]) -> None:
        """Appends what there is to tell to the events that other domains read."""
        json = {entry.key: entry.json for entry in self.entries if entry.json is not None}
        rows = []
        for each in announcements:
            placed, project, event = each.placed, each.project, each.placed.event
            number = number_of(event)
            data = {
                "contract": self.contract,
                "number": number,
                "milestoneNum": milestone_num_of(event),
                "name": name_of(event),
                "seq": event.seq,
                "txId": placed.tx_id,
                "blockId": placed.block_id,
                "eventIndex": placed.event_index,
                "height": placed.height,
                "burnHeight": placed.burn_height,
                "creationTxId": None if project is None else project.creation_tx_id,
                "client": None if project is None else project.client,
                "freelancer": None if project is None else project.freelancer,
                "event": json.get(placed.key) or event_json(event),
            }
            about = "" if number is None else f":{number}"
            rows.append((each.told.value, f"escrow:{self.contract}{about}", data))
        await append_events(db, rows)
        for told, count in Counter(row[0] for row in rows).items():
            EVENTS.labels(told).inc(count)

    def tell_unreadable(self) -> None:
        """Tells the operator of prints that are no event."""
        for entry in self.entries:
            if entry.trouble is not None and entry.key in self.new:
                log.warning(
                    "escrow_print_unreadable",
                    reason=entry.trouble,
                    tx_id=entry.logged.tx_id,
                    log_seq=entry.logged.seq,
                )
        UNREADABLE.inc(self._unreadable())

    def _unreadable(self) -> int:
        return sum(row.seq is None for row in self.new.values())

    async def fold(self, db: Connection) -> tuple[EscrowCursor, Sequence[Announcement]]:
        """Moves both views by these rows. The cursor that is returned stands where it stood."""
        loaded = await _load(db, self)
        views = loaded.views
        for entry in self.entries:
            self._take(views, entry)
        views.refresh()
        await self._write_events(db, views.announcements)
        if views.live is views.final:
            await store_fold.write_state(db, self.contract, BOTH, views.final)
        else:
            await store_fold.write_state(db, self.contract, [View.FINAL], views.final)
            if views.is_remade:
                await store_fold.empty_live(db, self.contract, loaded.numbers, loaded.people)
            await store_fold.write_state(
                db, self.contract, [View.LIVE], views.live, everything=views.is_remade
            )
        moved = _change(
            self.cursor,
            missing_live=views.missing_live,
            missing_final=views.missing_final,
            unreadable=self.cursor.unreadable + self._unreadable(),
        )
        return moved, views.announcements

    def _take(self, views: Views, entry: Entry) -> None:
        known, row = self.window.get(entry.key), self.new.get(entry.key)
        if known is not None and self.states.get(known.log_seq) is not None:
            known = None  # it has ended in this batch
        if entry.takes_back:
            if known is not None:
                self.states[known.log_seq] = EventState.REVERTED
            elif row is not None and row.state is EventState.OBSERVED:
                row.state = EventState.REVERTED
            else:
                log.error("escrow_revert_of_nothing", log_seq=entry.logged.seq)
                return
            if entry.key in views.window:
                views.take_reverted(entry.key)
            return
        if entry.is_final and known is not None:
            self.states[known.log_seq] = EventState.FINAL
            told_by = known.log_seq
        elif entry.is_final and row is not None and row.state is EventState.OBSERVED:
            row.state = EventState.FINAL
            told_by = row.logged.seq
        elif known is not None or row is not None:
            log.error("escrow_event_told_twice", log_seq=entry.logged.seq)
            return
        else:
            self.new[entry.key] = entry.row()
            told_by = entry.logged.seq
        if entry.event is None:
            return
        if entry.is_final:
            views.take_final(entry.key, entry.place(told_by))
        else:
            views.take_observed(entry.key, entry.place(told_by))

    async def refold(
        self, db: Connection, finals: Mapping[EventKey, Known]
    ) -> tuple[EscrowCursor, Sequence[Announcement]]:
        """Writes these rows' events, and folds from the events what they add up to now."""
        back = []
        for entry in self.entries:
            if entry.takes_back:
                known = finals[entry.key]
                self.states[known.log_seq] = EventState.REVERTED
                back.append(known)
            elif (known_here := self.window.get(entry.key)) is not None:
                self.states[known_here.log_seq] = EventState.FINAL
            else:
                self.new[entry.key] = entry.row()
        placed = await store_fold.placed_by_seqs(
            db, self.contract, [known.log_seq for known in back if known.seq is not None]
        )
        told = await refold.tell_taken_back(
            db, self.contract, [placed[k.log_seq] for k in back if k.log_seq in placed]
        )
        await self._write_events(db, [])
        missing_live, missing_final = await refold.refold(
            db, self.contract, told, from_scratch=bool(back)
        )
        await store_fold.set_states(db, self.contract, {}, _creations(told.announcements))
        moved = _change(self.cursor, missing_live=missing_live, missing_final=missing_final)
        return moved, told.announcements

    async def _write_events(self, db: Connection, announcements: Sequence[Announcement]) -> None:
        creations = _creations(announcements)
        for row in self.new.values():
            row.creation_tx_id = creations.pop(row.logged.seq, None)
        if self.new:
            await store_fold.insert_events(db, self.contract, list(self.new.values()))
        # Where nothing was held, all others have theirs.
        await store_fold.set_states(db, self.contract, self.states, creations if self.waits else {})


def _creations(announcements: Sequence[Announcement]) -> dict[int, str]:
    """The project that each event was about when it was folded, by `log_seq`."""
    return {
        each.placed.log_seq: each.project.creation_tx_id
        for each in announcements
        if each.project is not None and each.told is not Told.REVERTED
    }


class _Loaded(msgspec.Struct):
    """What of the database a batch can touch."""

    views: Views
    numbers: Sequence[int]
    people: set[str]


async def _load(db: Connection, batch: _Batch) -> _Loaded:
    contract, window = batch.contract, batch.window
    readable = [known for known in window.values() if known.seq is not None]
    observed = {e.key for e in batch.entries if not e.is_final and not e.takes_back}
    # Whether live may have to be folded anew, which takes every event of the window.
    anew = batch.waits or any(
        entry.takes_back
        or (
            entry.is_final
            and entry.key not in window
            and entry.key not in observed
            and (readable or observed)
        )
        for entry in batch.entries
    )
    placed: dict[int, Placed] = {}
    if anew and readable:
        placed = await store_fold.placed_by_seqs(db, contract, [k.log_seq for k in readable])
    events = [entry.event for entry in batch.entries if entry.event is not None]
    events += [each.event for each in placed.values()]
    numbers = sorted({n for event in events if (n := number_of(event)) is not None})
    final = await store_fold.load_state(db, contract, View.FINAL, numbers, whole=anew)
    live = final
    if readable:
        live = await store_fold.load_state(db, contract, View.LIVE, numbers, whole=False)
    people = store_fold.people_of(final, events) | store_fold.people_of(live, ())
    await store_fold.load_credits(db, contract, View.FINAL, final, people)
    if live is not final:
        await store_fold.load_credits(db, contract, View.LIVE, live, people)
    views = Views(
        final,
        live,
        {known.key: placed.get(known.log_seq) for known in readable},
        final_waits=batch.cursor.missing_final is not None,
        live_waits=bool(readable) and batch.cursor.missing_live is not None,
    )
    return _Loaded(views, numbers, people)
