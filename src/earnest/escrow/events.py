"""The contract's events: what it prints, as frozen types, and as the JSON that is kept and told.

One type per event name of `contracts/README.md`, schema version 1; fields have the printed names
with `_` for `-`. `reading.py` makes them from prints.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, get_args, get_type_hints

import msgspec

SCHEMA_VERSION = 1
BPS = 10_000
MILESTONES_MAX = 4
# JSON numbers are exact up to here; no height, number or count comes near.
NUMBER_MAX = 2**53

# What a field holds, beyond its Python type. Amounts are strings in JSON.
Amount: TypeAlias = Annotated[int, "amount"]
Number: TypeAlias = Annotated[int, "number"]
Bps: TypeAlias = Annotated[int, "bps"]
Address: TypeAlias = Annotated[str, "principal"]
Name: TypeAlias = Annotated[str, "ascii"]
Bytes32: TypeAlias = Annotated[str, "bytes32"]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", rename="camel"):
    """What every event says. `seq` is the contract's own number, `height` a burn height."""

    seq: Number
    actor: Address
    height: Number


class ContractDeployed(Event, frozen=True, kw_only=True, tag="contract-deployed"):
    """The first event of a contract."""

    owner: Address
    treasury: Address
    fee_bps: Bps
    arbiter_set: Number
    members: tuple[Address, ...]
    threshold: Number


class OfProject(Event, frozen=True, kw_only=True):
    """An event of one project."""

    project_id: Number


class OfMilestone(OfProject, frozen=True, kw_only=True):
    """An event of one milestone."""

    milestone_num: Number


class ProjectCreated(OfProject, frozen=True, kw_only=True, tag="project-created"):
    """A client locked the money of a new project."""

    client: Address
    freelancer: Address
    token: Address | None
    amounts: tuple[Amount, ...]
    deadlines: tuple[Number, ...]
    total: Amount
    reference: Bytes32 | None
    silent_bps: Bps
    fee_bps: Bps
    arbiter_set: Number
    bond_bps: Bps
    claim_window: Number
    arbiter_window: Number
    offer_window: Number


class ProjectAccepted(OfProject, frozen=True, kw_only=True, tag="project-accepted"):
    """The freelancer accepted, or completed something."""


class GivenBack(OfProject, frozen=True, kw_only=True):
    """Locked milestones went back to the client: these, and none twice."""

    milestone_nums: tuple[Number, ...]
    refund: Amount
    credited_client: Amount


class ProjectCancelled(GivenBack, frozen=True, kw_only=True, tag="project-cancelled"):
    """The client took everything back before anybody accepted."""


class ProjectDeclined(GivenBack, frozen=True, kw_only=True, tag="project-declined"):
    """The freelancer gave all locked milestones back."""


class MilestoneCompleted(OfMilestone, frozen=True, kw_only=True, tag="milestone-completed"):
    """The freelancer handed in: anyone may claim it for them from `claim_from` on."""

    claim_from: Number


class Closed(OfMilestone, frozen=True, kw_only=True):
    """A milestone's money was divided. gross = fee + net; gross + refund = amount."""

    how: Name
    status: Number
    bps: Bps
    amount: Amount
    gross: Amount
    fee: Amount
    net: Amount
    refund: Amount
    bond: Amount
    bond_to: Address | None
    credited_client: Amount
    credited_freelancer: Amount


class MilestoneReleased(Closed, frozen=True, kw_only=True, tag="milestone-released"):
    """The client paid."""


class MilestoneClaimed(Closed, frozen=True, kw_only=True, tag="milestone-claimed"):
    """The client was silent, and the freelancer was paid."""


class MilestoneConceded(Closed, frozen=True, kw_only=True, tag="milestone-conceded"):
    """The freelancer gave it back."""


class MilestoneReclaimed(Closed, frozen=True, kw_only=True, tag="milestone-reclaimed"):
    """The client took it back after its deadline."""


class MilestoneSettled(Closed, frozen=True, kw_only=True, tag="milestone-settled"):
    """Both agreed on a division."""


class DisputeResolved(Closed, frozen=True, kw_only=True, tag="dispute-resolved"):
    """The arbiters ruled, or were silent and the default took place."""


class DisputeFiled(OfMilestone, frozen=True, kw_only=True, tag="dispute-filed"):
    """A party asked for the arbiters and put up a bond."""

    bond: Amount
    default_from: Number
    default_bps: Bps


class VoteCast(OfMilestone, frozen=True, kw_only=True, tag="vote-cast"):
    """An arbiter named a figure; `tally` arbiters say the same now."""

    bps: Bps
    tally: Number
    threshold: Number


