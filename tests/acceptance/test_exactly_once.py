"""Ten runs in which a real process is killed while payouts are under way.

What is killed, and when, follows from a seed, which is printed; `EARNEST_KILL_SEED=…` plays the
same choices again (the moment within the work is the machine's own).
"""

import asyncio
import os
import random
import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.marketplace import (
    SOL,
    Caller,
    Marketplace,
    Poster,
    marketplace,
    settle_in,
)
from tests.acceptance.system import SLOT_MS, RunningSystem, earnest_up

RUNS = 10
SEED = int(os.environ.get("EARNEST_KILL_SEED") or secrets.randbelow(1_000_000))
SMALLEST = 1_000_000
KILLS = {
    "api": signal.SIGKILL,
    "worker": signal.SIGKILL,
    "signer": signal.SIGKILL,
    "indexer": signal.SIGKILL,
    "s3": signal.SIGKILL,
    # "Immediate": every session is cut off where it stands, and recovery is from the log.
    "postgres": signal.SIGQUIT,
}


def plan(seed: int) -> list[tuple[str, float]]:
    """For each run which process is killed, and how many seconds after the last request.

    Each process is killed at least once, those that move money more often. Nothing is final
    before 32 slots have passed; half of the moments fall into the signing, which is over sooner.
    """
    chance = random.Random(seed)
    names = [*KILLS, "worker", "worker", "signer", "postgres"]
    chance.shuffle(names)
    until_final_s = 32 * SLOT_MS / 1_000
    return [
        (name, round(chance.uniform(0.0, until_final_s * chance.choice((0.2, 1.0))), 3))
        for name in names[:RUNS]
    ]


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system for this module to hurt, one for all ten runs."""
    with earnest_up(tmp_path_factory.mktemp("killed") / "var", "--no-stacks") as system:
        yield system


@pytest.fixture(scope="module")
def known(hurt: RunningSystem) -> tuple[dict[str, str], Poster]:
    """Who posts, and the URLs."""
    return settle_in(hurt)


@pytest.fixture(scope="module")
def payees(hurt: RunningSystem, known: tuple[dict[str, str], Poster]) -> list[Caller]:
    """People with balance enough for all runs, in SOL, who have nothing on the chain."""

    async def earn() -> list[Caller]:
        async with marketplace(hurt, *known) as market:
            workers = await market.visitors(6)
            await market.earn(workers, price_minor=SOL)
            return workers

    return asyncio.run(earn())


@pytest.fixture
async def market(
    hurt: RunningSystem, known: tuple[dict[str, str], Poster]
) -> AsyncIterator[Marketplace]:
    """The people and the chain."""
    async with marketplace(hurt, *known) as made:
        yield made


@pytest.mark.parametrize("run", range(RUNS))
async def test_every_payout_arrives_exactly_once(
    market: Marketplace, payees: list[Caller], run: int
) -> None:
    """One process is killed under payouts: each arrives once, and ledger = chain afterwards."""
    name, after_s = plan(SEED)[run]
    played = f"EARNEST_KILL_SEED={SEED}, run {run}: {name} is killed after {after_s} s"
    print(played)  # noqa: T201  (a fault run says how to play it again)
    people = [Caller(market.api, market.http, each.wallet, each._token) for each in payees]
    before = {each.address: Counter(await received(market, each)) for each in people}
    # Sums that differ from each other and from those of other runs tell every transfer apart.
    sums = [SMALLEST + run * 1_000 + number for number in range(2)]
    asked = [(each, await each.take_out(sum_minor)) for sum_minor in sums for each in people]
    # Not to wait for anything: this is the moment that the seed chose.
    await asyncio.sleep(after_s)
    pid = market.hit(name, KILLS[name])
    assert pid, f"{name} did not live"
    await market.until_replaced(name, pid)

    done = await asyncio.gather(
        *(
            market.until_payout(each, payout, "final", "failed", seconds=90)
            for each, payout in asked
        )
    )
    assert {payout["status"] for payout in done} == {"final"}, played
    last = max([(await market.landed(tx)).slot for tx in {payout["chainTx"] for payout in done}])
    await market.until_books_past(last)
    for each in people:
        new = Counter(await received(market, each)) - before[each.address]
        assert new == Counter(sums), (played, each.address)
        _available, locked = await each.balance()
        assert locked == 0, played
    verified = await asyncio.to_thread(market.system.earnest, "ledger", "verify")
    assert verified.returncode == 0, (played, verified.stdout, verified.stderr)


async def received(market: Marketplace, person: Caller) -> list[int]:
    """The sums of all final transfers from the treasury to somebody."""
    return [amount for _tx, amount in await market.received(person.address, market.treasury)]
