"""Chains: what they say about our accounts, and the way to ask and to send.

One port serves all chains (`ports`), one log keeps what they said (`store`), one loop follows
them (`follower`). Each chain has a folder with what is its own, entered as `earnest.chains.solana`
and so on.
"""

from earnest.chains.errors import (
    AddressInvalid,
    ChainError,
    ChainHalted,
    FenceLost,
    HistoryIncomplete,
    MalformedAnswer,
    NodeLagging,
    NothingFits,
    PaymentUrlInvalid,
    RpcRejected,
    RpcUnavailable,
    SignedTxInvalid,
)
from earnest.chains.facts import (
    ChainTx,
    FactKind,
    LoggedFact,
    Stream,
    Transfer,
    WatchedAccount,
)

__all__ = [
    "AddressInvalid",
    "ChainError",
    "ChainHalted",
    "ChainTx",
    "FactKind",
    "FenceLost",
    "HistoryIncomplete",
    "LoggedFact",
    "MalformedAnswer",
    "NodeLagging",
    "NothingFits",
    "PaymentUrlInvalid",
    "RpcRejected",
    "RpcUnavailable",
    "SignedTxInvalid",
    "Stream",
    "Transfer",
    "WatchedAccount",
]
