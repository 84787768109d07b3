"""Dossiers: collected from final facts, signed by the worker, kept by their hash."""

from typing import Any, Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.escrow import ProjectState, View
from earnest.files import ObjectStore, keep_document
from earnest.jobs import Job, JobCannotSucceed, JobRegistry, enqueue
from earnest.kit.db import Connection, Database
from earnest.kit.events import append_event
from earnest.kit.ids import new_id
from earnest.notifications import NotificationKind, notify
from earnest.projects import store
from earnest.projects.disputes import service as service_disputes
from earnest.projects.disputes import store as store_disputes
from earnest.projects.disputes.errors import DisputeNotFinal
from earnest.projects.disputes.rules import DisputeId
from earnest.projects.disputes.rules_dossier import (
    DOSSIER_VERSION,
    Dossier,
    DossierArbiters,
    DossierEvidence,
    outcome_of,
    sign_dossier,
)
from earnest.projects.disputes.service import Case
from earnest.projects.disputes.store import DossierRow
from earnest.projects.funding import service as service_funding
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.store import Agreement, Link

log = structlog.get_logger(__name__)

MAKE_JOB = "projects.make_dossier"
PUBLISH_JOB = "projects.publish_key"
PUBLISH_EVERY_S = 300


class DossierParts(Protocol):
    """What the jobs of dossiers need of the worker."""

    database: Database
    store: ObjectStore
    attestation_key: Ed25519PrivateKey


def register_dossier_jobs(registry: JobRegistry) -> None:
    """Adds the making of dossiers, and the publishing of the key that signs them."""

    @registry.job(MAKE_JOB)
    async def make(job: Job[dict[str, Any]], parts: DossierParts) -> None:
        await make_dossier(parts, DisputeId.parse(str(job.payload["disputeId"])))

    @registry.job(PUBLISH_JOB, tries_max=1)
    async def publish(_job: Job[dict[str, Any]], parts: DossierParts) -> None:
        await publish_key(parts)

    registry.every(PUBLISH_EVERY_S, PUBLISH_JOB)


async def publish_key(parts: DossierParts) -> None:
    """Writes down the public half of the worker's key, so that the API can show it."""
    async with parts.database.connection() as db:
        await store_disputes.publish_key(db, public_key_of(parts.attestation_key))


def public_key_of(key: Ed25519PrivateKey) -> bytes:
    """The public half, 32 bytes."""
    return key.public_key().public_bytes_raw()


async def ask_for_dossier(db_tx: Connection, id: DisputeId, *, final: bool = False) -> None:
    """Has the worker make a dossier. Of an interim one that waits already one is enough; the final
    one is asked for in any case, for a job that runs may have looked before the end."""
    key = None if final else f"{MAKE_JOB}:{id}"
    await enqueue(db_tx, MAKE_JOB, {"disputeId": str(id)}, dedupe_key=key)


async def request_dossier(db_tx: Connection, case: Case) -> None:
    """Has the worker make a dossier for somebody who sees the dispute. Raises `DisputeNotFinal`
    while there is nothing that it could hold."""
    if case.final_dispute is None:
        raise DisputeNotFinal
    await ask_for_dossier(db_tx, case.id)


async def make_dossier(parts: DossierParts, id: DisputeId) -> DossierRow:
    """Collects, signs and keeps the dossier of a dispute; interim while it is not closed finally.

    The same facts make the same bytes, so a repeat keeps nothing new. Raises `JobCannotSucceed`
    where no dispute is final.
    """
    async with parts.database.connection() as db:
        found = await collect_dossier(db, id)
        if found is None:
            raise JobCannotSucceed(reason=f"No dispute {id} is final on the chain.")
        link, dossier = found
        known = await store_disputes.latest_dossier(
            db, link.contract, link.creation_tx_id, id.milestone_num
        )
    if known is not None and not known.interim:
        return known
    data = sign_dossier(dossier, parts.attestation_key)
    sha256 = await keep_document(parts.database, parts.store, data)
    row = DossierRow(
        id=new_id(),
        project_id=id.project_id,
        contract=link.contract,
        creation_tx_id=link.creation_tx_id,
        milestone_num=id.milestone_num,
        interim=dossier.interim,
        sha256=sha256,
        size_bytes=len(data),
        public_key=public_key_of(parts.attestation_key),
        events=len(dossier.events),
        evidence=len(dossier.evidence),
    )
    async with parts.database.db_tx() as db_tx:
        await store_disputes.publish_key(db_tx, row.public_key)
        if await store_disputes.insert_dossier(db_tx, row):
            await _tell(db_tx, id, row)
            log.info("dossier_made", dispute=str(id), interim=row.interim, sha256=sha256.hex())
    return row


