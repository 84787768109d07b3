"""From a print to an event of the contract. What is none, exactly, is `Unreadable`: nothing is
guessed at."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from earnest.chains.stacks import clarity
from earnest.escrow import patterns
from earnest.escrow.errors import Unreadable
from earnest.escrow.events import (
    BPS,
    MILESTONES_MAX,
    NUMBER_MAX,
    SCHEMA_VERSION,
    TYPES,
    ArbiterSetProposed,
    ContractDeployed,
    DisputeFiled,
    DisputeResolved,
    Event,
    MilestoneClaimed,
    MilestoneCompleted,
    MilestoneConceded,
    MilestoneReclaimed,
    MilestoneReleased,
    MilestoneSettled,
    ProjectCancelled,
    ProjectCreated,
    ProjectDeclined,
    SettlementOffered,
    VoteCast,
)

_Read: TypeAlias = Callable[[clarity.Value], Any]


def _uint(value: clarity.Value) -> int:
    if type(value) is not clarity.UInt:
        raise Unreadable(reason="a figure is no uint")
    return value.value


def _number(value: clarity.Value) -> int:
    found = _uint(value)
    if found > NUMBER_MAX:
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


class _Shape(msgspec.Struct, frozen=True):
    """How one event is read: by printed name, the field and its reader."""

    of: type[Event]
    fields: tuple[tuple[str, str, _Read], ...]


def _shape_of(kind: type[Event]) -> _Shape:
    hints = get_type_hints(kind, include_extras=True)
    fields = msgspec.structs.fields(kind)
    return _Shape(
        kind,
        tuple((f.name.replace("_", "-"), f.name, _reader_of(hints[f.name])) for f in fields),
    )


_SHAPES: Mapping[str, _Shape] = {str(kind.__struct_config__.tag): _shape_of(kind) for kind in TYPES}


def decode_event(raw: str) -> Event:
    """The event that a print is, from its hexadecimal digits (with `0x`).

    Raises `Unreadable` for whatever is not exactly one of the events.
    """
    found = patterns.read(raw)
    if found is None:
        return _decode(raw)
    check = _CHECKS.get(type(found))
    if check is not None:
        check(found)
    return found


def _decode(raw: str) -> Event:
    """As `decode_event`, value by value; says what is wrong where something is."""
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
