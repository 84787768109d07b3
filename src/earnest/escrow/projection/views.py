"""Both views of the contract, moved by one row of the log after another. Pure, as the fold is.

`final` is the fold of the final events, `live` that of the final ones and of those in the window:
observed, canonical, not final. Either goes as far as the contract's own numbers go without a gap,
and no further: what lies behind a gap is held. So what both are after a row depends on the rows up
to it alone, and not on how they were batched.
"""

from enum import StrEnum

import msgspec
import structlog

from earnest.escrow.errors import DoesNotFollow
from earnest.escrow.projection.fold import Placed, State, apply
from earnest.escrow.state import EscrowProject

log = structlog.get_logger(__name__)

EventKey = tuple[str, str, int, int]
"""Block, chain_tx, place in it, and how often the block came back."""


class Told(StrEnum):
    """What is announced of an event."""

    OBSERVED = "escrow_event_observed"
    FINAL = "escrow_event_final"
    REVERTED = "escrow_event_reverted"


class Announcement(msgspec.Struct, frozen=True):
    """An event that began or ceased to count, and the project that it is about, as it stood."""

    told: Told
    placed: Placed
    project: EscrowProject | None


class Views:
    """The two states, the window between them, and what there is to announce.

    `live` may be the same object as `final` while the window is empty. `window` is in the order of
    the log; a value may be None where its event is not needed, because `live` holds it already and
    nothing will be taken back. `final_waits` and `live_waits` say whether events of earlier rows
    are held; held final ones are not here: whoever brings the one that they wait for folds them
    from the database (`projector.py`).
    """

    def __init__(
        self,
        final: State,
        live: State,
        window: dict[EventKey, Placed | None],
        *,
        final_waits: bool = False,
        live_waits: bool = False,
    ) -> None:
        self.final = final
        self.live = live
        self.window = window
        self.announcements: list[Announcement] = []
        # Whether live was folded anew from final and window, so that none of its rows stand.
        self.is_remade = False
        self._is_stale = False
        self._final_waits = final_waits
        self._live_waits = live_waits
        self._held: dict[int, list[Placed]] = {}
        # Up to here live events were announced as observed and not taken back.
        self._told = live.event_count

    @property
    def missing_final(self) -> int | None:
        """The number that the final view waits for, if later ones are there."""
        return self.final.event_count + 1 if self._final_waits or self._held else None

    @property
    def missing_live(self) -> int | None:
        """The number that the live view waits for, if later ones are there."""
        following = self.live.event_count + 1
        return following if self._live_waits or self.missing_final == following else None

    def take_final(self, key: EventKey, placed: Placed) -> None:
        """What nothing can undo; of the window, or found final at once."""
        was_observed = key in self.window
        self.window.pop(key, None)
        self._finish(placed)
        if not was_observed and self.live is not self.final:
            self._is_stale = True

    def take_observed(self, key: EventKey, placed: Placed) -> None:
        """What is canonical now and may be undone."""
        self.refresh()
        if self.live is self.final:
            self.live = self.final.copy()
        self.window[key] = placed
        self._observe(placed)
        if self._live_waits:
            self._fold_waiting()

    def take_reverted(self, key: EventKey) -> None:
        """An event of the window is canonical no more."""
        placed = self.window.pop(key)
        if placed is None:
            raise RuntimeError("an event is taken back that was not loaded")
        seq = placed.event.seq
        if seq <= self._told:
            self._tell(Told.REVERTED, placed, self.live)
            self._told = seq - 1
        self._is_stale = True

    def remake(self, told: int) -> None:
        """Folds live anew, where events up to number `told` were announced before."""
        self._told = told
        self._is_stale = True
        self.refresh()

    def refresh(self) -> None:
        """Folds live anew where a row made that necessary."""
        if not self._is_stale:
            return
        self._is_stale = False
        self.is_remade = True
        self.live = self.final.copy()
        self._told = max(self._told, self.final.event_count)
        self._fold_waiting()

    def _finish(self, placed: Placed) -> None:
        seq = placed.event.seq
        if seq <= self.final.event_count:
            log.error("escrow_event_twice", seq=seq, tx_id=placed.tx_id)
            return
        self._held.setdefault(seq, []).append(placed)
        while (following := self.final.event_count + 1) in self._held:
            fitting = next((p for p in self._held[following] if _follows(self.final, p)), None)
            if fitting is None:
                return
            del self._held[following]
            self._tell(Told.FINAL, fitting, self.final)
        if self.live is self.final:
            self._told = self.live.event_count

    def _observe(self, placed: Placed) -> None:
        """Folds one event of the window into live, if it is the next."""
        seq = placed.event.seq
        if seq <= self.live.event_count:
            log.error("escrow_event_twice", seq=seq, tx_id=placed.tx_id)
        elif seq > self.live.event_count + 1 or not _follows(self.live, placed):
            self._live_waits = True
        elif seq > self._told:
            self._told = seq
            self._tell(Told.OBSERVED, placed, self.live)

    def _fold_waiting(self) -> None:
        """Folds what of the window follows, in the order of the contract's own numbers."""
        self._live_waits = False
        count = self.live.event_count
        waiting = [p for p in self.window.values() if p is not None and p.event.seq > count]
        for placed in sorted(waiting, key=lambda p: (p.event.seq, p.log_seq)):
            if placed.event.seq > self.live.event_count:
                self._observe(placed)

    def _tell(self, told: Told, placed: Placed, state: State) -> None:
        self.announcements.append(Announcement(told, placed, state.project_of(placed.event)))


def _follows(state: State, placed: Placed) -> bool:
    try:
        apply(state, placed)
    except DoesNotFollow as error:
        log.info("escrow_event_does_not_follow", reason=str(error), tx_id=placed.tx_id)
        return False
    return True
