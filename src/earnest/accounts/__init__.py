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
from earnest.accounts.wallets import Wallet, parse_wallet

__all__ = [
    "ROUTES",
    "SECURITY",
    "SECURITY_SCHEMES",
    "SWEEP_EVERY_S",
    "Accounts",
    "CurrentPrincipal",
    "Principal",
    "Wallet",
    "accounts_of",
    "client_of",
    "find_operators",
    "lifespan",
    "parse_wallet",
    "require_operator",
    "require_principal",
    "sweep",
]
