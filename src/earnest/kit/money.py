"""Amounts with their asset: integers in minor units, never floats, never bare numbers."""

from enum import StrEnum
from typing import Self

import msgspec


class Chain(StrEnum):
    """A chain that Earnest knows, by the name used in addresses, orders and the chain log."""

    SOLANA = "solana"
    STACKS = "stacks"
    EVM = "evm"


class Asset(StrEnum):
    """Everything that can be owed or paid. The value is the name on the wire."""

    SOL = "SOL"
    USDC = "USDC"
    ETH = "ETH"
    STX = "STX"
    SBTC = "sBTC"

    @property
    def decimals(self) -> int:
        """How many decimal places one whole unit has: 1 SOL = 10**9 lamports."""
        return _DECIMALS[self]

    @property
    def chain(self) -> Chain:
        """The chain that carries the asset."""
        return _CHAINS[self]


_DECIMALS = {Asset.SOL: 9, Asset.USDC: 6, Asset.ETH: 18, Asset.STX: 6, Asset.SBTC: 8}
_CHAINS = {
    Asset.SOL: Chain.SOLANA,
    Asset.USDC: Chain.SOLANA,
    Asset.ETH: Chain.EVM,
    Asset.STX: Chain.STACKS,
    Asset.SBTC: Chain.STACKS,
}
# Places shown even when they are zero (design: at least four for SOL, two for STX).
_DECIMALS_SHOWN_MIN = {Asset.SOL: 4, Asset.USDC: 2, Asset.ETH: 4, Asset.STX: 2, Asset.SBTC: 4}

_MINUS = "\u2212"
_NO_BREAK_SPACE = "\u00a0"
BASIS_POINTS = 10_000


class AssetsDiffer(TypeError):
    """Two amounts of different assets met in one sum."""


class Money(msgspec.Struct, frozen=True, order=False):
    """`amount_minor` minor units of `asset`. Sums of different assets raise `AssetsDiffer`."""

    amount_minor: int
    asset: Asset

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"amount_minor is {type(self.amount_minor).__name__}, not int")

    def _same(self, other: Self) -> int:
        if self.asset is not other.asset:
            raise AssetsDiffer(f"{self.asset} and {other.asset}")
        return other.amount_minor

    def __add__(self, other: Self) -> "Money":
        return Money(self.amount_minor + self._same(other), self.asset)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.amount_minor - self._same(other), self.asset)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount_minor * count, self.asset)

    def __lt__(self, other: Self) -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount_minor <= self._same(other)

    def fee(self, basis_points: int) -> "Money":
        """The fee on this amount, in the same asset, rounded up to the next minor unit.

        `basis_points` are hundredths of a percent. A price of 1 at 500 gives 1; 0 gives 0.
        """
        return Money(-(-self.amount_minor * basis_points // BASIS_POINTS), self.asset)

    def decimal(self) -> str:
        """The exact amount in whole units with a point and no trailing zeros: `"0.105"`.

        Used where a protocol wants decimals (Solana Pay); never goes through a float.
        """
        sign = "-" if self.amount_minor < 0 else ""
        digits = str(abs(self.amount_minor)).rjust(self.asset.decimals + 1, "0")
        whole, part = digits[: -self.asset.decimals], digits[-self.asset.decimals :].rstrip("0")
        return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"

    def __str__(self) -> str:
        """For people: figure, no-break space, unit; exact, with a true minus sign."""
        text = self.decimal().removeprefix("-")
        whole, _, part = text.partition(".")
        part = part.ljust(_DECIMALS_SHOWN_MIN[self.asset], "0")
        sign = _MINUS if self.amount_minor < 0 else ""
        return f"{sign}{whole}.{part}{_NO_BREAK_SPACE}{self.asset}"
