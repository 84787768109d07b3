"""Money: integers with their asset, fees rounded up, texts that are exact."""

from decimal import ROUND_CEILING, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.kit.money import Asset, AssetsDiffer, Money

amounts = st.integers(min_value=-(10**30), max_value=10**30)
assets = st.sampled_from(Asset)


@pytest.mark.parametrize(
    ("amount_minor", "basis_points", "fee_minor"),
    [(0, 500, 0), (1, 500, 1), (20, 500, 1), (21, 500, 2), (1_000, 500, 50), (7, 0, 0),
     (1, 10_000, 1), (105_000_001, 250, 2_625_001)],
)  # fmt: skip
def test_fee_is_rounded_up(amount_minor: int, basis_points: int, fee_minor: int) -> None:
    """The worked table of the fee: always up to the next minor unit."""
    assert Money(amount_minor, Asset.SOL).fee(basis_points) == Money(fee_minor, Asset.SOL)


@given(st.integers(min_value=0, max_value=10**30), st.integers(min_value=0, max_value=10_000))
def test_fee_equals_exact_arithmetic(amount_minor: int, basis_points: int) -> None:
    """The integer formula is the ceiling of the exact quotient, at any size."""
    # 34 digits hold 10**30 * 10**4 exactly; the default context of 28 would not.
    wide = Context(prec=34)
    exact = Decimal(amount_minor * basis_points).scaleb(-4, wide).to_integral_value(ROUND_CEILING)
    fee = Money(amount_minor, Asset.SOL).fee(basis_points)
    assert fee.amount_minor == int(exact) == -((-amount_minor * basis_points) // 10_000)


@given(amounts, amounts, assets)
def test_sums_are_exact(a: int, b: int, asset: Asset) -> None:
    """Adding and taking away is integer arithmetic."""
    assert Money(a, asset) + Money(b, asset) - Money(b, asset) == Money(a, asset)


@given(amounts, assets)
def test_decimal_text_gives_the_amount_back(amount_minor: int, asset: Asset) -> None:
    """No digit is lost on the way to whole units and back."""
    text = Money(amount_minor, asset).decimal()
    digits = text.replace("-", "")
    whole, _, part = digits.partition(".")
    assert whole
    assert not part.endswith("0")
    minor = int(whole) * 10**asset.decimals + int((part or "0").ljust(asset.decimals, "0"))
    assert (-minor if text.startswith("-") else minor) == amount_minor


@pytest.mark.parametrize(
    ("amount_minor", "asset", "shown"),
    [(105_000_000, Asset.SOL, "0.1050\u00a0SOL"), (-5_000, Asset.SOL, "\u22120.000005\u00a0SOL"),
     (1_500_000, Asset.USDC, "1.50\u00a0USDC"), (0, Asset.STX, "0.00\u00a0STX")],
)  # fmt: skip
def test_shown_to_people(amount_minor: int, asset: Asset, shown: str) -> None:
    """Figure, no-break space, unit; at least four places for SOL; exact beyond."""
    assert str(Money(amount_minor, asset)) == shown


def test_assets_never_mix() -> None:
    """Two assets in one sum are an error, not a number."""
    with pytest.raises(AssetsDiffer):
        Money(1, Asset.SOL) + Money(1, Asset.USDC)
    with pytest.raises(AssetsDiffer):
        _ = Money(1, Asset.SOL) < Money(1, Asset.USDC)


@pytest.mark.parametrize("value", [0.1, True, "1", None])
def test_only_integers_are_amounts(value: object) -> None:
    """A float never becomes money (hole 7: `0.1 * 10**9`)."""
    with pytest.raises(TypeError):
        Money(value, Asset.SOL)  # type: ignore[arg-type]
