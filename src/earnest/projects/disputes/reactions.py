"""What follows from the chain's word on a dispute: who is told, and when a dossier is made."""

from typing import Any

from earnest.escrow import ProjectState, View, project_by_creation
from earnest.kit.db import Connection
from earnest.kit.events import Event, Reactor
from earnest.notifications import NotificationKind, notify
from earnest.projects import store
from earnest.projects.disputes import service as service_disputes
from earnest.projects.disputes.rules import DisputeId
from earnest.projects.disputes.service_dossiers import ask_for_dossier
from earnest.projects.funding import service as service_funding
from earnest.projects.funding import store as store_funding
from earnest.projects.store import Project

# Each closes a milestone. One that was disputed gets its dossier.
_CLOSING = frozenset(
    {
        "milestone-released",
        "milestone-conceded",
        "milestone-settled",
        "dispute-resolved",
    }
)


async def _find(
    db_tx: Connection, data: dict[str, Any], view: View
) -> tuple[Project, ProjectState, DisputeId] | None:
    """The project, the escrow and the dispute that an announced event is about."""
    contract, creation, num = data["contract"], data["creationTxId"], data["milestoneNum"]
    if creation is None or num is None:
        return None
    link = await store_funding.link_of(db_tx, contract, creation)
    if link is None:
        # The reader that links escrows may be behind this one.
        escrow = await project_by_creation(db_tx, contract, creation, View.LIVE)
        link = await service_funding.link_escrow(db_tx, contract, escrow) if escrow else None
    if link is None:
        return None
    project = await store.find_project(db_tx, link.project_id)
    state = await service_funding.load_state(db_tx, contract, creation, view)
    if project is None or state is None:
        return None
    if not any(each.milestone_num == num for each in state.disputes):
        return None
    return project, state, DisputeId(project.id, num)


def _place(data: dict[str, Any]) -> str:
    """Which fact of which block: one that comes back in another block is told again."""
    return f"{data['blockId']}:{data['txId']}:{data['eventIndex']}"


async def _on_seen(db_tx: Connection, event: Event) -> None:
    """A dispute was filed, or an arbiter voted: told at once, though a reorg may undo it, and when
    it is final only if it was not told then."""
    data = event.data
    if data["name"] not in ("dispute-filed", "vote-cast"):
        return
    found = await _find(db_tx, data, View.LIVE)
    if found is None:
        return
    project, state, id = found
    freelancer = await _freelancer(db_tx, data)
    told = service_disputes.about(project, id)
    subject = f"dispute:{id}"
    if data["name"] == "vote-cast":
        await notify(
            db_tx,
            to=[project.client, *freelancer],
            kind=NotificationKind.ARBITER_VOTED,
            subject=subject,
            data=told | {"bps": data["event"]["bps"]},
            key=f"arbiter_voted:{_place(data)}",
        )
        return
    dispute = next(each for each in state.disputes if each.milestone_num == id.milestone_num)
    amount = next(
        each.amount_minor for each in state.milestones if each.milestone_num == id.milestone_num
    )
    told |= {
        "amountMinor": str(amount),
        "defaultFrom": dispute.default_from,
        "bps": dispute.default_bps,
    }
    await notify(
        db_tx,
        to=[project.client, *freelancer],
        kind=NotificationKind.DISPUTE_FILED,
        subject=subject,
        data=told,
        key=f"dispute_filed:{_place(data)}",
    )
    await service_disputes.tell_arbiters(
        db_tx,
        state,
        kind=NotificationKind.DISPUTE_TO_RULE,
        subject=subject,
        data=told,
        key=f"dispute_to_rule:{_place(data)}",
    )


async def _on_final(db_tx: Connection, event: Event) -> None:
    """A disputed milestone was closed for good: the arbiters are told, and its dossier is made.

    What it paid is told to the two sides as for any milestone.
    """
    await _on_seen(db_tx, event)
    data = event.data
    if data["name"] not in _CLOSING:
        return
    found = await _find(db_tx, data, View.FINAL)
    if found is None:
        return
    project, state, id = found
    said = data["event"]
    await service_disputes.tell_arbiters(
        db_tx,
        state,
        kind=NotificationKind.DISPUTE_CLOSED,
        subject=f"dispute:{id}",
        data=service_disputes.about(project, id)
        | {"netMinor": said["net"], "refundMinor": said["refund"], "how": said["how"]},
        key=f"dispute_closed:{_place(data)}",
    )
    await ask_for_dossier(db_tx, id, final=True)


async def _freelancer(db_tx: Connection, data: dict[str, Any]) -> list[Any]:
    link = await store_funding.link_of(db_tx, data["contract"], data["creationTxId"])
    agreement = await store_funding.find_agreement(db_tx, link.agreement_id) if link else None
    return [agreement.freelancer] if agreement else []


def disputes_reactor() -> Reactor:
    """Tells of disputes, votes and rulings, and has dossiers made."""
    return Reactor(
        "projects_disputes",
        {"escrow_event_observed": _on_seen, "escrow_event_final": _on_final},
    )
