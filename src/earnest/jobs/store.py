"""All SQL about jobs. The queue's tables are PgQueuer's, and its own statements are preferred."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder

from earnest.jobs.errors import JobNotHeld, JobTooLarge
from earnest.jobs.registry import Schedule
from earnest.kit.db import Connection

PAYLOAD_BYTES_MAX = 65_536
HELD_LISTED_MAX = 1_000
SWEEP_ROWS_MAX = 10_000
# How long what happened to finished jobs is kept, for a person who looks into a fault.
LOG_KEPT = timedelta(days=3)
STATISTICS_KEPT = timedelta(days=14)
TICKS_KEPT = timedelta(days=1)


class HeldJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that failed for good and waits for a person. `reason` is the last error."""

    id: int
    type: str
    payload: Any
    tries: int
    created_at: datetime
    held_at: datetime
    reason: str


class RetriedJob(msgspec.Struct, frozen=True):
    """A job that was held and is queued again, with how often it had been tried."""

    id: int
    type: str
    tries: int


class QueueCount(msgspec.Struct, frozen=True):
    """How many jobs of a type are `queued`, `picked` (running) or `failed` (held)."""

    type: str
    status: str
    count: int


async def enqueue(
    connection: Connection,
    type: str,
    payload: Any,
    *,
    dedupe_key: str | None = None,
    execute_after_s: float = 0,
) -> int | None:
    """Adds a job within the caller's transaction: it exists if and only if that commits.

    Returns the job's id, or None when a job with the same `dedupe_key` waits or runs already.
    A running one may have looked at its subject before your change: where that matters, leave
    the key out. `payload` is anything msgspec can write as JSON; raises `JobTooLarge`.
    """
    encoded = msgspec.json.encode(payload)
    if len(encoded) > PAYLOAD_BYTES_MAX:
        raise JobTooLarge(type=type, size_bytes=len(encoded), size_bytes_max=PAYLOAD_BYTES_MAX)
    # PgQueuer's own statement, sent by us: its `Queries.enqueue` hands the headers over as JSON
    # text, which the JSON codec of our pools would encode a second time.
    rows = await connection.fetch(
        QueryQueueBuilder().build_enqueue_query("skip"),
        [0],
        [type],
        [encoded],
        [timedelta(seconds=execute_after_s)],
        [dedupe_key],
        [None],
    )
    return int(rows[0]["id"]) if rows else None


async def fire_tick(connection: Connection, schedule: Schedule, slot: int) -> bool:
    """Claims one tick of a schedule and enqueues its job; False if the tick was fired before.

    To be called inside a transaction, so that tick and job exist together or not at all.
    """
    claimed = await connection.fetchval(
        "INSERT INTO job_ticks (schedule, slot) SELECT $1, $2 WHERE NOT EXISTS"
        " (SELECT FROM job_ticks WHERE schedule = $1 AND slot >= $2)"
        " ON CONFLICT DO NOTHING RETURNING true",
        schedule.name,
        slot,
    )
    if not claimed:
        return False
    ticks = f"tick:{_like(schedule.name)}:%"
    # Of a schedule that keeps failing, the latest held job says enough.
    await connection.execute(
        "DELETE FROM pgqueuer AS job WHERE entrypoint = $1 AND status = 'failed'"
        " AND dedupe_key LIKE $2 AND EXISTS (SELECT FROM pgqueuer AS later"
        "  WHERE later.entrypoint = $1 AND later.status = 'failed'"
        "    AND later.dedupe_key LIKE $2 AND later.id > job.id)",
        schedule.type,
        ticks,
    )
    waits = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pgqueuer WHERE entrypoint = $1 AND status = 'queued'"
        " AND dedupe_key LIKE $2)",
        schedule.type,
        ticks,
    )
    if not waits:
        key = f"tick:{schedule.name}:{slot}"
        await enqueue(connection, schedule.type, schedule.payload, dedupe_key=key)
    return True


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def list_held(
    connection: Connection, *, limit: int = 100, before: tuple[datetime, int] | None = None
) -> list[HeldJob]:
    """The held jobs, the latest first, at most `limit` of them; `before` is when the last one of
    the page before was held, and its id."""
    rows = await connection.fetch(
        """
        SELECT job.id, job.entrypoint, job.payload, job.attempts, job.created, job.updated,
               (SELECT coalesce(log.traceback ->> 'exception_type', '') || ': '
                    || coalesce(log.traceback ->> 'exception_message', '')
                  FROM pgqueuer_log AS log
                 WHERE log.job_id = job.id AND log.traceback IS NOT NULL
                 ORDER BY log.created DESC, log.id DESC LIMIT 1) AS reason
          FROM pgqueuer AS job
         WHERE job.status = 'failed'
           AND ($2::timestamptz IS NULL OR (job.updated, job.id) < ($2, $3::bigint))
         ORDER BY job.updated DESC, job.id DESC
         LIMIT $1
        """,
        min(limit, HELD_LISTED_MAX),
        before[0] if before else None,
        before[1] if before else None,
    )
    return [
        HeldJob(
            id=row["id"],
            type=row["entrypoint"],
            payload=_readable(row["payload"]),
            tries=row["attempts"] + 1,
            created_at=row["created"],
            held_at=row["updated"],
            reason=row["reason"] or "unknown: its log has been lost",
        )
        for row in rows
    ]


