"""Clarity values as bytes and back (SIP-005, "Clarity Value Representation"), and as text.

No kept Python library reads them whole. Every value has one encoding: what `encode` writes,
`decode` reads, and what `decode` accepts, `encode` writes again to the same bytes. Input that is
longer, deeper or looser than the chain itself allows is refused, never guessed at.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from earnest.chains.stacks import c32

VALUE_BYTES_MAX = 1_048_576
DEPTH_MAX = 32
NAME_LENGTH_MAX = 128
CONTRACT_NAME_LENGTH_MAX = 40

_INT_BITS = 128
_REMEMBERED_NAMES_MAX = 64
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9\-_!?+<>=/*]*|[-+=/*]|[<>]=?")
_CONTRACT_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9\-_]*")
_ASCII_TEXT = re.compile(r"[ -~\t\n\r\f]*")


class NotClarity(ValueError):
    """The bytes are no Clarity value, or the value is none that the chain could hold."""


class Int(msgspec.Struct, frozen=True):
    """A signed integer of 128 bits."""

    value: int

    def __post_init__(self) -> None:
        if not -(2**127) <= self.value < 2**127:
            raise NotClarity(f"{self.value} does not fit in an int")


class UInt(msgspec.Struct, frozen=True):
    """An unsigned integer of 128 bits."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 2**_INT_BITS:
            raise NotClarity(f"{self.value} does not fit in a uint")


class Bool(msgspec.Struct, frozen=True):
    """`true` or `false`."""

    value: bool


class Buffer(msgspec.Struct, frozen=True):
    """Bytes."""

    value: bytes


class Ascii(msgspec.Struct, frozen=True):
    """A string of printable ASCII and white space."""

    value: str

    def __post_init__(self) -> None:
        if not _ASCII_TEXT.fullmatch(self.value):
            raise NotClarity("a string-ascii holds printable ASCII and white space only")


class Utf8(msgspec.Struct, frozen=True):
    """A string of Unicode."""

    value: str


class Principal(msgspec.Struct, frozen=True):
    """An address, or with `contract` a contract of that address. `hash160` has 20 bytes."""

    version: int
    hash160: bytes
    contract: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.version < 32 or len(self.hash160) != 20:
            raise NotClarity("a principal has a version below 32 and 20 bytes of hash")
        name = self.contract
        if name is not None and (
            len(name) > CONTRACT_NAME_LENGTH_MAX or not _CONTRACT_NAME.fullmatch(name)
        ):
            raise NotClarity(f"{name[:60]!r} is no contract name")

    @classmethod
    def parse(cls, text: str) -> "Principal":
        """Reads `SP…` or `SP….name`. Raises `NotClarity`."""
        address, dot, name = text.partition(".")
        try:
            version, hash160 = c32.decode_address(address)
        except c32.NotC32 as error:
            raise NotClarity(str(error)) from error
        return cls(version, hash160, name if dot else None)

    def __str__(self) -> str:
        address = c32.encode_address(self.version, self.hash160)
        return address if self.contract is None else f"{address}.{self.contract}"


class Nothing(msgspec.Struct, frozen=True):
    """`none`."""


class Some(msgspec.Struct, frozen=True):
    """`(some …)`."""

    value: "Value"


class Ok(msgspec.Struct, frozen=True):
    """`(ok …)`."""

    value: "Value"


class Err(msgspec.Struct, frozen=True):
    """`(err …)`."""

    value: "Value"


