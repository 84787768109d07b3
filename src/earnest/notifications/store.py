"""All SQL of notifications."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.ids import new_id
from earnest.notifications.rules import UNREAD_COUNTED_MAX, check_notification

SWEEP_ROWS_MAX = 10_000


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an inbox. `subject` says what to open, `data` what the words are made of."""

    id: UUID
    kind: str
    subject: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


async def notify(
    db_tx: Connection,
    *,
    to: Iterable[UUID],
    kind: str,
    subject: str,
    data: Mapping[str, Any],
    key: str,
) -> None:
    """Tells accounts something, within the caller's transaction: told if and only if it commits.

    `kind` is a `NotificationKind`, `subject` what to open (`project:5f…`), `data` camelCase and
    small, `key` names the fact: the same key tells an account nothing a second time. Any role
    that serves may call it. Raises `NotificationMalformed`, a fault of ours.
    """
    check_notification(kind, subject, data, key)
    # In one order, so that two callers that tell the same people never wait for each other.
    for account_id in sorted(set(to)):
        await db_tx.execute(
            "INSERT INTO notifications (id, account_id, kind, subject, data, key)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            new_id(),
            account_id,
            str(kind),
            subject,
            dict(data),
            key,
        )


_COLUMNS = "id, kind, subject, data, created_at, read_at"


async def list_notifications(
    connection: Connection,
    account_id: UUID,
    *,
    unread: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Notification]:
    """At most `limit` of an account's notifications, newest first, older than `after`."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM notifications WHERE account_id = $1"
        + (" AND read_at IS NULL" if unread else "")
        + " AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))"
        " ORDER BY created_at DESC, id DESC LIMIT $4",
        account_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [Notification(**dict(row)) for row in rows]


async def count_unread(connection: Connection, account_id: UUID) -> int:
    """How many an account has not read, counted up to `UNREAD_COUNTED_MAX`."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM notifications WHERE account_id = $1"
        " AND read_at IS NULL LIMIT $2) AS unread",
        account_id,
        UNREAD_COUNTED_MAX,
    )
    return count


async def mark_read(connection: Connection, account_id: UUID, id: UUID) -> Notification | None:
    """unread → read; a repeat keeps the first time. None where the account has no such one."""
    row = await connection.fetchrow(
        "UPDATE notifications SET read_at = coalesce(read_at, clock_timestamp())"
        f" WHERE id = $1 AND account_id = $2 RETURNING {_COLUMNS}",
        id,
        account_id,
    )
    return Notification(**dict(row)) if row else None


async def mark_read_up_to(connection: Connection, account_id: UUID, id: UUID) -> int | None:
    """Marks one and all older ones read; how many were unread. None where there is no such one."""
    row = await connection.fetchrow(
        "SELECT created_at FROM notifications WHERE id = $1 AND account_id = $2", id, account_id
    )
    if row is None:
        return None
    tag = await connection.execute(
        "UPDATE notifications SET read_at = clock_timestamp() WHERE account_id = $1"
        " AND read_at IS NULL AND (created_at, id) <= ($2, $3)",
        account_id,
        row["created_at"],
        id,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def forget_old(connection: Connection, kept: timedelta) -> int:
    """Deletes notifications older than `kept`, read or not; how many of `SWEEP_ROWS_MAX`."""
    tag = await connection.execute(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications"
        " WHERE created_at < clock_timestamp() - $1::interval ORDER BY created_at LIMIT $2)",
        kept,
        SWEEP_ROWS_MAX,
    )
    return int(tag.rsplit(" ", 1)[-1])
