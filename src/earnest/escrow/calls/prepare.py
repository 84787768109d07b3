"""Calls on a project that exists, prepared for any wallet to sign.

Each is checked by the contract's own rules first (`acts_of`), and carries the post-condition that
docs/escrow.md names for it.
"""

import msgspec

from earnest.chains.stacks.clarity import Bool
from earnest.chains.stacks.post_conditions import Condition
from earnest.escrow.calls import words
from earnest.escrow.calls.acts import Act, ActName, acts_of, dispute_of, find_act, milestone_of
from earnest.escrow.calls.errors import (
    ActNotPossible,
    ActNotYours,
    ActTooEarly,
    ActTooLate,
    FigureNotPossible,
)
from earnest.escrow.calls.shape import (
    PreparedCall,
    Token,
    argument,
    contract_sends,
    prepared,
    suffix_of,
    sums_of,
    token_argument,
    uint_argument,
    you_send,
)
from earnest.escrow.rules_money import BPS, Parts, bond_of, divide
from earnest.escrow.state import MilestoneStatus, ProjectState

_WITHOUT_MONEY = {
    ActName.ACCEPT: "accept-project",
    ActName.COMPLETE: "complete-milestone",
    ActName.OFFER: "offer-settlement",
}
# Each has a form for STX and one for tokens.
_BY_TOKEN = {
    ActName.CANCEL: "cancel-project",
    ActName.DECLINE: "decline-project",
    ActName.RECLAIM: "reclaim-milestone",
    ActName.RELEASE: "release-milestone",
    ActName.CONCEDE: "concede-milestone",
    ActName.CLAIM: "claim-milestone",
    ActName.DISPUTE: "file-dispute",
    ActName.VOTE: "vote-dispute",
    ActName.RESOLVE: "admin-resolve-dispute",
    ActName.DEFAULT: "default-dispute",
    ActName.SETTLE: "accept-settlement",
}
_ON_PROJECT = frozenset({ActName.ACCEPT, ActName.CANCEL, ActName.DECLINE})
_WITH_FIGURE = frozenset({ActName.VOTE, ActName.RESOLVE, ActName.OFFER, ActName.SETTLE})


def prepare_call(
    contract: str,
    state: ProjectState,
    name: ActName,
    *,
    sender: str,
    burn_height: int,
    token: Token | None = None,
    milestone_num: int | None = None,
    bps: int | None = None,
) -> PreparedCall:
    """The call for one act on a project, as it would succeed at this burn height.

    `token` is the project's, `bps` the freelancer's part of 10,000 for a vote, an offer and the
    offer taken. Raises `ActNotPossible` and its kinds, `FigureNotPossible`.
    """
    project = state.project
    if project.token != (token.contract if token else None):
        raise ValueError(f"the project is paid in {project.token or 'STX'}")
    num = None if name in _ON_PROJECT else milestone_num
    if num is None and name not in _ON_PROJECT:
        raise FigureNotPossible(reason="Say which milestone.")
    act = _allowed(state, name, num, sender, burn_height)
    bps = _figure(name, act, bps)
    _check_vote(state, name, num, bps, sender)
    args = [uint_argument("project-id", project.number)]
    if num is not None:
        args.append(uint_argument("milestone-num", num))
    if name is ActName.RESOLVE:
        args.append(argument("release-to-freelancer", "bool", Bool(bps == BPS)))
    elif bps is not None:
        args.append(uint_argument("bps", bps))
    if name in _WITHOUT_MONEY:
        function = _WITHOUT_MONEY[name]
    else:
        plain = name is ActName.DISPUTE and token is None
        function = _BY_TOKEN[name] + ("" if plain else suffix_of(token))
        args += token_argument(token)
    moved = _moved(state, name, num, bps)
    conditions = []
    if moved is not None and name is ActName.DISPUTE:
        conditions = [you_send(sender, moved.amount_minor, token)]
    elif moved is not None:
        conditions = [contract_sends(contract, moved.condition, moved.amount_minor, token)]
    note = words.act(sums_of(token), state, name, num, bps, sender=sender)
    return prepared(
        contract,
        function,
        args,
        conditions,
        sender=sender,
        note=f"{note}{words.until(act.until_height, burn_height)}",
    )


