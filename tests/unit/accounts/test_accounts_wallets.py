"""Which wallet an address means, on all three chains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.accounts import parse_wallet
from earnest.accounts.errors import InvalidWalletAddress, SignatureMalformed
from earnest.accounts.wallets import proves
from earnest.chains.stacks import AddressVersion, StacksAddress
from earnest.kit.money import Chain

SP = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
SM = "SM2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQVX8X0G"
ST = "ST2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQYAC0RQ"
SN = "SN2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKP6D2ZK9"
EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
SOLANA = "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB"


@pytest.mark.parametrize(
    ("text", "chain", "identity", "address"),
    [
        (SOLANA, Chain.SOLANA, SOLANA, SOLANA),
        (EVM, Chain.EVM, EVM.lower(), EVM),
        (EVM.lower(), Chain.EVM, EVM.lower(), EVM),
        (SP, Chain.STACKS, SP, SP),
        (ST, Chain.STACKS, SP, ST),
        (SM, Chain.STACKS, SM, SM),
        (SN, Chain.STACKS, SM, SN),
    ],
)
def test_the_form_tells_the_chain(text: str, chain: Chain, identity: str, address: str) -> None:
    """One wallet has one identity, however its address is written."""
    wallet = parse_wallet(text)
    assert (wallet.chain, wallet.identity, wallet.address) == (chain, identity, address)


@pytest.mark.parametrize(
    "text",
    [
        # Found by trying keys in order; about one in 800 begins so.
        "SP9vXBuFGnKNyvS6yamGhTyqfBrsCgwKGJKViRuePNw",
        "STsp82wPPEMUfySEgCpPRPByDZVPKZp37pAQGfTgw4J",
        "SMsQ1NCsV4BSUQqMXNd3dWLeK9oLnFPwjpSJGYoWuB1",
        "SNBuV4DenWZGpFCw5siA3caugrujTmubZAzHRQY3zT5",
    ],
)
def test_a_solana_address_may_begin_like_a_stacks_one(text: str) -> None:
    """Two letters do not make it Stacks: the length tells them apart."""
    wallet = parse_wallet(text)
    assert (wallet.chain, wallet.identity) == (Chain.SOLANA, text)


@given(st.sampled_from(list(AddressVersion)), st.binary(min_size=20, max_size=20))
def test_every_stacks_address_is_known_as_one(version: AddressVersion, hash160: bytes) -> None:
    """Whatever its length, an address of the c32 form is of Stacks."""
    assert parse_wallet(str(StacksAddress(version, hash160))).chain is Chain.STACKS


@given(st.text(max_size=80))
def test_any_text_is_a_wallet_or_refused(text: str) -> None:
    """No text raises anything but the named error."""
    try:
        parse_wallet(text)
    except InvalidWalletAddress:
        return


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", SP[:-1], SP + " ", EVM[:-1], "0x", SOLANA[:-3], "alice@example.org", "S"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Near misses of all three forms, and an e-mail address."""
    with pytest.raises(InvalidWalletAddress):
        parse_wallet(text)


@pytest.mark.parametrize("address", [SOLANA, SP, SM, EVM])
@given(signature=st.text(max_size=140) | st.from_regex(r"[0-9a-f]{130}", fullmatch=True))
def test_any_signature_is_judged_or_refused(address: str, signature: str) -> None:
    """No text in place of a signature proves a wallet, or raises anything but the named error."""
    try:
        assert not proves(parse_wallet(address), "message", signature)
    except SignatureMalformed:
        return
