"""When Bitcoin has reached a height that gives somebody a right, they are told once.

Nothing is printed when a height is reached, so a job looks: the freelancer may claim what the
client left unanswered, the client may take back what was never handed in, and anyone may carry out
the default that arbiters left. What is told is a right, not a fact of the past: the escrow's live
view says that it is there now.
"""

from typing import Any, Protocol
from uuid import UUID

from earnest.escrow import divide
from earnest.jobs import Job, JobRegistry
from earnest.kit.db import Connection, Database
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind, notify
from earnest.projects import store
from earnest.projects.disputes.rules import DisputeId
from earnest.projects.disputes.service import about
from earnest.projects.service_view import read_clock
from earnest.projects.store import Project
from earnest.projects.store_reminders import DUE_MAX, Due, key_of, list_due

REMIND_JOB = "projects.tell_what_is_due"
REMIND_EVERY_S = 60
_ALL_BPS = 10_000

_K = NotificationKind
_KINDS = (_K.MILESTONE_CLAIMABLE, _K.MILESTONE_RECLAIMABLE, _K.DEFAULT_POSSIBLE)


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database
    settings: Settings


def register_reminder_jobs(registry: JobRegistry) -> None:
    """Looks every minute for rights that have come."""

    @registry.job(REMIND_JOB, tries_max=1)
    async def remind(_job: Job[dict[str, Any]], resources: Resources) -> None:
        if resources.settings.stacks_contract:
            await tell_due(resources.database, resources.settings.stacks_contract)

    registry.every(REMIND_EVERY_S, REMIND_JOB)


async def tell_due(database: Database, contract: str, *, limit: int = DUE_MAX) -> int:
    """Tells at most `limit` rights of each kind that nobody was told of; how many were told."""
    count = 0
    async with database.connection() as db:
        clock = await read_clock(db)
    if clock is None:
        return 0
    for kind in _KINDS:
        async with database.connection() as db:
            found = await list_due(db, contract, kind, clock.burn_height, limit=limit)
        for due in found:
            async with database.db_tx() as db_tx:
                await _tell(db_tx, kind, due)
        count += len(found)
    return count


async def _tell(db_tx: Connection, kind: NotificationKind, due: Due) -> None:
    project = await store.find_project(db_tx, due.project_id)
    if project is None:
        return
    id = DisputeId(project.id, due.milestone_num)
    to, subject, facts = _words_of(kind, due, project, id)
    await notify(
        db_tx,
        to=to,
        kind=kind,
        subject=subject,
        data=facts,
        key=key_of(kind, due.creation_tx_id, due.milestone_num),
    )


def _words_of(
    kind: NotificationKind, due: Due, project: Project, id: DisputeId
) -> tuple[list[UUID], str, dict[str, Any]]:
    """Who is told, what they open, and the facts. A claim pays what the fee leaves."""
    facts = about(project, id) | {"amountMinor": str(due.amount_minor)}
    if kind is _K.DEFAULT_POSSIBLE:
        return [due.client, due.freelancer], f"dispute:{id}", facts | {"bps": due.default_bps}
    del facts["disputeId"]
    if kind is _K.MILESTONE_RECLAIMABLE:
        return [due.client], f"project:{project.id}", facts
    paid = divide(due.amount_minor, _ALL_BPS, due.fee_bps).net_minor
    return [due.freelancer], f"project:{project.id}", facts | {"amountMinor": str(paid)}
