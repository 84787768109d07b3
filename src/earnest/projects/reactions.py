"""What projects do about the chain's word: find whose escrow it is, and tell those concerned.

Reads the escrow's announcements, each once. Nothing of the escrow's state is written down here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from earnest.escrow import EscrowProject, View, project_by_creation
from earnest.kit.db import Connection
from earnest.kit.events import Event, Reactor
from earnest.kit.money import Asset
from earnest.notifications import NotificationKind
from earnest.projects import service, store
from earnest.projects.funding import service as service_funding
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.service import load_state
from earnest.projects.funding.store import Agreement, Link
from earnest.projects.rules_chain import compare_funding
from earnest.projects.store import Project

log = structlog.get_logger(__name__)

_K = NotificationKind
# What is told as soon as it is seen: somebody's time begins, or somebody need not wait.
_WHEN_SEEN: dict[str, tuple[NotificationKind, tuple[str, ...]]] = {
    "project-accepted": (_K.ESCROW_ACCEPTED, ("client",)),
    "milestone-completed": (_K.MILESTONE_SUBMITTED, ("client",)),
    "milestone-released": (_K.MILESTONE_PAYMENT_SEEN, ("freelancer",)),
    "milestone-claimed": (_K.MILESTONE_PAYMENT_SEEN, ("freelancer", "client")),
    "settlement-offered": (_K.SETTLEMENT_OFFERED, ("client", "freelancer")),
    "project-cancelled": (_K.ESCROW_CANCELLED, ("freelancer",)),
    "project-declined": (_K.ESCROW_DECLINED, ("client",)),
}
# What is told once no reorg can undo it: where the money is.
_CLOSING = frozenset(
    {
        "milestone-released",
        "milestone-claimed",
        "milestone-conceded",
        "milestone-reclaimed",
        "milestone-settled",
        "dispute-resolved",
    }
)


async def _on_observed(db_tx: Connection, event: Event) -> None:
    data = event.data
    tx_id, name = data["txId"], data["name"]
    if name == "project-created":
        await _on_created(db_tx, event, final=False)
    else:
        scene = await _scene(db_tx, data)
        if scene is not None:
            await _tell_seen(db_tx, event, *scene)
    # After the linking, in which the hint may decide.
    await store_funding.drop_hints(db_tx, tx_id)


async def _on_final(db_tx: Connection, event: Event) -> None:
    data = event.data
    if data["name"] == "project-created":
        await _on_created(db_tx, event, final=True)
    else:
        scene = await _scene(db_tx, data)
        if scene is not None:
            # During a backfill nothing is seen before it is final: told now, if it was not then.
            await _tell_seen(db_tx, event, *scene)
            await _tell_closed(db_tx, event, *scene)
            await _tell_ended(db_tx, event, *scene)
    await store_funding.drop_hints(db_tx, data["txId"])


async def _on_reverted(db_tx: Connection, event: Event) -> None:
    scene = await _scene(db_tx, event.data)
    if scene is None:
        return
    project, agreement = scene
    await service.tell(
        db_tx,
        _K.CHAIN_REVERTED,
        project,
        to=[project.client, agreement.freelancer],
        key=f"reverted:{event.position}",
        name=event.data["name"],
        txId=event.data["txId"],
        milestoneNum=event.data.get("milestoneNum"),
    )


async def _scene(db: Connection, data: dict[str, Any]) -> tuple[Project, Agreement] | None:
    """The project and the agreement that an event is about; None for others' escrows."""
    if data.get("creationTxId") is None:
        return None
    link = await store_funding.link_of(db, data["contract"], data["creationTxId"])
    if link is None:
        return None
    project = await store.find_project(db, link.project_id)
    agreement = await store_funding.find_agreement(db, link.agreement_id)
    return None if project is None or agreement is None else (project, agreement)


# -- an escrow was created -------------------------------------------------------------------------


async def _on_created(db_tx: Connection, event: Event, *, final: bool) -> None:
    data = event.data
    contract, tx_id = data["contract"], data["txId"]
    escrow = await project_by_creation(db_tx, contract, tx_id, View.LIVE)
    if escrow is None:
        return  # taken back since
    link = await service_funding.link_escrow(db_tx, contract, escrow)
    if link is None:
        await _tell_differing(db_tx, contract, escrow)
        return
    if final:
        await service_funding.settle_funding(db_tx, link, datetime.now(UTC))
    await _tell_funding(db_tx, event, link, escrow, final=final)


async def _tell_funding(
    db_tx: Connection, event: Event, link: Link, escrow: EscrowProject, *, final: bool
) -> None:
    project = await store.find_project(db_tx, link.project_id)
    agreement = await store_funding.find_agreement(db_tx, link.agreement_id)
    if project is None or agreement is None:
        return
    sums = {"amountMinor": str(escrow.total_minor), "asset": project.asset.value}
    both = [project.client, agreement.freelancer]
    await service.tell(
        db_tx,
        _K.ESCROW_FUNDED if final else _K.ESCROW_SEEN,
        project,
        to=both,
        key=_key("funded" if final else "seen", event),
        txId=escrow.creation_tx_id,
        **sums,
    )
    state = await load_state(db_tx, link.contract, link.creation_tx_id, View.LIVE)
    if state and compare_funding(agreement.figures, escrow, state.milestones):
        await service.tell(
            db_tx,
            _K.ESCROW_DIFFERS,
            project,
            to=both,
            key=f"differs:{escrow.creation_tx_id}",
            txId=escrow.creation_tx_id,
            **sums,
        )


