"""What disputes, evidence and dossiers are on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from earnest.escrow import ActName, EscrowEvent, EventState, MilestoneStatus
from earnest.files import DownloadAnswer
from earnest.kit.money import Asset
from earnest.kit.settings import Settings
from earnest.kit.wire import AmountMinor, Body, Wire
from earnest.projects.disputes.rules import (
    EVIDENCE_FILES_MAX,
    EVIDENCE_TEXT_LENGTH_MAX,
    DisputeId,
    DisputeState,
    Ruling,
    rulings_of,
    tally_of,
)
from earnest.projects.disputes.rules_dossier import ALGORITHM, Side
from earnest.projects.disputes.service import Case, asset_of
from earnest.projects.disputes.store import AttestationKey, DossierRow, Evidence, ListedDispute
from earnest.projects.shapes import AttachedFileAnswer, show_files
from earnest.projects.shapes_bodies import Bps
from earnest.projects.shapes_escrow import Height, show_height


class EvidenceBody(Body, frozen=True):
    """A piece of evidence: a text, documents of yours that are `ready`, or both. It is added once
    and never changed."""

    text: Annotated[
        str,
        msgspec.Meta(
            max_length=EVIDENCE_TEXT_LENGTH_MAX, pattern=r"^[^\x00]*$", description="Plain text."
        ),
    ] = ""
    files: Annotated[
        list[UUID],
        msgspec.Meta(max_length=EVIDENCE_FILES_MAX, description="Ids of documents of yours."),
    ] = []  # noqa: RUF012 - msgspec copies it


class RulingAct(StrEnum):
    """`vote` names any part; `resolve` is the older call, for all (10,000) or nothing (0)."""

    VOTE = "vote"
    RESOLVE = "resolve"

    @property
    def act(self) -> ActName:
        """As the contract's calls are named."""
        return ActName(self.value)


class RulingBody(Body, frozen=True):
    """What the freelancer is to get of the milestone, of 10,000."""

    bps: Bps
    act: RulingAct = RulingAct.VOTE


class EvidenceAnswer(Wire, frozen=True):
    """What a side handed in. `sha256` is of the canonical JSON of all of it, and is in the dossier.
    Text and names are what that side wrote: show them as text."""

    id: UUID
    side: Side
    number: int
    address: str
    text: str
    files: list[AttachedFileAnswer]
    burn_height: int
    handed_in_at: datetime
    sha256: str


class TimelineEvent(Wire, frozen=True):
    """An event of the chain: `observed` may still be undone, `final` not."""

    name: str
    state: EventState
    actor: str | None
    milestone_num: int | None
    bps: int | None
    tx_id: str
    block_id: str
    height: int
    burn_height: int
    at: datetime


class VoteAnswer(Wire, frozen=True):
    """What an arbiter named last: the freelancer's part of 10,000. It may be changed."""

    arbiter: str
    bps: int


class TallyAnswer(Wire, frozen=True):
    """How many arbiters name one figure."""

    bps: int
    votes: int


class RulingAnswer(Wire, frozen=True):
    """What a figure would pay, in minor units: gross = fee + net; gross + refund is the amount."""

    bps: int
    gross_minor: AmountMinor
    fee_minor: AmountMinor
    net_minor: AmountMinor
    refund_minor: AmountMinor
    bond_to: str


class DossierAnswer(Wire, frozen=True):
    """A signed dossier: `sha256` is of the file, `publicKey` (hex) signed it. `interim` ones were
    made before the end."""

    sha256: str
    size_bytes: int
    interim: bool
    public_key: str
    events: int
    evidence: int
    made_at: datetime | None


class DossierDownload(Wire, frozen=True):
    """A dossier and where it is downloaded."""

    dossier: DossierAnswer
    download: DownloadAnswer


class DossierAsked(Wire, frozen=True):
    """The worker makes it; ask for the dossier until it is there."""

    dispute_id: str


class DisputeAnswer(Wire, frozen=True):
    """A dispute as the chain shows it, and all that was handed in.

    `state` is by all that the chain shows, `finalState` by what no reorg can undo (null while the
    dispute itself could be). `side` and `arbiter` say what you are to it. If the arbiters stay
    silent until `defaultFrom`, the freelancer gets `defaultBps` of 10,000. Evidence is taken until
    then, while the dispute is open; `burnHeight` is where Bitcoin stands. `threshold` of `voters`
    must name one figure; `feeBps` of what the freelancer gets is the house's.
    """

    id: str
    project_id: UUID
    milestone_num: int
    project_title: str
    milestone_title: str
    acceptance: str
    state: DisputeState
    final_state: DisputeState | None
    status: MilestoneStatus
    final_status: MilestoneStatus | None
    side: Side | None
    arbiter: str | None
    contract: str
    number: int
    creation_tx_id: str
    client: str
    freelancer: str
    asset: Asset | None
    token: str | None
    amount_minor: AmountMinor
    fee_bps: int
    bond_minor: AmountMinor
    filer: str
    filed_at: Height | None
    default_from: Height | None
    burn_height: int
    default_bps: int
    terms: str
    reference: str
    voters: list[str]
    threshold: int | None
    votes: list[VoteAnswer]
    tally: list[TallyAnswer]
    rulings: list[RulingAnswer]
    how: str | None
    net_minor: AmountMinor | None
    refund_minor: AmountMinor | None
    evidence: list[EvidenceAnswer]
    timeline: list[TimelineEvent]
    dossier: DossierAnswer | None


class DisputeCard(Wire, frozen=True):
    """A dispute in an arbiter's list."""

    id: str
    project_id: UUID
    milestone_num: int
    project_title: str
    client: str
    freelancer: str
    asset: Asset | None
    token: str | None
    amount_minor: AmountMinor
    status: MilestoneStatus
    final_status: MilestoneStatus | None
    filer: str
    filed_at: int
    default_from: int
    default_bps: int


