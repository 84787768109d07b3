"""One's own balance, and the public proof that it is backed."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, Response, get
from litestar.di import Provide
from litestar.params import FromQuery, QueryParameter

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.chains.store import cursor_of
from earnest.kit.money import Asset, Chain
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import AmountMinor, Page, Wire
from earnest.ledger import available_account, balances_of, days_of, history_of
from earnest.treasury.errors import ZoneUnknown
from earnest.treasury.solvency import AccountCheck, AssetTotal, latest_check

_NO_STORE = {"Cache-Control": "no-store"}
_WITH_PRINCIPAL = {"principal": Provide(require_principal)}
_VOTES = "vote_earned"
_Zone = Annotated[
    str,
    QueryParameter(
        pattern=r"^[A-Za-z0-9_+/-]{1,64}$", description="The reader's zone, as `Europe/Berlin`."
    ),
]
_Days = Annotated[int, QueryParameter(ge=1, le=31, description="How many days, with today.")]
_Version = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]


class ChainSolvency(Wire, frozen=True):
    """One chain's latest comparison; `followedSlot` is how far the ledger is by now."""

    chain: Chain
    slot: int | None
    followed_slot: int | None
    accounts: list[AccountCheck]
    totals: list[AssetTotal]
    checked_at: datetime | None


class SolvencyAnswer(Wire, frozen=True):
    """`solvent` is null until a first comparison has been made."""

    solvent: bool | None
    chains: list[ChainSolvency]


class SolvencyController(Controller):
    """Ledger = chain, for anybody to see."""

    path = "/api/solvency"
    tags = ("solvency",)

    @get("/", summary="Ledger against chain", responses=answers(503))
    async def show(self, database: GivenDatabase) -> Response[SolvencyAnswer]:
        """The latest comparison at one finalized slot, made continuously."""
        async with database.connection() as db:
            check = await latest_check(db, Chain.SOLANA)
            cursor = await cursor_of(db, Chain.SOLANA)
        chain = ChainSolvency(
            chain=Chain.SOLANA,
            slot=check.slot if check else None,
            followed_slot=cursor.followed_slot,
            accounts=check.accounts if check else [],
            totals=check.totals if check else [],
            checked_at=check.checked_at if check else None,
        )
        return Response(
            SolvencyAnswer(solvent=check.solvent if check else None, chains=[chain]),
            headers={"Cache-Control": "public, max-age=1"},
        )


class BalanceAnswer(Wire, frozen=True):
    """What is yours in one asset. `lockedMinor` is held for payouts under way."""

    asset: Asset
    available_minor: AmountMinor
    locked_minor: AmountMinor


class EntryAnswer(Wire, frozen=True):
    """One line of your balance: what moved it, which way, and what it was after."""

    transfer_id: UUID
    kind: str
    subject: str
    direction: Literal["in", "out"]
    amount_minor: AmountMinor
    balance_minor: AmountMinor
    at: datetime


class DayAnswer(Wire, frozen=True):
    """A day of the reader's zone: how many votes, in how many tasks, and what they earned."""

    day: date
    votes: int
    tasks: int
    earned_minor: AmountMinor


class BalanceController(Controller):
    """Balances, from the ledger."""

    path = "/api/balance"
    tags = ("balance",)
    dependencies = _WITH_PRINCIPAL
    security = SECURITY

    @get("/", summary="My balance", responses=answers(401, 503))
    async def show(
        self, principal: CurrentPrincipal, database: GivenDatabase
    ) -> Response[Page[BalanceAnswer]]:
        """One item for each asset that you ever had."""
        async with database.connection() as db:
            found = await balances_of(db, principal.account_id)
        items = [
            BalanceAnswer(
                asset=each.asset,
                available_minor=str(each.available_minor),
                locked_minor=str(each.locked_minor),
            )
            for each in found
        ]
        return Response(Page(items=items), headers=_NO_STORE)

    @get("/entries", summary="How my balance came about", responses=answers(400, 401, 503))
    async def entries(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        asset: FromQuery[Asset],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Response[Page[EntryAnswer]]:
        """Every entry of the ledger's account, newest first."""
        before = decode_cursor(cursor, _Version) if cursor else None
        async with database.connection() as db:
            account = await available_account(db, principal.account_id, asset)
            found = (
                await history_of(db, account, before_version=before, limit=limit + 1)
                if account is not None
                else []
            )
        page, following = cut_page(found, limit, lambda last: last.version)
        items = [
            EntryAnswer(
                transfer_id=entry.transfer_id,
                kind=entry.kind,
                subject=entry.subject,
                direction="in" if entry.side == "credit" else "out",
                amount_minor=str(entry.amount_minor),
                balance_minor=str(entry.balance_minor),
                at=entry.posted_at,
            )
            for entry in page
        ]
        return Response(Page(items=items, next_cursor=following), headers=_NO_STORE)

    @get("/days", summary="What my votes earned, day by day", responses=answers(400, 401, 503))
    async def days(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        asset: FromQuery[Asset],
        zone: _Zone = "UTC",
        days: _Days = 14,
    ) -> Response[Page[DayAnswer]]:
        """Newest first; a day without a vote is left out."""
        async with database.connection() as db:
            account = await available_account(db, principal.account_id, asset)
            try:
                found = (
                    await days_of(db, account, kind=_VOTES, zone=zone, now=clock.now(), days=days)
                    if account is not None
                    else []
                )
            except asyncpg.InvalidParameterValueError as error:
                raise ZoneUnknown(zone=zone) from error
        items = [
            DayAnswer(
                day=each.day,
                votes=each.entries,
                tasks=each.subjects,
                earned_minor=str(each.amount_minor),
            )
            for each in found
        ]
        return Response(Page(items=items), headers=_NO_STORE)


ROUTES: list[Any] = [BalanceController, SolvencyController]
