"""SQL of projects: what is wanted, by whom, and where it stands."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset
from earnest.projects.rules import Category, MilestoneTerms, Stage
from earnest.projects.rules_chain import ProjectStatus


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project as its client wrote it. Amounts in minor units of `asset`.

    `proposals_waiting` counts those that await an answer.
    """

    id: UUID
    client: UUID
    client_address: str
    title: str
    description: str
    category: Category
    skills: list[str]
    asset: Asset
    silent_bps: int
    total_minor: int
    terms_version: int
    stage: Stage
    proposals_waiting: int
    milestones: list[MilestoneTerms]
    reviewed_at: datetime | None
    created_at: datetime
    changed_at: datetime


class Place(msgspec.Struct, frozen=True):
    """Where a project stands in a list. `keys` are what the list is sorted by before the time, as
    text: none in a list of the newest."""

    keys: tuple[str, ...]
    created_at: datetime
    id: UUID


class ListedProject(msgspec.Struct, frozen=True):
    """A project in a list, with its status by each view and its place."""

    project: Project
    status: ProjectStatus
    final_status: ProjectStatus
    place: Place


class ProjectOrder(StrEnum):
    """How a list of projects is sorted. Sums compare within one asset alone: a list in the order of
    sums has the assets one after the other."""

    NEWEST = "newest"
    HIGHEST = "highest"
    LOWEST = "lowest"
    SOONEST = "soonest"  # due in the fewest days


class ProjectFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which projects; None is any. `words` are searched in title, skills and description.

    `client` and `freelancer` are accounts, the latter of an agreement that stands or was funded.
    """

    status: ProjectStatus | None = None
    category: Category | None = None
    skills: Sequence[str] = ()
    asset: Asset | None = None
    budget_min_minor: int | None = None
    budget_max_minor: int | None = None
    days_max: int | None = None
    client_address: str | None = None
    words: str | None = None
    client: UUID | None = None
    freelancer: UUID | None = None


# Which of its escrows a project shows: one that is there, of the agreement that stands, the first.
ESCROW = """
LATERAL (
  SELECT l.contract, l.creation_tx_id, l.agreement_id, live.number,
         live.status AS live_status, final.status AS final_status
    FROM project_escrows AS l
    JOIN project_agreements AS a ON a.id = l.agreement_id
    LEFT JOIN escrow_projects AS live ON live.contract = l.contract
     AND live.creation_tx_id = l.creation_tx_id AND live.view = 'live'
    LEFT JOIN escrow_projects AS final ON final.contract = l.contract
     AND final.creation_tx_id = l.creation_tx_id AND final.view = 'final'
   WHERE l.project_id = p.id
   ORDER BY live.number IS NULL, a.ended_at IS NOT NULL, l.linked_at, l.creation_tx_id
   LIMIT 1) AS e
"""
# As rules_chain.live_status and final_status have it; a test holds them together.
LIVE_STATUS = """
CASE WHEN e.live_status IS NULL THEN p.stage
     WHEN e.final_status IS NULL AND e.live_status = 'active' THEN 'pending'
     WHEN e.live_status = 'completed' AND e.final_status = 'completed'
      AND p.reviewed_at IS NOT NULL THEN 'reviewed'
     ELSE e.live_status END
"""
FINAL_STATUS = """
CASE WHEN e.final_status IS NULL THEN p.stage
     WHEN e.final_status = 'completed' AND p.reviewed_at IS NOT NULL THEN 'reviewed'
     ELSE e.final_status END
"""
# When the last milestone is due, in days after funding.
_DAYS = """
(SELECT last.days FROM project_milestones AS last WHERE last.project_id = p.id
  ORDER BY last.num DESC LIMIT 1)
"""
# What a list is sorted by, before `created_at` and `id`, which tell equal ones apart; all of them
# descend. A place in the list is these values of its last row, as text.
_ORDERS: dict[ProjectOrder, tuple[str, ...]] = {
    ProjectOrder.NEWEST: (),
    ProjectOrder.HIGHEST: ("p.asset", "p.total_minor"),
    ProjectOrder.LOWEST: ("p.asset", "-p.total_minor"),
    ProjectOrder.SOONEST: (f"-({_DAYS})",),
}
_TYPES = {"p.asset": "text"}
_COLUMNS = """
p.id, p.client, p.client_address, p.title, p.description, p.category, p.skills, p.asset,
p.silent_bps, p.total_minor, p.terms_version, p.stage, p.reviewed_at, p.created_at, p.changed_at,
(SELECT count(*) FROM proposals AS w WHERE w.project_id = p.id AND w.status = 'waiting')
  AS proposals_waiting,
