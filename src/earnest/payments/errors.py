"""What orders refuse."""

from earnest.kit.errors import EarnestError, Kind


class AssetNotOffered(EarnestError):
    """Payment in {asset} is not set up here. Offered: {offered}."""

    code = "asset_not_offered"
    kind = Kind.INVALID


class OrderTooLarge(EarnestError):
    """The whole would be {amountMinor} minor units of {asset}; at most {amountMinorMax} can be paid."""  # noqa: E501

    code = "order_too_large"
    kind = Kind.INVALID


class OrderNotFinal(EarnestError):
    """Order {orderId} is not final but {status}."""

    code = "order_not_final"
    kind = Kind.CONFLICT
