"""Loops of a process, each of which outlives any fault of the others."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from earnest.chains import RpcRejected, RpcUnavailable
from earnest.kit.db import DatabaseUnavailable
from earnest.kit.pauses import pause

log = structlog.get_logger(__name__)

_PAUSE_S_MAX = 10.0


async def forever(
    name: str, work: Callable[[], Awaitable[None]], pause_s: float, stop: asyncio.Event
) -> None:
    """Does `work` again and again until `stop`; a fault is logged when it begins and waited out."""
    trouble, wait_s = "", pause_s
    while not stop.is_set():
        try:
            await work()
            trouble, wait_s = "", pause_s
        except (DatabaseUnavailable, RpcUnavailable, RpcRejected) as error:
            if str(error) != trouble:
                log.warning("indexer_loop_waits", loop=name, reason=str(error))
            trouble, wait_s = str(error), min(wait_s * 2, max(_PAUSE_S_MAX, pause_s))
        except Exception as error:
            if str(error) != trouble:
                log.exception("indexer_loop_failed", loop=name)
            trouble, wait_s = str(error), min(wait_s * 2, max(_PAUSE_S_MAX, pause_s))
        await pause(stop, wait_s)
