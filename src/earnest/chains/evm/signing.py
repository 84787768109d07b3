"""Messages signed by EVM wallets: EIP-191, version 0x45 (`personal_sign`).

libsecp256k1 recovers and keccak hashes; what is left is twelve lines, for which `eth-account`
would bring 40 MB and most of a second into every API process. The tests hold it against
`eth-account`. A signature with a high S recovers too: it is never an identity.
"""

import coincurve
from eth_hash.auto import keccak

_SIGNATURE_BYTES = 65


class MalformedEvmSignature(ValueError):
    """The text is not 65 bytes in hex with a recovery byte of 0, 1, 27 or 28."""


def hash_message(message: str) -> bytes:
    """The 32 bytes that a wallet signs for `message`."""
    text = message.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)


def recover_address(message: str, signature: str) -> str | None:
    """The lower-case address whose key made `signature`, or None when no key can have.

    `signature` is r, s, v: 65 bytes in hex, with or without `0x`. Raises
    `MalformedEvmSignature`. Contract wallets (EIP-1271) sign otherwise and are not covered.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError as error:
        raise MalformedEvmSignature("an EVM signature is written in hex") from error
    if len(raw) != _SIGNATURE_BYTES or raw[64] not in (0, 1, 27, 28):
        raise MalformedEvmSignature("an EVM signature has 65 bytes, the last 0, 1, 27 or 28")
    recovery_id = raw[64] % 27
    try:
        key = coincurve.PublicKey.from_signature_and_message(
            raw[:64] + bytes([recovery_id]), hash_message(message), hasher=None
        )
    except ValueError:  # r or s out of range, or no point with such an r
        return None
    return "0x" + keccak(key.format(compressed=False)[1:])[12:].hex()
