"""SQL of terms as they were before a change."""

from datetime import datetime
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.projects.rules import MilestoneTerms
from earnest.projects.store import Project


class OldTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal agrees to, in one version. Amounts in minor units of the project's asset.
    `replaced_at` is None for the version that stands."""

    version: int
    title: str
    description: str
    silent_bps: int
    milestones: list[MilestoneTerms]
    replaced_at: datetime | None


async def keep_terms(db_tx: Connection, project: Project, now: datetime) -> None:
    """Keeps the terms of a project as they are before it is changed."""
    milestones = [
        {
            "title": each.title,
            "acceptance": each.acceptance,
            "amountMinor": str(each.amount_minor),
            "days": each.days,
        }
        for each in project.milestones
    ]
    await db_tx.execute(
        "INSERT INTO project_terms"
        " (project_id, version, title, description, silent_bps, milestones, replaced_at)"
        " VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7)",
        project.id,
        project.terms_version,
        project.title,
        project.description,
        project.silent_bps,
        msgspec.json.encode(milestones).decode(),
        now,
    )


async def find_terms(db: Connection, project_id: UUID, version: int) -> OldTerms | None:
    """The terms of a version that was replaced."""
    row = await db.fetchrow(
        "SELECT version, title, description, silent_bps, milestones::text AS milestones,"
        " replaced_at FROM project_terms WHERE project_id = $1 AND version = $2",
        project_id,
        version,
    )
    if row is None:
        return None
    milestones = [
        MilestoneTerms(
            each["title"], each["acceptance"], int(each["amountMinor"]), int(each["days"])
        )
        for each in msgspec.json.decode(row["milestones"])
    ]
    return OldTerms(**(dict(row) | {"milestones": milestones}))