class List(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple["Value", ...] = ()


class Tuple(msgspec.Struct, frozen=True):
    """A tuple: values by name, in the order of their names' bytes."""

    fields: tuple[tuple[str, "Value"], ...] = ()

    def __post_init__(self) -> None:
        names = tuple([name for name, _ in self.fields])
        if len(names) > _REMEMBERED_NAMES_MAX:
            _check_names(names)
        else:
            _check_remembered(names)

    @classmethod
    def of(cls, fields: Mapping[str, "Value"]) -> "Tuple":
        """A tuple from values by name, in any order."""
        return cls(tuple(sorted(fields.items())))

    def by_name(self) -> Mapping[str, "Value"]:
        """The values by name."""
        return MappingProxyType(dict(self.fields))


Value: TypeAlias = (
    Int | UInt | Bool | Buffer | Ascii | Utf8 | Principal | Nothing | Some | Ok | Err | List | Tuple
)

_BUFFER, _TRUE, _FALSE, _STANDARD, _CONTRACT = range(2, 7)
_OK, _ERR, _NONE, _SOME, _LIST, _TUPLE, _ASCII, _UTF8 = range(7, 15)


def _check_names(names: tuple[str, ...]) -> None:
    if any(earlier >= later for earlier, later in pairwise(names)):
        raise NotClarity("the names of a tuple are sorted and each is there once")
    for name in names:
        if len(name) > NAME_LENGTH_MAX or not _NAME.fullmatch(name):
            raise NotClarity(f"{name[:60]!r} is no name")


# A chain's tuples have few shapes, and many of each: what was accepted is accepted again.
_check_remembered = lru_cache(maxsize=1_024)(_check_names)


def decode(data: bytes) -> Value:
    """The one value that `data` is. Raises `NotClarity`, for trailing bytes too."""
    if len(data) > VALUE_BYTES_MAX:
        raise NotClarity(f"{len(data)} bytes are more than a value may have")
    value, at = _read(data, 0, 1)
    if at != len(data):
        raise NotClarity(f"{len(data) - at} bytes follow the value")
    return value


def decode_hex(text: str) -> Value:
    """As `decode`, from hexadecimal digits with or without `0x`."""
    try:
        return decode(bytes.fromhex(text.removeprefix("0x")))
    except NotClarity:
        raise
    except ValueError as error:
        raise NotClarity("not hexadecimal") from error


# Reading: each reader takes the data, where its value's own bytes begin, and the depth, and returns
# the value and where the next one begins. Every length is checked before it is used. What repeats
# from value to value (small figures, names, addresses) is remembered, up to a bound.
_Reader: TypeAlias = Callable[[bytes, int, int], tuple[Value, int]]


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if depth > DEPTH_MAX:
        raise NotClarity(f"it is more than {DEPTH_MAX} deep")
    try:
        kind = data[at]
    except IndexError:
        raise _ends_early(data) from None
    if kind >= len(_READERS):
        raise NotClarity(f"there is no type {kind}")
    return _READERS[kind](data, at + 1, depth)


def _ends_early(data: bytes) -> NotClarity:
    return NotClarity(f"it ends after {len(data)} bytes, in the middle of a value")


def _take(data: bytes, at: int, count: int) -> bytes:
    taken = data[at : at + count]
    if len(taken) != count:
        raise _ends_early(data)
    return taken


def _length(data: bytes, at: int) -> int:
    count = int.from_bytes(_take(data, at, 4), "big")
    # Each item has a byte at least: a count beyond the data is a lie, found before any work.
    if count > len(data) - at - 4:
        raise NotClarity(f"it says {count} and ends before that")
    return count


def _text(data: bytes, at: int) -> tuple[str, int]:
    """A name: a byte that says how long it is, and ASCII."""
    end = at + 1 + _take(data, at, 1)[0]
    return _ascii(_take(data, at + 1, end - at - 1)), end


def _read_int(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return Int(int.from_bytes(_take(data, at, 16), "big", signed=True)), at + 16


@lru_cache(maxsize=16_384)
def _uint(taken: bytes) -> UInt:
    return UInt(int.from_bytes(taken, "big"))


def _read_uint(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    end = at + 16
    if end > len(data):
        raise _ends_early(data)
    return _uint(data[at:end]), end


def _read_buffer(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    end = at + 4 + _length(data, at)
    return Buffer(data[at + 4 : end]), end


def _read_true(_data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return _TRUTH, at


def _read_false(_data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return _FALSEHOOD, at


@lru_cache(maxsize=16_384)
def _principal(taken: bytes, contract: str | None) -> Principal:
    return Principal(taken[0], taken[1:], contract)


def _read_principal(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return _principal(_take(data, at, 21), None), at + 21


def _read_contract(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    taken = _take(data, at, 21)
    name, end = _text(data, at + 21)
    return _principal(taken, name), end


def _read_ok(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    inner, end = _read(data, at, depth + 1)
    return Ok(inner), end


def _read_err(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    inner, end = _read(data, at, depth + 1)
    return Err(inner), end


def _read_none(_data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    return _NOTHING, at


def _read_some(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    inner, end = _read(data, at, depth + 1)
    return Some(inner), end


def _read_list(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    items = []
    count = _length(data, at)
    at += 4
    for _ in range(count):
        item, at = _read(data, at, depth + 1)
        items.append(item)
    return List(tuple(items)), at


@lru_cache(maxsize=4_096)
def _name(taken: bytes) -> str:
    return _ascii(taken)


def _read_tuple(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    pairs = []
    count = _length(data, at)
    at += 4
    inside = depth + 1
    if inside > DEPTH_MAX and count:
        raise NotClarity(f"it is more than {DEPTH_MAX} deep")
    size, readers = len(data), _READERS
    for _ in range(count):
        if at >= size:
            raise _ends_early(data)
        end = at + 1 + data[at]
        if end >= size:  # the value's own byte must follow
            raise _ends_early(data)
        kind = data[end]
        if kind >= len(readers):
            raise NotClarity(f"there is no type {kind}")
        item, following = readers[kind](data, end + 1, inside)
        pairs.append((_name(data[at + 1 : end]), item))
        at = following
    return Tuple(tuple(pairs)), at


def _read_ascii(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    end = at + 4 + _length(data, at)
    return Ascii(_ascii(data[at + 4 : end])), end


def _read_utf8(data: bytes, at: int, _depth: int) -> tuple[Value, int]:
    end = at + 4 + _length(data, at)
    return Utf8(_utf8(data[at + 4 : end])), end


_TRUTH, _FALSEHOOD, _NOTHING = Bool(value=True), Bool(value=False), Nothing()
# By the byte that each kind of value begins with.
_READERS: tuple[_Reader, ...] = (
    _read_int,
    _read_uint,
    _read_buffer,
    _read_true,
    _read_false,
    _read_principal,
    _read_contract,
    _read_ok,
    _read_err,
    _read_none,
    _read_some,
    _read_list,
    _read_tuple,
    _read_ascii,
    _read_utf8,
)


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise NotClarity("a byte above 127 in ASCII") from error


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotClarity("not UTF-8") from error


def encode(value: Value) -> bytes:
    """The bytes of a value. Raises `NotClarity` for one that is too large or too deep."""
    parts: list[bytes] = []
    _write(value, parts, 1)
    data = b"".join(parts)
    if len(data) > VALUE_BYTES_MAX:
        raise NotClarity(f"{len(data)} bytes are more than a value may have")
    return data


def encode_hex(value: Value) -> str:
    """As `encode`, as the nodes take it: `0x` and hexadecimal digits."""
    return "0x" + encode(value).hex()


def _counted(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + len(data).to_bytes(4, "big") + data


def _named(name: str) -> bytes:
    return bytes([len(name)]) + name.encode("ascii")


def _write(value: Value, parts: list[bytes], depth: int) -> None:
    if depth > DEPTH_MAX:
        raise NotClarity(f"it is more than {DEPTH_MAX} deep")
    match value:
        case Int(number):
            parts.append(b"\0" + number.to_bytes(16, "big", signed=True))
        case UInt(number):
            parts.append(b"\x01" + number.to_bytes(16, "big"))
        case Bool(truth):
            parts.append(bytes([_TRUE if truth else _FALSE]))
        case Buffer(data):
            parts.append(_counted(_BUFFER, data))
        case Ascii(text):
            parts.append(_counted(_ASCII, text.encode("ascii")))
        case Utf8(text):
            parts.append(_counted(_UTF8, text.encode("utf-8")))
        case Principal(version, hash160, contract):
            kind = _STANDARD if contract is None else _CONTRACT
            parts.append(bytes([kind, version]) + hash160)
            if contract is not None:
                parts.append(_named(contract))
        case Nothing():
            parts.append(bytes([_NONE]))
        case Some(inner) | Ok(inner) | Err(inner):
            kinds: dict[type, int] = {Some: _SOME, Ok: _OK, Err: _ERR}
            parts.append(bytes([kinds[type(value)]]))
            _write(inner, parts, depth + 1)
        case List(items):
            parts.append(bytes([_LIST]) + len(items).to_bytes(4, "big"))
            for item in items:
                _write(item, parts, depth + 1)
        case Tuple(fields):
            parts.append(bytes([_TUPLE]) + len(fields).to_bytes(4, "big"))
            for name, item in fields:
                parts.append(_named(name))
                _write(item, parts, depth + 1)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def show(value: Value) -> str:
    """A value as the node's own decoder writes it (`repr`). For people: never parsed."""
    match value:
        case Int(number):
            return str(number)
        case UInt(number):
            return f"u{number}"
        case Bool(truth):
            return "true" if truth else "false"
        case Buffer(data):
            return "0x" + data.hex()
        case Ascii(text):
            return '"' + "".join(_ESCAPES.get(c, c) for c in text) + '"'
        case Utf8(text):
            return 'u"' + "".join(_show_character(c) for c in text) + '"'
        case Principal():
            return f"'{value}"
        case Nothing():
            return "none"
        case Some(inner):
            return f"(some {show(inner)})"
        case Ok(inner):
            return f"(ok {show(inner)})"
        case Err(inner):
            return f"(err {show(inner)})"
        case List(items):
            return "(" + " ".join(["list", *(show(item) for item in items)]) + ")"
        case Tuple(fields):
            pairs = (f"({name} {show(item)})" for name, item in fields)
            return "(" + " ".join(["tuple", *pairs]) + ")"


def _show_character(character: str) -> str:
    if character.isascii():
        return _ESCAPES.get(character, character)
    return "\\u{" + character.encode("utf-8").hex() + "}"
