"""The supervisor, on real child processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from earnest.run.embedded.children import (
    ChildGaveUp,
    ChildSpec,
    KeepingPolicy,
    StopRequested,
    Supervisor,
)
from earnest.run.embedded.errors import EarnestAlreadyRuns, PartDidNotStart
from earnest.run.embedded.launch import spare_environment
from earnest.run.embedded.object_store import ObjectStore
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.embedded.run_state import Health, read_run_state
from earnest.run.embedded.state_dir import StateDir, StateLock
from tests.integration.run.processes import lives, poll_until, python_program, starter

QUICK = KeepingPolicy(
    restarts_max=3,
    first_delay_seconds=0.02,
    delay_seconds_max=0.1,
    stable_seconds=0.0,
    health_every_seconds=0.1,
    start_poll_seconds=0.02,
)

STAY = "import sys; print('here', flush=True)\nimport signal; signal.pause()"

SUPERVISE_TWO = f"""
import asyncio, json, os, sys
from pathlib import Path
from earnest.run.embedded.children import ChildSpec, Supervisor
from earnest.run.embedded.launch import spare_environment

async def main():
    async with Supervisor(Path(sys.argv[1]), stop_on_signals=True) as supervisor:
        pids = []
        for name in ("one", "two"):
            argv = [sys.executable, "-c", {STAY!r}]
            state = await supervisor.start(ChildSpec.of_process(name, argv, spare_environment()))
            pids.append(state.pid)
        print(json.dumps(pids), flush=True)
        await supervisor.run_until_stopped()

asyncio.run(main())
"""


def child(
    name: str,
    source: str = STAY,
    *,
    is_ready: Callable[[int], bool] = lambda _pid: True,
    stop_seconds_max: float = 5.0,
    start_seconds_max: float = 10.0,
) -> ChildSpec:
    """A small Python program as a child."""
    return ChildSpec.of_process(
        name,
        python_program(source),
        spare_environment(),
        is_ready=is_ready,
        stop_seconds_max=stop_seconds_max,
        start_seconds_max=start_seconds_max,
    )


async def until(condition: Callable[[], bool], *, seconds: float = 15.0) -> None:
    """`poll_until` for tests in which the supervisor shares the event loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "still not so"
        await asyncio.sleep(0.02)


async def test_a_killed_child_comes_back(tmp_path: Path) -> None:
    """A child that is killed is started again; the state file tells its new id and the count,
    and is closed to others."""
    async with Supervisor(tmp_path, QUICK) as supervisor:
        state = await supervisor.start(child("one"))
        supervisor.publish_urls({"api": "http://127.0.0.1:1"})
        first = state.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: state.restarts == 1 and state.health == Health.READY)
        assert state.pid not in (None, first)
        assert state.last_exit == -signal.SIGKILL
        told = read_run_state(supervisor.state_dir)
        assert told is not None
        assert told.processes == [state]
        assert told.supervisor_pid == os.getpid()
        assert told.urls == {"api": "http://127.0.0.1:1"}
        assert supervisor.state_dir.state_file.stat().st_mode & 0o777 == 0o600
    assert not lives(first)
    # Nothing runs any more, whatever the file still says.
    assert read_run_state(supervisor.state_dir) is None
    raw = json.loads(supervisor.state_dir.state_file.read_text(encoding="utf-8"))
    assert [entry["health"] for entry in raw["processes"]] == ["stopped"]


async def test_a_child_that_keeps_crashing_is_given_up(tmp_path: Path) -> None:
    """After the allowed number of crashes in a row the supervisor stops trying and says why;
    the others are stopped in good order."""
    flag = tmp_path / "broken"
    source = (
        "import pathlib, signal, sys\n"
        f"if pathlib.Path({str(flag)!r}).exists(): sys.exit('the disk is full')\n"
        "signal.pause()"
    )
    policy = KeepingPolicy(restarts_max=3, first_delay_seconds=0.02, health_every_seconds=0.1)
    async with Supervisor(tmp_path, policy) as supervisor:
        other = await supervisor.start(child("other"))
        state = await supervisor.start(
            child("one", source, is_ready=lambda pid: psutil.Process(pid).num_threads() > 0)
        )
        flag.touch()
        pid = state.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ChildGaveUp, match=r"one crashed 4 times in a row.*the disk is full"):
            await asyncio.wait_for(supervisor.wait_for_failure(), 20)
        assert (state.health, state.pid, state.restarts) == (Health.FAILED, None, 3)
        other_pid = other.pid
        assert other_pid is not None
        assert lives(other_pid)
    assert not lives(other_pid)


