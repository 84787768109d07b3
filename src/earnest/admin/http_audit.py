"""What operators did, for operators to read."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import Provide
from litestar.params import QueryParameter

from earnest import audit
from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.kit.db import Connection
from earnest.kit.paging import Cursor, CursorUnknown, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import Page, Wire

_ID_MAX = 2**63 - 1

Act = Annotated[
    str | None,
    QueryParameter(pattern=r"^[a-z_]+$", max_length=60, description="Only this act."),
]
Subject = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=200, description="Only what was done to this, such as job:7."
    ),
]
By = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=200, description="Only this operator: an account, or a name."
    ),
]


class OperatorActAnswer(Wire, frozen=True):
    """One act. Who: the account that signed in here (`accountId`, and `address`, the wallet that
    it was opened with), or `name`, as it was given on the command line."""

    id: str
    at: datetime
    account_id: UUID | None
    address: str | None
    name: str | None
    act: str
    subject: str
    note: str
    facts: dict[str, Any]


@get(
    "/api/admin/audit",
    summary="What operators did",
    tags=["admin"],
    security=SECURITY,
    dependencies={"principal": Provide(require_operator)},
    responses=answers(400, 401, 403, 503),
)
async def list_acts(
    principal: CurrentPrincipal,  # noqa: ARG001 - having one is what is asked
    database: GivenDatabase,
    act: Act = None,
    subject: Subject = None,
    by: By = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Page[OperatorActAnswer]]:
    """For operators: who did what, about what, and why; the newest first. Lines are never changed
    or removed."""
    before = decode_cursor(cursor, int) if cursor else None
    if before is not None and not 0 < before <= _ID_MAX:
        raise CursorUnknown
    async with database.connection() as db:
        found = await audit.list_acts(
            db, limit=limit + 1, before=before, act=act, subject=subject, by=_person(by)
        )
        page, following = cut_page(found, limit, lambda last: last.id)
        addresses = await _addresses_of(db, {each.by for each in page if isinstance(each.by, UUID)})
    items = [_show(each, addresses) for each in page]
    return Response(Page(items=items, next_cursor=following), headers={"Cache-Control": "no-store"})


def _show(act: audit.OperatorAct, addresses: dict[UUID, str]) -> OperatorActAnswer:
    account = act.by if isinstance(act.by, UUID) else None
    return OperatorActAnswer(
        id=str(act.id),
        at=act.at,
        account_id=account,
        address=None if account is None else addresses.get(account),
        name=act.by if isinstance(act.by, str) else None,
        act=act.act,
        subject=act.subject,
        note=act.note,
        facts=act.facts,
    )


def _person(by: str | None) -> UUID | str | None:
    if by is None:
        return None
    try:
        return UUID(by)
    except ValueError:
        return by


async def _addresses_of(db: Connection, accounts: set[UUID]) -> dict[UUID, str]:
    """The wallet that each account was opened with."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (account_id) account_id, address FROM account_addresses"
        " WHERE account_id = ANY($1) ORDER BY account_id, linked_at LIMIT 100",
        list(accounts),
    )
    return {UUID(str(row["account_id"])): row["address"] for row in rows}


ROUTES: list[Any] = [list_acts]
