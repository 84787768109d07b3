"""SQL of the documents that proposals and deliverables carry."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from earnest.files import require_ready_documents
from earnest.kit.db import Connection


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is part of something. `sha256` is 64 hexadecimal digits; name and type are
    what its account said."""

    file_id: UUID
    sha256: str
    size_bytes: int
    name: str
    declared_type: str


def files_of(table: str, key: str, of: str) -> str:
    """A subquery: the documents of `of` in their order, as JSON."""
    return (
        "(SELECT coalesce(json_agg(json_build_object('file_id', f.file_id,"
        " 'sha256', encode(f.sha256, 'hex'), 'size_bytes', f.size_bytes, 'name', f.name,"
        f" 'declared_type', f.declared_type) ORDER BY f.position), '[]') FROM {table} AS f"
        f" WHERE f.{key} = {of})"
    )


def read_files(found: Any) -> list[KeptFile]:
    """What `files_of` gave."""
    return msgspec.convert(found, list[KeptFile])


async def require_files(db: Connection, account: UUID, file_ids: Sequence[UUID]) -> list[KeptFile]:
    """Documents of an account's own that are ready, none twice.

    Raises `FileNotFound`, `FileNotReady`, `FileOfOtherKind`.
    """
    ready = await require_ready_documents(db, account, list(dict.fromkeys(file_ids)))
    return [
        KeptFile(
            file_id=file.file_id,
            sha256=file.sha256.hex(),
            size_bytes=file.size_bytes,
            name=file.name,
            declared_type=file.declared_type,
        )
        for file in ready
    ]


async def keep_files(
    db_tx: Connection, table: str, key: str, of: UUID, files: Sequence[KeptFile]
) -> None:
    """Makes documents part of something that has none."""
    await db_tx.executemany(
        f"INSERT INTO {table} ({key}, position, file_id, sha256, size_bytes, name, declared_type)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (of, position, each.file_id, bytes.fromhex(each.sha256), each.size_bytes, each.name,
             each.declared_type)
            for position, each in enumerate(files, start=1)
        ],
    )  # fmt: skip
