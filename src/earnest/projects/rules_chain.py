"""What the chain's word means for a project. Pure.

Status and final status are computed from the escrow's two views each time they are asked for. The
tables of moves say which steps there are; a hint of a step that is none is refused.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import zip_longest

import msgspec

from earnest.escrow import STX, EscrowMilestone, EscrowProject
from earnest.escrow import MilestoneStatus as EscrowMilestoneStatus
from earnest.escrow import ProjectStatus as EscrowStatus
from earnest.projects.errors import IllegalMove
from earnest.projects.rules import BLOCKS_PER_DAY, Stage

MINUTES_PER_BLOCK = 10
# Deadlines are written at the height known when the call was prepared; it is mined a little later.
DEADLINE_SLACK_BLOCKS = 144


class ProjectStatus(StrEnum):
    """What people see of a project; from `active` on it is the chain's word."""

    OPEN = "open"
    PENDING = "pending"
    CANCELLED = "cancelled"
    ACTIVE = "active"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    REFUNDED = "refunded"
    REVIEWED = "reviewed"


class MilestoneStatus(StrEnum):
    """What people see of a milestone; `planned` until there is an escrow."""

    PLANNED = "planned"
    LOCKED = "locked"
    SUBMITTED = "submitted"
    DISPUTED = "disputed"
    APPROVED = "approved"
    SPLIT = "split"
    REFUNDED = "refunded"


class FundingState(StrEnum):
    """How far the money of an agreement has come."""

    NONE = "none"  # nothing is agreed, or nothing was sent
    WAITING = "waiting"  # somebody says that it was sent; the chain does not show it yet
    PROVISIONAL = "provisional"  # seen: do not start yet
    FINAL = "final"


class ChainAct(StrEnum):
    """An act on the contract, by the names of prepared calls."""

    CREATE = "create"
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
    RESOLVE = "resolve"
    DEFAULT = "default"
    OFFER = "offer"
    SETTLE = "settle"


class CallFailure(StrEnum):
    """Why nothing came of a chain_tx that somebody sent."""

    REFUSED = "refused"  # the contract said no
    OTHER_SUM = "other_sum"  # a post-condition: another sum would have moved
    OTHER_CALL = "other_call"  # it is in a block, and is no such act
    DROPPED = "dropped"  # thrown out before it came into a block


M = MilestoneStatus
# A milestone's status and an act on it → what it may be afterwards. Those that end in the same
# status move nothing by themselves (an offer, a vote short of the threshold). Whatever is not here
# the contract refuses.
MILESTONES: Mapping[tuple[M, ChainAct], frozenset[M]] = {
    (M.PLANNED, ChainAct.CREATE): frozenset({M.LOCKED}),
    (M.LOCKED, ChainAct.ACCEPT): frozenset({M.LOCKED}),
    (M.LOCKED, ChainAct.CANCEL): frozenset({M.REFUNDED}),
    (M.LOCKED, ChainAct.DECLINE): frozenset({M.REFUNDED}),
    (M.LOCKED, ChainAct.COMPLETE): frozenset({M.SUBMITTED}),
    (M.LOCKED, ChainAct.RECLAIM): frozenset({M.REFUNDED}),
    (M.LOCKED, ChainAct.DISPUTE): frozenset({M.DISPUTED}),
    (M.LOCKED, ChainAct.OFFER): frozenset({M.LOCKED}),
    (M.LOCKED, ChainAct.SETTLE): frozenset({M.APPROVED, M.SPLIT, M.REFUNDED}),
    (M.SUBMITTED, ChainAct.RELEASE): frozenset({M.APPROVED}),
    (M.SUBMITTED, ChainAct.CONCEDE): frozenset({M.REFUNDED}),
    (M.SUBMITTED, ChainAct.CLAIM): frozenset({M.APPROVED}),
    (M.SUBMITTED, ChainAct.DISPUTE): frozenset({M.DISPUTED}),
    (M.SUBMITTED, ChainAct.OFFER): frozenset({M.SUBMITTED}),
    (M.SUBMITTED, ChainAct.SETTLE): frozenset({M.APPROVED, M.SPLIT, M.REFUNDED}),
    (M.DISPUTED, ChainAct.ACCEPT): frozenset({M.DISPUTED}),
    (M.DISPUTED, ChainAct.RELEASE): frozenset({M.APPROVED}),
    (M.DISPUTED, ChainAct.CONCEDE): frozenset({M.REFUNDED}),
    (M.DISPUTED, ChainAct.VOTE): frozenset({M.DISPUTED, M.APPROVED, M.SPLIT, M.REFUNDED}),
    (M.DISPUTED, ChainAct.RESOLVE): frozenset({M.DISPUTED, M.APPROVED, M.REFUNDED}),
    (M.DISPUTED, ChainAct.DEFAULT): frozenset({M.APPROVED, M.SPLIT, M.REFUNDED}),
    (M.DISPUTED, ChainAct.OFFER): frozenset({M.DISPUTED}),
    (M.DISPUTED, ChainAct.SETTLE): frozenset({M.APPROVED, M.SPLIT, M.REFUNDED}),
}
ON_PROJECT = frozenset({ChainAct.CREATE, ChainAct.ACCEPT, ChainAct.CANCEL, ChainAct.DECLINE})


def milestones_after(status: MilestoneStatus, act: ChainAct) -> frozenset[MilestoneStatus]:
    """What a milestone may be after an act on it. Raises `IllegalMove`."""
    try:
        return MILESTONES[status, act]
    except KeyError:
        raise IllegalMove(thing="milestone", status=status.value, act=act.value) from None


