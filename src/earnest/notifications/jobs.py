"""Background work of notifications: forgetting what is long over."""

from datetime import timedelta
from typing import Any, Protocol

from earnest.jobs import Job, JobRegistry
from earnest.kit.db import Database
from earnest.notifications import store
from earnest.notifications.rules import KEPT_DAYS

SWEEP_JOB = "notifications.sweep"
SWEEP_EVERY_S = 3_600


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database


def register_jobs(registry: JobRegistry) -> None:
    """Sweeps notifications that are older than `KEPT_DAYS`."""

    @registry.job(SWEEP_JOB, tries_max=1)
    async def sweep(_job: Job[dict[str, Any]], resources: Resources) -> None:
        async with resources.database.connection() as connection:
            await store.forget_old(connection, timedelta(days=KEPT_DAYS))

    registry.every(SWEEP_EVERY_S, SWEEP_JOB)
