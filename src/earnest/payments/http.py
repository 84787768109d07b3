"""The page of an order: open to whoever knows its 128-bit id."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

from earnest.kit.money import Asset
from earnest.kit.parts import GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.qr import QR_MEDIA_TYPE, qr_response
from earnest.kit.settings import Settings
from earnest.kit.wire import AmountMinor, Wire
from earnest.payments.service import Order, OrderStatus, find_order, payment_link


class OrderAnswer(Wire, frozen=True):
    """An order. `amountMinor` includes `feeMinor`; `payUrl` asks for what is still missing.

    `receivedMinor` is all that came with its reference; `returnedMinor`, of that, what became the
    owner's balance because it bought nothing. A payment that was seen at `seenAt`, in `seenSlot`,
    is final once the chain is final up to there; it is, up to `finalSlot`.
    """

    id: UUID
    reference: str
    recipient: str
    amount_minor: AmountMinor
    fee_minor: AmountMinor
    asset: Asset
    pay_url: str
    qr_url: str
    expires_at: datetime
    status: OrderStatus
    received_minor: AmountMinor
    returned_minor: AmountMinor
    paid_by: list[str]
    seen_tx: str | None
    seen_slot: int | None
    seen_at: datetime | None
    final_slot: int | None
    final_at: datetime | None


def show_order(order: Order, settings: Settings) -> OrderAnswer:
    """An order as the API shows it."""
    return OrderAnswer(
        id=order.id,
        reference=order.reference,
        recipient=order.recipient,
        amount_minor=str(order.amount_minor),
        fee_minor=str(order.fee_minor),
        asset=order.asset,
        pay_url=payment_link(order, settings),
        qr_url=f"{settings.public_url.rstrip('/')}/api/orders/{order.id}/qr.svg",
        expires_at=order.expires_at,
        status=order.status,
        received_minor=str(order.received_minor),
        returned_minor=str(order.returned_minor),
        paid_by=order.paid_by,
        seen_tx=order.seen_tx,
        seen_slot=order.seen_slot,
        seen_at=order.seen_at,
        final_slot=order.followed_slot,
        final_at=order.final_at,
    )


class OrderController(Controller):
    """Orders are read here; they are made by what they pay for."""

    path = "/api/orders"
    tags = ("orders",)

    @get("/{order_id:uuid}", summary="Where an order stands", responses=answers(400, 404, 503))
    async def show(
        self, order_id: FromPath[UUID], database: GivenDatabase, settings: GivenSettings
    ) -> Response[OrderAnswer]:
        """Anybody who has the id may look, and anybody may pay."""
        async with database.connection() as db:
            order = await find_order(db, order_id)
        return Response(show_order(order, settings), headers={"Cache-Control": "no-store"})

    @get(
        "/{order_id:uuid}/qr.svg",
        summary="The payment link as a QR code",
        responses=answers(400, 404, 503),
        media_type=QR_MEDIA_TYPE,
    )
    async def qr(
        self, order_id: FromPath[UUID], database: GivenDatabase, settings: GivenSettings
    ) -> Response[bytes]:
        """SVG, dark on white with a quiet zone, so that every phone reads it in both themes."""
        async with database.connection() as db:
            order = await find_order(db, order_id)
        return qr_response(payment_link(order, settings))


ROUTES: list[Any] = [OrderController]
