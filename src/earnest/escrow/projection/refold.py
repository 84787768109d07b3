"""Folding from `escrow_events` instead of from a batch: when a final event was taken back, and when
the one arrived that the final view waited for. Rare, attended by an operator, and thorough: live is
made anew from final and window."""

from collections.abc import Sequence

import msgspec
import structlog

from earnest.escrow.errors import DoesNotFollow
from earnest.escrow.events import number_of
from earnest.escrow.projection import store as store_fold
from earnest.escrow.projection.fold import Placed, State, apply
from earnest.escrow.projection.views import Announcement, Told, Views
from earnest.escrow.state import View
from earnest.kit.db import Connection

log = structlog.get_logger(__name__)

_CHUNK = 2_000


class Said(msgspec.Struct):
    """Up to which numbers events were announced in each view, and what is to be announced now."""

    live: int
    final: int
    announcements: list[Announcement]


async def tell_taken_back(db: Connection, contract: str, back: Sequence[Placed]) -> Said:
    """What is to be told before anything is refolded: that these final events count no more."""
    numbers = [n for p in back if (n := number_of(p.event)) is not None]
    live = await store_fold.load_state(db, contract, View.LIVE, numbers, whole=False)
    final = await store_fold.load_state(db, contract, View.FINAL, [], whole=False)
    said = Said(live.event_count, final.event_count, [])
    for placed in back:
        seq = placed.event.seq
        if seq <= said.live:
            project = live.project_of(placed.event)
            said.announcements.append(Announcement(Told.REVERTED, placed, project))
        said.live, said.final = min(said.live, seq - 1), min(said.final, seq - 1)
    return said


async def refold(
    db: Connection, contract: str, said: Said, *, from_scratch: bool
) -> tuple[int | None, int | None]:
    """Folds the final view on, or from nothing, and live after it; returns what each waits for."""
    if from_scratch:
        await store_fold.empty_states(db, contract, [View.FINAL])
    while await _advance_final(db, contract, said):
        pass
    config = await store_fold.load_state(db, contract, View.FINAL, [], whole=False)
    behind = await store_fold.final_events_after(db, contract, config.event_count, 1)
    missing_final = config.event_count + 1 if behind else None
    missing_live = await _remake_live(db, contract, said, final_waits=bool(behind))
    return missing_live, missing_final


async def _advance_final(db: Connection, contract: str, said: Said) -> bool:
    """Folds the next final events; False when none follows."""
    bare = await store_fold.load_state(db, contract, View.FINAL, [], whole=False)
    count = bare.event_count
    following = await store_fold.final_events_after(db, contract, count, _CHUNK)
    state = await _state_for(db, contract, View.FINAL, following)
    for placed in following:
        if placed.event.seq != state.event_count + 1:
            continue
        try:
            apply(state, placed)
        except DoesNotFollow as error:
            log.info("escrow_event_does_not_follow", reason=str(error), tx_id=placed.tx_id)
            continue
        if placed.event.seq > said.final:
            project = state.project_of(placed.event)
            said.announcements.append(Announcement(Told.FINAL, placed, project))
    if state.event_count == count:
        return False
    await store_fold.write_state(db, contract, [View.FINAL], state)
    return True


async def _remake_live(
    db: Connection, contract: str, said: Said, *, final_waits: bool
) -> int | None:
    await store_fold.empty_states(db, contract, [View.LIVE])
    await store_fold.copy_final_to_live(db, contract)
    window = [k for k in await store_fold.window_of(db, contract) if k.seq is not None]
    placed = await store_fold.placed_by_seqs(db, contract, [k.log_seq for k in window])
    state = await _state_for(db, contract, View.LIVE, list(placed.values()))
    views = Views(state, state, {k.key: placed[k.log_seq] for k in window}, final_waits=final_waits)
    views.remake(said.live)
    await store_fold.write_state(db, contract, [View.LIVE], views.live)
    said.announcements += views.announcements
    return views.missing_live


async def _state_for(db: Connection, contract: str, view: View, placed: Sequence[Placed]) -> State:
    events = [each.event for each in placed]
    numbers = sorted({n for event in events if (n := number_of(event)) is not None})
    state = await store_fold.load_state(db, contract, view, numbers, whole=False)
    people = store_fold.people_of(state, events)
    await store_fold.load_credits(db, contract, view, state, people)
    return state
