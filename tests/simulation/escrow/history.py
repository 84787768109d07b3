"""Histories of the real contract, as `localnet/histories/make.mjs` made them, and how one arrives.

A history is a tree of blocks. Which of them count is decided by their arrival, as on the network:
the longest branch, and of equal ones the first.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from earnest.chains.stacks import clarity

FINALITY_BURN_BLOCKS = 6
# What a player still serves below this place of the order is the making of the contract.
_SETUP_BLOCKS = 5

Plain = Any  # a Clarity value as a plain one: numbers, text, None, lists and dicts


class Print(msgspec.Struct, frozen=True):
    """A print of the contract in one block."""

    block_id: str
    tx_id: str
    event_index: int
    height: int
    burn_height: int
    block_time: int
    tx_index: int
    hex: str
    fields: dict[str, Plain]

    @property
    def place(self) -> tuple[str, str, int]:
        """What names it, wherever else the same chain_tx is mined."""
        return self.block_id, self.tx_id, self.event_index


class SimBlock(msgspec.Struct, frozen=True):
    """A block of the tree. `changes` is what the contract's maps held anew after it.

    `is_deep` is one of a branch that begins below what is final, and outruns the other at its end.
    """

    at: int
    is_deep: bool
    parent: int | None
    height: int
    block_id: str
    burn_height: int
    prints: tuple[Print, ...]
    changes: Mapping[str, str | None]


def plain(value: clarity.Value) -> Plain:
    """A Clarity value as a plain one; buffers are 0x and hexadecimal digits."""
    match value:
        case clarity.Nothing():
            return None
        case clarity.Some(inner) | clarity.Ok(inner) | clarity.Err(inner):
            return plain(inner)
        case clarity.List(items):
            return [plain(item) for item in items]
        case clarity.Tuple(items):
            return {name: plain(item) for name, item in items}
        case clarity.Buffer(data):
            return "0x" + data.hex()
        case clarity.Principal():
            return str(value)
    return value.value


class History:
    """A made history."""

    def __init__(self, name: str, made: Mapping[str, Any]) -> None:
        self.name = name
        self.contract: str = made["contract"]
        self.blocks = [self._block(block) for block in made["blocks"]]
        self._entries: dict[int, Mapping[str, Plain]] = {}
        self._paths: dict[int, tuple[SimBlock, ...]] = {}

    @classmethod
    def load(cls, folder: Path, name: str) -> "History":
        """Reads `folder/name.json`."""
        return cls(name, msgspec.json.decode((folder / f"{name}.json").read_bytes()))

    def _block(self, block: Mapping[str, Any]) -> SimBlock:
        prints = [
            Print(
                block_id=block["indexHash"],
                tx_id=ran["txid"],
                event_index=event_index,
                height=block["height"],
                burn_height=block["burnHeight"],
                block_time=block["time"],
                tx_index=tx_index,
                hex=event["data"]["raw_value"],
                fields=plain(clarity.decode_hex(event["data"]["raw_value"])),
            )
            for tx_index, ran in enumerate(block["txs"])
            for event_index, event in enumerate(ran["events"])
            if event["event"] == "print_event"
            and event["data"]["contract_identifier"] == self.contract
        ]
        return SimBlock(
            at=block["at"],
            is_deep=block["isDeep"],
            parent=block["parent"],
            height=block["height"],
            block_id=block["indexHash"],
            burn_height=block["burnHeight"],
            prints=tuple(prints),
            changes=block["changes"],
        )

    @cached_property
    def children(self) -> Mapping[int, list[int]]:
        """Blocks by their parent."""
        found: dict[int, list[int]] = {block.at: [] for block in self.blocks}
        for block in self.blocks:
            if block.parent is not None:
                found[block.parent].append(block.at)
        return found

    def path(self, at: int) -> tuple[SimBlock, ...]:
        """From the first block to this one."""
        if at not in self._paths:
            found: list[SimBlock] = []
            place: int | None = at
            while place is not None:
                found.append(self.blocks[place])
                place = self.blocks[place].parent
            self._paths[at] = tuple(reversed(found))
        return self._paths[at]

    def fork(self, one: int, other: int) -> SimBlock:
        """The last block that both branches have."""
        pairs = zip(self.path(one), self.path(other), strict=False)
        return [mine for mine, theirs in pairs if mine is theirs][-1]

    def final(self, at: int) -> SimBlock | None:
        """The newest block that is final when this one is the tip."""
        line = self.blocks[at].burn_height - FINALITY_BURN_BLOCKS
        return next((b for b in reversed(self.path(at)) if b.burn_height <= line), None)

    def prints(self, at: int) -> Iterator[Print]:
        """All prints up to a block, in the order of the chain."""
        for block in self.path(at):
            yield from block.prints

    def entries(self, at: int) -> Mapping[str, Plain]:
        """What the contract's own variables and maps hold at a block, by their names."""
        if at not in self._entries:
            block = self.blocks[at]
            known = {} if block.parent is None else dict(self.entries(block.parent))
            for name, value in block.changes.items():
                if value is None:
                    known.pop(name, None)
                else:
                    known[name] = plain(clarity.decode_hex(value))
            self._entries[at] = known
        return self._entries[at]


