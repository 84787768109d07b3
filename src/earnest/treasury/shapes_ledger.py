"""Shapes of the books on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from earnest.kit.money import Asset, Chain
from earnest.kit.wire import AmountMinor, Wire
from earnest.ledger import AccountType, Direction, books


class KindAnswer(Wire, frozen=True):
    """All accounts of one kind together. Money held for payouts is part of the balance."""

    kind: str
    type: AccountType
    accounts: int
    balance_minor: AmountMinor
    held_minor: AmountMinor


class TrialBalanceAnswer(Wire, frozen=True):
    """One asset. `debitsMinor`: assets and expenses; `creditsMinor`: all else. A ledger in which
    every transfer has two sides has both equal."""

    asset: Asset
    kinds: list[KindAnswer]
    debits_minor: AmountMinor
    credits_minor: AmountMinor
    balanced: bool


class CheckpointAnswer(Wire, frozen=True):
    """The heads of all accounts, signed by the worker at that time."""

    id: int
    taken_at: datetime


class FaultAnswer(Wire, frozen=True):
    """What did not add up, and where."""

    where: str
    what: str


class ReplayAnswer(Wire, frozen=True):
    """One replay of every entry. No faults: every sum, hash and signature holds."""

    id: int
    began_at: datetime
    ended_at: datetime
    transfers: int
    accounts: int
    holds: int
    checkpoints: int
    faults: list[FaultAnswer]


class LedgerAnswer(Wire, frozen=True):
    """The whole ledger in sums, at one moment. `verification` is the last replay, null before the
    first."""

    assets: list[TrialBalanceAnswer]
    checkpoint: CheckpointAnswer | None
    verification: ReplayAnswer | None


class LedgerAccountAnswer(Wire, frozen=True):
    """One account. `ownerId` is the account that it is owed to, where it is one person's."""

    id: int
    name: str
    kind: str
    type: AccountType
    asset: Asset
    balance_minor: AmountMinor
    held_minor: AmountMinor
    entries: int
    owner_id: UUID | None


class BookEntryAnswer(Wire, frozen=True):
    """One entry. `direction`: what it did to the balance of this account; `number` counts them."""

    number: int
    transfer_id: UUID
    side: Literal["debit", "credit"]
    direction: Direction
    amount_minor: AmountMinor
    balance_minor: AmountMinor
    kind: str
    subject: str
    other_id: int
    other_name: str
    at: datetime


class LegAnswer(Wire, frozen=True):
    """One side. `chained`: its hash was reckoned anew just now, over the entry before it."""

    account: LedgerAccountAnswer
    number: int
    direction: Direction
    balance_minor: AmountMinor
    hash: str
    hash_before: str
    chained: bool
    checkpoint: CheckpointAnswer | None


class ChainTxAnswer(Wire, frozen=True):
    """What happened on a chain."""

    chain: Chain
    tx_id: str


class TransferAnswer(Wire, frozen=True):
    """Both sides of one transfer, and why it was made. Its id is its key: no cause posts twice."""

    id: UUID
    asset: Asset
    amount_minor: AmountMinor
    kind: str
    subject: str
    at: datetime
    debit: LegAnswer
    credit: LegAnswer
    chain_tx: ChainTxAnswer | None


class ReplaysAnswer(Wire, frozen=True):
    """The last replays, the newest first. `waiting`: one is asked for and not done."""

    waiting: bool
    items: list[ReplayAnswer]


class AskedAnswer(Wire, frozen=True):
    """A replay was asked for. `already`: one waited or ran, and that one will do."""

    asked_at: datetime
    already: bool


def show_account(account: books.LedgerAccount) -> LedgerAccountAnswer:
    """An account on the wire."""
    return LedgerAccountAnswer(
        id=account.id,
        name=account.name,
        kind=account.kind,
        type=account.type,
        asset=account.asset,
        balance_minor=str(account.balance_minor),
        held_minor=str(account.held_minor),
        entries=account.entries,
        owner_id=account.owner,
    )


def show_checkpoint(found: books.Checkpoint | None) -> CheckpointAnswer | None:
    """A signed checkpoint on the wire."""
    return None if found is None else CheckpointAnswer(id=found.id, taken_at=found.taken_at)


def show_verification(kept: books.KeptVerification) -> ReplayAnswer:
    """A replay on the wire."""
    return ReplayAnswer(
        id=kept.id,
        began_at=kept.began_at,
        ended_at=kept.ended_at,
        transfers=kept.transfers,
        accounts=kept.accounts,
        holds=kept.holds,
        checkpoints=kept.checkpoints,
        faults=[FaultAnswer(where=fault.where, what=fault.what) for fault in kept.faults],
    )


def show_trial(asset: Asset, totals: list[books.KindTotal]) -> TrialBalanceAnswer:
    """One asset's kinds, and both their sums."""
    debits = sum(each.balance_minor for each in totals if each.type in books.DEBIT_GROWS)
    credits = sum(each.balance_minor for each in totals if each.type not in books.DEBIT_GROWS)
    return TrialBalanceAnswer(
        asset=asset,
        kinds=[
            KindAnswer(
                kind=each.kind,
                type=each.type,
                accounts=each.accounts,
                balance_minor=str(each.balance_minor),
                held_minor=str(each.held_minor),
            )
            for each in totals
        ],
        debits_minor=str(debits),
        credits_minor=str(credits),
        balanced=debits == credits,
    )


def show_entry(entry: books.BookEntry) -> BookEntryAnswer:
    """An entry on the wire."""
    return BookEntryAnswer(
        number=entry.version,
        transfer_id=entry.transfer_id,
        side=entry.side,
        direction=entry.direction,
        amount_minor=str(entry.amount_minor),
        balance_minor=str(entry.balance_minor),
        kind=entry.kind,
        subject=entry.subject,
        other_id=entry.other_id,
        other_name=entry.other_name,
        at=entry.posted_at,
    )


def show_leg(leg: books.Leg) -> LegAnswer:
    """One side of a transfer on the wire."""
    return LegAnswer(
        account=show_account(leg.account),
        number=leg.version,
        direction=leg.direction,
        balance_minor=str(leg.balance_minor),
        hash=leg.hash.hex(),
        hash_before=leg.hash_before.hex(),
        chained=leg.chained,
        checkpoint=show_checkpoint(leg.checkpoint),
    )
