"""Chains: what they say about our accounts, and the way to ask and to send.

One port serves all chains (`ports`), one log keeps what they said (`store`), one loop follows
them (`follower`). Each chain has a folder with what is its own, entered as `earnest.chains.solana`
and so on.
"""

from earnest.chains.errors import (
    AddressInvalid,
    ChainError,
    ChainHalted,
    ContractDiffers,
    FactDiffers,
    FenceLost,
    GenesisDiffers,
    HistoryIncomplete,
    MalformedAnswer,
    NodeLagging,
    NodesDisagree,
    NothingFits,
    PaymentUrlInvalid,
    ReorgBelowFinality,
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
from earnest.chains.follower import Follower
from earnest.chains.ports import (
    Batch,
    ChainPort,
    Finality,
    Head,
    SeenTx,
    Simulation,
    StreamPosition,
    TxState,
)
from earnest.chains.rounds import Round
from earnest.chains.store import (
    ChainCursor,
    cursor_of,
    facts_of_tx,
    positions_of,
    read_log,
    resume_chain,
)

__all__ = [
    "AddressInvalid",
    "Batch",
    "ChainCursor",
    "ChainError",
    "ChainHalted",
    "ChainPort",
    "ChainTx",
    "ContractDiffers",
    "FactDiffers",
    "FactKind",
    "FenceLost",
    "Finality",
    "Follower",
    "GenesisDiffers",
    "Head",
    "HistoryIncomplete",
    "LoggedFact",
    "MalformedAnswer",
    "NodeLagging",
    "NodesDisagree",
    "NothingFits",
    "PaymentUrlInvalid",
    "ReorgBelowFinality",
    "Round",
    "RpcRejected",
    "RpcUnavailable",
    "SeenTx",
    "SignedTxInvalid",
    "Simulation",
    "Stream",
    "StreamPosition",
    "Transfer",
    "TxState",
    "WatchedAccount",
    "cursor_of",
    "facts_of_tx",
    "positions_of",
    "read_log",
    "resume_chain",
]
