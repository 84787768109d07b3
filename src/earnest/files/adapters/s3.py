"""S3 and whatever speaks its protocol, through aiobotocore."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from earnest.files.errors import ObjectMissing, ObjectStoreUnavailable
from earnest.files.ports import ObjectFacts, SignedUpload
from earnest.kit.settings import Settings

_CHUNK_BYTES = 256 * 1024
_CONNECT_S = 2
_READ_S = 30
_TRIES = 3
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Errors of the store as ours: `ObjectMissing`, or `ObjectStoreUnavailable` for all else."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise ObjectMissing(key=key) from error
        raise ObjectStoreUnavailable() from error
    except (BotoCoreError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ObjectStoreUnavailable() from error


class S3ObjectStore:
    """One bucket of an S3 store. Made by `open_store`."""

    def __init__(self, bucket: str, signer: Any, client: Any, *, signs_checksum: bool) -> None:
        self._bucket = bucket
        self._signer = signer
        self._client = client
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

    async def sign_get(
        self, key: str, *, content_type: str, disposition: str, expires_in_s: int
    ) -> str:
        """A GET of one object that answers with this type and disposition, and is not cached."""
        url: str = await self._signer.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=expires_in_s,
            HttpMethod="GET",
        )
        return url

    async def head(self, key: str) -> ObjectFacts | None:
        """The object's facts, or None."""
        try:
            with _told(key):
                found = await self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectMissing:
            return None
        return ObjectFacts(key, found["ContentLength"], found["LastModified"])

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes, in pieces."""
        with _told(key):
            found = await self._client.get_object(Bucket=self._bucket, Key=key)
        async with found["Body"] as body:
            while True:
                with _told(key):
                    chunk = await body.read(_CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

    async def put(
        self, key: str, body: Path | bytes, *, content_type: str, cache_control: str
    ) -> None:
        """Writes an object whole, in one request."""
        content = body if isinstance(body, bytes) else await asyncio.to_thread(body.read_bytes)
        with _told(key):
            await self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                ContentType=content_type,
                **({"CacheControl": cache_control} if cache_control else {}),
            )

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects; missing ones are no fault."""
        for key in keys:
            try:
                with _told(key):
                    await self._client.delete_object(Bucket=self._bucket, Key=key)
            except ObjectMissing:
                continue

    async def list_older(self, prefix: str, before: datetime, limit: int) -> list[str]:
        """Keys under `prefix` last written before a moment."""
        found: list[str] = []
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        with _told(prefix):
            async for page in pages:
                found += [
                    each["Key"]
                    for each in page.get("Contents", ())
                    if each["LastModified"] < before
                ]
                if len(found) >= limit:
                    break
        return found[:limit]


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[S3ObjectStore]:
    """The store of the settings. Without `s3_endpoint` it is Amazon's, in `s3_region`.

    Opening asks nothing of the store: a process may start while the store is away.
    """
    settings.need("s3_bucket", "s3_access_key_id", "s3_secret_access_key")
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.s3_endpoint else "virtual"},
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
        # Newer botocore would add checksums of its own, which break some stores.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )

    def client(endpoint: str) -> Any:
        return get_session().create_client(
            "s3",
            region_name=settings.s3_region,
            endpoint_url=endpoint or None,
            aws_access_key_id=settings.s3_access_key_id,
            aws_secret_access_key=settings.s3_secret_access_key,
            config=config,
        )

    # Browsers may reach the store under another name than we do, and a URL is signed with it.
    async with (
        client(settings.s3_public_endpoint or settings.s3_endpoint) as signer,
        client(settings.s3_endpoint) as own,
    ):
        yield S3ObjectStore(
            settings.s3_bucket, signer, own, signs_checksum=settings.s3_signs_checksum
        )
