"""What projects, proposals and deliverables are on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency

from earnest.accounts import Principal, require_principal
from earnest.escrow import EscrowMilestone
from earnest.files import DocumentAnswer
from earnest.kit.money import Asset
from earnest.kit.wire import AmountMinor, Wire
from earnest.projects.deliverables.store import Deliverable
from earnest.projects.proposals.store import Proposal
from earnest.projects.rules import (
    Category,
    ProposalStatus,
    Stage,
)
from earnest.projects.rules_chain import (
    CallFailure,
    ChainAct,
    FundingState,
    MilestoneStatus,
    ProjectStatus,
)
from earnest.projects.service_view import (
    BurnClock,
    DisputeView,
    MilestoneView,
    Part,
    ProjectView,
)
from earnest.projects.shapes_escrow import EscrowAnswer, Height, show_escrow, show_height, show_sum
from earnest.projects.store import ListedProject, Project
from earnest.projects.store_files import KeptFile
from earnest.projects.store_terms import OldTerms


async def perhaps_principal(request: Request[Any, Any, Any]) -> Principal | None:
    """Who the bearer token speaks for; None where there is none. A token that is no good is
    refused all the same."""
    if "authorization" not in request.headers:
        return None
    return await require_principal(request)


PerhapsPrincipal = NamedDependency[Principal | None]

# -- what we answer --------------------------------------------------------------------------------


class MilestoneDisputeAnswer(Wire, frozen=True):
    """What a dispute means for a milestone: who filed it with which bond, and who got the bond
    once it is closed. `agreeing` arbiters name one figure, `threshold` are needed. If they stay
    silent until `defaultFrom`, the freelancer gets `defaultBps` of 10,000."""

    filer: Part
    bond_minor: AmountMinor
    bond_to: Part | None
    default_from: Height | None
    default_bps: int
    agreeing: int
    threshold: int | None


class RevertedAnswer(Wire, frozen=True):
    """An event that a reorg took out of the chain, and that it does not show again so far. The
    wallet's chain_tx may still come back by itself."""

    name: str
    tx_id: str
    milestone_num: int | None
    at: datetime


class MilestoneAnswer(Wire, frozen=True):
    """A milestone. `status` is what the chain shows, `finalStatus` what no reorg can undo; both
    are `planned` until there is an escrow. Sums are there once it is closed; while only `status`
    is closed, the money is on its way."""

    num: int
    title: str
    acceptance: str
    amount_minor: AmountMinor
    days: int
    status: MilestoneStatus
    final_status: MilestoneStatus
    deadline: Height | None
    claim_from: Height | None
    how: str | None
    net_minor: AmountMinor | None
    fee_minor: AmountMinor | None
    refund_minor: AmountMinor | None
    submitted_tx_id: str | None
    closed_tx_id: str | None
    dispute: MilestoneDisputeAnswer | None


class AgreementAnswer(Wire, frozen=True):
    """What was agreed on. `reference` is the SHA-256 of `terms`, which is canonical JSON (RFC
    8785): the escrow is created with it."""

    proposal_id: UUID
    client_address: str
    freelancer_address: str
    contract: str
    token: str | None
    reference: str
    terms: str
    agreed_at: datetime
    ended_at: datetime | None


class FundingAnswer(Wire, frozen=True):
    """How far the money has come. `burnBlocks` of `burnBlocksNeeded` Bitcoin blocks are built on
    the creation; `mayStart` once it is final. `note` says what is awaited.

    `others` are escrows of the same parties, or with the same reference, that are not what was
    agreed on; `candidates` those among them that fit, of which the client names one.
    """

    state: FundingState
    may_start: bool
    note: str
    burn_blocks: int | None
    burn_blocks_needed: int
    matches: bool | None
    escrow: EscrowAnswer | None
    others: list[EscrowAnswer]
    candidates: list[str]


