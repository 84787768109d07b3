"""SQL of agreements, of the escrows that fund them, and of hints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.escrow import EscrowProject
from earnest.kit.db import Connection
from earnest.projects.rules import EndReason
from earnest.projects.rules_chain import Agreed, CallFailure, ChainAct
from earnest.projects.store import ESCROW

# A pair of parties may have any number of escrows; the newest are shown.
OTHERS_MAX = 20


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed on. `terms` is canonical JSON, `reference` its SHA-256 as 0x-hex."""

    id: UUID
    project_id: UUID
    proposal_id: UUID
    contract: str
    client_address: str
    freelancer: UUID
    freelancer_address: str
    token: str | None
    amounts_minor: list[int]
    milestone_days: list[int]
    silent_bps: int
    reference: str
    terms: str
    agreed_at: datetime
    ended_at: datetime | None
    end_reason: EndReason | None

    @property
    def figures(self) -> Agreed:
        """What its escrow must have."""
        return Agreed(
            client_address=self.client_address,
            freelancer_address=self.freelancer_address,
            token=self.token,
            amounts_minor=tuple(self.amounts_minor),
            milestone_days=tuple(self.milestone_days),
            silent_bps=self.silent_bps,
        )


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Which escrow is a project's. `how` it was found: reference, matched, hinted or chosen."""

    contract: str
    creation_tx_id: str
    project_id: UUID
    agreement_id: UUID
    how: str


class UnlinkedEscrow(msgspec.Struct, frozen=True, kw_only=True):
    """An escrow that the chain shows and that is of no project."""

    creation_tx_id: str
    freelancer: str
    reference: str | None


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """A chain_tx that somebody says they sent. `creation_tx_id` names the escrow it is about where
    that is not the project's own. Once it is known that nothing came of it, `failed_at` and
    `failure` say so."""

    tx_id: str
    act: ChainAct
    milestone_num: int | None
    noted_by: UUID
    noted_at: datetime
    creation_tx_id: str | None = None
    failed_at: datetime | None = None
    failure: CallFailure | None = None


class DueHint(msgspec.Struct, frozen=True, kw_only=True):
    """A hint of a project that is to be looked at."""

    project_id: UUID
    hint: Hint


_AGREEMENT = ", ".join(f"a.{name}" for name in Agreement.__struct_fields__)


def _agreement(row: Any) -> Agreement:
    amounts = [int(amount) for amount in row["amounts_minor"]]
    return msgspec.convert(dict(row) | {"amounts_minor": amounts}, Agreement)


async def insert_agreement(db_tx: Connection, agreement: Agreement) -> None:
    """A new agreement. Of two at once for one project the second breaks a unique index."""
    await db_tx.execute(
        "INSERT INTO project_agreements (id, project_id, proposal_id, contract, client_address,"
        " freelancer, freelancer_address, token, amounts_minor, milestone_days, silent_bps,"
        " reference, terms, agreed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        *msgspec.structs.astuple(agreement)[:-2],
    )


async def standing_agreement(db: Connection, project_id: UUID) -> Agreement | None:
    """The agreement that stands."""
    row = await db.fetchrow(
        f"SELECT {_AGREEMENT} FROM project_agreements AS a"
        " WHERE a.project_id = $1 AND a.ended_at IS NULL",
        project_id,
    )
    return None if row is None else _agreement(row)


async def agreements_of(db: Connection, project_id: UUID) -> list[Agreement]:
    """Every agreement that a project ever had: the one that stands first, then the newest."""
    rows = await db.fetch(
        f"SELECT {_AGREEMENT} FROM project_agreements AS a WHERE a.project_id = $1"
        " ORDER BY a.ended_at IS NOT NULL, a.agreed_at DESC LIMIT 100",
        project_id,
    )
    return [_agreement(row) for row in rows]


async def find_agreement(db: Connection, id: UUID) -> Agreement | None:
    """One agreement."""
    row = await db.fetchrow(f"SELECT {_AGREEMENT} FROM project_agreements AS a WHERE a.id = $1", id)
    return None if row is None else _agreement(row)


async def agreement_by_reference(
    db: Connection, contract: str, client_address: str, reference: str
) -> Agreement | None:
    """The agreement that an escrow's reference names."""
    row = await db.fetchrow(
        f"SELECT {_AGREEMENT} FROM project_agreements AS a"
        " WHERE a.client_address = $2 AND a.reference = $3 AND a.contract = $1",
        contract,
        client_address,
        reference,
    )
    return None if row is None else _agreement(row)


