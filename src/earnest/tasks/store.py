"""SQL of tasks that is read by everybody; what is asked often is in `functions.sql`."""

from uuid import UUID

import msgspec

from earnest.kit.db import Connection

VOTES_COUNTED_MAX = 10_000


class OpenTasks(msgspec.Struct, frozen=True):
    """Tasks with a place to take, and the votes that they still want. All of them together:
    counts of one task are for its requester alone."""

    tasks: int
    votes: int


async def count_open(db: Connection) -> OpenTasks:
    """As of now."""
    (row,) = await db.fetch(
        "SELECT count(*) AS tasks, coalesce(sum(votes_wanted - votes), 0)::bigint AS votes"
        " FROM tasks WHERE status = 'open' AND has_free"
    )
    return OpenTasks(tasks=int(row["tasks"]), votes=int(row["votes"]))


async def count_votes_of(db: Connection, worker: UUID) -> int:
    """How often somebody voted; counted up to `VOTES_COUNTED_MAX`."""
    found: int = await db.fetchval(
        "SELECT count(*) FROM (SELECT FROM task_seats WHERE worker = $1 AND option_id IS NOT NULL"
        " LIMIT $2) AS votes",
        worker,
        VOTES_COUNTED_MAX,
    )
    return found
