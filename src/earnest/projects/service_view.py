"""A project as somebody sees it: its words, what was agreed, and what the chain says in both views.

Nothing of the chain's word is kept here: it is read from the escrow's projections each time.
"""

from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from earnest.chains.stacks import sync_status
from earnest.escrow import (
    STX,
    EscrowEvent,
    EscrowMilestone,
    EventState,
    ProjectState,
    View,
    events_of_project,
    events_of_tx,
    project_by_creation,
    voters_of,
)
from earnest.kit.db import Connection
from earnest.kit.money import Asset
from earnest.kit.settings import Settings
from earnest.projects import service
from earnest.projects.errors import ProjectNotAgreed
from earnest.projects.funding import service as service_funding
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.service import Funding
from earnest.projects.funding.store import Agreement, Hint, Link
from earnest.projects.proposals import store as store_proposals
from earnest.projects.rules import HINT_MAX_AGE
from earnest.projects.rules_chain import (
    MINUTES_PER_BLOCK,
    FundingState,
    MilestoneStatus,
    ProjectStatus,
    final_status,
    live_status,
    may_still_come,
    milestone_status,
)
from earnest.projects.store import Project


class Part(StrEnum):
    """What somebody is to a project."""

    CLIENT = "client"
    FREELANCER = "freelancer"  # of the agreement that stands, or of the escrow
    ARBITER = "arbiter"
    PROPOSER = "proposer"


class BurnClock(msgspec.Struct, frozen=True):
    """Where Bitcoin stands as far as is known, to tell about when a height will be reached."""

    burn_height: int
    at: datetime

    def about(self, height: int) -> datetime:
        """About when a height is, or was, reached: blocks come every ten minutes on average."""
        return self.at + timedelta(minutes=MINUTES_PER_BLOCK * (height - self.burn_height))


