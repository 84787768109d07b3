"""Messages signed by Solana wallets."""

import base64

import base58
import pytest
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

from earnest.chains.solana.signing import (
    InvalidSolanaAddress,
    MalformedSolanaSignature,
    parse_wallet_address,
    verify_message,
)

WALLET = Keypair.from_seed(bytes(range(32)))
MESSAGE = "example.org wants you to sign in with your Solana account:\n" + "é" * 200
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


def sign(message: str) -> bytes:
    """The wallet's signature, raw."""
    return bytes(WALLET.sign_message(message.encode()))


@pytest.mark.parametrize("form", ["base58", "base64", "base64 unpadded", "base64 url"])
def test_every_form_of_a_signature_is_recognised(form: str) -> None:
    """Base58 as most wallets give it, base64 as some do."""
    raw = sign(MESSAGE)
    forms = {
        "base58": base58.b58encode(raw).decode(),
        "base64": base64.b64encode(raw).decode(),
        "base64 unpadded": base64.b64encode(raw).decode().rstrip("="),
        "base64 url": base64.urlsafe_b64encode(raw).decode(),
    }
    assert verify_message(WALLET.pubkey(), MESSAGE, forms[form])


def test_another_wallet_or_message_is_not_proven() -> None:
    """A sound signature says nothing about other wallets and other messages."""
    signature = base58.b58encode(sign(MESSAGE)).decode()
    assert not verify_message(Keypair().pubkey(), MESSAGE, signature)
    assert not verify_message(WALLET.pubkey(), MESSAGE + ".", signature)


def test_a_signature_with_a_swollen_s_is_refused() -> None:
    """S plus the order of the group would satisfy the equation: strict verification says no."""
    raw = sign(MESSAGE)
    s = int.from_bytes(raw[32:], "little") + GROUP_ORDER
    swollen = base58.b58encode(raw[:32] + s.to_bytes(32, "little")).decode()
    assert not verify_message(WALLET.pubkey(), MESSAGE, swollen)


def test_a_key_of_small_order_signs_for_nobody() -> None:
    """With the neutral point as key, a signature of (neutral, 0) fits any message: refused."""
    neutral = bytes([1]) + bytes(31)
    forged = str(Signature(neutral + bytes(32)))
    assert not verify_message(Pubkey(neutral), MESSAGE, forged)


@pytest.mark.parametrize(
    "signature", ["", "0", "!" * 88, "1" * 63, "1" * 65, "1" * 100_000, "é" * 88, "A" * 87 + "="]
)
def test_what_is_no_signature_says_so(signature: str) -> None:
    """Wrong alphabets and lengths raise the one named error."""
    with pytest.raises(MalformedSolanaSignature):
        verify_message(WALLET.pubkey(), MESSAGE, signature)


def test_a_wallet_address_is_read() -> None:
    """32 bytes on the curve, in base58."""
    assert parse_wallet_address(str(WALLET.pubkey())) == WALLET.pubkey()


def test_an_address_of_a_program_cannot_sign() -> None:
    """An address off the curve has no private key."""
    derived, _ = Pubkey.find_program_address([b"vault"], Pubkey(bytes([5] * 32)))
    with pytest.raises(InvalidSolanaAddress, match="program"):
        parse_wallet_address(str(derived))


@pytest.mark.parametrize(
    "text",
    ["", "1", "0" * 44, "O" * 32, str(WALLET.pubkey())[:-1], str(WALLET.pubkey()) + "1", "é" * 40],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Wrong letters and lengths raise the one named error."""
    with pytest.raises(InvalidSolanaAddress):
        parse_wallet_address(text)
