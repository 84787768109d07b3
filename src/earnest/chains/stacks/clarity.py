"""Clarity values as bytes and back (SIP-005, "Clarity Value Representation"), and as text.

No kept Python library reads them whole. Every value has one encoding: what `encode` writes,
`decode` reads, and what `decode` accepts, `encode` writes again to the same bytes. Input that is
longer, deeper or looser than the chain itself allows is refused, never guessed at.
"""

import re
from collections.abc import Mapping
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
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9\-_!?+<>=/*]*|[-+=/*]|[<>]=?")
_CONTRACT_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9\-_]*")


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
        if any(not (" " <= each <= "~" or each in "\t\n\r\f") for each in self.value):
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
        names = [name for name, _ in self.fields]
        if any(earlier >= later for earlier, later in pairwise(names)):
            raise NotClarity("the names of a tuple are sorted and each is there once")
        for name in names:
            if len(name) > NAME_LENGTH_MAX or not _NAME.fullmatch(name):
                raise NotClarity(f"{name[:60]!r} is no name")

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


def decode(data: bytes) -> Value:
    """The one value that `data` is. Raises `NotClarity`, for trailing bytes too."""
    if len(data) > VALUE_BYTES_MAX:
        raise NotClarity(f"{len(data)} bytes are more than a value may have")
    reader = _Reader(data)
    value = reader.value(1)
    if reader.at != len(data):
        raise NotClarity(f"{len(data) - reader.at} bytes follow the value")
    return value


def decode_hex(text: str) -> Value:
    """As `decode`, from hexadecimal digits with or without `0x`."""
    try:
        return decode(bytes.fromhex(text.removeprefix("0x")))
    except NotClarity:
        raise
    except ValueError as error:
        raise NotClarity("not hexadecimal") from error


class _Reader:
    """Reads values off the front of bytes; every length is checked before it is used."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise NotClarity(f"it ends after {len(self.data)} bytes, in the middle of a value")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def length(self) -> int:
        count = int.from_bytes(self.take(4), "big")
        # Each item has a byte at least: a count beyond the data is a lie, found before any work.
        if count > len(self.data) - self.at:
            raise NotClarity(f"it says {count} and ends before that")
        return count

    def name(self) -> str:
        return _ascii(self.take(self.take(1)[0]))

    def value(self, depth: int) -> Value:
        if depth > DEPTH_MAX:
            raise NotClarity(f"it is more than {DEPTH_MAX} deep")
        kind = self.take(1)[0]
        match kind:
            case 0:
                return Int(int.from_bytes(self.take(16), "big", signed=True))
            case 1:
                return UInt(int.from_bytes(self.take(16), "big"))
            case 2:
                return Buffer(self.take(self.length()))
            case 3 | 4:
                return Bool(kind == _TRUE)
            case 5:
                return Principal(self.take(1)[0], self.take(20))
            case 6:
                version, hash160 = self.take(1)[0], self.take(20)
                return Principal(version, hash160, self.name())
            case 7:
                return Ok(self.value(depth + 1))
            case 8:
                return Err(self.value(depth + 1))
            case 9:
                return Nothing()
            case 10:
                return Some(self.value(depth + 1))
            case 11:
                return List(tuple(self.value(depth + 1) for _ in range(self.length())))
            case 12:
                pairs = ((self.name(), self.value(depth + 1)) for _ in range(self.length()))
                return Tuple(tuple(pairs))
            case 13:
                return Ascii(_ascii(self.take(self.length())))
            case 14:
                return Utf8(_utf8(self.take(self.length())))
            case _:
                raise NotClarity(f"there is no type {kind}")


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
