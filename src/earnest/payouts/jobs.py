"""Background work of payouts: a round every second or two, and a look back every minute."""

from typing import Any, Protocol

from earnest.jobs import Job, JobRegistry
from earnest.payouts.engine import PayoutEngine
from earnest.payouts.metrics import observe
from earnest.payouts.service import ROUND_JOB

LOOK_BACK_JOB = "payouts.look_back"
ROUND_EVERY_S = 2
LOOK_BACK_EVERY_S = 60


class Resources(Protocol):
    """What the handlers need of the worker's resources."""

    @property
    def payout_engine(self) -> PayoutEngine:
        """The engine of this process."""
        ...

    @property
    def database(self) -> Any:
        """The pool of role `worker`."""
        ...


def register_jobs(registry: JobRegistry) -> None:
    """Adds the handlers and schedules. The next tick is as good as a retry: one try each."""

    @registry.job(ROUND_JOB, tries_max=1)
    async def run_round(_job: Job[Any], resources: Resources) -> None:
        await resources.payout_engine.run_round()

    @registry.job(LOOK_BACK_JOB, tries_max=1)
    async def look_back(_job: Job[Any], resources: Resources) -> None:
        await resources.payout_engine.check_finals()
        await observe(resources.database)

    registry.every(ROUND_EVERY_S, ROUND_JOB)
    registry.every(LOOK_BACK_EVERY_S, LOOK_BACK_JOB)
