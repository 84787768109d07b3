"""SQL of tasks that is read by everybody; what is asked often is in `functions.sql`."""

import msgspec

from earnest.kit.db import Connection


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
