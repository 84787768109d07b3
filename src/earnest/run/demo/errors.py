"""Why a demo ends early: one plain reason."""

from earnest.kit.errors import EarnestError, Kind


class DemoBroke(EarnestError):
    """{reason}"""

    code = "demo_broke"
    kind = Kind.UNAVAILABLE


class AskedToStop(EarnestError):
    """Stopped by {signal} before the end. Everything that was started has been stopped."""

    code = "demo_stopped"
    kind = Kind.UNAVAILABLE
