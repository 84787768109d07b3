"""What can be wrong with background work."""

from earnest.kit.errors import EarnestError, Kind


class JobCannotSucceed(EarnestError):
    """{reason}"""

    # Raised by a handler when trying again is pointless: the job is held at once.
    code = "job_cannot_succeed"
    kind = Kind.INVALID


class JobTypeTaken(EarnestError):
    """A handler for {type} is registered already."""

    code = "job_type_taken"
    kind = Kind.CONFLICT


class JobTypeUnknown(EarnestError):
    """No handler is registered for {type}."""

    code = "job_type_unknown"
    kind = Kind.NOT_FOUND


class JobTooLarge(EarnestError):
    """The payload of a {type} job has {size_bytes} bytes; {size_bytes_max} are allowed."""

    code = "job_too_large"
    kind = Kind.TOO_LARGE


class JobNotHeld(EarnestError):
    """Job {id} is not held: it has ended, waits, or runs. `earnest jobs` lists the held ones."""

    code = "job_not_held"
    kind = Kind.NOT_FOUND


class JobQueuedAnew(EarnestError):
    """Job {id} need not be retried: the same work ({dedupe_key}) has been queued anew."""

    code = "job_queued_anew"
    kind = Kind.CONFLICT
