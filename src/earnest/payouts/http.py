"""Routes of payouts: to the wallet of the session, and to no other."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, SkipValidation

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.chains.solana import mints_of
from earnest.kit.db import Connection
from earnest.kit.idempotency import IdempotencyKey, answered, once
from earnest.kit.limits import limit_account
from earnest.kit.money import Asset, Money
from earnest.kit.paging import Cursor, CursorUnknown, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Network, Settings
from earnest.kit.wire import AmountMinor, Body, Page, PositiveAmountMinor, Wire
from earnest.payouts import http_desk, store
from earnest.payouts.rules import PayoutStatus
from earnest.payouts.service import (
    RecipientView,
    check_request,
    look_at_recipient,
    record_request,
    show_payout,
)
from earnest.payouts.store import Payout

_NO_STORE = {"Cache-Control": "no-store"}
_WITH_PRINCIPAL = {"principal": Provide(require_principal)}
_ROUTE = "POST /api/payouts"
_SEQ_MAX = 2**63 - 1
EXPLORER = "https://explorer.solana.com/tx/"
_CLUSTERS = {Network.MAINNET: None, Network.DEVNET: "devnet", Network.TESTNET: "testnet"}


class PayoutBody(Body, frozen=True):
    """How much of which asset. It goes to the wallet that you signed in with."""

    asset: Asset
    amount_minor: PositiveAmountMinor


class StepAnswer(Wire, frozen=True):
    """A status and since when. An expired chain_tx leads back to `requested`."""

    status: PayoutStatus
    at: datetime
    chain_tx: str | None


class FailureAnswer(Wire, frozen=True):
    """Why a payout was not made. Its amount is in the balance again."""

    code: str
    detail: str


class PayoutAnswer(Wire, frozen=True):
    """A payout. Only `final` cannot be undone.

    `rentMinor`, in lamports, is what opening your token account costs; the house pays it, and
    you receive the whole amount.
    """

    id: UUID
    asset: Asset
    amount_minor: AmountMinor
    address: str
    status: PayoutStatus
    chain_tx: str | None
    explorer_url: str | None
    failure: FailureAnswer | None
    rent_minor: AmountMinor | None
    waiting_for: str | None
    history: list[StepAnswer]
    requested_at: datetime
    final_at: datetime | None


def explorer_url(chain_tx: str | None, network: Network) -> str | None:
    """Where anybody can look the chain_tx up; nowhere for a local chain."""
    if chain_tx is None or network not in _CLUSTERS:
        return None
    cluster = _CLUSTERS[network]
    return EXPLORER + chain_tx + (f"?{urlencode({'cluster': cluster})}" if cluster else "")


def show(payout: Payout, settings: Settings) -> PayoutAnswer:
    """A payout as the API shows it."""
    failure = None
    if payout.failure_code is not None:
        failure = FailureAnswer(code=payout.failure_code, detail=payout.failure_detail or "")
    finals = [step.at for step in payout.steps if step.status is PayoutStatus.FINAL]
    return PayoutAnswer(
        id=payout.id,
        asset=payout.money.asset,
        amount_minor=str(payout.money.amount_minor),
        address=payout.address,
        status=payout.status,
        chain_tx=payout.chain_tx,
        explorer_url=explorer_url(payout.chain_tx, settings.network),
        failure=failure,
        rent_minor=None if payout.rent_minor is None else str(payout.rent_minor),
        waiting_for=payout.waiting_for,
        history=[
            StepAnswer(status=step.status, at=step.at, chain_tx=step.chain_tx)
            for step in payout.steps
        ],
        requested_at=payout.requested_at,
        final_at=finals[-1] if finals else None,
    )


class PayoutController(Controller):
    """One's own payouts."""

    path = "/api/payouts"
    tags = ("payouts",)
    dependencies = _WITH_PRINCIPAL
    security = SECURITY

    @post(
        "/",
        status_code=202,
        summary="Take balance out to my wallet",
        responses=answers(400, 401, 409, 413, 415, 429, 503),
    )
    async def ask(
        self,
        data: JSONBody[PayoutBody],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        solana: NamedDependency[SkipValidation[RecipientView]],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[PayoutAnswer]:
        """The amount is held at once, and leaves the balance when the chain_tx is final."""
        await limit_account(
            database, "payouts", principal.account_id, most=settings.payouts_per_minute_max
        )
        body = (data, principal.address)
        before = await answered(
            database,
            key=idempotency_key,
            account_id=principal.account_id,
            route=_ROUTE,
            body=body,
            answer=PayoutAnswer,
        )
        if before is not None:
            return Response(before, status_code=202, headers=_NO_STORE)
        money = Money(int(data.amount_minor), data.asset)
        check_request(principal, money, settings)
        # Before the db_tx: nothing is locked while a node is asked. The simulation looks again.
        rent_minor = await look_at_recipient(solana, principal.address, money, mints_of(settings))

        async def work(db_tx: Connection) -> PayoutAnswer:
            payout = await record_request(
                db_tx, principal, money, rent_minor=rent_minor, now=clock.now()
            )
            return show(payout, settings)

        answer = await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=_ROUTE,
            body=body,
            answer=PayoutAnswer,
        )
        return Response(answer, status_code=202, headers=_NO_STORE)

    @get("/", summary="My payouts", responses=answers(400, 401, 503))
    async def list_mine(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[Page[PayoutAnswer]]:
        """Newest first."""
        before_seq = decode_cursor(cursor, int) if cursor else None
        if before_seq is not None and not 0 < before_seq <= _SEQ_MAX:
            raise CursorUnknown
        async with database.connection() as db:
            found = await store.payouts_of(
                db, principal.account_id, before_seq=before_seq, limit=limit + 1
            )
        page, following = cut_page(found, limit, lambda last: last.seq)
        answer = Page(items=[show(payout, settings) for payout in page], next_cursor=following)
        return Response(answer, headers=_NO_STORE)

    @get(
        "/{payout_id:uuid}", summary="Where a payout stands", responses=answers(400, 401, 404, 503)
    )
    async def show_one(
        self,
        payout_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> Response[PayoutAnswer]:
        """One of one's own; others' are not found."""
        payout = await show_payout(database, payout_id, principal.account_id)
        return Response(show(payout, settings), headers=_NO_STORE)


ROUTES: list[Any] = [PayoutController, *http_desk.ROUTES]
