"""The books as an operator reads them: chart of accounts, entries, transfers, verifications.

The ledger lies below accounts and knows nothing of operators, so its routes are here, at the one
domain through which money enters it.
"""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from earnest import audit
from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.jobs import enqueue, is_queued
from earnest.kit.db import Connection, Database
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.money import Asset
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor, encode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import Page
from earnest.ledger import books
from earnest.treasury.causes import chain_tx_of
from earnest.treasury.errors import LedgerAccountNotThere, TimesUnusable, TransferUnknown
from earnest.treasury.jobs import VERIFY_JOB
from earnest.treasury.shapes_ledger import (
    AskedAnswer,
    BookEntryAnswer,
    ChainTxAnswer,
    LedgerAccountAnswer,
    LedgerAnswer,
    ReplaysAnswer,
    TransferAnswer,
    show_account,
    show_checkpoint,
    show_entry,
    show_leg,
    show_trial,
    show_verification,
)

EXPORT_ENTRIES_MAX = 50_000
_EXPORT_ROWS = 1_000
_NO_STORE = {"Cache-Control": "no-store"}
_Number = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]
_Kind = Annotated[
    str,
    QueryParameter(
        pattern=r"^[a-z_]{1,40}(?!\n)$", description="What names begin with, as `order`."
    ),
]
_Asset = Annotated[Asset, QueryParameter()]
_From = Annotated[
    datetime | None, QueryParameter(name="from", description="Posted at this moment or later.")
]
_Until = Annotated[
    datetime | None, QueryParameter(name="until", description="Posted before this moment.")
]
_Order = Annotated[
    Literal["newest", "oldest"], QueryParameter(description="Which entries come first.")
]


async def _require_account(db: Connection, id: int) -> books.LedgerAccount:
    found = await books.find_account(db, id) if 0 < id < 2**62 else None
    if found is None:
        raise LedgerAccountNotThere(accountId=id)
    return found


def _check_times(since: datetime | None, until: datetime | None) -> None:
    for moment in (since, until):
        if moment is not None and moment.tzinfo is None:
            raise TimesUnusable(reason="a moment without a zone may be any hour of the day")
    if since and until and since >= until:
        raise TimesUnusable(reason="`from` is not before `until`")


