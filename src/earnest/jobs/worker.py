"""The worker: takes jobs from the queue, does them, fires schedules; outlives its database."""

import asyncio
import time
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pgqueuer
import structlog
from pgqueuer.core.executors import EntrypointExecutorParameters
from pgqueuer.domain.models import Context
from pgqueuer.domain.models import Job as QueuedJob

from earnest.jobs import metrics
from earnest.jobs.errors import JobCannotSucceed
from earnest.jobs.registry import Job, JobRegistry, JobType, Schedule
from earnest.jobs.store import count_jobs, fire_tick, sweep_finished
from earnest.kit.db import SCHEMA, Database, DatabaseUnavailable
from earnest.kit.pauses import pause

log = structlog.get_logger(__name__)

_SWEEP_PERIOD_S = 600
_TICKER_SLEEP_MAX_S = 15.0
_RESOURCES = "resources"


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a worker is. The defaults are for service; tests are in more of a hurry."""

    poll_s: float = 5.0  # NOTIFY is only a hint: the queue is looked at this often anyway
    heartbeat_timeout_s: float = 10.0  # after this silence a job is taken from a worker
    restart_delay_s: float = 1.0
    connect_timeout_s: float = 10.0
    batch: int = 10
    jobs_at_once_max: int = 20
    slow_jobs_at_once_max: int = 2


class _Executor(pgqueuer.DatabaseRetryEntrypointExecutor):
    """Retries through the database, except where a retry is pointless or nobody failed."""

    async def execute(self, job: QueuedJob, context: Context) -> None:
        try:
            await super().execute(job, context)
        except pgqueuer.RetryRequested as retry:
            if isinstance(retry.__cause__, JobCannotSucceed):
                raise retry.__cause__ from None
            raise
        except DatabaseUnavailable as error:
            # The last try, too: the job did not fail, the database was away. Not held for that.
            raise pgqueuer.RetryRequested(timedelta(seconds=1), str(error)) from error
        except asyncio.CancelledError as error:
            # PgQueuer deletes a cancelled job. Ours are cancelled only when the process is
            # told to end in a hurry, and then the work is still to be done.
            raise pgqueuer.RetryRequested(reason="the worker was stopped") from error


def _entrypoint(job_type: JobType) -> Any:
    """The function that PgQueuer calls for one job: checks the payload, counts, measures."""

    async def run(queued: QueuedJob, context: Context) -> None:
        bound = log.bind(job_type=job_type.type, job_id=queued.id, try_number=queued.attempts + 1)
        started = time.perf_counter()
        outcome = "stopped"
        try:
            job = _read(job_type, queued)
            await job_type.handler(job, context.resources[_RESOURCES])
            outcome = "done"
        except Exception as error:
            final = isinstance(error, JobCannotSucceed) or (
                queued.attempts + 1 >= job_type.tries_max
                and not isinstance(error, DatabaseUnavailable)
            )
            outcome = "held" if final else "retried"
            bound.warning(f"job_{outcome}", error=str(error), exc_info=final)
            raise
        finally:
            metrics.TRIES.labels(job_type.type, outcome).inc()
            metrics.SECONDS.labels(job_type.type).observe(time.perf_counter() - started)

    return run


def _read(job_type: JobType, queued: QueuedJob) -> Job[Any]:
    try:
        payload = msgspec.json.decode(queued.payload or b"{}", type=job_type.payload)
    except msgspec.MsgspecError as error:
        raise JobCannotSucceed(reason=f"The payload cannot be read: {error}") from error
    return Job(queued.id, job_type.type, payload, queued.attempts + 1, job_type.tries_max)


def _executor_factory(job_type: JobType) -> Any:
    def make(parameters: EntrypointExecutorParameters) -> _Executor:
        return _Executor(
            parameters=parameters,
            max_attempts=job_type.tries_max - 1,  # PgQueuer counts the tries after the first
            initial_delay=timedelta(seconds=job_type.retry_delay_s),
            max_delay=timedelta(seconds=job_type.retry_delay_max_s),
        )

    return make


def _manager(
    connection: Any, types: Sequence[JobType], resources: MutableMapping[str, object]
) -> pgqueuer.QueueManager:
    queries = pgqueuer.Queries.from_asyncpg_connection(connection)
    manager = pgqueuer.QueueManager(queries, resources=resources)
    for job_type in types:
        manager.entrypoint(
            job_type.type,
            concurrency_limit=job_type.concurrency_max,
            accepts_context=True,
            on_failure="hold",
            executor_factory=_executor_factory(job_type),
        )(_entrypoint(job_type))
    return manager


def _with_own_jobs(registry: JobRegistry, database: Database) -> JobRegistry:
    """The registry plus the worker's own housekeeping; the caller's is left as it is."""
    own = JobRegistry()
    own.types |= registry.types
    own.schedules |= registry.schedules

    @own.job("jobs.sweep")
    async def sweep(_job: Job[Any], _resources: Any) -> None:
        async with database.db_tx() as db_tx:
            rows = await sweep_finished(db_tx)
        log.info("jobs_swept", rows=rows)

    own.every(_SWEEP_PERIOD_S, "jobs.sweep")
    return own


async def run_worker(
    database_url: str,
    registry: JobRegistry,
    resources: Any,
    stop: asyncio.Event,
    *,
    timing: Timing | None = None,
) -> None:
    """Does jobs until `stop` is set, then lets those under way finish and returns.

    It never gives up: when the database goes away or the listener falls silent, it connects
    anew. `resources` is handed to every handler. A job whose worker dies is taken over after
    `timing.heartbeat_timeout_s`.
    """
    timing = timing or Timing()
    database = await _patient_pool(database_url, stop, timing)
    if database is None:
        return
    registry = _with_own_jobs(registry, database)
    types = list(registry.types.values())
    quick, slow = [t for t in types if not t.slow], [t for t in types if t.slow]
    lanes = [(quick, timing.batch, timing.jobs_at_once_max)]
    if slow:
        lanes.append((slow, 1, timing.slow_jobs_at_once_max))
    ticker = asyncio.create_task(_run_ticker(database, list(registry.schedules.values()), stop))
    try:
        await asyncio.gather(
            *(
                _run_lane(database_url, of_lane, resources, stop, timing, batch, at_once_max)
                for of_lane, batch, at_once_max in lanes
            )
        )
    finally:
        ticker.cancel()
        await asyncio.gather(ticker, return_exceptions=True)
        await database.close()


async def _run_lane(
    database_url: str,
    types: Sequence[JobType],
    resources: Any,
    stop: asyncio.Event,
    timing: Timing,
    batch: int,
    at_once_max: int,
) -> None:
    """Does the jobs of some types, at most `at_once_max` at once, on a connection of its own."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[pgqueuer.QueueManager]:
        # A connection without our JSON codec: PgQueuer reads and writes JSON as text.
        connection = await asyncpg.connect(
            database_url,
            timeout=timing.connect_timeout_s,
            command_timeout=30,
            server_settings={"search_path": SCHEMA, "application_name": "earnest worker queue"},
        )
        metrics.RESTARTS.inc()
        try:
            yield _manager(connection, types, {_RESOURCES: resources})
        finally:
            await _close(connection)

    while not stop.is_set():
        await pgqueuer.run(
            connect,
            shutdown=stop,
            restart_on_failure=True,
            restart_delay=timedelta(seconds=timing.restart_delay_s),
            shutdown_on_listener_failure=True,
            batch_size=batch,
            max_concurrent_tasks=at_once_max,
            dequeue_timeout=timedelta(seconds=timing.poll_s),
            heartbeat_timeout=timedelta(seconds=timing.heartbeat_timeout_s),
        )
        await pause(stop, timing.restart_delay_s)


