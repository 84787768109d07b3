"""Disputes: who may look, what is handed in, what a ruling would be. The chain alone decides them.

A case is open to the two sides and to those arbiters of the project's own set who have a vote in
it, by the contract's word. To everybody else, the operator included, it is not there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.chains.stacks import StacksAddress
from earnest.escrow import (
    ActName,
    EscrowDispute,
    EscrowEvent,
    EscrowMilestone,
    EventState,
    PreparedCall,
    ProjectState,
    View,
    events_of_project,
    prepare_call,
    tokens_of,
    voters_of,
)
from earnest.escrow import token_of as listed_token
from earnest.kit.db import Connection
from earnest.kit.events import append_event
from earnest.kit.ids import new_id
from earnest.kit.money import Asset
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind, notify
from earnest.projects import store
from earnest.projects.disputes import store as store_disputes
from earnest.projects.disputes.errors import (
    DisputeUnknown,
    EvidenceNotYours,
    NotAnArbiter,
    TooMuchEvidence,
)
from earnest.projects.disputes.rules import (
    EVIDENCE_BYTES_MAX,
    EVIDENCE_MAX,
    DisputeId,
    DisputeState,
    check_evidence,
)
from earnest.projects.disputes.rules_dossier import DossierFile, EvidenceItem, Side, hash_item
from earnest.projects.disputes.store import Evidence, ListedDispute
from earnest.projects.errors import CreationNotFinal
from earnest.projects.funding import service as service_funding
from earnest.projects.funding.service import Funding
from earnest.projects.rules_terms import on_network_of
from earnest.projects.service_view import BurnClock, read_clock
from earnest.projects.store import Project
from earnest.projects.store_files import KeptFile, require_files


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute with all that is about it, and what the one who asked is to it.

    `side` and `arbiter` (the wallet with the vote) may both be there; never neither. `final` parts
    are None while a reorg could still undo them.
    """

    id: DisputeId
    project: Project
    contract: str
    creation_tx_id: str
    funding: Funding
    dispute: EscrowDispute
    milestone: EscrowMilestone
    final_dispute: EscrowDispute | None
    final_milestone: EscrowMilestone | None
    voters: tuple[str, ...]
    clock: BurnClock | None
    side: Side | None
    arbiter: str | None

    @property
    def state(self) -> DisputeState:
        """By all that the chain shows."""
        return DisputeState.OPEN if self.milestone.status.is_open else DisputeState.CLOSED

    @property
    def final_state(self) -> DisputeState | None:
        """By what is final; None while the dispute itself is not."""
        if self.final_dispute is None or self.final_milestone is None:
            return None
        is_open = self.final_milestone.status.is_open
        return DisputeState.OPEN if is_open else DisputeState.CLOSED

    @property
    def burn_height(self) -> int:
        """Where Bitcoin stands, as far as is known."""
        known = self.funding.live.project.updated_burn_height
        return max(known, self.clock.burn_height if self.clock else 0)

    def address_of(self, side: Side) -> str:
        """A side's wallet in the escrow."""
        project = self.funding.live.project
        return project.client if side is Side.CLIENT else project.freelancer

    def account_of(self, side: Side) -> UUID:
        """A side's account here."""
        return self.project.client if side is Side.CLIENT else self.funding.agreement.freelancer


async def open_case(db: Connection, account: UUID, signed_in_as: str, id: DisputeId) -> Case:
    """A dispute, for one who may look at it. Raises `DisputeUnknown` for everybody else."""
    project = await store.find_project(db, id.project_id)
    found = await service_funding.find_funding(db, id.project_id) if project else None
    if project is None or found is None:
        raise DisputeUnknown
    link, funding = found
    here = _of_state(funding.live, id.milestone_num)
    if here is None:
        raise DisputeUnknown
    voters = voters_of(funding.live)
    side = None
    if account == project.client:
        side = Side.CLIENT
    elif account == funding.agreement.freelancer:
        side = Side.FREELANCER
    arbiter = await _wallet_among(db, account, signed_in_as, link.contract, voters)
    if side is None and arbiter is None:
        raise DisputeUnknown
    settled = _of_state(funding.final, id.milestone_num)
    return Case(
        id=id,
        project=project,
        contract=link.contract,
        creation_tx_id=link.creation_tx_id,
        funding=funding,
        dispute=here[0],
        milestone=here[1],
        final_dispute=settled[0] if settled else None,
        final_milestone=settled[1] if settled else None,
        voters=voters,
        clock=await read_clock(db),
        side=side,
        arbiter=arbiter,
    )


