"""When the arbiters' time is over, both sides are told that the default can be carried out.

Nothing is printed when a height is reached, so a job looks. What it tells is a right, not a fact of
the past: the escrow's live view says that it is there now.
"""

from typing import Any, Protocol

from earnest.jobs import Job, JobRegistry
from earnest.kit.db import Connection, Database
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind, notify
from earnest.projects import store
from earnest.projects.disputes import store as store_disputes
from earnest.projects.disputes.rules import DisputeId
from earnest.projects.disputes.service import about
from earnest.projects.disputes.store import OverdueDispute
from earnest.projects.service_view import read_clock

REMIND_JOB = "projects.tell_overdue_disputes"
REMIND_EVERY_S = 60


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database
    settings: Settings


def register_reminder_jobs(registry: JobRegistry) -> None:
    """Looks every minute for disputes that the arbiters have left undecided."""

    @registry.job(REMIND_JOB, tries_max=1)
    async def remind(_job: Job[dict[str, Any]], resources: Resources) -> None:
        if resources.settings.stacks_contract:
            await tell_overdue(resources.database, resources.settings.stacks_contract)

    registry.every(REMIND_EVERY_S, REMIND_JOB)


async def tell_overdue(database: Database, contract: str) -> int:
    """Tells both sides of disputes whose default can be carried out; how many there are. Who was
    told of one is told nothing again."""
    async with database.connection() as db:
        clock = await read_clock(db)
        if clock is None:
            return 0
        found = await store_disputes.overdue_disputes(db, contract, clock.burn_height)
    for overdue in found:
        async with database.db_tx() as db_tx:
            await _tell(db_tx, overdue)
    return len(found)


async def _tell(db_tx: Connection, overdue: OverdueDispute) -> None:
    project = await store.find_project(db_tx, overdue.project_id)
    if project is None:
        return
    id = DisputeId(project.id, overdue.milestone_num)
    await notify(
        db_tx,
        to=[project.client, overdue.freelancer],
        kind=NotificationKind.DEFAULT_POSSIBLE,
        subject=f"dispute:{id}",
        data=about(project, id)
        | {"amountMinor": str(overdue.amount_minor), "bps": overdue.default_bps},
        key=f"default_possible:{overdue.creation_tx_id}:{overdue.milestone_num}",
    )
