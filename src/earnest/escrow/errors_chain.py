"""What stands against a question about the chain."""

from earnest.kit.errors import EarnestError, Kind


class EscrowNotConfigured(EarnestError):
    """No escrow contract is configured here, so projects are not offered."""

    code = "escrow_not_configured"
    kind = Kind.CONFLICT


class ContractKeptMoving(EarnestError):
    """The contract changed each time it was read, so nothing certain can be said. Ask again."""

    code = "contract_kept_moving"
    kind = Kind.UNAVAILABLE