# -- who may, and which figure ---------------------------------------------------------------------


def _allowed(
    state: ProjectState, name: ActName, num: int | None, sender: str, burn_height: int
) -> Act:
    rights = find_act(acts_of(state), name, num)
    doing = words.DOING[name]
    if not rights:
        raise ActNotPossible(act=doing, why=words.why_not(state, name, num))
    mine = [each for each in rights if each.open_to(sender)]
    if not mine:
        who = words.either([each.role.value for each in rights])
        raise ActNotYours(act=doing, who=who, sender=sender)
    act = mine[0]
    if burn_height < act.from_height:
        raise ActTooEarly(act=doing, from_height=act.from_height, burn_height=burn_height)
    if not act.open_at(burn_height):
        raise ActTooLate(act=doing, until_height=act.until_height, burn_height=burn_height)
    return act


def _figure(name: ActName, act: Act, bps: int | None) -> int | None:
    if name not in _WITH_FIGURE:
        return None
    if name is ActName.SETTLE and bps is None:
        raise FigureNotPossible(reason="Repeat the figure of the offer that you take.")
    if bps is None or not 0 <= bps <= BPS:
        raise FigureNotPossible(reason="Name the freelancer's part: 0 to 10,000 basis points.")
    if name is ActName.SETTLE and bps != act.bps:
        raise FigureNotPossible(reason=f"The offer names {act.bps} basis points, not {bps}.")
    if name is ActName.RESOLVE and bps not in (0, BPS):
        raise FigureNotPossible(reason="This call rules for all or nothing: 10,000 or 0.")
    return bps


def _check_vote(
    state: ProjectState, name: ActName, num: int | None, bps: int | None, sender: str
) -> None:
    if name not in (ActName.VOTE, ActName.RESOLVE):
        return
    for vote in state.votes:
        if (vote.milestone_num, vote.arbiter, vote.bps) == (num, sender, bps):
            raise FigureNotPossible(reason="That is what you voted already.")


# -- what moves ------------------------------------------------------------------------------------


class _Moved(msgspec.Struct, frozen=True):
    condition: Condition
    amount_minor: int


def parts_of(state: ProjectState, num: int, bps: int) -> Parts:
    """How a milestone would be divided, with the fee of the project."""
    milestone = milestone_of(state, num)
    if milestone is None:
        raise ValueError(f"there is no milestone {num}")
    return divide(milestone.amount_minor, bps, state.project.fee_bps)


def _moved(state: ProjectState, name: ActName, num: int | None, bps: int | None) -> _Moved | None:
    project = state.project
    if name in (ActName.ACCEPT, ActName.COMPLETE, ActName.OFFER):
        return None
    if name in (ActName.CANCEL, ActName.DECLINE):
        locked = [
            each.amount_minor for each in state.milestones if each.status is MilestoneStatus.LOCKED
        ]
        return _Moved(Condition.EQUAL, sum(locked))
    milestone = milestone_of(state, num or 0)
    if milestone is None:
        raise ValueError(f"there is no milestone {num}")
    if name is ActName.DISPUTE:
        bond = bond_of(milestone.amount_minor, project.bond_bps)
        return _Moved(Condition.EQUAL, bond)
    dispute = dispute_of(state, milestone.milestone_num)
    if name in (ActName.RELEASE, ActName.CLAIM):
        bps = BPS
    elif name in (ActName.CONCEDE, ActName.RECLAIM):
        bps = 0
    elif name is ActName.DEFAULT and dispute is not None:
        bps = dispute.default_bps
    paid = parts_of(state, milestone.milestone_num, bps or 0).paid_minor
    if milestone.status is MilestoneStatus.DISPUTED and dispute is not None:
        paid += dispute.bond_minor
    decides_alone = name not in (ActName.VOTE, ActName.RESOLVE)
    condition = Condition.EQUAL if decides_alone else Condition.LESS_OR_EQUAL
    return _Moved(condition, paid)
