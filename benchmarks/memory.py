"""Each process's memory at rest and at work, and how soon the whole system is ready.

At rest: `earnest up` on an empty folder, then started again. At work: the highest of `earnest
demo`, which plays the whole main job. A server's memory under vote load is measured with the votes.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from benchmarks.machine import memory_mb, tree_of
from earnest.run.embedded.run_state import RunState, read_run_state
from earnest.run.embedded.state_dir import StateDir
from earnest.run.status import is_healthy

REST_S = 10.0
READY_MAX_S = 120.0
DEMO_MAX_S = 300.0
_POLL_S = 0.05


class NotReady(Exception):
    """The system did not come up."""


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of one process and its children, in MiB (what is theirs alone)."""

    process: str
    rest_mb: float
    work_mb: float | None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds until every process answered, and what each of them holds."""

    first_ready_s: float
    ready_s: float
    demo_s: float
    footprints: list[Footprint]


def measure_memory(folder: Path) -> Memory:
    """Starts the system twice and plays the demo once. Raises `NotReady`."""
    state = folder / "up"
    with up(state) as (first_ready_s, _):
        pass
    with up(state) as (ready_s, pid):
        time.sleep(REST_S)
        rest = _footprints(state_of(state), pid)
    print(f"  ready after {first_ready_s:.1f} s, again after {ready_s:.1f} s")
    demo_s, work = _watch_demo(folder / "demo")
    return Memory(
        first_ready_s=first_ready_s,
        ready_s=ready_s,
        demo_s=demo_s,
        footprints=[
            Footprint(process=name, rest_mb=rest_mb, work_mb=work.get(name))
            for name, rest_mb in rest.items()
        ],
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("EARNEST_")}


@contextmanager
def up(state: Path) -> Iterator[tuple[float, int]]:
    """`earnest up` in this folder: seconds until all of it answered, and its process."""
    began_s = time.perf_counter()
    process = _earnest("up", "--port", "0", "--state-dir", str(state))
    try:
        while True:
            found = read_run_state(StateDir(state))
            if found is not None and found.supervisor_pid == process.pid and is_healthy(found):
                break
            if process.poll() is not None or time.perf_counter() - began_s > READY_MAX_S:
                raise NotReady(f"earnest up in {state} was not ready; see its log folder")
            time.sleep(_POLL_S)
        yield time.perf_counter() - began_s, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _earnest(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "earnest.run", *command],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def state_of(state: Path) -> RunState:
    """What runs in this folder. Raises `NotReady`."""
    found = read_run_state(StateDir(state))
    if found is None:
        raise NotReady(f"nothing runs in {state}")
    return found


def _footprints(state: RunState, supervisor_pid: int) -> dict[str, float]:
    found = {"supervisor (earnest up)": memory_mb(supervisor_pid)}
    for process in state.processes:
        if process.pid is not None:
            try:
                found[process.name] = sum(memory_mb(each.pid) for each in tree_of(process.pid))
            except psutil.NoSuchProcess:
                continue
    return found


def _watch_demo(folder: Path) -> tuple[float, dict[str, float]]:
    """Seconds of the demo, and the highest memory of each of its processes."""
    highest: dict[str, float] = {}
    began_s = time.perf_counter()
    process = _earnest("demo", "--state-dir", str(folder))
    while process.poll() is None:
        if time.perf_counter() - began_s > DEMO_MAX_S:
            process.terminate()
            raise NotReady("the demo did not end")
        for root in (folder, folder / "demo"):
            state = read_run_state(StateDir(root))
            if state is not None:
                for name, mb in _footprints(state, process.pid).items():
                    highest[name] = max(highest.get(name, 0.0), mb)
        time.sleep(0.2)
    if process.returncode != 0:
        raise NotReady(f"the demo ended with {process.returncode}; see {folder}/demo.json")
    return time.perf_counter() - began_s, highest
