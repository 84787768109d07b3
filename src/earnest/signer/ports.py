"""What the signer needs of the world. It looks for itself and believes no one else's word."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from earnest.chains.solana.wire import AccountBalance, Blockhash, SignatureStatus
from earnest.kit.money import Money


class ChainView(Protocol):
    """What the signer asks a Solana node. `chains.solana.SolanaRpc` is one."""

    @property
    def sources(self) -> Sequence["ChainView"]:
        """Two opinions at least."""
        ...

    async def get_genesis_hash(self) -> str:
        """The hash that names the network."""
        ...

    async def get_latest_blockhash(self) -> Blockhash:
        """A finalized blockhash to sign with."""
        ...

    async def get_block_height(self) -> int:
        """The finalized block height."""
        ...

    async def get_signature_statuses(
        self, signatures: Sequence[str]
    ) -> tuple[int, list[SignatureStatus | None]]:
        """One status per signature, history searched; None when not found."""
        ...

    async def get_multiple_balances(
        self, addresses: Sequence[str]
    ) -> tuple[int, dict[str, AccountBalance]]:
        """Lamports and tokens of up to 100 addresses."""
        ...

    async def min_rent_exemption(self, size_bytes: int = 0) -> int:
        """What an account of that size must keep."""
        ...


class Hold(msgspec.Struct, frozen=True):
    """A promise in the ledger. `outcome` is None while it has not ended."""

    payout_id: UUID
    recipient: str
    money: Money
    outcome: str | None


class LedgerView(Protocol):
    """What the signer reads of the ledger."""

    async def holds(self, payout_ids: Sequence[UUID]) -> dict[UUID, Hold]:
        """The holds of these payouts; those that the ledger lacks are left out."""
        ...

    async def missing(self, payout_ids: Sequence[UUID]) -> list[UUID]:
        """Those of the ids for which the ledger has no hold."""
        ...
