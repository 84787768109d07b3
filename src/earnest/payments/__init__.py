"""Orders: a price, a fee, a fresh reference; paid when the chain says so."""

from earnest.payments.errors import AssetNotOffered, OrderNotFinal, OrderTooLarge
from earnest.payments.http import ROUTES, OrderAnswer, show_order
from earnest.payments.service import (
    Order,
    OrderStatus,
    create_order,
    find_order,
    forget_vanished,
    lapse_orders,
    note_seen,
    offered_assets,
    payment_link,
    reactor,
)

__all__ = [
    "ROUTES",
    "AssetNotOffered",
    "Order",
    "OrderAnswer",
    "OrderNotFinal",
    "OrderStatus",
    "OrderTooLarge",
    "create_order",
    "find_order",
    "forget_vanished",
    "lapse_orders",
    "note_seen",
    "offered_assets",
    "payment_link",
    "reactor",
    "show_order",
]
