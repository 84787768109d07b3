"""What the passing of Bitcoin blocks opens: told to whoever may act now.

Nothing is printed when a height is reached, so a job looks. What it tells is a right, not a fact of
the past: the escrow's live view says that it is there now.
"""

from typing import Any, Protocol

from earnest.escrow import MilestoneStatus
from earnest.jobs import Job, JobRegistry
from earnest.kit.db import Connection, Database
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind, notify
from earnest.projects import store
from earnest.projects.rules_disputes import DisputeId
from earnest.projects.service_disputes import about
from earnest.projects.service_view import read_clock
from earnest.projects.store_reminders import Due, list_due

REMIND_JOB = "projects.remind"
REMIND_EVERY_S = 300


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database
    settings: Settings


_KINDS = {
    MilestoneStatus.LOCKED: NotificationKind.MILESTONE_RECLAIMABLE,
    MilestoneStatus.SUBMITTED: NotificationKind.MILESTONE_CLAIMABLE,
    MilestoneStatus.DISPUTED: NotificationKind.DEFAULT_POSSIBLE,
}


def register_reminder_jobs(registry: JobRegistry) -> None:
    """Looks every few minutes whose time has come."""

    @registry.job(REMIND_JOB, tries_max=1)
    async def remind(_job: Job[dict[str, Any]], resources: Resources) -> None:
        if resources.settings.stacks_contract:
            await tell_due(resources.database, resources.settings.stacks_contract)

    registry.every(REMIND_EVERY_S, REMIND_JOB)


async def tell_due(database: Database, contract: str) -> int:
    """Tells those who may reclaim, claim or carry out a default; how many milestones there are.
    Who was told of a height is told nothing again."""
    async with database.connection() as db:
        clock = await read_clock(db)
        found = [] if clock is None else await list_due(db, contract, clock.burn_height)
    for due in found:
        async with database.db_tx() as db_tx:
            await _tell(db_tx, due)
    return len(found)


async def _tell(db_tx: Connection, due: Due) -> None:
    project = await store.find_project(db_tx, due.project_id)
    if project is None:
        return
    to = {
        MilestoneStatus.LOCKED: [project.client],
        MilestoneStatus.SUBMITTED: [due.freelancer],
        MilestoneStatus.DISPUTED: [project.client, due.freelancer],
    }[due.status]
    id = DisputeId(project.id, due.milestone_num)
    is_disputed = due.status is MilestoneStatus.DISPUTED
    await notify(
        db_tx,
        to=to,
        kind=_KINDS[due.status],
        subject=f"dispute:{id}" if is_disputed else f"project:{project.id}",
        data=about(project, id)
        | {"amountMinor": str(due.amount_minor), "height": due.height}
        | ({"bps": due.default_bps} if is_disputed else {}),
        key=f"due:{due.status}:{due.creation_tx_id}:{due.milestone_num}:{due.height}",
    )
