"""A Stacks API that lies: it stands before a real one and spoils answers as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec


@dataclass(frozen=True)
class Asked:
    """A question: its path, its query, and how many like it came before."""

    path: str
    query: dict[str, str]


@dataclass
class Told:
    """An answer, to be spoiled. `body` is JSON, `raw` bytes in its place."""

    asked: Asked
    status: int
    body: Any
    raw: bytes | None = None
    headers: str = ""

    @property
    def has_logs(self) -> bool:
        """Whether it is a page of prints."""
        return self.asked.path.endswith("/logs") and self.status == 200

    @property
    def has_blocks(self) -> bool:
        """Whether it is a page of blocks."""
        return self.asked.path == "/extended/v2/blocks" and self.status == 200

    @property
    def has_mined_tx(self) -> bool:
        """Whether it is a mined chain_tx."""
        path = self.asked.path
        return path.startswith("/extended/v3/transactions/") and "block" in (self.body or {})

    def instead(
        self, status: int, body: Any = None, raw: bytes | None = None, headers: str = ""
    ) -> "Told":
        """Another answer to the same question."""
        return Told(self.asked, status, body, raw, headers)


# None drops the connection.
Lie = Callable[[Told], Told | None]


class LyingApi:
    """Passes questions on to `upstream`, and answers through `lie` when one is set."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.lie: Lie | None = None
        self.asked: list[Asked] = []
        self.url = ""
        self._client = httpx.AsyncClient(timeout=20, trust_env=False)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, httpx.HTTPError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split("\r\n")[0].split(" ")
            length = 0
            for line in head.lower().split("\r\n"):
                if line.startswith("content-length:"):
                    length = int(line.split(":")[1])
            body = await reader.readexactly(length)
            told = await self._answer(method, target, body)
            if told is not None:
                sent = told.raw if told.raw is not None else msgspec.json.encode(told.body)
                lines = f"HTTP/1.1 {told.status} X\r\nContent-Length: {len(sent)}\r\n"
                writer.write((lines + told.headers + "Connection: close\r\n\r\n").encode() + sent)
                await writer.drain()
        writer.close()

    async def _answer(self, method: str, target: str, body: bytes) -> Told | None:
        parts = urlsplit(target)
        asked = Asked(parts.path, dict(parse_qsl(parts.query)))
        self.asked.append(asked)
        answer = await self._client.request(
            method,
            self.upstream + target,
            content=body,
            headers={"content-type": "application/json"},
        )
        told = Told(asked, answer.status_code, answer.json())
        return self.lie(told) if self.lie else told

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LyingApi"]:
        """Serves on a free port of the loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            await self._client.aclose()