class LedgerController(Controller):
    """Every account and every entry, for operators alone."""

    path = "/api/admin/ledger"
    tags = ("ledger",)
    dependencies = {"principal": Provide(require_operator)}  # noqa: RUF012
    security = SECURITY

    @get("/", summary="The ledger in sums", responses=answers(401, 403, 503))
    async def show(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
    ) -> Response[LedgerAnswer]:
        """The trial balance, asset by asset, and when all of it was last verified."""
        async with database.connection() as db:
            totals = await books.kind_totals(db)
            checkpoint = await books.newest_checkpoint(db)
            kept = await books.list_verifications(db, limit=1)
        assets = [
            show_trial(asset, [each for each in totals if each.asset is asset])
            for asset in Asset
            if any(each.asset is asset for each in totals)
        ]
        answer = LedgerAnswer(
            assets=assets,
            checkpoint=show_checkpoint(checkpoint),
            verification=show_verification(kept[0]) if kept else None,
        )
        return Response(answer, headers=_NO_STORE)

    @get("/accounts", summary="The accounts of a kind", responses=answers(400, 401, 403, 503))
    async def list_accounts(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        kind: _Kind,
        asset: _Asset,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[Page[LedgerAccountAnswer]]:
        """The newest first."""
        before = decode_cursor(cursor, _Number) if cursor else None
        async with database.connection() as db:
            found = await books.list_accounts(db, kind, asset, before_id=before, limit=limit + 1)
        page, following = cut_page(found, limit, lambda last: last.id)
        answer = Page(items=[show_account(each) for each in page], next_cursor=following)
        return Response(answer, headers=_NO_STORE)

    @get(
        "/accounts/{number:int}",
        summary="One account of the ledger",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def show_account(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        number: FromPath[int],
    ) -> Response[LedgerAccountAnswer]:
        """As it stands now."""
        async with database.connection() as db:
            found = await _require_account(db, number)
        return Response(show_account(found), headers=_NO_STORE)

    @get(
        "/accounts/{number:int}/entries",
        summary="The entries of an account",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def list_entries(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        number: FromPath[int],
        order: _Order = "newest",
        since: _From = None,
        until: _Until = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[Page[BookEntryAnswer]]:
        """From either end; a cursor belongs to its order."""
        _check_times(since, until)
        place = decode_cursor(cursor, _Number) if cursor else None
        oldest_first = order == "oldest"
        async with database.connection() as db:
            account = await _require_account(db, number)
            within = _beyond(
                await books.range_between(db, account.id, since, until),
                place,
                oldest_first=oldest_first,
            )
            found = await books.list_entries(
                db, account, within, oldest_first=oldest_first, limit=limit + 1
            )
        page, following = cut_page(found, limit, lambda last: last.version)
        answer = Page(items=[show_entry(each) for each in page], next_cursor=following)
        return Response(answer, headers=_NO_STORE)

    @get(
        "/accounts/{number:int}/entries.csv",
        summary="The entries of an account as a file",
        media_type="text/csv",
        responses=answers(400, 401, 403, 404, 503)
        | {
            200: ResponseSpec(
                data_container=str,
                media_type="text/csv",
                description="One line for each entry. `Earnest-Next-Cursor`: where to go on.",
                generate_examples=False,
            )
        },
    )
    async def export_entries(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        number: FromPath[int],
        since: _From = None,
        until: _Until = None,
        cursor: Cursor = None,
    ) -> Stream:
        """The oldest first, at most 50,000; what comes after them is told in a header."""
        _check_times(since, until)
        place = decode_cursor(cursor, _Number) if cursor else None
        async with database.connection() as db:
            account = await _require_account(db, number)
            within = _beyond(
                await books.range_between(db, account.id, since, until), place, oldest_first=True
            )
        # What is posted from now on is not part of the file: its end is known before it begins.
        end = min(within.end, account.entries + 1)
        cut = min(end, within.first + EXPORT_ENTRIES_MAX)
        name = f"earnest-ledger-{account.id}.csv"
        headers = _NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'}
        if cut < end:
            headers["Earnest-Next-Cursor"] = encode_cursor(cut - 1)
        rows = _write_csv(database, account, books.Range(within.first, cut))
        return Stream(rows, media_type="text/csv; charset=utf-8", headers=headers)

    @get(
        "/transfers/{transfer_id:uuid}",
        summary="One transfer with both its sides",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def show_transfer(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        transfer_id: FromPath[UUID],
    ) -> Response[TransferAnswer]:
        """The hashes of its two entries are reckoned anew for the answer."""
        async with database.connection() as db:
            found = await books.find_transfer(db, transfer_id)
            if found is None:
                raise TransferUnknown(transferId=transfer_id)
            caused = await chain_tx_of(db, found)
        answer = TransferAnswer(
            id=found.id,
            asset=found.asset,
            amount_minor=str(found.amount_minor),
            kind=found.kind,
            subject=found.subject,
            at=found.posted_at,
            debit=show_leg(found.debit),
            credit=show_leg(found.credit),
            chain_tx=ChainTxAnswer(chain=caused[0], tx_id=caused[1]) if caused else None,
        )
        return Response(answer, headers=_NO_STORE)

    @get("/verifications", summary="When all of it was verified", responses=answers(401, 403, 503))
    async def list_verifications(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
    ) -> Response[ReplaysAnswer]:
        """The last twenty replays of every entry, hash and signature."""
        async with database.connection() as db:
            kept = await books.list_verifications(db, limit=books.VERIFICATIONS_SHOWN_MAX)
            waiting = await is_queued(db, VERIFY_JOB)
        answer = ReplaysAnswer(waiting=waiting, items=[show_verification(each) for each in kept])
        return Response(answer, headers=_NO_STORE)

    @post(
        "/verifications",
        status_code=202,
        summary="Have all of it verified",
        responses=answers(400, 401, 403, 409, 503),
    )
    async def verify(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[AskedAnswer]:
        """The worker replays the whole ledger; nothing is changed by it."""

        async def work(db_tx: Connection) -> AskedAnswer:
            job = await enqueue(db_tx, VERIFY_JOB, {}, dedupe_key=VERIFY_JOB)
            if job is not None:
                await audit.record(
                    db_tx,
                    by=principal.account_id,
                    act="ledger_verify",
                    subject="ledger:all",
                    note="",
                )
            return AskedAnswer(asked_at=clock.now(), already=job is None)

        answer = await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route="POST /api/admin/ledger/verifications",
            body={},
            answer=AskedAnswer,
        )
        return Response(answer, headers=_NO_STORE)


def _beyond(within: books.Range, place: int | None, *, oldest_first: bool) -> books.Range:
    """The range behind a cursor."""
    if place is None:
        return within
    if oldest_first:
        return books.Range(max(within.first, place + 1), within.end)
    return books.Range(within.first, min(within.end, place))


_CSV_HEAD = (
    "number", "at", "side", "direction", "amount_minor", "balance_minor", "asset", "kind",
    "subject", "other_account", "transfer_id",
)  # fmt: skip


async def _write_csv(
    database: Database, account: books.LedgerAccount, within: books.Range
) -> AsyncIterator[bytes]:
    """A thousand entries at a time, each by a connection that is given back before they are sent:
    a slow reader holds nothing. Entries never change, so the parts fit together."""
    yield _csv_lines([_CSV_HEAD])
    first = within.first
    while first < within.end:
        async with database.connection() as db:
            found = await books.list_entries(
                db, account, books.Range(first, within.end), oldest_first=True, limit=_EXPORT_ROWS
            )
        if not found:
            return
        yield _csv_lines(
            (
                each.version, each.posted_at.isoformat(), each.side, each.direction,
                each.amount_minor, each.balance_minor, account.asset.value, each.kind,
                each.subject, each.other_name, each.transfer_id,
            )
            for each in found
        )  # fmt: skip
        first = found[-1].version + 1


def _csv_lines(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


ROUTES: list[Any] = [LedgerController]
