"""Orders: made with a fresh reference, moved by final deposits alone."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import base58
import msgspec
import structlog

from earnest.chains.solana import PaymentRequest, mints_of, pay_url
from earnest.kit.db import Connection, Database
from earnest.kit.errors import NotFound
from earnest.kit.events import Event, Reactor
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain, Money
from earnest.kit.settings import Settings
from earnest.payments.errors import AssetNotOffered, OrderTooLarge
from earnest.treasury import register_reference

log = structlog.get_logger(__name__)

# What a 64-bit signed integer holds: chains and wallets count no further.
AMOUNT_MINOR_MAX = 2**63 - 1


class OrderStatus(StrEnum):
    """Where an order stands; README.md of this folder draws the moves."""

    AWAITING = "awaiting"
    SEEN = "seen"
    UNDERPAID = "underpaid"
    FINAL = "final"
    SETTLED = "settled"
    OVERPAID = "overpaid"
    LATE = "late"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Order(msgspec.Struct, frozen=True):
    """An order. Amounts in minor units of `asset`; `amount_minor` includes `fee_minor`.

    `followed_slot` is how far its chain is followed as final.
    """

    id: UUID
    owner: UUID
    subject: str
    reference: str
    recipient: str
    asset: Asset
    amount_minor: int
    fee_minor: int
    label: str
    status: OrderStatus
    in_time_minor: int
    received_minor: int
    returned_minor: int
    paid_by: list[str]
    seen_tx: str | None
    seen_slot: int | None
    seen_at: datetime | None
    followed_slot: int | None
    created_at: datetime
    expires_at: datetime
    final_at: datetime | None
    ended_at: datetime | None


def offered_assets(settings: Settings) -> list[Asset]:
    """The assets in which orders can be paid with this configuration."""
    return [Asset.SOL, Asset.USDC] if settings.solana_usdc_mint else [Asset.SOL]


def payment_link(order: Order, settings: Settings) -> str:
    """The Solana Pay link of an order, for what is still missing of it."""
    # Nothing is missing of a paid one: then the link says what it was made for.
    missing = order.amount_minor - order.in_time_minor
    asked = missing if missing > 0 else order.amount_minor
    request = PaymentRequest(
        recipient=order.recipient,
        money=Money(asked, order.asset),
        references=(order.reference,),
        label="Earnest",
        message=order.label,
    )
    return pay_url(request, mints_of(settings))


async def create_order(
    db_tx: Connection,
    settings: Settings,
    *,
    owner: UUID,
    subject: str,
    label: str,
    price: Money,
    now: datetime,
) -> Order:
    """An order over `price` and the fee on it, with a reference of its own.

    Raises `AssetNotOffered` or `OrderTooLarge`.
    """
    offered = offered_assets(settings)
    if price.asset not in offered:
        raise AssetNotOffered(asset=price.asset, offered=", ".join(offered))
    fee = price.fee(settings.fee_bps)
    amount = price + fee
    if amount.amount_minor > AMOUNT_MINOR_MAX:
        raise OrderTooLarge(
            asset=price.asset,
            amountMinor=str(amount.amount_minor),
            amountMinorMax=str(AMOUNT_MINOR_MAX),
        )
    order_id = new_id()
    # Any 32 bytes serve as a reference; random ones are found by nobody before they are used.
    reference = base58.b58encode(secrets.token_bytes(32)).decode()
    await db_tx.execute(
        "INSERT INTO orders (id, owner, subject, chain, reference, recipient, asset, amount, fee,"
        " label, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        order_id,
        owner,
        subject,
        price.asset.chain.value,
        reference,
        settings.solana_treasury,
        price.asset.value,
        amount.amount_minor,
        fee.amount_minor,
        label,
        now,
        now + timedelta(seconds=settings.order_ttl_s),
    )
    await register_reference(db_tx, price.asset, reference, order_id)
    return await find_order(db_tx, order_id)


async def find_order(db: Connection, order_id: UUID) -> Order:
    """The order of that id; raises `NotFound`."""
    row = await db.fetchrow(f"{_SELECT} WHERE id = $1", order_id)
    if row is None:
        raise NotFound(what="order")
    return msgspec.convert(
        {
            **dict(row),
            "amount_minor": int(row["amount"]),
            "fee_minor": int(row["fee"]),
            "in_time_minor": int(row["in_time"]),
            "received_minor": int(row["received"]),
            "returned_minor": int(row["returned"]),
        },
        Order,
    )


_SELECT = (
    "SELECT id, owner, subject, reference, recipient, asset, amount, fee, label, status, in_time,"
    " received, returned, paid_by, seen_tx, seen_slot, seen_at, created_at, expires_at, final_at,"
    " ended_at,"
    " (SELECT c.followed_slot FROM chain_cursors c WHERE c.chain = orders.chain) AS followed_slot"
    " FROM orders"
)


async def _on_deposit(db_tx: Connection, event: Event) -> None:
    status = await db_tx.fetchval(
        "SELECT payments_receive($1, $2)",
        UUID(event.data["purposeId"]),
        UUID(event.data["depositId"]),
    )
    log.info(
        "order_deposit_counted",
        order=event.data["purposeId"],
        chain_tx=event.data["txId"],
        amount_minor=event.data["amountMinor"],
        status=status,
    )


def reactor() -> Reactor:
    """Counts each final deposit to its order, once."""
    return Reactor("payments", {"deposit_received": _on_deposit})


async def lapse_orders(database: Database, chain: Chain, followed_until: datetime) -> int:
    """Ends orders that were not paid in time; returns how many.

    `followed_until` is a block time. Everything final up to it must have been posted and counted.
    """
    ended = await database.fetchval("SELECT payments_lapse($1, $2)", chain.value, followed_until)
    return int(ended)


async def note_seen(db: Connection, chain: Chain, references: list[str], tx: str, slot: int) -> int:
    """Marks orders as seen by a chain_tx that is not final: a hint for people, no money moves."""
    tag = await db.execute(
        "UPDATE orders SET status = 'seen', seen_tx = $3, seen_slot = $4, seen_at = now()"
        " WHERE chain = $1 AND reference = ANY ($2) AND status = 'awaiting' AND ended_at IS NULL",
        chain.value,
        references,
        tx,
        slot,
    )
    return int(tag.rpartition(" ")[2])


async def forget_vanished(db: Connection, chain: Chain, followed_slot: int) -> int:
    """Takes the hint back where its chain_tx did not become final by `followed_slot`."""
    tag = await db.execute(
        "UPDATE orders SET status = 'awaiting', seen_tx = NULL, seen_slot = NULL, seen_at = NULL"
        " WHERE chain = $1 AND status = 'seen' AND seen_slot < $2",
        chain.value,
        followed_slot,
    )
    return int(tag.rpartition(" ")[2])
