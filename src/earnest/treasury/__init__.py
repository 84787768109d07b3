"""The treasury: streams of its addresses, one posting per final chain_tx, suspense, solvency."""

from earnest.chains import Stream
from earnest.treasury import http, http_desk, http_ledger
from earnest.treasury.errors import RecipientUnknown, SuspenseSettled, SuspenseUnknown
from earnest.treasury.jobs import VERIFY_JOB, register_jobs
from earnest.treasury.service import (
    open_accounts,
    post_chain_log,
    register_attempt,
    register_reference,
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
from earnest.treasury.suspense import (
    SuspenseCase,
    SuspenseItem,
    list_suspense,
    settle_suspense,
    settled_to,
)

ROUTES = [*http.ROUTES, *http_desk.ROUTES, *http_ledger.ROUTES]

__all__ = [
    "ROUTES",
    "VERIFY_JOB",
    "ChainBalances",
    "RecipientUnknown",
    "SolvencyCheck",
    "Stream",
    "SuspenseCase",
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
    "register_jobs",
    "register_reference",
    "settle_suspense",
    "settled_to",
    "streams_of",
]
