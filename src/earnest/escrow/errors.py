"""What can be wrong with what the escrow contract is said to have printed."""

from earnest.kit.errors import EarnestError, Kind


class Unreadable(EarnestError):
    """This print is no event of the escrow contract: {reason}."""

    code = "escrow_event_unreadable"
    kind = Kind.INVALID


class DoesNotFollow(EarnestError):
    """Event {seq} of the escrow contract does not follow from those before it: {reason}."""

    code = "escrow_event_does_not_follow"
    kind = Kind.CONFLICT
