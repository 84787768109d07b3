"""Next task and vote, beside the peers: the same work on fresh copies of one database.

Servers take turns, round after round, so that what the machine does meanwhile hits all alike;
figures are medians over the rounds. CPU seconds are those of the server's own processes.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.database import Cluster, Copy, connect
from benchmarks.load import Load, Reads, Votes, Work, run_load
from benchmarks.machine import cpu_seconds, memory_mb
from benchmarks.seed import check_votes, fund_tasks, seed_tasks, seed_workers, spread_workers
from benchmarks.servers import SERVERS, Running, Server, running, tokens

CONNECTIONS = 32
VOTES_WANTED = 16
WARM_S = 1.5
# Workers begin this many tasks apart; there are seats for so many votes a second.
APART = 40
VOTES_S_MAX = 8_000


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One measured phase. Rates per second, latencies in ms, CPU in seconds of the phase."""

    requests: int
    rate: float
    per_cpu_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_s: float
    postgres_cpu_s: float
    load_cpu_s: float
    memory_before_mb: float
    memory_after_mb: float


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one server."""

    server: str
    reads: Leg
    votes: Leg
    counted: int


async def seed_votes(connection: Any, *, tasks: int) -> None:
    """Tasks enough for the fastest, paid for, with workers spread along the queue."""
    await seed_workers(connection, CONNECTIONS)
    await seed_tasks(connection, 1, tasks, votes_wanted=VOTES_WANTED)
    await fund_tasks(connection)
    await spread_workers(connection, CONNECTIONS, apart=APART)


async def measure_votes(
    cluster: Cluster,
    folder: Path,
    *,
    seconds: float,
    rounds: int,
    servers: Sequence[Server] = SERVERS,
) -> list[Round]:
    """Every server in turn, `rounds` times."""
    tasks = int(APART * CONNECTIONS + VOTES_S_MAX / VOTES_WANTED * (seconds + WARM_S))
    template = await cluster.make("votes", lambda c: seed_votes(c, tasks=tasks))
    found = []
    for number in range(rounds):
        first = number % len(servers)  # nobody is always the one after the seeding
        for server in (*servers[first:], *servers[:first]):
            copy = await cluster.clone(template, f"votes_{number}_{server.key}")
            found.append(await _turn(cluster, server, copy, folder, seconds))
            print(f"  round {number + 1} {server.title}: {found[-1].reads.rate:.0f} reads/s,"
                  f" {found[-1].votes.rate:.0f} votes/s")  # fmt: skip
            await cluster.drop(copy)
    await cluster.drop(template)
    return found


async def _turn(
    cluster: Cluster, server: Server, copy: Copy, folder: Path, seconds: float
) -> Round:
    signed_in = tokens(CONNECTIONS)
    with running(server, copy, folder / f"{server.key}.log") as at:
        await run_load(at.port, [Reads(token) for token in signed_in], WARM_S)
        reads = await _leg(cluster, at, [Reads(token) for token in signed_in], seconds)
        warm = [Votes(token) for token in signed_in]
        await run_load(at.port, [*warm], WARM_S)
        votes = [Votes(token) for token in signed_in]
        voted = await _leg(cluster, at, [*votes], seconds)
    connection = await connect(copy.superuser)
    try:
        counted = await check_votes(connection, sum(work.given for work in [*warm, *votes]))
    finally:
        await connection.close()
    return Round(server=server.key, reads=reads, votes=voted, counted=counted)


async def _leg(cluster: Cluster, at: Running, works: list[Work], seconds: float) -> Leg:
    memory_before_mb = memory_mb(at.pid)
    server_before, postgres_before = cpu_seconds(at.pid), cpu_seconds(cluster.server.pid)
    load: Load = await run_load(at.port, works, seconds)
    server_cpu_s = cpu_seconds(at.pid) - server_before
    return Leg(
        requests=load.requests,
        rate=load.requests / load.seconds,
        per_cpu_s=load.requests / server_cpu_s,
        p50_ms=load.quantile_ms(0.5),
        p99_ms=load.quantile_ms(0.99),
        server_cpu_s=server_cpu_s,
        postgres_cpu_s=cpu_seconds(cluster.server.pid) - postgres_before,
        load_cpu_s=load.cpu_s,
        memory_before_mb=memory_before_mb,
        memory_after_mb=memory_mb(at.pid),
    )


def median_leg(rounds: Sequence[Round], server: str, leg: str) -> Leg:
    """The medians of one leg of one server over its rounds."""
    legs = [getattr(r, leg) for r in rounds if r.server == server]
    return Leg(
        **{
            name: statistics.median(getattr(found, name) for found in legs)
            for name in Leg.__struct_fields__
        }
    )
