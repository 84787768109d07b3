"""What tasks refuse."""

from earnest.kit.errors import EarnestError, Kind


class TaskUnknown(EarnestError):
    """There is no such task, or it is not yours to see."""

    code = "task_unknown"
    kind = Kind.NOT_FOUND


class OptionNotInTask(EarnestError):
    """Option {optionId} is not one of this task's. Nothing was counted."""

    code = "option_not_in_task"
    kind = Kind.INVALID


class OwnTask(EarnestError):
    """This task is your own; you cannot vote on it."""

    code = "own_task"
    kind = Kind.FORBIDDEN


class TaskClosed(EarnestError):
    """This task has ended and takes no more votes."""

    code = "task_closed"
    kind = Kind.CONFLICT


class NoSeat(EarnestError):
    """You hold no seat in this task: it lapsed, or was never taken. Ask for the next task."""

    code = "no_seat"
    kind = Kind.CONFLICT


class SeatLapsed(EarnestError):
    """Your seat lapsed at {expiredAt} and nothing was counted. Ask for the next task."""

    code = "seat_lapsed"
    kind = Kind.CONFLICT


class VotedOtherwise(EarnestError):
    """You have voted for option {optionId} in this task. A vote cannot be taken back."""

    code = "voted_otherwise"
    kind = Kind.CONFLICT


class AlreadyVoted(EarnestError):
    """You have voted in this task. A vote counts once and cannot be taken back."""

    code = "already_voted"
    kind = Kind.CONFLICT


class TaskFull(EarnestError):
    """Every seat of this task is taken at this moment. One may fall free again."""

    code = "task_full"
    kind = Kind.CONFLICT


class OptionsRepeat(EarnestError):
    """Two options show the same file. Each option needs a picture of its own."""

    code = "options_repeat"
    kind = Kind.INVALID


class ResultsNotYours(EarnestError):
    """Only the one who posted a task sees its counts."""

    code = "results_not_yours"
    kind = Kind.FORBIDDEN
