"""Sends an answer's head and the first of its body together.

uvicorn writes them one after the other, and uvloop hands each write to the system at once: two
calls and two packets for every small answer, a sixth of the time of a short request.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Joined:
    """A transport that keeps back the head of each answer until something follows it."""

    def __init__(self, transport: asyncio.Transport, protocol: HttpToolsProtocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self._answered: Any = None  # the request whose head was written
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """The first write of an answer that has begun is its head."""
        request = self._protocol.cycle
        if request is not self._answered and _has_just_begun(request):
            self._answered = request
            self._head = data
            return
        if self._head:
            data, self._head = self._head + data, b""
        self._transport.write(data)

    def close(self) -> None:
        """Closes once all is sent."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""
        self._transport.close()


def _has_just_begun(request: Any) -> bool:
    return (
        request is not None
        and request.response_started
        and not request.response_complete
        and request.scope["method"] != "HEAD"  # nothing would follow
    )


class OneWriteProtocol(HttpToolsProtocol):
    """uvicorn's HTTP over httptools, on such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection."""
        super().connection_made(_Joined(transport, self))  # type: ignore[arg-type]
