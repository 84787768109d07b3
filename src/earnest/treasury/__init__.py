"""The treasury: streams of its addresses, one posting per final chain_tx, suspense, solvency."""

from earnest.chains import Stream
from earnest.treasury.errors import SuspenseSettled, SuspenseUnknown
from earnest.treasury.http import ROUTES
from earnest.treasury.service import (
    SuspenseItem,
    list_suspense,
    open_accounts,
    post_chain_log,
    register_attempt,
    register_reference,
    settle_suspense,
    streams_of,
)
from earnest.treasury.solvency import (
    ChainBalances,
    SolvencyCheck,
    ask_chain,
    compare,
    keep_check,
    latest_check,
)

__all__ = [
    "ROUTES",
    "ChainBalances",
    "SolvencyCheck",
    "Stream",
    "SuspenseItem",
    "SuspenseSettled",
    "SuspenseUnknown",
    "ask_chain",
    "compare",
    "keep_check",
    "latest_check",
    "list_suspense",
    "open_accounts",
    "post_chain_log",
    "register_attempt",
    "register_reference",
    "settle_suspense",
    "streams_of",
]
