"""One Stacks API server over HTTP: bounds, time-outs, another try, and its limits obeyed.

Every answer is one of four: bytes, *not there* in the server's own words, `RpcRejected` (it said a
definite no) or `RpcUnavailable` (nothing was learned). A gateway's 404 is not the server's: only a
JSON body with the server's message counts as absence. Redirects are not followed, because the
key would go with them.
"""

import asyncio
import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
from yarl import URL

from earnest.chains.errors import MalformedAnswer, RpcRejected, RpcUnavailable

T = TypeVar("T")

ANSWER_BYTES_MAX = 16 * 1024 * 1024
# A pause that the server asks for is slept through up to here; a longer one is told to the caller.
PAUSE_S_MAX = 30.0
_TOLD_PAUSE_S_MAX = 3600.0
_CHUNK_BYTES = 64 * 1024
_NOT_THERE = frozenset(
    {
        "Block not found",
        "Cursor not found",
        "Transaction not found",
        "Not found",
        "No contract found",
        "No contract interface data found",
    }
)
_REMAINING = re.compile(r"(?:x-)?ratelimit-remaining(?:-[a-z0-9-]+)?")
_RESET = re.compile(r"(?:x-)?ratelimit-reset(?:-[a-z0-9-]+)?")
# The draft header of the IETF: `RateLimit: "default";r=0;t=30`.
_DRAFT = re.compile(r"\br=(\d+).*?\bt=(\d+)")
# What stands above it is no number of seconds but a time of day.
_EPOCH_S = 1_000_000_000


class NotThere(Exception):
    """The server said, in its own words, that it has no such thing."""


class _Refusal(msgspec.Struct):
    """The error bodies of the server: it has four shapes, and these fields in them."""

    message: str | None = None
    error: str | None = None
    reason: str | None = None
    code: str | int | None = None


class Transport:
    """Speaks to one server. `attempts` counts all tries of a read; a write is tried once."""

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        key_header: str = "x-api-key",
        timeout_s: float = 15.0,
        attempts: int = 4,
        pause_s: float = 0.25,
        sockets_max: int = 16,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"a Stacks API is spoken to by http or https, not {parts.scheme!r}")
        self.url = url.rstrip("/")
        self._headers = {"accept": "application/json", "user-agent": "earnest"}
        if key:
            self._headers[key_header] = key
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._pause_s = pause_s
        self._sockets_max = sockets_max
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        # The time of the loop's clock from which the server takes questions again.
        self._free_at = 0.0

    async def aclose(self) -> None:
        """Closes the connections. Nothing can be asked afterwards."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def read(
        self,
        method: Literal["GET", "POST"],
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
    ) -> T:
        """An answer of the given type. Raises `NotThere`, `RpcRejected`, `RpcUnavailable`."""
        for number in range(self._attempts):
            try:
                return _decoded(path, await self._once(method, path, query, body), kind)
            except RpcUnavailable as error:
                if not error.retryable or number + 1 == self._attempts:
                    raise
                spread = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
                pause_s = error.retry_after_s or self._pause_s * 2**number * spread
                if pause_s > PAUSE_S_MAX:
                    raise
                await asyncio.sleep(pause_s)
        raise RpcUnavailable("no attempt was allowed", retryable=False)

    async def write(self, path: str, body: bytes, kind: type[T]) -> T:
        """Hands bytes over, once. After `RpcUnavailable` they may have arrived all the same."""
        content_type = "application/octet-stream"
        return _decoded(path, await self._once("POST", path, None, body, content_type), kind)

    async def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: bytes | None,
        content_type: str = "application/json",
    ) -> bytes:
        await self._until_free(path)
        headers = {} if body is None else {"content-type": content_type}
        tail = "?" + urlencode(query, safe=":") if query else ""
        asked = URL(self.url + path + tail, encoded=True)
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._opened().request(
                    method, asked, data=body, headers=headers, allow_redirects=False
                ) as response:
                    self._heed(response)
                    answer = await _bounded(path, response)
                    if response.status != 200:
                        raise _refused(path, response, answer)
                    return answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RpcUnavailable(f"{path}: {type(error).__name__}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise RuntimeError("this client was closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._sockets_max),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )
        return self._session

    async def _until_free(self, path: str) -> None:
        """Every question waits for the pause that one answer asked for."""
        pause_s = self._free_at - asyncio.get_running_loop().time()
        if pause_s > PAUSE_S_MAX:
            raise RpcUnavailable(f"{path}: told to wait", retry_after_s=pause_s, retryable=False)
        if pause_s > 0:
            await asyncio.sleep(pause_s)

    def _heed(self, response: aiohttp.ClientResponse) -> None:
        pause_s = _asked_pause_s(response.status, response.headers)
        if pause_s is not None:
            free_at = asyncio.get_running_loop().time() + min(pause_s, _TOLD_PAUSE_S_MAX)
            self._free_at = max(self._free_at, free_at)


def _decoded(path: str, answer: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedAnswer(f"{path}: {error}") from error


async def _bounded(path: str, response: aiohttp.ClientResponse) -> bytes:
    chunks = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        chunks += chunk
        if len(chunks) > ANSWER_BYTES_MAX:
            raise MalformedAnswer(f"{path}: over {ANSWER_BYTES_MAX} bytes")
    return bytes(chunks)


def _asked_pause_s(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before the next question, or None where the server asks for none.

    Read are `Retry-After` (seconds or a date, with 429 and 503), `RateLimit-Remaining` and
    `-Reset` with or without `X-` and a trailing name, and the draft's one header for both.
    """
    named = {name.lower(): value for name, value in headers.items()}
    if status in (429, 503) and (told := named.get("retry-after")):
        return _seconds(told)
    if (draft := _DRAFT.search(named.get("ratelimit", ""))) and draft[1] == "0":
        return float(draft[2])
    remaining = [_seconds(value) for name, value in named.items() if _REMAINING.fullmatch(name)]
    resets = [_seconds(value) for name, value in named.items() if _RESET.fullmatch(name)]
    if 0 in remaining and (known := [reset for reset in resets if reset is not None]):
        return max(known)
    return None


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        try:
            number = parsedate_to_datetime(text).timestamp()
        except ValueError:
            return None
    return max(number - time.time() if number > _EPOCH_S else number, 0.0)


def _refused(path: str, response: aiohttp.ClientResponse, answer: bytes) -> Exception:
    status = response.status
    try:
        said = msgspec.json.decode(answer, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    words = "" if said is None else said.reason or said.message or said.error or ""
    if said is not None and words in _NOT_THERE and status in (400, 404):
        return NotThere(words)
    told = f"{path}: HTTP {status} {words[:200]}".rstrip()
    if said is not None and status in (400, 410, 413, 422):
        return RpcRejected(status, words[:500] or told, answer[:2000].decode("utf-8", "replace"))
    # A wrong key or path will not heal by asking again, but says nothing of the chain either.
    return RpcUnavailable(
        told,
        retryable=status in (408, 425, 429) or status >= 500,
        retry_after_s=_asked_pause_s(status, response.headers),
    )
