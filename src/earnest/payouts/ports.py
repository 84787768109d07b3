"""What the payout engine needs of the world."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from earnest.chains.solana.wire import AccountBalance, RawSimulation, SignatureStatus
from earnest.signer import SignedAttempt


class PayoutChain(Protocol):
    """What the engine asks a Solana node. `chains.solana.SolanaRpc` is one.

    `RpcUnavailable` means that nothing was learned, `RpcRejected` that the node said no.
    """

    @property
    def sources(self) -> Sequence["PayoutChain"]:
        """Two opinions at least."""
        ...

    async def get_genesis_hash(self) -> str:
        """The hash that names the network."""
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

    async def simulate(
        self, signed: bytes, *, sig_verify: bool = True, replace_blockhash: bool = False
    ) -> tuple[int, RawSimulation]:
        """Runs the bytes without landing them."""
        ...

    async def send_raw(self, signed: bytes) -> str:
        """Hands the bytes to the network."""
        ...


class SignerPort(Protocol):
    """The way to the signer."""

    async def sign(self, attempt_id: UUID, payout_ids: Sequence[UUID]) -> SignedAttempt:
        """The signed chain_tx; the same bytes for the same attempt.

        Raises `SignerRefused` for a definite no and `SignerUnreachable` when it is not known
        whether the signer signed.
        """
        ...
