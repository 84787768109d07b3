"""Payment links: what a wallet reads is what was asked for."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from earnest.chains import PaymentUrlInvalid
from earnest.chains.solana import Mint, PaymentRequest, parse_pay_url, pay_url
from earnest.kit.money import Asset, Money

USDC = Mint("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")
MINTS = {Asset.USDC: USDC}
WALLET = "mvines9iiHiQTysrwkJjGf2gb9Ex9jXJX8ns3qwf2kN"

keys = st.binary(min_size=32, max_size=32).map(lambda raw: str(Pubkey(raw)))
texts = st.none() | st.text(min_size=1, max_size=60)
requests = st.builds(
    PaymentRequest,
    recipient=keys,
    money=st.builds(Money, st.integers(1, 2**64 - 1), st.sampled_from([Asset.SOL, Asset.USDC])),
    references=st.lists(keys, max_size=4).map(tuple),
    label=texts,
    message=texts,
    memo=texts,
)


@given(request=requests)
def test_link_reads_back_exactly(request: PaymentRequest) -> None:
    """Any request survives the way into a link and back, amount, texts and all."""
    try:
        url = pay_url(request, MINTS)
    except UnicodeEncodeError:
        # A lone surrogate is no text that could be sent anywhere.
        return
    assert url.isascii()
    assert " " not in url
    assert "+" not in url
    assert parse_pay_url(url, MINTS) == request


@given(request=requests)
def test_amount_is_a_plain_exact_decimal(request: PaymentRequest) -> None:
    """The specification's amount: a digit before the point, no exponent, nothing rounded."""
    try:
        url = pay_url(request, MINTS)
    except UnicodeEncodeError:
        return
    (amount,) = parse_qs(urlsplit(url).query)["amount"]
    assert not amount.startswith(".")
    assert "e" not in amount.lower()
    assert Decimal(amount).scaleb(request.money.asset.decimals) == request.money.amount_minor


def test_links_of_the_specification() -> None:
    """The specification's own examples, field for field."""
    sol = PaymentRequest(
        WALLET,
        Money(1_000_000_000, Asset.SOL),
        (),
        "Michael",
        "Thanks for all the fish",
        "OrderId12345",
    )
    assert pay_url(sol, MINTS) == (
        f"solana:{WALLET}?amount=1&label=Michael"
        "&message=Thanks%20for%20all%20the%20fish&memo=OrderId12345"
    )
    usdc = PaymentRequest(WALLET, Money(10_000, Asset.USDC))
    assert pay_url(usdc, MINTS) == f"solana:{WALLET}?amount=0.01&spl-token={USDC.address}"


@pytest.mark.parametrize(
    "url",
    [
        f"bitcoin:{WALLET}?amount=1",
        f"solana:{WALLET}",
        f"solana:{WALLET}?amount=",
        f"solana:{WALLET}?amount=.5",
        f"solana:{WALLET}?amount=01",
        f"solana:{WALLET}?amount=1e3",
        f"solana:{WALLET}?amount=-1",
        f"solana:{WALLET}?amount=NaN",
        f"solana:{WALLET}?amount=0.1234567891",
        f"solana:{WALLET}?amount=0.1234567&spl-token={USDC.address}",
        f"solana:{WALLET}?amount=1&amount=2",
        f"solana:{WALLET}?amount=1&spl-token={WALLET}",
        f"solana:{WALLET}?amount=1&reference=abc",
        "solana:abc?amount=1",
        f"solana:{WALLET}?amount=\u0661",
    ],
)
def test_what_is_no_payment_link(url: str) -> None:
    """What is not plain and complete is refused, never guessed at."""
    with pytest.raises(PaymentUrlInvalid):
        parse_pay_url(url, MINTS)
