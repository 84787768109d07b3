"""The load: a closed loop of connections, each one worker who waits for an answer, then goes on.

Our own instead of `wrk` or `autocannon`, for three reasons: every vote must be a real one, made
from the answer before it; nothing but Python may be needed; and on two cores the load must be
far cheaper than what it measures. Requests are made of ready bytes and answers are looked at only
as far as needed, on uvloop: its CPU seconds are reported beside the server's.
"""

import asyncio
import gc
import re
import time
from dataclasses import dataclass, field
from typing import Protocol, cast

# How long after its end a load waits for the last answers.
_SILENT_S = 30.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class UnexpectedAnswer(Exception):
    """A server answered something else than the benchmark may count."""


class Work(Protocol):
    """What one connection asks for, request by request."""

    def first(self) -> bytes:
        """The first request."""
        ...

    def then(self, status: int, body: bytes) -> bytes | None:
        """The request after that answer; None ends this connection's work. Raises on trouble."""
        ...


class Reads:
    """Asks for the next task again and again: the answer is the seat that the worker holds."""

    def __init__(self, token: str) -> None:
        self._get = get_next(token)

    def first(self) -> bytes:
        """GET next."""
        return self._get

    def then(self, status: int, body: bytes) -> bytes | None:
        """GET next once more."""
        if status != 200:
            raise UnexpectedAnswer(f"{status} {body[:300]!r}")
        return self._get


class Votes:
    """Votes on the task that each answer names as the next one, for its first option."""

    _IDS = re.compile(rb'"task": ?\{"id" ?: ?"([0-9a-f-]{36})".*?"options" ?: ?\[\{"id" ?: ?"'
                      rb'([0-9a-f-]{36})"', re.DOTALL)  # fmt: skip

    def __init__(self, token: str) -> None:
        self._get = get_next(token)
        self._token = token.encode()
        self.given = 0

    def first(self) -> bytes:
        """GET next, to know the seat."""
        return self._get

    def then(self, status: int, body: bytes) -> bytes | None:
        """POST the vote for the task that was just named."""
        if status == 201:
            self.given += 1
        elif status != 200:
            raise UnexpectedAnswer(f"{status} {body[:300]!r}")
        found = self._IDS.search(body)
        if found is None:
            raise UnexpectedAnswer(f"no further task: {body[:300]!r}")
        task, option = found.groups()
        return (
            b"POST /api/tasks/" + task + b"/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Authorization: Bearer " + self._token + b"\r\nContent-Type: application/json\r\n"
            b'Content-Length: 51\r\n\r\n{"optionId":"' + option + b'"}'
        )


def get_next(token: str) -> bytes:
    """The bytes of GET /api/tasks/next."""
    return (
        "GET /api/tasks/next HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    ).encode()


class _Connection(asyncio.Protocol):
    def __init__(self, work: Work, latencies_s: list[float], ended: asyncio.Future[None]) -> None:
        self._work = work
        self._latencies_s = latencies_s
        self._ended = ended
        self._buffer = b""
        self._sent_at_s = 0.0
        self._transport: asyncio.Transport | None = None
        self.until_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are streams without being of asyncio's class.
        self._transport = cast(asyncio.Transport, transport)
        self._send(self._work.first())

    def _send(self, request: bytes) -> None:
        if self._transport is not None:
            self._sent_at_s = time.perf_counter()
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        end = head + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) < end:
            return
        answered_at_s = time.perf_counter()
        self._latencies_s.append(answered_at_s - self._sent_at_s)
        status, body = int(self._buffer[9:12]), self._buffer[head + 4 : end]
        self._buffer = b""
        try:
            request = self._work.then(status, body)
        except UnexpectedAnswer as error:
            self._finish(error)
            return
        if request is None or answered_at_s >= self.until_s:
            self._finish(None)
        else:
            self._send(request)

    def connection_lost(self, _error: Exception | None) -> None:
        self._finish(UnexpectedAnswer("the server closed the connection"))

    def _finish(self, error: Exception | None) -> None:
        if not self._ended.done():
            if error is None:
                self._ended.set_result(None)
            else:
                self._ended.set_exception(error)
        if self._transport is not None:
            self._transport.close()


@dataclass
class Load:
    """What a load met with."""

    seconds: float
    cpu_s: float
    latencies_s: list[float] = field(repr=False)

    @property
    def requests(self) -> int:
        """How many were answered."""
        return len(self.latencies_s)

    def quantile_ms(self, q: float) -> float:
        """The latency that the fraction `q` of requests stayed below, in ms."""
        ordered = sorted(self.latencies_s)
        return 1_000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))]


async def run_load(port: int, works: list[Work], seconds: float) -> Load:
    """Runs one connection per work for so long, or until its work ends.

    Raises `UnexpectedAnswer` at the first answer that may not be counted.
    """
    loop = asyncio.get_running_loop()
    latencies_s: list[float] = []
    ends = []
    gc.collect()
    gc.disable()
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    try:
        for work in works:
            ended: asyncio.Future[None] = loop.create_future()
            connection = _Connection(work, latencies_s, ended)
            connection.until_s = began_s + seconds
            await loop.create_connection(
                lambda connection=connection: connection,  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
            ends.append(ended)
        async with asyncio.timeout(seconds + _SILENT_S):
            await asyncio.gather(*ends)
    finally:
        gc.enable()
    return Load(
        seconds=time.perf_counter() - began_s,
        cpu_s=time.process_time() - cpu_began_s,
        latencies_s=latencies_s,
    )
