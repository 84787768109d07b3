"""Payouts on a real chain: packed, bounded, to one's own wallet, and equal to the ledger."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from earnest.chains.solana import build_payment
from earnest.kit.money import Asset, Money
from earnest.run.demo.wallets import Wallet
from tests.acceptance.marketplace import (
    PRICE,
    USDC,
    Caller,
    Marketplace,
    Poster,
    another_api,
    marketplace,
    settle_in,
)
from tests.acceptance.system import RunningSystem
from tests.integration.accounts.conftest import EvmWallet, SigningWallet, StacksWallet

Known = tuple[dict[str, str], Poster]
TOKEN_ACCOUNT_RENT = 2_039_280
FRESH_WALLET_NEEDS = 890_880


@pytest.fixture(scope="module")
def known(running_system: RunningSystem) -> Known:
    """What all tests here share on the running system."""
    return settle_in(running_system)


@pytest.fixture
async def market(running_system: RunningSystem, known: Known) -> AsyncIterator[Marketplace]:
    """The people and the chain; what a test posted is called off at its end."""
    async with marketplace(running_system, known[0], known[1]) as made:
        yield made


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def empty(market: Marketplace, wallet: Wallet) -> None:
    """Sends all that a wallet has on the chain to somebody else."""
    held = (await market.rpc.get_balance(wallet.address, commitment="confirmed")).amount_minor
    message = build_payment(
        payer=wallet.address,
        recipient=market.poster.address,
        money=Money(held - 5_000, Asset.SOL),
        blockhash=(await market.rpc.get_latest_blockhash("confirmed")).blockhash,
    )
    await market.landed(await market.send(wallet, message))


async def test_many_payouts_travel_together_past_one_that_cannot(
    market: Marketplace, tmp_path: Path
) -> None:
    """Twenty-one payouts and one to a wallet that was emptied meanwhile: 21 arrive, packed.

    The poor one fails alone and its money is balance again; nobody else waits or pays for it.
    """
    workers = await market.visitors(22)
    poor, others = workers[0], workers[1:]
    await market.fund(poor.address, 2_000_000)
    await market.earn(workers)
    with another_api(market.system, tmp_path / "api.log", EARNEST_PAYOUT_MIN_LAMPORTS="1") as url:
        with market.frozen("worker"):
            refused = await poor.at(url).take_out(500_000)
            await empty(market, poor.wallet)
            asked = await asyncio.gather(*(worker.take_out(PRICE) for worker in others))
            assert {payout["status"] for payout in asked} == {"requested"}
            assert await others[0].balance() == (0, PRICE)
        done = await asyncio.gather(
            *(
                market.until_payout(worker, payout, "final", "failed")
                for worker, payout in zip(others, asked, strict=True)
            )
        )
        failed = await market.until_payout(poor, refused, "final", "failed")
    assert {payout["status"] for payout in done} == {"final"}
    travelled = Counter(payout["chainTx"] for payout in done)
    assert len(travelled) <= 3
    assert 19 <= max(travelled.values()) <= 20
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "recipient_below_rent")
    assert await poor.balance() == (PRICE, 0)
    for worker, payout in zip(others, done, strict=True):
        assert await market.received(worker.address, market.treasury) == [
            (payout["chainTx"], PRICE)
        ]
        assert await worker.balance() == (0, 0)
    assert await market.received(poor.address, market.treasury) == []
    await market.until_books_past(max([(await market.landed(tx)).slot for tx in travelled]))


async def test_a_fresh_wallet_below_rent_exemption_is_told_at_once(
    market: Marketplace, tmp_path: Path
) -> None:
    """One lamport too few is refused with the number that lacks; the exact sum arrives."""
    worker = await market.visitor()
    await market.earn([worker])
    with another_api(market.system, tmp_path / "api.log", EARNEST_PAYOUT_MIN_LAMPORTS="1") as url:
        body = {"asset": "SOL", "amountMinor": str(FRESH_WALLET_NEEDS - 1)}
        refused = await worker.at(url).send("POST", "/api/payouts", body)
        assert problem(refused) == (409, "payout_recipient_below_rent")
        assert "1 lamports too few" in refused.json()["detail"]
        assert await worker.balance() == (PRICE, 0)
        payout = await worker.at(url).take_out(FRESH_WALLET_NEEDS)
    done = await market.until_payout(worker, payout, "final", "failed")
    assert done["status"] == "final"
    final = await market.rpc.get_balance(worker.address)
    assert final.amount_minor == FRESH_WALLET_NEEDS


async def test_two_payouts_at_once_of_the_same_balance(market: Marketplace) -> None:
    """Of several requests for all there is exactly one is taken, and one transfer arrives."""
    worker = await market.visitor()
    await market.earn([worker])
    body = {"asset": "SOL", "amountMinor": str(PRICE)}
    answers = await asyncio.gather(*(worker.send("POST", "/api/payouts", body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "balance_too_small"
    (taken,) = [answer.json() for answer in answers if answer.status_code == 202]
    done = await market.until_payout(worker, taken, "final", "failed")
    assert done["finalAt"] is not None
    assert [step["status"] for step in done["history"]] == ["requested", "signed", "sent", "final"]
    raw = await market.landed(done["chainTx"])
    await market.until_books_past(raw.slot)
    assert await market.received(worker.address, market.treasury) == [(done["chainTx"], PRICE)]
    assert await worker.balance() == (0, 0)


@pytest.mark.parametrize("make", [EvmWallet, StacksWallet], ids=["evm", "stacks"])
async def test_only_the_sessions_own_wallet_is_paid(
    market: Marketplace, make: type[EvmWallet] | type[StacksWallet]
) -> None:
    """A session of a wallet on another chain gets no SOL, and no body can name an address."""
    wallet: SigningWallet = make()
    asked = await market.http.post(
        f"{market.api}/api/auth/challenge", json={"address": wallet.address}
    )
    challenge = asked.json()["challenge"]
    verified = await market.http.post(
        f"{market.api}/api/auth/verify",
        json={
            "address": wallet.address,
            "challenge": challenge,
            "signature": wallet.sign(challenge),
        },
    )
    assert verified.status_code == 200
    stranger = Caller(market.api, market.http, token=verified.json()["token"])
    body = {"asset": "SOL", "amountMinor": str(PRICE)}
    refused = await stranger.send("POST", "/api/payouts", body)
    assert problem(refused) == (409, "payout_wallet_on_another_chain")
    named = await stranger.send("POST", "/api/payouts", {**body, "address": market.treasury})
    assert named.status_code == 400


async def test_small_sums_wait_for_the_threshold(market: Marketplace) -> None:
    """One below the smallest payout is refused and stays balance; the smallest goes."""
    worker = await market.visitor()
    await market.earn([worker])
    body = {"asset": "SOL", "amountMinor": "999999"}
    assert problem(await worker.send("POST", "/api/payouts", body)) == (
        409,
        "payout_below_threshold",
    )
    assert await worker.balance() == (PRICE, 0)
    payout = await worker.take_out(1_000_000)
    done = await market.until_payout(worker, payout, "final", "failed")
    assert done["status"] == "final"
    assert await worker.balance() == (PRICE - 1_000_000, 0)
    assert (await market.rpc.get_balance(worker.address)).amount_minor == 1_000_000


async def test_usdc_opens_the_token_account_and_says_who_pays(market: Marketplace) -> None:
    """The rent of a token account is stated, the house pays it, and the whole sum arrives."""
    worker = await market.visitor()
    await market.control("token", owner=market.poster.address, amount=100 * USDC)
    await market.earn([worker], price_minor=2 * USDC, asset="USDC")
    first = await worker.take_out(USDC, "USDC")
    assert first["rentMinor"] == str(TOKEN_ACCOUNT_RENT)
    done = await market.until_payout(worker, first, "final", "failed")
    assert done["status"] == "final"
    assert await market.token_minor(worker.address, market.usdc) == USDC
    assert (await market.rpc.get_balance(worker.address)).amount_minor == 0
    second = await worker.take_out(USDC, "USDC")
    assert second["rentMinor"] is None
    done = await market.until_payout(worker, second, "final", "failed")
    assert done["status"] == "final"
    assert await market.token_minor(worker.address, market.usdc) == 2 * USDC
    assert await worker.balance("USDC") == (0, 0)
    await market.until_books_past((await market.landed(done["chainTx"])).slot)
