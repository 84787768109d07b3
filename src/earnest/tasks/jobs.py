"""Background work of tasks."""

from typing import Any, Protocol

from earnest.jobs import Job, JobRegistry
from earnest.kit.db import Database
from earnest.tasks.service import sweep_seats

SWEEP_EVERY_S = 5


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database


def register_jobs(registry: JobRegistry) -> None:
    """Sweeps lapsed seats every few seconds. A lapsed seat can be taken without it, too."""

    @registry.job("tasks.sweep_seats", tries_max=1)
    async def sweep(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await sweep_seats(resources.database)

    registry.every(SWEEP_EVERY_S, "tasks.sweep_seats")
