"""What an operator reads and decides about money that is nobody's, and about solvency's past."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from earnest import audit
from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.chains.store import ChainCursor, cursor_of
from earnest.kit.db import Connection
from earnest.kit.errors import InvalidInput
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.money import Asset, Chain
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import AmountMinor, Body, Wire
from earnest.treasury import suspense
from earnest.treasury.errors import SuspenseUnknown
from earnest.treasury.solvency import (
    AccountCheck,
    AssetTotal,
    KeptCheck,
    count_checks,
    list_checks,
)
from earnest.treasury.suspense import SuspenseCase

NOTE_LENGTH_MAX = 500
_NO_STORE = {"Cache-Control": "no-store"}
_WITH_OPERATOR = {"principal": Provide(require_operator)}
_Id = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]


class _Position(msgspec.Struct, frozen=True, array_like=True):
    at: datetime
    id: UUID


class SuspenseState(StrEnum):
    """Whether somebody has decided."""

    WAITING = "waiting"
    SETTLED = "settled"


_Wanted = Annotated[
    SuspenseState,
    QueryParameter(
        name="state",
        description="`waiting`, the oldest first; `settled`, the latest decision first.",
    ),
]


class SettlementAnswer(Wire, frozen=True):
    """To whom it was given, who decided it and why. `transferId` is the ledger's posting."""

    account_id: UUID
    settled_by: str
    note: str
    settled_at: datetime
    transfer_id: UUID


class SuspenseAnswer(Wire, frozen=True):
    """Money that arrived and was nobody's. `reason` is a code; `id` is also the ledger's posting.
    `payerAccountId`: the account here that the paying wallet belongs to, null when none does."""

    id: UUID
    chain: Chain
    chain_tx: str
    asset: Asset
    amount_minor: AmountMinor
    payer: str | None
    payer_account_id: UUID | None
    reason: str
    noted_at: datetime
    settlement: SettlementAnswer | None


class SumAnswer(Wire, frozen=True):
    """What waits in one asset, all of it."""

    asset: Asset
    amount_minor: AmountMinor


class SuspensePage(Wire, frozen=True):
    """A page of items, and what waits in all, by the ledger."""

    waiting: list[SumAnswer]
    items: list[SuspenseAnswer]
    next_cursor: str | None


class SettleBody(Body, frozen=True):
    """To whose balance the money goes, and why; the reason is kept."""

    account_id: UUID
    note: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=NOTE_LENGTH_MAX, description="Why it is theirs, for others."
        ),
    ]


def _show(case: SuspenseCase) -> SuspenseAnswer:
    item, end = case.item, case.settlement
    return SuspenseAnswer(
        id=item.id,
        chain=item.chain,
        chain_tx=item.tx_id,
        asset=item.asset,
        amount_minor=str(item.amount_minor),
        payer=item.payer,
        payer_account_id=case.payer_account,
        reason=item.reason,
        noted_at=item.noted_at,
        settlement=None
        if end is None
        else SettlementAnswer(
            account_id=end.credited_to,
            settled_by=end.settled_by,
            note=end.note,
            settled_at=end.settled_at,
            transfer_id=end.transfer_id,
        ),
    )


def _position(case: SuspenseCase) -> _Position:
    at = case.settlement.settled_at if case.settlement else case.item.noted_at
    return _Position(at, case.item.id)