async def open_arbiters_case(
    db: Connection, account: UUID, signed_in_as: str, id: DisputeId
) -> Case:
    """As `open_case`, for arbiters alone: to a side without a vote it is not there."""
    case = await open_case(db, account, signed_in_as, id)
    if case.arbiter is None:
        raise DisputeUnknown
    return case


def _of_state(state: ProjectState | None, num: int) -> tuple[EscrowDispute, EscrowMilestone] | None:
    if state is None:
        return None
    dispute = next((each for each in state.disputes if each.milestone_num == num), None)
    milestone = next((each for each in state.milestones if each.milestone_num == num), None)
    return None if dispute is None or milestone is None else (dispute, milestone)


async def _wallet_among(
    db: Connection, account: UUID, signed_in_as: str, contract: str, voters: Sequence[str]
) -> str | None:
    """The account's wallet among these, the one it is signed in with before others."""
    mine = [each for each in await wallets_of(db, account, contract) if each in voters]
    if not mine:
        return None
    return next((each for each in mine if _same_key(each, signed_in_as)), mine[0])


def _same_key(address: str, signed_in_as: str) -> bool:
    try:
        here = StacksAddress.parse(signed_in_as)
    except ValueError:
        return False
    return here.on_mainnet() == StacksAddress.parse(address).on_mainnet()


async def wallets_of(db: Connection, account: UUID, contract: str) -> list[str]:
    """An account's Stacks wallets in the form of the contract's network, first linked first."""
    return [on_network_of(contract, each) for each in await store.stacks_addresses(db, account)]


# -- evidence --------------------------------------------------------------------------------------


async def add_evidence(
    db_tx: Connection,
    account: UUID,
    signed_in_as: str,
    id: DisputeId,
    *,
    text: str,
    file_ids: Sequence[UUID],
    now: datetime,
) -> Evidence:
    """Hands in a piece of evidence. It stays as it is, for ever.

    Raises `DisputeUnknown`, `EvidenceNotYours` for an arbiter, `DisputeClosed`, `EvidenceTooLate`,
    `EvidenceEmpty`, `TooMuchEvidence`, and what `require_files` raises.
    """
    case = await open_case(db_tx, account, signed_in_as, id)
    side = case.side
    if side is None:
        raise EvidenceNotYours
    check_evidence(case.dispute, case.milestone, case.burn_height, text=text, files=len(file_ids))
    files = await require_files(db_tx, account, file_ids)
    number, size = await store_disputes.lock_side(
        db_tx, case.creation_tx_id, id.milestone_num, side
    )
    if number >= EVIDENCE_MAX:
        raise TooMuchEvidence(what=f"{EVIDENCE_MAX} pieces")
    if size + sum(each.size_bytes for each in files) > EVIDENCE_BYTES_MAX:
        raise TooMuchEvidence(what=f"files of {size} bytes, and at most {EVIDENCE_BYTES_MAX} are")
    item = EvidenceItem(
        dispute_id=str(id),
        side=side,
        number=number + 1,
        address=case.address_of(side),
        text=text,
        files=[_file(each) for each in files],
        handed_in_at=write_time(now),
        burn_height=case.burn_height,
    )
    evidence = Evidence(
        id=new_id(),
        project_id=case.project.id,
        contract=case.contract,
        creation_tx_id=case.creation_tx_id,
        milestone_num=id.milestone_num,
        side=side,
        number=item.number,
        handed_in_by=account,
        address=item.address,
        text=text,
        burn_height=item.burn_height,
        handed_in_at=now,
        sha256=bytes.fromhex(hash_item(item)),
        files=files,
    )
    await store_disputes.insert_evidence(db_tx, evidence)
    told: dict[str, Any] = {
        "subject": f"dispute:{id}",
        "data": about(case.project, id) | {"defaultFrom": case.dispute.default_from},
        "key": f"evidence_added:{evidence.id}",
    }
    to = [case.account_of(side.other)]
    await notify(db_tx, to=to, kind=NotificationKind.EVIDENCE_ADDED, **told)
    await tell_arbiters(db_tx, case.funding.live, kind=NotificationKind.EVIDENCE_TO_READ, **told)
    await append_event(
        db_tx,
        "evidence_added",
        f"dispute:{id}",
        {"projectId": case.project.id, "side": side.value, "evidenceId": evidence.id},
    )
    return evidence


