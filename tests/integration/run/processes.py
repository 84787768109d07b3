"""Watching processes from outside: what a test of the parts needs to look at."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil


def poll_until(condition: Callable[[], bool], *, seconds: float = 15.0) -> None:
    """Polls until `condition` holds; fails the test when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s")
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Whether a process runs (a zombie that only waits to be reaped does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def processes_inside(folder: Path) -> list[int]:
    """Ids of all processes that stand in `folder`: every process of a Postgres server does."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@contextmanager
def starter(program: str, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", Any]]:
    """Runs Python source as a process of its own; gives it and the JSON line it prints first."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            if process.stdout is None:
                raise AssertionError("the starter has no output")
            line = process.stdout.readline()
            yield process, json.loads(line)
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)


def python_program(source: str) -> list[str]:
    """The command that runs Python source, unbuffered."""
    return [sys.executable, "-u", "-c", source]
