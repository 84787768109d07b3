"""Three hundred seeded runs of the indexer under faults. `make simulate OF=escrow` plays more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.conftest import Databases
from tests.simulation.escrow.run import kept_seeds, open_ground, play_seeds, summarize
from tests.simulation.escrow.world import FAULTS

RUNS = 300


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Hundreds of runs would log every answer that was refused."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.mark.timeout(900)
async def test_log_and_views_say_what_the_winning_branch_says(
    databases: Databases, tmp_path: Path
) -> None:
    """Whatever fails, both views end as the contract's own maps, and each event is told once.

    A reorg below finality halts, and goes on when a person says so; what is rebuilt is the same.
    A seed plays the same again.
    """
    seeds = [*kept_seeds(), *range(1, RUNS + 1)]
    urls = databases.url("owner"), databases.url("indexer")
    async with open_ground(*urls, tmp_path, seeds) as ground:
        outcomes = await play_seeds(ground, seeds)
        played = {outcome.seed: outcome for outcome in outcomes}
        # Without that a failing seed could not be looked into. Kill -9 strikes where it strikes.
        again = await play_seeds(ground, [3, 8, 21])
        assert again == [played[outcome.seed] for outcome in again]
    died_at = {point for outcome in outcomes for point in outcome.deaths}
    assert died_at == {
        "kill -9",
        "commit: before",
        "commit: done",
        "statement: before",
        "statement: done",
    }, summarize(outcomes)
    gone_wrong = {fault for outcome in outcomes for fault in outcome.faults}
    assert gone_wrong == set(FAULTS), summarize(outcomes)
    assert sum(outcome.is_deep for outcome in outcomes) >= 10, summarize(outcomes)
    assert sum(outcome.reorgs for outcome in outcomes) >= RUNS, summarize(outcomes)
