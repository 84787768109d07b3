"""Routes of files: begin an upload, hand it in, ask how it stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Litestar, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, SkipValidation

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.files import service
from earnest.files.adapters.s3 import open_store
from earnest.files.ports import ObjectStore
from earnest.files.rules import (
    FileStatus,
    Rejection,
    Variant,
    media_url,
    reason_text,
)
from earnest.files.rules_documents import NAME_LENGTH_MAX, FileKind
from earnest.files.store import File
from earnest.kit.idempotency import IdempotencyKey
from earnest.kit.limits import limit_account
from earnest.kit.parts import GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings
from earnest.kit.wire import Body, Wire

_NO_STORE = {"Cache-Control": "no-store"}
_ROUTE = "POST /api/files/uploads"

Sha256 = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9a-fA-F]{64}(?!\n)$",
        description="SHA-256 of the file, in hex.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
SizeBytes = Annotated[
    int, msgspec.Meta(ge=1, le=2**53 - 1, description="The file's size.", examples=[482113])
]
Purpose = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z][a-z0-9_]{0,39}(?!\n)$",
        description=(
            "What the file is for. `document` is kept as it is, of any type, and only ever"
            " downloaded; with every other purpose it must be a picture."
        ),
        examples=["task_option"],
    ),
]
DeclaredType = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}(?!\n)$",
        description=(
            "A picture is `image/jpeg`, `image/png` or `image/webp`. A document's is shown as"
            " what you said, and decides nothing; `application/octet-stream` if you don't know."
        ),
        examples=["image/jpeg"],
    ),
]
FileName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=NAME_LENGTH_MAX,
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*(?!\n)$",
        description="Needed for a document; a picture's is not kept.",
        examples=["report.pdf"],
    ),
]


class UploadBody(Body, frozen=True):
    """What will be uploaded."""

    sha256: Sha256
    size_bytes: SizeBytes
    content_type: DeclaredType
    purpose: Purpose
    name: FileName | None = None


class UploadTarget(Wire, frozen=True):
    """The request that puts the file into the store: send exactly these headers.

    A browser sets Content-Length by itself and does not let pages name it.
    """

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class UploadAnswer(Wire, frozen=True):
    """`upload` is null where you have uploaded the same bytes before: the file is ready."""

    file_id: UUID
    upload: UploadTarget | None


class MediaUrls(Wire, frozen=True):
    """WebP renditions with a longest edge of at most 320, 960 and 1920 pixels."""

    small: str
    medium: str
    large: str


class DocumentAnswer(Wire, frozen=True):
    """A document that is part of something. Name and type are what its account said."""

    sha256: str
    size_bytes: int
    name: str
    declared_type: str


class DownloadAnswer(Wire, frozen=True):
    """Where a document is downloaded, until `expiresAt`, by whoever has the URL.

    It is saved as `name` and never shown in a page. Its SHA-256 is what the URL must give.
    """

    url: str
    expires_at: datetime
    name: str
    size_bytes: int
    sha256: str


class FileAnswer(Wire, frozen=True):
    """A file of yours. `reason` and `detail` say why it was rejected.

    `media` comes with a picture that is ready; a document has a `name`, and is downloaded through
    the thing that it was put into.
    """

    id: UUID
    status: FileStatus
    purpose: str
    kind: FileKind
    name: str | None
    content_type: str
    size_bytes: int
    sha256: str
    created_at: datetime
    reason: Rejection | None
    detail: str | None
    public_id: UUID | None
    width_px: int | None
    height_px: int | None
    media: MediaUrls | None


def show_media(public_id: UUID, settings: Settings) -> MediaUrls:
    """Where the renditions of a picture are."""
    return MediaUrls(
        small=media_url(public_id, Variant.SMALL, settings),
        medium=media_url(public_id, Variant.MEDIUM, settings),
        large=media_url(public_id, Variant.LARGE, settings),
    )


def _show(file: File, settings: Settings) -> FileAnswer:
    return FileAnswer(
        id=file.id,
        status=file.status,
        purpose=file.purpose,
        kind=file.kind,
        name=file.name,
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256.hex(),
        created_at=file.created_at,
        reason=file.rejection,
        detail=reason_text(file.rejection) if file.rejection else None,
        public_id=file.public_id,
        width_px=file.width_px,
        height_px=file.height_px,
        media=show_media(file.public_id, settings) if file.public_id else None,
    )


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Gives the application its `state.object_store`. Needs `state.settings`."""
    async with open_store(app.state.settings) as object_store:
        app.state.object_store = object_store
        yield


def provide_store(state: State) -> ObjectStore:
    """The object store of the application."""
    object_store: ObjectStore = state.object_store
    return object_store


GivenStore = NamedDependency[SkipValidation[ObjectStore]]

WITH_STORE = {"store": Provide(provide_store, sync_to_thread=False)}


class FilesController(Controller):
    """Uploads go straight to the object store; the API only signs and checks."""

    path = "/api/files"
    tags = ("files",)
    dependencies = WITH_STORE | {"principal": Provide(require_principal)}
    security = SECURITY

    @post(
        "/uploads",
        summary="Begin an upload",
        responses={
            201: ResponseSpec(UploadAnswer, description="Send the file to `upload`, then complete"),
            200: ResponseSpec(UploadAnswer, description="You have uploaded these bytes before"),
            **answers(400, 401, 409, 413, 415, 429, 503),
        },
    )
    async def begin(
        self,
        data: JSONBody[UploadBody],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        store: GivenStore,
        settings: GivenSettings,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[UploadAnswer]:
        """One pre-signed PUT for one object, with its type and length signed."""
        await limit_account(
            database, "uploads", principal.account_id, most=settings.uploads_per_minute_max
        )
        begun = await service.begin_upload(
            database,
            store,
            settings,
            principal.account_id,
            service.NewUpload(
                sha256=bytes.fromhex(data.sha256),
                size_bytes=data.size_bytes,
                content_type=data.content_type,
                purpose=data.purpose,
                name=data.name,
            ),
            key=idempotency_key,
            route=_ROUTE,
        )
        if begun.upload is None or begun.expires_at is None:
            answer = UploadAnswer(file_id=begun.file_id, upload=None)
            return Response(answer, status_code=200, headers=_NO_STORE)
        target = UploadTarget(
            method=begun.upload.method,
            url=begun.upload.url,
            headers=begun.upload.headers,
            expires_at=begun.expires_at,
        )
        answer = UploadAnswer(file_id=begun.file_id, upload=target)
        return Response(answer, status_code=201, headers=_NO_STORE)

    @post(
        "/{file_id:uuid}/complete",
        status_code=202,
        summary="Hand an upload in to be checked",
        responses=answers(400, 401, 404, 409, 503),
    )
    async def complete(
        self,
        file_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        store: GivenStore,
        settings: GivenSettings,
    ) -> Response[FileAnswer]:
        """Once is enough, a repeat does no harm. Then ask for the file until it is ready."""
        file = await service.complete_upload(database, store, principal.account_id, file_id)
        return Response(_show(file, settings), status_code=202, headers=_NO_STORE)

    @get(
        "/{file_id:uuid}",
        summary="How a file stands",
        responses=answers(400, 401, 404, 503),
    )
    async def show(
        self,
        file_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> Response[FileAnswer]:
        """`uploading`, `checking`, `ready` with its media, or `rejected` with the reason."""
        file = await service.show_file(database, principal.account_id, file_id)
        return Response(_show(file, settings), headers=_NO_STORE)
