"""What every process of Earnest has in common: settings, logs, signals, uvloop."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import uvloop

from earnest.kit.settings import Settings, read_settings
from earnest.run.logging import set_up_logging

RECURSION_LIMIT = 1_000

Run = Callable[[Settings, asyncio.Event], Awaitable[None]]


def run_process(name: str, run: Run) -> None:
    """Runs `run` with the settings of the environment until SIGTERM or SIGINT asks it to stop.

    The second signal does not hurry it: whoever is in a hurry sends SIGKILL, which is safe.
    """
    settings = read_settings(os.environ)
    set_up_logging(settings, name)
    # A library that raised it would let a deeply nested body end the process.
    sys.setrecursionlimit(RECURSION_LIMIT)

    async def until_signal() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await run(settings, stop)

    uvloop.run(until_signal())
