"""The supervisor: starts the processes of one machine, keeps them alive, stops them in order.

One asyncio task for each child. It sleeps until the kernel says that the process ended (a pidfd)
or until the next look at its health is due; nothing spins.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from earnest.kit.pauses import pause
from earnest.run.embedded.errors import EmbeddedPartFailed
from earnest.run.embedded.launch import (
    claim_port,
    did_not_start,
    die_with_parent_argv,
    start_child,
)
from earnest.run.embedded.logs import rotate_log
from earnest.run.embedded.part import PORT_SECONDS_MAX, EmbeddedPart
from earnest.run.embedded.run_state import Health, ProcessState, RunState, write_run_state
from earnest.run.embedded.state_dir import StateDir, StateLock


class StopRequested(Exception):
    """Somebody asked to stop while a child was still starting. Nothing went wrong."""


class ChildGaveUp(EmbeddedPartFailed):
    """A child crashed too often; everything should be stopped."""


def _always_ready(_pid: int) -> bool:
    return True


@dataclass(frozen=True)
class ChildSpec:
    """One process to keep alive.

    `is_ready` is asked with the process id, in a thread, and must answer within seconds.
    `prepare` runs before every start, in a thread; what it raises ends the attempt.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    is_ready: Callable[[int], bool] = _always_ready
    prepare: Callable[[], None] | None = None
    failure_for_exit: Callable[[int], EmbeddedPartFailed] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds_max: float = 10.0
    start_seconds_max: float = 30.0
    holds_stdin: bool = False

    @classmethod
    def of_process(
        cls,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        is_ready: Callable[[int], bool] = _always_ready,
        stop_seconds_max: float = 10.0,
        start_seconds_max: float = 30.0,
    ) -> Self:
        """A process of our own, which the kernel kills when we are gone."""
        return cls(
            name,
            die_with_parent_argv(argv),
            env,
            is_ready=is_ready,
            stop_seconds_max=stop_seconds_max,
            start_seconds_max=start_seconds_max,
        )

    @classmethod
    def of_part(cls, part: EmbeddedPart) -> Self:
        """An embedded part, not started yet. It keeps its port through restarts.

        Blocks for the moment that the part needs to be made ready on first use.
        """
        part.prepare()

        def prepare() -> None:
            part.prepare()
            claim_port(part.port, part.title, seconds=PORT_SECONDS_MAX)

        return cls(
            part.name,
            part.argv(),
            part.env(),
            is_ready=part.is_ready,
            prepare=prepare,
            failure_for_exit=part.failure_for_exit,
            stop_signal=part.stop_signal,
            stop_seconds_max=part.stop_seconds_max,
            start_seconds_max=part.start_seconds_max,
            holds_stdin=part.holds_stdin,
        )


@dataclass(frozen=True)
class KeepingPolicy:
    """How patiently children are kept alive, and how much they may write."""

    # Crashes in a row; the count starts again once a child was ready for `stable_seconds`.
    restarts_max: int = 8
    first_delay_seconds: float = 0.2
    delay_seconds_max: float = 5.0
    stable_seconds: float = 30.0
    health_every_seconds: float = 2.0
    start_poll_seconds: float = 0.05
    log_bytes_max: int = 10_000_000

    def delay_seconds(self, crashes_in_a_row: int) -> float:
        """The pause before the next start: doubled each time, up to the bound."""
        doubled = self.first_delay_seconds * 2.0 ** (crashes_in_a_row - 1)
        return min(doubled, self.delay_seconds_max)


