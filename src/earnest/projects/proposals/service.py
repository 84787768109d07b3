"""Proposals: made, decided on, taken back. Whoever moves one holds its project first."""

from datetime import datetime
from secrets import token_bytes
from uuid import UUID

import msgspec

from earnest.accounts import parse_wallet
from earnest.kit.db import Connection
from earnest.kit.ids import new_id
from earnest.kit.settings import Settings
from earnest.kit.words import says_something
from earnest.notifications import NotificationKind
from earnest.projects import service, store
from earnest.projects.errors import (
    FreelancerUnknown,
    NothingToRead,
    NotTheClient,
    OwnProject,
    ProjectFunded,
    ProjectNotAgreed,
    ProjectNotOpen,
    ProjectUnknown,
    ProposalsFull,
    ProposalUnknown,
    ProposedAlready,
    TermsChanged,
    TermsNotSound,
    TooManyOpen,
)
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.store import Agreement
from earnest.projects.proposals import store as store_proposals
from earnest.projects.proposals.store import Proposal
from earnest.projects.rules import (
    PROPOSALS_MAX,
    WAITING_PROPOSALS_MAX,
    EndReason,
    ProposalAct,
    ProposalStatus,
    Share,
    Stage,
    StageAct,
    next_proposal_status,
    next_stage,
    propose_shares,
    read_links,
)
from earnest.projects.rules_terms import NONCE_BYTES, on_network_of, seal, write_terms
from earnest.projects.store import Project
from earnest.projects.store_files import require_files


class NewProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a freelancer offers; checked for shape already. Without `shares` the project's own
    figures are taken in proportion."""

    cover_letter: str
    budget_minor: int
    days: int
    shares: list[Share] | None
    links: list[str]
    files: list[UUID]
    terms_version: int | None
    address: str | None


async def propose(
    db_tx: Connection,
    settings: Settings,
    account: UUID,
    signed_in_as: str,
    project_id: UUID,
    new: NewProposal,
    now: datetime,
) -> Proposal:
    """Makes the caller's one proposal to an open project.

    Raises `ProjectUnknown`, `OwnProject`, `ProjectNotOpen`, `ProposedAlready`, `ProposalsFull`,
    `TooManyOpen`, `TermsChanged`, `TermsNotSound`, `NothingToRead`, `StacksAddressNeeded`, and
    what `files.require_ready_documents` raises.
    """
    if not says_something(new.cover_letter):
        raise NothingToRead(field="cover letter")
    project = await store.lock_project(db_tx, project_id)
    if project is None:
        raise ProjectUnknown
    # A wallet belongs to one account, so this covers every wallet of the client's account.
    if project.client == account:
        raise OwnProject
    if project.stage is not Stage.OPEN or await store_funding.current_link(db_tx, project_id):
        raise ProjectNotOpen(stage=project.stage.value)
    next_stage(project.stage, StageAct.PROPOSE)
    address = await service.choose_address(db_tx, settings, account, signed_in_as, new.address)
    if address == project.client_address:
        raise OwnProject
    if await store_proposals.unwithdrawn_of(db_tx, project_id, account) is not None:
        raise ProposedAlready
    if await store_proposals.count_of_project(db_tx, project_id) >= PROPOSALS_MAX:
        raise ProposalsFull(most=PROPOSALS_MAX)
    waiting = await store_proposals.count_waiting_of(db_tx, account, WAITING_PROPOSALS_MAX)
    if waiting >= WAITING_PROPOSALS_MAX:
        raise TooManyOpen(most=WAITING_PROPOSALS_MAX, what="proposals that await an answer")
    if new.terms_version not in (None, project.terms_version):
        raise TermsChanged(current=project.terms_version, given=new.terms_version)
    proposal = Proposal(
        id=new_id(),
        project_id=project_id,
        freelancer=account,
        freelancer_address=address,
        cover_letter=new.cover_letter,
        budget_minor=new.budget_minor,
        days=new.days,
        shares=propose_shares(project.milestones, new.budget_minor, new.days, new.shares),
        links=read_links(new.links),
        files=await require_files(db_tx, account, new.files),
        terms_version=project.terms_version,
        status=ProposalStatus.WAITING,
        created_at=now,
        decided_at=None,
        project_title=project.title,
        project_stage=project.stage,
        project_terms_version=project.terms_version,
        asset=project.asset,
    )
    await store_proposals.insert_proposal(db_tx, proposal)
    await service.tell(
        db_tx,
        NotificationKind.PROPOSAL_RECEIVED,
        project,
        to=[project.client],
        key=f"proposal_received:{proposal.id}",
        proposalId=str(proposal.id),
        amountMinor=str(proposal.budget_minor),
        asset=project.asset.value,
    )
    await service.tell_event(db_tx, "proposal_made", project, {"proposalId": proposal.id})
    return proposal


async def accept_proposal(
    db_tx: Connection, settings: Settings, account: UUID, id: UUID, now: datetime
) -> Proposal:
    """Fixes the terms with one freelancer; the other proposals are passed over.

    Accepting what is accepted changes nothing. Raises `ProposalUnknown`, `NotTheClient`,
    `ProjectNotOpen`, `IllegalMove`, `TermsChanged`, `ProjectFunded`, `AssetNotOffered`.
    """
    project, proposal = await _lock_for_client(db_tx, account, id)
    if proposal.status is ProposalStatus.ACCEPTED:
        return proposal
    if project.stage is not Stage.OPEN:
        raise ProjectNotOpen(stage=project.stage.value)
    if await store_funding.current_link(db_tx, project.id) is not None:
        raise ProjectFunded
    accepted = next_proposal_status(proposal.status, ProposalAct.ACCEPT)
    if proposal.terms_version != project.terms_version:
        raise TermsChanged(current=project.terms_version, given=proposal.terms_version)
    agreement = _agree(settings, project, proposal, now)
    if not await store_proposals.set_status(db_tx, id, proposal.status, accepted, now):
        raise ProposalUnknown
    passed_over = await store_proposals.set_statuses(
        db_tx,
        project.id,
        ProposalStatus.WAITING,
        next_proposal_status(ProposalStatus.WAITING, ProposalAct.PASS_OVER),
        now,
    )
    await store_funding.insert_agreement(db_tx, agreement)
    await service.move_stage(db_tx, project, next_stage(project.stage, StageAct.ACCEPT), now)
    await service.tell(
        db_tx,
        NotificationKind.PROPOSAL_ACCEPTED,
        project,
        to=[proposal.freelancer],
        key=f"proposal_accepted:{agreement.id}",
        proposalId=str(id),
    )
    await service.tell(
        db_tx,
        NotificationKind.PROPOSAL_REJECTED,
        project,
        to=passed_over,
        key=f"proposal_passed_over:{agreement.id}",
    )
    await service.tell_event(db_tx, "proposal_accepted", project, {"proposalId": id})
    return await _require(db_tx, id)


def _agree(settings: Settings, project: Project, proposal: Proposal, now: datetime) -> Agreement:
    contract = service.contract_of(settings)
    token = service.token_of(settings, project.asset)
    client = on_network_of(contract, project.client_address)
    freelancer = on_network_of(contract, proposal.freelancer_address)
    terms, reference = seal(
        write_terms(
            project_id=project.id,
            proposal_id=proposal.id,
            title=project.title,
            description=project.description,
            contract=contract,
            client=client,
            freelancer=freelancer,
            asset=project.asset,
            token=token,
            silent_bps=project.silent_bps,
            wanted=project.milestones,
            shares=proposal.shares,
            agreed_at=now,
            nonce=token_bytes(NONCE_BYTES),
        )
    )
    return Agreement(
        id=new_id(),
        project_id=project.id,
        proposal_id=proposal.id,
        contract=contract,
        client_address=client,
        freelancer=proposal.freelancer,
        freelancer_address=freelancer,
        token=token,
        amounts_minor=[share.amount_minor for share in proposal.shares],
        milestone_days=[share.days for share in proposal.shares],
        silent_bps=project.silent_bps,
        reference=reference,
        terms=terms,
        agreed_at=now,
        ended_at=None,
        end_reason=None,
    )


async def reject_proposal(db_tx: Connection, account: UUID, id: UUID, now: datetime) -> Proposal:
    """Says no to a proposal that waits; one that is rejected stays so.

    Raises `ProposalUnknown`, `NotTheClient`, `IllegalMove`.
    """
    project, proposal = await _lock_for_client(db_tx, account, id)
    if proposal.status is ProposalStatus.REJECTED:
        return proposal
    after = next_proposal_status(proposal.status, ProposalAct.REJECT)
    await store_proposals.set_status(db_tx, id, proposal.status, after, now)
    await service.tell(
        db_tx,
        NotificationKind.PROPOSAL_REJECTED,
        project,
        to=[proposal.freelancer],
        key=f"proposal_rejected:{id}",
    )
    return await _require(db_tx, id)


async def withdraw_proposal(db_tx: Connection, account: UUID, id: UUID, now: datetime) -> None:
    """Takes the caller's proposal back; an accepted one opens the project again, unless it is
    funded. One that was taken back stays so. Raises `ProposalUnknown`, `IllegalMove`,
    `ProjectFunded`.
    """
    project, proposal = await _lock_for_freelancer(db_tx, account, id)
    if proposal.status is ProposalStatus.WITHDRAWN:
        return
    after = next_proposal_status(proposal.status, ProposalAct.WITHDRAW)
    agreement = await store_funding.standing_agreement(db_tx, project.id)
    left = proposal.status is ProposalStatus.ACCEPTED
    if left and await store_funding.current_link(db_tx, project.id) is not None:
        raise ProjectFunded
    await store_proposals.set_status(db_tx, id, proposal.status, after, now)
    if left and agreement is not None:
        await service.end_acceptance(db_tx, project, agreement, EndReason.LEFT, now)
        return
    await service.tell(
        db_tx,
        NotificationKind.PROPOSAL_WITHDRAWN,
        project,
        to=[project.client],
        key=f"proposal_withdrawn:{id}",
    )


async def confirm_terms(db_tx: Connection, account: UUID, id: UUID, terms_version: int) -> Proposal:
    """Has the caller's proposal stand, with its own figures, for terms that changed since.

    Raises `ProposalUnknown`, `TermsChanged` when they changed once more, `IllegalMove`,
    `TermsNotSound` when the project has another number of milestones now.
    """
    project, proposal = await _lock_for_freelancer(db_tx, account, id)
    next_proposal_status(proposal.status, ProposalAct.CONFIRM)
    if terms_version != project.terms_version:
        raise TermsChanged(current=project.terms_version, given=terms_version)
    if len(proposal.shares) != len(project.milestones):
        raise TermsNotSound(
            reason=f"The project has {len(project.milestones)} milestones now, and this proposal"
            f" names figures for {len(proposal.shares)}. Take it back and make another."
        )
    await store_proposals.confirm_terms(db_tx, id, terms_version)
    return await _require(db_tx, id)


async def withdraw_acceptance(
    db_tx: Connection, account: UUID, project_id: UUID, now: datetime
) -> None:
    """Takes back the client's acceptance, and opens the project again.

    Raises `ProjectUnknown`, `NotTheClient`, `ProjectFunded`, `ProjectNotAgreed`.
    """
    project = await service.lock_own_project(db_tx, account, project_id)
    if await store_funding.current_link(db_tx, project_id) is not None:
        raise ProjectFunded
    agreement = await store_funding.standing_agreement(db_tx, project_id)
    if agreement is None:
        raise ProjectNotAgreed
    await service.end_acceptance(db_tx, project, agreement, EndReason.WITHDRAWN, now)


async def lapse_acceptance(
    db_tx: Connection, project_id: UUID, before: datetime, now: datetime
) -> bool:
    """Opens a project again that was agreed on before `before` and is not funded; true if so."""
    project = await store.lock_project(db_tx, project_id)
    agreement = await store_funding.standing_agreement(db_tx, project_id)
    if project is None or agreement is None or agreement.agreed_at >= before:
        return False
    if await store_funding.current_link(db_tx, project_id) is not None:
        return False
    await service.end_acceptance(db_tx, project, agreement, EndReason.UNFUNDED, now)
    return True


async def list_of_project(
    db: Connection,
    account: UUID,
    project_id: UUID,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Proposal]:
    """All proposals for the project's client; for anybody else their own. `ProjectUnknown`."""
    project = await service.require_project(db, project_id)
    return await store_proposals.list_of_project(
        db,
        project_id,
        only=None if project.client == account else account,
        after=after,
        limit=limit,
    )