def item_of(id: DisputeId, evidence: Evidence) -> EvidenceItem:
    """A stored piece as it was hashed."""
    return EvidenceItem(
        dispute_id=str(id),
        side=evidence.side,
        number=evidence.number,
        address=evidence.address,
        text=evidence.text,
        files=[_file(each) for each in evidence.files],
        handed_in_at=write_time(evidence.handed_in_at),
        burn_height=evidence.burn_height,
    )


def _file(file: KeptFile) -> DossierFile:
    return DossierFile(
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        name=file.name,
        declared_type=file.declared_type,
    )


def write_time(at: datetime) -> str:
    """RFC 3339 in UTC, always with six places: one way to write each moment."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def evidence_of(db: Connection, case: Case) -> list[Evidence]:
    """Both sides' evidence, in the order in which it came."""
    return await store_disputes.list_evidence(
        db, case.contract, case.creation_tx_id, case.id.milestone_num
    )


async def find_evidence_file(
    db: Connection, case: Case, evidence_id: UUID, file_id: UUID
) -> KeptFile | None:
    """A file of a piece of evidence of this dispute."""
    found = (each.files for each in await evidence_of(db, case) if each.id == evidence_id)
    return next((file for files in found for file in files if file.file_id == file_id), None)


async def timeline_of(db: Connection, case: Case) -> list[EscrowEvent]:
    """The events of the chain that bear on the dispute: those of the milestone and of the project
    as a whole, provisional and final, in the order of the chain."""
    events = await events_of_project(
        db, case.contract, case.funding.live.project.number, case.creation_tx_id
    )
    standing = [
        each
        for each in events
        if each.state is not EventState.REVERTED
        and each.milestone_num in (None, case.id.milestone_num)
    ]
    return sorted(standing, key=lambda each: (each.height, each.tx_index, each.event_index))


# -- arbiters --------------------------------------------------------------------------------------


async def list_for_arbiter(
    db: Connection,
    account: UUID,
    contract: str,
    *,
    state: DisputeState,
    after: tuple[int, UUID, int] | None,
    limit: int,
) -> list[ListedDispute]:
    """Disputes in which a wallet of the account has a vote. Raises `NotAnArbiter` for one whose
    wallets are in no set at all."""
    wallets = await wallets_of(db, account, contract)
    if not await store_disputes.is_arbiter_anywhere(db, contract, wallets):
        raise NotAnArbiter
    return await store_disputes.list_disputes(
        db, contract, wallets, state=state, after=after, limit=limit
    )


async def prepare_ruling(
    db: Connection, settings: Settings, case: Case, act: ActName, bps: int
) -> PreparedCall:
    """The unsigned call for the arbiter's own wallet. We hold no key that could sign it.

    Raises `CreationNotFinal`, and what `escrow.prepare_call` raises.
    """
    if case.arbiter is None:
        raise DisputeUnknown
    if case.funding.final is None:
        raise CreationNotFinal(awaited="Its number could still come to mean another project.")
    token = None
    contract_of_token = case.funding.live.project.token
    if contract_of_token is not None:
        listed = await tokens_of(db, case.contract, View.LIVE)
        token = next(
            listed_token(each, settings.stacks_sbtc_token)
            for each in listed
            if each.token == contract_of_token
        )
    return prepare_call(
        case.contract,
        case.funding.live,
        act,
        sender=case.arbiter,
        burn_height=case.burn_height,
        token=token,
        milestone_num=case.id.milestone_num,
        bps=bps,
    )


# -- words -----------------------------------------------------------------------------------------


def about(project: Project, id: DisputeId) -> dict[str, Any]:
    """What every notification about a dispute says."""
    return {
        "projectId": str(project.id),
        "projectTitle": project.title,
        "milestoneNum": id.milestone_num,
        "disputeId": str(id),
        "asset": project.asset.value,
    }


def asset_of(token: str | None, settings: Settings) -> Asset | None:
    """The asset of a token contract; None for one that we cannot write."""
    if token is None:
        return Asset.STX
    return Asset.SBTC if token == settings.stacks_sbtc_token else None


async def tell_arbiters(
    db_tx: Connection,
    state: ProjectState,
    *,
    kind: NotificationKind,
    subject: str,
    data: dict[str, Any],
    key: str,
) -> None:
    """Tells those arbiters of a project who have an account here."""
    identities = []
    for voter in voters_of(state):
        try:
            identities.append(str(StacksAddress.parse(voter).on_mainnet()))
        except ValueError:
            continue  # a contract is no wallet that could sign in
    to = await store_disputes.accounts_of(db_tx, identities)
    await notify(db_tx, to=to, kind=kind, subject=subject, data=data, key=key)
