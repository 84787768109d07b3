"""SQL of disputes: evidence, the arbiters' list, dossiers and the keys that sign them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.escrow import MilestoneStatus
from earnest.kit.db import Connection
from earnest.projects.disputes.rules import DisputeState
from earnest.projects.disputes.rules_dossier import DossierEvent, Side
from earnest.projects.store_files import KeptFile, files_of, keep_files, read_files

_EVENTS_MAX = 1_000


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a side handed in. `sha256` is of the canonical JSON of all of it."""

    id: UUID
    project_id: UUID
    contract: str
    creation_tx_id: str
    milestone_num: int
    side: Side
    number: int
    handed_in_by: UUID
    address: str
    text: str
    burn_height: int
    handed_in_at: datetime
    sha256: bytes
    files: list[KeptFile]


_FILES = files_of("evidence_files", "evidence_id", "e.id")
_EVIDENCE = ", ".join(f"e.{name}" for name in Evidence.__struct_fields__ if name != "files")


def _evidence(row: Any) -> Evidence:
    fields = dict(row)
    fields["side"] = Side(fields["side"])
    return Evidence(**fields | {"files": read_files(fields["files"])})


async def lock_side(
    db_tx: Connection, creation_tx_id: str, milestone_num: int, side: Side
) -> tuple[int, int]:
    """Holds a side's evidence for this transaction: how many pieces, and the bytes of all files."""
    await db_tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"earnest.evidence:{creation_tx_id}:{milestone_num}:{side}",
    )
    row = await db_tx.fetchrow(
        "SELECT coalesce(max(e.number), 0), coalesce(sum((SELECT sum(f.size_bytes)"
        " FROM evidence_files AS f WHERE f.evidence_id = e.id)), 0)::bigint FROM evidence AS e"
        " WHERE e.creation_tx_id = $1 AND e.milestone_num = $2 AND e.side = $3",
        creation_tx_id,
        milestone_num,
        side.value,
    )
    return (row[0], row[1]) if row else (0, 0)


async def insert_evidence(db_tx: Connection, given: Evidence) -> None:
    """A new piece of evidence with its files."""
    await db_tx.execute(
        "INSERT INTO evidence (id, project_id, contract, creation_tx_id, milestone_num, side,"
        " number, handed_in_by, address, text, burn_height, handed_in_at, sha256)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        *msgspec.structs.astuple(given)[:-1],
    )
    await keep_files(db_tx, "evidence_files", "evidence_id", given.id, given.files)


async def list_evidence(
    db: Connection, contract: str, creation_tx_id: str, milestone_num: int
) -> list[Evidence]:
    """All evidence about a milestone, in the order in which it came. Bounded by what is taken."""
    rows = await db.fetch(
        f"SELECT {_EVIDENCE}, {_FILES} AS files FROM evidence AS e"
        " WHERE e.contract = $1 AND e.creation_tx_id = $2 AND e.milestone_num = $3"
        " ORDER BY e.handed_in_at, e.side, e.number",
        contract,
        creation_tx_id,
        milestone_num,
    )
    return [_evidence(row) for row in rows]


# -- what arbiters rule on -------------------------------------------------------------------------


class ListedDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute in an arbiter's list. Amounts in minor units; a token of None is STX."""

    project_id: UUID
    milestone_num: int
    title: str
    number: int
    client: str
    freelancer: str
    token: str | None
    amount_minor: int
    status: MilestoneStatus
    final_status: MilestoneStatus | None
    filer: str
    filed_at: int
    default_from: int
    default_bps: int


async def is_arbiter_anywhere(db: Connection, contract: str, addresses: Sequence[str]) -> bool:
    """Whether one of these wallets is a member of any set of the contract."""
    return bool(
        await db.fetchval(
            "SELECT true FROM escrow_arbiter_sets WHERE contract = $1 AND view = 'live'"
            " AND members && $2::text[] LIMIT 1",
            contract,
            list(addresses),
        )
    )


async def list_disputes(
    db: Connection,
    contract: str,
    addresses: Sequence[str],
    *,
    state: DisputeState,
    after: tuple[int, UUID, int] | None,
    limit: int,
) -> list[ListedDispute]:
    """At most `limit` disputes in which one of these wallets is an arbiter and no party.

    Those filed last first, then by project and milestone.
    """
    is_open = "m.status = 'disputed'" if state is DisputeState.OPEN else "m.status <> 'disputed'"
    rows = await db.fetch(
        "SELECT l.project_id, d.milestone_num::int, t.title, p.number, p.client, p.freelancer,"
        " p.token, m.amount_minor, m.status, f.status AS final_status, d.filer, d.filed_at,"
        " d.default_from, d.default_bps"
        " FROM escrow_disputes AS d"
        " JOIN escrow_projects AS p USING (contract, view, number)"
        " JOIN escrow_milestones AS m USING (contract, view, number, milestone_num)"
        " JOIN escrow_arbiter_sets AS s ON s.contract = d.contract AND s.view = d.view"
        "  AND s.set_id = p.arbiter_set"
        " JOIN project_escrows AS l ON l.contract = d.contract"
        "  AND l.creation_tx_id = p.creation_tx_id"
        " JOIN projects AS t ON t.id = l.project_id"
        " LEFT JOIN escrow_projects AS q ON q.contract = d.contract AND q.view = 'final'"
        "  AND q.creation_tx_id = p.creation_tx_id"
        " LEFT JOIN escrow_milestones AS f ON f.contract = d.contract AND f.view = 'final'"
        "  AND f.number = q.number AND f.milestone_num = d.milestone_num"
        f" WHERE d.contract = $1 AND d.view = 'live' AND {is_open}"
        "  AND EXISTS (SELECT FROM unnest($2::text[]) AS mine(address)"
        "   WHERE mine.address = ANY (s.members) AND mine.address NOT IN (p.client, p.freelancer))"
        "  AND ($3::bigint IS NULL"
        "   OR (-d.filed_at, l.project_id, d.milestone_num) > (-$3::bigint, $4::uuid, $5::int))"
        " ORDER BY -d.filed_at, l.project_id, d.milestone_num LIMIT $6",
        contract,
        list(addresses),
        *(after or (None, None, None)),
        limit,
    )
    return [_listed(row) for row in rows]


