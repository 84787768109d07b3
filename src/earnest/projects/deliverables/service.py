"""Work handed in for a milestone: versions that are added and never changed."""

from datetime import datetime
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.ids import new_id
from earnest.notifications import NotificationKind
from earnest.projects import service, service_view, store
from earnest.projects.deliverables import store as store_deliverables
from earnest.projects.deliverables.store import Deliverable
from earnest.projects.errors import (
    MilestoneUnknown,
    NotTheFreelancer,
    ProjectNotAgreed,
    ProjectUnknown,
    TooManyVersions,
)
from earnest.projects.funding import service as service_funding
from earnest.projects.funding import store as store_funding
from earnest.projects.rules import VERSIONS_MAX, read_links
from earnest.projects.rules_chain import MilestoneStatus, milestone_status
from earnest.projects.service_view import Part
from earnest.projects.store import Project
from earnest.projects.store_files import KeptFile, require_files


class NewDeliverable(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed in; checked for shape already."""

    note: str
    links: list[str]
    files: list[UUID]


async def hand_in(
    db_tx: Connection,
    account: UUID,
    project_id: UUID,
    milestone_num: int,
    new: NewDeliverable,
    now: datetime,
) -> Deliverable:
    """Adds the next version for a milestone, before or after the call that completes it.

    Raises `ProjectUnknown`, `NotTheFreelancer` for its client, `ProjectNotAgreed`,
    `MilestoneUnknown`, `TooManyVersions`, and what `require_files` raises.
    """
    project = await store.lock_project(db_tx, project_id)
    if project is None:
        raise ProjectUnknown
    found = await service_funding.find_funding(db_tx, project_id)
    agreement = await store_funding.standing_agreement(db_tx, project_id)
    if found is not None:
        agreement = found[1].agreement
    if agreement is None or agreement.freelancer != account:
        if project.client != account:
            raise ProjectUnknown
        raise ProjectNotAgreed if agreement is None else NotTheFreelancer
    _require_milestone(project, milestone_num)
    version = await store_deliverables.last_version(db_tx, project_id, milestone_num) + 1
    if version > VERSIONS_MAX:
        raise TooManyVersions(most=VERSIONS_MAX)
    given = Deliverable(
        id=new_id(),
        project_id=project_id,
        milestone_num=milestone_num,
        version=version,
        handed_in_by=account,
        note=new.note,
        links=read_links(new.links),
        files=await require_files(db_tx, account, new.files),
        created_at=now,
    )
    await store_deliverables.insert_deliverable(db_tx, given)
    await service.tell(
        db_tx,
        NotificationKind.DELIVERABLE_HANDED_IN,
        project,
        to=[project.client],
        key=f"deliverable:{given.id}",
        milestoneNum=milestone_num,
        version=version,
    )
    return given


async def list_versions(
    db: Connection, account: UUID, project_id: UUID, milestone_num: int
) -> list[Deliverable]:
    """Every version, newest first, for the parties, and for arbiters while it is disputed.

    Raises `ProjectUnknown` for everybody else, `MilestoneUnknown`.
    """
    project = await _require_reader(db, account, project_id, milestone_num)
    _require_milestone(project, milestone_num)
    return await store_deliverables.list_deliverables(db, project_id, milestone_num)


async def find_file(
    db: Connection, account: UUID, project_id: UUID, deliverable_id: UUID, file_id: UUID
) -> KeptFile | None:
    """One document of a version, for those who may read it; None where there is none."""
    found = await store_deliverables.find_deliverable(db, project_id, deliverable_id)
    if found is None:
        return None
    await _require_reader(db, account, project_id, found.milestone_num)
    return next((file for file in found.files if file.file_id == file_id), None)


async def _require_reader(
    db: Connection, account: UUID, project_id: UUID, milestone_num: int
) -> Project:
    project = await service.require_project(db, project_id)
    found = await service_funding.find_funding(db, project_id)
    agreement = await store_funding.standing_agreement(db, project_id)
    live = found[1].live if found else None
    if found is not None:
        agreement = found[1].agreement
    part = await service_view.find_part(db, account, project, agreement, live)
    if part in (Part.CLIENT, Part.FREELANCER):
        return project
    if part is Part.ARBITER and live is not None:
        milestone = next((m for m in live.milestones if m.milestone_num == milestone_num), None)
        disputed = any(each.milestone_num == milestone_num for each in live.disputes)
        if disputed or milestone_status(milestone) is MilestoneStatus.DISPUTED:
            return project
    raise ProjectUnknown


def _require_milestone(project: Project, num: int) -> None:
    if not 1 <= num <= len(project.milestones):
        raise MilestoneUnknown(num=num)