class KeyAnswer(Wire, frozen=True):
    """A public key in hex, and since when it signs."""

    algorithm: str
    public_key: str
    since: datetime


class AttestationKeyAnswer(KeyAnswer, frozen=True):
    """The key that signs dossiers and the ledger's checkpoints, and those before it."""

    earlier: list[KeyAnswer]


def show_evidence(evidence: Evidence) -> EvidenceAnswer:
    """A piece of evidence."""
    return EvidenceAnswer(
        id=evidence.id,
        side=evidence.side,
        number=evidence.number,
        address=evidence.address,
        text=evidence.text,
        files=show_files(evidence.files),
        burn_height=evidence.burn_height,
        handed_in_at=evidence.handed_in_at,
        sha256=evidence.sha256.hex(),
    )


def _show_event(event: EscrowEvent) -> TimelineEvent:
    return TimelineEvent(
        name=event.name or "",
        state=event.state,
        actor=event.actor,
        milestone_num=event.milestone_num,
        bps=(event.data or {}).get("bps"),
        tx_id=event.tx_id,
        block_id=event.block_id,
        height=event.height,
        burn_height=event.burn_height,
        at=event.block_time,
    )


def _show_ruling(ruling: Ruling) -> RulingAnswer:
    parts = ruling.parts
    return RulingAnswer(
        bps=ruling.bps,
        gross_minor=str(parts.gross_minor),
        fee_minor=str(parts.fee_minor),
        net_minor=str(parts.net_minor),
        refund_minor=str(parts.refund_minor),
        bond_to=ruling.bond_to,
    )


def show_dossier(row: DossierRow) -> DossierAnswer:
    """A dossier that was made."""
    return DossierAnswer(
        sha256=row.sha256.hex(),
        size_bytes=row.size_bytes,
        interim=row.interim,
        public_key=row.public_key.hex(),
        events=row.events,
        evidence=row.evidence,
        made_at=row.made_at,
    )


def show_dispute(
    case: Case,
    settings: Settings,
    *,
    evidence: list[Evidence],
    timeline: list[EscrowEvent],
    dossier: DossierRow | None,
) -> DisputeAnswer:
    """All of a dispute."""
    live, num = case.funding.live, case.id.milestone_num
    escrow, milestone, dispute = live.project, case.milestone, case.dispute
    planned = case.project.milestones[num - 1] if num <= len(case.project.milestones) else None
    votes = [each for each in live.votes if each.milestone_num == num]
    return DisputeAnswer(
        id=str(case.id),
        project_id=case.project.id,
        milestone_num=num,
        project_title=case.project.title,
        milestone_title=planned.title if planned else "",
        acceptance=planned.acceptance if planned else "",
        state=case.state,
        final_state=case.final_state,
        status=milestone.status,
        final_status=case.final_milestone.status if case.final_milestone else None,
        side=case.side,
        arbiter=case.arbiter,
        contract=case.contract,
        number=escrow.number,
        creation_tx_id=case.creation_tx_id,
        client=escrow.client,
        freelancer=escrow.freelancer,
        asset=asset_of(escrow.token, settings),
        token=escrow.token,
        amount_minor=str(milestone.amount_minor),
        fee_bps=escrow.fee_bps,
        bond_minor=str(dispute.bond_minor),
        filer=dispute.filer,
        filed_at=show_height(dispute.filed_at, case.clock),
        default_from=show_height(dispute.default_from, case.clock),
        burn_height=case.burn_height,
        default_bps=dispute.default_bps,
        terms=case.funding.agreement.terms,
        reference=case.funding.agreement.reference,
        voters=list(case.voters),
        threshold=live.arbiters.threshold if live.arbiters else None,
        votes=[VoteAnswer(arbiter=each.arbiter, bps=each.bps) for each in votes],
        tally=[
            TallyAnswer(bps=bps, votes=count)
            for bps, count in tally_of(live, num, case.voters).items()
        ],
        rulings=[_show_ruling(each) for each in rulings_of(live, dispute)],
        how=milestone.how.value if milestone.how else None,
        net_minor=_amount(milestone.net_minor),
        refund_minor=_amount(milestone.refund_minor),
        evidence=[show_evidence(each) for each in evidence],
        timeline=[_show_event(each) for each in timeline],
        dossier=show_dossier(dossier) if dossier else None,
    )


def _amount(minor: int | None) -> str | None:
    return None if minor is None else str(minor)


def show_listed(listed: ListedDispute, settings: Settings) -> DisputeCard:
    """A dispute in a list."""
    return DisputeCard(
        id=str(DisputeId(listed.project_id, listed.milestone_num)),
        project_id=listed.project_id,
        milestone_num=listed.milestone_num,
        project_title=listed.title,
        client=listed.client,
        freelancer=listed.freelancer,
        asset=asset_of(listed.token, settings),
        token=listed.token,
        amount_minor=str(listed.amount_minor),
        status=listed.status,
        final_status=listed.final_status,
        filer=listed.filer,
        filed_at=listed.filed_at,
        default_from=listed.default_from,
        default_bps=listed.default_bps,
    )


def show_keys(keys: list[AttestationKey]) -> AttestationKeyAnswer:
    """The newest key, and those before it. There must be one."""
    newest, *earlier = (
        KeyAnswer(algorithm=ALGORITHM, public_key=key.public_key.hex(), since=key.since)
        for key in keys
    )
    return AttestationKeyAnswer(
        algorithm=newest.algorithm,
        public_key=newest.public_key,
        since=newest.since,
        earlier=earlier,
    )
