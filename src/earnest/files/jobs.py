"""The check of what was really uploaded, and the sweep of what was never finished."""

import asyncio
import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog

from earnest.files import store, store_documents
from earnest.files.errors import ObjectMissing
from earnest.files.pictures import Picture, PictureRejected, render
from earnest.files.ports import ObjectStore
from earnest.files.rules import (
    INCOMING_KEPT_S,
    REJECTED_KEPT_S,
    UPLOAD_GRACE_S,
    ContentType,
    FileStatus,
    Rejection,
    Variant,
    incoming_key,
    media_key,
    original_key,
)
from earnest.files.rules_documents import FileKind
from earnest.files.service import CHECK_JOB, CheckFile
from earnest.files.service_documents import keep_document
from earnest.files.store import File
from earnest.jobs import Job, JobCannotSucceed, JobRegistry
from earnest.kit.db import Database
from earnest.kit.events import append_event
from earnest.kit.ids import new_id
from earnest.kit.settings import Settings

log = structlog.get_logger(__name__)

SWEEP_JOB = "files.sweep"
SWEEP_PERIOD_S = 600
SWEEP_MAX = 500
IMMUTABLE = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"


class FileParts(Protocol):
    """What the jobs of files need of a worker's resources."""

    @property
    def database(self) -> Database:
        """The pool of role `worker`."""
        ...

    @property
    def store(self) -> ObjectStore:
        """The object store."""
        ...

    @property
    def settings(self) -> Settings:
        """All settings."""
        ...


def register_jobs(registry: JobRegistry) -> None:
    """Adds the jobs of files to a worker."""

    # Decoding takes a processor and some hundred megabytes.
    @registry.job(CHECK_JOB, CheckFile, slow=True)
    async def check(job: Job[CheckFile], parts: FileParts) -> None:
        await check_file(job, parts)

    @registry.job(SWEEP_JOB, tries_max=1)
    async def sweep(_job: Job[dict[str, Any]], parts: FileParts) -> None:
        await sweep_files(parts)

    registry.every(SWEEP_PERIOD_S, SWEEP_JOB)


async def check_file(job: Job[CheckFile], parts: FileParts) -> None:
    """checking → ready or rejected, by what is really there.

    May be repeated at any point. What is stored is what was read here, once: whoever puts
    something else under the upload's URL afterwards changes nothing.
    """
    async with parts.database.connection() as connection:
        file = await store.find(connection, job.payload.file_id)
    if file is None:
        raise JobCannotSucceed(reason=f"There is no file {job.payload.file_id}.")
    if file.status is FileStatus.CHECKING:
        with tempfile.TemporaryDirectory(prefix="earnest-file-") as folder:
            rejection = await _check(parts, file, Path(folder))
        await _record(parts, file, rejection)
    elif file.status is FileStatus.UPLOADING:
        raise JobCannotSucceed(reason=f"File {file.id} has not been handed in.")
    await parts.store.delete([incoming_key(file.upload_id)])


async def _check(parts: FileParts, file: File, folder: Path) -> Rejection | None:
    """Reads, verifies and stores, a picture rendered anew; None when the content is ready."""
    path = folder / "original"
    rejection = await _fetch(parts.store, file, path)
    if rejection is not None:
        return rejection
    if file.kind is FileKind.DOCUMENT:
        await keep_document(parts.database, parts.store, path)
        return None
    async with parts.database.connection() as connection:
        content = await store.find_content(connection, file.sha256)
    if content is not None and content.is_ready:
        return None  # the same bytes were checked before
    try:
        picture = await render(
            path,
            folder,
            content_type=ContentType(file.content_type),
            pixels_max=parts.settings.picture_pixels_max,
        )
    except PictureRejected as refused:
        return refused.rejection
    await _store(parts, file, folder, picture)
    return None


async def _fetch(object_store: ObjectStore, file: File, path: Path) -> Rejection | None:
    """Copies the upload to `path`, never more of it than announced, and verifies it."""
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with path.open("wb") as out:
            async for chunk in object_store.stream(incoming_key(file.upload_id)):
                size_bytes += len(chunk)
                if size_bytes > file.size_bytes:
                    return Rejection.SIZE_DIFFERS
                digest.update(chunk)
                await asyncio.to_thread(out.write, chunk)
    except ObjectMissing:
        return Rejection.UPLOAD_MISSING
    if size_bytes != file.size_bytes:
        return Rejection.SIZE_DIFFERS
    if digest.digest() != file.sha256:
        return Rejection.HASH_DIFFERS
    return None


async def _store(parts: FileParts, file: File, folder: Path, picture: Picture) -> None:
    """Writes original and renditions under keys that only the worker writes."""
    async with parts.database.db_tx() as db_tx:
        content = await store.reserve_content(
            db_tx,
            sha256=file.sha256,
            public_id=new_id(),
            size_bytes=file.size_bytes,
            content_type=file.content_type,
            picture=picture,
        )
    if content.is_ready:
        return
    await parts.store.put(
        original_key(content.public_id),
        folder / "original",
        content_type=file.content_type,
        cache_control=PRIVATE,
    )
    for variant in Variant:
        await parts.store.put(
            media_key(content.public_id, variant),
            folder / f"{variant}.webp",
            content_type="image/webp",
            cache_control=IMMUTABLE,
        )
    async with parts.database.db_tx() as db_tx:
        await store.finish_content(db_tx, file.sha256, picture)


async def _record(parts: FileParts, file: File, rejection: Rejection | None) -> None:
    async with parts.database.db_tx() as db_tx:
        if rejection is not None:
            done = await store.reject(db_tx, file.id, rejection)
        elif file.kind is FileKind.DOCUMENT:
            done = await store_documents.make_ready(db_tx, file.id, file.sha256)
        else:
            done = await store.make_ready(db_tx, file.id, file.sha256)
        if done:
            await append_event(
                db_tx,
                "file_ready" if rejection is None else "file_rejected",
                f"file:{file.id}",
                {"account_id": str(file.account_id), "purpose": file.purpose}
                | ({} if rejection is None else {"reason": rejection.value}),
            )
    log.info("file_checked", file_id=str(file.id), rejection=rejection)


async def sweep_files(
    parts: FileParts,
    *,
    grace_s: int = UPLOAD_GRACE_S,
    incoming_kept_s: int = INCOMING_KEPT_S,
    rejected_kept_s: int = REJECTED_KEPT_S,
    limit: int = SWEEP_MAX,
) -> None:
    """Ends uploads that were never finished, and deletes what lies about in `incoming/`.

    An URL that is still good can be used again after the check; so the folder itself is
    swept too, and not only the objects of known uploads.
    """
    database, delete = parts.database, parts.store.delete
    async with database.db_tx() as db_tx:
        expired = await store.expire_unfinished(db_tx, timedelta(seconds=grace_s), limit)
        forgotten = await store.forget_rejected(db_tx, timedelta(seconds=rejected_kept_s), limit)
        now = await store.now(db_tx)
    await delete([incoming_key(upload_id) for _, upload_id in expired])
    before = now - timedelta(seconds=incoming_kept_s)
    old = await parts.store.list_older("incoming/", before, limit)
    await delete(old)
    log.info("files_swept", expired=len(expired), forgotten=forgotten, objects=len(old))
