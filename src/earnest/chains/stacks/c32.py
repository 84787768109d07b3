"""c32check, the base-32 text form of Stacks addresses.

Source: Blockstack c32check (Crockford's alphabet, checksum of a double SHA-256). No kept Python
library has it, so it is ours. Only the canonical form is read: the original is lenient about
lower case and look-alike letters, but one address written in two ways has no use here.
"""

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
CHECKSUM_BYTES = 4
# 20 bytes of hash and 4 of checksum never need more than 39 letters.
ADDRESS_TEXT_LENGTH_MAX = 41


class NotC32(ValueError):
    """The text is not c32check: a wrong letter, length or checksum."""


def encode(data: bytes) -> str:
    """The c32 text of `data`: a big-endian number, with one `0` for each leading zero byte."""
    number = int.from_bytes(data, "big")
    letters: list[str] = []
    while number:
        number, value = divmod(number, 32)
        letters.append(ALPHABET[value])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "0" * zeros + "".join(reversed(letters))


def decode(text: str) -> bytes:
    """The bytes of canonical c32 text. Raises `NotC32`."""
    number = 0
    for letter in text:
        value = _VALUES.get(letter)
        if value is None:
            raise NotC32(f"{letter!r} is not a c32 letter")
        number = number * 32 + value
    zeros = len(text) - len(text.lstrip("0"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _checksum(version: int, payload: bytes) -> bytes:
    inner = hashlib.sha256(bytes([version]) + payload).digest()
    return hashlib.sha256(inner).digest()[:CHECKSUM_BYTES]


def encode_address(version: int, hash160: bytes) -> str:
    """The address of a 20-byte hash: `S`, the version (0 to 31) as a letter, hash and checksum."""
    if not 0 <= version < len(ALPHABET):
        raise ValueError(f"version {version} is not within 0 to 31")
    if len(hash160) != 20:
        raise ValueError(f"a hash160 has 20 bytes, not {len(hash160)}")
    return "S" + ALPHABET[version] + encode(hash160 + _checksum(version, hash160))


def decode_address(text: str) -> tuple[int, bytes]:
    """(version, hash160) of an address. Raises `NotC32`."""
    if not 2 < len(text) <= ADDRESS_TEXT_LENGTH_MAX or text[0] != "S" or text[1] not in _VALUES:
        raise NotC32("a Stacks address is S, a version letter, and up to 39 letters more")
    version = _VALUES[text[1]]
    data = decode(text[2:])
    if len(data) != 20 + CHECKSUM_BYTES:
        raise NotC32(f"the address holds {len(data)} bytes, not 24")
    if data[20:] != _checksum(version, data[:20]):
        raise NotC32("the checksum does not match: a letter is wrong")
    return version, data[:20]
