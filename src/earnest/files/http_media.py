"""`/media/{publicId}/{variant}`: renditions for everybody, for ever the same. No originals."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, MediaType, Response, get, head
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream

from earnest.files import store as files_store
from earnest.files.errors import MediaNotFound, ObjectMissing, ObjectStoreUnavailable
from earnest.files.http import WITH_STORE, FilesController, GivenStore
from earnest.files.ports import ObjectStore
from earnest.files.rules import Variant, media_key
from earnest.files.rules_ranges import RangeNotSatisfiable, matches_etag, read_range
from earnest.files.store import StoredRendition
from earnest.kit.db import Database
from earnest.kit.parts import GivenDatabase
from earnest.kit.problems import answers, problem_response

_TYPE = "image/webp"

RangeHeader = Annotated[
    str | None, HeaderParameter(name="Range", description="One range of bytes.")
]
IfRange = Annotated[str | None, HeaderParameter(name="If-Range", description="An ETag.")]
IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="ETags.")]


def _headers(rendition: StoredRendition) -> dict[str, str]:
    return {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": _etag(rendition),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'inline; filename="{rendition.variant}.webp"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _etag(rendition: StoredRendition) -> str:
    return f'"{rendition.sha256}"'


def _unchanged(headers: dict[str, str]) -> Response[None]:
    # The media type decides only how the absent body is rendered; none is sent.
    return Response(None, status_code=304, media_type=MediaType.JSON, headers=headers)


async def _find(database: Database, public_id: UUID, variant: str) -> StoredRendition:
    if variant not in set(Variant):
        raise MediaNotFound()
    async with database.connection() as connection:
        found = await files_store.find_rendition(connection, public_id, Variant(variant))
    if found is None:
        raise MediaNotFound()
    return found


async def _open(
    store: ObjectStore, rendition: StoredRendition, start: int, length: int
) -> AsyncIterator[bytes]:
    """The bytes. Asks for the first ones at once, so that a store that is away is a clear 503."""
    chunks = _cut(
        store.stream(media_key(rendition.public_id, rendition.variant)), start, start + length
    )
    try:
        first = await anext(chunks)
    except (ObjectMissing, StopAsyncIteration) as error:
        # The database says that it is there, so it is the store that does not give it.
        raise ObjectStoreUnavailable() from error

    async def rest() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return rest()


async def _cut(chunks: AsyncIterator[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    """The part from `start` to before `end`; what comes after is not read."""
    at = 0
    async for chunk in chunks:
        part = chunk[max(0, start - at) : max(0, end - at)]
        if part:
            yield part
        at += len(chunk)
        if at >= end:
            return


class MediaController(Controller):
    """Pictures for everybody who knows their random id."""

    path = "/media"
    tags = ("media",)
    dependencies = WITH_STORE

    @get(
        "/{public_id:uuid}/{variant:str}",
        summary="A rendition of a picture",
        media_type=_TYPE,
        responses={
            200: ResponseSpec(bytes, description="The picture", media_type=_TYPE),
            206: ResponseSpec(bytes, description="The range asked for", media_type=_TYPE),
            304: ResponseSpec(None, description="You have it"),
            **answers(400, 404, 416, 503),
        },
    )
    async def show(
        self,
        public_id: FromPath[UUID],
        variant: FromPath[str],
        database: GivenDatabase,
        store: GivenStore,
        range_header: RangeHeader = None,
        if_range: IfRange = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[Any]:
        """WebP. `variant` is `small`, `medium` or `large`. May be kept for ever."""
        rendition = await _find(database, public_id, variant)
        headers = _headers(rendition)
        if matches_etag(if_none_match, _etag(rendition)):
            return _unchanged(headers)
        if if_range is not None and if_range.strip() != _etag(rendition):
            range_header = None
        size = rendition.size_bytes
        try:
            part = read_range(range_header, size)
        except RangeNotSatisfiable:
            return problem_response(
                "range_not_satisfiable",
                416,
                f"The picture has {size} bytes.",
                headers={"Content-Range": f"bytes */{size}"},
            )
        start, length = part or (0, size)
        headers["Content-Length"] = str(length)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
        body = await _open(store, rendition, start, length)
        return Stream(body, status_code=206 if part else 200, media_type=_TYPE, headers=headers)

    @head(
        "/{public_id:uuid}/{variant:str}",
        summary="The headers of a rendition",
        responses={
            200: ResponseSpec(None, description="The headers that GET would send"),
            304: ResponseSpec(None, description="You have it"),
            **answers(400, 404, 503),
        },
    )
    async def show_headers(
        self,
        public_id: FromPath[UUID],
        variant: FromPath[str],
        database: GivenDatabase,
        if_none_match: IfNoneMatch = None,
    ) -> Response[None]:
        """As GET, without the picture; the store is not asked."""
        rendition = await _find(database, public_id, variant)
        headers = _headers(rendition)
        if matches_etag(if_none_match, _etag(rendition)):
            return _unchanged(headers)
        headers |= {"Content-Length": str(rendition.size_bytes), "Content-Type": _TYPE}
        return Response(None, media_type=MediaType.JSON, headers=headers)


ROUTES: list[Any] = [FilesController, MediaController]