async def oldest_held_at(connection: Connection) -> datetime | None:
    """Since when the job waits that has been held longest; None while none is held."""
    found: datetime | None = await connection.fetchval(
        "SELECT min(updated) FROM pgqueuer WHERE status = 'failed'"
    )
    return found


def _readable(payload: bytes | None) -> Any:
    try:
        return msgspec.json.decode(payload or b"null")
    except msgspec.DecodeError:
        return (payload or b"").decode(errors="replace")


async def retry_held(connection: Connection, ids: Sequence[int]) -> list[RetriedJob]:
    """Queues held jobs again, with all their tries. To be called inside a transaction.

    Raises `JobNotHeld` for an id that is not held, and `JobQueuedAnew` where the same work has
    been queued under its key meanwhile.
    """
    retried: list[RetriedJob] = []
    # In one order, so that two who retry the same ones wait for each other and don't block.
    for id in sorted(set(ids)):
        row = await connection.fetchrow("SELECT job_type, tries FROM jobs_retry_held($1)", id)
        if row is None:
            raise JobNotHeld(id=id)
        retried.append(RetriedJob(id, row["job_type"], row["tries"]))
    return retried


async def count_jobs(connection: Connection) -> list[QueueCount]:
    """How many jobs there are by type and status. Finished ones are gone and not counted."""
    rows = await connection.fetch(
        "SELECT entrypoint, status::text, count(*) AS count FROM pgqueuer"
        " GROUP BY entrypoint, status ORDER BY entrypoint, status LIMIT 1000"
    )
    return [QueueCount(row["entrypoint"], row["status"], row["count"]) for row in rows]


async def is_queued(connection: Connection, type: str) -> bool:
    """Whether a job of a type waits or runs."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pgqueuer WHERE entrypoint = $1"
            " AND status IN ('queued', 'picked'))",
            type,
        )
    )


async def sweep_finished(
    connection: Connection,
    *,
    log_kept: timedelta = LOG_KEPT,
    statistics_kept: timedelta = STATISTICS_KEPT,
    ticks_kept: timedelta = TICKS_KEPT,
) -> int:
    """Deletes what is left of finished jobs, bounded by `SWEEP_ROWS_MAX` a table; how many rows.

    What tells why a job is held stays as long as it is held; so does each schedule's last tick.
    """
    tags = [
        await connection.execute(
            "DELETE FROM pgqueuer_log WHERE id IN (SELECT id FROM pgqueuer_log AS log"
            " WHERE log.created < now() - $1::interval AND NOT EXISTS"
            " (SELECT FROM pgqueuer AS job WHERE job.id = log.job_id)"
            " ORDER BY log.created LIMIT $2)",
            log_kept,
            SWEEP_ROWS_MAX,
        ),
        await connection.execute(
            "DELETE FROM pgqueuer_statistics WHERE id IN (SELECT id FROM pgqueuer_statistics"
            " WHERE created < now() - $1::interval ORDER BY created LIMIT $2)",
            statistics_kept,
            SWEEP_ROWS_MAX,
        ),
        await connection.execute(
            "DELETE FROM job_ticks AS tick WHERE tick.fired_at < now() - $1::interval AND EXISTS"
            " (SELECT FROM job_ticks AS later"
            "   WHERE later.schedule = tick.schedule AND later.slot > tick.slot)",
            ticks_kept,
        ),
    ]
    return sum(int(tag.rsplit(" ", 1)[-1]) for tag in tags)
