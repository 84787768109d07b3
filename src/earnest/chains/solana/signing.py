"""Messages signed by Solana wallets: ed25519 over the bytes of the text."""

import base64
from contextlib import suppress

import base58
from solders.pubkey import Pubkey
from solders.signature import Signature

_SIGNATURE_BYTES = 64
# 64 bytes are 64 to 88 letters in base58 and 86 to 88 in base64.
_SIGNATURE_TEXT_LENGTH_MAX = 88


class InvalidSolanaAddress(ValueError):
    """The text is no address that a wallet can sign for."""


class MalformedSolanaSignature(ValueError):
    """The text is not 64 bytes in base58 or base64."""


def parse_wallet_address(text: str) -> Pubkey:
    """Reads 32 bytes of base58 that are a point on the curve.

    An address off the curve belongs to a program and has no private key, so nobody could ever
    sign in with it. Raises `InvalidSolanaAddress`.
    """
    try:
        address = Pubkey.from_string(text)
    except ValueError as error:
        raise InvalidSolanaAddress("a Solana address is 32 bytes in base58") from error
    if not address.is_on_curve():
        raise InvalidSolanaAddress("the address belongs to a program and cannot sign")
    return address


def _signature_readings(text: str) -> list[bytes]:
    # A text may be valid in both alphabets; then both are tried.
    readings: list[bytes] = []
    if len(text) <= _SIGNATURE_TEXT_LENGTH_MAX and text.isascii():
        with suppress(ValueError):
            readings.append(base58.b58decode(text))
        with suppress(ValueError):
            padded = text + "=" * (-len(text) % 4)
            plain = padded.replace("-", "+").replace("_", "/")
            readings.append(base64.b64decode(plain, validate=True))
    return [reading for reading in readings if len(reading) == _SIGNATURE_BYTES]


def verify_message(address: Pubkey, message: str, signature: str) -> bool:
    """Whether the key of `address` signed the UTF-8 bytes of `message`.

    `signature` is 64 bytes in base58 or base64 (plain or URL-safe). Verification is strict:
    keys of small order and non-canonical signatures are refused. Raises
    `MalformedSolanaSignature`.
    """
    readings = _signature_readings(signature)
    if not readings:
        raise MalformedSolanaSignature("a Solana signature is 64 bytes in base58 or base64")
    signed = message.encode()
    return any(Signature(raw).verify(address, signed) for raw in readings)
