"""The ledger: append-only double entry, the source of truth for every balance."""

from earnest.ledger.books import AccountType, Direction, transfer_id
from earnest.ledger.errors import BalanceTooSmall, TransferDiffers
from earnest.ledger.store import (
    Balance,
    Day,
    Entry,
    account_named,
    available_account,
    balances_of,
    days_of,
    history_of,
)
from earnest.ledger.verify import LedgerFault, Verification, take_checkpoint, verify_ledger

__all__ = [
    "AccountType",
    "Balance",
    "BalanceTooSmall",
    "Day",
    "Direction",
    "Entry",
    "LedgerFault",
    "TransferDiffers",
    "Verification",
    "account_named",
    "available_account",
    "balances_of",
    "days_of",
    "history_of",
    "take_checkpoint",
    "transfer_id",
    "verify_ledger",
]
