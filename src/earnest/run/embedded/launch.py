"""Starting one child process that cannot outlive us, and the small questions asked around it."""

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from earnest.run.embedded import die_with_parent
from earnest.run.embedded.errors import PartDidNotStart, PortTaken

_LISTEN_PORTS = (10_240, 32_768)
_PORT_TRIES_MAX = 200
LOOPBACK = "127.0.0.1"


def die_with_parent_argv(
    argv: Sequence[str],
    *,
    parent_death_signal: signal.Signals = signal.SIGKILL,
    hide_root: bool = False,
) -> list[str]:
    """The argv that runs `argv` as our child and has the kernel signal it when we die.

    The kernel ties that signal to the *thread* that starts the child. Start children from the
    main thread, or from one that lives as long as they should.
    """
    return [
        sys.executable,
        "-I",
        "-S",
        die_with_parent.__file__,
        str(os.getpid()),
        str(int(parent_death_signal)),
        "hidden_root" if hide_root else "same_user",
        *argv,
    ]


def spare_environment(**own: str) -> dict[str, str]:
    """An environment from scratch, so that nothing of the user's settings leaks into a part."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", "TZ": "UTC", **own}


def open_log(path: Path) -> int:
    """Opens a log (mode 0600) for appending, which goes on well after it is truncated."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def start_child(
    argv: Sequence[str], *, env: Mapping[str, str], log: Path, hold_stdin: bool = False
) -> "subprocess.Popen[bytes]":
    """Starts a process in a session of its own, so that Ctrl-C reaches us alone and we stop the
    parts in order. Output goes to the end of `log`. Standard input is empty, or with `hold_stdin`
    a pipe that stays open as long as we live."""
    descriptor = open_log(log)
    try:
        return subprocess.Popen(
            argv,
            env=dict(env),
            stdin=subprocess.PIPE if hold_stdin else subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


def stop_child(process: "subprocess.Popen[bytes]", first: signal.Signals, seconds: float) -> int:
    """Asks with `first`, waits `seconds`, then kills. Gives the exit code."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def answers_http(
    port: int, path: str = "/", *, status: int | None = None, seconds: float = 1.0
) -> bool:
    """Whether an HTTP server on the loopback port answers: anything, or just with `status`."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read(1)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return status is None or answer.status == status


def free_port() -> int:
    """A loopback port that was free a moment ago; its user must cope with losing the race.

    It lies below the range from which the kernel gives outgoing connections their ports: one
    from inside it may be taken by the next connection of any process before it is listened on.
    """
    low, high = _LISTEN_PORTS
    for _ in range(_PORT_TRIES_MAX):
        port = low + secrets.randbelow(high - low)
        if port_is_free(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether we could listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a connection in TIME_WAIT does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def wait_until(
    condition: Callable[[], bool], *, seconds: float, every_seconds: float = 0.02
) -> bool:
    """Polls until `condition` holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_seconds)
    return True


def claim_port(port: int, part: str, *, seconds: float) -> None:
    """Waits until `port` is free: the parts of a starter that was just killed need a moment to go.

    Raises `PortTaken` when it stays taken.
    """
    if not wait_until(lambda: port_is_free(port), seconds=seconds, every_seconds=0.05):
        raise PortTaken(
            f"{part} cannot start: another program listens on {LOOPBACK}:{port}. "
            "Stop it, or choose another port."
        )


def log_tail(log: Path, *, bytes_max: int = 2000) -> str:
    """The end of a log, for an error message; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - bytes_max))
            return file.read().decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""


def log_size(log: Path) -> int:
    """Where the next output of a child will begin."""
    with contextlib.suppress(FileNotFoundError):
        return log.stat().st_size
    return 0


def read_log_from(log: Path, start: int, *, bytes_max: int = 20_000) -> str:
    """What was logged since `start` (from `log_size`)."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read(bytes_max).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def did_not_start(part: str, log: Path, why: str) -> PartDidNotStart:
    """The error for a part that ended or stayed silent, with the last line it wrote."""
    lines = log_tail(log).splitlines()
    last = f" Its last words: {lines[-1]}" if lines else ""
    return PartDidNotStart(f"{part} {why}.{last} The log is {log}.")
