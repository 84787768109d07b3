"""Tasks: posted with their order, walked through by workers, ended by the last vote."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg
import msgspec
import structlog

from earnest.files import require_ready
from earnest.kit.db import Connection, Database
from earnest.kit.events import Event, Reactor
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Money
from earnest.kit.settings import Settings
from earnest.payments import Order, create_order
from earnest.tasks.errors import OptionsRepeat, ResultsNotYours, TaskUnknown

log = structlog.get_logger(__name__)


class TaskStatus(StrEnum):
    """`awaiting_payment → open → closed`, or `cancelled` from either of the first two."""

    AWAITING_PAYMENT = "awaiting_payment"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Option(msgspec.Struct, frozen=True):
    """One picture to vote for; `votes` is the maintained count."""

    id: UUID
    position: int
    file_id: UUID
    public_id: UUID
    votes: int


class Task(msgspec.Struct, frozen=True):
    """A task. Amounts in minor units of `asset`; `refund_minor` once a cancelled one is settled."""

    id: UUID
    requester: UUID
    order_id: UUID
    title: str
    instructions: str
    asset: Asset
    price_per_vote_minor: int
    votes_wanted: int
    votes: int
    status: TaskStatus
    refund_minor: int | None
    options: list[Option]
    created_at: datetime
    opened_at: datetime | None
    ended_at: datetime | None
    settled_at: datetime | None


class Tally(msgspec.Struct, frozen=True):
    """How a task stands: who votes now, and what its order's amount became, fee included.

    The three sums add up to that amount once the task is open; before, they are 0. `left_minor` is
    what comes back if it is stopped now.
    """

    task: Task
    voting: int
    last_vote_at: datetime | None
    spent_minor: int
    voting_minor: int
    left_minor: int


class NewTask(msgspec.Struct, frozen=True):
    """What a requester asks for; checked for shape already."""

    title: str
    instructions: str
    file_ids: Sequence[UUID]
    votes_wanted: int
    price_per_vote: Money


async def post_task(
    db_tx: Connection, settings: Settings, requester: UUID, new: NewTask, now: datetime
) -> tuple[Task, Order]:
    """Writes a task down with the order that opens it once it is paid.

    Raises `OptionsRepeat`, what `files.require_ready` and what `create_order` raise.
    """
    if len(set(new.file_ids)) != len(new.file_ids):
        raise OptionsRepeat
    ready = await require_ready(db_tx, requester, new.file_ids)
    task_id = new_id()
    order = await create_order(
        db_tx,
        settings,
        owner=requester,
        subject=f"task:{task_id}",
        label=new.title,
        price=new.price_per_vote * new.votes_wanted,
        now=now,
    )
    await db_tx.execute(
        "INSERT INTO tasks (id, requester, order_id, title, instructions, asset, price_per_vote,"
        " fee_bps, votes_wanted, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        task_id,
        requester,
        order.id,
        new.title,
        new.instructions,
        new.price_per_vote.asset.value,
        new.price_per_vote.amount_minor,
        settings.fee_bps,
        new.votes_wanted,
        now,
    )
    await db_tx.executemany(
        "INSERT INTO task_options (id, task_id, position, file_id, public_id)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            (new_id(), task_id, position, file.file_id, file.public_id)
            for position, file in enumerate(ready, start=1)
        ],
    )
    return await find_task(db_tx, requester, task_id), order


_TASKS = """
SELECT t.id, t.requester, t.order_id, t.title, t.instructions, t.asset, t.price_per_vote,
       t.votes_wanted, t.votes, t.status, t.refund, t.created_at, t.opened_at, t.ended_at,
       t.settled_at,
       (SELECT json_agg(json_build_object('id', o.id, 'position', o.position,
                 'file_id', o.file_id, 'public_id', o.public_id, 'votes', o.votes)
                 ORDER BY o.position) FROM task_options o WHERE o.task_id = t.id) AS options
  FROM tasks t
"""


def _task(row: asyncpg.Record) -> Task:
    refund = row["refund"]
    return msgspec.convert(
        {
            **dict(row),
            "price_per_vote_minor": int(row["price_per_vote"]),
            "refund_minor": None if refund is None else int(refund),
        },
        Task,
    )


async def find_task(db: Connection, requester: UUID, task_id: UUID) -> Task:
    """A task of the requester's; raises `TaskUnknown` for anybody else's."""
    row = await db.fetchrow(f"{_TASKS} WHERE t.id = $1 AND t.requester = $2", task_id, requester)
    if row is None:
        raise TaskUnknown
    return _task(row)


async def list_tasks(
    db: Connection, requester: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Task]:
    """At most `limit` of the requester's tasks, newest first, older than `after`."""
    rows = await db.fetch(
        f"{_TASKS} WHERE t.requester = $1"
        " AND ($2::timestamptz IS NULL OR (t.created_at, t.id) < ($2, $3::uuid))"
        " ORDER BY t.created_at DESC, t.id DESC LIMIT $4",
        requester,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_task(row) for row in rows]


