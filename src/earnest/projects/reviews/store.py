"""SQL of reviews, and of the final money events that a reputation is made of.

Nothing of a reputation is stored: it is what the final view of the escrow and the revealed reviews
add up to, each time it is asked for. So `earnest rebuild`, which makes the one anew, makes the
other anew as well.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.projects.disputes.rules_dossier import Side
from earnest.projects.reviews.rules import REVEAL_AFTER

# Beyond it the oldest reviews of somebody weigh nothing any more.
SCORED_MAX = 5_000
_TOKENS_MAX = 20


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What one side wrote about the other. `side` is the author's."""

    project_id: UUID
    side: Side
    author: UUID
    contract: str
    creation_tx_id: str
    author_address: str
    subject_address: str
    rating: int
    text: str
    written_at: datetime


class ShownReview(msgspec.Struct, frozen=True, kw_only=True):
    """A revealed review with its project's title."""

    review: Review
    title: str


_REVIEW = ", ".join(f"r.{name}" for name in Review.__struct_fields__)
# Both are in, or the other side's time is over ($1 is now less that time).
_REVEALED = (
    "(r.written_at <= $1 OR EXISTS (SELECT FROM reviews AS o"
    " WHERE o.project_id = r.project_id AND o.side <> r.side))"
)


def _review(row: Any) -> Review:
    fields = {name: row[name] for name in Review.__struct_fields__}
    return Review(**fields | {"side": Side(row["side"])})


async def insert_review(db_tx: Connection, given: Review) -> None:
    """A new review. A second one by the same side breaks the key."""
    await db_tx.execute(
        "INSERT INTO reviews (project_id, side, author, contract, creation_tx_id, author_address,"
        " subject_address, rating, text, written_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *msgspec.structs.astuple(given),
    )


async def reviews_of_project(db: Connection, project_id: UUID) -> list[Review]:
    """Both sides' reviews, revealed or not, the first one first."""
    rows = await db.fetch(
        f"SELECT {_REVIEW} FROM reviews AS r WHERE r.project_id = $1 ORDER BY r.written_at, r.side",
        project_id,
    )
    return [_review(row) for row in rows]


async def mark_reviewed(db_tx: Connection, project_id: UUID, now: datetime) -> None:
    """Both sides have reviewed."""
    await db_tx.execute(
        "UPDATE projects SET reviewed_at = $2 WHERE id = $1 AND reviewed_at IS NULL",
        project_id,
        now,
    )


async def list_about(
    db: Connection,
    contract: str,
    address: str,
    author_side: Side,
    now: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ShownReview]:
    """At most `limit` revealed reviews about an address in one role, the newest first."""
    rows = await db.fetch(
        f"SELECT {_REVIEW}, p.title FROM reviews AS r JOIN projects AS p ON p.id = r.project_id"
        f" WHERE {_REVEALED} AND r.contract = $2 AND r.subject_address = $3 AND r.side = $4"
        " AND ($5::timestamptz IS NULL OR (r.written_at, r.project_id) < ($5, $6::uuid))"
        " ORDER BY r.written_at DESC, r.project_id DESC LIMIT $7",
        now - REVEAL_AFTER,
        contract,
        address,
        author_side.value,
        *(after or (None, None)),
        limit,
    )
    return [ShownReview(review=_review(row), title=row["title"]) for row in rows]


async def revealed_between(
    db: Connection, since: datetime, until: datetime, limit: int
) -> list[Review]:
    """Reviews that stayed alone and whose other side's time ended between two moments."""
    rows = await db.fetch(
        f"SELECT {_REVIEW} FROM reviews AS r WHERE r.written_at > $1 AND r.written_at <= $2"
        " AND NOT EXISTS (SELECT FROM reviews AS o"
        "  WHERE o.project_id = r.project_id AND o.side <> r.side)"
        " ORDER BY r.written_at, r.project_id LIMIT $3",
        since - REVEAL_AFTER,
        until - REVEAL_AFTER,
        limit,
    )
    return [_review(row) for row in rows]


# -- what a reputation is made of ------------------------------------------------------------------