(SELECT json_agg(json_build_object('title', m.title, 'acceptance', m.acceptance,
   'amount_minor', m.amount_minor, 'days', m.days) ORDER BY m.num)
   FROM project_milestones AS m WHERE m.project_id = p.id) AS milestones
"""


_ASSET_KEY = re.compile(r"[A-Za-z]{1,10}", re.ASCII)
_FIGURE_KEY = re.compile(r"-?[0-9]{1,40}", re.ASCII)


def place_of(order: ProjectOrder, keys: Sequence[str], created_at: datetime, id: UUID) -> Place:
    """A place that somebody brings back. Raises `ValueError` for one that no list has."""
    names = _ORDERS[order]
    shapes = [_ASSET_KEY if _TYPES.get(name) == "text" else _FIGURE_KEY for name in names]
    if len(keys) != len(names) or not all(
        shape.fullmatch(key) for shape, key in zip(shapes, keys, strict=True)
    ):
        raise ValueError("no place of this list")
    return Place(tuple(keys), created_at, id)


def _project(row: Any) -> Project:
    fields = {name: row[name] for name in Project.__struct_fields__}
    return msgspec.convert(fields | {"total_minor": int(row["total_minor"])}, Project)


async def insert_project(db_tx: Connection, project: Project) -> None:
    """A new project with its milestones."""
    await db_tx.execute(
        "INSERT INTO projects (id, client, client_address, title, description, category, skills,"
        " asset, silent_bps, total_minor, created_at, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        project.id,
        project.client,
        project.client_address,
        project.title,
        project.description,
        project.category.value,
        project.skills,
        project.asset.value,
        project.silent_bps,
        project.total_minor,
        project.created_at,
    )
    await insert_milestones(db_tx, project.id, project.milestones)


async def insert_milestones(
    db_tx: Connection, project_id: UUID, milestones: Sequence[MilestoneTerms]
) -> None:
    """The milestones of a project that has none."""
    await db_tx.executemany(
        "INSERT INTO project_milestones (project_id, num, title, acceptance, amount_minor, days)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (project_id, num, each.title, each.acceptance, each.amount_minor, each.days)
            for num, each in enumerate(milestones, start=1)
        ],
    )


async def rewrite_project(db_tx: Connection, project: Project, *, milestones: bool) -> None:
    """What an edit may change, of a project that is locked; its milestones too, if they changed."""
    await db_tx.execute(
        "UPDATE projects SET title = $2, description = $3, category = $4, skills = $5,"
        " asset = $6, silent_bps = $7, total_minor = $8, terms_version = $9, changed_at = $10"
        " WHERE id = $1 AND stage = 'open'",
        project.id,
        project.title,
        project.description,
        project.category.value,
        project.skills,
        project.asset.value,
        project.silent_bps,
        project.total_minor,
        project.terms_version,
        project.changed_at,
    )
    if milestones:
        await db_tx.execute("DELETE FROM project_milestones WHERE project_id = $1", project.id)
        await insert_milestones(db_tx, project.id, project.milestones)


async def find_project(db: Connection, id: UUID) -> Project | None:
    """A project, locked by nobody."""
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM projects AS p WHERE p.id = $1", id)
    return None if row is None else _project(row)


async def lock_project(db_tx: Connection, id: UUID) -> Project | None:
    """A project, held to the end of the db_tx: whoever moves its stage, its proposals or its
    agreements has it first."""
    # In two statements, so that the second sees what the holder before us committed.
    if not await db_tx.fetchval("SELECT true FROM projects WHERE id = $1 FOR UPDATE", id):
        return None
    return await find_project(db_tx, id)


async def set_stage(
    db_tx: Connection, id: UUID, before: Stage, after: Stage, now: datetime
) -> bool:
    """Moves a stage; false when it was not as expected."""
    moved = await db_tx.fetchval(
        "UPDATE projects SET stage = $3, changed_at = $4 WHERE id = $1 AND stage = $2"
        " RETURNING true",
        id,
        before.value,
        after.value,
        now,
    )
    return bool(moved)


async def count_unended(db: Connection, client: UUID, most: int) -> int:
    """How many projects of a client are open or pending here, counted up to `most`."""
    count: int = await db.fetchval(
        "SELECT count(*) FROM (SELECT FROM projects AS p LEFT JOIN " + ESCROW + " ON true"
        f" WHERE p.client = $1 AND ({LIVE_STATUS}) IN ('open', 'pending') LIMIT $2) AS counted",
        client,
        most,
    )
    return count


async def count_open(db: Connection) -> int:
    """Projects that take proposals."""
    found: int = await db.fetchval("SELECT count(*) FROM projects WHERE stage = 'open'")
    return found


async def list_projects(
    db: Connection,
    wanted: ProjectFilter,
    *,
    after: Place | None,
    limit: int,
    order: ProjectOrder = ProjectOrder.NEWEST,
) -> list[ListedProject]:
    """At most `limit` projects in this order, those behind the place `after`."""
    facts: list[Any] = []
    where = ["true"]

    def narrow(clause: str, value: Any) -> None:
        if value is not None:
            facts.append(value)
            where.append(clause.format(f"${len(facts)}"))

    narrow("p.category = {}", wanted.category and wanted.category.value)
    narrow("p.skills @> {}::text[]", list(wanted.skills) or None)
    narrow("p.asset = {}", wanted.asset and wanted.asset.value)
    narrow("p.total_minor >= {}::numeric", wanted.budget_min_minor)
    narrow("p.total_minor <= {}::numeric", wanted.budget_max_minor)
    narrow(f"({_DAYS}) <= {{}}::integer", wanted.days_max)
    narrow("p.client_address = {}", wanted.client_address)
    narrow("p.client = {}", wanted.client)
    narrow("p.search @@ websearch_to_tsquery('english', {})", wanted.words)
    narrow(
        "p.id IN (SELECT a.project_id FROM project_agreements AS a WHERE a.freelancer = {}"
        " AND (a.ended_at IS NULL OR EXISTS (SELECT FROM project_escrows AS f"
        " WHERE f.agreement_id = a.id)))",
        wanted.freelancer,
    )
    if wanted.status is ProjectStatus.OPEN:
        where.append("p.stage = 'open'")  # so that the index of open ones is used
    narrow(f"({LIVE_STATUS}) = {{}}", wanted.status and wanted.status.value)
    keys = _ORDERS[order]
    columns = [*keys, "p.created_at", "p.id"]
    if after is not None:
        first = len(facts) + 1
        facts += (*after.keys, after.created_at, after.id)
        types = [_TYPES.get(key, "numeric") for key in keys]
        given = [f"${first + at}::text::{type}" for at, type in enumerate(types)]
        given += [f"${first + len(keys)}", f"${first + len(keys) + 1}"]
        where.append(f"({', '.join(columns)}) < ({', '.join(given)})")
    facts.append(limit)
    places = ", ".join(f"({key})::text" for key in keys)
    rows = await db.fetch(
        f"SELECT {_COLUMNS}, {LIVE_STATUS} AS live_status, {FINAL_STATUS} AS final_status,"
        f" ARRAY[{places}]::text[] AS place"
        f" FROM projects AS p LEFT JOIN {ESCROW} ON true WHERE {' AND '.join(where)}"
        f" ORDER BY {' DESC, '.join(columns)} DESC LIMIT ${len(facts)}",
        *facts,
    )
    return [
        ListedProject(
            _project(row),
            ProjectStatus(row["live_status"]),
            ProjectStatus(row["final_status"]),
            Place(tuple(row["place"]), row["created_at"], row["id"]),
        )
        for row in rows
    ]


async def stacks_addresses(db: Connection, account: UUID) -> list[str]:
    """The Stacks wallets of an account as the main network writes them, the first linked first."""
    rows = await db.fetch(
        "SELECT identity FROM account_addresses WHERE account_id = $1 AND chain = 'stacks'"
        " ORDER BY linked_at, identity LIMIT 100",
        account,
    )
    return [row["identity"] for row in rows]


async def account_of(db: Connection, identity: str) -> UUID | None:
    """The account of a Stacks wallet in the main network's form."""
    id: UUID | None = await db.fetchval(
        "SELECT account_id FROM account_addresses WHERE chain = 'stacks' AND identity = $1",
        identity,
    )
    return id