class HintAnswer(Wire, frozen=True):
    """A chain_tx that somebody says they sent, and that the chain does not show: awaited.
    `creationTxId` names the escrow that it is about where that is not the project's own."""

    tx_id: str
    act: ChainAct
    milestone_num: int | None
    creation_tx_id: str | None
    noted_at: datetime


class FailedCallAnswer(Wire, frozen=True):
    """A chain_tx of which nothing came, and that was not made anew: nothing moved but the network's
    fee, and none of that where it was `dropped`. `creationTxId` is as for those awaited."""

    tx_id: str
    act: ChainAct
    milestone_num: int | None
    creation_tx_id: str | None
    failure: CallFailure
    failed_at: datetime
    yours: bool


class ProjectCard(Wire, frozen=True):
    """A project in a list."""

    id: UUID
    title: str
    description: str
    category: Category
    skills: list[str]
    asset: Asset
    total_minor: AmountMinor
    milestone_count: int
    days: int
    proposals_waiting: int
    client_address: str
    status: ProjectStatus
    final_status: ProjectStatus
    created_at: datetime


class TermsMilestoneAnswer(Wire, frozen=True):
    """A milestone as it is wanted; days after the escrow is funded."""

    num: int
    title: str
    acceptance: str
    amount_minor: AmountMinor
    days: int


class ProjectAnswer(Wire, frozen=True):
    """A project. `status` is what the chain shows, `finalStatus` what no reorg can undo; before
    there is an escrow both are the stage that its client brought it to.

    `part` is what you are to it. Agreement, funding and hints are for its two sides.
    """

    id: UUID
    title: str
    description: str
    category: Category
    skills: list[str]
    asset: Asset
    silent_bps: int
    total_minor: AmountMinor
    terms_version: int
    proposals_waiting: int
    client_address: str
    stage: Stage
    status: ProjectStatus
    final_status: ProjectStatus
    milestones: list[MilestoneAnswer]
    created_at: datetime
    changed_at: datetime
    part: Part | None
    agreement: AgreementAnswer | None
    funding: FundingAnswer | None
    awaited: list[HintAnswer]
    failed: list[FailedCallAnswer]
    reverted: list[RevertedAnswer]


class TermsAnswer(Wire, frozen=True):
    """What a proposal agrees to, in one version; `replacedAt` is null for the one that stands."""

    version: int
    title: str
    description: str
    silent_bps: int
    milestones: list[TermsMilestoneAnswer]
    replaced_at: datetime | None


class ShareAnswer(Wire, frozen=True):
    """What is asked for one milestone."""

    num: int
    amount_minor: AmountMinor
    days: int


class AttachedFileAnswer(DocumentAnswer, frozen=True):
    """A document, and the id to download it by."""

    file_id: UUID


class ProposalAnswer(Wire, frozen=True):
    """A proposal, for its freelancer and the project's client. `rejected` by the client, or
    `passed_over` because another one was accepted; the latter revives if that falls through.

    `projectTermsVersion` is the version of the terms that stands: where it is not `termsVersion`,
    they changed since, and the proposal counts again once its freelancer stands by it.
    """

    id: UUID
    project_id: UUID
    freelancer_address: str
    cover_letter: str
    budget_minor: AmountMinor
    days: int
    milestones: list[ShareAnswer]
    links: list[str]
    files: list[AttachedFileAnswer]
    terms_version: int
    status: ProposalStatus
    created_at: datetime
    decided_at: datetime | None
    project_title: str
    project_stage: Stage
    project_terms_version: int
    asset: Asset


class DeliverableAnswer(Wire, frozen=True):
    """One version of the work for a milestone."""

    id: UUID
    milestone_num: int
    version: int
    note: str
    links: list[str]
    files: list[AttachedFileAnswer]
    created_at: datetime


class DeliverablesAnswer(Wire, frozen=True):
    """Every version, newest first."""

    items: list[DeliverableAnswer]


# -- from the domain to the wire -------------------------------------------------------------------


