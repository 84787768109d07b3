"""What every chain tells: one fact per chain_tx that touched a watched account.

The types here are frozen and carry no chain's own vocabulary beyond *slot*, which is the height
of a block on chains without slots. Amounts are integers in minor units of their asset.
"""

from enum import StrEnum

import msgspec

from earnest.kit.money import Asset, Chain


class FactKind(StrEnum):
    """What a row of the chain log says about a chain_tx.

    `observed` may still be undone, `final` never, `reverted` undoes an `observed`. Solana writes
    `final` alone: anything earlier is a hint for display and never enters the log.
    """

    OBSERVED = "observed"
    FINAL = "final"
    REVERTED = "reverted"


class WatchedAccount(msgspec.Struct, frozen=True):
    """An account whose balance is ours to explain: `address` holds `asset`.

    `mint` is the token's mint for a token account, None where the asset is the chain's own coin.
    """

    address: str
    asset: Asset
    mint: str | None = None


class Stream(msgspec.Struct, frozen=True):
    """A watched account and the point from which its history counts.

    Everything in a slot up to and including `opening_slot` belongs to the opening balance and is
    never a fact. `opening_minor`, when known, is the balance after that slot: with it the first
    fact too must continue the balance without a gap.
    """

    account: WatchedAccount
    opening_slot: int
    opening_minor: int | None = None

    @property
    def address(self) -> str:
        """The watched address, which names the stream."""
        return self.account.address


class Transfer(msgspec.Struct, frozen=True, rename="camel"):
    """One instruction that moved money from or to a watched account.

    `index` is its place in the chain_tx and never changes: `"2"` is the third top-level
    instruction, `"2.1"` the second one that the third called. `references` are the read-only
    keys that the payer attached, in order and possibly none or several.
    """

    index: str
    source: str
    destination: str
    authority: str
    amount_minor: int
    asset: Asset
    references: tuple[str, ...] = ()


class ChainTx(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One chain_tx as far as the watched accounts are concerned.

    `deltas` is post minus pre and `balances` is post, both for each watched account that the
    chain_tx names, in minor units of that account's asset. `fee_minor` is in the chain's own coin
    and is already inside `deltas` when a watched account paid it. A failed chain_tx (`err` set)
    moved nothing but its fee: it has no transfers. `anomaly` says why transfers were withheld
    although the chain_tx succeeded; its delta is real all the same.
    """

    chain: Chain
    block_id: str
    tx_id: str
    slot: int
    block_time: int | None
    err: str | None
    fee_minor: int
    fee_payer: str
    deltas: dict[str, int]
    balances: dict[str, int]
    transfers: tuple[Transfer, ...] = ()
    memo: str | None = None
    anomaly: str | None = None
    index_in_block: int | None = None

    def pre_balance(self, address: str) -> int:
        """The watched account's balance before this chain_tx. Raises KeyError if not named."""
        return self.balances[address] - self.deltas[address]


class LoggedFact(msgspec.Struct, frozen=True):
    """A row of the chain log: `seq` grows by one per row and chain and is never reused."""

    seq: int
    kind: FactKind
    chain_tx: ChainTx