async def find_card(db: Connection, worker: UUID, task_id: UUID, media: str) -> str:
    """What a worker who sat in a task sees of it, as JSON; raises `TaskUnknown` for others."""
    card: str | None = await db.fetchval(
        "SELECT replace(t.card, '{media}', $3) FROM tasks t"
        " JOIN task_seats s ON s.task_id = t.id AND s.worker = $2 WHERE t.id = $1",
        task_id,
        worker,
        media,
    )
    if card is None:
        raise TaskUnknown
    return card


async def find_results(db: Connection, asked_by: UUID, task_id: UUID) -> Tally:
    """The counts of a task. Raises `ResultsNotYours` for a worker of it, else `TaskUnknown`."""
    try:
        task = await find_task(db, asked_by, task_id)
    except TaskUnknown:
        sat = await db.fetchval(
            "SELECT true FROM task_seats WHERE task_id = $1 AND worker = $2", task_id, asked_by
        )
        if sat:
            raise ResultsNotYours from None
        raise
    (row,) = await db.fetch(_TALLY, task_id)
    return _tally(task, int(row["fee_bps"]), int(row["voting"]), row["last_vote_at"])


_TALLY = "SELECT fee_bps, tasks_voting(id) AS voting, last_vote_at FROM tasks WHERE id = $1"


def _tally(task: Task, fee_bps: int, voting: int, last_vote_at: datetime | None) -> Tally:
    def cost(votes: int) -> int:
        price = Money(task.price_per_vote_minor, task.asset) * votes
        return (price + price.fee(fee_bps)).amount_minor

    if task.opened_at is None:
        return Tally(task, 0, None, 0, 0, 0)
    # A vote may have been cast between the two reads.
    voting = min(voting, task.votes_wanted - task.votes)
    spent, taken = cost(task.votes), cost(task.votes + voting)
    return Tally(task, voting, last_vote_at, spent, taken - spent, cost(task.votes_wanted) - taken)


async def cancel_task(db_tx: Connection, requester: UUID, task_id: UUID) -> Task:
    """Calls a task off. Raises `TaskUnknown`, or `TaskClosed` when it has ended by itself."""
    await db_tx.execute("SELECT tasks_cancel($1, $2)", requester, task_id)
    return await find_task(db_tx, requester, task_id)


async def next_seat(database: Database, worker: UUID, settings: Settings, media: str) -> str | None:
    """The worker's seat and its task as JSON, or None when nothing is open. One statement."""
    answer: str | None = await database.fetchval(
        "SELECT tasks_next($1, $2, $3)", worker, timedelta(seconds=settings.seat_ttl_s), media
    )
    return answer


async def claim_seat(
    database: Database, worker: UUID, task_id: UUID, settings: Settings, media: str
) -> str:
    """A seat in one given task, and the task, as JSON. A seat in another task is given back.

    Raises `TaskUnknown`, `OwnTask`, `AlreadyVoted`, `TaskClosed`, `TaskFull`.
    """
    answer: str = await database.fetchval(
        "SELECT tasks_claim($1, $2, $3, $4)",
        worker,
        task_id,
        timedelta(seconds=settings.seat_ttl_s),
        media,
    )
    return answer


async def skip_task(database: Database, worker: UUID, task_id: UUID) -> None:
    """Gives the seat back at once and offers the task to the worker no more. A repeat is fine.

    Raises `TaskUnknown`, `OwnTask`, `AlreadyVoted`.
    """
    await database.fetchval("SELECT tasks_skip($1, $2)", worker, task_id)


async def vote(
    database: Database, worker: UUID, task_id: UUID, option_id: UUID, settings: Settings, media: str
) -> str:
    """Counts a vote and pays for it; the answer as JSON. One statement.

    Raises `OptionNotInTask`, `OwnTask`, `TaskClosed`, `NoSeat`, `SeatLapsed`, `VotedOtherwise`,
    `TaskUnknown`.
    """
    answer: str = await database.fetchval(
        "SELECT tasks_vote($1, $2, $3, $4, $5)",
        worker,
        task_id,
        option_id,
        timedelta(seconds=settings.seat_ttl_s),
        media,
    )
    return answer


async def sweep_seats(database: Database) -> int:
    """Frees lapsed seats and ends cancelled tasks whose last seat lapsed; how many were freed."""
    return int(await database.fetchval("SELECT tasks_sweep()"))


async def _on_order_paid(db_tx: Connection, event: Event) -> None:
    status = await db_tx.fetchval("SELECT tasks_open($1)", UUID(event.data["orderId"]))
    log.info("task_order_paid", subject=event.data["subject"], status=status)


async def _on_order_lapsed(db_tx: Connection, event: Event) -> None:
    await db_tx.execute("SELECT tasks_lapse($1)", UUID(event.data["orderId"]))


def reactor() -> Reactor:
    """Opens tasks whose order is paid, calls off those whose order lapsed."""
    return Reactor("tasks", {"order_paid": _on_order_paid, "order_lapsed": _on_order_lapsed})
