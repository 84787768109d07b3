"""SQL of reminders: what the reached height of Bitcoin allows, and nobody was told yet."""

from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.notifications import NotificationKind

# Who was away for a month finds what is possible on the project's page.
DUE_BLOCKS_MAX = 4_320
DUE_MAX = 500

_K = NotificationKind
# What is told → the milestone's status, the height from which it holds, and an account that is
# told: all who are told of one thing are told in one db_tx.
_WHEN: dict[NotificationKind, tuple[str, str, str]] = {
    _K.MILESTONE_CLAIMABLE: ("submitted", "m.claim_from", "a.freelancer"),
    _K.MILESTONE_RECLAIMABLE: ("locked", "m.deadline", "t.client"),
    _K.DEFAULT_POSSIBLE: ("disputed", "d.default_from", "t.client"),
}


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A right on a milestone that a height brought. `client` and `freelancer` are accounts;
    `default_bps` is there for a disputed one."""

    project_id: UUID
    client: UUID
    freelancer: UUID
    creation_tx_id: str
    milestone_num: int
    amount_minor: int
    fee_bps: int
    default_bps: int | None


def key_of(kind: NotificationKind, creation_tx_id: str, milestone_num: int) -> str:
    """The key of what is told: each right comes once to a milestone."""
    return f"{kind.value}:{creation_tx_id}:{milestone_num}"


async def list_due(
    db: Connection,
    contract: str,
    kind: NotificationKind,
    burn_height: int,
    *,
    limit: int = DUE_MAX,
) -> list[Due]:
    """At most `limit` rights of a kind that came within the last month, the oldest first.

    Those of which somebody was told are left out here, so they never keep others waiting.
    """
    status, height, told = _WHEN[kind]
    rows = await db.fetch(
        "SELECT l.project_id, t.client, a.freelancer, l.creation_tx_id, m.milestone_num::int,"
        " m.amount_minor, p.fee_bps, d.default_bps FROM escrow_milestones AS m"
        " JOIN escrow_projects AS p USING (contract, view, number)"
        " LEFT JOIN escrow_disputes AS d USING (contract, view, number, milestone_num)"
        " JOIN project_escrows AS l ON l.contract = p.contract"
        "  AND l.creation_tx_id = p.creation_tx_id"
        " JOIN project_agreements AS a ON a.id = l.agreement_id"
        " JOIN projects AS t ON t.id = l.project_id"
        " WHERE m.contract = $1 AND m.view = 'live' AND m.status = $2"
        f"  AND {height} <= $3 AND {height} > $3 - $4::bigint"
        f"  AND NOT EXISTS (SELECT FROM notifications AS n WHERE n.account_id = {told}"
        "   AND n.key = $5 || ':' || l.creation_tx_id || ':' || m.milestone_num)"
        f" ORDER BY {height}, l.project_id, m.milestone_num LIMIT $6",
        contract,
        status,
        burn_height,
        DUE_BLOCKS_MAX,
        kind.value,
        limit,
    )
    return [_due(row) for row in rows]


def _due(row: Any) -> Due:
    return Due(**dict(row) | {"amount_minor": int(row["amount_minor"])})
