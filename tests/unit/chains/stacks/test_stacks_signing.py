"""Messages signed by Stacks wallets."""

import coincurve
import pytest

from earnest.chains.stacks import (
    AddressVersion,
    MalformedStacksSignature,
    StacksAddress,
    hash_message,
    verify_message,
)
from earnest.chains.stacks.address import hash160
from earnest.chains.stacks.signing import encode_varint

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY = coincurve.PrivateKey(bytes(range(1, 33)))
MESSAGE = "example.org wants you to sign in\n" + "x" * 300


def sign_rsv(message: str, key: coincurve.PrivateKey = KEY) -> bytes:
    """As a wallet of today does."""
    return key.sign_recoverable(hash_message(message), hasher=None)


def turn_high(rsv: bytes) -> bytes:
    """The twin with the other S."""
    s = ORDER - int.from_bytes(rsv[32:64], "big")
    return rsv[:32] + s.to_bytes(32, "big") + bytes([rsv[64] ^ 1])


def address_of(
    version: AddressVersion, *, compressed: bool = True, key: coincurve.PrivateKey = KEY
) -> StacksAddress:
    """The address of a key under a version."""
    public = key.public_key.format(compressed=compressed)
    if version.script:
        return StacksAddress(version, hash160(b"\x00\x14" + hash160(public)))
    return StacksAddress(version, hash160(public))


def test_the_published_hash() -> None:
    """'hello world' hashes to the value that stacks.js publishes."""
    assert hash_message("hello world").hex() == (
        "619997693db23de4b92ed152444a578a134143d9ad2c0f4dff2615de9d42ad96"
    )


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (252, "fc"),
        (253, "fdfd00"),
        (65_535, "fdffff"),
        (65_536, "fe00000100"),
        (2**32, "ff0000000001000000"),
    ],
)
def test_lengths_are_compact_sizes(number: int, encoded: str) -> None:
    """The length before a message takes 1, 3, 5 or 9 bytes."""
    assert encode_varint(number).hex() == encoded


@pytest.mark.parametrize("version", list(AddressVersion))
@pytest.mark.parametrize("form", ["rsv", "vrs", "rsv+27", "vrs+27", "vrs+31", "0x rsv", "high s"])
def test_every_form_of_a_signature_is_recognised(version: AddressVersion, form: str) -> None:
    """RSV and VRS, plain or offset recovery bytes, low and high S, on both networks."""
    rsv = sign_rsv(MESSAGE)
    rs, v = rsv[:64], rsv[64]
    forms = {
        "rsv": rsv.hex(),
        "vrs": (bytes([v]) + rs).hex(),
        "rsv+27": (rs + bytes([v + 27])).hex(),
        "vrs+27": (bytes([v + 27]) + rs).hex(),
        "vrs+31": (bytes([v + 31]) + rs).hex(),
        "0x rsv": "0x" + rsv.hex().upper(),
        "high s": turn_high(rsv).hex(),
    }
    assert verify_message(address_of(version), MESSAGE, forms[form])


def test_an_uncompressed_key_has_its_own_address() -> None:
    """The same signature proves the addresses of both forms of the key, and they differ."""
    signature = sign_rsv(MESSAGE).hex()
    for version in (AddressVersion.MAINNET_SINGLE_SIG, AddressVersion.TESTNET_SINGLE_SIG):
        compressed = address_of(version)
        uncompressed = address_of(version, compressed=False)
        assert compressed != uncompressed
        assert verify_message(compressed, MESSAGE, signature)
        assert verify_message(uncompressed, MESSAGE, signature)


def test_another_key_or_message_is_not_proven() -> None:
    """A sound signature says nothing about other keys and other messages."""
    address = address_of(AddressVersion.MAINNET_SINGLE_SIG)
    other = coincurve.PrivateKey(b"\2" * 32)
    assert not verify_message(address, MESSAGE, sign_rsv(MESSAGE, other).hex())
    assert not verify_message(address, MESSAGE + " ", sign_rsv(MESSAGE).hex())


def test_a_key_does_not_prove_a_script_with_its_own_hash() -> None:
    """An SM address whose script hash equals a key's hash is another wallet."""
    plain = address_of(AddressVersion.MAINNET_SINGLE_SIG)
    script = StacksAddress(AddressVersion.MAINNET_SCRIPT, plain.hash160)
    assert not verify_message(script, MESSAGE, sign_rsv(MESSAGE).hex())


@pytest.mark.parametrize(
    "signature", ["", "0x", "zz" * 65, "00" * 64, "00" * 66, "é" * 130, "00" * 100_000]
)
def test_what_is_no_signature_says_so(signature: str) -> None:
    """Wrong alphabets and lengths raise the one named error."""
    with pytest.raises(MalformedStacksSignature):
        verify_message(address_of(AddressVersion.MAINNET_SINGLE_SIG), MESSAGE, signature)


@pytest.mark.parametrize("raw", [b"\0" * 65, b"\xff" * 65, b"\1" * 65, b"\xff" * 64 + b"\1"])
def test_impossible_numbers_prove_nothing(raw: bytes) -> None:
    """r and s out of range, or a point that does not exist: false, and no other error."""
    address = address_of(AddressVersion.MAINNET_SINGLE_SIG)
    assert not verify_message(address, MESSAGE, raw.hex())
