"""The outside thing that files need: an object store."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec


class SignedUpload(msgspec.Struct, frozen=True):
    """A request that a browser may send once signed: exactly this method, URL and headers."""

    method: str
    url: str
    headers: dict[str, str]


class ObjectFacts(msgspec.Struct, frozen=True):
    """What the store knows of an object."""

    key: str
    size_bytes: int
    modified_at: datetime


class ObjectStore(Protocol):
    """One bucket. Every method raises `ObjectStoreUnavailable` when the store does not answer."""

    async def sign_put(
        self, key: str, *, content_type: str, size_bytes: int, sha256: bytes, expires_in_s: int
    ) -> SignedUpload:
        """A PUT of one object with this key, type and length, good for `expires_in_s` seconds.

        Local arithmetic: the store is not asked.
        """
        ...

    async def sign_get(
        self, key: str, *, content_type: str, disposition: str, expires_in_s: int
    ) -> str:
        """A URL that gives one object, with this type and disposition whatever was stored.

        Local arithmetic: the store is not asked.
        """
        ...

    async def head(self, key: str) -> ObjectFacts | None:
        """The object's facts, or None where there is none."""
        ...

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object's bytes from beginning to end. Raises `ObjectMissing`.

        No ranges: some stores answer them wrongly, and what is served in ranges is small.
        """
        ...

    async def put(
        self, key: str, body: Path | bytes, *, content_type: str, cache_control: str
    ) -> None:
        """Writes an object whole or not at all, over any earlier one."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects; those that are not there are no fault."""
        ...

    async def list_older(self, prefix: str, before: datetime, limit: int) -> list[str]:
        """At most `limit` keys under `prefix` that were last written before a moment."""
        ...