class SuspenseController(Controller):
    """Payments that no order explains."""

    path = "/api/admin/suspense"
    tags = ("suspense",)
    dependencies = _WITH_OPERATOR
    security = SECURITY

    @get("/", summary="Unmatched payments", responses=answers(400, 401, 403, 503))
    async def list_items(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
        wanted: _Wanted = SuspenseState.WAITING,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[SuspensePage]:
        """For operators: what arrived and bought nothing, with why it is nobody's."""
        place = decode_cursor(cursor, _Position) if cursor else None
        position = (place.at, place.id) if place else None
        async with database.connection() as db:
            if wanted is SuspenseState.WAITING:
                found = await suspense.list_waiting(db, after=position, limit=limit + 1)
            else:
                found = await suspense.list_settled(db, before=position, limit=limit + 1)
            sums = await suspense.sums_waiting(db)
        page, following = cut_page(found, limit, _position)
        answer = SuspensePage(
            waiting=[SumAnswer(asset=s.asset, amount_minor=str(s.amount_minor)) for s in sums],
            items=[_show(case) for case in page],
            next_cursor=following,
        )
        return Response(answer, headers=_NO_STORE)

    @get(
        "/{suspense_id:uuid}",
        summary="An unmatched payment",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def show(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        suspense_id: FromPath[UUID],
    ) -> Response[SuspenseAnswer]:
        """For operators: one item, and what was decided about it."""
        async with database.connection() as db:
            return Response(_show(await _require(db, suspense_id)), headers=_NO_STORE)

    @post(
        "/{suspense_id:uuid}/settlement",
        status_code=200,
        summary="Give an unmatched payment to an account",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 503),
    )
    async def settle(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        suspense_id: FromPath[UUID],
        data: JSONBody[SettleBody],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[SuspenseAnswer]:
        """All of it becomes that account's available balance, once. It cannot be taken back.
        409 `suspense_settled` names who was first."""
        note = data.note.strip()
        if not note:
            raise InvalidInput(reason="note: say why it is theirs; the reason is kept.")

        async def work(db_tx: Connection) -> SuspenseAnswer:
            await suspense.settle_suspense(
                db_tx,
                suspense_id,
                credit_to=data.account_id,
                decided_by=principal.address,
                note=note,
            )
            settled = await _require(db_tx, suspense_id)
            await audit.record(
                db_tx,
                by=principal.account_id,
                act="suspense_settle",
                subject=f"suspense:{suspense_id}",
                note=note,
                facts={
                    "accountId": str(data.account_id),
                    "asset": settled.item.asset.value,
                    "amountMinor": str(settled.item.amount_minor),
                    "chainTx": settled.item.tx_id,
                },
            )
            return _show(settled)

        answer = await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=f"POST /api/admin/suspense/{suspense_id}/settlement",
            body=data,
            answer=SuspenseAnswer,
        )
        return Response(answer, headers=_NO_STORE)


async def _require(db: Connection, suspense_id: UUID) -> SuspenseCase:
    case = await suspense.find_suspense(db, suspense_id)
    if case is None:
        raise SuspenseUnknown(suspenseId=suspense_id)
    return case


class SolvencyCheckAnswer(Wire, frozen=True):
    """One comparison of ledger and chain at a finalized slot, address by address."""

    id: int
    chain: Chain
    slot: int
    solvent: bool
    accounts: list[AccountCheck]
    totals: list[AssetTotal]
    checked_at: datetime


class HaltedChain(Wire, frozen=True):
    """A chain that is not followed any further until a person has looked, and why."""

    chain: Chain
    reason: str
    at: datetime | None


class SolvencyHistoryAnswer(Wire, frozen=True):
    """Comparisons, the newest first. `kept` of them are there in all, since `keptSince`;
    `differing` of those did not agree."""

    kept: int
    kept_since: datetime | None
    differing: int
    halted: list[HaltedChain]
    items: list[SolvencyCheckAnswer]
    next_cursor: str | None


_Differing = Annotated[
    bool, QueryParameter(description="Only those in which ledger and chain were not equal.")
]


@get(
    "/api/admin/solvency",
    summary="Ledger against chain, check by check",
    tags=["solvency"],
    security=SECURITY,
    dependencies=_WITH_OPERATOR,
    responses=answers(400, 401, 403, 503),
)
async def list_solvency(
    principal: CurrentPrincipal,  # noqa: ARG001 - having one is what is asked
    database: GivenDatabase,
    differing: _Differing = False,  # noqa: FBT002 - read from the query
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Response[SolvencyHistoryAnswer]:
    """For operators: the last 10,000 comparisons are kept."""
    before = decode_cursor(cursor, _Id) if cursor else None
    async with database.connection() as db:
        found = await list_checks(db, differing=differing, before_id=before, limit=limit + 1)
        counts = await count_checks(db)
        cursors = [await cursor_of(db, chain) for chain in (Chain.SOLANA, Chain.STACKS)]
    page, following = cut_page(found, limit, lambda last: last.id)
    answer = SolvencyHistoryAnswer(
        kept=counts.kept,
        kept_since=counts.since,
        differing=counts.differing,
        halted=[_show_halt(each) for each in cursors if each.halted_reason],
        items=[_show_check(each) for each in page],
        next_cursor=following,
    )
    return Response(answer, headers=_NO_STORE)


def _show_halt(cursor: ChainCursor) -> HaltedChain:
    return HaltedChain(chain=cursor.chain, reason=cursor.halted_reason or "", at=cursor.halted_at)


def _show_check(kept: KeptCheck) -> SolvencyCheckAnswer:
    check = kept.check
    return SolvencyCheckAnswer(
        id=kept.id,
        chain=check.chain,
        slot=check.slot,
        solvent=check.solvent,
        accounts=check.accounts,
        totals=check.totals,
        checked_at=kept.checked_at,
    )


ROUTES: list[Any] = [SuspenseController, list_solvency]
