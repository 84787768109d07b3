"""A system of the demo's own: `earnest up` in a fresh folder, on free ports, until the end."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from earnest.kit.settings import PREFIX
from earnest.run.demo.errors import DemoBroke
from earnest.run.embedded.launch import (
    die_with_parent_argv,
    log_tail,
    start_child,
    stop_child,
)
from earnest.run.embedded.run_state import Health, RunState, read_run_state
from earnest.run.embedded.state_dir import StateDir, lock_is_held

PROCESSES = ("postgres", "s3", "chain", "stacks", "signer", "api", "worker", "indexer")
# A block when something waits; Bitcoin blocks come when the story asks for them.
STACKS_BLOCK_MS = 500
READY_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 45.0
COMMAND_SECONDS_MAX = 60.0
_POLL_S = 0.1


class System:
    """Everything between a client's browser and the chain. Used as an async context."""

    def __init__(self, folder: Path, *, slot_ms: int) -> None:
        self.state_dir = StateDir(folder.resolve())
        self._slot_ms = slot_ms
        self._log = self.state_dir.log_of("up")
        self._process: subprocess.Popen[bytes] | None = None
        self.urls: dict[str, str] = {}
        self.stacks_contract = ""

    def prepare(self) -> None:
        """Empties the folder of the last demo. Raises `DemoBroke` when one runs in it."""
        if lock_is_held(self.state_dir):
            raise DemoBroke(
                reason=f"Another demo runs in {self.state_dir.root}. Wait for it, or stop it."
            )
        if self.state_dir.root.exists():
            shutil.rmtree(self.state_dir.root)
        self.state_dir.make()

    async def start(self, on_progress: Callable[[set[str]], None]) -> RunState:
        """Starts all of it and waits until every process is ready; gives its state with the URLs.

        `on_progress` hears which processes are ready. Raises `DemoBroke` with the reason that
        `earnest up` gave.
        """
        command = [*_EARNEST, "up", "--network", "local", "--port", "0"]
        command += ["--state-dir", str(self.state_dir.root), "--slot-ms", str(self._slot_ms)]
        command += ["--stacks-block-ms", str(STACKS_BLOCK_MS), "--stacks-burn-every", "0"]
        # Should we be killed, the kernel asks `up` to stop, and it stops its parts in order.
        argv = die_with_parent_argv(command, parent_death_signal=signal.SIGTERM)
        self._process = start_child(argv, env=_environment(), log=self._log)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while True:
            if self._process.poll() is not None:
                raise DemoBroke(reason=self._last_words())
            state = read_run_state(self.state_dir)
            if state is not None:
                ready = {p.name for p in state.processes if p.health is Health.READY}
                on_progress(ready)
                if state.complete:
                    self.urls, self.stacks_contract = state.urls, state.stacks_contract
                    return state
            if time.monotonic() > deadline:
                raise DemoBroke(
                    reason=f"The system was not ready within {READY_SECONDS_MAX:.0f} s. "
                    f"The log is {self._log}."
                )
            await asyncio.sleep(_POLL_S)

    def check(self) -> None:
        """Raises `DemoBroke` when the system has ended, or a process of it was given up."""
        if self._process is None or self._process.poll() is not None:
            raise DemoBroke(reason=self._last_words())
        state = read_run_state(self.state_dir)
        for process in state.processes if state else []:
            if process.health is Health.FAILED:
                raise DemoBroke(
                    reason=f"The {process.name} process crashed too often and was given up. "
                    f"Its log is {process.log}."
                )

    async def operate(self, *command: str, here: bool = True) -> str:
        """Runs one command of `earnest` on it; what it printed. Raises `DemoBroke` with its words.

        Without `here` it is a command that knows no state directory.
        """
        name = f"`earnest {' '.join(command[:2])}`"
        where = ("--state-dir", str(self.state_dir.root)) if here else ()
        process = await asyncio.create_subprocess_exec(
            *_EARNEST, *command, *where,
            env=_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(COMMAND_SECONDS_MAX):
                said, complained = await process.communicate()
        except TimeoutError:
            raise DemoBroke(reason=f"{name} did not end in time.") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            words = " ".join((said + complained).decode("utf-8", "replace").split())
            raise DemoBroke(reason=f"{name} found a fault: {words[:300]}")
        return said.decode("utf-8", "replace")

    def stop(self) -> None:
        """Stops everything that was started, in order; returns when nothing of it runs."""
        if self._process is not None:
            stop_child(self._process, signal.SIGTERM, STOP_SECONDS_MAX)

    def _last_words(self) -> str:
        lines = log_tail(self._log).splitlines()
        return lines[-1] if lines else f"The system ended without a word. The log is {self._log}."


_EARNEST = (sys.executable, "-P", "-m", "earnest.run")


def _environment() -> dict[str, str]:
    """Ours without any setting: the demo touches no database, store or chain but its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**plain, "NO_COLOR": "1", "COLUMNS": "400"}
