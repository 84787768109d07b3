"""Accounts: wallets that sign in, and the sessions they open.

Other domains declare `principal: CurrentPrincipal` and provide it by `Provide(require_principal)`
or `Provide(require_operator)`.
"""

from earnest.accounts.http import (
    ROUTES,
    SECURITY,
    SECURITY_SCHEMES,
    CurrentPrincipal,
    accounts_of,
    client_of,
    lifespan,
    require_operator,
    require_principal,
)
from earnest.accounts.jobs import SWEEP_EVERY_S, sweep
from earnest.accounts.service import Accounts, Principal, find_operators
from earnest.accounts.store_search import (
    SEARCH_PATTERN,
    FoundAccount,
    count_live_sessions,
    find_by_id,
    list_newest,
    search_accounts,
)
from earnest.accounts.wallets import Wallet, parse_wallet

__all__ = [
    "ROUTES",
    "SEARCH_PATTERN",
    "SECURITY",
    "SECURITY_SCHEMES",
    "SWEEP_EVERY_S",
    "Accounts",
    "CurrentPrincipal",
    "FoundAccount",
    "Principal",
    "Wallet",
    "accounts_of",
    "client_of",
    "count_live_sessions",
    "find_by_id",
    "find_operators",
    "lifespan",
    "list_newest",
    "parse_wallet",
    "require_operator",
    "require_principal",
    "search_accounts",
    "sweep",
]
