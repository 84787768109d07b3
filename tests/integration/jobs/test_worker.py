"""Workers against a real PostgreSQL: done once, again after a crash, held when it cannot be."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from earnest.jobs import (
    Job,
    JobCannotSucceed,
    JobNotHeld,
    JobQueuedAnew,
    JobRegistry,
    JobTooLarge,
    JobTypeTaken,
    JobTypeUnknown,
    Timing,
    count_jobs,
    enqueue,
    list_held,
    retry_held,
    run_worker,
    sweep_finished,
)
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import create_database, migrate, role_url
from tests.conftest import OWNER_PASSWORD, PASSWORDS, Databases

HURRY = Timing(poll_s=0.2, heartbeat_timeout_s=1.0, restart_delay_s=0.1)
WORKER_PROCESS = Path(__file__).with_name("worker_process.py")


async def until(condition: Callable[[], Awaitable[Any]], *, seconds: float = 20) -> Any:
    """The condition's first true value; fails after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := await condition()):
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"not so within {seconds} s")
        await asyncio.sleep(0.05)
    return value


@asynccontextmanager
async def working(
    url: str, registry: JobRegistry, resources: Any = None, *, timing: Timing = HURRY
) -> AsyncIterator[None]:
    """A worker in this process for the length of the block."""
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(url, registry, resources, stop, timing=timing))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(worker, 20)


async def is_empty(database: Database) -> bool:
    """Whether the queue has no job of a test's own in it."""
    count = await database.fetchval(
        "SELECT count(*) FROM pgqueuer WHERE entrypoint <> 'jobs.sweep'"
    )
    return bool(count == 0)


class Greeting(msgspec.Struct):
    """A payload with a shape."""

    to: str


async def test_job_gets_its_payload_and_resources(databases: Databases) -> None:
    """What the API enqueued reaches the worker's handler, checked against its type."""
    api, worker = await databases.role("api"), await databases.role("worker")
    registry, seen = JobRegistry(), []

    @registry.job("greet", Greeting)
    async def greet(job: Job[Greeting], resources: str) -> None:
        seen.append((job.payload.to, resources, job.try_number))

    async with api.db_tx() as db_tx:
        assert await enqueue(db_tx, "greet", Greeting("you")) is not None

    async def empty() -> bool:
        return await is_empty(worker)

    async with working(databases.url("worker"), registry, "parts"):
        await until(empty)
    assert seen == [("you", "parts", 1)]


async def test_job_is_enqueued_only_with_its_transaction(databases: Databases) -> None:
    """A rolled-back transaction takes its job along; the indexer's role may enqueue too."""
    indexer = await databases.role("indexer")

    class Refused(Exception):
        pass

    with suppress(Refused):
        async with indexer.db_tx() as db_tx:
            assert await enqueue(db_tx, "t", {}) is not None
            raise Refused
    assert await is_empty(indexer)
    async with indexer.db_tx() as db_tx:
        await enqueue(db_tx, "t", {})
    assert not await is_empty(indexer)


async def test_same_key_is_one_job(databases: Databases) -> None:
    """A second job with a waiting job's key is not made, and the transaction goes on."""
    api = await databases.role("api")
    async with api.db_tx() as db_tx:
        assert await enqueue(db_tx, "t", {}, dedupe_key="k") is not None
        assert await enqueue(db_tx, "t", {}, dedupe_key="k") is None
        assert await enqueue(db_tx, "t", {}, dedupe_key="other") is not None
    assert await api.fetchval("SELECT count(*) FROM pgqueuer") == 2


async def test_large_payload_is_refused(databases: Databases) -> None:
    """Payloads are ids and little else; more than 64 KiB is refused."""
    api = await databases.role("api")
    async with api.db_tx() as db_tx:
        with pytest.raises(JobTooLarge):
            await enqueue(db_tx, "t", {"a": "x" * 65_536})


async def test_delayed_job_waits(databases: Databases) -> None:
    """A job with a delay is not begun before, and is begun without another hint."""
    worker = await databases.role("worker")
    registry, order = JobRegistry(), []

    @registry.job("note")
    async def note(job: Job[dict[str, Any]], _resources: None) -> None:
        order.append(job.payload["n"])

    async with worker.db_tx() as db_tx:
        await enqueue(db_tx, "note", {"n": "late"}, execute_after_s=0.5)
        await enqueue(db_tx, "note", {"n": "now"})

    async def empty() -> bool:
        return await is_empty(worker)

    async with working(databases.url("worker"), registry):
        await until(empty)
    assert order == ["now", "late"]


