"""All SQL of files, besides functions.sql."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from earnest.files.pictures import Picture, Rendition
from earnest.files.rules import FileStatus, Rejection, Variant
from earnest.files.rules_documents import FileKind
from earnest.kit.db import Connection


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an account. What it holds is known once it is ready.

    `content_type` and `name` are what the account said; only a document has a name.
    """

    id: UUID
    account_id: UUID
    sha256: bytes
    size_bytes: int
    kind: FileKind
    content_type: str
    name: str | None
    purpose: str
    upload_id: UUID
    upload_expires_at: datetime
    status: FileStatus
    rejection: Rejection | None
    created_at: datetime
    public_id: UUID | None
    width_px: int | None
    height_px: int | None


class Begun(msgspec.Struct, frozen=True):
    """What `begin` found or made: a ready file (no upload), or a new upload."""

    file_id: UUID
    upload_id: UUID | None
    expires_at: datetime | None


class Content(msgspec.Struct, frozen=True):
    """Bytes that were checked, and where their renditions are."""

    sha256: bytes
    public_id: UUID
    is_ready: bool


class StoredRendition(msgspec.Struct, frozen=True):
    """One rendition as it is served."""

    public_id: UUID
    variant: Variant
    size_bytes: int
    sha256: str


_FILE = """
    SELECT f.id, f.account_id, f.sha256, f.size_bytes, f.kind, f.content_type, f.name, f.purpose,
           f.upload_id, f.upload_expires_at, f.status, f.rejection, f.created_at,
           c.public_id, c.width_px, c.height_px
      FROM files AS f LEFT JOIN file_contents AS c ON c.sha256 = f.content_sha256
"""


def _file(row: Any) -> File:
    values = dict(row)
    values["kind"] = FileKind(values["kind"])
    values["status"] = FileStatus(values["status"])
    values["rejection"] = Rejection(values["rejection"]) if values["rejection"] else None
    return File(**values)


async def begin(
    connection: Connection,
    *,
    id: UUID,
    account_id: UUID,
    sha256: bytes,
    size_bytes: int,
    content_type: str,
    purpose: str,
    upload_id: UUID,
    ttl_s: int,
    open_max: int,
) -> Begun:
    """The account's own ready file with these bytes, or a new upload. Raises `TooManyUploads`."""
    row = await connection.fetchrow(
        "SELECT file_id, upload_id, upload_expires_at"
        " FROM file_begin($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id,
        account_id,
        sha256,
        size_bytes,
        content_type,
        purpose,
        upload_id,
        ttl_s,
        open_max,
    )
    if row is None:
        raise RuntimeError("file_begin returned no row")
    return Begun(*row)


async def find_own(connection: Connection, account_id: UUID, id: UUID) -> File | None:
    """One file of the account."""
    row = await connection.fetchrow(
        f"{_FILE} WHERE f.id = $1 AND f.account_id = $2", id, account_id
    )
    return _file(row) if row else None


async def find_own_many(
    connection: Connection, account_id: UUID, ids: Sequence[UUID]
) -> list[File]:
    """Those of `ids` that belong to the account, in no order."""
    rows = await connection.fetch(
        f"{_FILE} WHERE f.id = ANY($1::uuid[]) AND f.account_id = $2", list(ids), account_id
    )
    return [_file(row) for row in rows]


async def find(connection: Connection, id: UUID) -> File | None:
    """One file, whoever it belongs to. For the worker."""
    row = await connection.fetchrow(f"{_FILE} WHERE f.id = $1", id)
    return _file(row) if row else None


async def hand_in(connection: Connection, account_id: UUID, id: UUID) -> bool:
    """uploading → checking; whether this call did it."""
    return bool(await connection.fetchval("SELECT file_hand_in($1, $2)", id, account_id))


async def find_content(connection: Connection, sha256: bytes) -> Content | None:
    """The content with this hash, stored whole or not yet."""
    row = await connection.fetchrow(
        "SELECT sha256, public_id, status = 'ready' FROM file_contents WHERE sha256 = $1", sha256
    )
    return Content(*row) if row else None


