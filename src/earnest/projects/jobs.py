"""Background work of projects."""

from datetime import datetime
from typing import Any, Protocol

import structlog

from earnest.chains.stacks import sync_status
from earnest.escrow import divide
from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import Connection, Database
from earnest.kit.money import BASIS_POINTS
from earnest.notifications import NotificationKind
from earnest.projects import service, service_proposals, store_funding
from earnest.projects.rules import HINT_MAX_AGE, UNFUNDED_MAX

log = structlog.get_logger(__name__)

LAPSE_EVERY_S = 60
WINDOWS_EVERY_S = 60
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


async def tell_windows(database: Database) -> int:
    """Tells freelancers what they can claim, and clients what they can take back, once the height
    has come; how many were told."""
    async with database.connection() as db:
        status = await sync_status(db)
        if status is None or status.tip_burn_height is None:
            return 0
        windows = await store_funding.untold_windows(
            db, status.contract, status.tip_burn_height, BATCH
        )
    for window in windows:
        async with database.db_tx() as db_tx:
            await _tell_window(db_tx, window)
    return len(windows)


async def _tell_window(db_tx: Connection, window: store_funding.OpenWindow) -> None:
    project = await service.require_project(db_tx, window.project_id)
    kind, what = NotificationKind.MILESTONE_RECLAIMABLE, "reclaimable"
    amount_minor = window.amount_minor
    if window.submitted:
        kind, what = NotificationKind.MILESTONE_CLAIMABLE, "claimable"
        amount_minor = divide(amount_minor, BASIS_POINTS, window.fee_bps).net_minor
    await service.tell(
        db_tx,
        kind,
        project,
        to=[window.account],
        key=f"{what}:{window.creation_tx_id}:{window.milestone_num}",
        milestoneNum=window.milestone_num,
        amountMinor=str(amount_minor),
        asset=project.asset.value,
    )


def register_jobs(registry: JobRegistry) -> None:
    """Looks every minute for acceptances that were not funded in time, and for milestones whose
    height has come."""

    @registry.job("projects.lapse_acceptances", tries_max=1)
    async def lapse(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await lapse_acceptances(resources.database, resources.clock.now())

    @registry.job("projects.tell_windows", tries_max=1)
    async def windows(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await tell_windows(resources.database)

    registry.every(LAPSE_EVERY_S, "projects.lapse_acceptances")
    registry.every(WINDOWS_EVERY_S, "projects.tell_windows")
