"""Routes of tasks. `next` and `submissions` are hot: their answers are made by one SQL statement
and passed on as they are."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.files import media_base, media_url
from earnest.kit.db import Connection
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.limits import limit_account
from earnest.kit.money import Asset, Money
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings
from earnest.kit.wire import AmountMinor, Body, Page, PositiveAmountMinor, Wire
from earnest.payments import OrderAnswer, show_order
from earnest.tasks import service
from earnest.tasks.errors import TaskUnknown
from earnest.tasks.service import NewTask, Task, TaskStatus

_NO_STORE = {"Cache-Control": "no-store"}
_WITH_PRINCIPAL = {"principal": Provide(require_principal)}

Title = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=200, description="One line.",
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*(?!\n)$",
    ),
]  # fmt: skip
Instructions = Annotated[
    str,
    msgspec.Meta(max_length=5_000, pattern=r"^[^\x00]*$", description="As long as it must be."),
]


class OptionBody(Body, frozen=True):
    """One option: a file of yours that is `ready`."""

    file_id: UUID


class TaskBody(Body, frozen=True):
    """A new task: which of 2 to 10 pictures, asked of `votesWanted` people."""

    title: Title
    options: Annotated[list[OptionBody], msgspec.Meta(min_length=2, max_length=10)]
    votes_wanted: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    price_per_vote_minor: PositiveAmountMinor
    asset: Asset
    instructions: Instructions = ""


class SubmissionBody(Body, frozen=True):
    """A vote."""

    option_id: UUID


class Media(Wire, frozen=True):
    """Where a picture is served, at most 320, 960 and 1,920 pixels wide or high."""

    small: str
    medium: str
    large: str


class OptionAnswer(Wire, frozen=True):
    """One option of a task."""

    id: UUID
    position: int
    media: Media


class TaskAnswer(Wire, frozen=True):
    """A task as its requester sees it. Counts are in `/results`."""

    id: UUID
    order_id: UUID
    title: str
    instructions: str
    asset: Asset
    price_per_vote_minor: AmountMinor
    votes_wanted: int
    votes: int
    status: TaskStatus
    refund_minor: AmountMinor | None
    options: list[OptionAnswer]
    created_at: datetime
    opened_at: datetime | None
    ended_at: datetime | None
    settled_at: datetime | None


class TaskCard(Wire, frozen=True):
    """A task as a worker sees it: no counts."""

    id: UUID
    title: str
    instructions: str
    asset: Asset
    price_per_vote_minor: AmountMinor
    options: list[OptionAnswer]


class NewTaskAnswer(Wire, frozen=True):
    """A new task and the order that opens it once it is paid."""

    task: TaskAnswer
    order: OrderAnswer


class SeatAnswer(Wire, frozen=True):
    """A place in a task, yours until `expiresAt`."""

    number: int
    expires_at: datetime


class NextAnswer(Wire, frozen=True):
    """A task to vote on, and your seat in it."""

    task: TaskCard
    seat: SeatAnswer


class SubmissionAnswer(Wire, frozen=True):
    """What the vote earned, and the next task if there is one."""

    earned_minor: AmountMinor
    asset: Asset
    next: NextAnswer | None


class OptionResult(Wire, frozen=True):
    """The votes for one option."""

    option_id: UUID
    position: int
    votes: int


class ResultsAnswer(Wire, frozen=True):
    """The live counts of a task. `voting` people hold a seat at this moment.

    What was paid for it, fee included: `spentMinor` for votes given, `votingMinor` for those being
    cast, and `leftMinor`, which comes back if it is stopped now. All 0 before it is open.
    """

    task_id: UUID
    status: TaskStatus
    votes: int
    votes_wanted: int
    voting: int
    last_vote_at: datetime | None
    asset: Asset
    spent_minor: AmountMinor
    voting_minor: AmountMinor
    left_minor: AmountMinor
    options: list[OptionResult]


def _show_task(task: Task, settings: Settings) -> TaskAnswer:
    return TaskAnswer(
        id=task.id,
        order_id=task.order_id,
        title=task.title,
        instructions=task.instructions,
        asset=task.asset,
        price_per_vote_minor=str(task.price_per_vote_minor),
        votes_wanted=task.votes_wanted,
        votes=task.votes,
        status=task.status,
        refund_minor=None if task.refund_minor is None else str(task.refund_minor),
        options=[
            OptionAnswer(
                id=option.id,
                position=option.position,
                media=Media(
                    small=media_url(option.public_id, "small", settings),
                    medium=media_url(option.public_id, "medium", settings),
                    large=media_url(option.public_id, "large", settings),
                ),
            )
            for option in task.options
        ],
        created_at=task.created_at,
        opened_at=task.opened_at,
        ended_at=task.ended_at,
        settled_at=task.settled_at,
    )


def _json(text: str, status: int) -> Response[bytes]:
    return Response(
        text.encode(), status_code=status, media_type="application/json", headers=_NO_STORE
    )


class TaskController(Controller):
    """Posting, answering and ending photo tasks."""

    path = "/api/tasks"
    tags = ("tasks",)
    dependencies = _WITH_PRINCIPAL
    security = SECURITY

    @post("/", summary="Post a task", responses=answers(400, 401, 404, 409, 413, 415, 429, 503))
    async def create(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[TaskBody],
        idempotency_key: IdempotencyKey = None,
    ) -> NewTaskAnswer:
        """The task opens by itself once its order is paid and final on the chain."""
        await limit_account(
            database, "tasks", principal.account_id, most=settings.tasks_per_minute_max
        )
        new = NewTask(
            title=data.title,
            instructions=data.instructions,
            file_ids=[option.file_id for option in data.options],
            votes_wanted=data.votes_wanted,
            price_per_vote=Money(int(data.price_per_vote_minor), data.asset),
        )

        async def work(db_tx: Connection) -> NewTaskAnswer:
            task, order = await service.post_task(
                db_tx, settings, principal.account_id, new, clock.now()
            )
            return NewTaskAnswer(task=_show_task(task, settings), order=show_order(order, settings))

        return await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route="POST /api/tasks",
            body=data,
            answer=NewTaskAnswer,
        )

    @get("/", summary="My tasks", responses=answers(400, 401, 503))
    async def list_mine(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[TaskAnswer]:
        """Newest first."""
        after = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
        async with database.connection() as db:
            found = await service.list_tasks(db, principal.account_id, after=after, limit=limit + 1)
        page, following = cut_page(found, limit, lambda last: (last.created_at, last.id))
        return Page(items=[_show_task(task, settings) for task in page], next_cursor=following)

    @get(
        "/next",
        summary="The next task to vote on",
        responses={
            200: ResponseSpec(data_container=NextAnswer, description="Your seat and its task"),
            204: ResponseSpec(data_container=None, description="You have voted on everything"),
            **answers(401, 503),
        },
    )
    async def next_task(
        self, principal: CurrentPrincipal, database: GivenDatabase, settings: GivenSettings
    ) -> Response[bytes | None]:
        """Your live seat, or one taken now for ten minutes."""
        found = await service.next_seat(
            database, principal.account_id, settings, media_base(settings)
        )
        if found is None:
            return Response(None, status_code=204, headers=_NO_STORE)
        return Response(
            found.encode(), status_code=200, media_type="application/json", headers=_NO_STORE
        )

    @get(
        "/{task_id:uuid}",
        summary="One task",
        responses=answers(400, 401, 404, 503),
    )
    async def show(
        self,
        task_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> Response[TaskAnswer | TaskCard]:
        """Whole for its requester; a worker who sat in it sees its card, without counts."""
        shown: TaskAnswer | TaskCard
        async with database.connection() as db:
            try:
                task = await service.find_task(db, principal.account_id, task_id)
                shown = _show_task(task, settings)
            except TaskUnknown:
                card = await service.find_card(
                    db, principal.account_id, task_id, media_base(settings)
                )
                shown = msgspec.json.decode(card, type=TaskCard)
        return Response(shown, headers=_NO_STORE)

    @get(
        "/{task_id:uuid}/results",
        summary="The counts so far",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def results(
        self, task_id: FromPath[UUID], principal: CurrentPrincipal, database: GivenDatabase
    ) -> Response[ResultsAnswer]:
        """Live, from maintained counts; for the requester alone."""
        async with database.connection() as db:
            tally = await service.find_results(db, principal.account_id, task_id)
        task = tally.task
        shown = ResultsAnswer(
            task_id=task.id,
            status=task.status,
            votes=task.votes,
            votes_wanted=task.votes_wanted,
            voting=tally.voting,
            last_vote_at=tally.last_vote_at,
            asset=task.asset,
            spent_minor=str(tally.spent_minor),
            voting_minor=str(tally.voting_minor),
            left_minor=str(tally.left_minor),
            options=[
                OptionResult(option_id=o.id, position=o.position, votes=o.votes)
                for o in task.options
            ],
        )
        return Response(shown, headers=_NO_STORE)

    @put(
        "/{task_id:uuid}/seat",
        summary="A seat in this task",
        responses={
            200: ResponseSpec(data_container=NextAnswer, description="Your seat and its task"),
            **answers(400, 401, 403, 404, 409, 503),
        },
    )
    async def claim_seat(
        self,
        task_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> Response[bytes]:
        """For who comes by a link to it. A seat that you hold in another task is given back."""
        return _json(
            await service.claim_seat(
                database, principal.account_id, task_id, settings, media_base(settings)
            ),
            200,
        )

    @delete(
        "/{task_id:uuid}/seat",
        status_code=204,
        summary="Skip a task",
        responses=answers(400, 401, 403, 404, 409, 503),
    )
    async def skip(
        self, task_id: FromPath[UUID], principal: CurrentPrincipal, database: GivenDatabase
    ) -> None:
        """Your seat is free for others at once; you are not offered this task again."""
        await service.skip_task(database, principal.account_id, task_id)

    @post(
        "/{task_id:uuid}/cancel",
        status_code=200,
        summary="Stop a task and take back what is left",
        responses=answers(400, 401, 404, 409, 503),
    )
    async def cancel(
        self,
        task_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> TaskAnswer:
        """Live seats may still vote. Then the rest, and its share of the fee, is your balance."""
        async with database.db_tx() as db_tx:
            task = await service.cancel_task(db_tx, principal.account_id, task_id)
        return _show_task(task, settings)

    @post(
        "/{task_id:uuid}/submissions",
        summary="Vote",
        responses={
            201: ResponseSpec(data_container=SubmissionAnswer, description="Counted and paid"),
            **answers(400, 401, 403, 404, 409, 413, 415, 503),
        },
    )
    async def submit(
        self,
        task_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        data: JSONBody[SubmissionBody],
    ) -> Response[bytes]:
        """Counts at once and cannot be taken back. The same vote again gets the same answer."""
        return _json(
            await service.vote(
                database,
                principal.account_id,
                task_id,
                data.option_id,
                settings,
                media_base(settings),
            ),
            201,
        )


ROUTES: list[Any] = [TaskController]
