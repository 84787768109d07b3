"""Messages signed by Stacks wallets: hash, and the addresses that a signature stands for.

Source: SIP-018 for the prefix, Bitcoin's CompactSize for the length, SIP-005 for hash modes.
A signature has a twin with the other S, and several encodings: it proves something about a
message, and is never an identity or a key to recognise a repeat by.
"""

import hashlib
from collections.abc import Iterator

import coincurve

from earnest.chains.stacks.address import StacksAddress, hash160

PREFIX = b"\x17Stacks Signed Message:\n"
_SIGNATURE_BYTES = 65


class MalformedStacksSignature(ValueError):
    """The text is not 65 bytes in hex."""


def encode_varint(number: int) -> bytes:
    """Bitcoin's CompactSize of `number` (below 2**64)."""
    if number < 0xFD:
        return number.to_bytes(1, "little")
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    if number <= 0xFFFF_FFFF:
        return b"\xfe" + number.to_bytes(4, "little")
    return b"\xff" + number.to_bytes(8, "little")


def hash_message(message: str) -> bytes:
    """The 32 bytes that a wallet signs for `message`."""
    text = message.encode()
    return hashlib.sha256(PREFIX + encode_varint(len(text)) + text).digest()


def _recovery_id(byte: int) -> int | None:
    # 0 to 3 as wallets give it; from 27 or 31 on as Bitcoin's compact form writes it.
    for base in (0, 27, 31):
        if base <= byte <= base + 3:
            return byte - base
    return None


def _recover(signed: bytes, rs: bytes, recovery_byte: int) -> coincurve.PublicKey | None:
    recovery_id = _recovery_id(recovery_byte)
    if recovery_id is None:
        return None
    try:
        return coincurve.PublicKey.from_signature_and_message(
            rs + bytes([recovery_id]), signed, hasher=None
        )
    except ValueError:  # r or s out of range, or no point with such an r
        return None


def recover_hashes(message: str, signature: str) -> Iterator[tuple[bool, bytes]]:
    """Every (is script, hash160) that `signature` over `message` may stand for.

    `signature` is 65 bytes in hex, with or without `0x`: r, s, v as wallets give it today, or
    v, r, s as old ones did. Which of the two it is cannot always be told, so both are read; a
    wrong reading recovers the key of nobody. A key counts compressed and uncompressed, and as
    a witness script of one key (hash mode 2), which is how a single key has an `SM` address.
    Raises `MalformedStacksSignature`.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError as error:
        raise MalformedStacksSignature("a Stacks signature is written in hex") from error
    if len(raw) != _SIGNATURE_BYTES:
        raise MalformedStacksSignature(f"a Stacks signature has 65 bytes, not {len(raw)}")
    signed = hash_message(message)
    for rs, v in ((raw[:64], raw[64]), (raw[1:], raw[0])):
        key = _recover(signed, rs, v)
        if key is None:
            continue
        compressed = hash160(key.format(compressed=True))
        yield False, compressed
        yield False, hash160(key.format(compressed=False))
        yield True, hash160(b"\x00\x14" + compressed)


def verify_message(address: StacksAddress, message: str, signature: str) -> bool:
    """Whether the holder of `address`, on either network, signed `message`.

    Raises `MalformedStacksSignature` when the text cannot be a signature at all.
    """
    wanted = (address.version.script, address.hash160)
    return any(found == wanted for found in recover_hashes(message, signature))
