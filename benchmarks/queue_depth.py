"""The next task, however many are open, and however many answers a worker has given.

Sizes take turns within each round. A worker who never came before takes a seat at the front of the
queue; one who is back asks again for the seat; one at the end finds nothing; a worker with 100
thousand answers votes on, beside one with none at the same place in the queue.
"""

import json
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from benchmarks.database import Cluster, Copy, connect
from benchmarks.load import UnexpectedAnswer, get_next, run_load
from benchmarks.seed import seed_tasks, seed_workers, worker_id
from benchmarks.servers import EARNEST, running, tokens

WORKERS = 1_200
VOTES_WANTED = 3
ANSWERS = 100_000
TTL = "interval '10 minutes'"
MEDIA = "http://127.0.0.1/media"
_SEEDED_AT_ONCE = 100_000


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Median latency in ms of one kind of request, over all rounds."""

    what: str
    open_tasks: int
    answers: int
    p50_ms: float
    times_first: float


class _Times:
    def __init__(self) -> None:
        self._ms: dict[tuple[str, int, int], list[float]] = {}

    def add(self, what: str, open_tasks: int, answers: int, took_ms: Iterable[float]) -> None:
        self._ms.setdefault((what, open_tasks, answers), []).extend(took_ms)

    def latencies(self) -> list[Latency]:
        found: list[Latency] = []
        for (what, open_tasks, answers), took_ms in self._ms.items():
            p50_ms = statistics.median(took_ms)
            first = next((f for f in found if f.what == what), None)
            found.append(
                Latency(
                    what=what,
                    open_tasks=open_tasks,
                    answers=answers,
                    p50_ms=p50_ms,
                    times_first=p50_ms / first.p50_ms if first else 1.0,
                )
            )
        return found


async def measure_queue(
    cluster: Cluster, folder: Path, *, rounds: int, sizes: Sequence[int]
) -> list[Latency]:
    """Medians by size, then by answers given."""
    times = _Times()
    await _measure_answers(cluster, times, rounds)
    databases = {size: await _make(cluster, size) for size in sizes}
    next_worker = dict.fromkeys(sizes, 1)
    each = WORKERS // (rounds * 2 + 1)
    for _ in range(rounds):
        for size, database in databases.items():
            first = next_worker[size]
            next_worker[size] += 2 * each
            at_hand = [worker_id(n) for n in range(first, first + each)]
            connection = await connect(database.api)
            times.add("takes a seat, SQL", size, 0, await _ask(connection, at_hand))
            times.add("has a seat, SQL", size, 0, await _ask(connection, at_hand))
            nothing_ms = await _ask(connection, [worker_id(WORKERS)] * each, finds=False)
            times.add("finds nothing further, SQL", size, 0, nothing_ms)
            await connection.close()
            taken, held = await _over_http(database, folder, first + each, each)
            times.add("takes a seat, HTTP", size, 0, taken)
            times.add("has a seat, HTTP", size, 0, held)
    for database in databases.values():
        await cluster.drop(database)
    return times.latencies()


async def _measure_answers(cluster: Cluster, times: _Times, rounds: int) -> None:
    answered = await _make(cluster, ANSWERS + 20_000, answered=ANSWERS)
    workers = {0: worker_id(1), ANSWERS: worker_id(2)}
    for _ in range(rounds):
        for answers, worker in workers.items():
            connection = await connect(answered.api)
            votes_ms = await _vote(connection, worker, 150)
            times.add("votes and takes the next seat, SQL", ANSWERS + 20_000, answers, votes_ms)
            held_ms = await _ask(connection, [worker] * 150)
            times.add("asks again, SQL", ANSWERS + 20_000, answers, held_ms)
            await connection.close()
    await cluster.drop(answered)


async def _make(cluster: Cluster, size: int, *, answered: int = 0) -> Copy:
    async def seed(connection: Any) -> None:
        await seed_workers(connection, WORKERS)
        for first in range(1, size + 1, _SEEDED_AT_ONCE):
            last = min(size, first + _SEEDED_AT_ONCE - 1)
            # Nobody asks for orders here, so a million of them is spared.
            await seed_tasks(
                connection, first, last, votes_wanted=VOTES_WANTED, options=2, orders=False
            )
        await connection.execute(
            "INSERT INTO task_positions (worker, after_seq) VALUES ($1, $2)",
            worker_id(WORKERS),
            size,
        )
        if answered:
            await _answer(connection, answered)

    print(f"  writing {size:,} open tasks")
    return await cluster.make(f"queue_{size}_{answered}", seed)


async def _answer(connection: Any, answered: int) -> None:
    """Worker 2 has answered the first tasks; worker 1 has passed them without a seat."""
    await connection.execute(
        "UPDATE task_seats s SET worker = $1, expires_at = now(), voted_at = now(), option_id ="
        " (SELECT o.id FROM task_options o WHERE o.task_id = s.task_id AND o.position = 1)"
        " FROM tasks t WHERE t.id = s.task_id AND s.number = 1 AND t.open_seq <= $2",
        worker_id(2),
        answered,
    )
    await connection.execute("UPDATE tasks SET votes = 1 WHERE open_seq <= $1", answered)
    await connection.executemany(
        "INSERT INTO task_positions (worker, after_seq) VALUES ($1, $2)",
        [(worker_id(1), answered), (worker_id(2), answered)],
    )
    # Votes are paid for: one account has the money of all tasks here.
    await connection.execute(
        "WITH a AS (INSERT INTO ledger_accounts (name, type, asset, balance) VALUES"
        " ('bench:tasks', 'liability', 'SOL', 10 ^ 15) RETURNING id)"
        " UPDATE tasks SET ledger_account = a.id FROM a"
    )


async def _ask(connection: Any, workers: Sequence[UUID], *, finds: bool = True) -> list[float]:
    statement = await connection.prepare(f"SELECT tasks_next($1, {TTL}, $2)")
    took_ms = []
    for worker in workers:
        began_s = time.perf_counter()
        answer = await statement.fetchval(worker, MEDIA)
        took_ms.append(1_000 * (time.perf_counter() - began_s))
        if (answer is not None) is not finds:
            raise RuntimeError(f"expected {'a' if finds else 'no'} task, found {answer}")
    return took_ms


async def _vote(connection: Any, worker: UUID, count: int) -> list[float]:
    answer = await connection.fetchval(f"SELECT tasks_next($1, {TTL}, $2)", worker, MEDIA)
    statement = await connection.prepare(f"SELECT tasks_vote($1, $2, $3, {TTL}, $4)")
    task, took_ms = json.loads(answer)["task"], []
    for _ in range(count):
        option = task["options"][0]["id"]
        began_s = time.perf_counter()
        answer = await statement.fetchval(worker, UUID(task["id"]), UUID(option), MEDIA)
        took_ms.append(1_000 * (time.perf_counter() - began_s))
        task = json.loads(answer)["next"]["task"]
    return took_ms


class _EachTwice:
    """Asks twice for each worker: the first answer takes a seat, the second finds it."""

    def __init__(self, signed_in: Sequence[str]) -> None:
        self._requests = [get_next(token) for token in signed_in for _ in range(2)]
        self._asked = 0

    def first(self) -> bytes:
        """The first worker's first question."""
        return self._requests[0]

    def then(self, status: int, body: bytes) -> bytes | None:
        """The next question, until all are asked."""
        if status != 200:
            raise UnexpectedAnswer(f"{status} {body[:300]!r}")
        self._asked += 1
        return self._requests[self._asked] if self._asked < len(self._requests) else None


async def _over_http(
    database: Copy, folder: Path, first: int, count: int
) -> tuple[list[float], list[float]]:
    """One connection; latencies in ms of the first and of the second question of each worker."""
    signed_in = tokens(count, first=first)
    with running(EARNEST, database, folder / "queue-earnest.log") as at:
        load = await run_load(at.port, [_EachTwice(signed_in)], 60)
    # The first ones meet a cold process.
    took_ms = [1_000 * seconds for seconds in load.latencies_s[20:]]
    return took_ms[0::2], took_ms[1::2]
