"""What runs at this moment, in `var/run/state.json`, for `earnest status` and for people."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from earnest.run.embedded.state_dir import StateDir, lock_is_held, write_private


class Health(StrEnum):
    """How a process does, as its readiness probe tells."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"  # it lives, but its probe fails
    WAITING = "waiting"  # it crashed and is started again after a pause
    STOPPED = "stopped"
    FAILED = "failed"  # it crashed too often and was given up


@dataclass
class ProcessState:
    """One process. `pid` and `started_at` are None while it does not live."""

    name: str
    health: Health = Health.STARTING
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    last_exit: int | None = None  # minus the signal's number when a signal ended it
    log: str = ""


@dataclass
class RunState:
    """All processes of one installation, in the order of their start, and the URLs of its parts."""

    supervisor_pid: int
    started_at: datetime
    processes: list[ProcessState] = field(default_factory=list)
    # May carry passwords; the file is 0600 for their sake.
    urls: dict[str, str] = field(default_factory=dict)
    network: str = ""
    # The escrow contract that counts, as `ADDRESS.name`; empty where projects are not offered.
    stacks_contract: str = ""
    complete: bool = False  # every process was ready once
    # Plain sentences: what does not answer that is not ours to start.
    waits_for: list[str] = field(default_factory=list)


def write_run_state(state_dir: StateDir, state: RunState) -> None:
    """Replaces the state file in one step."""
    text = json.dumps(asdict(state), default=_as_text, indent=1)
    write_private(state_dir.state_file, text + "\n", flush=False)


def read_run_state(state_dir: StateDir) -> RunState | None:
    """What runs now, or None when nothing does.

    A supervisor that was killed leaves its file behind; only the lock tells that it still lives.
    """
    if not lock_is_held(state_dir):
        return None
    try:
        raw = json.loads(state_dir.state_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return RunState(
        supervisor_pid=raw["supervisor_pid"],
        started_at=datetime.fromisoformat(raw["started_at"]),
        processes=[_process_from(entry) for entry in raw["processes"]],
        urls=raw["urls"],
        network=raw.get("network", ""),
        stacks_contract=raw.get("stacks_contract", ""),
        complete=raw.get("complete", False),
        waits_for=raw.get("waits_for", []),
    )


def _process_from(entry: dict[str, Any]) -> ProcessState:
    started_at = entry["started_at"]
    return ProcessState(
        name=entry["name"],
        health=Health(entry["health"]),
        pid=entry["pid"],
        started_at=None if started_at is None else datetime.fromisoformat(started_at),
        restarts=entry["restarts"],
        last_exit=entry["last_exit"],
        log=entry["log"],
    )


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in the state file")
