"""What an escrow is on the wire: as the chain shows it, beside what was agreed on."""

from datetime import datetime

from earnest.escrow import STX
from earnest.kit.money import Asset
from earnest.kit.wire import AmountMinor, Wire
from earnest.projects.funding.service import Funding
from earnest.projects.rules_chain import (
    Difference,
    DifferenceField,
    FundingState,
    MilestoneStatus,
    milestone_status,
)
from earnest.projects.service_view import BurnClock, ProjectView


class Height(Wire, frozen=True):
    """A Bitcoin height that something depends on, and about when it is reached: blocks come every
    ten minutes on average, and are no clock."""

    burn_height: int
    about: datetime | None


class DifferenceAnswer(Wire, frozen=True):
    """One thing in which an escrow is not what was agreed on: addresses, amounts in minor units,
    a token's contract or STX, basis points. `agreed` is null for a milestone that was never agreed
    on, `found` for one that the escrow lacks. Deadlines are heights, `agreedHeight` and
    `foundHeight`; what was agreed is counted from the block of the creation. `decisive` ones make
    it another escrow than the project's."""

    field: DifferenceField
    milestone_num: int | None
    agreed: str | None
    found: str | None
    agreed_height: Height | None
    found_height: Height | None
    decisive: bool


class EscrowMilestoneAnswer(Wire, frozen=True):
    """A milestone of an escrow as the chain shows it, whatever was agreed on. Sums are there once
    it is closed."""

    num: int
    amount_minor: AmountMinor
    status: MilestoneStatus
    final_status: MilestoneStatus
    deadline: Height | None
    claim_from: Height | None
    how: str | None
    net_minor: AmountMinor | None
    fee_minor: AmountMinor | None
    refund_minor: AmountMinor | None


class EscrowAnswer(Wire, frozen=True):
    """An escrow as the chain shows it. The number moves when the chain reorganises; the chain_tx
    that created it does not. Sums of milestones that are closed, by each view. A dispute's bond is
    `bondBps` of 10,000 of the milestone; windows are counted in Bitcoin blocks. `asset` is null
    for a token that this house does not know; its sums are in smallest units then."""

    contract: str
    creation_tx_id: str
    number: int
    state: FundingState
    created_at: Height | None
    status: str
    final_status: str | None
    client: str
    freelancer: str
    token: str | None
    asset: Asset | None
    reference: str | None
    total_minor: AmountMinor
    fee_bps: int
    silent_bps: int
    bond_bps: int
    claim_window: int
    arbiter_window: int
    offer_window: int
    arbiter_set: int
    arbiters: list[str]
    threshold: int | None
    accepted: bool
    net_minor: AmountMinor
    refunded_minor: AmountMinor
    fee_minor: AmountMinor
    final_net_minor: AmountMinor
    final_refunded_minor: AmountMinor
    final_fee_minor: AmountMinor
    matches: bool
    differences: list[DifferenceAnswer]
    milestones: list[EscrowMilestoneAnswer]


def show_height(height: int | None, clock: BurnClock | None) -> Height | None:
    """A height and about when it is reached."""
    if height is None:
        return None
    return Height(burn_height=height, about=clock.about(height) if clock else None)


def show_sum(amount_minor: int | None) -> str | None:
    """A sum, where there is one."""
    return None if amount_minor is None else str(amount_minor)


def show_escrow(funding: Funding, view: ProjectView) -> EscrowAnswer:
    """An escrow beside what was agreed on."""
    clock = view.clock
    live, final = funding.live.project, funding.final.project if funding.final else None
    arbiters = funding.live.arbiters
    return EscrowAnswer(
        contract=funding.agreement.contract,
        creation_tx_id=live.creation_tx_id,
        number=live.number,
        state=FundingState.PROVISIONAL if final is None else FundingState.FINAL,
        created_at=show_height(live.created_burn_height, clock),
        status=live.status.value,
        final_status=final.status.value if final else None,
        client=live.client,
        freelancer=live.freelancer,
        token=live.token,
        asset=view.assets.get(live.token or STX),
        reference=live.reference,
        total_minor=str(live.total_minor),
        fee_bps=live.fee_bps,
        silent_bps=live.silent_bps,
        bond_bps=live.bond_bps,
        claim_window=live.claim_window,
        arbiter_window=live.arbiter_window,
        offer_window=live.offer_window,
        arbiter_set=live.arbiter_set,
        arbiters=list(arbiters.members) if arbiters else [],
        threshold=arbiters.threshold if arbiters else None,
        accepted=live.accepted,
        net_minor=str(live.net_minor),
        refunded_minor=str(live.refunded_minor),
        fee_minor=str(live.fee_minor),
        final_net_minor=str(final.net_minor if final else 0),
        final_refunded_minor=str(final.refunded_minor if final else 0),
        final_fee_minor=str(final.fee_minor if final else 0),
        matches=not funding.differences,
        differences=[_show_difference(each, clock) for each in funding.differences],
        milestones=_show_milestones(funding, clock),
    )


def _show_difference(difference: Difference, clock: BurnClock | None) -> DifferenceAnswer:
    deadline = difference.field is DifferenceField.DEADLINE
    agreed, found = (
        int(each) if deadline and each is not None else None
        for each in (difference.agreed, difference.found)
    )
    return DifferenceAnswer(
        field=difference.field,
        milestone_num=difference.milestone_num,
        agreed=difference.agreed,
        found=difference.found,
        agreed_height=show_height(agreed, clock),
        found_height=show_height(found, clock),
        decisive=difference.decisive,
    )


def _show_milestones(funding: Funding, clock: BurnClock | None) -> list[EscrowMilestoneAnswer]:
    settled = {e.milestone_num: e for e in funding.final.milestones} if funding.final else {}
    return [
        EscrowMilestoneAnswer(
            num=each.milestone_num,
            amount_minor=str(each.amount_minor),
            status=milestone_status(each),
            final_status=milestone_status(settled.get(each.milestone_num)),
            deadline=show_height(each.deadline, clock),
            claim_from=show_height(each.claim_from, clock),
            how=each.how.value if each.how else None,
            net_minor=show_sum(each.net_minor),
            fee_minor=show_sum(each.fee_minor),
            refund_minor=show_sum(each.refund_minor),
        )
        for each in funding.live.milestones
    ]
