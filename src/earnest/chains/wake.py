"""A node's WebSocket as a hint that something happened. The poll stays the truth.

Whatever a node pushes, or fails to push, only decides how soon the next round begins.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from earnest.kit.errors import EarnestError
from earnest.kit.pauses import pause

log = structlog.get_logger(__name__)

_MESSAGE_BYTES_MAX = 1_000_000
_PAUSE_S_MAX = 60.0


async def wake_on_messages(
    url: str,
    subscriptions: Callable[[], Awaitable[Sequence[str]]],
    wake: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Sets `wake` at every message, until `stop`. `subscriptions` is what to send first.

    They are asked for at every connection. A node that has no WebSocket, or drops it, costs
    nothing but a log line: it is tried again after a pause that doubles up to a minute.
    """
    pause_s = 1.0
    while not stop.is_set():
        try:
            async with connect(
                url, max_size=_MESSAGE_BYTES_MAX, max_queue=16, open_timeout=10, ping_interval=20
            ) as socket:
                for message in await subscriptions():
                    await socket.send(message)
                pause_s = 1.0
                wake.set()
                while not stop.is_set():
                    try:
                        async with asyncio.timeout(1.0):
                            await socket.recv()
                    except TimeoutError:
                        continue
                    wake.set()
        except (OSError, WebSocketException, TimeoutError, EarnestError) as error:
            log.info("chain_hints_lost", reason=type(error).__name__, again_in_s=pause_s)
        await pause(stop, pause_s)
        pause_s = min(pause_s * 2, _PAUSE_S_MAX)
