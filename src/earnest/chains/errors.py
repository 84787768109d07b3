"""What can go wrong with a chain, told as facts.

Two families matter to callers. *Unknown* (`RpcUnavailable` and below) means that nothing was
learned: no state may move. *Definite* (`RpcRejected`) means that the node said no.
"""

from earnest.kit.errors import EarnestError, Kind


class ChainError(EarnestError):
    """The chain could not be used: {reason}."""

    code = "chain_error"
    kind = Kind.UNAVAILABLE


class RpcUnavailable(ChainError):
    """The chain's node gave no usable answer ({reason}), so nothing is known."""

    code = "rpc_unavailable"

    def __init__(
        self,
        reason: str,
        *,
        retryable: bool = True,
        retry_after_s: float | None = None,
        rpc_code: int | None = None,
    ) -> None:
        super().__init__(reason=reason)
        self.reason = reason
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        # Set when the node itself said that it does not know.
        self.rpc_code = rpc_code


class MalformedAnswer(RpcUnavailable):
    """The chain's node answered what its protocol does not allow ({reason}): nothing is known."""

    code = "rpc_malformed"


class RpcRejected(ChainError):
    """The chain's node refused the request: {message} ({rpc_code})."""

    code = "rpc_rejected"
    kind = Kind.CONFLICT

    def __init__(self, rpc_code: int, message: str, data: object = None) -> None:
        super().__init__(rpc_code=rpc_code, message=message)
        self.rpc_code = rpc_code
        self.message = message
        self.data = data


class AddressInvalid(ChainError):
    """{text} is not an address on this chain: {reason}."""

    code = "address_invalid"
    kind = Kind.INVALID


class PaymentUrlInvalid(ChainError):
    """This is not a payment request for this chain: {reason}."""

    code = "payment_url_invalid"
    kind = Kind.INVALID


class SignedTxInvalid(ChainError):
    """These bytes are not a completely and correctly signed chain_tx: {reason}."""

    code = "signed_tx_invalid"
    kind = Kind.INVALID


class NothingFits(ChainError):
    """Not even the first payout fits into one chain_tx of {size_max} bytes."""

    code = "nothing_fits"
    kind = Kind.INVALID


class HistoryIncomplete(ChainError):
    """What the chain's node tells does not add up ({reason}), so nothing was taken from it."""

    code = "history_incomplete"


class NodeLagging(ChainError):
    """The node stands at {tip}, behind {followed} that was already followed: nothing was taken."""

    code = "node_lagging"


class FenceLost(ChainError):
    """Another indexer follows {chain} now."""

    code = "chain_fence_lost"
    kind = Kind.CONFLICT


class ChainHalted(ChainError):
    """Following {chain} is halted until an operator has looked: {reason}."""

    code = "chain_halted"


class GenesisDiffers(ChainError):
    """The node serves another network than the one followed on {chain}: {found}, not {known}."""

    code = "chain_genesis_differs"


class FactDiffers(ChainError):
    """The node now tells another story of {tx_id} on {chain} than the one in the log."""

    code = "chain_fact_differs"


class NodesDisagree(ChainError):
    """The servers of {chain} tell different stories ({reason}), so nothing was taken from them."""

    code = "chain_nodes_disagree"


class ReorgBelowFinality(ChainError):
    """Final blocks above {height} are gone from the chain: it was final up to {final_height}."""

    code = "chain_reorg_below_finality"


class ContractDiffers(ChainError):
    """The log of Stacks is of the contract {known}, and {configured} is configured."""

    code = "stacks_contract_differs"