async def reserve_content(
    connection: Connection,
    *,
    sha256: bytes,
    public_id: UUID,
    size_bytes: int,
    content_type: str,
    picture: Picture,
) -> Content:
    """Fixes the public id under which a content will be stored: the first one that came."""
    await connection.execute(
        "INSERT INTO file_contents"
        " (sha256, public_id, size_bytes, content_type, width_px, height_px, variants)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb) ON CONFLICT (sha256) DO NOTHING",
        sha256,
        public_id,
        size_bytes,
        content_type,
        picture.width_px,
        picture.height_px,
        msgspec.to_builtins(picture.variants),
    )
    content = await find_content(connection, sha256)
    if content is None:
        raise RuntimeError("a content that was just reserved is gone")
    return content


async def finish_content(connection: Connection, sha256: bytes, picture: Picture) -> None:
    """storing → ready, with what was written this time. Ready ones stay as they are."""
    await connection.execute(
        "UPDATE file_contents SET status = 'ready', ready_at = clock_timestamp(),"
        " variants = $2::jsonb WHERE sha256 = $1 AND status = 'storing'",
        sha256,
        msgspec.to_builtins(picture.variants),
    )


async def make_ready(connection: Connection, id: UUID, sha256: bytes) -> bool:
    """checking → ready; whether this call did it. The content must be ready."""
    tag = await connection.execute(
        "UPDATE files SET status = 'ready', content_sha256 = $2, checked_at = clock_timestamp()"
        " WHERE id = $1 AND status = 'checking' AND EXISTS"
        " (SELECT FROM file_contents AS c WHERE c.sha256 = $2 AND c.status = 'ready')",
        id,
        sha256,
    )
    return tag == "UPDATE 1"


async def reject(connection: Connection, id: UUID, rejection: Rejection) -> bool:
    """checking → rejected; whether this call did it."""
    tag = await connection.execute(
        "UPDATE files SET status = 'rejected', rejection = $2, checked_at = clock_timestamp()"
        " WHERE id = $1 AND status = 'checking'",
        id,
        rejection,
    )
    return tag == "UPDATE 1"


async def expire_unfinished(
    connection: Connection, grace: timedelta, limit: int
) -> list[tuple[UUID, UUID]]:
    """uploading → rejected for those whose time is over; (file id, upload id) of each."""
    rows = await connection.fetch(
        "UPDATE files SET status = 'rejected', rejection = $3, checked_at = clock_timestamp()"
        " WHERE status = 'uploading' AND id IN (SELECT id FROM files WHERE status = 'uploading'"
        "   AND upload_expires_at < clock_timestamp() - $1::interval"
        "   ORDER BY upload_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, upload_id",
        grace,
        limit,
        Rejection.UPLOAD_EXPIRED,
    )
    return [(row["id"], row["upload_id"]) for row in rows]


async def forget_rejected(connection: Connection, kept: timedelta, limit: int) -> int:
    """Deletes rows of files that were refused long ago; how many."""
    tag = await connection.execute(
        "DELETE FROM files WHERE id IN (SELECT id FROM files WHERE status = 'rejected'"
        " AND checked_at < clock_timestamp() - $1::interval ORDER BY checked_at LIMIT $2)",
        kept,
        limit,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def now(connection: Connection) -> datetime:
    """The database's clock."""
    at: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return at


async def find_rendition(
    connection: Connection, public_id: UUID, variant: Variant
) -> StoredRendition | None:
    """A rendition that is served, or None."""
    found = await connection.fetchval(
        "SELECT variants -> $2 FROM file_contents WHERE public_id = $1 AND status = 'ready'",
        public_id,
        variant,
    )
    if found is None:
        return None
    rendition = msgspec.convert(found, Rendition)
    return StoredRendition(public_id, variant, rendition.size_bytes, rendition.sha256)