class Arrival(msgspec.Struct, frozen=True):
    """In which order the blocks of a history arrive. `tips` names the block that is the tip after
    so many arrivals: `tips[0]` is the first block of all.

    With `deep` the last arrival makes a branch count that takes back what was final before it.
    """

    order: tuple[int, ...]
    tips: tuple[int, ...]
    deep: bool

    def reorgs(self, history: History) -> int:
        """How often another branch came to count."""
        return sum(
            history.blocks[now].parent != before
            for before, now in zip(self.tips, self.tips[1:], strict=False)
            if before != now
        )


class _Arriving:
    """Draws the order, and keeps what nobody may undo: what was final at any moment."""

    def __init__(self, history: History, rng: Random) -> None:
        self.history, self.rng = history, rng
        self.order: list[int] = []
        self.tips = [0]
        self.open = list(history.children[0])
        self.final_height = 0

    def step(self) -> bool:
        """One more block arrives; False when none can without undoing what is final."""
        ready = [
            at
            for at in self.open
            if not self.history.blocks[at].is_deep and not self._undoes_final(at)
        ]
        if not ready:
            return False
        # As they were made, mostly: a branch that runs far ahead makes the others' blocks too late.
        ready.sort()
        self.take(ready[0] if self.rng.random() < 0.7 else self.rng.choice(ready[:3]))
        return True

    def take(self, at: int) -> None:
        """This block arrives."""
        self.open.remove(at)
        self.open += self.history.children[at]
        self.order.append(at)
        self.tips.append(self._tip_with(at))
        final = self.history.final(self.tips[-1])
        self.final_height = max(self.final_height, final.height if final else 0)

    def _tip_with(self, at: int) -> int:
        blocks, tip = self.history.blocks, self.tips[-1]
        extends = blocks[at].parent == tip
        return at if extends or blocks[at].height > blocks[tip].height else tip

    def _undoes_final(self, at: int) -> bool:
        tip = self.tips[-1]
        if self._tip_with(at) == tip or self.history.blocks[at].parent == tip:
            return False
        return self.history.fork(at, tip).height < self.final_height

    def deep_arrivals(self) -> list[int]:
        """A branch that nobody may follow, up to its first block that would count."""
        for at in self.rng.sample(self.open, len(self.open)):
            leaf, line = at, [at]
            while not self._undoes_final(leaf) and self.history.children[leaf]:
                leaf = self.rng.choice(self.history.children[leaf])
                line.append(leaf)
            if self._undoes_final(leaf):
                return line
        return []


def draw_arrival(history: History, rng: Random, *, deep: bool) -> Arrival:
    """An order in which no block takes back what is final, but with `deep` the last one."""
    arriving = _Arriving(history, rng)
    for at in range(1, _SETUP_BLOCKS):
        arriving.take(at)
    while arriving.step():
        if deep and len(arriving.order) > 30 and (line := arriving.deep_arrivals()):
            if rng.random() < 0.6:
                continue
            for at in line:
                arriving.take(at)
            return Arrival(tuple(arriving.order), tuple(arriving.tips), deep=True)
    return Arrival(tuple(arriving.order), tuple(arriving.tips), deep=False)


def safe_lies(history: History, arrival: Arrival, time: int) -> Sequence[int]:
    """Blocks that arrived, don't count, and whose branch undoes nothing that is final.

    Nor would anything of that branch be final: whoever believed it can come back.
    """
    tip = arrival.tips[time]
    finals = [history.final(at) for at in set(arrival.tips[: time + 1])]
    final_height = max((block.height for block in finals if block), default=0)
    found = []
    for at in arrival.order[:time]:
        fork = history.fork(at, tip)
        own = history.final(at)
        if fork.at == at or fork.height < final_height or (own and own.height > fork.height):
            continue
        found.append(at)
    return found
