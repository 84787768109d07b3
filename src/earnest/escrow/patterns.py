"""The short way from a print to an event: one regular expression over its bytes.

A tuple is written in the order of its names, and nearly every value of an event has one length. So
each event is one pattern, and reading it takes a third of the time of decoding value by value.
What no pattern matches is not judged here: `reading.py` decodes it and says what it is.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from earnest.chains.stacks import clarity
from earnest.escrow.events import BPS, NUMBER_MAX, SCHEMA_VERSION, TYPES, Event


class _Odd(Exception):
    """Not as the contract prints it. The long way says what is wrong, if anything is."""


_Convert: TypeAlias = Callable[[bytes], Any]


def _amount(taken: bytes) -> int:
    return int.from_bytes(taken[1:], "big")


def _number(taken: bytes) -> int:
    found = int.from_bytes(taken[1:], "big")
    if found > NUMBER_MAX:
        raise _Odd
    return found


def _bps(taken: bytes) -> int:
    found = int.from_bytes(taken[1:], "big")
    if found > BPS:
        raise _Odd
    return found


@lru_cache(maxsize=16_384)
def _address(taken: bytes) -> str:
    try:
        return str(clarity.decode(taken))
    except clarity.NotClarity as error:
        raise _Odd from error


def _ascii(taken: bytes) -> str:
    if len(taken) != 5 + taken[4]:
        raise _Odd
    return taken[5:].decode("ascii")


def _bytes32(taken: bytes) -> str:
    return "0x" + taken[5:].hex()


def _bool(taken: bytes) -> bool:
    return taken == b"\x03"


_UINT = rb"\x01.{16}"
_PRINCIPAL = rb"\x05.{21}|\x06.{21}[\x01-\x28][a-zA-Z][a-zA-Z0-9_\-]*"
_VALUES: Mapping[str, tuple[bytes, _Convert]] = {
    "amount": (_UINT, _amount),
    "number": (_UINT, _number),
    "bps": (_UINT, _bps),
    "principal": (_PRINCIPAL, _address),
    "ascii": (rb"\x0d\x00\x00\x00.[ -~]*", _ascii),
    "bytes32": (rb"\x02\x00\x00\x00\x20.{32}", _bytes32),
}


def _optional(convert: _Convert) -> _Convert:
    return lambda taken: None if taken == b"\x09" else convert(taken[1:])


def _figures(convert: _Convert) -> _Convert:
    def convert_all(taken: bytes) -> tuple[int, ...]:
        if len(taken) != 5 + 17 * taken[4]:
            raise _Odd
        return tuple([convert(taken[at : at + 17]) for at in range(5, len(taken), 17)])

    return convert_all


def _value_of(hint: Any) -> tuple[bytes, _Convert] | None:
    """The pattern of a field and what its bytes become; None where it has no short way."""
    if hint is bool:
        return rb"[\x03\x04]", _bool
    if get_origin(hint) is Annotated:
        return _VALUES[get_args(hint)[1]]
    inner = _value_of(get_args(hint)[0])
    if inner is None:
        return None
    pattern, convert = inner
    if get_origin(hint) is tuple:
        if pattern != _UINT:
            return None
        return rb"\x0b\x00\x00\x00[\x00-\x09](?:\x01.{16})*", _figures(convert)
    return rb"\x09|\x0a(?:" + pattern + rb")", _optional(convert)


class _Pattern(msgspec.Struct, frozen=True):
    """How one event is read: its bytes, and of each group the field and what it becomes."""

    of: type[Event]
    matches: Callable[[bytes], "re.Match[bytes] | None"]
    fields: tuple[tuple[str, _Convert], ...]


def _pattern_of(kind: type[Event]) -> _Pattern | None:
    name = str(kind.__struct_config__.tag)
    printed: dict[str, bytes] = {
        "event": re.escape(clarity.encode(clarity.Ascii(name))),
        "v": re.escape(clarity.encode(clarity.UInt(SCHEMA_VERSION))),
    }
    fields = {}
    for field, hint in get_type_hints(kind, include_extras=True).items():
        if field.startswith("__"):
            continue
        value = _value_of(hint)
        if value is None:
            return None
        printed[field.replace("_", "-")] = b"(" + value[0] + b")"
        fields[field.replace("_", "-")] = (field, value[1])
    names = sorted(printed)
    whole = rb"\x0c" + re.escape(len(names).to_bytes(4, "big"))
    for each in names:
        whole += re.escape(bytes([len(each)]) + each.encode()) + printed[each]
    return _Pattern(
        kind,
        re.compile(whole, re.DOTALL).fullmatch,
        tuple(fields[each] for each in names if each in fields),
    )


_PATTERNS: Mapping[bytes, _Pattern] = {
    str(kind.__struct_config__.tag).encode(): pattern
    for kind in TYPES
    if (pattern := _pattern_of(kind)) is not None
}
_NAME = re.compile(rb"\x05event\x0d\x00\x00\x00.([a-z\-]+)", re.DOTALL)


def read(raw: str) -> Event | None:
    """The event that a print is, from its hexadecimal digits; None where the long way must see."""
    try:
        data = bytes.fromhex(raw[2:])
    except ValueError:
        return None
    named = _NAME.search(data)
    pattern = None if named is None or raw[:2] != "0x" else _PATTERNS.get(named[1])
    found = None if pattern is None else pattern.matches(data)
    if pattern is None or found is None:
        return None
    try:
        values = {
            field: convert(taken)
            for (field, convert), taken in zip(pattern.fields, found.groups(), strict=True)
        }
    except _Odd:
        return None
    return pattern.of(**values)
