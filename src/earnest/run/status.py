"""`earnest status`: what runs on this machine, where, and how it does. No secret is printed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from earnest.run.embedded.run_state import Health, ProcessState, RunState, read_run_state
from earnest.run.embedded.state_dir import StateDir
from earnest.run.terminal import as_json_text, columns, console, duration, show

_WORDS = {
    Health.STARTING: ("is starting", "waiting"),
    Health.READY: ("is ready", "done"),
    Health.UNREADY: ("does not answer", "look"),
    Health.WAITING: ("ended, is started again", "waiting"),
    Health.STOPPED: ("stopped", "quiet"),
    Health.FAILED: ("was given up", "look"),
}


def describe(state: RunState, now: datetime, state_dir: Path) -> dict[str, Any]:
    """What `earnest status --json` says. Times are RFC 3339, uptimes in seconds."""
    return {
        "healthy": is_healthy(state),
        "network": state.network,
        "stateDir": str(state_dir.resolve()),
        "supervisorPid": state.supervisor_pid,
        "startedAt": state.started_at.isoformat(),
        "processes": [_process(process, now) for process in state.processes],
        "urls": state.urls,
        "stacksContract": state.stacks_contract or None,
        "waitsFor": state.waits_for,
    }


def is_healthy(state: RunState) -> bool:
    """Whether all has started, every process answers, and nothing outside is waited for."""
    ready = all(process.health is Health.READY for process in state.processes)
    return state.complete and ready and not state.waits_for


def show_status(state_dir: Path, *, as_json: bool) -> int:
    """Prints it; the exit code is 0 when all is well."""
    state = read_run_state(StateDir(state_dir))
    if state is None:
        if as_json:
            nothing = {"healthy": False, "stateDir": str(state_dir.resolve()), "processes": []}
            print(as_json_text({**nothing, "urls": {}, "stacksContract": None, "waitsFor": []}))
        else:
            print(f"Earnest does not run in {state_dir}. Start it with `earnest up`.")
        return 1
    now = datetime.now(UTC)
    if as_json:
        print(as_json_text(describe(state, now, state_dir)))
    else:
        _print(state, now, state_dir)
    return 0 if is_healthy(state) else 1


def _process(process: ProcessState, now: datetime) -> dict[str, Any]:
    return {
        "name": process.name,
        "pid": process.pid,
        "health": process.health.value,
        "restarts": process.restarts,
        "uptimeSeconds": _uptime(process, now),
        "lastExit": process.last_exit,
        "log": process.log,
    }


def _uptime(process: ProcessState, now: datetime) -> float | None:
    if process.started_at is None:
        return None
    return round(max(0.0, (now - process.started_at).total_seconds()), 1)


def _print(state: RunState, now: datetime, state_dir: Path) -> None:
    out = console()
    out.print(
        Text.assemble(
            ("Earnest", "name"),
            f" on {state.network or 'no network yet'}, state in {state_dir},"
            f" since {state.started_at.astimezone():%Y-%m-%d %H:%M:%S}",
        )
    )
    out.print("")
    rows: list[list[str | Text]] = []
    for process in state.processes:
        words, style = _WORDS[process.health]
        uptime = _uptime(process, now)
        rows.append(
            [
                f"  {process.name}",
                Text(words, style=style),
                "-" if process.pid is None else str(process.pid),
                "-" if uptime is None else duration(uptime),
                str(process.restarts),
            ]
        )
    head = ["  Process", "State", "Pid", "Up for", "Restarts"]
    show(out, columns(rows, head=head, right=(2, 3, 4)))
    if state.urls:
        places = dict(state.urls)
        if state.stacks_contract:
            places["stacksContract"] = state.stacks_contract
        out.print("")
        show(out, columns([(Text(f"  {name}", "quiet"), at) for name, at in places.items()]))
    for sentence in state.waits_for:
        out.print("")
        out.print(Text(sentence, style="waiting"))
