"""What can go wrong with a chain, told as facts.

Two families matter to callers. *Unknown* means that nothing was learned: no state may move.
*Definite* means that the chain or its node said no.
"""

from earnest.kit.errors import EarnestError, Kind


class ChainError(EarnestError):
    """The chain could not be used."""

    code = "chain_error"
    kind = Kind.UNAVAILABLE


class RpcUnavailable(ChainError):
    """The chain's node gave no usable answer, so nothing is known."""

    code = "rpc_unavailable"
    kind = Kind.UNAVAILABLE

    def __init__(
        self, reason: str = "", *, retryable: bool = True, retry_after_s: float | None = None
    ) -> None:
        super().__init__()
        self.reason = reason
        self.retryable = retryable
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{type(self).__doc__} ({self.reason})"


class RpcRejected(ChainError):
    """The chain's node refused the request for a definite reason."""

    code = "rpc_rejected"
    kind = Kind.CONFLICT

    def __init__(self, rpc_code: int, message: str, data: object = None) -> None:
        super().__init__()
        self.rpc_code = rpc_code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return f"{self.rpc_code}: {self.message}"


class MalformedAnswer(RpcUnavailable):
    """The chain's node answered something that its protocol does not allow."""

    code = "rpc_malformed"


class AddressInvalid(ChainError):
    """The text is not an address on this chain."""

    code = "address_invalid"
    kind = Kind.INVALID


class PaymentUrlInvalid(ChainError):
    """The text is not a payment request for this chain."""

    code = "payment_url_invalid"
    kind = Kind.INVALID


class SignedTxInvalid(ChainError):
    """The bytes are not a completely and correctly signed chain_tx."""

    code = "signed_tx_invalid"
    kind = Kind.INVALID


class NothingFits(ChainError):
    """Not even the first payout fits into one chain_tx."""

    code = "nothing_fits"
    kind = Kind.INVALID


class HistoryIncomplete(ChainError):
    """The node's history of a watched account does not add up, so nothing was taken from it."""

    code = "history_incomplete"

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return f"{type(self).__doc__} ({self.reason})"


class NodeLagging(ChainError):
    """The node is behind what was already followed, so nothing was taken from it."""

    code = "node_lagging"


class FenceLost(ChainError):
    """Another indexer follows this chain now."""

    code = "fence_lost"
    kind = Kind.CONFLICT


class ChainHalted(ChainError):
    """Following this chain is halted until an operator has looked."""

    code = "chain_halted"

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return f"{type(self).__doc__} ({self.reason})"
