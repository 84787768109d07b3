"""EVM addresses and messages signed by EVM wallets, held against eth-account."""

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from earnest.chains.evm import (
    InvalidEvmAddress,
    MalformedEvmSignature,
    checksum,
    hash_message,
    parse_address,
    recover_address,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY = bytes(range(1, 33))
ADDRESS = str(Account.from_key(KEY).address).lower()
MESSAGE = "example.org wants you to sign in with your Ethereum account:\n" + "é" * 200


def sign(message: str) -> bytes:
    """As a wallet's `personal_sign` does."""
    return bytes(Account.from_key(KEY).sign_message(encode_defunct(text=message)).signature)


@pytest.mark.parametrize(
    "address",
    [
        # The examples of EIP-55 itself.
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_the_examples_of_eip_55(address: str) -> None:
    """Lower case and the sound mixed case are read; the mixed case is written again."""
    assert parse_address(address) == address.lower()
    assert parse_address(address.lower()) == address.lower()
    assert checksum(address.lower()) == address


@given(st.binary(min_size=20, max_size=20))
def test_the_checksum_is_that_of_eth_account(raw: bytes) -> None:
    """Our EIP-55 agrees with the library of the field on any address."""
    text = "0x" + raw.hex()
    assert checksum(text) == to_checksum_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        ADDRESS[2:],
        ADDRESS[:-1],
        ADDRESS + "0",
        "0X" + ADDRESS[2:],
        "0x" + "g" * 40,
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",  # last letter in the wrong case
        ADDRESS + "\n",
        "0x" + "\u0661" * 40,  # digits, but not ASCII
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Lengths, alphabets and broken checksums raise the one named error."""
    with pytest.raises(InvalidEvmAddress):
        parse_address(text)


@given(st.text(max_size=300))
def test_the_hash_is_that_of_eth_account(message: str) -> None:
    """EIP-191 counts bytes, not letters: eth-account recovers the signer of our hash."""
    signed = Account.unsafe_sign_hash(hash_message(message), KEY)
    recovered = Account.recover_message(encode_defunct(text=message), signature=signed.signature)
    assert str(recovered).lower() == ADDRESS


@pytest.mark.parametrize("form", ["v 27", "v 0", "0x", "high s"])
def test_every_form_of_a_signature_recovers(form: str) -> None:
    """Both spellings of v, with and without 0x, low and high S give the signer's address."""
    raw = sign(MESSAGE)
    s = (ORDER - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    forms = {
        "v 27": raw.hex(),
        "v 0": (raw[:64] + bytes([raw[64] - 27])).hex(),
        "0x": "0x" + raw.hex(),
        "high s": (raw[:32] + s + bytes([55 - raw[64]])).hex(),
    }
    assert recover_address(MESSAGE, forms[form]) == ADDRESS


def test_another_message_gives_another_address() -> None:
    """A signature carried to another message does not name its signer."""
    assert recover_address(MESSAGE + ".", sign(MESSAGE).hex()) != ADDRESS


@pytest.mark.parametrize(
    "signature", ["", "0x", "zz" * 65, "00" * 64, "00" * 66, "00" * 64 + "02", "ff" * 65, "é" * 130]
)
def test_what_is_no_signature_says_so(signature: str) -> None:
    """Wrong alphabets, lengths and recovery bytes raise the one named error."""
    with pytest.raises(MalformedEvmSignature):
        recover_address(MESSAGE, signature)


@pytest.mark.parametrize("raw", [b"\0" * 65, b"\xff" * 64 + b"\1", b"\0" * 32 + b"\1" * 33])
def test_impossible_numbers_recover_nobody(raw: bytes) -> None:
    """r and s out of range give None, and no other error."""
    assert recover_address(MESSAGE, raw.hex()) is None
