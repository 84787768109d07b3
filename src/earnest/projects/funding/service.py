"""Which escrow is a project's, and what follows from it. Only the chain says that one is there.

A hint says what somebody sent. It is shown as awaited and decides between escrows that are equally
right; it moves nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from earnest.escrow import (
    EscrowProject,
    EventState,
    ProjectState,
    View,
    events_of_tx,
    project_by_creation,
    project_state,
    states_by_creation,
)
from earnest.kit.db import Connection
from earnest.projects import service, store
from earnest.projects.errors import (
    FundingDiffers,
    FundingOfAnother,
    FundingUnknown,
    IllegalMove,
    MilestoneUnknown,
    ProjectFunded,
    ProjectNotAgreed,
    ProjectUnknown,
    TooManyHints,
)
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.store import Agreement, Hint, Link, UnlinkedEscrow
from earnest.projects.proposals import store as store_proposals
from earnest.projects.rules import (
    HINT_MAX_AGE,
    HINTS_MAX,
    EndReason,
    ProposalAct,
    ProposalStatus,
    Stage,
    StageAct,
    next_proposal_status,
    next_stage,
)
from earnest.projects.rules_chain import (
    ON_PROJECT,
    ChainAct,
    Difference,
    MilestoneStatus,
    compare_funding,
    is_decisive,
    milestone_status,
    milestones_after,
)
from earnest.projects.rules_terms import on_network_of
from earnest.projects.store import Project

log = structlog.get_logger(__name__)


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """An escrow in both views, and in what it differs from the agreement. `final` is None while a
    reorg could still undo its creation."""

    live: ProjectState
    final: ProjectState | None
    agreement: Agreement
    differences: list[Difference]


async def load_state(
    db: Connection, contract: str, creation_tx_id: str, view: View
) -> ProjectState | None:
    """All that a view holds of the escrow that a chain_tx created."""
    escrow = await project_by_creation(db, contract, creation_tx_id, view)
    return None if escrow is None else await project_state(db, contract, escrow.number, view)


async def load_fundings(
    db: Connection, contract: str, agreements: Mapping[str, Agreement]
) -> list[Funding]:
    """Escrows by the chain_tx that created them, each beside an agreement; in the order given, and
    without those that the chain does not show."""
    states = await states_by_creation(db, contract, list(agreements))
    found: list[Funding] = []
    for creation_tx_id, agreement in agreements.items():
        live = states.get((creation_tx_id, View.LIVE))
        if live is not None:
            found.append(
                Funding(
                    live=live,
                    final=states.get((creation_tx_id, View.FINAL)),
                    agreement=agreement,
                    differences=compare_funding(agreement.figures, live.project, live.milestones),
                )
            )
    return found


async def find_funding(db: Connection, project_id: UUID) -> tuple[Link, Funding] | None:
    """The escrow of a project, if the chain shows one."""
    link = await store_funding.current_link(db, project_id)
    if link is None:
        return None
    agreement = await store_funding.find_agreement(db, link.agreement_id)
    if agreement is None:
        raise ProjectNotAgreed
    found = await load_fundings(db, link.contract, {link.creation_tx_id: agreement})
    return (link, found[0]) if found else None


async def find_others(db: Connection, agreements: Sequence[Agreement]) -> list[Funding]:
    """Escrows of the parties to a project's agreements, or with the reference of one, that are of
    no project: each beside the agreement that it comes nearest to."""
    if not agreements:
        return []
    contract = agreements[0].contract
    nearest: dict[str, Agreement] = {}
    for escrow in await store_funding.unlinked_escrows(db, contract, agreements):
        nearest[escrow.creation_tx_id] = min(agreements, key=lambda each: _distance(each, escrow))
    return await load_fundings(db, contract, nearest) if nearest else []


def concerning(others: Sequence[Funding], freelancer_address: str) -> list[Funding]:
    """Those of a project's other escrows that a freelancer may see: that name their wallet, or are
    beside their own agreement."""
    return [
        each
        for each in others
        if freelancer_address in (each.live.project.freelancer, each.agreement.freelancer_address)
    ]


def _distance(agreement: Agreement, escrow: UnlinkedEscrow) -> tuple[bool, bool]:
    return (
        agreement.reference != escrow.reference,
        agreement.freelancer_address != escrow.freelancer,
    )


# -- which escrow is whose -------------------------------------------------------------------------


async def link_escrow(db_tx: Connection, contract: str, escrow: EscrowProject) -> Link | None:
    """Finds the project of an escrow that the chain shows, and never guesses.

    By its reference; without one by client, freelancer, amounts and token. Of several projects
    that fit, one that was named in a hint is taken, else none. None where it is of no project yet.
    """
    known = await store_funding.link_of(db_tx, contract, escrow.creation_tx_id)
    if known is not None:
        return known
    if escrow.reference is not None:
        agreement = await store_funding.agreement_by_reference(
            db_tx, contract, escrow.client, escrow.reference
        )
        if agreement is not None and await fits(db_tx, contract, escrow, agreement):
            return await _keep_link(db_tx, contract, escrow, agreement, "reference")
        return None
    candidates = await candidates_for(db_tx, contract, escrow)
    how = "matched"
    if len(candidates) > 1:
        hinted = await store_funding.projects_hinted(db_tx, escrow.creation_tx_id)
        candidates = [each for each in candidates if each.project_id in hinted]
        how = "hinted"
    if len(candidates) != 1:
        return None
    return await _keep_link(db_tx, contract, escrow, candidates[0], how)


async def candidates_for(db: Connection, contract: str, escrow: EscrowProject) -> list[Agreement]:
    """The agreements that an escrow without a reference fits exactly, one for each project."""
    found: dict[UUID, Agreement] = {}
    for agreement in await store_funding.agreements_between(db, escrow, contract):
        if agreement.project_id not in found and await fits(db, contract, escrow, agreement):
            found[agreement.project_id] = agreement
    return list(found.values())


async def fits(db: Connection, contract: str, escrow: EscrowProject, agreement: Agreement) -> bool:
    """Whether an escrow is what an agreement says, in all that decides."""
    state = await project_state(db, contract, escrow.number, View.LIVE)
    if state is None or state.project.creation_tx_id != escrow.creation_tx_id:
        return False
    return not is_decisive(compare_funding(agreement.figures, escrow, state.milestones))


async def _keep_link(
    db_tx: Connection, contract: str, escrow: EscrowProject, agreement: Agreement, how: str
) -> Link | None:
    link = Link(
        contract=contract,
        creation_tx_id=escrow.creation_tx_id,
        project_id=agreement.project_id,
        agreement_id=agreement.id,
        how=how,
    )
    if await store_funding.insert_link(db_tx, link):
        log.info("escrow_linked", project=str(link.project_id), tx_id=link.creation_tx_id, how=how)
    return await store_funding.link_of(db_tx, contract, escrow.creation_tx_id)


async def choose_escrow(
    db_tx: Connection, contract: str, account: UUID, project_id: UUID, tx_id: str
) -> None:
    """The client says which of several equal escrows is this project's.

    Raises `ProjectUnknown`, `NotTheClient`, `ProjectNotAgreed`, `FundingUnknown`,
    `FundingOfAnother`, `FundingDiffers`, `ProjectFunded` where it has one.
    """
    await service.lock_own_project(db_tx, account, project_id)
    agreements = await store_funding.agreements_of(db_tx, project_id)
    if not agreements:
        raise ProjectNotAgreed
    escrow = await project_by_creation(db_tx, contract, tx_id, View.LIVE)
    if escrow is None or escrow.client != agreements[0].client_address:
        raise FundingUnknown
    known = await store_funding.link_of(db_tx, contract, tx_id)
    if known is not None:
        if known.project_id != project_id:
            raise FundingOfAnother
        return
    if await store_funding.current_link(db_tx, project_id) is not None:
        # A second escrow of one project stays among the others, where calls on it are prepared.
        raise ProjectFunded
    fitting = [each for each in agreements if await fits(db_tx, contract, escrow, each)]
    if not fitting or escrow.reference not in (None, fitting[0].reference):
        raise FundingDiffers
    await _keep_link(db_tx, contract, escrow, fitting[0], "chosen")


async def settle_funding(db_tx: Connection, link: Link, now: datetime) -> Project | None:
    """What follows from a final creation: the agreement it funds stands, whatever was done here.

    One that had ended stands again, its project is pending again, and another agreement that is
    not funded gives way. The project, or None where nothing had to change.
    """
    project = await store.lock_project(db_tx, link.project_id)
    agreement = await store_funding.find_agreement(db_tx, link.agreement_id)
    if project is None or agreement is None:
        return None
    standing = await store_funding.standing_agreement(db_tx, project.id)
    if standing is not None and standing.id == agreement.id:
        return None
    current = await store_funding.current_link(db_tx, project.id)
    if standing is not None:
        if current is not None and current.agreement_id == standing.id:
            return None  # two agreements of one project were funded; the one that stands is shown
        await store_funding.end_agreement(db_tx, standing.id, EndReason.SUPERSEDED, now)
        await store_proposals.set_status(
            db_tx,
            standing.proposal_id,
            ProposalStatus.ACCEPTED,
            next_proposal_status(ProposalStatus.ACCEPTED, ProposalAct.PASS_OVER),
            now,
        )
    await _accept_by_funding(db_tx, project, agreement, now)
    await store_funding.restore_agreement(db_tx, agreement.id)
    if project.stage is not Stage.PENDING:
        after = next_stage(project.stage, StageAct.FUNDED)
        await service.move_stage(db_tx, project, after, now)
    log.info("agreement_restored", project=str(project.id), tx_id=link.creation_tx_id)
    return project


async def _accept_by_funding(
    db_tx: Connection, project: Project, agreement: Agreement, now: datetime
) -> None:
    proposal = await store_proposals.find_proposal(db_tx, agreement.proposal_id)
    if proposal is None:
        raise ProjectNotAgreed
    later = await store_proposals.unwithdrawn_of(db_tx, project.id, agreement.freelancer)
    if later is not None and later.id != proposal.id:
        # Only one of a freelancer's proposals may stand, and the chain has decided which.
        await store_proposals.set_status(
            db_tx, later.id, later.status, ProposalStatus.WITHDRAWN, now
        )
    after = next_proposal_status(proposal.status, ProposalAct.FUNDED)
    await store_proposals.set_status(db_tx, proposal.id, proposal.status, after, now)
    waiting = ProposalStatus.WAITING
    passed_over = next_proposal_status(waiting, ProposalAct.PASS_OVER)
    await store_proposals.set_statuses(db_tx, project.id, waiting, passed_over, now)


# -- hints -----------------------------------------------------------------------------------------


async def hint_funding(
    db_tx: Connection, contract: str, account: UUID, project_id: UUID, tx_id: str, now: datetime
) -> None:
    """The client says which chain_tx funds the project.

    Awaited until the chain shows it; a fact never. Where the chain shows it already, the hint may
    decide between projects that it fits. Raises `ProjectUnknown`, `NotTheClient`,
    `ProjectNotAgreed`, `TooManyHints`.
    """
    await service.lock_own_project(db_tx, account, project_id)
    if not await store_funding.agreements_of(db_tx, project_id):
        raise ProjectNotAgreed
    escrow = await project_by_creation(db_tx, contract, tx_id, View.LIVE)
    if escrow is None:
        await _note(db_tx, contract, account, project_id, tx_id, ChainAct.CREATE, None, now)
        return
    if escrow.reference is None and await store_funding.link_of(db_tx, contract, tx_id) is None:
        for agreement in await candidates_for(db_tx, contract, escrow):
            if agreement.project_id == project_id:
                await _keep_link(db_tx, contract, escrow, agreement, "hinted")


async def hint_act(
    db_tx: Connection,
    contract: str,
    account: UUID,
    project_id: UUID,
    *,
    act: ChainAct,
    milestone_num: int | None,
    tx_id: str,
    now: datetime,
    creation_tx_id: str | None = None,
) -> None:
    """A party says which chain_tx carries an act out. Awaited, as `hint_funding`.

    `creation_tx_id` names another escrow of the same two sides than the project's own. Raises
    `ProjectUnknown` (also for those without a part in it), `FundingUnknown`, `MilestoneUnknown`,
    `IllegalMove` for an act that the contract would refuse as things are, `TooManyHints`.
    """
    project = await store.lock_project(db_tx, project_id)
    if project is None:
        raise ProjectUnknown
    found = await find_funding(db_tx, project_id)
    agreement = await store_funding.standing_agreement(db_tx, project_id)
    parties = {project.client, agreement.freelancer if agreement else None}
    state = found[1].live if found else None
    if account not in parties and not await is_arbiter(db_tx, account, state):
        raise ProjectUnknown
    if state is not None and creation_tx_id == state.project.creation_tx_id:
        creation_tx_id = None
    if creation_tx_id is not None:
        if account not in parties:
            raise FundingUnknown
        freelancers = agreement if account != project.client else None
        state = await _other_state(db_tx, project_id, creation_tx_id, freelancers)
    _check_act(project, state, act, milestone_num)
    num = None if act in ON_PROJECT else milestone_num
    await _note(db_tx, contract, account, project_id, tx_id, act, num, now, creation_tx_id)


async def _other_state(
    db: Connection, project_id: UUID, creation_tx_id: str, freelancers: Agreement | None
) -> ProjectState:
    """Another escrow of a project's two sides, as its client sees it, or the freelancer of an
    agreement. Raises `FundingUnknown`."""
    others = await find_others(db, await store_funding.agreements_of(db, project_id))
    if freelancers is not None:
        others = concerning(others, freelancers.freelancer_address)
    for each in others:
        if each.live.project.creation_tx_id == creation_tx_id:
            return each.live
    raise FundingUnknown


def _check_act(
    project: Project, state: ProjectState | None, act: ChainAct, milestone_num: int | None
) -> None:
    """Raises unless the table of moves has the act for the milestone, or for any of the project."""
    milestones = {each.milestone_num: each for each in state.milestones} if state else {}
    count = len(milestones) or len(project.milestones)
    if act is ChainAct.CREATE:
        raise IllegalMove(thing="project", status=project.stage.value, act=act.value)
    if act not in ON_PROJECT:
        if milestone_num is None or not 1 <= milestone_num <= count:
            raise MilestoneUnknown(num=milestone_num)
        milestones_after(milestone_status(milestones.get(milestone_num)), act)
        return
    statuses = [milestone_status(milestones.get(num)) for num in range(1, count + 1)]
    for status in statuses:
        try:
            milestones_after(status, act)
        except IllegalMove:
            continue
        return
    first = statuses[0] if statuses else MilestoneStatus.PLANNED
    raise IllegalMove(thing="milestone", status=first.value, act=act.value)


async def is_arbiter(db: Connection, account: UUID, state: ProjectState | None) -> bool:
    """Whether a wallet of the account is an arbiter of this escrow, and no party to it."""
    if state is None or state.arbiters is None:
        return False
    parties = {state.project.client, state.project.freelancer}
    wallets = await wallets_on(db, account, state.project.client)
    return bool(wallets.intersection(state.arbiters.members) - parties)


async def wallets_on(db: Connection, account: UUID, like: str) -> set[str]:
    """The Stacks wallets of an account, in the form of the network of the address `like`."""
    linked = await store.stacks_addresses(db, account)
    return {on_network_of(like, each) for each in linked}


async def _note(
    db_tx: Connection,
    contract: str,
    account: UUID,
    project_id: UUID,
    tx_id: str,
    act: ChainAct,
    milestone_num: int | None,
    now: datetime,
    creation_tx_id: str | None = None,
) -> None:
    events = await events_of_tx(db_tx, contract, tx_id)
    if any(event.state is not EventState.REVERTED for event in events):
        return  # the chain shows it: nothing is awaited any more
    noted = await store_funding.list_hints(db_tx, project_id, now - HINT_MAX_AGE)
    awaited = [hint for hint in noted if hint.failed_at is None]
    if tx_id not in {hint.tx_id for hint in awaited} and len(awaited) >= HINTS_MAX:
        raise TooManyHints(most=HINTS_MAX)
    await store_funding.insert_hint(
        db_tx,
        project_id,
        Hint(
            tx_id=tx_id,
            act=act,
            milestone_num=milestone_num,
            noted_by=account,
            noted_at=now,
            creation_tx_id=creation_tx_id,
        ),
    )
