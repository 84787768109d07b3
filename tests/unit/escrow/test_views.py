"""Both views, moved row by row over random logs: as if only the canonical chain had ever been."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.chains import FactKind
from earnest.chains.stacks import LoggedEvent
from earnest.escrow.projection.fold import Placed, State
from earnest.escrow.projection.log_ahead import Entry
from earnest.escrow.projection.views import Announcement, Told, Views
from tests.escrow_walk import Walk, content


def play(
    rows: list[LoggedEvent], cut_after: set[int]
) -> tuple[Views, list[tuple[Told, int, str | None]]]:
    """Moves views by rows, beginning anew with what they held after each of `cut_after`; returns
    them and what was announced: what happened, the event's number, its project's creation."""
    state = State()
    views = Views(state, state, {})
    told_by: dict[object, int] = {}
    announced: list[Announcement] = []
    for row in rows:
        entry = Entry.of(row)
        if row.kind is FactKind.REVERTED:
            if entry.key in views.window:
                views.take_reverted(entry.key)
        elif entry.event is not None:
            placed = entry.place(told_by.setdefault(entry.key, row.seq))
            if entry.is_final:
                views.take_final(entry.key, placed)
            else:
                views.take_observed(entry.key, placed)
        if row.seq in cut_after:
            views.refresh()
            announced += views.announcements
            final = views.final.copy()
            live = views.live.copy() if views.window else final
            views = Views(
                final,
                live,
                dict(views.window),
                final_waits=views.missing_final is not None,
                live_waits=bool(views.window) and views.missing_live is not None,
            )
    views.refresh()
    announced += views.announcements
    return views, [
        (
            each.told,
            each.placed.log_seq,
            None if each.project is None else each.project.creation_tx_id,
        )
        for each in announced
    ]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 45))
def test_views_hold_what_the_canonical_chain_adds_up_to(seed: int, steps: int) -> None:
    """Observed and reverted equals never happened; final alone equals observed and then final; and
    where batches end changes neither what the views hold nor what is announced, nor its order."""
    walk = Walk(seed)
    for _ in range(steps):
        walk.step()
    views, announced = play(walk.rows, set())
    assert content(views.final) == content(walk.expected(final=True))
    assert content(views.live) == content(walk.expected(final=False))
    if walk.final == len(walk.canonical):
        assert content(views.live) == content(views.final)
    die = Random(seed)
    cuts = {row.seq for row in walk.rows if die.random() < 0.4}
    again, announced_again = play(walk.rows, cuts)
    assert content(again.live) == content(views.live)
    assert content(again.final) == content(views.final)
    assert announced_again == announced


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_announcement_is_undone_or_confirmed_by_a_later_one(seed: int) -> None:
    """For each event of a block: observed at most once before it is reverted or final, reverted
    only after it was observed, final at most once and last."""
    walk = Walk(seed)
    for _ in range(30):
        walk.step()
    _, announced = play(walk.rows, set())
    standing: dict[int, Told] = {}
    for told, log_seq, _ in announced:
        before = standing.get(log_seq)
        allowed = {
            Told.OBSERVED: (None,),
            Told.REVERTED: (Told.OBSERVED,),
            Told.FINAL: (None, Told.OBSERVED),
        }[told]
        assert before in allowed
        standing[log_seq] = told
    readable = [each for each in walk.canonical if each.event is not None]
    counted = [told for told in standing.values() if told is not Told.REVERTED]
    assert len(counted) == len(readable)


def test_a_gap_holds_back_what_lies_behind_it_until_it_closes() -> None:
    """Final events behind a gap are folded in the order of their numbers when it closes."""
    walk = Walk(1)
    while len([each for each in walk.canonical if each.event is not None]) < 12:
        walk.step()
    events = [each for each in walk.canonical if each.event is not None]
    state = State()
    views = Views(state, state, {})
    order = [0, 1, 2, 4, 6, 5, 3, 7]
    for at in order:
        print_ = events[at]
        assert print_.event is not None
        placed = Placed(print_.event, at + 1, print_.block_id, print_.tx_id, 0, 0, at, at)
        views.take_final(placed.key, placed)
        if at in (4, 5, 6):
            assert (views.missing_final, views.missing_live) == (4, 4)
            assert views.final.event_count == 3
    assert views.missing_final is None
    assert [each.placed.event.seq for each in views.announcements] == list(range(1, 9))