async def collect_dossier(db: Connection, id: DisputeId) -> tuple[Link, Dossier] | None:
    """All that is final about a dispute; None while the dispute itself is not."""
    link = await store_funding.current_link(db, id.project_id)
    if link is None:
        return None
    agreement = await store_funding.find_agreement(db, link.agreement_id)
    state = await service_funding.load_state(db, link.contract, link.creation_tx_id, View.FINAL)
    if agreement is None or state is None:
        return None
    if not any(each.milestone_num == id.milestone_num for each in state.disputes):
        return None
    return link, await _compose(db, id, link, agreement, state)


async def _compose(
    db: Connection, id: DisputeId, link: Link, agreement: Agreement, state: ProjectState
) -> Dossier:
    project, num = state.project, id.milestone_num
    events = await store_disputes.final_events(
        db, link.contract, project.number, link.creation_tx_id
    )
    evidence = await store_disputes.list_evidence(db, link.contract, link.creation_tx_id, num)
    outcome = outcome_of(events, num)
    arbiters = state.arbiters
    return Dossier(
        earnest_dossier=DOSSIER_VERSION,
        interim=outcome is None,
        dispute_id=str(id),
        project_id=str(id.project_id),
        milestone_num=num,
        contract=link.contract,
        number=project.number,
        creation_tx_id=link.creation_tx_id,
        client=project.client,
        freelancer=project.freelancer,
        token=project.token,
        milestone_amount_minor=str(
            next(each.amount_minor for each in state.milestones if each.milestone_num == num)
        ),
        terms=agreement.terms,
        arbiters=DossierArbiters(
            set_id=project.arbiter_set,
            members=list(arbiters.members) if arbiters else [],
            threshold=arbiters.threshold if arbiters else 0,
            made_by=await store_disputes.event_of_set(db, link.contract, project.arbiter_set),
        ),
        events=events,
        evidence=[
            DossierEvidence(item=service_disputes.item_of(id, each), sha256=each.sha256.hex())
            for each in evidence
        ],
        outcome=outcome,
    )


async def _tell(db_tx: Connection, id: DisputeId, row: DossierRow) -> None:
    """Tells both sides and the arbiters of a final dossier. Who asked for an interim one waits."""
    await append_event(
        db_tx,
        "dossier_made",
        f"dispute:{id}",
        {"projectId": id.project_id, "interim": row.interim, "sha256": row.sha256.hex()},
    )
    project = await store.find_project(db_tx, id.project_id)
    found = await service_funding.find_funding(db_tx, id.project_id)
    if row.interim or project is None or found is None:
        return
    data = service_disputes.about(project, id) | {"sha256": row.sha256.hex()}
    told: dict[str, Any] = {
        "kind": NotificationKind.DOSSIER_READY,
        "subject": f"dispute:{id}",
        "data": data,
        "key": f"dossier_ready:{row.sha256.hex()}",
    }
    await notify(db_tx, to=[project.client, found[1].agreement.freelancer], **told)
    await service_disputes.tell_arbiters(db_tx, found[1].live, **told)


async def find_dossier(db: Connection, case: Case) -> DossierRow | None:
    """The final dossier of a case, else the latest interim one."""
    return await store_disputes.latest_dossier(
        db, case.contract, case.creation_tx_id, case.id.milestone_num
    )


def file_name_of(id: DisputeId, *, interim: bool) -> str:
    """Under which name a dossier is saved."""
    return f"{'interim-' if interim else ''}dossier-{id}.json"
