"""`make simulate OF=payouts RUNS=5000`, or one seed again: `make simulate OF=payouts SEED=123`."""

import asyncio
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from earnest.kit.db import Database
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import ROLES, create_database, migrate, role_url
from tests.simulation.payouts.faults import POINTS
from tests.simulation.payouts.world import Ground, Outcome, Run

FAILING_SEEDS = Path(__file__).with_name("failing_seeds.txt")


class SeedFailed(AssertionError):
    """A run ended otherwise than it must. Its seed is in the message."""


def kept_seeds() -> list[int]:
    """Seeds that failed once, and are run every time since."""
    lines = FAILING_SEEDS.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]


@asynccontextmanager
async def open_ground(urls: dict[str, str], folder: Path) -> AsyncIterator[Ground]:
    """A ground on a freshly migrated database; `urls` by role, `owner` too."""
    async with AsyncExitStack() as stack:
        roles: dict[str, Database] = {}
        for role, url in urls.items():
            roles[role] = await Database.connect(url, application=f"simulation {role}", size_max=3)
            stack.push_async_callback(roles[role].close)
        ground = Ground(roles, folder)
        await ground.open()
        yield ground


async def play_seeds(ground: Ground, seeds: Iterable[int]) -> list[Outcome]:
    """Plays each seed; raises `SeedFailed` at the first that ends wrong."""
    outcomes: list[Outcome] = []
    for seed in seeds:
        try:
            outcomes.append(await Run(ground, seed).play())
        except Exception as error:
            raise SeedFailed(
                f"seed {seed}: {type(error).__name__}: {error}"
                f" (replay: make simulate OF=payouts SEED={seed})"
            ) from error
        ground.clock.advance(86_400)
    return outcomes


def summarize(outcomes: list[Outcome]) -> str:
    """What the runs did, in a few lines."""
    crashes: Counter[str] = Counter(point for o in outcomes for point in o.crashed_at)
    passed: Counter[str] = Counter(point for o in outcomes for point in o.passed)
    lines = [
        f"{len(outcomes)} runs: {sum(o.payouts for o in outcomes)} payouts,"
        f" {sum(o.final for o in outcomes)} final, {sum(o.failed for o in outcomes)} failed"
        " with the hold released",
        f"  attempts: {sum(o.expired for o in outcomes)} expired,"
        f" {sum(o.landed_failed_together for o in outcomes)} landed failed with several payouts,"
        f" {sum(o.landed_failed_alone for o in outcomes)} with one",
        "  runs that came by, and that crashed there:",
        *(f"  {passed[point]:6d} {crashes[point]:6d}  {point}" for point in POINTS),
    ]
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _keep(seed: int) -> None:
    if seed not in kept_seeds():
        with FAILING_SEEDS.open("a", encoding="utf-8") as file:
            file.write(f"{seed}\n")


async def _main(seeds: list[int], server: EmbeddedPostgres) -> int:
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    owner_url = await create_database(
        server.superuser_dsn, owner_password=secrets.token_urlsafe(12), database="simulation"
    )
    await migrate(owner_url, passwords)
    urls = {role: role_url(owner_url, role, passwords[role]) for role in ROLES}
    began, outcomes = time.monotonic(), list[Outcome]()
    with tempfile.TemporaryDirectory(prefix="earnest-simulation-") as folder:
        async with open_ground({**urls, "owner": owner_url}, Path(folder)) as ground:
            for number, seed in enumerate(seeds, start=1):
                try:
                    outcomes += await play_seeds(ground, [seed])
                except SeedFailed as error:
                    _say(str(error))
                    _keep(seed)
                    raise
                if number % 100 == 0:
                    _say(f"{number} runs, {time.monotonic() - began:.0f} s")
    _say(summarize(outcomes))
    return 0


def simulate(seeds: list[int]) -> int:
    """Plays these seeds on a database of their own; 1 when one failed, which then is kept."""
    with (
        tempfile.TemporaryDirectory(prefix="earnest-simulation-db-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
    ):
        try:
            return asyncio.run(_main(seeds, server))
        except SeedFailed:
            return 1
