"""The contract's events: what it prints, as frozen types, and as the JSON that is kept and told.

One type per event name of `contracts/README.md`, schema version 1; fields have the printed names
with `_` for `-`. A print that is none of them, exactly, is `Unreadable`: nothing is guessed at.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from earnest.chains.stacks import clarity
from earnest.escrow.errors import Unreadable

SCHEMA_VERSION = 1
BPS = 10_000
MILESTONES_MAX = 4
# JSON numbers are exact up to here; no height, number or count comes near.
_NUMBER_MAX = 2**53

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


_TYPES: tuple[type[Event], ...] = (
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


def number_of(event: Event) -> int | None:
    """The number of the project that an event is about; None for one of the whole contract."""
    # Not isinstance: it is slow for these types, and this is asked of every event.
    number: int | None = getattr(event, "project_id", None)
    return number


def milestone_num_of(event: Event) -> int | None:
    """The milestone that an event is about, if it is about one."""
    num: int | None = getattr(event, "milestone_num", None)
    return num


# -- reading ---------------------------------------------------------------------------------------

_Read: TypeAlias = Callable[[clarity.Value], Any]


def _uint(value: clarity.Value) -> int:
    if type(value) is not clarity.UInt:
        raise Unreadable(reason="a figure is no uint")
    return value.value


def _number(value: clarity.Value) -> int:
    found = _uint(value)
    if found > _NUMBER_MAX:
        raise Unreadable(reason=f"{found} is no height, number or count")
    return found


def _bps(value: clarity.Value) -> int:
    found = _uint(value)
    if found > BPS:
        raise Unreadable(reason=f"{found} basis points are more than all")
    return found


def _bool(value: clarity.Value) -> bool:
    if type(value) is not clarity.Bool:
        raise Unreadable(reason="a truth is no bool")
    return value.value


def _ascii(value: clarity.Value) -> str:
    if type(value) is not clarity.Ascii:
        raise Unreadable(reason="a word is no string-ascii")
    return value.value


@lru_cache(maxsize=16_384)
def _address(value: clarity.Value) -> str:
    if type(value) is not clarity.Principal:
        raise Unreadable(reason="an address is no principal")
    return str(value)


def _bytes32(value: clarity.Value) -> str:
    if type(value) is not clarity.Buffer or len(value.value) != 32:
        raise Unreadable(reason="a reference is no buffer of 32 bytes")
    return "0x" + value.value.hex()


def _optional(read: _Read) -> _Read:
    def read_optional(value: clarity.Value) -> Any:
        if type(value) is clarity.Nothing:
            return None
        if type(value) is not clarity.Some:
            raise Unreadable(reason="what may be absent is no optional")
        return read(value.value)

    return read_optional


def _list(read: _Read) -> _Read:
    def read_list(value: clarity.Value) -> Any:
        if type(value) is not clarity.List:
            raise Unreadable(reason="several are no list")
        return tuple([read(item) for item in value.items])

    return read_list


_READERS: Mapping[str, _Read] = {
    "amount": _uint,
    "number": _number,
    "bps": _bps,
    "principal": _address,
    "ascii": _ascii,
    "bytes32": _bytes32,
}


def _reader_of(hint: Any) -> _Read:
    if hint is bool:
        return _bool
    if get_origin(hint) is Annotated:
        return _READERS[get_args(hint)[1]]
    if get_origin(hint) is tuple:
        return _list(_reader_of(get_args(hint)[0]))
    inner, nothing = get_args(hint)
    if nothing is not type(None):
        raise TypeError(f"no reader for {hint}")
    return _optional(_reader_of(inner))


def _is_amount(hint: Any) -> bool:
    return hint is Amount or Amount in get_args(hint)


class _Shape(msgspec.Struct, frozen=True):
    """How one event is read and written: by printed name, the field and its reader."""

    of: type[Event]
    fields: tuple[tuple[str, str, _Read], ...]
    # By name in JSON: the field, and whether it holds amounts.
    json: tuple[tuple[str, str, bool], ...]


def _shape_of(kind: type[Event]) -> _Shape:
    hints = get_type_hints(kind, include_extras=True)
    fields = msgspec.structs.fields(kind)
    return _Shape(
        kind,
        tuple((f.name.replace("_", "-"), f.name, _reader_of(hints[f.name])) for f in fields),
        tuple((f.encode_name, f.name, _is_amount(hints[f.name])) for f in fields),
    )


_SHAPES: Mapping[str, _Shape] = {
    str(kind.__struct_config__.tag): _shape_of(kind) for kind in _TYPES
}
NAMES = frozenset(_SHAPES)


def decode_event(raw: str) -> Event:
    """The event that a print is, from its hexadecimal digits (with `0x`).

    Raises `Unreadable` for whatever is not exactly one of the events.
    """
    try:
        value = clarity.decode_hex(raw)
    except clarity.NotClarity as error:
        raise Unreadable(reason=str(error)) from error
    if type(value) is not clarity.Tuple:
        raise Unreadable(reason="it is no tuple")
    found = dict(value.fields)
    name, version = found.pop("event", None), found.pop("v", None)
    if type(name) is not clarity.Ascii or name.value not in _SHAPES:
        raise Unreadable(reason="it has no name that we know")
    if type(version) is not clarity.UInt or version.value != SCHEMA_VERSION:
        raise Unreadable(reason=f"{name.value} has another schema version")
    shape = _SHAPES[name.value]
    try:
        fields = {field: read(found[printed]) for printed, field, read in shape.fields}
    except KeyError as error:
        raise Unreadable(reason=f"{name.value} lacks {error.args[0]}") from error
    if len(found) != len(fields):
        raise Unreadable(reason=f"{name.value} has fields that we don't know")
    event = shape.of(**fields)
    check = _CHECKS.get(shape.of)
    if check is not None:
        check(event)
    return event


# What the contract cannot print is refused, so that the tables' own checks always hold.


def _check_place(event: Any) -> None:
    if not 1 <= event.milestone_num <= MILESTONES_MAX:
        raise Unreadable(reason=f"there is no milestone {event.milestone_num}")


def _check_closed(event: Any) -> None:
    _check_place(event)
    if event.gross != event.fee + event.net or event.amount != event.gross + event.refund:
        raise Unreadable(reason="the parts are not the amount")
    if event.how not in _ENDINGS[type(event)]:
        raise Unreadable(reason=f"nothing is closed as {event.how} by this event")
    if event.status != (4 if event.bps == BPS else 6 if event.bps == 0 else 5):
        raise Unreadable(reason=f"{event.bps} basis points do not lead to {event.status}")


def _check_created(event: Any) -> None:
    count = len(event.amounts)
    if not 1 <= count <= MILESTONES_MAX or len(event.deadlines) != count:
        raise Unreadable(reason="a project has one to four milestones, each with a deadline")
    if sum(event.amounts) != event.total:
        raise Unreadable(reason="the amounts are not the total")


def _check_offered(event: Any) -> None:
    _check_place(event)
    if not 1 <= event.status <= 3:
        raise Unreadable(reason=f"nothing is offered on a milestone in state {event.status}")


def _check_set(event: Any) -> None:
    if not 1 <= event.threshold <= len(event.members):
        raise Unreadable(reason="the threshold is none of these members")


def _check_given_back(event: Any) -> None:
    nums = event.milestone_nums
    if len(set(nums)) != len(nums) or not all(1 <= num <= MILESTONES_MAX for num in nums):
        raise Unreadable(reason="these are no milestones, each once")


_ENDINGS: Mapping[type[Event], tuple[str, ...]] = {
    MilestoneReleased: ("released",),
    MilestoneClaimed: ("claimed",),
    MilestoneConceded: ("conceded",),
    MilestoneReclaimed: ("reclaimed",),
    MilestoneSettled: ("settled",),
    DisputeResolved: ("ruled", "defaulted"),
}
_CHECKS: Mapping[type[Event], Callable[[Any], None]] = {
    **dict.fromkeys(_ENDINGS, _check_closed),
    **dict.fromkeys((MilestoneCompleted, DisputeFiled, VoteCast), _check_place),
    **dict.fromkeys((ContractDeployed, ArbiterSetProposed), _check_set),
    **dict.fromkeys((ProjectCancelled, ProjectDeclined), _check_given_back),
    ProjectCreated: _check_created,
    SettlementOffered: _check_offered,
}


# -- writing ---------------------------------------------------------------------------------------


def event_data(event: Event) -> dict[str, Any]:
    """What `escrow_events.data` holds, and what is told: every field by its camelCase name.

    Amounts are decimal strings; heights, numbers and basis points are numbers; principals are text;
    a buffer is 0x and hexadecimal digits; what is absent is null.
    """
    data: dict[str, Any] = {"event": event.__struct_config__.tag}
    for key, field, is_amount in _SHAPES[data["event"]].json:
        value = getattr(event, field)
        if is_amount:
            value = [str(each) for each in value] if type(value) is tuple else str(value)
        data[key] = value
    return data


def event_json(event: Event) -> str:
    """`event_data` as JSON text."""
    return msgspec.json.encode(event_data(event)).decode()