class _Child:
    """A spec with the process that plays it at the moment."""

    def __init__(self, spec: ChildSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self.state = ProcessState(spec.name, log=str(log))
        self.process: subprocess.Popen[bytes] | None = None
        self.keeper: asyncio.Task[None] | None = None
        self.stopping = asyncio.Event()
        # Answered once: the child was ready for the first time, or could not start.
        self.first_start: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Supervisor:
    """Holds the lock of the state directory and all children started through it.

    `async with Supervisor(state_dir) as supervisor` stops them in the reverse order of their
    start. Raises `EarnestAlreadyRuns` when another supervisor keeps that directory.
    With `stop_on_signals`, SIGINT and SIGTERM mean `request_stop` from the first moment on.
    Use it from the main thread: children are killed when the thread that started them ends.
    """

    def __init__(
        self,
        state_dir: Path | StateDir,
        policy: KeepingPolicy | None = None,
        *,
        stop_on_signals: bool = False,
    ) -> None:
        self.state_dir = state_dir if isinstance(state_dir, StateDir) else StateDir(state_dir)
        self.policy = policy or KeepingPolicy()
        self._lock = StateLock(self.state_dir)
        self._children: dict[str, _Child] = {}
        self._state = RunState(os.getpid(), datetime.now(UTC))
        self._gave_up: asyncio.Future[None] | None = None
        self._signals = (signal.SIGINT, signal.SIGTERM) if stop_on_signals else ()
        self._stop_requested = asyncio.Event()

    # -- what others ask ------------------------------------------------------------------------

    @property
    def processes(self) -> list[ProcessState]:
        """How every child does, in the order of their start."""
        return [child.state for child in self._children.values()]

    def publish_urls(self, urls: Mapping[str, str]) -> None:
        """Adds the URLs of parts to the state file, for `earnest status`."""
        self._state.urls.update(urls)
        self._write_state()

    def publish_network(self, network: str) -> None:
        """Says in the state file which chains are followed."""
        self._state.network = network
        self._write_state()

    def publish_contract(self, contract: str) -> None:
        """Says in the state file which escrow contract counts; empty for none."""
        self._state.stacks_contract = contract
        self._write_state()

    def publish_complete(self) -> None:
        """Says in the state file that every process was ready once."""
        self._state.complete = True
        self._write_state()

    def publish_waits(self, sentences: Sequence[str]) -> None:
        """Says in the state file what does not answer that is not ours to start."""
        if self._state.waits_for != list(sentences):
            self._state.waits_for = list(sentences)
            self._write_state()

    # -- start ----------------------------------------------------------------------------------

    async def start(self, what: ChildSpec | EmbeddedPart) -> ProcessState:
        """Starts a child and returns when it is ready for the first time.

        One that ends before it was ever ready is not tried again: it would end the same way.
        Raises `EmbeddedPartFailed` with one plain line then, and `StopRequested` when it was still
        starting as the person at the terminal gave up.
        """
        if isinstance(what, EmbeddedPart):
            spec = await asyncio.to_thread(ChildSpec.of_part, what)
        else:
            spec = what
        if spec.name in self._children:
            raise ValueError(f"there is a child called {spec.name} already")
        child = _Child(spec, self.state_dir.log_of(spec.name))
        self._children[spec.name] = child
        self._state.processes.append(child.state)
        child.keeper = asyncio.create_task(self._keep(child), name=f"keep {spec.name}")
        child.keeper.add_done_callback(lambda keeper: self._keeper_left(child, keeper))
        if not await self._wait_unless_stopped(child.first_start):
            raise StopRequested(f"{spec.name} was still starting when the stop was requested.")
        return child.state

    async def _keep(self, child: _Child) -> None:
        """Plays one child until it is stopped or given up."""
        crashes = 0
        try:
            while not child.stopping.is_set():
                try:
                    was_stable = await self._live_once(child)
                    crashes = 1 if was_stable else crashes + 1
                    failure: EmbeddedPartFailed | None = None
                except EmbeddedPartFailed as error:
                    crashes += 1
                    failure = error
                if child.stopping.is_set():
                    break
                if not child.first_start.done():
                    self._note(child, Health.FAILED)
                    child.first_start.set_exception(
                        failure or did_not_start(child.spec.name, child.log, "ended at once")
                    )
                    return
                if crashes > self.policy.restarts_max:
                    self._give_up(child, crashes, failure)
                    return
                child.state.restarts += 1
                self._note(child, Health.WAITING)
                await pause(child.stopping, self.policy.delay_seconds(crashes))
            self._note(child, Health.STOPPED)
        finally:
            await self._end(child)

    def _keeper_left(self, child: _Child, keeper: "asyncio.Task[None]") -> None:
        """No caller waits for ever on a keeper that left, and no mistake of ours stays silent."""
        broken = None if keeper.cancelled() else keeper.exception()
        if not child.first_start.done():
            stopped = did_not_start(child.spec.name, child.log, "was stopped while it started")
            child.first_start.set_exception(broken or stopped)
        # Read here, because a caller of `start` that was cancelled no longer will.
        child.first_start.exception()
        if broken is not None and self._gave_up is not None and not self._gave_up.done():
            self._gave_up.set_exception(broken)

    async def _live_once(self, child: _Child) -> bool:
        """One life: start, ready, until it ends. Gives whether it was ready for long enough.

        Raises `EmbeddedPartFailed` when it never became ready.
        """
        loop = asyncio.get_running_loop()
        spec, policy = child.spec, self.policy
        if spec.prepare is not None:
            await asyncio.to_thread(spec.prepare)
        await asyncio.to_thread(rotate_log, child.log, bytes_max=policy.log_bytes_max)
        if child.stopping.is_set():
            return False
        process = start_child(spec.argv, env=spec.env, log=child.log, hold_stdin=spec.holds_stdin)
        child.process = process
        child.state.pid = process.pid
        child.state.started_at = datetime.now(UTC)
        self._note(child, Health.STARTING)
        try:
            await self._until_ready(child, process)
            ready_since = loop.time()
            if not child.first_start.done():
                child.first_start.set_result(None)
            self._note(child, Health.READY)
            while not await _ended_within(process, policy.health_every_seconds):
                await asyncio.to_thread(rotate_log, child.log, bytes_max=policy.log_bytes_max)
                healthy = await asyncio.to_thread(spec.is_ready, process.pid)
                self._note(child, Health.READY if healthy else Health.UNREADY)
            return loop.time() - ready_since >= policy.stable_seconds
        finally:
            await self._end(child)

    async def _until_ready(self, child: _Child, process: "subprocess.Popen[bytes]") -> None:
        loop = asyncio.get_running_loop()
        spec = child.spec
        deadline = loop.time() + spec.start_seconds_max
        while True:
            # First the process, then its answer: something else may answer on a taken port.
            if await _ended_within(process, self.policy.start_poll_seconds):
                if spec.failure_for_exit is not None:
                    raise spec.failure_for_exit(process.returncode)
                raise did_not_start(spec.name, child.log, f"ended with code {process.returncode}")
            if await asyncio.to_thread(spec.is_ready, process.pid):
                return
            if loop.time() >= deadline:
                silent = f"was not ready within {spec.start_seconds_max:.0f} s"
                raise did_not_start(spec.name, child.log, silent)

    def _give_up(self, child: _Child, crashes: int, failure: EmbeddedPartFailed | None) -> None:
        self._note(child, Health.FAILED)
        why = failure or did_not_start(
            child.spec.name, child.log, f"ended with code {child.state.last_exit}"
        )
        error = ChildGaveUp(f"{child.spec.name} crashed {crashes} times in a row. {why}")
        if self._gave_up is not None and not self._gave_up.done():
            self._gave_up.set_exception(error)

    # -- wait and stop --------------------------------------------------------------------------

    def request_stop(self) -> None:
        """Ends `run_until_stopped`, and a `start` under way with `StopRequested`."""
        self._stop_requested.set()

    async def run_until_stopped(self) -> None:
        """Returns on SIGINT, SIGTERM (with `stop_on_signals`) or `request_stop`.

        Raises `ChildGaveUp` when a child crashed too often.
        """
        if self._gave_up is None:
            raise RuntimeError("the supervisor was not entered")
        await self._wait_unless_stopped(self._gave_up)

    async def _wait_unless_stopped(self, awaited: "asyncio.Future[None]") -> bool:
        """Waits for `awaited`, and gives its exception; False when a stop was requested first."""
        stopped = asyncio.create_task(self._stop_requested.wait())
        try:
            await asyncio.wait((stopped, awaited), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)
        if awaited.done():
            awaited.result()
            return True
        return False

    async def wait_for_failure(self) -> None:
        """Waits until a child is given up, and raises that `ChildGaveUp`."""
        if self._gave_up is None:
            raise RuntimeError("the supervisor was not entered")
        await asyncio.shield(self._gave_up)

    async def stop(self) -> None:
        """Stops all children, the last started first: SIGTERM, then SIGKILL when time is up."""
        for child in reversed(self._children.values()):
            child.stopping.set()
            # Ends the process; the keeper sees that and leaves.
            await self._end(child)
            if child.keeper is not None:
                # What went wrong in a keeper was told by `start` or `wait_for_failure`.
                await asyncio.gather(child.keeper, return_exceptions=True)
        self._write_state()

    async def _end(self, child: _Child) -> None:
        """Ends the child's process, if there is one, and takes down what it was."""
        process = child.process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.poll() is None:
            process.send_signal(child.spec.stop_signal)
            if not await _ended_within(process, child.spec.stop_seconds_max):
                # The whole session, so that none of its own children stays.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await _ended_within(process, None)
        child.process = None
        child.state.last_exit = process.returncode
        child.state.pid = None
        child.state.started_at = None

    # -- state file -----------------------------------------------------------------------------

    def _note(self, child: _Child, health: Health) -> None:
        if child.state.health != health or health == Health.STARTING:
            child.state.health = health
            self._write_state()

    def _write_state(self) -> None:
        write_run_state(self.state_dir, self._state)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._lock.acquire)
        loop = asyncio.get_running_loop()
        self._gave_up = loop.create_future()
        for number in self._signals:
            loop.add_signal_handler(number, self.request_stop)
        self._write_state()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.stop()
        finally:
            if self._gave_up is not None and not self._gave_up.cancel():
                self._gave_up.exception()  # told, or about to be: not a forgotten one
            for number in self._signals:
                asyncio.get_running_loop().remove_signal_handler(number)
            self._lock.release()


async def _ended_within(process: "subprocess.Popen[bytes]", seconds: float | None) -> bool:
    """Whether the process ends within `seconds` (None: however long it takes)."""
    if process.poll() is not None:
        return True
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return process.poll() is not None
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    process.wait()
    return True
