"""Random logs of the contract for tests: blocks, reorgs, finality, returns of a branch, bad prints.

`Walk` plays a chain with branches, of which each block's print follows from the one before, and
gives the rows that a follower would write. Beside them it keeps what the canonical chain holds.
"""

from copy import deepcopy
from random import Random

from earnest.chains import FactKind
from earnest.chains.stacks import LoggedEvent
from earnest.escrow.errors import DoesNotFollow
from earnest.escrow.events import Event
from earnest.escrow.projection.fold import Placed, State, apply
from tests.escrow_contract import CONTRACT, Script, print_of


class Print:
    """A print in a block of some branch."""

    def __init__(self, block_id: str, tx_id: str, height: int, event: Event | None) -> None:
        self.block_id = block_id
        self.tx_id = tx_id
        self.height = height
        self.event = event
        self.raw = "0x0d00000003414243" if event is None else print_of(event)
        self.reverted = 0  # how often it was taken back


class Walk:
    """One chain and the log of it. `rows` grows with each `step`."""

    def __init__(self, seed: int) -> None:
        self.die = Random(seed)
        self.scripts = [Script(Random(seed))]  # the contract after each canonical print
        self.canonical: list[Print] = []
        self.final = 0  # so many of the canonical ones are final
        self.orphans: list[tuple[list[Print], list[Print], list[Script]]] = []
        self.blocks = 0
        self.rows: list[LoggedEvent] = []

    def step(self) -> None:
        """What one round of a follower finds."""
        drawn = self.die.random()
        if drawn < 0.55:
            self._grow(self.die.randint(1, 6))
        elif drawn < 0.75:
            self._finish()
        elif drawn < 0.92:
            self._reorg()
        else:
            self._return()

    def _grow(self, count: int) -> None:
        for _ in range(count):
            script = deepcopy(self.scripts[-1])
            script.die = self.die
            event: Event | None = None
            if self.die.random() > 0.05:
                event = script.step() if script.seq else script.deploy()
            self.blocks += 1
            # A chain_tx may be mined again in another block.
            name = self.die.randrange(200) if self.die.random() < 0.5 else 1_000 + self.blocks
            print_ = Print(
                f"0x{self.blocks:064x}", f"0x{name:064x}", len(self.canonical) + 1, event
            )
            self._add(print_, script)

    def _add(self, print_: Print, script: Script) -> None:
        self.canonical.append(print_)
        self.scripts.append(script)
        # Found final at once, as in a backfill, where nothing is provisional before it.
        at_once = self.final == len(self.canonical) - 1 and self.die.random() < 0.3
        self._log(FactKind.FINAL if at_once else FactKind.OBSERVED, print_)
        self.final += at_once

    def _finish(self) -> None:
        through = self.die.randint(self.final, len(self.canonical))
        for print_ in self.canonical[self.final : through]:
            self._log(FactKind.FINAL, print_)
        self.final = through
        self.orphans = [each for each in self.orphans if len(each[0]) >= through]

    def _take_back(self) -> None:
        keep = self.die.randint(self.final, len(self.canonical))
        if keep == len(self.canonical):
            return
        orphans = self.canonical[keep:]
        self.orphans.append((self.canonical[:keep], orphans, self.scripts[keep + 1 :]))
        for print_ in reversed(self.canonical[keep:]):
            self._log(FactKind.REVERTED, print_)
            print_.reverted += 1
        del self.canonical[keep:]
        del self.scripts[keep + 1 :]

    def _reorg(self) -> None:
        self._take_back()
        self._grow(self.die.randint(0, 5))

    def _return(self) -> None:
        """A branch that was taken back becomes canonical again."""
        self._take_back()
        for parents, prints, scripts in self.orphans:
            if parents == self.canonical:
                for print_, script in zip(prints, scripts, strict=True):
                    self._add(print_, script)
                return

    def _log(self, kind: FactKind, print_: Print) -> None:
        self.rows.append(
            LoggedEvent(
                seq=len(self.rows) + 1,
                kind=kind,
                nth=print_.reverted,
                block_id=print_.block_id,
                tx_id=print_.tx_id,
                event_index=0,
                height=print_.height,
                burn_height=print_.height + 900,
                block_time=1_760_000_000 + print_.height,
                tx_index=0,
                contract=CONTRACT,
                hex=print_.raw,
            )
        )

    def expected(self, *, final: bool) -> State:
        """What a view must hold now: the canonical prints, one after another, and no other."""
        state = State()
        for print_ in self.canonical[: self.final] if final else self.canonical:
            if print_.event is not None:
                place = ("", print_.tx_id, 0, 0, print_.height, print_.height + 900)
                fold(state, print_.event, print_.block_id, *place[1:])
        return state


def fold(state: State, event: Event, block_id: str, tx_id: str, *place: int) -> None:
    """Folds an event that must follow."""
    try:
        apply(state, Placed(event, 0, block_id, tx_id, *place))
    except DoesNotFollow as error:
        raise AssertionError(f"a valid history does not fold: {error}") from error


PARTS = State.PARTS


def content(state: State) -> dict[str, object]:
    """What a state holds, to be compared."""
    held: dict[str, object] = {part: dict(getattr(state, part)) for part in PARTS}
    return held | {"config": state.settled_config()}
