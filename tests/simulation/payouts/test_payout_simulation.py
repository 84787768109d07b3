"""Three hundred seeded runs of payouts under faults. `make simulate RUNS=5000` plays more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.conftest import Databases
from tests.simulation.payouts.faults import POINTS
from tests.simulation.payouts.run import kept_seeds, open_ground, play_seeds, summarize

RUNS = 300
ROLES = ("api", "worker", "indexer", "signer_ro", "owner")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Hundreds of runs would log every refused broadcast."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.mark.timeout(900)
async def test_nothing_is_lost_and_nothing_paid_twice(databases: Databases, tmp_path: Path) -> None:
    """Whatever fails, every payout ends once, and at the end ledger and chain are the same.

    Each run aims at one crash point, so that all of them were died at.
    """
    urls = {role: databases.url(role) for role in ROLES}
    async with open_ground(urls, tmp_path) as ground:
        outcomes = await play_seeds(ground, [*kept_seeds(), *range(1, RUNS + 1)])
    died_at = {point for outcome in outcomes for point in outcome.crashed_at}
    assert set(POINTS) <= died_at, summarize(outcomes)
    assert {point for outcome in outcomes for point in outcome.passed} == set(POINTS)
    assert all(
        sum(getattr(outcome, name) for outcome in outcomes)
        for name in ("final", "failed", "expired", "landed_failed_alone", "landed_failed_together")
    ), summarize(outcomes)


async def test_a_seed_plays_the_same_again(databases: Databases, tmp_path: Path) -> None:
    """Without that a failing seed could not be looked into."""
    urls = {role: databases.url(role) for role in ROLES}
    async with open_ground(urls, tmp_path) as ground:
        first = await play_seeds(ground, [3, 8, 21])
        again = await play_seeds(ground, [3, 8, 21])
    assert first == again
