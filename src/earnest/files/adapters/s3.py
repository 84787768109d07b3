"""S3 and whatever speaks its protocol: aiobotocore signs URLs, obstore moves the bytes."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
import obstore.exceptions
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from obstore.store import S3Store

from earnest.files.errors import ObjectMissing, ObjectStoreUnavailable
from earnest.files.ports import ObjectFacts, SignedUpload
from earnest.kit.settings import Settings

_CHUNK_BYTES = 256 * 1024
_LIST_PAGE = 1_000
_HAND_OVER_S = 0.05


class S3ObjectStore:
    """One bucket of an S3 store. Made by `open_store`."""

    def __init__(self, bucket: str, signer: Any, bulk: Any, *, signs_checksum: bool) -> None:
        self._bucket = bucket
        self._signer = signer
        self._bulk = bulk
        self._signs_checksum = signs_checksum

    async def sign_put(
        self, key: str, *, content_type: str, size_bytes: int, sha256: bytes, expires_in_s: int
    ) -> SignedUpload:
        """A PUT of exactly this key, type and length.

        Where the store is known to enforce them and to let browsers send them, the checksum is
        signed too, and that nothing may be overwritten. Elsewhere the worker's check is what
        counts: some stores accept the checksum without looking, and their CORS refuses it.
        """
        parameters: dict[str, Any] = {
            "Bucket": self._bucket,
            "Key": key,
            "ContentType": content_type,
            "ContentLength": size_bytes,
        }
        headers = {"Content-Type": content_type, "Content-Length": str(size_bytes)}
        if self._signs_checksum:
            checksum = base64.b64encode(sha256).decode()
            parameters |= {"ChecksumSHA256": checksum, "IfNoneMatch": "*"}
            headers |= {"x-amz-checksum-sha256": checksum, "If-None-Match": "*"}
        url = await self._signer.generate_presigned_url(
            "put_object", Params=parameters, ExpiresIn=expires_in_s, HttpMethod="PUT"
        )
        return SignedUpload("PUT", url, headers)

    async def head(self, key: str) -> ObjectFacts | None:
        """The object's facts, or None."""
        try:
            meta = await obstore.head_async(self._bulk, key)
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return None
        except (obstore.exceptions.BaseError, OSError) as error:
            raise ObjectStoreUnavailable() from error
        return ObjectFacts(key, meta["size"], meta["last_modified"])

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes, in pieces."""
        try:
            result = await obstore.get_async(self._bulk, key)
            async for chunk in result.stream(min_chunk_size=_CHUNK_BYTES):
                yield bytes(chunk)
        except (FileNotFoundError, obstore.exceptions.NotFoundError) as error:
            raise ObjectMissing(key=key) from error
        except (obstore.exceptions.BaseError, OSError) as error:
            raise ObjectStoreUnavailable() from error

    async def put(
        self, key: str, body: Path | bytes, *, content_type: str, cache_control: str
    ) -> None:
        """Writes an object whole, in one request."""
        attributes: Any = {"Content-Type": content_type, "Cache-Control": cache_control}
        try:
            await obstore.put_async(
                self._bulk, key, body, attributes=attributes, use_multipart=False
            )
        except (obstore.exceptions.BaseError, OSError) as error:
            raise ObjectStoreUnavailable() from error

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects; missing ones are no fault."""
        for key in keys:
            try:
                await obstore.delete_async(self._bulk, key)
            except (FileNotFoundError, obstore.exceptions.NotFoundError):
                continue
            except (obstore.exceptions.BaseError, OSError) as error:
                raise ObjectStoreUnavailable() from error

    async def list_older(self, prefix: str, before: datetime, limit: int) -> list[str]:
        """Keys under `prefix` last written before a moment."""
        found: list[str] = []
        try:
            async for page in obstore.list(self._bulk, prefix, chunk_size=_LIST_PAGE):
                found += [meta["path"] for meta in page if meta["last_modified"] < before]
                if len(found) >= limit:
                    break
        except (obstore.exceptions.BaseError, OSError) as error:
            raise ObjectStoreUnavailable() from error
        return found[:limit]


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[S3ObjectStore]:
    """The store of the settings. Without `s3_endpoint` it is Amazon's, in `s3_region`.

    Opening asks nothing of the store: a process may start while the store is away.
    """
    settings.need("s3_bucket", "s3_access_key_id", "s3_secret_access_key")
    own = settings.s3_endpoint != ""
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path" if own else "virtual"},
        # Newer botocore would add checksums of its own, which break some stores.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    bulk = S3Store(
        settings.s3_bucket,
        config={
            "access_key_id": settings.s3_access_key_id,
            "secret_access_key": settings.s3_secret_access_key,
            "region": settings.s3_region,
            "virtual_hosted_style_request": not own,
            **({"endpoint": settings.s3_endpoint} if own else {}),
        },
        client_options={
            "allow_http": settings.s3_endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=2),
            "timeout": timedelta(seconds=30),
        },
        retry_config={
            "max_retries": 2,
            "retry_timeout": timedelta(seconds=5),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=1),
                "base": 2,
            },
        },
    )
    async with get_session().create_client(
        "s3",
        region_name=settings.s3_region,
        endpoint_url=settings.s3_public_endpoint or settings.s3_endpoint or None,
        aws_access_key_id=settings.s3_access_key_id,
        aws_secret_access_key=settings.s3_secret_access_key,
        config=config,
    ) as signer:
        try:
            yield S3ObjectStore(
                settings.s3_bucket, signer, bulk, signs_checksum=settings.s3_signs_checksum
            )
        finally:
            # obstore's thread lets go of a result just after handing it over. An interpreter
            # that ends in that very moment was seen to abort.
            await asyncio.sleep(_HAND_OVER_S)
