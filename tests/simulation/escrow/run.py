"""`make simulate OF=escrow RUNS=5000`, or one seed again: `make simulate OF=escrow SEED=123`."""

import asyncio
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg

from earnest.kit.db import SCHEMA, Database
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import ROLES, create_database, migrate, role_url
from tests.simulation.escrow.mortal import Nursery, open_api
from tests.simulation.escrow.player import make_histories, open_player
from tests.simulation.escrow.world import Ground, Outcome, Run, history_of

FAILING_SEEDS = Path(__file__).with_name("failing_seeds.txt")


class SeedFailed(AssertionError):
    """A run ended otherwise than it must. Its seed is in the message."""


def kept_seeds() -> list[int]:
    """Seeds that failed once, and are run every time since."""
    lines = FAILING_SEEDS.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]


@asynccontextmanager
async def open_ground(
    owner_url: str, indexer_url: str, folder: Path, seeds: Iterable[int]
) -> AsyncIterator[Ground]:
    """A ground on a freshly migrated database, with the histories of these seeds in `folder`."""
    await make_histories(folder, sorted({history_of(seed) for seed in seeds}))
    async with AsyncExitStack() as stack:
        player = await stack.enter_async_context(open_player(folder))
        nursery = await stack.enter_async_context(Nursery.open())
        api = await stack.enter_async_context(open_api(player.apis))
        owner = await asyncpg.connect(owner_url, server_settings={"search_path": SCHEMA})
        stack.push_async_callback(owner.close)
        indexer = await Database.connect(indexer_url, application="simulation", size_max=4)
        stack.push_async_callback(indexer.close)
        yield Ground(
            owner=owner,
            indexer=indexer,
            indexer_url=indexer_url,
            player=player,
            api=api,
            nursery=nursery,
            folder=folder,
        )


async def play_seeds(ground: Ground, seeds: Iterable[int]) -> list[Outcome]:
    """Plays each seed; raises `SeedFailed` at the first that ends wrong."""
    outcomes: list[Outcome] = []
    for seed in seeds:
        try:
            outcomes.append(await Run(ground, seed).play())
        except Exception as error:
            raise SeedFailed(
                f"seed {seed}: {type(error).__name__}: {error}"
                f" (replay: make simulate OF=escrow SEED={seed})"
            ) from error
    return outcomes


def summarize(outcomes: list[Outcome]) -> str:
    """What the runs did, in a few lines."""

    def counted(name: str) -> str:
        total: Counter[str] = Counter()
        for outcome in outcomes:
            total.update(getattr(outcome, name))
        return ", ".join(f"{count} {what}" for what, count in sorted(total.items()))

    return "\n".join(
        [
            f"{len(outcomes)} runs: {sum(o.reorgs for o in outcomes)} reorgs,"
            f" {sum(o.is_deep for o in outcomes)} below finality",
            f"  rows of the log: {counted('rows')}",
            f"  deaths: {counted('deaths')}",
            f"  faults: {counted('faults')}",
            f"  rounds that came to nothing: {counted('refusals')}",
        ]
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _keep(seed: int) -> None:
    if seed not in kept_seeds():
        with FAILING_SEEDS.open("a", encoding="utf-8") as file:
            file.write(f"{seed}\n")


async def _play(seeds: list[int], server: EmbeddedPostgres, folder: Path) -> None:
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    owner_url = await create_database(
        server.superuser_dsn, owner_password=secrets.token_urlsafe(12), database="simulation"
    )
    await migrate(owner_url, passwords)
    indexer_url = role_url(owner_url, "indexer", passwords["indexer"])
    began, outcomes = time.monotonic(), list[Outcome]()
    async with open_ground(owner_url, indexer_url, folder, seeds) as ground:
        _say(f"the histories are made, {time.monotonic() - began:.0f} s")
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


def simulate(seeds: list[int]) -> int:
    """Plays these seeds on a database of their own; 1 when one failed, which then is kept."""
    with (
        tempfile.TemporaryDirectory(prefix="earnest-simulation-") as folder,
        EmbeddedPostgres(Path(folder) / "db", durable=False) as server,
    ):
        histories = Path(folder) / "histories"
        histories.mkdir()
        try:
            asyncio.run(_play(seeds, server, histories))
        except SeedFailed:
            return 1
    return 0