async def test_slow_jobs_do_not_hold_up_others(databases: Databases) -> None:
    """Thirty slow jobs wait at a gate, two of them begun; a quick one is done meanwhile."""
    worker = await databases.role("worker")
    registry, gate, quick_done = JobRegistry(), asyncio.Event(), asyncio.Event()
    running, most = 0, 0

    @registry.job("slow", slow=True)
    async def slow(_job: Job[dict[str, Any]], _resources: None) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1

    @registry.job("quick")
    async def quick(_job: Job[dict[str, Any]], _resources: None) -> None:
        quick_done.set()

    async with worker.db_tx() as db_tx:
        for _ in range(30):
            await enqueue(db_tx, "slow", {})

    async def two_begun() -> bool:
        return running == 2

    async def empty() -> bool:
        return await is_empty(worker)

    async with working(databases.url("worker"), registry):
        await until(two_begun)
        async with worker.db_tx() as db_tx:
            await enqueue(db_tx, "quick", {})
        await asyncio.wait_for(quick_done.wait(), 10)
        assert running == 2
        gate.set()
        await until(empty)
    assert most == 2


async def test_failing_job_is_held_listed_and_retried(databases: Databases) -> None:
    """After its tries a job is held with its reason; retried by hand, it is done."""
    worker = await databases.role("worker")
    registry, tries, repaired = JobRegistry(), [], asyncio.Event()

    @registry.job("fragile", tries_max=3, retry_delay_s=0.05)
    async def fragile(job: Job[dict[str, Any]], _resources: None) -> None:
        tries.append((job.try_number, job.is_last_try))
        if not repaired.is_set():
            raise ConnectionError("the other side is away")

    async with worker.db_tx() as db_tx:
        id = await enqueue(db_tx, "fragile", {"file": 7}, dedupe_key="fragile:7")

    async def held() -> Any:
        async with worker.connection() as connection:
            return await list_held(connection)

    async def empty() -> bool:
        return await is_empty(worker)

    async with working(databases.url("worker"), registry):
        [job] = await until(held)
        assert tries == [(1, False), (2, False), (3, True)]
        assert (job.id, job.type, job.payload, job.tries) == (id, "fragile", {"file": 7}, 3)
        assert job.reason == "ConnectionError: the other side is away"
        async with worker.connection() as connection:
            counts = [(c.type, c.status, c.count) for c in await count_jobs(connection)]
        assert ("fragile", "failed", 1) in counts
        repaired.set()
        async with worker.db_tx() as db_tx:
            await retry_held(db_tx, [job.id])
        await until(empty)
    assert await held() == []
    with pytest.raises(JobNotHeld):
        async with worker.db_tx() as db_tx:
            await retry_held(db_tx, [job.id])


async def test_hopeless_job_is_held_at_once(databases: Databases) -> None:
    """A job that cannot succeed, or whose payload has the wrong shape, is tried once."""
    worker = await databases.role("worker")
    registry, tries = JobRegistry(), []

    @registry.job("greet", Greeting)
    async def greet(job: Job[Greeting], _resources: None) -> None:
        tries.append(job.payload.to)
        raise JobCannotSucceed(reason="nobody is there")

    async with worker.db_tx() as db_tx:
        await enqueue(db_tx, "greet", {"to": "you"})
        await enqueue(db_tx, "greet", {"from": "me"})

    async def both_held() -> Any:
        async with worker.connection() as connection:
            found = await list_held(connection)
        return found if len(found) == 2 else None

    async with working(databases.url("worker"), registry):
        found = await until(both_held)
    reasons = sorted(job.reason for job in found)
    assert reasons[0].startswith("JobCannotSucceed: The payload cannot be read: ")
    assert reasons[1] == "JobCannotSucceed: nobody is there"
    assert tries == ["you"]


async def test_job_whose_database_went_away_is_not_held(databases: Databases) -> None:
    """Even with a single try: it waits for the database and is done then."""
    registry, done = JobRegistry(), asyncio.Event()
    tries = 0

    @registry.job("test.away", tries_max=1)
    async def away(_job: Job[Any], _resources: object) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DatabaseUnavailable
        done.set()

    worker = await databases.role("worker")
    async with working(databases.url("worker"), registry):
        async with worker.db_tx() as db_tx:
            await enqueue(db_tx, "test.away", {})
        await asyncio.wait_for(done.wait(), 20)
    async with worker.connection() as db:
        assert await list_held(db) == []


async def test_held_job_queued_anew_is_not_retried(databases: Databases) -> None:
    """Where the same work was queued again under its key, the held job stays held."""
    worker = await databases.role("worker")
    async with worker.db_tx() as db_tx:
        id = await enqueue(db_tx, "t", {}, dedupe_key="k")
        await db_tx.execute("UPDATE pgqueuer SET status = 'failed' WHERE id = $1", id)
        await enqueue(db_tx, "t", {}, dedupe_key="k")
    with pytest.raises(JobQueuedAnew, match=r"the same work \(k\)"):
        async with worker.db_tx() as db_tx:
            await retry_held(db_tx, [id or 0])
    assert await worker.fetchval("SELECT count(*) FROM pgqueuer WHERE status = 'failed'") == 1


