"""What all embedded parts have in common: prepare, start, wait until it answers, stop.

A part can be run on its own (`with`, `async with`, as tests do) or be handed to the supervisor
(`children.py`), which uses `prepare`, `argv`, `env` and `is_ready` and keeps the process itself.
"""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from earnest.run.embedded.errors import EmbeddedPartFailed, PartDidNotStart
from earnest.run.embedded.launch import (
    claim_port,
    did_not_start,
    free_port,
    log_size,
    read_log_from,
    start_child,
    stop_child,
)
from earnest.run.embedded.state_dir import StateDir

# The parts of a starter that was just killed need a moment to leave their ports.
PORT_SECONDS_MAX = 5.0
_PORT_RACES_MAX = 5
_POLL_SECONDS = 0.02


class EmbeddedPart:
    """One server process of ours. It goes down with the thread that called `start`, at the latest.

    Every method raises `EmbeddedPartFailed` with one plain line when the part cannot run.
    """

    name = "part"
    title = "The part"
    stop_signal = signal.SIGTERM
    start_seconds_max = 30.0
    stop_seconds_max = 10.0
    # Some programs end when their standard input does; they get a pipe that we hold open.
    holds_stdin = False

    def __init__(self, state_dir: Path | StateDir, port: int | None = None) -> None:
        self.state_dir = state_dir if isinstance(state_dir, StateDir) else StateDir(state_dir)
        self._port = port
        self._port_is_given = port is not None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    # -- to be told by each part ----------------------------------------------------------------

    def prepare(self) -> None:
        """All that must be there before the process starts. May take a second the first time."""
        self.state_dir.make()

    def argv(self) -> list[str]:
        """The whole command. Chooses the port when none was given."""
        raise NotImplementedError

    def env(self) -> dict[str, str]:
        """The whole environment of the process."""
        raise NotImplementedError

    def is_ready(self, pid: int, /) -> bool:
        """Whether the process `pid`, just started from `argv`, answers. Quick, never raises."""
        raise NotImplementedError

    def failure_for_exit(self, exit_code: int) -> EmbeddedPartFailed:
        """The error for a process that ended while it should have come up."""
        return did_not_start(self.title, self.log, f"ended with code {exit_code}")

    # -- what it is -----------------------------------------------------------------------------

    @property
    def log(self) -> Path:
        """Where the process writes."""
        return self.state_dir.log_of(self.name)

    @property
    def port(self) -> int:
        """The loopback port; one that is free when none was given, then kept."""
        if self._port is None:
            self._port = free_port()
        return self._port

    @property
    def pid(self) -> int:
        """The process id. Raises `RuntimeError` when the part was not started from here."""
        if self._process is None:
            raise RuntimeError(f"{self.title} was not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives, ready or not."""
        return self._process is not None and self._process.poll() is None

    # -- start and stop -------------------------------------------------------------------------

    def start(self) -> Self:
        """Starts the part and returns when it answers."""
        self.prepare()
        for _ in self._start_steps():
            time.sleep(_POLL_SECONDS)
        return self

    async def start_async(self) -> Self:
        """`start` without blocking the event loop."""
        await asyncio.to_thread(self.prepare)
        # The process itself is started from this thread, because it dies with its thread.
        for _ in self._start_steps():
            await asyncio.sleep(_POLL_SECONDS)
        return self

    def stop(self) -> None:
        """Ends the process in good order, and by force after `stop_seconds_max`."""
        self._end(self.stop_signal)

    async def stop_async(self) -> None:
        """`stop` without blocking the event loop."""
        await asyncio.to_thread(self.stop)

    def _end(self, first: signal.Signals) -> None:
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            stop_child(self._process, first, self.stop_seconds_max)
            self._process = None

    def _start_steps(self) -> Iterator[None]:
        """Starts the process; yields while it comes up, ends when it answers, or raises."""
        if self.is_running:
            raise RuntimeError(f"{self.title} was started already")
        for race in range(_PORT_RACES_MAX):
            if self._port_is_given:
                claim_port(self.port, self.title, seconds=PORT_SECONDS_MAX)
            elif race > 0:
                self._port = None
            self._spawn()
            try:
                yield from self._until_ready()
                return
            except PartDidNotStart:
                said = read_log_from(self.log, self._log_start).lower()
                lost_race = "address already in use" in said
                if self._port_is_given or not lost_race or race + 1 == _PORT_RACES_MAX:
                    raise

    def _spawn(self) -> None:
        self._log_start = log_size(self.log)
        self._process = start_child(
            self.argv(), env=self.env(), log=self.log, hold_stdin=self.holds_stdin
        )

    def _until_ready(self) -> Iterator[None]:
        deadline = time.monotonic() + self.start_seconds_max
        while self._process is not None:
            # First the process, then its answer: something else may answer on a taken port.
            exit_code = self._process.poll()
            if exit_code is not None:
                self._end(signal.SIGKILL)
                raise self.failure_for_exit(exit_code)
            if self.is_ready(self._process.pid):
                return
            if time.monotonic() >= deadline:
                self._end(signal.SIGKILL)
                silent = f"was silent for {self.start_seconds_max:.0f} s"
                raise did_not_start(self.title, self.log, silent)
            yield
        raise did_not_start(self.title, self.log, "was stopped while it started")

    # -- with and async with --------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await self.start_async()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop_async()
