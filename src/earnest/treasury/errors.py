"""What the treasury refuses."""

from earnest.kit.errors import EarnestError, Kind


class SuspenseUnknown(EarnestError):
    """There is no suspense item {suspenseId}."""

    code = "suspense_unknown"
    kind = Kind.NOT_FOUND


class SuspenseSettled(EarnestError):
    """The suspense item {suspenseId} was settled before."""

    code = "suspense_settled"
    kind = Kind.CONFLICT


class ZoneUnknown(EarnestError):
    """There is no time zone {zone}."""

    code = "zone_unknown"
    kind = Kind.INVALID