async def _tell_differing(db_tx: Connection, contract: str, escrow: EscrowProject) -> None:
    """An escrow that fits no agreement, or several: both sides are told once, under the project
    that it names, else under the one that it comes nearest to."""
    about = None
    if escrow.reference is not None:
        about = await store_funding.agreement_by_reference(
            db_tx, contract, escrow.client, escrow.reference
        )
    if about is None:
        about = await store_funding.nearest_agreement(db_tx, contract, escrow)
    project = None if about is None else await store.find_project(db_tx, about.project_id)
    if about is None or project is None:
        return
    asset = Asset.STX if escrow.token is None else project.asset
    await service.tell(
        db_tx,
        _K.ESCROW_DIFFERS,
        project,
        to=[project.client, about.freelancer],
        key=f"differs:{escrow.creation_tx_id}",
        txId=escrow.creation_tx_id,
        amountMinor=str(escrow.total_minor),
        asset=asset.value,
    )


# -- what happens to it ----------------------------------------------------------------------------


def _key(what: str, event: Event) -> str:
    """One for each event of a block: seen and final of the same one are told once each."""
    data = event.data
    return f"{what}:{data['blockId']}:{data['txId']}:{data['eventIndex']}"


async def _tell_seen(
    db_tx: Connection, event: Event, project: Project, agreement: Agreement
) -> None:
    known = _WHEN_SEEN.get(event.data["name"])
    if known is None:
        return
    kind, sides = known
    fields = event.data["event"]
    accounts = {"client": project.client, "freelancer": agreement.freelancer}
    to = [accounts[side] for side in sides]
    if event.data["name"] == "settlement-offered":
        to = [_other_side(fields["actor"], project, agreement)]
    await service.tell(
        db_tx,
        kind,
        project,
        to=to,
        key=_key("seen", event),
        **await _facts(db_tx, event, project),
    )


def _other_side(actor: str, project: Project, agreement: Agreement) -> UUID:
    return agreement.freelancer if actor == agreement.client_address else project.client


async def _tell_closed(
    db_tx: Connection, event: Event, project: Project, agreement: Agreement
) -> None:
    if event.data["name"] not in _CLOSING:
        return
    fields = event.data["event"]
    kind, amount = _K.MILESTONE_SPLIT, fields["amount"]
    if int(fields["gross"]) == 0:
        kind, amount = _K.MILESTONE_REFUNDED, fields["refund"]
    elif int(fields["refund"]) == 0:
        kind, amount = _K.MILESTONE_PAID, fields["net"]
    facts = await _facts(db_tx, event, project)
    await service.tell(
        db_tx,
        kind,
        project,
        to=[project.client, agreement.freelancer],
        key=_key("closed", event),
        **facts
        | {
            "amountMinor": amount,
            "netMinor": fields["net"],
            "refundMinor": fields["refund"],
        },
    )


async def _tell_ended(
    db_tx: Connection, event: Event, project: Project, agreement: Agreement
) -> None:
    data = event.data
    escrow = await project_by_creation(db_tx, data["contract"], data["creationTxId"], View.FINAL)
    if escrow is None or data["name"] not in _CLOSING | {"project-declined"}:
        return
    kind = {"completed": _K.PROJECT_COMPLETED, "refunded": _K.PROJECT_REFUNDED}.get(
        escrow.status.value
    )
    if kind is None:
        return
    await service.tell(
        db_tx,
        kind,
        project,
        to=[project.client, agreement.freelancer],
        key=f"ended:{data['contract']}:{data['creationTxId']}",
    )


async def _facts(db: Connection, event: Event, project: Project) -> dict[str, Any]:
    """What the words about an event may need. Amounts as decimal strings."""
    data = event.data
    fields = data["event"]
    facts: dict[str, Any] = {
        "name": data["name"],
        "txId": data["txId"],
        "asset": project.asset.value,
        "milestoneNum": data.get("milestoneNum"),
    }
    facts |= {name: fields[name] for name in ("claimFrom", "bps", "expires") if name in fields}
    amount = fields.get("net") or fields.get("amount")
    if amount is None and data.get("milestoneNum") is not None:
        amount = await _amount_of(db, data)
    if amount is not None:
        facts["amountMinor"] = str(amount)
    return facts


async def _amount_of(db: Connection, data: dict[str, Any]) -> int | None:
    state = await load_state(db, data["contract"], data["creationTxId"], View.LIVE)
    milestones: Iterable[Any] = state.milestones if state else ()
    found = (m.amount_minor for m in milestones if m.milestone_num == data["milestoneNum"])
    return next(found, None)


def reactor() -> Reactor:
    """Links escrows to projects and tells their parties what the chain says."""
    return Reactor(
        "projects",
        {
            "escrow_event_observed": _on_observed,
            "escrow_event_final": _on_final,
            "escrow_event_reverted": _on_reverted,
        },
    )
