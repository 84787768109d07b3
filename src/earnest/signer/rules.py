"""The signer's limits. Pure: what was signed, and what time it is, are passed in."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from earnest.kit.money import Asset
from earnest.kit.settings import Settings
from earnest.signer.errors import (
    AddressLimitReached,
    HourLimitReached,
    PayoutAboveLimit,
    RecipientNotAllowed,
)
from earnest.signer.ports import Hold

HOUR_S = 3_600
DAY_S = 86_400


class AssetLimits(msgspec.Struct, frozen=True):
    """How much of one asset may be signed, in minor units."""

    payout_max_minor: int
    hour_max_minor: int
    address_day_max_minor: int


class Limits(msgspec.Struct, frozen=True):
    """All limits. An asset that is not named is never signed.

    `recipients`, where given, are the only addresses that may be paid.
    """

    by_asset: Mapping[Asset, AssetLimits]
    float_min_lamports: int
    recipients: frozenset[str] | None = None


def limits_of(settings: Settings, recipients: Iterable[str] | None = None) -> Limits:
    """The limits that the settings state."""
    return Limits(
        by_asset={
            Asset.SOL: AssetLimits(
                settings.signer_payout_max_lamports,
                settings.signer_hour_max_lamports,
                settings.signer_address_day_max_lamports,
            ),
            Asset.USDC: AssetLimits(
                settings.signer_payout_max_usdc_minor,
                settings.signer_hour_max_usdc_minor,
                settings.signer_address_day_max_usdc_minor,
            ),
        },
        float_min_lamports=settings.signer_float_min_lamports,
        recipients=None if recipients is None else frozenset(recipients),
    )


class Spent(msgspec.Struct, frozen=True):
    """What was signed already, in minor units: by asset within the hour, by address in the day."""

    hour: Mapping[Asset, int]
    address_day: Mapping[tuple[Asset, str], int]


def check_limits(holds: Sequence[Hold], limits: Limits, spent: Spent) -> None:
    """Raises the first limit that signing all of `holds` would break.

    `spent` must not contain the payouts of `holds` themselves: what is signed anew because an
    earlier signature expired counts once.
    """
    hour = dict(spent.hour)
    day = dict(spent.address_day)
    for hold in holds:
        asset, amount_minor = hold.money.asset, hold.money.amount_minor
        of_asset = limits.by_asset[asset]
        if limits.recipients is not None and hold.recipient not in limits.recipients:
            raise RecipientNotAllowed(payout_id=hold.payout_id, recipient=hold.recipient)
        if amount_minor > of_asset.payout_max_minor:
            raise PayoutAboveLimit(
                payout_id=hold.payout_id,
                asset=asset,
                amount_minor=amount_minor,
                limit_minor=of_asset.payout_max_minor,
            )
        key = (asset, hold.recipient)
        used_minor = day.get(key, 0)
        if used_minor + amount_minor > of_asset.address_day_max_minor:
            raise AddressLimitReached(
                payout_id=hold.payout_id,
                asset=asset,
                recipient=hold.recipient,
                used_minor=used_minor,
                limit_minor=of_asset.address_day_max_minor,
            )
        used_minor = hour.get(asset, 0)
        if used_minor + amount_minor > of_asset.hour_max_minor:
            raise HourLimitReached(
                asset=asset,
                amount_minor=amount_minor,
                used_minor=used_minor,
                limit_minor=of_asset.hour_max_minor,
            )
        day[key] = day.get(key, 0) + amount_minor
        hour[asset] = hour.get(asset, 0) + amount_minor
