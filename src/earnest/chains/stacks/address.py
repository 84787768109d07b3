"""Stacks addresses: which network and which kind of key hash a version letter means (SIP-005)."""

import hashlib
from enum import IntEnum

import msgspec
from Crypto.Hash import RIPEMD160

from earnest.chains.stacks import c32


class AddressVersion(IntEnum):
    """The version byte of an address."""

    MAINNET_SINGLE_SIG = 22  # SP
    MAINNET_SCRIPT = 20  # SM
    TESTNET_SINGLE_SIG = 26  # ST
    TESTNET_SCRIPT = 21  # SN

    @property
    def mainnet(self) -> bool:
        """Whether the address belongs to the main network."""
        return self in (AddressVersion.MAINNET_SINGLE_SIG, AddressVersion.MAINNET_SCRIPT)

    @property
    def script(self) -> bool:
        """Whether the hash is of a script (pay to script hash) instead of a public key."""
        return self in (AddressVersion.MAINNET_SCRIPT, AddressVersion.TESTNET_SCRIPT)


class InvalidStacksAddress(ValueError):
    """The text is no Stacks address."""


class StacksAddress(msgspec.Struct, frozen=True):
    """One address: `hash160` is 20 bytes of RIPEMD-160 over SHA-256 of a key or a script."""

    version: AddressVersion
    hash160: bytes

    @classmethod
    def parse(cls, text: str) -> "StacksAddress":
        """Reads `SP…`, `SM…`, `ST…` or `SN…`. Raises `InvalidStacksAddress`."""
        try:
            version, hash160 = c32.decode_address(text)
            return cls(AddressVersion(version), hash160)
        except ValueError as error:
            raise InvalidStacksAddress(str(error)) from error

    def __str__(self) -> str:
        return c32.encode_address(self.version, self.hash160)

    def on_mainnet(self) -> "StacksAddress":
        """The same key or script as the main network writes it."""
        script = self.version.script
        version = AddressVersion.MAINNET_SCRIPT if script else AddressVersion.MAINNET_SINGLE_SIG
        return StacksAddress(version, self.hash160)


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of SHA-256, 20 bytes."""
    # Not hashlib's: OpenSSL 3.0.0 to 3.0.6, which some systems still have, lacks RIPEMD-160.
    return RIPEMD160.new(hashlib.sha256(data).digest()).digest()