@asynccontextmanager
async def process(url: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A worker process; killed at the end if it still runs."""
    child = await asyncio.to_thread(subprocess.Popen, [sys.executable, str(WORKER_PROCESS), url])
    try:
        yield child
    finally:
        child.kill()
        await asyncio.to_thread(child.wait)


async def make_gate(databases: Databases) -> None:
    """The tables that `worker_process.py` works with."""
    owner = await databases.role("owner")
    await owner.execute(
        "CREATE TABLE runs (key text, pid int); CREATE TABLE gate (open bool);"
        "CREATE TABLE ends (key text PRIMARY KEY);"
        "GRANT SELECT, INSERT ON runs, gate, ends TO earnest_worker"
    )


async def test_job_of_a_killed_worker_is_done_by_another(databases: Databases) -> None:
    """kill -9 in the middle of a job: the next worker takes it over and ends it."""
    await make_gate(databases)
    worker = await databases.role("worker")
    async with worker.db_tx() as db_tx:
        await enqueue(db_tx, "gated", {"key": "a"})

    async def begun() -> Any:
        return await worker.fetchval("SELECT count(*) FROM runs") == 1

    async def ended() -> Any:
        return await worker.fetchval("SELECT EXISTS (SELECT FROM ends WHERE key = 'a')")

    async with process(databases.url("worker")) as first:
        await until(begun)
        first.send_signal(signal.SIGKILL)
        await asyncio.to_thread(first.wait)
        assert not await ended()
        async with process(databases.url("worker")) as second:
            await worker.execute("INSERT INTO gate VALUES (true)")
            await until(ended)
            second.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(second.wait, 15) == 0
    pids = [row["pid"] for row in await worker.fetch("SELECT pid FROM runs LIMIT 10")]
    assert pids == [first.pid, second.pid]
    assert await is_empty(worker)


async def test_stopped_worker_lets_its_job_finish(databases: Databases) -> None:
    """SIGTERM: the job under way is finished before the process ends."""
    await make_gate(databases)
    worker = await databases.role("worker")
    async with worker.db_tx() as db_tx:
        await enqueue(db_tx, "gated", {"key": "a"})

    async def begun() -> Any:
        return await worker.fetchval("SELECT count(*) FROM runs") == 1

    async with process(databases.url("worker")) as only:
        await until(begun)
        only.send_signal(signal.SIGTERM)
        await worker.execute("INSERT INTO gate VALUES (true)")
        assert await asyncio.to_thread(only.wait, 15) == 0
    assert await worker.fetchval("SELECT count(*) FROM ends") == 1
    assert await is_empty(worker)


async def test_cancelled_worker_leaves_its_job_queued(databases: Databases) -> None:
    """A worker that is cancelled instead of stopped gives its job back and loses nothing."""
    worker = await databases.role("worker")
    registry, begun = JobRegistry(), asyncio.Event()

    @registry.job("endless")
    async def endless(_job: Job[dict[str, Any]], _resources: None) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with worker.db_tx() as db_tx:
        await enqueue(db_tx, "endless", {})
    task = asyncio.create_task(
        run_worker(databases.url("worker"), registry, None, asyncio.Event(), timing=HURRY)
    )
    await asyncio.wait_for(begun.wait(), 10)
    # The first cancellation waits for jobs under way, the second reaches into them.
    for _ in range(2):
        task.cancel()
        await asyncio.wait([task], timeout=0.3)

    async def ended() -> bool:
        return task.done()

    await until(ended)
    row = await worker.fetchrow("SELECT status::text FROM pgqueuer WHERE entrypoint = 'endless'")
    assert row is not None
    assert row["status"] in ("queued", "picked")


async def test_all_jobs_finish_through_a_crash_of_postgres(tmp_path: Path) -> None:
    """An immediate restart of PostgreSQL under a busy worker: it recovers by itself."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=True) as server:
        owner_url = await create_database(
            server.superuser_dsn, owner_password=OWNER_PASSWORD, database="earnest"
        )
        await migrate(owner_url, PASSWORDS)
        url = role_url(owner_url, "worker", PASSWORDS["worker"])
        worker = await Database.connect(url, application="test", size_max=2)
        registry, done, half = JobRegistry(), set(), asyncio.Event()

        @registry.job("number")
        async def number(job: Job[dict[str, Any]], _resources: None) -> None:
            await asyncio.sleep(0.01)
            done.add(job.payload["n"])
            if len(done) >= 30:
                half.set()

        async with worker.db_tx() as db_tx:
            for n in range(200):
                await enqueue(db_tx, "number", {"n": n})

        async def empty() -> bool:
            return await is_empty(worker)

        async with working(url, registry):
            await asyncio.wait_for(half.wait(), 20)
            await worker.close()
            await server.restart_async(immediate=True)
            worker = await Database.connect(url, application="test", size_max=2)
            await until(empty, seconds=30)
            async with worker.db_tx() as db_tx:
                await enqueue(db_tx, "number", {"n": 200})
            await until(empty)
        await worker.close()
        assert done == set(range(201))


async def test_two_workers_fire_a_tick_once(databases: Databases) -> None:
    """Two workers with one schedule: one row and at most one job per tick, though both try."""
    worker = await databases.role("worker")
    registry, slots = JobRegistry(), []

    @registry.job("clock.strike", tries_max=1)
    async def strike(job: Job[dict[str, Any]], _resources: None) -> None:
        slots.append(job.id)

    registry.every(1, "clock.strike")
    url = databases.url("worker")
    fired = "SELECT count(*) FROM job_ticks WHERE schedule = 'clock.strike'"

    async def thrice() -> Any:
        return await worker.fetchval(fired) >= 3

    async def empty() -> bool:
        return await is_empty(worker)

    async with working(url, registry), working(url, registry):
        await until(thrice)
        await until(empty)
    left = await worker.fetchval("SELECT count(*) FROM pgqueuer WHERE status = 'queued'")
    assert len(slots) == len(set(slots))
    # Fewer, where a tick came while the job of the one before still waited.
    assert 0 < len(slots) + left <= await worker.fetchval(fired)


async def test_tick_is_not_fired_late_or_twice(databases: Databases) -> None:
    """A tick that was fired, or is older than one that was, is never fired again."""
    from earnest.jobs.store import fire_tick

    worker = await databases.role("worker")
    registry = JobRegistry()

    @registry.job("t")
    async def handler(_job: Job[dict[str, Any]], _resources: None) -> None:
        return

    registry.every(60, "t")
    schedule = registry.schedules["t"]
    async with worker.db_tx() as db_tx:
        assert await fire_tick(db_tx, schedule, 5) is True
        assert await fire_tick(db_tx, schedule, 5) is False
        assert await fire_tick(db_tx, schedule, 4) is False
        # The job of slot 5 still waits, so slot 6 is ticked off without another.
        assert await fire_tick(db_tx, schedule, 6) is True
    assert await worker.fetchval("SELECT count(*) FROM pgqueuer") == 1


async def test_sweep_keeps_what_explains_held_jobs(databases: Databases) -> None:
    """Traces of finished jobs go, in bounded steps; those of held jobs stay, and the last tick."""
    worker = await databases.role("worker")
    registry = JobRegistry()

    @registry.job("t", tries_max=1)
    async def handler(job: Job[dict[str, Any]], _resources: None) -> None:
        if job.payload.get("fail"):
            raise ValueError("no")

    registry.every(3_600, "t", payload={})

    async def settled() -> bool:
        left = await worker.fetchval(
            "SELECT count(*) FROM pgqueuer WHERE status <> 'failed' AND entrypoint = 't'"
        )
        return bool(left == 0)

    async with worker.db_tx() as db_tx:
        await enqueue(db_tx, "t", {"fail": True})
        await enqueue(db_tx, "t", {})
    async with working(databases.url("worker"), registry):
        await until(settled)
    zero = timedelta(0)
    async with worker.db_tx() as db_tx:
        await sweep_finished(db_tx, log_kept=zero, statistics_kept=zero, ticks_kept=zero)
    async with worker.connection() as connection:
        [held] = await list_held(connection)
    assert held.reason == "ValueError: no"
    ids = await worker.fetch("SELECT DISTINCT job_id FROM pgqueuer_log LIMIT 10")
    assert held.id in {row["job_id"] for row in ids}
    assert len(ids) <= 2  # the sweep's own job may wait
    assert await worker.fetchval("SELECT count(*) FROM job_ticks WHERE schedule = 't'") == 1


def test_registry_refuses_what_it_cannot_do() -> None:
    """A type has one handler, a schedule a known type, a name of its own and a period."""
    registry = JobRegistry()

    @registry.job("t")
    async def handler(_job: Job[dict[str, Any]], _resources: None) -> None:
        return

    with pytest.raises(JobTypeTaken):
        registry.job("t")
    with pytest.raises(JobTypeUnknown):
        registry.every(60, "other")
    registry.every(60, "t")
    with pytest.raises(JobTypeTaken):
        registry.every(30, "t")
    with pytest.raises(ValueError, match="0 s"):
        registry.every(0, "t", name="never")
