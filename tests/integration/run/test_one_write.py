"""Answers over sockets: head and body in one write, and nothing lost where that cannot be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from earnest.run.one_write import OneWriteProtocol

App = Callable[[Any, Any, Any], Awaitable[None]]
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Recording(OneWriteProtocol):
    """Writes down what is written to the socket."""

    writes: list[bytes]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Spy(transport, self.writes))  # type: ignore[arg-type]


class _Spy:
    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport = transport
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._writes.append(data)
        self._transport.write(data)


def small(status: int, body: bytes) -> App:
    """An application that gives that answer to everything."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


@asynccontextmanager
async def serving(
    app: App,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, list[bytes]]]:
    """A connection to a server of that application, and what the server writes."""

    class Protocol(Recording):
        """With a list of its own."""

        writes: list[bytes] = []  # noqa: RUF012 - one class per server

    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: Protocol(config=config, server_state=server.server_state, app_state={}),
        "127.0.0.1",
        0,
    )
    port = listening.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(20):
            yield reader, writer, Protocol.writes
    finally:
        writer.close()
        listening.close()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


async def test_small_answers_leave_in_one_write_each() -> None:
    """Three requests on one connection are three writes, and arrive whole."""
    async with serving(small(200, b"hello")) as (reader, writer, writes):
        for _ in range(3):
            writer.write(GET)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(5) == b"hello"
    assert len(writes) == 3


async def test_answers_without_a_body_are_not_kept_back() -> None:
    """204, an empty body, and HEAD, after which nothing follows the head."""
    for status, request in ((204, GET), (200, GET), (200, HEAD)):
        async with serving(small(status, b"")) as (reader, writer, _writes):
            for _ in range(2):
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 %d" % status)


async def test_stream_is_sent_piece_by_piece() -> None:
    """The first piece arrives with the head while the second is not there yet."""
    second = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"HTTP/1.1 one", "more_body": True})
        await second.wait()
        await send({"type": "http.response.body", "body": b"two"})

    async with serving(app) as (reader, writer, _writes):
        writer.write(GET)
        await reader.readuntil(b"HTTP/1.1 one\r\n")
        second.set()
        await reader.readuntil(b"two\r\n0\r\n\r\n")


async def test_requests_sent_ahead_are_answered_in_order() -> None:
    """Four requests in one packet, a HEAD among them: four answers, then the end."""
    async with serving(small(200, b"hello")) as (reader, writer, _writes):
        writer.write(GET + HEAD + GET + LAST_GET)
        everything = await reader.read()
    assert everything.count(b"HTTP/1.1 200") == 4
    assert everything.count(b"hello") == 3
    assert everything.endswith(b"hello")


async def test_application_that_breaks_off_closes_the_connection() -> None:
    """After the head nothing comes: the head is sent and the connection ends, as it should."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        head = {"type": "http.response.start", "status": 200}
        await send({**head, "headers": [(b"content-length", b"5")]})

    async with serving(app) as (reader, writer, _writes):
        writer.write(GET)
        assert (await reader.read()).startswith(b"HTTP/1.1 200")


async def test_malformed_request_is_refused() -> None:
    """What uvicorn writes by itself comes through as it is."""
    async with serving(small(200, b"hello")) as (reader, writer, _writes):
        writer.write(b"nonsense\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
