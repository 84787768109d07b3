"""Accounts as an operator sees them: found by address or id, and one with all it has part in."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import Provide
from litestar.params import FromPath, QueryParameter

from earnest import accounts, audit, payouts, projects, tasks, treasury
from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.admin.errors import AccountNotThere
from earnest.kit.db import Connection
from earnest.kit.money import Asset, Chain
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.wire import AmountMinor, Page, Wire
from earnest.ledger import books

# What a page shows of each; who needs more asks the domain's own list.
SHOWN_MAX = 10
Part = Literal["client", "freelancer"]
_NO_STORE = {"Cache-Control": "no-store"}
_Beginning = Annotated[
    str | None,
    QueryParameter(
        name="q",
        pattern=accounts.SEARCH_PATTERN,
        description="The beginning of an address or of an account's id; none for the newest.",
    ),
]


class _Position(msgspec.Struct, frozen=True, array_like=True):
    at: datetime
    id: UUID


class WalletAnswer(Wire, frozen=True):
    """A wallet of an account."""

    chain: Chain
    address: str
    linked_at: datetime


class FoundAccountAnswer(Wire, frozen=True):
    """An account in a list."""

    id: UUID
    created_at: datetime
    addresses: list[WalletAnswer]


class OwnedAnswer(Wire, frozen=True):
    """What is theirs in one asset. `lockedMinor` is held for payouts under way."""

    asset: Asset
    available_minor: AmountMinor
    locked_minor: AmountMinor
    ledger_account_id: int
    entries: int


class PostedTaskAnswer(Wire, frozen=True):
    """A photo task that they posted."""

    id: UUID
    title: str
    status: tasks.TaskStatus
    asset: Asset
    price_per_vote_minor: AmountMinor
    votes: int
    votes_wanted: int
    created_at: datetime


class AskedPayoutAnswer(Wire, frozen=True):
    """A payout that they asked for. `held`: an operator keeps it back."""

    id: UUID
    asset: Asset
    amount_minor: AmountMinor
    address: str
    status: payouts.PayoutStatus
    held: bool
    requested_at: datetime


class PartInProject(Wire, frozen=True):
    """A project that is theirs, or that they were chosen for."""

    id: UUID
    title: str
    part: Part
    status: projects.ProjectStatus
    asset: Asset
    total_minor: AmountMinor
    created_at: datetime


class NoteAnswer(Wire, frozen=True):
    """What an operator once noted about their money: which act, on what, who and why."""

    at: datetime
    by: str
    act: str
    subject: str
    note: str


class AccountAnswer(Wire, frozen=True):
    """One account. Lists hold the newest ten; `votes` counts up to `votesCountedMax`."""

    id: UUID
    created_at: datetime
    operator: bool
    addresses: list[WalletAnswer]
    live_sessions: int
    balances: list[OwnedAnswer]
    votes: int
    votes_counted_max: int
    tasks: list[PostedTaskAnswer]
    payouts: list[AskedPayoutAnswer]
    projects: list[PartInProject]
    notes: list[NoteAnswer]


def _show_wallets(found: accounts.FoundAccount) -> list[WalletAnswer]:
    return [
        WalletAnswer(chain=Chain(w.chain), address=w.address, linked_at=w.linked_at)
        for w in found.addresses
    ]


def _show_found(found: accounts.FoundAccount) -> FoundAccountAnswer:
    return FoundAccountAnswer(
        id=found.id, created_at=found.created_at, addresses=_show_wallets(found)
    )


class AccountsController(Controller):
    """Reading accounts. There is no act on one."""

    path = "/api/admin/accounts"
    tags = ("accounts",)
    dependencies = {"principal": Provide(require_operator)}  # noqa: RUF012
    security = SECURITY

    @get("/", summary="Find accounts", responses=answers(400, 401, 403, 503))
    async def find(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
        beginning: _Beginning = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Response[Page[FoundAccountAnswer]]:
        """For operators. Three letters at least; without any, the newest accounts."""
        async with database.connection() as db:
            if beginning:
                after = decode_cursor(cursor, UUID) if cursor else None
                found = await accounts.search_accounts(db, beginning, after=after, limit=limit + 1)
            else:
                place = decode_cursor(cursor, _Position) if cursor else None
                found = await accounts.list_newest(
                    db, before=(place.at, place.id) if place else None, limit=limit + 1
                )
        page, following = cut_page(
            found,
            limit,
            lambda last: last.id if beginning else _Position(last.created_at, last.id),
        )
        answer = Page(items=[_show_found(each) for each in page], next_cursor=following)
        return Response(answer, headers=_NO_STORE)

    @get("/{account_id:uuid}", summary="An account", responses=answers(400, 401, 403, 404, 503))
    async def show(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        account_id: FromPath[UUID],
    ) -> Response[AccountAnswer]:
        """For operators: what it owns, what is held, what it has part in."""
        operators = await accounts.find_operators(database, settings)
        async with database.connection() as db:
            found = await accounts.find_by_id(db, account_id)
            if found is None:
                raise AccountNotThere(accountId=account_id)
            asked = await _payouts(db, account_id)
            answer = AccountAnswer(
                id=found.id,
                created_at=found.created_at,
                operator=found.id in operators,
                addresses=_show_wallets(found),
                live_sessions=await accounts.count_live_sessions(db, account_id, clock.now()),
                balances=await _balances(db, account_id),
                votes=await tasks.count_votes_of(db, account_id),
                votes_counted_max=tasks.VOTES_COUNTED_MAX,
                tasks=await _tasks(db, account_id),
                payouts=asked,
                projects=await _projects(db, account_id),
                notes=await _notes(db, account_id, [each.id for each in asked]),
            )
        return Response(answer, headers=_NO_STORE)


async def _balances(db: Connection, account_id: UUID) -> list[OwnedAnswer]:
    return [
        OwnedAnswer(
            asset=each.asset,
            available_minor=str(each.balance_minor - each.held_minor),
            locked_minor=str(each.held_minor),
            ledger_account_id=each.id,
            entries=each.entries,
        )
        for each in await books.owned_accounts(db, account_id)
    ]


async def _tasks(db: Connection, account_id: UUID) -> list[PostedTaskAnswer]:
    return [
        PostedTaskAnswer(
            id=each.id,
            title=each.title,
            status=each.status,
            asset=each.asset,
            price_per_vote_minor=str(each.price_per_vote_minor),
            votes=each.votes,
            votes_wanted=each.votes_wanted,
            created_at=each.created_at,
        )
        for each in await tasks.list_tasks(db, account_id, after=None, limit=SHOWN_MAX)
    ]


async def _payouts(db: Connection, account_id: UUID) -> list[AskedPayoutAnswer]:
    return [
        AskedPayoutAnswer(
            id=each.id,
            asset=each.money.asset,
            amount_minor=str(each.money.amount_minor),
            address=each.address,
            status=each.status,
            held=each.paused,
            requested_at=each.requested_at,
        )
        for each in await payouts.payouts_of(db, account_id, before_seq=None, limit=SHOWN_MAX)
    ]


async def _projects(db: Connection, account_id: UUID) -> list[PartInProject]:
    found: list[PartInProject] = []
    parts: tuple[tuple[Part, projects.ProjectFilter], ...] = (
        ("client", projects.ProjectFilter(client=account_id)),
        ("freelancer", projects.ProjectFilter(freelancer=account_id)),
    )
    for part, wanted in parts:
        listed = await projects.list_projects(db, wanted, after=None, limit=SHOWN_MAX)
        found += [
            PartInProject(
                id=each.project.id,
                title=each.project.title,
                part=part,
                status=each.status,
                asset=each.project.asset,
                total_minor=str(each.project.total_minor),
                created_at=each.project.created_at,
            )
            for each in listed
        ]
    return sorted(found, key=lambda each: each.created_at, reverse=True)[:SHOWN_MAX]


async def _notes(db: Connection, account_id: UUID, payout_ids: list[UUID]) -> list[NoteAnswer]:
    """What was decided about money that became theirs, and about the payouts that are shown."""
    notes = [
        NoteAnswer(
            at=case.settlement.settled_at,
            by=case.settlement.settled_by,
            act="suspense_settle",
            subject=f"suspense:{case.item.id}",
            note=case.settlement.note,
        )
        for case in await treasury.settled_to(db, account_id, limit=SHOWN_MAX)
        if case.settlement
    ]
    for payout_id in payout_ids:
        notes += [
            NoteAnswer(at=act.at, by=str(act.by), act=act.act, subject=act.subject, note=act.note)
            for act in await audit.list_acts(db, subject=f"payout:{payout_id}", limit=SHOWN_MAX)
        ]
    return sorted(notes, key=lambda each: each.at, reverse=True)[:SHOWN_MAX]


ROUTES: list[Any] = [AccountsController]
