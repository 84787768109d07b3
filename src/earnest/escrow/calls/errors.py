"""Why a call is not prepared. Each says what stands against it, and from when it would be right."""

from earnest.kit.errors import EarnestError, Kind


class ActNotPossible(EarnestError):
    """Nobody can {act} here as it stands now: {why}."""

    code = "act_not_possible"
    kind = Kind.CONFLICT


class ActNotYours(ActNotPossible):
    """Only {who} can {act} here, and this wallet is {sender}."""

    code = "act_not_yours"
    kind = Kind.FORBIDDEN


class ActTooEarly(ActNotPossible):
    """You can {act} from Bitcoin block {from_height} on. The chain is at {burn_height}."""

    code = "act_too_early"


class ActTooLate(ActNotPossible):
    """You could {act} before Bitcoin block {until_height}. The chain is at {burn_height}."""

    code = "act_too_late"


class FigureNotPossible(EarnestError):
    """{reason}"""

    code = "figure_not_possible"
    kind = Kind.INVALID
