"""All SQL of documents, besides functions.sql."""

from uuid import UUID

from earnest.files.store import Begun
from earnest.kit.db import Connection


async def begin_document(
    connection: Connection,
    *,
    id: UUID,
    account_id: UUID,
    sha256: bytes,
    size_bytes: int,
    content_type: str,
    name: str,
    purpose: str,
    upload_id: UUID,
    ttl_s: int,
    open_max: int,
    bytes_max: int,
) -> Begun:
    """A ready document where the account has shown these bytes before, else a new upload.

    Raises `TooManyUploads`, `DocumentsFull`.
    """
    row = await connection.fetchrow(
        "SELECT file_id, upload_id, upload_expires_at"
        " FROM document_begin($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id,
        account_id,
        sha256,
        size_bytes,
        content_type,
        name,
        purpose,
        upload_id,
        ttl_s,
        open_max,
        bytes_max,
    )
    if row is None:
        raise RuntimeError("document_begin returned no row")
    return Begun(*row)


async def is_kept(connection: Connection, sha256: bytes) -> bool:
    """Whether a document with this hash is stored whole."""
    return bool(
        await connection.fetchval(
            "SELECT true FROM document_contents WHERE sha256 = $1 AND status = 'ready'", sha256
        )
    )


async def reserve_document(connection: Connection, sha256: bytes, size_bytes: int) -> None:
    """Writes down that a document is about to be stored."""
    await connection.execute(
        "INSERT INTO document_contents (sha256, size_bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        sha256,
        size_bytes,
    )


async def finish_document(connection: Connection, sha256: bytes) -> None:
    """storing → ready. A ready one stays as it is."""
    await connection.execute(
        "UPDATE document_contents SET status = 'ready', ready_at = clock_timestamp()"
        " WHERE sha256 = $1 AND status = 'storing'",
        sha256,
    )


async def make_ready(connection: Connection, id: UUID, sha256: bytes) -> bool:
    """checking → ready; whether this call did it. The document must be kept."""
    tag = await connection.execute(
        "UPDATE files SET status = 'ready', document_sha256 = $2, checked_at = clock_timestamp()"
        " WHERE id = $1 AND status = 'checking' AND EXISTS"
        " (SELECT FROM document_contents AS c WHERE c.sha256 = $2 AND c.status = 'ready')",
        id,
        sha256,
    )
    return tag == "UPDATE 1"
