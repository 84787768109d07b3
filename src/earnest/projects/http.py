"""Routes of projects: post, find, look at, change, call off."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, patch, post
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.kit.db import Connection, Database
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.limits import limit_account
from earnest.kit.money import Asset
from earnest.kit.paging import Cursor, CursorUnknown, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings
from earnest.kit.wire import Page
from earnest.projects import service, store
from earnest.projects.rules import (
    DAYS_MAX,
    DAYS_MIN,
    SKILLS_MAX,
    Category,
    spell_skills,
)
from earnest.projects.rules_chain import ProjectStatus
from earnest.projects.service import NewProject, ProjectChanges
from earnest.projects.service_view import view_project
from earnest.projects.shapes import (
    PerhapsPrincipal,
    ProjectAnswer,
    ProjectCard,
    TermsAnswer,
    perhaps_principal,
    show_card,
    show_project,
    show_terms,
)
from earnest.projects.shapes_bodies import ProjectBody, ProjectChangesBody
from earnest.projects.store import Place, ProjectFilter, ProjectOrder

NO_STORE = {"Cache-Control": "no-store"}


class OwnPart(StrEnum):
    """Which of one's own projects."""

    CLIENT = "client"
    FREELANCER = "freelancer"


_BudgetMin = Annotated[
    str | None,
    QueryParameter(name="budgetMin", pattern=r"^[0-9]{1,20}(?!\n)$", description="In minor units."),
]
_BudgetMax = Annotated[
    str | None,
    QueryParameter(name="budgetMax", pattern=r"^[0-9]{1,20}(?!\n)$", description="In minor units."),
]


_DEPENDENCIES = {
    "principal": Provide(require_principal),
    "reader": Provide(perhaps_principal),
}


