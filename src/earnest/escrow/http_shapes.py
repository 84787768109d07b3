"""Wire types of `/api/blockchain`."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from earnest.escrow.projection.verify import Depth, TxState
from earnest.escrow.rules_events import EventName
from earnest.escrow.state import EscrowEvent, EventState
from earnest.kit.wire import AmountMinor, Body, Wire

TxId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0x)?[0-9a-fA-F]{64}(?!\n)$",
        description="The id of a chain_tx: 64 hexadecimal digits, with or without `0x`.",
        examples=["0x" + "5f" * 32],
    ),
]
_STATES = {
    EventState.OBSERVED: "provisional",
    EventState.FINAL: "final",
    EventState.REVERTED: "reverted",
}


class EventAnswer(Wire, frozen=True):
    """One event of one block. `state` is as it is now: `provisional`, `final` or `reverted`.

    `position` grows in the order in which events were learned. `type`, `seq` and `data` are null
    for a print that is no event of this contract's schema. `number` of a project may mean another
    one after a reorg: `creationTxId` is its identity.
    """

    position: int
    state: str
    type: str | None
    seq: int | None
    number: int | None
    milestone_num: int | None
    actor: str | None
    creation_tx_id: str | None
    height: int
    burn_height: int
    block_time: datetime
    block_id: str
    tx_id: str
    event_index: int
    data: dict[str, Any] | None


class EventsAnswer(Wire, frozen=True):
    """A page. `nextCursor` goes on where it ends, now or later; null only where nothing came yet.

    `more` says whether another page is there already.
    """

    contract: str
    items: list[EventAnswer]
    next_cursor: str | None
    more: bool


class VerifyTxBody(Body, frozen=True):
    """Which chain_tx, and which event it is expected to have made."""

    tx_id: TxId
    expected_event: EventName | None = None


class VerificationAnswer(Wire, frozen=True):
    """What became of a chain_tx. `detail` says it in words.

    `indexed` says whether our own log has come past its block. `events` holds what it printed in
    our contract's name, as far as the log has it, those of blocks that were undone included.
    `reason` is the chain's own word for why it failed or was dropped.
    """

    tx_id: str
    expected_event: EventName | None
    state: TxState
    detail: str
    depth: Depth | None
    height: int | None
    burn_height: int | None
    block_id: str | None
    indexed: bool
    reason: str | None
    events: list[EventAnswer]


class SyncAnswer(Wire, frozen=True):
    """How far the chain is followed. Heights are of Stacks, burn heights of Bitcoin; all null
    before the first round of the indexer.

    `lag` counts Stacks blocks between the servers' tip and our log. `projected` says whether all of
    the log is in what the API shows. `missingEvent` is the number of an event that the contract
    counted and the log lacks: what comes after it is held back. `lastError` stays when all is well
    again; `troubled` says whether it is so now.
    """

    contract: str
    last_indexed_block: int | None = None
    current_block: int | None = None
    lag: int | None = None
    final_block: int | None = None
    current_burn_block: int | None = None
    final_burn_block: int | None = None
    looked_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    troubled: bool = False
    halted_reason: str | None = None
    halted_at: datetime | None = None
    reorgs_seen: int = 0
    deepest_reorg: int = 0
    last_reorg_at: datetime | None = None
    recounted_at: datetime | None = None
    recount_found: str | None = None
    projected: bool = False
    missing_event: int | None = None
    unreadable_prints: int = 0


class ArbiterSetAnswer(Wire, frozen=True):
    """A numbered set of arbiters; `threshold` of them decide."""

    set_id: int
    members: list[str]
    threshold: int


class AnnouncedFee(Wire, frozen=True):
    """A fee that anyone can put in force from a burn height on."""

    fee_bps: int
    active_from: int


class AnnouncedSet(Wire, frozen=True):
    """A set of arbiters that anyone can put in force from a burn height on."""

    set_id: int
    members: list[str]
    threshold: int
    active_from: int


class TokenAnswer(Wire, frozen=True):
    """A token that was ever listed. `identifier` is as post-conditions name it."""

    token: str
    identifier: str
    allowed: bool


class HeldAnswer(Wire, frozen=True):
    """What the contract holds in one token; `token` null is STX. `feesMinor` is a part of it."""

    token: str | None
    owed_minor: AmountMinor
    fees_minor: AmountMinor


class ContractAnswer(Wire, frozen=True):
    """The contract, and what a project created now would be given. `deployed` is false until its
    first event is in the log. `final` says whether this can still be undone by a reorg."""

    contract: str
    network: str
    deployed: bool
    final: bool = False
    owner: str | None = None
    proposed_owner: str | None = None
    treasury: str | None = None
    paused: bool = False
    fee_bps: int | None = None
    announced_fee: AnnouncedFee | None = None
    arbiter_set: ArbiterSetAnswer | None = None
    announced_set: AnnouncedSet | None = None
    tokens: list[TokenAnswer] = msgspec.field(default_factory=list)
    held: list[HeldAnswer] = msgspec.field(default_factory=list)
    project_count: int = 0
    event_count: int = 0


def show_event(event: EscrowEvent) -> EventAnswer:
    """An event as the API shows it."""
    return EventAnswer(
        position=event.log_seq,
        state=_STATES[event.state],
        type=event.name,
        seq=event.seq,
        number=event.number,
        milestone_num=event.milestone_num,
        actor=event.actor,
        creation_tx_id=event.creation_tx_id,
        height=event.height,
        burn_height=event.burn_height,
        block_time=event.block_time,
        block_id=event.block_id,
        tx_id=event.tx_id,
        event_index=event.event_index,
        data=event.data,
    )
