"""A node that lies: it stands before a real one and spoils answers as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

# A lie is given the method, the parameters and the true answer, and gives the bytes to send
# with their status, a changed answer, or None to drop the connection.
Answer = dict[str, Any]
Lie = Callable[[str, list[Any], Answer], Answer | tuple[int, bytes] | None]


class LyingNode:
    """Passes JSON-RPC on to `upstream`, through `lie` when one is set."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.lie: Lie | None = None
        self.calls: list[str] = []
        self.headers = ""
        self.url = ""
        self._client = httpx.AsyncClient(timeout=10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            asked = msgspec.json.decode(await reader.readexactly(length))
            answer = await self._answer(asked)
            if answer is not None:
                status, body = answer
                lines = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
                writer.write((lines + self.headers + "Connection: close\r\n\r\n").encode() + body)
                await writer.drain()
        writer.close()

    async def _answer(self, asked: dict[str, Any]) -> tuple[int, bytes] | None:
        self.calls.append(asked["method"])
        true = (await self._client.post(self.upstream, json=asked)).json()
        told = self.lie(asked["method"], asked["params"], true) if self.lie else true
        if told is None or isinstance(told, tuple):
            return told
        return 200, msgspec.json.encode(told)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LyingNode"]:
        """Serves on a free port of the loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            await self._client.aclose()