class DisputeView(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispute means for a milestone. `agreeing` of `threshold` arbiters name one figure."""

    filer: Part
    bond_minor: int
    bond_to: Part | None
    default_from: int
    default_bps: int
    agreeing: int
    threshold: int | None


class MilestoneView(msgspec.Struct, frozen=True, kw_only=True):
    """One milestone: as planned or agreed, and in both views of the escrow."""

    num: int
    title: str
    acceptance: str
    amount_minor: int
    days: int
    status: MilestoneStatus
    final_status: MilestoneStatus
    live: EscrowMilestone | None
    final: EscrowMilestone | None
    dispute: DisputeView | None


class ProjectView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that may be shown of a project; what is for parties alone is None or empty for
    others. `funding` is there whatever `part` one has: decide by that what to show of it."""

    project: Project
    account: UUID | None
    part: Part | None
    status: ProjectStatus
    final_status: ProjectStatus
    milestones: list[MilestoneView]
    agreement: Agreement | None
    funding_state: FundingState
    link: Link | None
    funding: Funding | None
    others: list[Funding]
    candidates: list[str]
    hints: list[Hint]
    failed: list[Hint]
    clock: BurnClock | None
    finality_burn_blocks: int
    # What the chain took back and does not show again so far, oldest first.
    reverted: list[EscrowEvent]
    # Tokens that we can write, by their contracts, and STX.
    assets: dict[str, Asset]

    @property
    def is_party(self) -> bool:
        """Whether it is seen by its client or its freelancer."""
        return self.part in (Part.CLIENT, Part.FREELANCER)

    @property
    def burn_blocks_on(self) -> int | None:
        """How many Bitcoin blocks are built on the creation; None without one."""
        if self.funding is None or self.clock is None:
            return None
        since = self.clock.burn_height - self.funding.live.project.created_burn_height
        return max(0, min(since, self.finality_burn_blocks))


async def read_clock(db: Connection) -> BurnClock | None:
    """The Bitcoin height that Stacks servers told last; None before the first round."""
    status = await sync_status(db)
    if status is None or status.tip_burn_height is None or status.looked_at is None:
        return None
    return BurnClock(status.tip_burn_height, status.looked_at)


async def view_project(
    db: Connection, settings: Settings, account: UUID | None, project_id: UUID, now: datetime
) -> ProjectView:
    """A project as `account` sees it; None is somebody who is not signed in.

    Raises `ProjectUnknown`.
    """
    project = await service.require_project(db, project_id)
    # Every agreement that it ever had: while there is none, the chain has nothing to say of it.
    agreements = await store_funding.agreements_of(db, project_id)
    link, funding = await _find_funding(db, project_id, agreements)
    agreement = next((each for each in agreements if each.ended_at is None), None)
    if funding is not None:
        agreement = funding.agreement
    live = funding.live if funding else None
    final = funding.final if funding else None
    part = await find_part(db, account, project, agreement, live)
    party = part in (Part.CLIENT, Part.FREELANCER)
    party = party and bool(agreements)
    hints = await store_funding.list_hints(db, project_id, now - HINT_MAX_AGE) if party else []
    # Others' escrows are shown to the client, and to the freelancer that the agreement is with.
    others = await service_funding.find_others(db, agreements) if party else []
    if part is Part.FREELANCER and agreement is not None:
        others = service_funding.concerning(others, agreement.freelancer_address)
    hints = _still_to_come(hints, live, others)
    failed = _failed(hints)
    hints = [each for each in hints if each.failed_at is None]
    reviewed = project.reviewed_at is not None
    return ProjectView(
        project=project,
        account=account,
        part=part,
        status=live_status(
            project.stage,
            live.project if live else None,
            final.project if final else None,
            reviewed=reviewed,
        ),
        final_status=final_status(
            project.stage, final.project if final else None, reviewed=reviewed
        ),
        milestones=_milestones(project, agreement, live, final),
        agreement=agreement,
        funding_state=_funding_state(funding, hints),
        link=link,
        funding=funding,
        others=others,
        candidates=[
            each.live.project.creation_tx_id
            for each in others
            if funding is None
            and each.live.project.reference is None
            and not any(difference.decisive for difference in each.differences)
        ],
        hints=hints,
        failed=failed,
        clock=await read_clock(db),
        finality_burn_blocks=settings.stacks_finality_burn_blocks,
        reverted=await _reverted(db, project_id, link) if party else [],
        assets={STX: Asset.STX}
        | ({settings.stacks_sbtc_token: Asset.SBTC} if settings.stacks_sbtc_token else {}),
    )


async def _find_funding(
    db: Connection, project_id: UUID, agreements: list[Agreement]
) -> tuple[Link | None, Funding | None]:
    """The escrow of a project beside the agreement that it funds."""
    link = await store_funding.current_link(db, project_id) if agreements else None
    if link is None:
        return None, None
    funded = next((each for each in agreements if each.id == link.agreement_id), None)
    if funded is None:
        funded = await store_funding.find_agreement(db, link.agreement_id)
    if funded is None:
        raise ProjectNotAgreed
    found = await service_funding.load_fundings(db, link.contract, {link.creation_tx_id: funded})
    return (link, found[0]) if found else (None, None)


async def find_part(
    db: Connection,
    account: UUID | None,
    project: Project,
    agreement: Agreement | None,
    live: ProjectState | None,
) -> Part | None:
    """What an account is to a project."""
    if account is None:
        return None
    if project.client == account:
        return Part.CLIENT
    if agreement is not None and agreement.freelancer == account:
        return Part.FREELANCER
    if await service_funding.is_arbiter(db, account, live):
        return Part.ARBITER
    if await store_proposals.unwithdrawn_of(db, project.id, account) is not None:
        return Part.PROPOSER
    return None


async def _reverted(db: Connection, project_id: UUID, link: Link | None) -> list[EscrowEvent]:
    """What a reorg took out of the chain, until something newer is there."""
    if link is None:
        last = await store_funding.last_link(db, project_id)
        events = await events_of_tx(db, last.contract, last.creation_tx_id) if last else []
    else:
        found = await project_by_creation(db, link.contract, link.creation_tx_id, View.LIVE)
        if found is None:
            return []
        events = await events_of_project(db, link.contract, found.number, link.creation_tx_id)
    standing = [each for each in events if each.state is not EventState.REVERTED]
    newest = max((each.block_time for each in standing), default=None)
    there = {(each.tx_id, each.name) for each in standing}
    gone = {
        (each.tx_id, each.name): each
        for each in events
        if each.state is EventState.REVERTED
        and (each.tx_id, each.name) not in there
        and (newest is None or each.block_time >= newest)
    }
    return list(gone.values())


def _still_to_come(
    hints: list[Hint], own: ProjectState | None, others: list[Funding]
) -> list[Hint]:
    """Those that could still be carried out in the escrow that each is about. One that was among
    the others may be the project's own by now."""
    states = {each.live.project.creation_tx_id: each.live for each in others}
    if own is not None:
        states[own.project.creation_tx_id] = own
    found = []
    for each in hints:
        about = own
        if each.creation_tx_id is not None:
            about = states.get(each.creation_tx_id)
            if about is None:
                continue  # the chain took that escrow back, or it is not theirs to see
        if may_still_come(about.milestones if about else (), each.act, each.milestone_num):
            is_own = own is not None and each.creation_tx_id == own.project.creation_tx_id
            found.append(msgspec.structs.replace(each, creation_tx_id=None) if is_own else each)
    return found


def _funding_state(funding: Funding | None, hints: list[Hint]) -> FundingState:
    if funding is not None:
        return FundingState.PROVISIONAL if funding.final is None else FundingState.FINAL
    sent = any(hint.act.value == "create" for hint in hints)
    return FundingState.WAITING if sent else FundingState.NONE


def _failed(hints: list[Hint]) -> list[Hint]:
    """The calls of which nothing came and that nobody made anew: the last one of each act."""
    last = {(each.creation_tx_id, each.act, each.milestone_num): each for each in hints}
    return [each for each in last.values() if each.failed_at is not None]


def _milestones(
    project: Project,
    agreement: Agreement | None,
    live: ProjectState | None,
    final: ProjectState | None,
) -> list[MilestoneView]:
    shown: list[MilestoneView] = []
    for num, planned in enumerate(project.milestones, start=1):
        here = _of(live, num)
        settled = _of(final, num)
        amount, days = planned.amount_minor, planned.days
        if agreement is not None and num <= len(agreement.amounts_minor):
            amount, days = agreement.amounts_minor[num - 1], agreement.milestone_days[num - 1]
        shown.append(
            MilestoneView(
                num=num,
                title=planned.title,
                acceptance=planned.acceptance,
                amount_minor=amount,
                days=days,
                status=milestone_status(here),
                final_status=milestone_status(settled),
                live=here,
                final=settled,
                dispute=_dispute_of(live, num),
            )
        )
    return shown


def _dispute_of(state: ProjectState | None, num: int) -> DisputeView | None:
    if state is None:
        return None
    found = next((each for each in state.disputes if each.milestone_num == num), None)
    if found is None:
        return None
    client, voters = state.project.client, voters_of(state)
    named = Counter(
        each.bps for each in state.votes if each.milestone_num == num and each.arbiter in voters
    )
    return DisputeView(
        filer=Part.CLIENT if found.filer == client else Part.FREELANCER,
        bond_minor=found.bond_minor,
        bond_to=(
            None
            if found.bond_to is None
            else Part.CLIENT
            if found.bond_to == client
            else Part.FREELANCER
        ),
        default_from=found.default_from,
        default_bps=found.default_bps,
        agreeing=max(named.values(), default=0),
        threshold=state.arbiters.threshold if state.arbiters else None,
    )


def _of(state: ProjectState | None, num: int) -> EscrowMilestone | None:
    if state is None:
        return None
    return next((each for each in state.milestones if each.milestone_num == num), None)