def show_card(listed: ListedProject) -> ProjectCard:
    """A project in a list."""
    project = listed.project
    return ProjectCard(
        id=project.id,
        title=project.title,
        description=project.description,
        category=project.category,
        skills=project.skills,
        asset=project.asset,
        total_minor=str(project.total_minor),
        milestone_count=len(project.milestones),
        days=project.milestones[-1].days,
        proposals_waiting=project.proposals_waiting,
        client_address=project.client_address,
        status=listed.status,
        final_status=listed.final_status,
        created_at=project.created_at,
    )


def show_project(view: ProjectView) -> ProjectAnswer:
    """A project as somebody sees it."""
    project: Project = view.project
    return ProjectAnswer(
        id=project.id,
        title=project.title,
        description=project.description,
        category=project.category,
        skills=project.skills,
        asset=project.asset,
        silent_bps=project.silent_bps,
        total_minor=str(project.total_minor),
        terms_version=project.terms_version,
        proposals_waiting=project.proposals_waiting,
        client_address=project.client_address,
        stage=project.stage,
        status=view.status,
        final_status=view.final_status,
        milestones=[_show_milestone(each, view.clock) for each in view.milestones],
        created_at=project.created_at,
        changed_at=project.changed_at,
        part=view.part,
        agreement=_show_agreement(view) if view.is_party else None,
        funding=show_funding(view) if view.is_party else None,
        awaited=[
            HintAnswer(
                tx_id=hint.tx_id,
                act=hint.act,
                milestone_num=hint.milestone_num,
                creation_tx_id=hint.creation_tx_id,
                noted_at=hint.noted_at,
            )
            for hint in view.hints
        ],
        failed=[
            FailedCallAnswer(
                tx_id=hint.tx_id,
                act=hint.act,
                milestone_num=hint.milestone_num,
                creation_tx_id=hint.creation_tx_id,
                failure=hint.failure,
                failed_at=hint.failed_at,
                yours=hint.noted_by == view.account,
            )
            for hint in view.failed
            if hint.failure is not None and hint.failed_at is not None
        ],
        reverted=[
            RevertedAnswer(
                name=event.name or "",
                tx_id=event.tx_id,
                milestone_num=event.milestone_num,
                at=event.block_time,
            )
            for event in view.reverted
        ],
    )


def show_terms(terms: OldTerms) -> TermsAnswer:
    """One version of the terms."""
    return TermsAnswer(
        version=terms.version,
        title=terms.title,
        description=terms.description,
        silent_bps=terms.silent_bps,
        milestones=[
            TermsMilestoneAnswer(
                num=num,
                title=each.title,
                acceptance=each.acceptance,
                amount_minor=str(each.amount_minor),
                days=each.days,
            )
            for num, each in enumerate(terms.milestones, start=1)
        ],
        replaced_at=terms.replaced_at,
    )


def _show_milestone(view: MilestoneView, clock: BurnClock | None) -> MilestoneAnswer:
    live: EscrowMilestone | None = view.live
    return MilestoneAnswer(
        num=view.num,
        title=view.title,
        acceptance=view.acceptance,
        amount_minor=str(live.amount_minor if live else view.amount_minor),
        days=view.days,
        status=view.status,
        final_status=view.final_status,
        deadline=show_height(live.deadline if live else None, clock),
        claim_from=show_height(live.claim_from if live else None, clock),
        how=live.how.value if live and live.how else None,
        net_minor=show_sum(live.net_minor if live else None),
        fee_minor=show_sum(live.fee_minor if live else None),
        refund_minor=show_sum(live.refund_minor if live else None),
        submitted_tx_id=live.submitted_tx_id if live else None,
        closed_tx_id=live.closed_tx_id if live else None,
        dispute=_show_dispute(view.dispute, clock),
    )


