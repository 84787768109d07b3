"""What the ledger refuses."""

from earnest.kit.errors import EarnestError, Kind


class BalanceTooSmall(EarnestError):
    """There are {availableMinor} minor units of {asset} available; {amountMinor} were asked for."""

    code = "balance_too_small"
    kind = Kind.CONFLICT


class TransferDiffers(EarnestError):
    """This transfer was posted before with another {differs}."""

    code = "transfer_differs"
    kind = Kind.CONFLICT


class TransferIsVoid(EarnestError):
    """A transfer needs two accounts and an amount above zero."""

    code = "transfer_is_void"


class AssetsDifferInTransfer(EarnestError):
    """A transfer stays in one asset; this one went from {debit} to {credit}."""

    code = "assets_differ"


class LedgerAccountUnknown(EarnestError):
    """There is no such ledger account."""

    code = "ledger_account_unknown"
    kind = Kind.NOT_FOUND


class LedgerAccountDiffers(EarnestError):
    """The ledger account {name} exists with another type, asset or owner."""

    code = "ledger_account_differs"
    kind = Kind.CONFLICT


class HoldUnknown(EarnestError):
    """There is no hold {holdId}."""

    code = "hold_unknown"
    kind = Kind.NOT_FOUND


class HoldDiffers(EarnestError):
    """The hold {holdId} exists with another account, amount or recipient."""

    code = "hold_differs"
    kind = Kind.CONFLICT


class HoldEndedOtherwise(EarnestError):
    """The hold {holdId} has ended already: {outcome}."""

    code = "hold_ended_otherwise"
    kind = Kind.CONFLICT
