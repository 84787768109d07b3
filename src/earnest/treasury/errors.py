"""What the treasury refuses."""

from earnest.kit.errors import EarnestError, Kind


class SuspenseUnknown(EarnestError):
    """There is no suspense item {suspenseId}."""

    code = "suspense_unknown"
    kind = Kind.NOT_FOUND


class SuspenseSettled(EarnestError):
    """The suspense item {suspenseId} was settled before, by {settledBy}."""

    code = "suspense_settled"
    kind = Kind.CONFLICT


class ZoneUnknown(EarnestError):
    """There is no time zone {zone}."""

    code = "zone_unknown"
    kind = Kind.INVALID


class RecipientUnknown(EarnestError):
    """There is no account {accountId} that money could be given to."""

    code = "recipient_unknown"
    kind = Kind.NOT_FOUND


class LedgerAccountNotThere(EarnestError):
    """There is no ledger account with the number {accountId}."""

    code = "ledger_account_not_there"
    kind = Kind.NOT_FOUND


class TransferUnknown(EarnestError):
    """There is no transfer {transferId} in the ledger."""

    code = "transfer_unknown"
    kind = Kind.NOT_FOUND


class TimesUnusable(EarnestError):
    """These times cannot be used: {reason}."""

    code = "times_unusable"
    kind = Kind.INVALID
