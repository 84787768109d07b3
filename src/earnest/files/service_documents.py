"""What other domains do with documents: require, keep, and have them downloaded."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from earnest.files import store, store_documents
from earnest.files.errors import FileNotFound, FileNotReady, FileOfOtherKind
from earnest.files.ports import ObjectStore
from earnest.files.rules import FileStatus
from earnest.files.rules_documents import (
    DOWNLOAD_S,
    DOWNLOAD_TYPE,
    FileKind,
    ReadyDocument,
    SignedDownload,
    disposition_of,
    document_key,
)
from earnest.kit.db import Connection, Database

_PRIVATE = "private, no-store"


async def require_ready_documents(
    connection: Connection, account_id: UUID, file_ids: Sequence[UUID]
) -> list[ReadyDocument]:
    """The documents in the order asked for, all of them the account's own and ready.

    Raises `FileNotFound`, `FileNotReady` or `FileOfOtherKind` for the first one that is not.
    Who uses one should keep its hash, name, size and type: they never change.
    """
    found = {file.id: file for file in await store.find_own_many(connection, account_id, file_ids)}
    ready: list[ReadyDocument] = []
    for file_id in file_ids:
        file = found.get(file_id)
        if file is None:
            raise FileNotFound(file_id=file_id)
        if file.kind is not FileKind.DOCUMENT or file.name is None:
            raise FileOfOtherKind(file_id=file_id, kind=file.kind, wanted=FileKind.DOCUMENT)
        if file.status is not FileStatus.READY:
            raise FileNotReady(file_id=file_id, status=file.status)
        ready.append(
            ReadyDocument(file.id, file.sha256, file.size_bytes, file.name, file.content_type)
        )
    return ready


async def presign_download(
    object_store: ObjectStore,
    *,
    sha256: bytes,
    name: str,
    now: datetime,
    expires_in_s: int = DOWNLOAD_S,
) -> SignedDownload:
    """A short-lived URL that saves a document under `name`. Whether one may is asked before.

    Whatever the document is, the store calls it `application/octet-stream` and an attachment,
    so that no browser opens it in a page.
    """
    url = await object_store.sign_get(
        document_key(sha256),
        content_type=DOWNLOAD_TYPE,
        disposition=disposition_of(name),
        expires_in_s=expires_in_s,
    )
    return SignedDownload(url, now + timedelta(seconds=expires_in_s))


async def keep_document(database: Database, object_store: ObjectStore, body: Path | bytes) -> bytes:
    """Stores bytes by their hash, and returns it. May be repeated at any point (role worker)."""
    data = body if isinstance(body, bytes) else await asyncio.to_thread(body.read_bytes)
    sha256 = hashlib.sha256(data).digest()
    async with database.db_tx() as db_tx:
        if await store_documents.is_kept(db_tx, sha256):
            return sha256
        await store_documents.reserve_document(db_tx, sha256, len(data))
    await object_store.put(
        document_key(sha256), data, content_type=DOWNLOAD_TYPE, cache_control=_PRIVATE
    )
    async with database.db_tx() as db_tx:
        await store_documents.finish_document(db_tx, sha256)
    return sha256
