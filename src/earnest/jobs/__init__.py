"""Background work: a durable queue, handlers by type, schedules. See README.md."""

from earnest.jobs.errors import (
    JobCannotSucceed,
    JobNotHeld,
    JobQueuedAnew,
    JobTooLarge,
    JobTypeTaken,
    JobTypeUnknown,
)
from earnest.jobs.registry import Job, JobRegistry
from earnest.jobs.store import (
    HeldJob,
    QueueCount,
    RetriedJob,
    count_jobs,
    enqueue,
    is_queued,
    list_held,
    oldest_held_at,
    retry_held,
    sweep_finished,
)
from earnest.jobs.worker import Timing, run_worker

__all__ = [
    "HeldJob",
    "Job",
    "JobCannotSucceed",
    "JobNotHeld",
    "JobQueuedAnew",
    "JobRegistry",
    "JobTooLarge",
    "JobTypeTaken",
    "JobTypeUnknown",
    "QueueCount",
    "RetriedJob",
    "Timing",
    "count_jobs",
    "enqueue",
    "is_queued",
    "list_held",
    "oldest_held_at",
    "retry_held",
    "run_worker",
    "sweep_finished",
]
