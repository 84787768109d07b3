"""The one port through which every chain is asked, and the chain-neutral answers."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from earnest.chains.facts import ChainTx, Stream, WatchedAccount
from earnest.kit.money import Chain


class Head(msgspec.Struct, frozen=True):
    """The newest final point of a chain.

    `block_height` is at most the height of the block in `slot`; `block_time` is in unix seconds,
    None where the chain does not say. `genesis_hash` names the network.
    """

    genesis_hash: str
    slot: int
    block_height: int
    block_time: int | None


class StreamPosition(msgspec.Struct, frozen=True):
    """How far a stream was read: its newest fact and the balance after it; None before any."""

    newest_tx_id: str | None = None
    newest_slot: int | None = None
    balance_minor: int | None = None


class Batch(msgspec.Struct, frozen=True):
    """Facts in the order of the chain, complete for all streams up to `through_slot`.

    `positions` has every stream as it stands after the facts. When there was more than one
    batch may hold, `is_whole` is False and `through_slot` lies before the head.
    """

    facts: tuple[ChainTx, ...]
    positions: Mapping[str, StreamPosition]
    through_slot: int
    is_whole: bool = True


class TxState(StrEnum):
    """What is known of a chain_tx by its id.

    `final` never changes. `landed` is on the chain and may still vanish. `absent` was denied by
    two sources, each at or past the slot that was asked for. `unknown` is everything else, and
    decides nothing.
    """

    FINAL = "final"
    LANDED = "landed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Finality(msgspec.Struct, frozen=True):
    """The state of a chain_tx; `err` is the chain's own error when it landed and failed."""

    state: TxState
    slot: int | None = None
    err: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether it landed and failed: only its fee moved."""
        return self.err is not None


class Simulation(msgspec.Struct, frozen=True):
    """What running signed bytes now would give; `err` None means that they pass."""

    slot: int
    err: str | None
    logs: tuple[str, ...] = ()


class SeenTx(msgspec.Struct, frozen=True):
    """A chain_tx that names an address. A hint for display: not a fact, and not yet money."""

    tx_id: str
    slot: int
    err: str | None
    is_final: bool


class ChainPort(Protocol):
    """A chain, as the rest of Earnest sees it.

    Every method raises `RpcUnavailable` when nothing was learned, and `RpcRejected` when the
    node said a definite no.
    """

    @property
    def chain(self) -> Chain:
        """Which chain it is."""
        ...

    async def head(self) -> Head:
        """The newest final point."""
        ...

    async def facts_since(
        self, streams: Sequence[Stream], positions: Mapping[str, StreamPosition], head: Head
    ) -> Batch:
        """Every final fact of the streams after their positions, up to `head`.

        Raises `HistoryIncomplete` when the node's answers do not add up.
        """
        ...

    async def fact_by_tx(self, tx_id: str, streams: Sequence[Stream]) -> ChainTx | None:
        """The final fact of one chain_tx, or None while it is not final or not there."""
        ...

    async def finality(self, tx_id: str, *, min_slot: int = 0) -> Finality:
        """What is known of a chain_tx. An absence counts only from sources at `min_slot` or later.

        Never raises `RpcUnavailable`: that is `TxState.UNKNOWN`.
        """
        ...

    async def simulate(self, signed: bytes) -> Simulation:
        """Runs signed bytes without landing them."""
        ...

    async def submit(self, signed: bytes) -> str:
        """Broadcasts signed bytes and returns the id of the chain_tx.

        After `RpcUnavailable` they may have landed all the same.
        """
        ...

    async def balances(
        self, accounts: Sequence[WatchedAccount], *, min_slot: int = 0
    ) -> tuple[int, dict[str, int]]:
        """One slot, at or past `min_slot`, and each account's balance there in minor units."""
        ...

    async def seen(self, address: str, *, limit: int = 25) -> list[SeenTx]:
        """The newest chain_txs that name an address, final or not: hints for display."""
        ...