async def list_of_freelancer(
    db: Connection,
    settings: Settings,
    account: UUID,
    address: str,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Proposal]:
    """The proposals made with one Stacks wallet of the caller's. Raises `FreelancerUnknown`."""
    wallet = parse_wallet(address)
    if wallet.identity not in await store.stacks_addresses(db, account):
        raise FreelancerUnknown
    on_network = on_network_of(service.contract_of(settings), wallet.identity)
    return await store_proposals.list_of_freelancer(
        db, account, on_network, after=after, limit=limit
    )


async def find_proposal(db: Connection, account: UUID, id: UUID) -> Proposal:
    """A proposal, for its freelancer and the project's client. Raises `ProposalUnknown`."""
    proposal = await _require(db, id)
    if proposal.freelancer != account:
        project = await service.require_project(db, proposal.project_id)
        if project.client != account:
            raise ProposalUnknown
    return proposal


async def _require(db: Connection, id: UUID) -> Proposal:
    proposal = await store_proposals.find_proposal(db, id)
    if proposal is None:
        raise ProposalUnknown
    return proposal


async def _lock(db_tx: Connection, id: UUID) -> tuple[Project, Proposal]:
    """A proposal and its project, the project held."""
    seen = await _require(db_tx, id)
    project = await store.lock_project(db_tx, seen.project_id)
    if project is None:
        raise ProposalUnknown
    return project, await _require(db_tx, id)


async def _lock_for_client(db_tx: Connection, account: UUID, id: UUID) -> tuple[Project, Proposal]:
    project, proposal = await _lock(db_tx, id)
    if project.client == account:
        return project, proposal
    if proposal.freelancer == account:
        raise NotTheClient
    raise ProposalUnknown


async def _lock_for_freelancer(
    db_tx: Connection, account: UUID, id: UUID
) -> tuple[Project, Proposal]:
    project, proposal = await _lock(db_tx, id)
    if proposal.freelancer != account:
        raise ProposalUnknown
    return project, proposal