async def _patient_pool(url: str, stop: asyncio.Event, timing: Timing) -> Database | None:
    while not stop.is_set():
        try:
            return await Database.connect(url, application="earnest worker ticks", size_max=2)
        except DatabaseUnavailable:
            log.warning("worker_waits_for_database")
            await pause(stop, timing.restart_delay_s)
    return None


async def _close(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await connection.close(timeout=2)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


async def _run_ticker(database: Database, schedules: list[Schedule], stop: asyncio.Event) -> None:
    """Fires due ticks and keeps the gauges, by the database's clock, until `stop`."""
    fired: dict[str, int] = {}
    while not stop.is_set():
        pause_s = 1.0
        try:
            pause_s = await _tick(database, schedules, fired)
        except DatabaseUnavailable:
            log.warning("schedules_wait_for_database")
        except Exception:
            log.exception("schedules_failed")
        await pause(stop, pause_s)


async def _tick(database: Database, schedules: list[Schedule], fired: dict[str, int]) -> float:
    """One round; returns how many seconds to wait for the next."""
    async with database.connection() as connection:
        now = await connection.fetchval("SELECT clock_timestamp()")
        counts = await count_jobs(connection)
    metrics.IN_QUEUE.clear()
    for row in counts:
        metrics.IN_QUEUE.labels(row.type, row.status).set(row.count)
    for schedule in schedules:
        slot = schedule.slot(now)
        if fired.get(schedule.name) == slot:
            continue
        async with database.db_tx() as db_tx:
            if await fire_tick(db_tx, schedule, slot):
                metrics.TICKS.labels(schedule.name).inc()
        fired[schedule.name] = slot
    waits = [schedule.next_in(now).total_seconds() for schedule in schedules]
    return min([_TICKER_SLEEP_MAX_S, *waits]) + 0.01
