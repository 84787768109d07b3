"""What an operator asked for and is not there."""

from earnest.kit.errors import EarnestError, Kind


class AccountNotThere(EarnestError):
    """There is no account {accountId}."""

    code = "account_not_there"
    kind = Kind.NOT_FOUND