async def agreements_between(
    db: Connection, escrow: EscrowProject, contract: str
) -> list[Agreement]:
    """Agreements of the two parties of an escrow in its token, that have no escrow there."""
    rows = await db.fetch(
        f"SELECT {_AGREEMENT} FROM project_agreements AS a"
        " WHERE a.client_address = $2 AND a.freelancer_address = $3 AND a.contract = $1"
        " AND a.token IS NOT DISTINCT FROM $4"
        " AND NOT EXISTS (SELECT FROM project_escrows AS l JOIN escrow_projects AS e"
        "   ON e.contract = l.contract AND e.creation_tx_id = l.creation_tx_id AND e.view = 'live'"
        "   WHERE l.project_id = a.project_id)"
        " ORDER BY a.ended_at IS NOT NULL, a.agreed_at DESC LIMIT 100",
        contract,
        escrow.client,
        escrow.freelancer,
        escrow.token,
    )
    return [_agreement(row) for row in rows]


async def nearest_agreement(
    db: Connection, contract: str, escrow: EscrowProject
) -> Agreement | None:
    """Of all on which the parties of an escrow ever agreed, what it comes nearest to: what waits
    for its money before what has it or has ended, then the same sum before others, then the
    newest."""
    row = await db.fetchrow(
        f"SELECT {_AGREEMENT} FROM project_agreements AS a"
        " WHERE a.contract = $1 AND a.client_address = $2 AND a.freelancer_address = $3"
        " ORDER BY a.ended_at IS NOT NULL OR EXISTS (SELECT FROM project_escrows AS l"
        "   JOIN escrow_projects AS e ON e.contract = l.contract"
        "    AND e.creation_tx_id = l.creation_tx_id AND e.view = 'live'"
        "   WHERE l.project_id = a.project_id),"
        " (SELECT sum(minor) FROM unnest(a.amounts_minor) AS minor) IS DISTINCT FROM $4::numeric,"
        " a.agreed_at DESC LIMIT 1",
        contract,
        escrow.client,
        escrow.freelancer,
        escrow.total_minor,
    )
    return None if row is None else _agreement(row)


async def end_agreement(db_tx: Connection, id: UUID, reason: EndReason, now: datetime) -> bool:
    """Ends an agreement that stands; false when it had ended."""
    ended = await db_tx.fetchval(
        "UPDATE project_agreements SET ended_at = $2, end_reason = $3"
        " WHERE id = $1 AND ended_at IS NULL RETURNING true",
        id,
        now,
        reason.value,
    )
    return bool(ended)


async def restore_agreement(db_tx: Connection, id: UUID) -> None:
    """Has an ended agreement stand again, because it was funded after all."""
    await db_tx.execute(
        "UPDATE project_agreements SET ended_at = NULL, end_reason = NULL WHERE id = $1", id
    )


async def unfunded_since(db: Connection, before: datetime, limit: int) -> list[UUID]:
    """Projects whose agreement was made before `before` and has no escrow that the chain shows."""
    rows = await db.fetch(
        "SELECT a.project_id FROM project_agreements AS a"
        " WHERE a.ended_at IS NULL AND a.agreed_at < $1 AND NOT EXISTS ("
        "   SELECT FROM project_escrows AS l JOIN escrow_projects AS e ON e.contract = l.contract"
        "      AND e.creation_tx_id = l.creation_tx_id AND e.view = 'live'"
        "    WHERE l.agreement_id = a.id)"
        " ORDER BY a.agreed_at LIMIT $2",
        before,
        limit,
    )
    return [row["project_id"] for row in rows]


# -- escrows ---------------------------------------------------------------------------------------


async def insert_link(db_tx: Connection, link: Link) -> bool:
    """Says which project an escrow is of; false when that was said before."""
    made = await db_tx.fetchval(
        "INSERT INTO project_escrows (contract, creation_tx_id, project_id, agreement_id, how)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true",
        *msgspec.structs.astuple(link),
    )
    return bool(made)


async def link_of(db: Connection, contract: str, creation_tx_id: str) -> Link | None:
    """Which project an escrow is of."""
    row = await db.fetchrow(
        "SELECT contract, creation_tx_id, project_id, agreement_id, how FROM project_escrows"
        " WHERE contract = $1 AND creation_tx_id = $2",
        contract,
        creation_tx_id,
    )
    return None if row is None else Link(**dict(row))


async def current_link(db: Connection, project_id: UUID) -> Link | None:
    """The escrow that a project shows, if the chain shows it."""
    row = await db.fetchrow(
        "SELECT e.contract, e.creation_tx_id, p.id AS project_id, e.agreement_id, l.how"
        f" FROM projects AS p JOIN {ESCROW} ON true JOIN project_escrows AS l"
        " ON l.contract = e.contract AND l.creation_tx_id = e.creation_tx_id"
        " WHERE p.id = $1 AND e.live_status IS NOT NULL",
        project_id,
    )
    return None if row is None else Link(**dict(row))


async def last_link(db: Connection, project_id: UUID) -> Link | None:
    """The escrow that was linked to a project last, whether the chain still shows it or not."""
    row = await db.fetchrow(
        "SELECT contract, creation_tx_id, project_id, agreement_id, how FROM project_escrows"
        " WHERE project_id = $1 ORDER BY linked_at DESC LIMIT 1",
        project_id,
    )
    return None if row is None else Link(**dict(row))