def _listed(row: Any) -> ListedDispute:
    fields = dict(row)
    fields["amount_minor"] = int(fields["amount_minor"])
    return msgspec.convert(fields, ListedDispute)


async def accounts_of(db: Connection, identities: Sequence[str]) -> list[UUID]:
    """The accounts of Stacks wallets, which are given in the main network's form."""
    rows = await db.fetch(
        "SELECT DISTINCT account_id FROM account_addresses"
        " WHERE chain = 'stacks' AND identity = ANY ($1::text[])",
        list(identities),
    )
    return [row["account_id"] for row in rows]


# -- dossiers --------------------------------------------------------------------------------------


class DossierRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier that was made; the document with its hash is kept. `events` and `evidence` count
    what it holds."""

    id: UUID
    project_id: UUID
    contract: str
    creation_tx_id: str
    milestone_num: int
    interim: bool
    sha256: bytes
    size_bytes: int
    public_key: bytes
    events: int
    evidence: int
    made_at: datetime | None = None  # given by the database


_DOSSIER = ", ".join(DossierRow.__struct_fields__)


async def insert_dossier(db_tx: Connection, given: DossierRow) -> bool:
    """Writes down a dossier; false when this one, or a final one, is there already."""
    return bool(
        await db_tx.fetchval(
            "INSERT INTO dossiers (id, project_id, contract, creation_tx_id, milestone_num,"
            " interim, sha256, size_bytes, public_key, events, evidence)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " ON CONFLICT DO NOTHING RETURNING true",
            *msgspec.structs.astuple(given)[:-1],
        )
    )


async def latest_dossier(
    db: Connection, contract: str, creation_tx_id: str, milestone_num: int
) -> DossierRow | None:
    """The final dossier of a dispute, else the latest interim one."""
    row = await db.fetchrow(
        f"SELECT {_DOSSIER} FROM dossiers WHERE contract = $1 AND creation_tx_id = $2"
        " AND milestone_num = $3 ORDER BY interim, made_at DESC LIMIT 1",
        contract,
        creation_tx_id,
        milestone_num,
    )
    return DossierRow(**dict(row)) if row else None


_EVENT = (
    "SELECT e.seq, e.name, e.block_id, e.tx_id, e.tx_index, e.event_index, e.height,"
    " e.burn_height, extract(epoch FROM e.block_time)::bigint AS block_time,"
    " g.data->>'hex' AS hex, e.data FROM escrow_events AS e"
    " JOIN chain_log AS g ON g.chain = 'stacks' AND g.seq = e.log_seq"
    " WHERE e.contract = $1 AND e.state = 'final' AND e.seq IS NOT NULL"
)


async def final_events(
    db: Connection, contract: str, number: int, creation_tx_id: str
) -> list[DossierEvent]:
    """Every final event of an escrow with its raw bytes, in the contract's own order."""
    rows = await db.fetch(
        f"{_EVENT} AND e.number = $2 AND e.creation_tx_id = $3 ORDER BY e.seq LIMIT {_EVENTS_MAX}",
        contract,
        number,
        creation_tx_id,
    )
    return [DossierEvent(**dict(row)) for row in rows]


async def event_of_set(db: Connection, contract: str, set_id: int) -> DossierEvent | None:
    """The final event that made a set of arbiters."""
    row = await db.fetchrow(
        f"{_EVENT} AND (e.name = 'arbiter-set-proposed' AND e.data->'setId' = to_jsonb($2::bigint)"
        " OR e.name = 'contract-deployed' AND e.data->'arbiterSet' = to_jsonb($2::bigint))"
        " ORDER BY e.seq DESC LIMIT 1",
        contract,
        set_id,
    )
    return DossierEvent(**dict(row)) if row else None


# -- keys ------------------------------------------------------------------------------------------


class AttestationKey(msgspec.Struct, frozen=True):
    """A public key that workers sign with, and since when."""

    public_key: bytes
    since: datetime


async def publish_key(db: Connection, public_key: bytes) -> None:
    """Writes down a key at its first use."""
    await db.execute(
        "INSERT INTO attestation_keys (public_key) VALUES ($1) ON CONFLICT DO NOTHING", public_key
    )


async def list_keys(db: Connection) -> list[AttestationKey]:
    """The keys that were ever used, the latest first."""
    rows = await db.fetch(
        "SELECT public_key, since FROM attestation_keys ORDER BY since DESC LIMIT 100"
    )
    return [AttestationKey(*row) for row in rows]
