"""The Stacks wallet that tests and the demo sign with, from Python."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from earnest.chains import stacks
from earnest.run.demo.stacks_wallet import StacksWallets, WalletRefused

CALL = {
    "contract": "ST000000000000000000002AMW42H.escrow",
    "functionName": "accept-project",
    "functionArgs": [{"name": "project-id", "type": "uint", "hex": "0x01" + "00" * 15 + "07"}],
    "postConditionMode": "deny",
    "postConditions": [],
}


@pytest.fixture
async def wallets() -> AsyncIterator[StacksWallets]:
    """A wallet's process, ended with the test."""
    async with StacksWallets() as process:
        yield process


async def test_a_text_signed_by_it_is_one_that_earnest_takes(wallets: StacksWallets) -> None:
    """Our check of a Stacks message takes the signature of stacks.js, for that text alone."""
    wallet = await wallets.open(seed="a client")
    assert (await wallets.open(seed="a client")).address == wallet.address
    address = stacks.StacksAddress.parse(wallet.address)
    signature = await wallet.sign_text("Sign in\nto Earnest: ü")
    assert stacks.verify_message(address, "Sign in\nto Earnest: ü", signature)
    assert not stacks.verify_message(address, "Sign in to another place", signature)


async def test_a_prepared_call_is_signed_as_it_stands(wallets: StacksWallets) -> None:
    """With nonce and fee given it needs no chain; the same call gives the same bytes, another
    argument gives others."""
    wallet = await wallets.open(key="11" * 32)
    signed = await wallet.sign_call(CALL, nonce=4, fee_micro_stx=900)
    again = await wallet.sign_call(CALL, nonce=4, fee_micro_stx=900)
    plain = {**CALL, "functionArgs": ["01" + "00" * 15 + "08"]}
    other = await wallet.sign_call(plain, nonce=4, fee_micro_stx=900)
    assert signed == again
    assert signed["nonce"] == 4
    assert signed["feeMicroStx"] == "900"
    assert other["txId"] != signed["txId"]


async def test_what_it_cannot_do_it_says_in_words(wallets: StacksWallets, tmp_path: Path) -> None:
    """A missing key file, and a call without nonce where no chain was named."""
    with pytest.raises(WalletRefused, match="ENOENT"):
        await wallets.open(key_file=tmp_path / "absent")
    wallet = await wallets.open()
    with pytest.raises(WalletRefused, match='"api"'):
        await wallet.sign_call(CALL)