def may_still_come(
    milestones: Sequence[EscrowMilestone], act: ChainAct, milestone_num: int | None
) -> bool:
    """Whether an act could be carried out as the chain shows these milestones now. A chain_tx for
    one that could not is awaited in vain: another has done it, or it is no longer possible."""
    if act is ChainAct.CREATE:
        return not milestones
    concerned = [
        each for each in milestones if act in ON_PROJECT or each.milestone_num == milestone_num
    ]
    return any((milestone_status(each), act) in MILESTONES for each in concerned)


P = ProjectStatus
_OF_ESCROW = {
    EscrowStatus.ACTIVE: P.ACTIVE,
    EscrowStatus.DISPUTED: P.DISPUTED,
    EscrowStatus.COMPLETED: P.COMPLETED,
    EscrowStatus.REFUNDED: P.REFUNDED,
    EscrowStatus.CANCELLED: P.CANCELLED,
}


def final_status(stage: Stage, final: EscrowProject | None, *, reviewed: bool) -> ProjectStatus:
    """A project's status by what no reorg can undo."""
    if final is None:
        return ProjectStatus(stage.value)
    status = _OF_ESCROW[final.status]
    return P.REVIEWED if reviewed and status is P.COMPLETED else status


def live_status(
    stage: Stage, live: EscrowProject | None, final: EscrowProject | None, *, reviewed: bool
) -> ProjectStatus:
    """A project's status by all that the chain shows now.

    An escrow whose creation is not final leaves the project `pending` while nothing else happened
    to it: the work must not begin yet.
    """
    if live is None:
        # Its creation cannot be final: what is final is live, too.
        return ProjectStatus(stage.value)
    if final is None and live.status is EscrowStatus.ACTIVE:
        return P.PENDING
    status = _OF_ESCROW[live.status]
    done = final is not None and final.status is EscrowStatus.COMPLETED
    return P.REVIEWED if reviewed and done and status is P.COMPLETED else status


def milestone_status(found: EscrowMilestone | None) -> MilestoneStatus:
    """A milestone's status by one view; `planned` where that view has no escrow."""
    return M.PLANNED if found is None else _OF_MILESTONE[found.status]


_OF_MILESTONE = {each: MilestoneStatus(each.value) for each in EscrowMilestoneStatus}


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of an agreement that the escrow must have. A token of None is STX."""

    client_address: str
    freelancer_address: str
    token: str | None
    amounts_minor: tuple[int, ...]
    milestone_days: tuple[int, ...]
    silent_bps: int


class DifferenceField(StrEnum):
    """In what an escrow can differ from an agreement."""

    CLIENT = "client"
    FREELANCER = "freelancer"
    TOKEN = "token"  # noqa: S105 - of money, no secret
    AMOUNT = "amount"
    SILENT_BPS = "silentBps"
    DEADLINE = "deadline"


class Difference(msgspec.Struct, frozen=True):
    """One thing in which an escrow is not what was agreed: an amount and a deadline of one
    milestone, the others of the whole. Figures are decimal strings; `agreed` is None for a
    milestone that was never agreed on, `found` for one that the escrow lacks.

    `decisive` ones make it the funding of something else: it does not move the project.
    """

    field: DifferenceField
    agreed: str | None
    found: str | None
    decisive: bool
    milestone_num: int | None = None


def compare_funding(
    agreed: Agreed, escrow: EscrowProject, milestones: Sequence[EscrowMilestone]
) -> list[Difference]:
    """In what an escrow differs from the agreement. Deadlines are compared as heights, give or
    take a day."""
    found: list[Difference] = []

    def note(
        field: DifferenceField, wanted: object, is_there: object, num: int | None = None
    ) -> None:
        if wanted != is_there:
            found.append(
                Difference(
                    field=field,
                    agreed=None if wanted is None else str(wanted),
                    found=None if is_there is None else str(is_there),
                    decisive=field in _DECISIVE,
                    milestone_num=num,
                )
            )

    note(DifferenceField.CLIENT, agreed.client_address, escrow.client)
    note(DifferenceField.FREELANCER, agreed.freelancer_address, escrow.freelancer)
    note(DifferenceField.TOKEN, agreed.token or STX, escrow.token or STX)
    amounts = [each.amount_minor for each in milestones]
    for num, (wanted, is_there) in enumerate(zip_longest(agreed.amounts_minor, amounts), start=1):
        note(DifferenceField.AMOUNT, wanted, is_there, num)
    note(DifferenceField.SILENT_BPS, agreed.silent_bps, escrow.silent_bps)
    for each, days in zip(milestones, agreed.milestone_days, strict=False):
        due = escrow.created_burn_height + days * BLOCKS_PER_DAY
        if abs(each.deadline - due) > DEADLINE_SLACK_BLOCKS:
            note(DifferenceField.DEADLINE, due, each.deadline, each.milestone_num)
    return found


_DECISIVE = frozenset(DifferenceField) - {DifferenceField.SILENT_BPS, DifferenceField.DEADLINE}


def is_decisive(differences: Sequence[Difference]) -> bool:
    """Whether an escrow with these differences is not the project's."""
    return any(each.decisive for each in differences)


def deadline_heights(burn_height: int, milestone_days: Sequence[int]) -> tuple[int, ...]:
    """The deadlines of a call prepared at this burn height."""
    return tuple(burn_height + days * BLOCKS_PER_DAY for days in milestone_days)
