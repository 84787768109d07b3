"""What is said before any money is held."""

from random import Random
from uuid import uuid4

import msgspec
import pytest
from solders.keypair import Keypair

from earnest.accounts import Principal
from earnest.chains.solana import associated_token_address
from earnest.kit.errors import InvalidInput
from earnest.kit.money import Asset, Money
from earnest.kit.settings import Network, Settings
from earnest.payouts import check_nodes
from earnest.payouts.errors import (
    AmountBelowThreshold,
    AmountTooLarge,
    AssetUnsupported,
    ChainOutOfReach,
    RecipientBelowRent,
    WalletOnAnotherChain,
)
from earnest.payouts.http import explorer_url
from earnest.payouts.service import check_request, look_at_recipient
from tests.simulation.payouts.chain import SimChain
from tests.simulation.payouts.faults import Faults, LyingNode, fresh_address
from tests.simulation.payouts.faults import Network as Between

SETTINGS = Settings(payout_min_lamports=1_000_000, solana_usdc_mint="mint")
PERSON = Principal(
    account_id=uuid4(), address="wallet", chain="solana", session_id=uuid4(), operator=False
)


@pytest.mark.parametrize(
    ("money", "chain", "refusal"),
    [
        (Money(1_000_000, Asset.SOL), "solana", None),
        (Money(999_999, Asset.SOL), "solana", AmountBelowThreshold),
        (Money(2**64, Asset.SOL), "solana", AmountTooLarge),
        (Money(1_000_000, Asset.USDC), "solana", None),
        (Money(1_000_000, Asset.SOL), "stacks", WalletOnAnotherChain),
        (Money(1_000_000, Asset.SOL), "evm", WalletOnAnotherChain),
        (Money(10**18, Asset.ETH), "evm", AssetUnsupported),
        (Money(10**18, Asset.STX), "stacks", AssetUnsupported),
    ],
)
def test_requests_are_checked_before_the_chain_is_asked(
    money: Money, chain: str, refusal: type[Exception] | None
) -> None:
    """Asset, wallet and amount, each with an error of its own."""
    person = msgspec.structs.replace(PERSON, chain=chain)
    if refusal is None:
        check_request(person, money, SETTINGS)
    else:
        with pytest.raises(refusal):
            check_request(person, money, SETTINGS)


def test_usdc_needs_a_mint() -> None:
    """Where no mint is configured USDC is not paid."""
    bare = msgspec.structs.replace(SETTINGS, solana_usdc_mint="")
    with pytest.raises(AssetUnsupported):
        check_request(PERSON, Money(1_000_000, Asset.USDC), bare)


@pytest.fixture
def node() -> LyingNode:
    """A node that tells the truth, on a chain of its own."""
    faults = Faults(Random(0), "")
    faults.stop()
    chain = SimChain(Random(1), Keypair(), lamports=10**12, usdc_minor=10**12)
    return LyingNode(Between(chain, faults), faults)


@pytest.mark.parametrize(
    ("held", "amount", "short"),
    [(0, 890_880, None), (0, 890_879, 1), (890_879, 1, None), (1, 1, 890_878)],
)
async def test_rent_exemption_is_told_to_the_lamport(
    node: LyingNode, held: int, amount: int, short: int | None
) -> None:
    """890,880 lamports are enough for a fresh wallet, one less is not."""
    address = fresh_address(Random(2))
    if held:
        node._chain.set_lamports(address, held)
    money = Money(amount, Asset.SOL)
    if short is None:
        assert await look_at_recipient(node, address, money, {}) is None
    else:
        with pytest.raises(RecipientBelowRent, match=f"{short} lamports too few"):
            await look_at_recipient(node, address, money, {})


async def test_rent_of_a_token_account_is_stated_once(node: LyingNode) -> None:
    """2,039,280 lamports while there is no token account, nothing when there is one."""
    address, mints = fresh_address(Random(3)), {Asset.USDC: node._chain.mint}
    money = Money(1_000_000, Asset.USDC)
    assert await look_at_recipient(node, address, money, mints) == 2_039_280
    ours = node._chain.treasury
    assert associated_token_address(ours, node._chain.mint) == node._chain.treasury_usdc
    assert await look_at_recipient(node, ours, money, mints) is None


async def test_chain_out_of_reach_holds_nothing(node: LyingNode) -> None:
    """No answer is said as such, and comes before any hold."""
    node._faults.only(error=1.0)
    with pytest.raises(ChainOutOfReach):
        await look_at_recipient(node, fresh_address(Random(4)), Money(1, Asset.SOL), {})


@pytest.mark.parametrize(
    ("network", "url"),
    [
        (Network.MAINNET, "https://explorer.solana.com/tx/abc"),
        (Network.DEVNET, "https://explorer.solana.com/tx/abc?cluster=devnet"),
        (Network.TESTNET, "https://explorer.solana.com/tx/abc?cluster=testnet"),
        (Network.LOCAL, None),
    ],
)
def test_explorer(network: Network, url: str | None) -> None:
    """A public chain_tx can be looked up by anybody; a local one nowhere."""
    assert explorer_url("abc", network) == url
    assert explorer_url(None, network) is None


def test_mainnet_needs_two_nodes() -> None:
    """One node's word is not enough where money has worth."""
    one = Settings(network=Network.MAINNET, solana_rpc_urls="https://a")
    with pytest.raises(InvalidInput, match="two nodes"):
        check_nodes(one)
    check_nodes(msgspec.structs.replace(one, solana_rpc_urls="https://a, https://b"))
    check_nodes(msgspec.structs.replace(one, network=Network.DEVNET))
