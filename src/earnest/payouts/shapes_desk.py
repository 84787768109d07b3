"""Shapes of the operator's desk on the wire, and how they are filled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from earnest.kit.money import Asset
from earnest.kit.wire import AmountMinor, Wire
from earnest.payouts.rules import AttemptStatus, PayoutStatus
from earnest.payouts.store import Halt, Payout
from earnest.payouts.store_desk import Day, DeskAttempt, SignerSighting


class HaltAnswer(Wire, frozen=True):
    """Why no payout at all is signed or sent, and since when. `detail` as it was found."""

    code: str
    at: datetime
    detail: dict[str, Any]


class DeskStepAnswer(Wire, frozen=True):
    """A status and since when."""

    status: PayoutStatus
    at: datetime
    chain_tx: str | None


class DeskPayoutAnswer(Wire, frozen=True):
    """A payout as an operator sees it. `held`: kept back, by an operator or for want of one.
    `waitingFor` is the reason that the last round gave, null where it gave none."""

    id: UUID
    account_id: UUID
    asset: Asset
    amount_minor: AmountMinor
    address: str
    status: PayoutStatus
    chain_tx: str | None
    held: bool
    waiting_for: str | None
    rent_minor: AmountMinor | None
    failure_code: str | None
    failure_detail: str | None
    requested_at: datetime
    history: list[DeskStepAnswer]


class AttemptAnswer(Wire, frozen=True):
    """One signature, or the try at one. `payouts`: how many payouts are in it. `broadcasts`: how
    often the same bytes were handed out; they can land only once."""

    id: UUID
    status: AttemptStatus
    chain_tx: str | None
    payouts: int
    broadcasts: int
    last_valid_block_height: int | None
    created_at: datetime
    asked_at: datetime | None
    signed_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None


class PayoutActAnswer(Wire, frozen=True):
    """What an operator did to it: an account that signed in here, or a name."""

    id: str
    at: datetime
    account_id: UUID | None
    name: str | None
    act: str
    note: str


class FindingAnswer(Wire, frozen=True):
    """What one node says of one signature. `unknown`: it does not have it. That is no proof that
    it never landed while `mayLand` is true, or unless every node says so."""

    chain_tx: str
    says: str
    slot: int | None
    may_land: bool


class NodeAnswer(Wire, frozen=True):
    """One node. `answered` is false where it gave none: then nothing was learned from it."""

    place: int
    answered: bool
    block_height: int | None
    findings: list[FindingAnswer]


class NodesAnswer(Wire, frozen=True):
    """What the nodes say now. `live`: something that was signed may still land.
    `followedBlockHeight` is how far we read the chain ourselves."""

    asked_at: datetime
    followed_block_height: int | None
    live: bool
    nodes: list[NodeAnswer]


class AllowanceAnswer(Wire, frozen=True):
    """Of one asset: what was signed in the last hour, and the limits, in minor units."""

    asset: Asset
    hour_used_minor: AmountMinor
    hour_max_minor: AmountMinor
    payout_max_minor: AmountMinor
    address_day_max_minor: AmountMinor


class SignerAnswer(Wire, frozen=True):
    """What the signer said of itself. `missing`: payouts it signed that the ledger lacks."""

    asked_at: datetime
    address: str
    signed_payouts: int
    missing: int
    allowances: list[AllowanceAnswer]


class PayoutDayAnswer(Wire, frozen=True):
    """Payouts: `final` and `givenBack` within the last 24 hours, the others as they stand.
    `paidTwice` counts payouts of those hours of which two signatures landed. `signer` is null
    until it has answered once."""

    final: int
    sent: int
    oldest_sent_at: datetime | None
    waiting: int
    held: int
    given_back: int
    paid_twice: int
    signer: SignerAnswer | None


def show_halt(halt: Halt) -> HaltAnswer:
    """A halt as the desk shows it."""
    return HaltAnswer(code=halt.code, at=halt.at, detail=halt.detail)


def show_desk_payout(payout: Payout) -> DeskPayoutAnswer:
    """A payout as the desk shows it."""
    return DeskPayoutAnswer(
        id=payout.id,
        account_id=payout.account_id,
        asset=payout.money.asset,
        amount_minor=str(payout.money.amount_minor),
        address=payout.address,
        status=payout.status,
        chain_tx=payout.chain_tx,
        held=payout.paused,
        waiting_for=payout.waiting_for,
        rent_minor=None if payout.rent_minor is None else str(payout.rent_minor),
        failure_code=payout.failure_code,
        failure_detail=payout.failure_detail,
        requested_at=payout.requested_at,
        history=[
            DeskStepAnswer(status=step.status, at=step.at, chain_tx=step.chain_tx)
            for step in payout.steps
        ],
    )


def show_attempt(attempt: DeskAttempt) -> AttemptAnswer:
    """An attempt as the desk shows it."""
    return AttemptAnswer(
        id=attempt.id,
        status=attempt.status,
        chain_tx=attempt.tx_id,
        payouts=attempt.payouts,
        broadcasts=attempt.broadcasts,
        last_valid_block_height=attempt.last_valid_block_height,
        created_at=attempt.created_at,
        asked_at=attempt.asked_at,
        signed_at=attempt.signed_at,
        sent_at=attempt.sent_at,
        ended_at=attempt.ended_at,
        end_reason=attempt.end_reason,
    )


def show_day(day: Day, signer: SignerAnswer | None) -> PayoutDayAnswer:
    """The last day as the desk shows it."""
    return PayoutDayAnswer(
        final=day.final,
        sent=day.sent,
        oldest_sent_at=day.oldest_sent_at,
        waiting=day.waiting,
        held=day.held,
        given_back=day.given_back,
        paid_twice=day.paid_twice,
        signer=signer,
    )


def show_allowance(seen: SignerSighting | None) -> SignerAnswer | None:
    """What the signer last said, as the desk shows it."""
    if seen is None:
        return None
    return SignerAnswer(
        asked_at=seen.asked_at,
        address=seen.address,
        signed_payouts=seen.signed_payouts,
        missing=seen.missing,
        allowances=[
            AllowanceAnswer(
                asset=each.asset,
                hour_used_minor=each.hour_used_minor,
                hour_max_minor=each.hour_max_minor,
                payout_max_minor=each.payout_max_minor,
                address_day_max_minor=each.address_day_max_minor,
            )
            for each in seen.allowances
        ],
    )
