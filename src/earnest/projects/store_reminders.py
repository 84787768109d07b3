"""SQL of reminders: in which milestones the passing of blocks has opened something."""

from uuid import UUID

import msgspec

from earnest.escrow import MilestoneStatus
from earnest.kit.db import Connection

# Who was away for a month finds what is possible on the project's page.
_BLOCKS_BACK = 4_320
_BATCH = 500


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone in whose state somebody may act from `height` on, which has been reached."""

    project_id: UUID
    freelancer: UUID
    creation_tx_id: str
    milestone_num: int
    status: MilestoneStatus
    amount_minor: int
    height: int
    default_bps: int | None


_DUE = """
SELECT * FROM (
  SELECT l.project_id, a.freelancer, l.creation_tx_id, m.milestone_num::int, m.status,
         m.amount_minor, d.default_bps,
         CASE m.status WHEN 'locked' THEN m.deadline WHEN 'submitted' THEN m.claim_from
              ELSE d.default_from END AS height
    FROM escrow_milestones AS m
    JOIN escrow_projects AS p USING (contract, view, number)
    LEFT JOIN escrow_disputes AS d USING (contract, view, number, milestone_num)
    JOIN project_escrows AS l ON l.contract = p.contract AND l.creation_tx_id = p.creation_tx_id
    JOIN project_agreements AS a ON a.id = l.agreement_id
   WHERE p.contract = $1 AND p.view = 'live' AND p.status IN ('active', 'disputed')
     AND m.status IN ('locked', 'submitted', 'disputed')) AS due
 WHERE due.height <= $2 AND due.height > $2 - $3::bigint
 ORDER BY due.height DESC, due.project_id, due.milestone_num LIMIT $4
"""


async def list_due(db: Connection, contract: str, burn_height: int) -> list[Due]:
    """Milestones in which something has become possible lately, the latest first."""
    rows = await db.fetch(_DUE, contract, burn_height, _BLOCKS_BACK, _BATCH)
    return [
        msgspec.convert(dict(row) | {"amount_minor": int(row["amount_minor"])}, Due) for row in rows
    ]