def _show_dispute(
    dispute: DisputeView | None, clock: BurnClock | None
) -> MilestoneDisputeAnswer | None:
    if dispute is None:
        return None
    return MilestoneDisputeAnswer(
        filer=dispute.filer,
        bond_minor=str(dispute.bond_minor),
        bond_to=dispute.bond_to,
        default_from=show_height(dispute.default_from, clock),
        default_bps=dispute.default_bps,
        agreeing=dispute.agreeing,
        threshold=dispute.threshold,
    )


def _show_agreement(view: ProjectView) -> AgreementAnswer | None:
    agreed = view.agreement
    if agreed is None:
        return None
    return AgreementAnswer(
        proposal_id=agreed.proposal_id,
        client_address=agreed.client_address,
        freelancer_address=agreed.freelancer_address,
        contract=agreed.contract,
        token=agreed.token,
        reference=agreed.reference,
        terms=agreed.terms,
        agreed_at=agreed.agreed_at,
        ended_at=agreed.ended_at,
    )


def show_funding(view: ProjectView) -> FundingAnswer:
    """How far the money has come, for the two sides."""
    funding = view.funding
    return FundingAnswer(
        state=view.funding_state,
        may_start=view.funding_state is FundingState.FINAL,
        note=_funding_note(view),
        burn_blocks=view.burn_blocks_on,
        burn_blocks_needed=view.finality_burn_blocks,
        matches=None if funding is None else not funding.differences,
        escrow=None if funding is None else show_escrow(funding, view),
        others=[show_escrow(each, view) for each in view.others],
        candidates=view.candidates,
    )


def _funding_note(view: ProjectView) -> str:
    if len(view.candidates) > 1:
        return "Several escrows fit this project. Its client says which one is meant."
    if view.candidates:
        return "An escrow fits this project, and another one too. The client says for which it is."
    if view.funding_state is FundingState.FINAL:
        return "The money is in the escrow, and that is final."
    if view.funding_state is FundingState.PROVISIONAL:
        built = view.burn_blocks_on
        done = "" if built is None else f"{built} of "
        return (
            "The money is in the escrow, and this can still be undone. Do not start yet:"
            f" {done}{view.finality_burn_blocks} Bitcoin blocks are built on it."
        )
    if view.funding_state is FundingState.WAITING:
        return "The client says that it was sent. The chain does not show it yet. Do not start."
    if view.others:
        return "The escrow that was created is not what was agreed on. Compare before you act."
    if view.agreement is not None:
        return "The client has not funded it. No money has moved."
    return "Nothing is agreed on yet."


def show_files(files: list[KeptFile]) -> list[AttachedFileAnswer]:
    """Documents that are part of something."""
    return [
        AttachedFileAnswer(
            file_id=file.file_id,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            name=file.name,
            declared_type=file.declared_type,
        )
        for file in files
    ]


def show_proposal(proposal: Proposal) -> ProposalAnswer:
    """A proposal."""
    return ProposalAnswer(
        id=proposal.id,
        project_id=proposal.project_id,
        freelancer_address=proposal.freelancer_address,
        cover_letter=proposal.cover_letter,
        budget_minor=str(proposal.budget_minor),
        days=proposal.days,
        milestones=[
            ShareAnswer(num=num, amount_minor=str(share.amount_minor), days=share.days)
            for num, share in enumerate(proposal.shares, start=1)
        ],
        links=proposal.links,
        files=show_files(proposal.files),
        terms_version=proposal.terms_version,
        status=proposal.status,
        created_at=proposal.created_at,
        decided_at=proposal.decided_at,
        project_title=proposal.project_title,
        project_stage=proposal.project_stage,
        project_terms_version=proposal.project_terms_version,
        asset=proposal.asset,
    )


def show_deliverable(given: Deliverable) -> DeliverableAnswer:
    """One version of the work for a milestone."""
    return DeliverableAnswer(
        id=given.id,
        milestone_num=given.milestone_num,
        version=given.version,
        note=given.note,
        links=given.links,
        files=show_files(given.files),
        created_at=given.created_at,
    )
