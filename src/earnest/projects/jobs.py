"""Background work of projects."""

from datetime import datetime
from typing import Any, Protocol

import structlog

from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import Database
from earnest.projects.funding import store as store_funding
from earnest.projects.proposals import service as service_proposals
from earnest.projects.rules import HINT_MAX_AGE, UNFUNDED_MAX

log = structlog.get_logger(__name__)

LAPSE_EVERY_S = 60
BATCH = 100


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database
    clock: Clock


async def lapse_acceptances(database: Database, now: datetime) -> int:
    """Opens projects again that nobody funded in time; how many. Forgets hints of old."""
    before = now - UNFUNDED_MAX
    async with database.connection() as db:
        overdue = await store_funding.unfunded_since(db, before, BATCH)
    lapsed = 0
    for project_id in overdue:
        async with database.db_tx() as db_tx:
            lapsed += await service_proposals.lapse_acceptance(db_tx, project_id, before, now)
    async with database.connection() as db:
        await store_funding.drop_old_hints(db, now - HINT_MAX_AGE, BATCH * 10)
    if lapsed:
        log.info("acceptances_lapsed", count=lapsed)
    return lapsed


def register_jobs(registry: JobRegistry) -> None:
    """Looks every minute for acceptances that were not funded in time."""

    @registry.job("projects.lapse_acceptances", tries_max=1)
    async def lapse(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await lapse_acceptances(resources.database, resources.clock.now())

    registry.every(LAPSE_EVERY_S, "projects.lapse_acceptances")
