"""The whole system as its operator starts it, and as a test looks at it: from outside."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from earnest.run.cli import main

EARNEST = (sys.executable, "-P", "-m", "earnest.run")
PROCESSES = ("postgres", "s3", "chain", "stacks", "api", "worker", "indexer", "signer")
SLOT_MS = 50
READY_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 45.0


def poll_until(condition: Callable[[], bool], *, seconds: float = 30.0, what: str = "it") -> None:
    """Polls until `condition` holds; fails the test when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: still not so after {seconds} s")
        time.sleep(0.1)


def lives(pid: int) -> bool:
    """Whether a process runs (a zombie that only waits to be reaped does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def bare_environment(**settings: str) -> dict[str, str]:
    """This machine's environment without any setting of Earnest's but those given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("EARNEST_")}
    return {**plain, **settings}


def run_earnest(
    *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 90.0
) -> "subprocess.CompletedProcess[str]":
    """One command to its end, with what it wrote and its exit code."""
    return subprocess.run(
        [*EARNEST, *arguments],
        env=dict(env) if env is not None else bare_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def run_inside(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """As `run_earnest`, inside this process: the same entry, without a second for the imports."""
    out, err = io.StringIO(), io.StringIO()
    ours = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("EARNEST_")}
    code = -1
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(list(arguments))
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else -1
    finally:
        os.environ.update(ours)
    return subprocess.CompletedProcess(list(arguments), code, out.getvalue(), err.getvalue())


class RunningSystem:
    """`earnest up` as a process. All that is known of it is what an operator could see."""

    def __init__(self, process: "subprocess.Popen[bytes]", state_dir: Path, output: Path) -> None:
        self.process = process
        self.state_dir = state_dir
        self._output = output

    @property
    def output(self) -> str:
        """What `earnest up` wrote so far."""
        return self._output.read_text(encoding="utf-8")

    @property
    def urls(self) -> dict[str, str]:
        """`api`, `docs`, `solanaRpc`, `stacksApi`, `s3`, `database`."""
        urls: dict[str, str] = self.status()["urls"]
        return urls

    def earnest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """An operator's command on this system. Not for a test that runs in an event loop."""
        return run_inside(*arguments, "--state-dir", str(self.state_dir))

    def earnest_json(self, *arguments: str) -> Any:
        """An operator's command with `--json`; what it said."""
        said = self.earnest(*arguments, "--json")
        if not said.stdout:
            raise AssertionError(f"earnest {' '.join(arguments)}: {said.stderr}")
        return json.loads(said.stdout)

    def status(self) -> dict[str, Any]:
        """What `earnest status --json` says."""
        found: dict[str, Any] = self.earnest_json("status")
        return found

    def part(self, name: str) -> dict[str, Any]:
        """One process of `status`."""
        for process in self.status()["processes"]:
            if process["name"] == name:
                found: dict[str, Any] = process
                return found
        raise AssertionError(f"{name} is not listed")

    def wait_until_healthy(self, *, seconds: float = 60.0) -> None:
        """Returns once every process is ready and nothing is waited for."""
        poll_until(lambda: bool(self.status()["healthy"]), seconds=seconds, what="healthy again")

    def family(self) -> list[int]:
        """The process ids of `earnest up` and of everything below it."""
        own = psutil.Process(self.process.pid)
        return [own.pid, *(child.pid for child in own.children(recursive=True))]

    def log_tails(self) -> str:
        """The ends of all logs, for the message of a failed test."""
        logs = sorted((self.state_dir / "log").glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text('utf-8')[-1500:]}" for log in logs)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop and waits; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS_MAX)


@contextmanager
def earnest_up(
    state_dir: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    wait: bool = True,
) -> Iterator[RunningSystem]:
    """Starts `earnest up` on free ports; stops it at the end, by force if it must be.

    A test that has nothing to do with projects spares the Stacks chain by `--no-stacks`.
    """
    state_dir.parent.mkdir(parents=True, exist_ok=True)
    output = state_dir.parent / f"{state_dir.name}.out"
    command = [*EARNEST, "up", "--port", "0", "--state-dir", str(state_dir)]
    command += ["--slot-ms", str(SLOT_MS), *arguments]
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            env=dict(env) if env is not None else bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    system = RunningSystem(process, state_dir, output)
    try:
        if wait:
            _wait_until_ready(system)
        yield system
    finally:
        try:
            system.stop()
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(system: RunningSystem) -> None:
    def ready_or_ended() -> bool:
        return "Ready in" in system.output or system.process.poll() is not None

    poll_until(ready_or_ended, seconds=READY_SECONDS_MAX, what="earnest up")
    if system.process.poll() is not None:
        raise AssertionError(f"earnest up ended:\n{system.output}\n{system.log_tails()}")
