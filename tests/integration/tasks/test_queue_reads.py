"""How much is read to find the next task: the same however long the queue and the past are.

Counted in rows, not in time. One requester has posted everything, which is what misleads the
planner most.
"""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from benchmarks.seed import fund_tasks, seed_tasks, seed_workers, worker_id
from tests.conftest import Databases

TASKS = 3_000
ANSWERED = 2_000
ROWS_MAX = 40
NEWCOMER, OLD_HAND, AT_THE_END = worker_id(1), worker_id(2), worker_id(3)

_ANSWER = """
UPDATE task_seats s SET worker = $1, expires_at = now(), voted_at = now(), option_id =
    (SELECT o.id FROM task_options o WHERE o.task_id = s.task_id AND o.position = 1)
  FROM tasks t WHERE t.id = s.task_id AND s.number = 1 AND t.open_seq <= $2
"""
_READ = """
SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int
  FROM pg_stat_xact_user_tables WHERE relname IN ('tasks', 'task_seats', 'task_positions')
"""


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Any]:
    """Three thousand open tasks; two thousand of them answered by one worker."""
    connection = await asyncpg.connect(
        databases.superuser_url, server_settings={"search_path": "earnest"}
    )
    await connection.execute("SET session_replication_role = replica")
    await seed_workers(connection, 3)
    await seed_tasks(connection, 1, TASKS, votes_wanted=3, options=2)
    await fund_tasks(connection)
    await connection.execute(_ANSWER, OLD_HAND, ANSWERED)
    await connection.execute("UPDATE tasks SET votes = 1 WHERE open_seq <= $1", ANSWERED)
    await connection.executemany(
        "INSERT INTO task_positions (worker, after_seq) VALUES ($1, $2)",
        [(OLD_HAND, ANSWERED), (AT_THE_END, TASKS)],
    )
    await connection.execute("RESET session_replication_role")
    await connection.execute("VACUUM (ANALYZE)")
    yield connection
    await connection.close()


async def _rows_read(db: Any, query: str, *args: Any) -> tuple[Any, int]:
    async with db.transaction():
        before = await db.fetchval(_READ)
        answer = await db.fetchval(query, *args)
        return answer, await db.fetchval(_READ) - before


@pytest.mark.parametrize(
    ("worker", "finds"), [(NEWCOMER, True), (OLD_HAND, True), (AT_THE_END, False)]
)
async def test_next_task_reads_a_few_rows(db: Any, worker: Any, finds: bool) -> None:  # noqa: FBT001
    """For the first task, the one after two thousand answers, and none; and for the seat again."""
    ask = "SELECT tasks_next($1, interval '10 minutes', '')"
    for _ in range(3):
        answer, rows = await _rows_read(db, ask, worker)
        assert (answer is not None) is finds
        assert rows <= ROWS_MAX


async def test_vote_reads_a_few_rows(db: Any) -> None:
    """A vote after two thousand others, and the seat that comes with its answer."""
    for _ in range(8):
        await db.fetchval("SELECT tasks_next($1, interval '10 minutes', '')", OLD_HAND)
        seat = await db.fetchrow(
            "SELECT s.task_id, o.id FROM task_seats s JOIN task_options o USING (task_id)"
            " WHERE s.waiting = $1 LIMIT 1",
            OLD_HAND,
        )
        _, rows = await _rows_read(
            db,
            "SELECT tasks_vote($1, $2, $3, interval '10 minutes', '')",
            OLD_HAND,
            seat["task_id"],
            seat["id"],
        )
        assert rows <= ROWS_MAX
