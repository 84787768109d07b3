"""EVM addresses and their checksum in letter case (EIP-55)."""

import re

from eth_hash.auto import keccak

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class InvalidEvmAddress(ValueError):
    """The text is no EVM address."""


def checksum(address: str) -> str:
    """The EIP-55 form of `0x` and 40 hex digits: case says the hash of the lower-case text."""
    digits = address[2:].lower()
    digest = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) >= 8 else digit
        for digit, mark in zip(digits, digest, strict=False)
    )


def parse_address(text: str) -> str:
    """The lower-case address. Takes lower case, or EIP-55 mixed case whose checksum holds.

    Raises `InvalidEvmAddress`.
    """
    if not _ADDRESS.fullmatch(text):
        raise InvalidEvmAddress("an EVM address is 0x and 40 hex digits")
    lower = text.lower()
    if text != lower and text != checksum(text):
        raise InvalidEvmAddress("the checksum does not match: a letter is wrong or its case is")
    return lower
