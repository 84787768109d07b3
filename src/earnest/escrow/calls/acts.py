"""Who may do what, from which burn height, until which: the contract's `get-acts` a second time.

Heights are burn (Bitcoin) heights. `from` is the first at which the act succeeds, `until` the first
at which it no longer does. Source: docs/escrow.md and contracts/escrow-multi-token.clar; a test
holds both against each other in every state.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import partial

import msgspec

from earnest.escrow.state import (
    EscrowDispute,
    EscrowMilestone,
    EscrowOffer,
    MilestoneStatus,
    ProjectState,
)

_LOCKED = MilestoneStatus.LOCKED
_SUBMITTED = MilestoneStatus.SUBMITTED
_DISPUTED = MilestoneStatus.DISPUTED


class ActName(StrEnum):
    """What can be done with a project that exists."""

    ACCEPT = "accept"
    CANCEL = "cancel"
    DECLINE = "decline"
    COMPLETE = "complete"
    RECLAIM = "reclaim"
    RELEASE = "release"
    CONCEDE = "concede"
    CLAIM = "claim"
    DISPUTE = "dispute"
    VOTE = "vote"
    # The same vote for all or nothing, under the older name of the call.
    RESOLVE = "resolve"
    DEFAULT = "default"
    OFFER = "offer"
    SETTLE = "settle"


class Role(StrEnum):
    """What somebody is to a project."""

    CLIENT = "client"
    FREELANCER = "freelancer"
    ARBITER = "arbiter"
    ANYONE = "anyone"


class Act(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One row of the rights: who may do it and when.

    `milestoneNum` is null for what concerns the whole project, `untilHeight` where nothing but
    another act ends it, `addresses` where anyone may. `bps` is the figure of the offer taken.
    """

    act: ActName
    milestone_num: int | None = None
    role: Role
    addresses: tuple[str, ...] | None
    from_height: int = 0
    until_height: int | None = None
    bps: int | None = None

    def open_at(self, burn_height: int) -> bool:
        """Whether a chain_tx in a block of this burn height succeeds."""
        until = self.until_height
        return self.from_height <= burn_height and (until is None or burn_height < until)

    def open_to(self, address: str) -> bool:
        """Whether this wallet is one of those who may."""
        return self.addresses is None or address in self.addresses


def milestone_of(state: ProjectState, num: int) -> EscrowMilestone | None:
    """The milestone with this number."""
    return next((each for each in state.milestones if each.milestone_num == num), None)


def dispute_of(state: ProjectState, num: int) -> EscrowDispute | None:
    """The dispute about this milestone, if there ever was one."""
    return next((each for each in state.disputes if each.milestone_num == num), None)


def offer_of(state: ProjectState, num: int, by_party: str) -> EscrowOffer | None:
    """The latest offer of a side for this milestone, lapsed or not."""
    found = (e for e in state.offers if e.milestone_num == num and e.by_party == by_party)
    return next(found, None)


def voters_of(state: ProjectState) -> tuple[str, ...]:
    """The arbiters who have a vote: a party of the project has none."""
    if state.arbiters is None:
        return ()
    parties = (state.project.client, state.project.freelancer)
    return tuple(each for each in state.arbiters.members if each not in parties)


def acts_of(state: ProjectState) -> list[Act]:
    """Every right there is in this state, those of later heights included."""
    acts = list(_of_project(state))
    for milestone in state.milestones:
        acts += _of_milestone(state, milestone)
    return acts


def find_act(acts: Sequence[Act], name: ActName, milestone_num: int | None) -> list[Act]:
    """The rights to one act: none, one, or one for each side."""
    wanted = ActName.VOTE if name is ActName.RESOLVE else name
    return [each for each in acts if each.act is wanted and each.milestone_num == milestone_num]


def _of_project(state: ProjectState) -> Iterator[Act]:
    project = state.project
    client, freelancer = (project.client,), (project.freelancer,)
    statuses = [each.status for each in state.milestones]
    locked = statuses.count(_LOCKED)
    if not project.accepted and locked == len(statuses):
        yield Act(act=ActName.CANCEL, role=Role.CLIENT, addresses=client)
    if not project.accepted and locked + statuses.count(_DISPUTED) > 0:
        yield Act(act=ActName.ACCEPT, role=Role.FREELANCER, addresses=freelancer)
    if locked > 0:
        yield Act(act=ActName.DECLINE, role=Role.FREELANCER, addresses=freelancer)


def _of_milestone(state: ProjectState, milestone: EscrowMilestone) -> Iterator[Act]:
    project, num, status = state.project, milestone.milestone_num, milestone.status
    client, freelancer = (project.client,), (project.freelancer,)
    if not status.is_open:
        return

    by_client = partial(Act, milestone_num=num, role=Role.CLIENT, addresses=client)
    by_freelancer = partial(Act, milestone_num=num, role=Role.FREELANCER, addresses=freelancer)
    by_anyone = partial(Act, milestone_num=num, role=Role.ANYONE, addresses=None)
    if status == _LOCKED:
        yield by_freelancer(act=ActName.COMPLETE)
        yield by_client(act=ActName.RECLAIM, from_height=milestone.deadline)
    if status in (_SUBMITTED, _DISPUTED):
        yield by_client(act=ActName.RELEASE)
        yield by_freelancer(act=ActName.CONCEDE)
    if status in (_LOCKED, _SUBMITTED):
        yield by_client(act=ActName.DISPUTE, until_height=milestone.claim_from)
        yield by_freelancer(act=ActName.DISPUTE, until_height=milestone.claim_from)
    if status == _SUBMITTED:
        yield by_anyone(act=ActName.CLAIM, from_height=milestone.claim_from or 0)
    dispute = dispute_of(state, num) if status == _DISPUTED else None
    if dispute is not None:
        yield Act(
            act=ActName.VOTE,
            milestone_num=num,
            role=Role.ARBITER,
            addresses=voters_of(state),
            until_height=dispute.default_from,
        )
        yield by_anyone(act=ActName.DEFAULT, from_height=dispute.default_from)
    yield by_client(act=ActName.OFFER)
    yield by_freelancer(act=ActName.OFFER)
    # An offer lapses when the milestone's state changes, or at its height.
    offered = offer_of(state, num, project.freelancer)
    if offered is not None and offered.status == status:
        yield by_client(act=ActName.SETTLE, until_height=offered.expires, bps=offered.bps)
    offered = offer_of(state, num, project.client)
    if offered is not None and offered.status == status:
        yield by_freelancer(act=ActName.SETTLE, until_height=offered.expires, bps=offered.bps)
