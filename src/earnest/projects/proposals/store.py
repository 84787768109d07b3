"""SQL of proposals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset
from earnest.projects.rules import ProposalStatus, Share, Stage
from earnest.projects.store_files import KeptFile, files_of, keep_files, read_files


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a freelancer offers. Amounts in minor units of the project's asset, `days` and those of
    the shares after funding; one share per milestone, in their order. What begins with `project_`
    is the project's as it stands now."""

    id: UUID
    project_id: UUID
    freelancer: UUID
    freelancer_address: str
    cover_letter: str
    budget_minor: int
    days: int
    shares: list[Share]
    links: list[str]
    files: list[KeptFile]
    terms_version: int
    status: ProposalStatus
    created_at: datetime
    decided_at: datetime | None
    project_title: str
    project_stage: Stage
    project_terms_version: int
    asset: Asset


_PROPOSALS = """
SELECT o.id, o.project_id, o.freelancer, o.freelancer_address, o.cover_letter, o.budget_minor,
       o.days, o.amounts_minor, o.milestone_days, o.links, o.terms_version, o.status,
       o.created_at, o.decided_at, p.title AS project_title, p.stage AS project_stage,
       p.terms_version AS project_terms_version, p.asset,
       {files} AS files
  FROM proposals AS o JOIN projects AS p ON p.id = o.project_id
""".format(files=files_of("proposal_files", "proposal_id", "o.id"))


def _proposal(row: Any) -> Proposal:
    fields = {name: row[name] for name in Proposal.__struct_fields__ if name != "shares"}
    shares = zip(row["amounts_minor"], row["milestone_days"], strict=True)
    return msgspec.convert(
        fields
        | {
            "budget_minor": int(row["budget_minor"]),
            "files": read_files(row["files"]),
            "shares": [Share(int(amount), days) for amount, days in shares],
        },
        Proposal,
    )


async def insert_proposal(db_tx: Connection, proposal: Proposal) -> None:
    """A new proposal with its files. Of two by one freelancer the second breaks
    `proposals_one_each`."""
    await db_tx.execute(
        "INSERT INTO proposals (id, project_id, freelancer, freelancer_address, cover_letter,"
        " budget_minor, days, amounts_minor, milestone_days, links, terms_version, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        proposal.id,
        proposal.project_id,
        proposal.freelancer,
        proposal.freelancer_address,
        proposal.cover_letter,
        proposal.budget_minor,
        proposal.days,
        [share.amount_minor for share in proposal.shares],
        [share.days for share in proposal.shares],
        proposal.links,
        proposal.terms_version,
        proposal.created_at,
    )
    await keep_files(db_tx, "proposal_files", "proposal_id", proposal.id, proposal.files)


async def find_proposal(db: Connection, id: UUID) -> Proposal | None:
    """A proposal, locked by nobody. Lock its project before changing it."""
    row = await db.fetchrow(f"{_PROPOSALS} WHERE o.id = $1", id)
    return None if row is None else _proposal(row)


async def count_of_project(db: Connection, project_id: UUID) -> int:
    """How many proposals a project ever had."""
    count: int = await db.fetchval(
        "SELECT count(*) FROM proposals WHERE project_id = $1", project_id
    )
    return count


async def count_waiting_of(db: Connection, freelancer: UUID, most: int) -> int:
    """How many proposals of a freelancer await an answer, counted up to `most`."""
    count: int = await db.fetchval(
        "SELECT count(*) FROM (SELECT FROM proposals AS o JOIN projects AS p ON p.id = o.project_id"
        " WHERE o.freelancer = $1 AND o.status = 'waiting' AND p.stage <> 'cancelled'"
        " LIMIT $2) AS counted",
        freelancer,
        most,
    )
    return count


async def unwithdrawn_of(db: Connection, project_id: UUID, freelancer: UUID) -> Proposal | None:
    """The one proposal of a freelancer to a project that was not taken back."""
    row = await db.fetchrow(
        f"{_PROPOSALS} WHERE o.project_id = $1 AND o.freelancer = $2 AND o.status <> 'withdrawn'",
        project_id,
        freelancer,
    )
    return None if row is None else _proposal(row)


async def set_status(
    db_tx: Connection, id: UUID, before: ProposalStatus, after: ProposalStatus, now: datetime
) -> bool:
    """Moves one proposal; false when it was not as expected."""
    moved = await db_tx.fetchval(
        "UPDATE proposals SET status = $3, decided_at = CASE WHEN $3 = 'waiting' THEN NULL"
        " ELSE $4::timestamptz END WHERE id = $1 AND status = $2 RETURNING true",
        id,
        before.value,
        after.value,
        now,
    )
    return bool(moved)


async def set_statuses(
    db_tx: Connection,
    project_id: UUID,
    before: ProposalStatus,
    after: ProposalStatus,
    now: datetime,
) -> list[UUID]:
    """Moves all proposals of a project that have one status; their freelancers."""
    rows = await db_tx.fetch(
        "UPDATE proposals SET status = $3, decided_at = CASE WHEN $3 = 'waiting' THEN NULL"
        " ELSE $4::timestamptz END WHERE project_id = $1 AND status = $2 RETURNING freelancer",
        project_id,
        before.value,
        after.value,
        now,
    )
    return [row["freelancer"] for row in rows]


async def confirm_terms(db_tx: Connection, id: UUID, terms_version: int) -> None:
    """Has a waiting proposal stand for these terms."""
    await db_tx.execute(
        "UPDATE proposals SET terms_version = $2 WHERE id = $1 AND status = 'waiting'",
        id,
        terms_version,
    )


async def proposers(
    db: Connection, project_id: UUID, statuses: Sequence[ProposalStatus]
) -> list[UUID]:
    """Who has a proposal of one of these statuses."""
    rows = await db.fetch(
        "SELECT freelancer FROM proposals WHERE project_id = $1 AND status = ANY ($2::text[])",
        project_id,
        [status.value for status in statuses],
    )
    return [row["freelancer"] for row in rows]


async def list_of_project(
    db: Connection,
    project_id: UUID,
    *,
    only: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Proposal]:
    """At most `limit` proposals to a project, oldest first, those of one freelancer if given."""
    rows = await db.fetch(
        f"{_PROPOSALS} WHERE o.project_id = $1 AND ($2::uuid IS NULL OR o.freelancer = $2)"
        " AND ($3::timestamptz IS NULL OR (o.created_at, o.id) > ($3, $4::uuid))"
        " ORDER BY o.created_at, o.id LIMIT $5",
        project_id,
        only,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_proposal(row) for row in rows]


async def list_of_freelancer(
    db: Connection,
    freelancer: UUID,
    address: str,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Proposal]:
    """At most `limit` proposals made with one wallet of an account, newest first."""
    rows = await db.fetch(
        f"{_PROPOSALS} WHERE o.freelancer = $1 AND o.freelancer_address = $2"
        " AND ($3::timestamptz IS NULL OR (o.created_at, o.id) < ($3, $4::uuid))"
        " ORDER BY o.created_at DESC, o.id DESC LIMIT $5",
        freelancer,
        address,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_proposal(row) for row in rows]
