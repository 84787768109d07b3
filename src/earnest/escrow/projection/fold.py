"""The fold: what one event changes of the contract's state. Pure: no clock, no database, no chain.

`contracts/test/support/replay.mjs` says the same in the contract's own tests. An event that does
not follow from the state before it changes nothing and raises `DoesNotFollow`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from earnest.escrow import events
from earnest.escrow.errors import DoesNotFollow
from earnest.escrow.state import (
    STX,
    ArbiterSet,
    Ending,
    EscrowConfig,
    EscrowDispute,
    EscrowMilestone,
    EscrowOffer,
    EscrowProject,
    EscrowToken,
    EscrowVote,
    MilestoneStatus,
    ProjectStatus,
)

_change = msgspec.structs.replace

_STATUS = dict(enumerate(MilestoneStatus, start=1))


class Placed(msgspec.Struct, frozen=True):
    """An event and where it is: on the chain, and in the log (`log_seq`, the row that told it)."""

    event: events.Event
    log_seq: int
    block_id: str
    tx_id: str
    event_index: int
    nth: int
    height: int
    burn_height: int

    @property
    def key(self) -> tuple[str, str, int, int]:
        """Block, chain_tx, place in it, and how often the block came back: one in the log."""
        return self.block_id, self.tx_id, self.event_index, self.nth


class State:
    """The contract in one view, or the part of it that the events at hand can touch.

    Keys: projects by number, milestones and disputes by (number, milestone_num), votes and offers
    by that and the address; owed and fees by token, credits by (who, token), STX written `STX`.
    """

    PARTS = (
        "projects",
        "milestones",
        "disputes",
        "votes",
        "offers",
        "sets",
        "tokens",
        "owed",
        "fees",
        "credits",
    )

    def __init__(self) -> None:
        self.event_count = 0
        self.config: EscrowConfig | None = None
        self.projects: dict[int, EscrowProject] = {}
        self.milestones: dict[tuple[int, int], EscrowMilestone] = {}
        self.disputes: dict[tuple[int, int], EscrowDispute] = {}
        self.votes: dict[tuple[int, int, str], EscrowVote] = {}
        self.offers: dict[tuple[int, int, str], EscrowOffer] = {}
        self.sets: dict[int, ArbiterSet] = {}
        self.tokens: dict[str, EscrowToken] = {}
        self.owed: dict[str, int] = {}
        self.fees: dict[str, int] = {}
        self.credits: dict[tuple[str, str], int] = {}
        self.changed: dict[str, set[Any]] = {part: set() for part in self.PARTS}

    def copy(self) -> "State":
        """The same state with the same marks of change. What it holds is frozen."""
        made = State()
        made.event_count, made.config = self.event_count, self.config
        for part in self.PARTS:
            setattr(made, part, dict(getattr(self, part)))
            made.changed[part] = set(self.changed[part])
        return made

    def project_of(self, event: events.Event) -> EscrowProject | None:
        """The project that an event is about, as it stands; None for one of the whole contract."""
        number = events.number_of(event)
        return None if number is None else self.projects.get(number)

    def put(self, part: str, key: Any, value: Any) -> None:
        """Sets one row. A sum of nothing is no row."""
        rows = getattr(self, part)
        if value == 0:
            rows.pop(key, None)
        else:
            rows[key] = value
        self.changed[part].add(key)

    def settled_config(self) -> EscrowConfig | None:
        """What the contract gives new projects, with the count of the events so far."""
        if self.config is None:
            return None
        return _change(self.config, event_count=self.event_count)


def apply(state: State, placed: Placed) -> None:
    """Folds the next event into the state. Raises `DoesNotFollow`, and has changed nothing then."""
    event = placed.event
    if event.seq != state.event_count + 1:
        raise _refused(event, f"it comes after {state.event_count}")
    _HANDLERS[type(event)](state, placed, event)
    state.event_count = event.seq


def _refused(event: events.Event, reason: str) -> DoesNotFollow:
    return DoesNotFollow(seq=event.seq, reason=reason)


# -- the contract as a whole ----------------------------------------------------------------------


def _deployed(state: State, _placed: Placed, event: events.ContractDeployed) -> None:
    if state.config is not None:
        raise _refused(event, "the contract was deployed before")
    state.config = EscrowConfig(
        owner=event.owner,
        proposed_owner=None,
        treasury=event.treasury,
        paused=False,
        fee_bps=event.fee_bps,
        proposed_fee_bps=None,
        proposed_fee_from=None,
        arbiter_set=event.arbiter_set,
        arbiter_set_count=event.arbiter_set,
        proposed_set=None,
        proposed_set_from=None,
        project_count=0,
        event_count=0,
    )
    _keep_set(state, event.arbiter_set, event.members, event.threshold)


def _keep_set(state: State, set_id: int, members: tuple[str, ...], threshold: int) -> None:
    found = ArbiterSet(set_id=set_id, members=members, threshold=threshold)
    state.put("sets", set_id, found)


def _config(state: State, event: events.Event) -> EscrowConfig:
    if state.config is None:
        raise _refused(event, "the contract's deploy is missing")
    return state.config


def _owner_proposed(state: State, _placed: Placed, event: events.OwnerProposed) -> None:
    state.config = _change(_config(state, event), proposed_owner=event.proposed_owner)


def _owner_changed(state: State, _placed: Placed, event: events.OwnerChanged) -> None:
    state.config = _change(_config(state, event), owner=event.owner, proposed_owner=None)


def _treasury_changed(state: State, _placed: Placed, event: events.TreasuryChanged) -> None:
    state.config = _change(_config(state, event), treasury=event.treasury)


def _pause_changed(state: State, _placed: Placed, event: events.PauseChanged) -> None:
    state.config = _change(_config(state, event), paused=event.paused)


def _token_changed(state: State, _placed: Placed, event: events.TokenChanged) -> None:
    _config(state, event)
    found = EscrowToken(token=event.token, asset=event.asset, allowed=event.allowed)
    state.put("tokens", event.token, found)


def _set_proposed(state: State, _placed: Placed, event: events.ArbiterSetProposed) -> None:
    config = _config(state, event)
    if event.set_id != config.arbiter_set_count + 1:
        raise _refused(event, f"set {event.set_id} comes after {config.arbiter_set_count}")
    _keep_set(state, event.set_id, event.members, event.threshold)
    state.config = _change(
        config,
        arbiter_set_count=event.set_id,
        proposed_set=event.set_id,
        proposed_set_from=event.active_from,
    )


def _set_activated(state: State, _placed: Placed, event: events.ArbiterSetActivated) -> None:
    state.config = _change(
        _config(state, event), arbiter_set=event.set_id, proposed_set=None, proposed_set_from=None
    )


def _fee_proposed(state: State, _placed: Placed, event: events.FeeProposed) -> None:
    state.config = _change(
        _config(state, event),
        proposed_fee_bps=event.fee_bps,
        proposed_fee_from=event.active_from,
    )


def _fee_activated(state: State, _placed: Placed, event: events.FeeActivated) -> None:
    state.config = _change(
        _config(state, event),
        fee_bps=event.fee_bps,
        proposed_fee_bps=None,
        proposed_fee_from=None,
    )


# -- money that belongs to nobody's milestone ------------------------------------------------------


def _less(part: Mapping[Any, int], key: Any, amount: int, event: events.Event) -> int:
    left = part.get(key, 0) - amount
    if left < 0:
        raise _refused(event, f"{amount} are more than there were")
    return left


def _withdrawn(state: State, _placed: Placed, event: events.CreditWithdrawn) -> None:
    token = event.token or STX
    credit = _less(state.credits, (event.who, token), event.amount, event)
    owed = _less(state.owed, token, event.amount, event)
    state.put("credits", (event.who, token), credit)
    state.put("owed", token, owed)


def _swept(state: State, _placed: Placed, event: events.FeesSwept) -> None:
    token = event.token or STX
    fees = _less(state.fees, token, event.amount, event)
    owed = _less(state.owed, token, event.amount, event)
    state.put("fees", token, fees)
    state.put("owed", token, owed)


def _add_credit(state: State, who: str, token: str, amount: int) -> None:
    if amount:
        state.put("credits", (who, token), state.credits.get((who, token), 0) + amount)


# -- projects --------------------------------------------------------------------------------------


def _created(state: State, placed: Placed, event: events.ProjectCreated) -> None:
    config = _config(state, event)
    number = event.project_id
    if number != config.project_count + 1:
        raise _refused(event, f"project {number} comes after {config.project_count}")
    state.config = _change(config, project_count=number)
    project = EscrowProject(
        number=number,
        creation_tx_id=placed.tx_id,
        creation_block_id=placed.block_id,
        creation_height=placed.height,
        created_burn_height=event.height,
        client=event.client,
        freelancer=event.freelancer,
        token=event.token,
        total_minor=event.total,
        reference=event.reference,
        silent_bps=event.silent_bps,
        fee_bps=event.fee_bps,
        arbiter_set=event.arbiter_set,
        bond_bps=event.bond_bps,
        claim_window=event.claim_window,
        arbiter_window=event.arbiter_window,
        offer_window=event.offer_window,
        milestone_count=len(event.amounts),
        accepted=False,
        cancelled=False,
        status=ProjectStatus.ACTIVE,
        net_minor=0,
        refunded_minor=0,
        fee_minor=0,
        updated_burn_height=event.height,
    )
    state.put("projects", number, project)
    pairs = zip(event.amounts, event.deadlines, strict=True)
    for num, (amount, deadline) in enumerate(pairs, start=1):
        state.put(
            "milestones",
            (number, num),
            EscrowMilestone(
                number=number,
                milestone_num=num,
                amount_minor=amount,
                deadline=deadline,
                status=MilestoneStatus.LOCKED,
                how=None,
                claim_from=None,
                bps=None,
                gross_minor=None,
                fee_minor=None,
                net_minor=None,
                refund_minor=None,
                submitted_tx_id=None,
                closed_tx_id=None,
                closed_burn_height=None,
            ),
        )
    token = event.token or STX
    state.put("owed", token, state.owed.get(token, 0) + event.total)


def _project(state: State, event: events.OfProject) -> EscrowProject:
    found = state.projects.get(event.project_id)
    if found is None:
        raise _refused(event, f"there is no project {event.project_id}")
    return found


def _open_milestone(
    state: State, event: events.Event, number: int, num: int, *among: MilestoneStatus
) -> EscrowMilestone:
    found = state.milestones.get((number, num))
    if found is None or not (found.status in among if among else found.status.is_open):
        raise _refused(event, f"milestone {num} of project {number} is not in that state")
    return found


def _settle_project(
    state: State, project: EscrowProject, event: events.Event, **facts: Any
) -> None:
    """Writes the project with what its milestones come to now."""
    milestones = [
        state.milestones[project.number, num] for num in range(1, project.milestone_count + 1)
    ]
    statuses = {milestone.status for milestone in milestones}
    net = sum(milestone.net_minor or 0 for milestone in milestones)
    if MilestoneStatus.DISPUTED in statuses:
        status = ProjectStatus.DISPUTED
    elif any(each.is_open for each in statuses):
        status = ProjectStatus.ACTIVE
    elif facts.get("cancelled", project.cancelled):
        status = ProjectStatus.CANCELLED
    else:
        status = ProjectStatus.COMPLETED if net else ProjectStatus.REFUNDED
    settled = _change(
        project,
        status=status,
        net_minor=net,
        refunded_minor=sum(milestone.refund_minor or 0 for milestone in milestones),
        fee_minor=sum(milestone.fee_minor or 0 for milestone in milestones),
        updated_burn_height=event.height,
        **facts,
    )
    state.put("projects", project.number, settled)


def _accepted(state: State, _placed: Placed, event: events.ProjectAccepted) -> None:
    project = _project(state, event)
    accepted = _change(project, accepted=True, updated_burn_height=event.height)
    state.put("projects", project.number, accepted)


def _cancelled(state: State, placed: Placed, event: events.ProjectCancelled) -> None:
    _give_back(state, placed, event, Ending.CANCELLED, cancelled=True)


def _declined(state: State, placed: Placed, event: events.ProjectDeclined) -> None:
    _give_back(state, placed, event, Ending.DECLINED)


def _give_back(
    state: State, placed: Placed, event: events.GivenBack, how: Ending, **facts: Any
) -> None:
    project = _project(state, event)
    locked = [
        _open_milestone(state, event, project.number, num, MilestoneStatus.LOCKED)
        for num in event.milestone_nums
    ]
    if sum(milestone.amount_minor for milestone in locked) != event.refund:
        raise _refused(event, "what went back is not what was locked")
    token = project.token or STX
    owed = _less(state.owed, token, event.refund - event.credited_client, event)
    for milestone in locked:
        closed = _change(
            milestone,
            status=MilestoneStatus.REFUNDED,
            how=how,
            bps=0,
            gross_minor=0,
            fee_minor=0,
            net_minor=0,
            refund_minor=milestone.amount_minor,
            closed_tx_id=placed.tx_id,
            closed_burn_height=event.height,
        )
        state.put("milestones", (project.number, milestone.milestone_num), closed)
    _add_credit(state, project.client, token, event.credited_client)
    state.put("owed", token, owed)
    _settle_project(state, project, event, **facts)


# -- milestones ------------------------------------------------------------------------------------


def _completed(state: State, placed: Placed, event: events.MilestoneCompleted) -> None:
    project = _project(state, event)
    number, num = event.project_id, event.milestone_num
    milestone = _open_milestone(state, event, number, num, MilestoneStatus.LOCKED)
    submitted = _change(
        milestone,
        status=MilestoneStatus.SUBMITTED,
        claim_from=event.claim_from,
        submitted_tx_id=placed.tx_id,
    )
    state.put("milestones", (number, num), submitted)
    _settle_project(state, project, event)


def _closed(state: State, placed: Placed, event: events.Closed) -> None:
    project = _project(state, event)
    number, num = event.project_id, event.milestone_num
    milestone = _open_milestone(state, event, number, num)
    if milestone.amount_minor != event.amount:
        raise _refused(event, f"{event.amount} is not what the milestone holds")
    token = project.token or STX
    credited = event.credited_client + event.credited_freelancer
    owed = _less(state.owed, token, event.net + event.refund + event.bond - credited, event)
    closed = _change(
        milestone,
        status=_STATUS[event.status],
        how=Ending(event.how),
        bps=event.bps,
        gross_minor=event.gross,
        fee_minor=event.fee,
        net_minor=event.net,
        refund_minor=event.refund,
        closed_tx_id=placed.tx_id,
        closed_burn_height=event.height,
    )
    state.put("milestones", (number, num), closed)
    dispute = state.disputes.get((number, num))
    if dispute is not None:
        state.put("disputes", (number, num), _change(dispute, bond_to=event.bond_to))
    state.put("fees", token, state.fees.get(token, 0) + event.fee)
    _add_credit(state, project.client, token, event.credited_client)
    _add_credit(state, project.freelancer, token, event.credited_freelancer)
    state.put("owed", token, owed)
    _settle_project(state, project, event)


def _disputed(state: State, placed: Placed, event: events.DisputeFiled) -> None:
    project = _project(state, event)
    number, num = event.project_id, event.milestone_num
    milestone = _open_milestone(
        state, event, number, num, MilestoneStatus.LOCKED, MilestoneStatus.SUBMITTED
    )
    disputed = _change(milestone, status=MilestoneStatus.DISPUTED)
    state.put("milestones", (number, num), disputed)
    dispute = EscrowDispute(
        number=number,
        milestone_num=num,
        filer=event.actor,
        bond_minor=event.bond,
        bond_to=None,
        filed_at=event.height,
        default_from=event.default_from,
        default_bps=event.default_bps,
        filed_tx_id=placed.tx_id,
    )
    state.put("disputes", (number, num), dispute)
    token = project.token or STX
    state.put("owed", token, state.owed.get(token, 0) + event.bond)
    _settle_project(state, project, event)


def _voted(state: State, _placed: Placed, event: events.VoteCast) -> None:
    project = _project(state, event)
    number, num = event.project_id, event.milestone_num
    _open_milestone(state, event, number, num, MilestoneStatus.DISPUTED)
    vote = EscrowVote(number=number, milestone_num=num, arbiter=event.actor, bps=event.bps)
    state.put("votes", (number, num, event.actor), vote)
    state.put("projects", number, _change(project, updated_burn_height=event.height))


def _offered(state: State, _placed: Placed, event: events.SettlementOffered) -> None:
    project = _project(state, event)
    number, num = event.project_id, event.milestone_num
    _open_milestone(state, event, number, num)
    offer = EscrowOffer(
        number=number,
        milestone_num=num,
        by_party=event.actor,
        bps=event.bps,
        expires=event.expires,
        status=_STATUS[event.status],
    )
    state.put("offers", (number, num, event.actor), offer)
    state.put("projects", number, _change(project, updated_burn_height=event.height))


_HANDLERS: Mapping[type[events.Event], Callable[[State, Placed, Any], None]] = {
    events.ContractDeployed: _deployed,
    events.ProjectCreated: _created,
    events.ProjectAccepted: _accepted,
    events.ProjectCancelled: _cancelled,
    events.ProjectDeclined: _declined,
    events.MilestoneCompleted: _completed,
    events.MilestoneReleased: _closed,
    events.MilestoneClaimed: _closed,
    events.MilestoneConceded: _closed,
    events.MilestoneReclaimed: _closed,
    events.MilestoneSettled: _closed,
    events.DisputeResolved: _closed,
    events.DisputeFiled: _disputed,
    events.VoteCast: _voted,
    events.SettlementOffered: _offered,
    events.CreditWithdrawn: _withdrawn,
    events.FeesSwept: _swept,
    events.OwnerProposed: _owner_proposed,
    events.OwnerChanged: _owner_changed,
    events.TreasuryChanged: _treasury_changed,
    events.PauseChanged: _pause_changed,
    events.TokenChanged: _token_changed,
    events.ArbiterSetProposed: _set_proposed,
    events.ArbiterSetActivated: _set_activated,
    events.FeeProposed: _fee_proposed,
    events.FeeActivated: _fee_activated,
}