class ScoredReview(msgspec.Struct, frozen=True):
    """A revealed review, and what was decided in its project, in minor units of its token."""

    counterparty: str
    token: str | None
    amount_minor: int
    rating: int


async def scored_reviews(
    db: Connection, contract: str, address: str, author_side: Side, now: datetime
) -> list[ScoredReview]:
    """The newest `SCORED_MAX` revealed reviews about an address in one role."""
    rows = await db.fetch(
        "SELECT r.author_address, p.token, r.rating, coalesce((SELECT sum("
        "  CASE WHEN m.how IN ('ruled', 'defaulted') THEN m.amount_minor"
        "       ELSE coalesce(m.gross_minor, 0) END)"
        "  FROM escrow_milestones AS m WHERE m.contract = p.contract AND m.view = 'final'"
        "   AND m.number = p.number), 0) AS amount_minor"
        " FROM reviews AS r JOIN escrow_projects AS p ON p.contract = r.contract"
        "  AND p.creation_tx_id = r.creation_tx_id AND p.view = 'final'"
        f" WHERE {_REVEALED} AND r.contract = $2 AND r.subject_address = $3 AND r.side = $4"
        " ORDER BY r.written_at DESC, r.project_id DESC LIMIT $5",
        now - REVEAL_AFTER,
        contract,
        address,
        author_side.value,
        SCORED_MAX,
    )
    return [
        ScoredReview(row["author_address"], row["token"], int(row["amount_minor"]), row["rating"])
        for row in rows
    ]


class MoneyRecord(msgspec.Struct, frozen=True):
    """What went through an address's escrows in one token, by final events.

    Every escrow of the contract counts, whether it was agreed on here or not.
    """

    token: str | None
    projects: int
    completed: int
    counterparties: int
    net_minor: int
    fee_minor: int
    refunded_minor: int


class EndingCount(msgspec.Struct, frozen=True):
    """How many milestones were closed by one act."""

    how: str
    milestones: int


class DisputeRecord(msgspec.Struct, frozen=True):
    """How many milestones were disputed, and how many of them by this address."""

    disputed: int
    filed: int


async def money_of(db: Connection, contract: str, address: str, role: Side) -> list[MoneyRecord]:
    """By token, STX first."""
    me, other = _columns(role)
    rows = await db.fetch(
        "SELECT token, count(*), count(*) FILTER (WHERE status = 'completed'),"
        f" count(DISTINCT {other}), sum(net_minor), sum(fee_minor), sum(refunded_minor)"
        f" FROM escrow_projects WHERE contract = $1 AND view = 'final' AND {me} = $2"
        f" GROUP BY token ORDER BY token NULLS FIRST LIMIT {_TOKENS_MAX}",
        contract,
        address,
    )
    return [MoneyRecord(*row[:4], *(int(sum) for sum in row[4:])) for row in map(tuple, rows)]


async def endings_of(db: Connection, contract: str, address: str, role: Side) -> list[EndingCount]:
    """How this address's milestones were closed."""
    me, _ = _columns(role)
    rows = await db.fetch(
        "SELECT m.how, count(*) FROM escrow_projects AS p JOIN escrow_milestones AS m"
        " USING (contract, view, number)"
        f" WHERE p.contract = $1 AND p.view = 'final' AND p.{me} = $2 AND m.how IS NOT NULL"
        " GROUP BY m.how ORDER BY m.how",
        contract,
        address,
    )
    return [EndingCount(*row) for row in rows]


async def disputes_of(db: Connection, contract: str, address: str, role: Side) -> DisputeRecord:
    """How often this address's milestones were disputed."""
    me, _ = _columns(role)
    row = await db.fetchrow(
        "SELECT count(*), count(*) FILTER (WHERE d.filer = $2) FROM escrow_projects AS p"
        " JOIN escrow_disputes AS d USING (contract, view, number)"
        f" WHERE p.contract = $1 AND p.view = 'final' AND p.{me} = $2",
        contract,
        address,
    )
    return DisputeRecord(*row) if row else DisputeRecord(0, 0)


def _columns(role: Side) -> Sequence[str]:
    return (role.value, role.other.value)