async def unlinked_escrows(
    db: Connection, contract: str, agreements: Sequence[Agreement]
) -> list[UnlinkedEscrow]:
    """Escrows that the chain shows, of no project, by the parties or with the reference of one of
    these agreements; the newest `OTHERS_MAX`. One with the reference of another project is that
    one's to show."""
    rows = await db.fetch(
        "SELECT e.creation_tx_id, e.freelancer, e.reference FROM escrow_projects AS e"
        " WHERE e.contract = $1 AND e.view = 'live' AND e.client = $2"
        " AND (e.freelancer = ANY ($3::text[]) OR e.reference = ANY ($4::text[]))"
        " AND NOT EXISTS (SELECT FROM project_escrows AS l WHERE l.contract = e.contract"
        "   AND l.creation_tx_id = e.creation_tx_id)"
        " AND NOT EXISTS (SELECT FROM project_agreements AS o WHERE o.contract = e.contract"
        "   AND o.client_address = e.client AND o.reference = e.reference AND o.project_id <> $6)"
        " ORDER BY e.number DESC LIMIT $5",
        contract,
        agreements[0].client_address if agreements else "",
        [agreement.freelancer_address for agreement in agreements],
        [agreement.reference for agreement in agreements],
        OTHERS_MAX,
        agreements[0].project_id if agreements else None,
    )
    return [UnlinkedEscrow(**dict(row)) for row in rows]


# -- hints -----------------------------------------------------------------------------------------


async def insert_hint(db_tx: Connection, project_id: UUID, hint: Hint) -> None:
    """Notes a chain_tx. One that was noted stays as it was first noted."""
    await db_tx.execute(
        "INSERT INTO project_hints (project_id, tx_id, act, milestone_num, noted_by, noted_at,"
        " creation_tx_id) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        project_id,
        *msgspec.structs.astuple(hint)[:-2],
    )


_HINT = "tx_id, act, milestone_num, noted_by, noted_at, creation_tx_id, failed_at, failure"


async def list_hints(db: Connection, project_id: UUID, since: datetime) -> list[Hint]:
    """What was named since then, oldest first: what is awaited, and what failed."""
    rows = await db.fetch(
        f"SELECT {_HINT} FROM project_hints"
        " WHERE project_id = $1 AND noted_at > $2 ORDER BY noted_at, tx_id LIMIT 100",
        project_id,
        since,
    )
    return [msgspec.convert(dict(row), Hint) for row in rows]


async def hints_to_look_at(db: Connection, before: datetime, limit: int) -> list[DueHint]:
    """At most `limit` hints that were noted, or last looked at, before `before`, those first that
    wait longest."""
    rows = await db.fetch(
        f"SELECT project_id, {_HINT} FROM project_hints"
        " WHERE failed_at IS NULL AND coalesce(looked_at, noted_at) < $1"
        " ORDER BY coalesce(looked_at, noted_at) LIMIT $2",
        before,
        limit,
    )
    return [
        DueHint(project_id=row["project_id"], hint=msgspec.convert(dict(row), Hint)) for row in rows
    ]


async def keep_look(db: Connection, tx_id: str, now: datetime) -> None:
    """Says when it was last asked what became of a chain_tx."""
    await db.execute("UPDATE project_hints SET looked_at = $2 WHERE tx_id = $1", tx_id, now)


async def fail_hint(
    db_tx: Connection, project_id: UUID, tx_id: str, failure: CallFailure, now: datetime
) -> bool:
    """Says that nothing came of a chain_tx; false where its hint is gone, or had failed."""
    failed = await db_tx.fetchval(
        "UPDATE project_hints SET failed_at = $4, failure = $3, looked_at = $4"
        " WHERE project_id = $1 AND tx_id = $2 AND failed_at IS NULL RETURNING true",
        project_id,
        tx_id,
        failure.value,
        now,
    )
    return bool(failed)


async def projects_hinted(db: Connection, tx_id: str) -> list[UUID]:
    """Projects to which somebody named this chain_tx as the one that funds them."""
    rows = await db.fetch(
        "SELECT project_id FROM project_hints WHERE tx_id = $1 AND act = 'create' LIMIT 100", tx_id
    )
    return [row["project_id"] for row in rows]


async def drop_hints(db_tx: Connection, tx_id: str) -> None:
    """Forgets a chain_tx that the chain shows by now."""
    await db_tx.execute("DELETE FROM project_hints WHERE tx_id = $1", tx_id)


async def drop_old_hints(db: Connection, before: datetime, limit: int) -> int:
    """Forgets what the chain never showed; how many."""
    tag = await db.execute(
        "DELETE FROM project_hints WHERE (project_id, tx_id) IN (SELECT project_id, tx_id"
        " FROM project_hints WHERE noted_at < $1 ORDER BY noted_at LIMIT $2)",
        before,
        limit,
    )
    return int(tag.rsplit(" ", 1)[-1])