class ProjectsController(Controller):
    """Projects, for everybody to read; written by those who are signed in."""

    path = "/api/projects"
    tags = ("projects",)
    dependencies = _DEPENDENCIES

    @post(
        "/",
        summary="Post a project",
        security=SECURITY,
        responses=answers(400, 401, 409, 413, 415, 429, 503),
    )
    async def create(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[ProjectBody],
        idempotency_key: IdempotencyKey = None,
    ) -> ProjectAnswer:
        """Open for proposals at once. No money moves before you accept one and fund the escrow."""
        await limit_account(
            database, "projects", principal.account_id, most=settings.projects_per_minute_max
        )
        now = clock.now()
        new = NewProject(
            title=data.title,
            description=data.description,
            category=data.category,
            skills=data.skills,
            asset=data.asset,
            milestones=[each.terms for each in data.milestones],
            silent_bps=data.silent_bps,
            address=data.address,
        )

        async def work(db_tx: Connection) -> ProjectAnswer:
            made = await service.post_project(
                db_tx, settings, principal.account_id, principal.address, new, now
            )
            return show_project(
                await view_project(db_tx, settings, principal.account_id, made.id, now)
            )

        return await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route="POST /api/projects",
            body=data,
            answer=ProjectAnswer,
        )

    @get("/", summary="Find projects", responses=answers(400, 401, 503))
    async def find(
        self,
        request: Request[Any, Any, Any],
        reader: PerhapsPrincipal,
        database: GivenDatabase,
        status: Annotated[
            ProjectStatus | None, QueryParameter(description="As the chain shows it now.")
        ] = None,
        category: Annotated[Category | None, QueryParameter()] = None,
        skills: Annotated[
            str | None,
            QueryParameter(max_length=400, description="All of these, parted by commas."),
        ] = None,
        asset: Annotated[Asset | None, QueryParameter()] = None,
        budget_min: _BudgetMin = None,
        budget_max: _BudgetMax = None,
        days_max: Annotated[
            int | None,
            QueryParameter(
                name="daysMax",
                ge=DAYS_MIN,
                le=DAYS_MAX,
                description="Whose last milestone is due in so many days at most.",
            ),
        ] = None,
        client: Annotated[
            str | None, QueryParameter(max_length=41, description="The client's Stacks address.")
        ] = None,
        part: Annotated[
            OwnPart | None, QueryParameter(description="Yours alone, as the one or the other.")
        ] = None,
        q: Annotated[
            str | None,
            QueryParameter(
                max_length=200,
                description="Words to search for in title, skills and description; quotes, `or` and"
                " a leading minus work as in a search engine.",
            ),
        ] = None,
        sort: Annotated[
            ProjectOrder,
            QueryParameter(
                description="`highest` and `lowest` sum, one asset after the other; `soonest` is"
                " due in the fewest days. A cursor belongs to its own order."
            ),
        ] = ProjectOrder.NEWEST,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ProjectCard]:
        """Newest first, unless sorted otherwise. Without a `status` those of every status."""
        wanted = ProjectFilter(
            status=status,
            category=category,
            skills=spell_skills((skills or "").split(",")[: SKILLS_MAX + 1]),
            asset=asset,
            budget_min_minor=int(budget_min) if budget_min else None,
            budget_max_minor=int(budget_max) if budget_max else None,
            days_max=days_max,
            client_address=_plain(client),
            words=_plain(q),
        )
        if part is not None:
            mine = (reader or await require_principal(request)).account_id
            wanted = msgspec.structs.replace(wanted, **{part.value: mine})
        after = _place(sort, cursor) if cursor else None
        async with database.connection() as db:
            found = await store.list_projects(db, wanted, after=after, limit=limit + 1, order=sort)
        page, following = cut_page(found, limit, lambda last: _position(last.place))
        return Page(items=[show_card(each) for each in page], next_cursor=following)

    @get(
        "/{project_id:uuid}/terms/{version:int}",
        summary="The terms of a project in one version",
        responses=answers(400, 404, 503),
    )
    async def terms(
        self,
        project_id: FromPath[UUID],
        version: Annotated[int, PathParameter(ge=1, le=1_000_000)],
        database: GivenDatabase,
    ) -> TermsAnswer:
        """As they were when proposals were made for them, or as they stand."""
        async with database.connection() as db:
            return show_terms(await service.terms_of(db, project_id, version))

    @get("/{project_id:uuid}", summary="One project", responses=answers(400, 401, 404, 503))
    async def show(
        self,
        project_id: FromPath[UUID],
        reader: PerhapsPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> Response[ProjectAnswer]:
        """For everybody; agreement, funding and what is awaited for its two sides."""
        account = reader.account_id if reader else None
        async with database.connection() as db:
            view = await view_project(db, settings, account, project_id, clock.now())
        return Response(show_project(view), headers=NO_STORE)

    @patch(
        "/{project_id:uuid}",
        summary="Change a project that is open",
        security=SECURITY,
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def edit(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[ProjectChangesBody],
    ) -> ProjectAnswer:
        """Category and skills at any time. A change of anything else makes a new version of the
        terms once somebody has proposed: they are told, and can be accepted when they stand by it.
        """
        await count_write(database, settings, principal.account_id)
        now = clock.now()
        changes = ProjectChanges(
            title=data.title,
            description=data.description,
            category=data.category,
            skills=data.skills,
            asset=data.asset,
            milestones=None if data.milestones is None else [m.terms for m in data.milestones],
            silent_bps=data.silent_bps,
        )
        async with database.db_tx() as db_tx:
            await service.edit_project(
                db_tx, settings, principal.account_id, project_id, changes, now
            )
            view = await view_project(db_tx, settings, principal.account_id, project_id, now)
        return show_project(view)

    @post(
        "/{project_id:uuid}/cancel",
        status_code=200,
        summary="Call a project off that is not funded",
        security=SECURITY,
        responses=answers(400, 401, 403, 404, 409, 429, 503),
    )
    async def cancel(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> ProjectAnswer:
        """No money moves. What is in an escrow comes back by the escrow's own rules only; and if
        a funding that was under way arrives after this, the chain's word counts."""
        await count_write(database, settings, principal.account_id)
        now = clock.now()
        async with database.db_tx() as db_tx:
            await service.cancel_project(db_tx, principal.account_id, project_id, now)
            view = await view_project(db_tx, settings, principal.account_id, project_id, now)
        return show_project(view)


async def count_write(database: Database, settings: Settings, account: UUID) -> None:
    """Counts one small change of an account's; raises `TooManyRequests`."""
    most = settings.project_writes_per_minute_max
    await limit_account(database, "project_writes", account, most=most)


def _place(order: ProjectOrder, cursor: str) -> Place:
    if order is ProjectOrder.NEWEST:
        created_at, id = decode_cursor(cursor, tuple[datetime, UUID])
        return Place((), created_at, id)
    keys, created_at, id = decode_cursor(cursor, tuple[list[str], datetime, UUID])
    try:
        return store.place_of(order, keys, created_at, id)
    except ValueError as error:
        raise CursorUnknown from error


def _position(last: Place) -> tuple[object, ...]:
    if not last.keys:
        return last.created_at, last.id
    return last.keys, last.created_at, last.id


def _plain(words: str | None) -> str | None:
    """What the database can search for; None for nothing but blanks."""
    kept = (words or "").replace("\x00", "").strip()
    return kept or None
