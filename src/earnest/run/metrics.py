"""Figures for Prometheus: what each process counts, and where it is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Counter, Gauge, Histogram, generate_latest

from earnest.kit.settings import Settings

REQUESTS = Counter("earnest_http_requests_total", "Requests answered.", ["method", "status"])
REQUEST_SECONDS = Histogram(
    "earnest_http_request_seconds",
    "Time from the request's head to the answer's head.",
    ["method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
SOLVENT = Gauge("earnest_solvent", "1 while ledger = chain and liabilities are covered, else 0.")

_HEAD_BYTES_MAX = 8_192


@asynccontextmanager
async def serve_metrics(settings: Settings, process: str) -> AsyncIterator[int | None]:
    """Serves `/metrics` of a process that has no HTTP of its own, on loopback.

    The port is `EARNEST_METRICS_PORT`; without one nothing is served. Yields the port.
    """
    if not settings.metrics_port:
        yield None
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
                found = head.startswith((b"GET /metrics", b"GET /healthz"))
                body = generate_latest() if found else f"{process}: see /metrics\n".encode()
                status = b"200 OK" if found else b"404 Not Found"
                writer.write(
                    b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain; version=0.0.4\r\n"
                    b"Connection: close\r\nContent-Length: " + str(len(body)).encode()
                    + b"\r\n\r\n" + body
                )  # fmt: skip
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(
        answer, "127.0.0.1", settings.metrics_port, limit=_HEAD_BYTES_MAX
    )
    async with server:
        yield settings.metrics_port
