"""What is done with files: begin an upload, hand it in, use what is ready."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from earnest.files import store, store_documents
from earnest.files.errors import (
    DocumentUnnamed,
    FileNotFound,
    FileNotReady,
    FileOfOtherKind,
    FileTooLarge,
    UploadExpired,
    UploadMissing,
)
from earnest.files.ports import ObjectStore, SignedUpload
from earnest.files.rules import (
    OPEN_UPLOADS_MAX,
    ContentType,
    FileStatus,
    incoming_key,
)
from earnest.files.rules_documents import (
    DOCUMENT_PURPOSE,
    DOCUMENTS_BYTES_MAX,
    DOWNLOAD_TYPE,
    FileKind,
)
from earnest.files.store import Begun, File
from earnest.jobs import enqueue
from earnest.kit.db import Connection, Database
from earnest.kit.errors import InvalidInput
from earnest.kit.idempotency import once
from earnest.kit.ids import new_id
from earnest.kit.settings import Settings

CHECK_JOB = "files.check"


class CheckFile(msgspec.Struct, frozen=True):
    """The payload of a check job."""

    file_id: UUID


class NewUpload(msgspec.Struct, frozen=True):
    """What somebody says they will upload. `sha256` is 32 bytes; a document has a `name`."""

    sha256: bytes
    size_bytes: int
    content_type: str
    purpose: str
    name: str | None = None

    @property
    def kind(self) -> FileKind:
        """What its purpose makes of it."""
        return FileKind.DOCUMENT if self.purpose == DOCUMENT_PURPOSE else FileKind.PICTURE


class ReadyFile(msgspec.Struct, frozen=True):
    """A file that may be used. `public_id` is what its media URLs are made of."""

    file_id: UUID
    public_id: UUID
    width_px: int
    height_px: int


class BegunUpload(msgspec.Struct, frozen=True):
    """A file and how to upload it; None where the account has shown the bytes before."""

    file_id: UUID
    upload: SignedUpload | None
    expires_at: datetime | None


async def begin_upload(
    database: Database,
    object_store: ObjectStore,
    settings: Settings,
    account_id: UUID,
    new: NewUpload,
    *,
    key: str | None,
    route: str,
) -> BegunUpload:
    """A pre-signed PUT for one object, or the account's own ready file with these bytes.

    A document's PUT names no type of its own, so that nothing in the store has an active one.

    `key` is the caller's Idempotency-Key. The URL is a credential and never stored: a repeat
    has it signed again for the time that is left. Raises `FileTooLarge`, `TooManyUploads`,
    `DocumentUnnamed`, `InvalidInput`, `DocumentsFull`, `UploadExpired` for a late repeat,
    `ObjectStoreUnavailable`.
    """
    _check_new(new, settings)
    # A URL for a store that is away would only fail later and less clearly.
    await object_store.head(incoming_key(new_id()))

    async def work(db_tx: Connection) -> Begun:
        return await _begin(db_tx, settings, account_id, new)

    begun = await once(
        database,
        work,
        key=key,
        account_id=account_id,
        route=route,
        body=new,
        answer=Begun,
    )
    if begun.upload_id is None or begun.expires_at is None:
        return BegunUpload(begun.file_id, None, None)
    async with database.connection() as connection:
        left_s = int((begun.expires_at - await store.now(connection)).total_seconds())
    if left_s < 1:
        raise UploadExpired(expires_at=begun.expires_at)
    upload = await object_store.sign_put(
        incoming_key(begun.upload_id),
        content_type=new.content_type if new.kind is FileKind.PICTURE else DOWNLOAD_TYPE,
        size_bytes=new.size_bytes,
        sha256=new.sha256,
        expires_in_s=left_s,
    )
    return BegunUpload(begun.file_id, upload, begun.expires_at)


def _check_new(new: NewUpload, settings: Settings) -> None:
    """Raises the first reason why an upload is not begun."""
    is_picture = new.kind is FileKind.PICTURE
    most = settings.upload_bytes_max if is_picture else settings.document_bytes_max
    if new.size_bytes > most:
        raise FileTooLarge(size_bytes=new.size_bytes, size_bytes_max=most)
    if is_picture and new.content_type not in set(ContentType):
        raise InvalidInput(
            reason="A picture is image/jpeg, image/png or image/webp."
            " Anything else goes up with the purpose `document`."
        )
    if not is_picture and new.name is None:
        raise DocumentUnnamed


async def _begin(db_tx: Connection, settings: Settings, account_id: UUID, new: NewUpload) -> Begun:
    if new.kind is FileKind.PICTURE:
        return await store.begin(
            db_tx,
            id=new_id(),
            account_id=account_id,
            sha256=new.sha256,
            size_bytes=new.size_bytes,
            content_type=new.content_type,
            purpose=new.purpose,
            upload_id=new_id(),
            ttl_s=settings.upload_ttl_s,
            open_max=OPEN_UPLOADS_MAX,
        )
    return await store_documents.begin_document(
        db_tx,
        id=new_id(),
        account_id=account_id,
        sha256=new.sha256,
        size_bytes=new.size_bytes,
        content_type=new.content_type,
        name=new.name or "",
        purpose=new.purpose,
        upload_id=new_id(),
        ttl_s=settings.upload_ttl_s,
        open_max=OPEN_UPLOADS_MAX,
        bytes_max=DOCUMENTS_BYTES_MAX,
    )


async def complete_upload(
    database: Database, object_store: ObjectStore, account_id: UUID, file_id: UUID
) -> File:
    """Hands an upload in to be checked; a repeat changes nothing.

    Raises `FileNotFound`, `UploadMissing`, `ObjectStoreUnavailable`.
    """
    file = await show_file(database, account_id, file_id)
    if file.status is not FileStatus.UPLOADING:
        return file
    if await object_store.head(incoming_key(file.upload_id)) is None:
        raise UploadMissing()
    async with database.db_tx() as db_tx:
        if await store.hand_in(db_tx, account_id, file_id):
            await enqueue(db_tx, CHECK_JOB, CheckFile(file_id), dedupe_key=f"{CHECK_JOB}:{file_id}")
    return await show_file(database, account_id, file_id)


async def show_file(database: Database, account_id: UUID, file_id: UUID) -> File:
    """A file of one's own; raises `FileNotFound`, also for those of others."""
    async with database.connection() as connection:
        file = await store.find_own(connection, account_id, file_id)
    if file is None:
        raise FileNotFound(file_id=file_id)
    return file


async def require_ready(
    connection: Connection, account_id: UUID, file_ids: Sequence[UUID]
) -> list[ReadyFile]:
    """The pictures in the order asked for, all of them the account's own and ready.

    Raises `FileNotFound`, `FileNotReady` or `FileOfOtherKind` for the first one that is not.
    """
    found = {file.id: file for file in await store.find_own_many(connection, account_id, file_ids)}
    ready: list[ReadyFile] = []
    for file_id in file_ids:
        file = found.get(file_id)
        if file is None:
            raise FileNotFound(file_id=file_id)
        if file.kind is not FileKind.PICTURE:
            raise FileOfOtherKind(file_id=file_id, kind=file.kind, wanted=FileKind.PICTURE)
        if file.public_id is None or file.width_px is None or file.height_px is None:
            raise FileNotReady(file_id=file_id, status=file.status)
        ready.append(ReadyFile(file.id, file.public_id, file.width_px, file.height_px))
    return ready