async def test_a_child_that_cannot_start_is_not_tried_again(tmp_path: Path) -> None:
    """One that ends before it was ever ready raises at once, with its last words."""
    async with Supervisor(tmp_path, QUICK) as supervisor:
        never = child("one", "import sys; sys.exit('no such setting')", is_ready=lambda _pid: False)
        with pytest.raises(PartDidNotStart, match="no such setting"):
            await supervisor.start(never)
        assert supervisor.processes[0].restarts == 0
        assert supervisor.processes[0].health == Health.FAILED
        silent = child("two", is_ready=lambda _pid: False, start_seconds_max=0.3)
        with pytest.raises(PartDidNotStart, match="not ready within"):
            await supervisor.start(silent)
        assert supervisor.processes[1].pid is None


async def test_health_follows_the_probe(tmp_path: Path) -> None:
    """A child that lives but does not answer is shown as unready, and as ready when it is again."""
    answers = tmp_path / "answers"
    answers.touch()
    async with Supervisor(tmp_path / "state", QUICK) as supervisor:
        state = await supervisor.start(child("one", is_ready=lambda _pid: answers.exists()))
        pid = state.pid
        answers.unlink()
        await until(lambda: state.health == Health.UNREADY)
        answers.touch()
        await until(lambda: state.health == Health.READY)
        assert (state.pid, state.restarts) == (pid, 0)


async def test_stop_is_in_order_and_ends_the_deaf(tmp_path: Path) -> None:
    """Children stop in the reverse order of their start; one that ignores SIGTERM is killed when
    its time is up, its own children too."""
    order = tmp_path / "order"
    polite = (
        "import signal, sys\n"
        "def leave(*_):\n"
        "    open({path!r}, 'a').write({name!r} + ' ')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "print('armed', flush=True)\n"
        "while True: signal.pause()"
    )
    deaf = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', "
        "'import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()'])"
        "\nprint('armed', inner.pid, flush=True)\n"
        "while True: signal.pause()"
    )
    state_dir = StateDir(tmp_path / "state")

    def armed(name: str) -> Callable[[int], bool]:
        return lambda _pid: "armed" in state_dir.log_of(name).read_text(encoding="utf-8")

    async with Supervisor(state_dir, QUICK) as supervisor:
        for name in ("first", "second"):
            source = polite.format(path=str(order), name=name)
            await supervisor.start(child(name, source, is_ready=armed(name)))
        third = await supervisor.start(
            child("deaf", deaf, is_ready=armed("deaf"), stop_seconds_max=0.3)
        )
        deaf_pid = third.pid
        assert deaf_pid is not None
        inner = psutil.Process(deaf_pid).children()
        assert len(inner) == 1
    assert order.read_text(encoding="utf-8") == "second first "
    assert third.last_exit == -signal.SIGKILL
    poll_until(lambda: not lives(deaf_pid) and not lives(inner[0].pid))


async def test_logs_stay_within_bounds(tmp_path: Path) -> None:
    """A child that writes without end leaves at most two files, one of them cut to the bound,
    with the newest lines kept and whole."""
    policy = KeepingPolicy(health_every_seconds=0.02, log_bytes_max=50_000)
    source = (
        "import itertools, time\n"
        "for n in itertools.count():\n"
        "    print(f'line {n:08d}', flush=True)\n"
        "    if n % 50 == 0: time.sleep(0.001)"
    )
    async with Supervisor(tmp_path, policy) as supervisor:
        await supervisor.start(child("chatty", source))
        log = supervisor.state_dir.log_of("chatty")
        kept = log.with_name("chatty.log.1")

        def rotated_again() -> bool:
            return kept.exists() and not kept.read_bytes().startswith(b"line 00000000")

        await until(rotated_again)
    assert kept.stat().st_size <= 50_000
    assert sorted(path.name for path in log.parent.iterdir()) == ["chatty.log", "chatty.log.1"]
    lines = log.read_text(encoding="utf-8").split("\n")
    assert lines[1] > "line 00000000"
    # Emptied under the writer's hands: no hole of zero bytes, and it went on at the start.
    assert "\0" not in lines[0]
    assert all(len(line) == len("line 00000000") for line in lines[1:-1])


