"""SQL of deliverables: rows are added and never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.projects.store_files import KeptFile, files_of, keep_files, read_files


class Deliverable(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what was handed in for a milestone."""

    id: UUID
    project_id: UUID
    milestone_num: int
    version: int
    handed_in_by: UUID
    note: str
    links: list[str]
    files: list[KeptFile]
    created_at: datetime


_DELIVERABLES = f"""
SELECT d.id, d.project_id, d.milestone_num, d.version, d.handed_in_by, d.note, d.links,
       d.created_at, {files_of("deliverable_files", "deliverable_id", "d.id")} AS files
  FROM deliverables AS d
"""


def _deliverable(row: Any) -> Deliverable:
    return Deliverable(**dict(row) | {"files": read_files(row["files"])})


async def last_version(db: Connection, project_id: UUID, milestone_num: int) -> int:
    """The number of the newest version; 0 before the first."""
    return int(
        await db.fetchval(
            "SELECT coalesce(max(version), 0) FROM deliverables"
            " WHERE project_id = $1 AND milestone_num = $2",
            project_id,
            milestone_num,
        )
    )


async def insert_deliverable(db_tx: Connection, given: Deliverable) -> None:
    """The next version; of two with one number the second breaks a unique index."""
    await db_tx.execute(
        "INSERT INTO deliverables (id, project_id, milestone_num, version, handed_in_by, note,"
        " links, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        given.id,
        given.project_id,
        given.milestone_num,
        given.version,
        given.handed_in_by,
        given.note,
        given.links,
        given.created_at,
    )
    await keep_files(db_tx, "deliverable_files", "deliverable_id", given.id, given.files)


async def list_deliverables(
    db: Connection, project_id: UUID, milestone_num: int
) -> list[Deliverable]:
    """Every version for a milestone, newest first; at most as many as there may be."""
    rows = await db.fetch(
        f"{_DELIVERABLES} WHERE d.project_id = $1 AND d.milestone_num = $2"
        " ORDER BY d.version DESC LIMIT 100",
        project_id,
        milestone_num,
    )
    return [_deliverable(row) for row in rows]


async def find_deliverable(db: Connection, project_id: UUID, id: UUID) -> Deliverable | None:
    """One version of a project's."""
    row = await db.fetchrow(
        f"{_DELIVERABLES} WHERE d.project_id = $1 AND d.id = $2", project_id, id
    )
    return None if row is None else _deliverable(row)
