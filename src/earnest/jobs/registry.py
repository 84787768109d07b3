"""Which handler does which type of job, and what is done on a schedule."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from earnest.jobs.errors import JobTypeTaken, JobTypeUnknown

TRIES_MAX = 12

P = TypeVar("P")


class Job(msgspec.Struct, Generic[P], frozen=True):
    """One try at one job. `try_number` counts from 1; the job is held after `tries_max`."""

    id: int
    type: str
    payload: P
    try_number: int
    tries_max: int

    @property
    def is_last_try(self) -> bool:
        """Whether a failure of this try holds the job."""
        return self.try_number >= self.tries_max


# The second argument is whatever `run_worker` was given as resources; a domain writes down what
# it needs of it as a Protocol of its own.
Handler = Callable[[Job[P], Any], Awaitable[None]]


class JobType(msgspec.Struct, frozen=True):
    """How one type of job is done."""

    type: str
    payload: Any
    handler: Handler[Any]
    tries_max: int
    concurrency_max: int
    slow: bool
    retry_delay_s: float
    retry_delay_max_s: float


class Schedule(msgspec.Struct, frozen=True):
    """A job of `type` every `period_s`, at multiples of it since the epoch, plus `offset_s`."""

    name: str
    type: str
    period_s: int
    offset_s: int
    payload: Any

    def slot(self, now: datetime) -> int:
        """The number of the period that `now` lies in."""
        return (int(now.timestamp()) - self.offset_s) // self.period_s

    def next_in(self, now: datetime) -> timedelta:
        """How long after `now` the next period begins."""
        begins_s = (self.slot(now) + 1) * self.period_s + self.offset_s
        return timedelta(seconds=begins_s - now.timestamp())


class JobRegistry:
    """What a worker can do. Each domain adds its own in `register_jobs(registry)`."""

    def __init__(self) -> None:
        self.types: dict[str, JobType] = {}
        self.schedules: dict[str, Schedule] = {}

    def job(
        self,
        type: str,
        payload: Any = dict[str, Any],
        *,
        tries_max: int = TRIES_MAX,
        concurrency_max: int = 0,
        slow: bool = False,
        retry_delay_s: float = 1.0,
        retry_delay_max_s: float = 300.0,
    ) -> Callable[[Handler[Any]], Handler[Any]]:
        """Registers the decorated `async def handler(job, resources)` for jobs of `type`.

        Delivery is at least once, and now and then twice at the same time (a worker that lost
        its database for a while): a handler must be idempotent by ids of its own.
        `payload` is the type that the payload is checked against. A handler that raises is
        tried again, `retry_delay_s` doubling up to `retry_delay_max_s`; after `tries_max` tries,
        or at once for `JobCannotSucceed`, the job is held for a person to look at.
        `concurrency_max` bounds how many of this type run at once on all workers; 0 is no bound.
        `slow` work, which takes a processor or much memory, has a lane of its own with few places
        per worker, so that a thousand uploads do not keep a payout waiting.
        Raises `JobTypeTaken`.
        """
        if type in self.types:
            raise JobTypeTaken(type=type)

        def register(handler: Handler[Any]) -> Handler[Any]:
            self.types[type] = JobType(
                type=type,
                payload=payload,
                handler=handler,
                tries_max=tries_max,
                concurrency_max=concurrency_max,
                slow=slow,
                retry_delay_s=retry_delay_s,
                retry_delay_max_s=retry_delay_max_s,
            )
            return handler

        return register

    def every(
        self,
        period_s: int,
        type: str,
        *,
        name: str | None = None,
        offset_s: int = 0,
        payload: Any = None,
    ) -> None:
        """Enqueues one job of `type` per period, whatever the number of workers.

        Periods are counted from 1970 in UTC, so `every(86_400, "report", offset_s=3 * 3_600)`
        is daily at 03:00 UTC. After an outage the latest period alone is made up for. A tick
        whose predecessor has not been done yet adds nothing; where the next tick is as good as
        a retry, give the type `tries_max=1`. Raises `JobTypeUnknown` for a type
        without a handler, `JobTypeTaken` for a name that is in use.
        """
        if type not in self.types:
            raise JobTypeUnknown(type=type)
        name = name or type
        if name in self.schedules:
            raise JobTypeTaken(type=f"schedule {name}")
        if period_s < 1:
            raise ValueError(f"a period of {period_s} s")
        self.schedules[name] = Schedule(
            name=name,
            type=type,
            period_s=period_s,
            offset_s=offset_s,
            payload={} if payload is None else payload,
        )
