"""What the figures were measured on, and what a tree of processes has used."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import datetime
from pathlib import Path

import msgspec
import psutil

from earnest.run.embedded.postgres import postgres_bin

_PACKAGES = ("litestar", "msgspec", "uvicorn", "uvloop", "asyncpg")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's line. `load_1m` is how busy it was before the run began."""

    at: str
    cpu: str
    cores: int
    ram_gb: float
    kernel: str
    versions: dict[str, str]
    load_1m: float

    def line(self) -> str:
        """One line for people."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return (
            f"{self.at[:10]} · {self.cpu}, {self.cores} cores, {self.ram_gb:.0f} GB · "
            f"Linux {self.kernel} · {versions}"
        )


def describe_machine() -> Machine:
    """This machine, now."""
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    versions = {"Python": platform.python_version()}
    versions["Node"] = _first_line("node", "--version").removeprefix("v")
    versions["PostgreSQL"] = _first_line(str(postgres_bin() / "postgres"), "--version").split()[-1]
    versions |= {name: importlib.metadata.version(name) for name in _PACKAGES}
    return Machine(
        at=datetime.now().astimezone().isoformat(timespec="seconds"),
        cpu=cpu,
        cores=len(os.sched_getaffinity(0)),
        ram_gb=psutil.virtual_memory().total / 2**30,
        kernel=platform.release().partition("-")[0],
        versions=versions,
        load_1m=os.getloadavg()[0],
    )


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[0]


def tree_of(pid: int) -> list[psutil.Process]:
    """A process and all that it started and that still live."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """CPU seconds, user and system, of a tree of processes; of ended children too."""
    total = 0.0
    for process in tree_of(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mb(pid: int) -> float:
    """Memory that one process holds for itself (USS), in MiB."""
    return float(psutil.Process(pid).memory_full_info().uss) / 2**20
