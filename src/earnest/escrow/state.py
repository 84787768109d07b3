"""What the escrow contract holds, as its events tell it: frozen rows and their words.

Amounts are in minor units of the project's token. A `token` of None is STX. Heights, deadlines,
windows and expiries are Bitcoin (burn) heights, except where a name says `creation_height`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

STX = "STX"  # how STX is written where a token is part of a key


class View(StrEnum):
    """Which events count: all canonical ones, or those that no reorg can undo."""

    LIVE = "live"
    FINAL = "final"


class EventState(StrEnum):
    """What became of an event of one block."""

    OBSERVED = "observed"
    FINAL = "final"
    REVERTED = "reverted"


class ProjectStatus(StrEnum):
    """What a project's milestones come to; the first that matches."""

    DISPUTED = "disputed"  # any milestone is
    ACTIVE = "active"  # any milestone is open
    CANCELLED = "cancelled"  # by its client, before it was accepted
    REFUNDED = "refunded"  # the freelancer got nothing
    COMPLETED = "completed"


class MilestoneStatus(StrEnum):
    """States only ever go down this list; the last three are ends."""

    LOCKED = "locked"
    SUBMITTED = "submitted"
    DISPUTED = "disputed"
    APPROVED = "approved"  # all to the freelancer, less the fee
    SPLIT = "split"
    REFUNDED = "refunded"  # all to the client

    @property
    def is_open(self) -> bool:
        """Whether its money is still locked."""
        return self in _OPEN


_OPEN = frozenset({MilestoneStatus.LOCKED, MilestoneStatus.SUBMITTED, MilestoneStatus.DISPUTED})


class Ending(StrEnum):
    """By which act a milestone was closed."""

    RELEASED = "released"
    CLAIMED = "claimed"
    CONCEDED = "conceded"
    RECLAIMED = "reclaimed"
    SETTLED = "settled"
    RULED = "ruled"
    DEFAULTED = "defaulted"
    CANCELLED = "cancelled"
    DECLINED = "declined"


class EscrowProject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One project in one view. `number` may come to mean another project in a reorg:
    `creation_tx_id` is its identity. `reference` is 0x and 64 hexadecimal digits.

    `net_minor`, `refunded_minor` and `fee_minor` add up over its closed milestones, whether paid or
    credited because the token refused.
    """

    number: int
    creation_tx_id: str
    creation_block_id: str
    creation_height: int
    created_burn_height: int
    client: str
    freelancer: str
    token: str | None
    total_minor: int
    reference: str | None
    silent_bps: int
    fee_bps: int
    arbiter_set: int
    bond_bps: int
    claim_window: int
    arbiter_window: int
    offer_window: int
    milestone_count: int
    accepted: bool
    cancelled: bool
    status: ProjectStatus
    net_minor: int
    refunded_minor: int
    fee_minor: int
    updated_burn_height: int


class EscrowMilestone(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One milestone. `claim_from` is there from when it was submitted on; what follows `how`
    only once it is closed."""

    number: int
    milestone_num: int
    amount_minor: int
    deadline: int
    status: MilestoneStatus
    how: Ending | None
    claim_from: int | None
    bps: int | None
    gross_minor: int | None
    fee_minor: int | None
    net_minor: int | None
    refund_minor: int | None
    submitted_tx_id: str | None
    closed_tx_id: str | None
    closed_burn_height: int | None


class EscrowDispute(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The one dispute of a milestone; it stays when the milestone has closed.

    `default_bps` is the freelancer's part if the arbiters are silent until `default_from`.
    `bond_to` says who got the bond, once closed.
    """

    number: int
    milestone_num: int
    filer: str
    bond_minor: int
    bond_to: str | None
    filed_at: int
    default_from: int
    default_bps: int
    filed_tx_id: str


class EscrowVote(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An arbiter's latest word on a disputed milestone: basis points for the freelancer."""

    number: int
    milestone_num: int
    arbiter: str
    bps: int


class EscrowOffer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One side's latest offer. It stands while the milestone has this `status` and the burn height
    is below `expires`."""

    number: int
    milestone_num: int
    by_party: str
    bps: int
    expires: int
    status: MilestoneStatus


class ArbiterSet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A numbered set of arbiters, which never changes."""

    set_id: int
    members: tuple[str, ...]
    threshold: int


class EscrowConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What new projects get, and how far the contract has come. `event_count` is the contract's own
    number of the last event that was folded."""

    owner: str
    proposed_owner: str | None
    treasury: str
    paused: bool
    fee_bps: int
    proposed_fee_bps: int | None
    proposed_fee_from: int | None
    arbiter_set: int
    arbiter_set_count: int
    proposed_set: int | None
    proposed_set_from: int | None
    project_count: int
    event_count: int


class EscrowToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A token contract that was listed, the asset's name in it, and whether new projects may."""

    token: str
    asset: str
    allowed: bool


class ProjectState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that one view holds of a project. Milestones are in their order; disputes, votes and
    offers in that of their keys. `arbiters` is the project's own set."""

    project: EscrowProject
    milestones: tuple[EscrowMilestone, ...]
    disputes: tuple[EscrowDispute, ...]
    votes: tuple[EscrowVote, ...]
    offers: tuple[EscrowOffer, ...]
    arbiters: ArbiterSet | None


class EscrowEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One row of `escrow_events`: an event of one block, and what became of it.

    `name`, `seq` and `data` are None for a print that is no event of the contract's schema.
    `data` has the event's fields by their camelCase names: amounts as decimal strings, heights,
    numbers and basis points as numbers, principals as text, buffers as 0x and hexadecimal digits.
    """

    log_seq: int
    block_id: str
    tx_id: str
    event_index: int
    nth: int
    state: EventState
    height: int
    burn_height: int
    block_time: datetime
    tx_index: int
    seq: int | None
    name: str | None
    number: int | None
    milestone_num: int | None
    actor: str | None
    creation_tx_id: str | None
    data: dict[str, Any] | None


class EscrowCursor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the log is folded. `missing_live` and `missing_final` name the first event that the
    contract counted and the log lacks although a later one is there: the view stands before it."""

    log_seq: int
    missing_live: int | None
    missing_final: int | None
    unreadable: int
    moved_at: datetime | None
