"""A project's whole state, put together from what the contract's read-only functions answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from earnest.chains.stacks.clarity import List, Nothing, Some, Tuple, UInt, Value, decode_hex
from earnest.escrow import (
    ArbiterSet,
    EscrowDispute,
    EscrowMilestone,
    EscrowOffer,
    EscrowProject,
    EscrowVote,
    MilestoneStatus,
    ProjectState,
    ProjectStatus,
)
from earnest.escrow.comparison.rules import read_dispute, read_milestone, read_project

STATUSES = tuple(MilestoneStatus)
TX_ID = "0x" + "00" * 32


def fields_of(answer: Value) -> dict[str, Value] | None:
    """The fields of `(some (tuple …))`, None for `none`."""
    match answer:
        case Nothing():
            return None
        case Some(Tuple() as found):
            return dict(found.by_name())
    raise AssertionError(f"{answer} is no optional tuple")


def uint_of(value: Value) -> int:
    """The number of a `uint`."""
    assert isinstance(value, UInt)
    return value.value


def project_of(number: int, answer: Value) -> EscrowProject:
    """A project from `get-project`; what the contract does not keep is filled in."""
    values = read_project(answer)
    assert values is not None
    return EscrowProject(
        number=number,
        creation_tx_id=TX_ID,
        creation_block_id=TX_ID,
        creation_height=1,
        created_burn_height=values.created_burn_height,
        client=values.client,
        freelancer=values.freelancer,
        token=values.token,
        total_minor=int(values.total_minor),
        reference=values.reference,
        silent_bps=values.silent_bps,
        fee_bps=values.fee_bps,
        arbiter_set=values.arbiter_set,
        bond_bps=500,
        claim_window=2016,
        arbiter_window=4320,
        offer_window=1008,
        milestone_count=values.milestone_count,
        accepted=values.accepted,
        cancelled=values.cancelled,
        status=ProjectStatus.ACTIVE,
        net_minor=0,
        refunded_minor=0,
        fee_minor=0,
        updated_burn_height=values.created_burn_height,
    )


def state_of(case: Mapping[str, Any]) -> ProjectState:
    """The state behind answers in hex, as `contracts/test/support/cases.mjs` lists them."""
    number: int = case["number"]
    milestones: list[EscrowMilestone] = []
    disputes: list[EscrowDispute] = []
    offers: list[EscrowOffer] = []
    votes: list[EscrowVote] = []
    for num in range(1, 5):
        milestone = read_milestone(num, decode_hex(case["milestones"][num - 1]))
        if milestone is None:
            continue
        milestones.append(
            EscrowMilestone(
                number=number,
                milestone_num=num,
                amount_minor=int(milestone.amount_minor),
                deadline=milestone.deadline,
                status=milestone.status,
                how=None,
                claim_from=milestone.claim_from,
                bps=milestone.bps,
                gross_minor=None,
                fee_minor=None,
                net_minor=None,
                refund_minor=None,
                submitted_tx_id=None,
                closed_tx_id=None,
                closed_burn_height=None,
            )
        )
        dispute = read_dispute(num, decode_hex(case["disputes"][num - 1]))
        if dispute is not None:
            disputes.append(
                EscrowDispute(
                    number=number,
                    milestone_num=num,
                    filer=dispute.filer,
                    bond_minor=int(dispute.bond_minor),
                    bond_to=None,
                    filed_at=dispute.filed_at,
                    default_from=dispute.default_from,
                    default_bps=dispute.default_bps,
                    filed_tx_id=TX_ID,
                )
            )
        offers += _offers(number, num, case["offers"][num - 1])
        votes += _votes(number, num, case["votes"][num - 1])
    return ProjectState(
        project=project_of(number, decode_hex(case["project"])),
        milestones=tuple(milestones),
        disputes=tuple(disputes),
        votes=tuple(votes),
        offers=tuple(offers),
        arbiters=_set_of(decode_hex(case["set"])),
    )


def _set_of(answer: Value) -> ArbiterSet:
    fields = fields_of(answer)
    assert fields is not None
    members = fields["members"]
    assert isinstance(members, List)
    return ArbiterSet(
        set_id=0,
        members=tuple(str(each) for each in members.items),
        threshold=uint_of(fields["threshold"]),
    )


def _offers(number: int, num: int, told: Sequence[Mapping[str, str]]) -> list[EscrowOffer]:
    found: list[EscrowOffer] = []
    for row in told:
        fields = fields_of(decode_hex(row["hex"]))
        if fields is not None:
            found.append(
                EscrowOffer(
                    number=number,
                    milestone_num=num,
                    by_party=row["by"],
                    bps=uint_of(fields["bps"]),
                    expires=uint_of(fields["expires"]),
                    status=STATUSES[uint_of(fields["status"]) - 1],
                )
            )
    return found


def _votes(number: int, num: int, told: Sequence[Mapping[str, str]]) -> list[EscrowVote]:
    found: list[EscrowVote] = []
    for row in told:
        match decode_hex(row["hex"]):
            case Some(UInt(bps)):
                found.append(
                    EscrowVote(number=number, milestone_num=num, arbiter=row["by"], bps=bps)
                )
    return found