async def test_restarted_postgres_and_store_under_the_supervisor(tmp_path: Path) -> None:
    """Postgres and the S3 server come back on their ports after kill -9, data intact."""
    pg, store = EmbeddedPostgres(tmp_path), ObjectStore(tmp_path)
    async with Supervisor(tmp_path, QUICK) as supervisor:
        pg_state = await supervisor.start(pg)
        store_state = await supervisor.start(store)
        connection = await asyncpg.connect(pg.superuser_dsn)
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        pids = (pg_state.pid, store_state.pid)
        for pid in pids:
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        connection.terminate()
        both = (pg_state, store_state)
        await until(lambda: all(s.restarts == 1 and s.health == Health.READY for s in both))
        again = await asyncpg.connect(pg.superuser_dsn)
        assert await again.fetchval("SELECT n FROM kept") == 7
        await again.close()
        async with httpx.AsyncClient() as http:
            assert (await http.get(store.access.endpoint_url)).status_code in (400, 403)
        assert (pg_state.pid, store_state.pid) != pids
        family = [p.pid for p in psutil.Process().children(recursive=True)]
        mine = [pid for pid in (pg_state.pid, store_state.pid) if pid is not None]
        assert set(mine) <= set(family)
    assert not any(lives(pid) for pid in mine)


def test_kill_of_the_supervisor_takes_all_along(tmp_path: Path) -> None:
    """kill -9 of the supervisor ends its children; nothing is said to run; another may start."""
    with starter(SUPERVISE_TWO, str(tmp_path)) as (parent, pids):
        told = read_run_state(StateDir(tmp_path))
        assert told is not None
        assert [process.pid for process in told.processes] == pids
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        poll_until(lambda: not any(lives(pid) for pid in pids))
    assert read_run_state(StateDir(tmp_path)) is None
    with starter(SUPERVISE_TWO, str(tmp_path)) as (parent, pids):
        # And a polite request ends it with a clean exit.
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(15) == 0
        assert not any(lives(pid) for pid in pids)


def test_second_starter_is_turned_away(tmp_path: Path) -> None:
    """Two starters on one state directory: the second learns which process runs it, leaves, and
    the first goes on."""
    with starter(SUPERVISE_TWO, str(tmp_path)) as (parent, pids):
        with pytest.raises(EarnestAlreadyRuns, match=f"process {parent.pid},"):
            StateLock(StateDir(tmp_path)).acquire()
        done = subprocess.run(
            [sys.executable, "-c", SUPERVISE_TWO, str(tmp_path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "Earnest already runs here" in done.stderr
        assert all(lives(pid) for pid in pids)


async def test_a_stop_while_a_child_starts(tmp_path: Path) -> None:
    """A stop that is asked for while a child is still starting ends the start at once, and the
    half started child with it."""
    async with Supervisor(tmp_path, QUICK) as supervisor:
        starting = asyncio.create_task(supervisor.start(child("one", is_ready=lambda _pid: False)))
        await until(lambda: bool(supervisor.processes) and supervisor.processes[0].pid is not None)
        pid = supervisor.processes[0].pid
        supervisor.request_stop()
        with pytest.raises(StopRequested, match="one"):
            await asyncio.wait_for(starting, 5)
        await asyncio.wait_for(supervisor.run_until_stopped(), 5)
    assert pid is not None
    assert not lives(pid)


async def test_an_idle_supervisor_sleeps(tmp_path: Path) -> None:
    """Keeping quiet children costs next to no processor time: it waits, it does not spin."""
    async with Supervisor(tmp_path, KeepingPolicy()) as supervisor:
        for name in ("one", "two", "three"):
            await supervisor.start(child(name))
        used, began = time.process_time(), time.monotonic()
        # Time itself is what is measured here.
        await asyncio.sleep(2.5)
        share = (time.process_time() - used) / (time.monotonic() - began)
    assert share < 0.05