class SettlementOffered(OfMilestone, frozen=True, kw_only=True, tag="settlement-offered"):
    """A party offered a division, good while the milestone has this status."""

    bps: Bps
    expires: Number
    status: Number


class CreditWithdrawn(Event, frozen=True, kw_only=True, tag="credit-withdrawn"):
    """What a token had refused to pay was paid."""

    who: Address
    token: Address | None
    amount: Amount


class FeesSwept(Event, frozen=True, kw_only=True, tag="fees-swept"):
    """Collected fees went to the treasury."""

    treasury: Address
    token: Address | None
    amount: Amount


class OwnerProposed(Event, frozen=True, kw_only=True, tag="owner-proposed"):
    """The owner named a successor."""

    proposed_owner: Address


class OwnerChanged(Event, frozen=True, kw_only=True, tag="owner-changed"):
    """The successor accepted."""

    owner: Address


class TreasuryChanged(Event, frozen=True, kw_only=True, tag="treasury-changed"):
    """Fees go elsewhere from now on."""

    treasury: Address


class PauseChanged(Event, frozen=True, kw_only=True, tag="pause-changed"):
    """New projects were stopped or allowed again."""

    paused: bool


class TokenChanged(Event, frozen=True, kw_only=True, tag="token-changed"):
    """A token was listed or struck off for new projects."""

    token: Address
    asset: Name
    allowed: bool


class ArbiterSetProposed(Event, frozen=True, kw_only=True, tag="arbiter-set-proposed"):
    """A set of arbiters was announced."""

    set_id: Number
    members: tuple[Address, ...]
    threshold: Number
    active_from: Number


class ArbiterSetActivated(Event, frozen=True, kw_only=True, tag="arbiter-set-activated"):
    """New projects get this set."""

    set_id: Number


class FeeProposed(Event, frozen=True, kw_only=True, tag="fee-proposed"):
    """A fee was announced."""

    fee_bps: Bps
    active_from: Number


class FeeActivated(Event, frozen=True, kw_only=True, tag="fee-activated"):
    """New projects bear this fee."""

    fee_bps: Bps


TYPES: tuple[type[Event], ...] = (
    ContractDeployed,
    ProjectCreated,
    ProjectAccepted,
    ProjectCancelled,
    ProjectDeclined,
    MilestoneCompleted,
    MilestoneReleased,
    MilestoneClaimed,
    MilestoneConceded,
    MilestoneReclaimed,
    MilestoneSettled,
    DisputeFiled,
    DisputeResolved,
    VoteCast,
    SettlementOffered,
    CreditWithdrawn,
    FeesSwept,
    OwnerProposed,
    OwnerChanged,
    TreasuryChanged,
    PauseChanged,
    TokenChanged,
    ArbiterSetProposed,
    ArbiterSetActivated,
    FeeProposed,
    FeeActivated,
)


def name_of(event: Event) -> str:
    """The event's name, as the contract prints it."""
    return str(event.__struct_config__.tag)


NAMES = frozenset(str(kind.__struct_config__.tag) for kind in TYPES)


def number_of(event: Event) -> int | None:
    """The number of the project that an event is about; None for one of the whole contract."""
    # Not isinstance: it is slow for these types, and this is asked of every event.
    number: int | None = getattr(event, "project_id", None)
    return number


def milestone_num_of(event: Event) -> int | None:
    """The milestone that an event is about, if it is about one."""
    num: int | None = getattr(event, "milestone_num", None)
    return num


# -- writing ---------------------------------------------------------------------------------------


def _is_amount(hint: Any) -> bool:
    return hint is Amount or Amount in get_args(hint)


def _amounts_of(kind: type[Event]) -> tuple[str, ...]:
    """The fields that hold amounts, by their names in JSON."""
    hints = get_type_hints(kind, include_extras=True)
    fields = msgspec.structs.fields(kind)
    return tuple(field.encode_name for field in fields if _is_amount(hints[field.name]))


_AMOUNTS: Mapping[str, tuple[str, ...]] = {
    str(kind.__struct_config__.tag): _amounts_of(kind) for kind in TYPES
}


def event_data(event: Event) -> dict[str, Any]:
    """What `escrow_events.data` holds, and what is told: every field by its camelCase name.

    Amounts are decimal strings; heights, numbers and basis points are numbers; principals are text;
    a buffer is 0x and hexadecimal digits; what is absent is null.
    """
    data: dict[str, Any] = msgspec.to_builtins(event)
    for key in _AMOUNTS[data["event"]]:
        value = data[key]
        data[key] = str(value) if type(value) is int else [str(each) for each in value]
    return data


def event_json(event: Event) -> msgspec.Raw:
    """`event_data`, written."""
    return msgspec.Raw(msgspec.json.encode(event_data(event)))
