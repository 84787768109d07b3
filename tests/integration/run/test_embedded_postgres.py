"""PostgreSQL as our own child, on real processes."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from earnest.run.embedded.errors import DataDirectoryInUse, PortTaken, SecretLost
from earnest.run.embedded.launch import LOOPBACK
from earnest.run.embedded.postgres import EmbeddedPostgres
from tests.integration.run.processes import lives, poll_until, processes_inside, starter

START_AND_STAY = """
import json, sys
from pathlib import Path
from earnest.run.embedded.postgres import EmbeddedPostgres
pg = EmbeddedPostgres(Path(sys.argv[1])).start()
print(json.dumps({"pid": pg.pid, "dsn": pg.superuser_dsn}), flush=True)
sys.stdin.read()
"""


def mode_of(path: Path) -> int:
    """The permission bits of a path."""
    return stat.S_IMODE(path.stat().st_mode)


async def test_starts_answers_and_stops(tmp_path: Path) -> None:
    """A server made from nothing answers as PostgreSQL 18 with the settings that keep money safe,
    and leaves no process behind."""
    async with EmbeddedPostgres(tmp_path) as pg:
        pid = pg.pid
        connection = await asyncpg.connect(pg.superuser_dsn)
        names = ["server_version_num", "fsync", "full_page_writes", "synchronous_commit"]
        names += ["data_checksums", "unix_socket_directories", "listen_addresses"]
        shown = [await connection.fetchval(f"SHOW {name}") for name in names]
        await connection.close()
        assert int(shown[0]) // 10_000 == 18
        assert shown[1:5] == ["on", "on", "on", "on"]
        assert shown[5:] == ["", LOOPBACK]
        listening = {
            c.laddr for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN
        }
        assert listening == {(LOOPBACK, pg.port)}
    assert not lives(pid)
    assert processes_inside(tmp_path / "postgres") == []


async def test_password_is_really_needed(postgres: EmbeddedPostgres) -> None:
    """No password and a wrong one are refused: the server trusts nobody, not even from here."""
    for dsn in (
        f"postgresql://postgres@{LOOPBACK}:{postgres.port}/postgres",
        postgres.superuser_dsn.replace(postgres.password, "wrong"),
    ):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn)
    connection = await asyncpg.connect(postgres.superuser_dsn)
    rules = await connection.fetch("SELECT type, address, auth_method FROM pg_hba_file_rules")
    stored = await connection.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname='postgres'")
    await connection.close()
    assert [tuple(rule) for rule in rules] == [("host", LOOPBACK, "scram-sha-256")]
    assert stored.startswith("SCRAM-SHA-256$")


def test_data_and_secret_are_private(postgres: EmbeddedPostgres) -> None:
    """The data folder is closed to others and so is the password; it is in no command line."""
    assert mode_of(postgres.data_dir) == 0o700
    secrets = postgres.state_dir.secrets
    assert mode_of(secrets) == 0o700
    assert mode_of(secrets / "postgres-password") == 0o600
    family = [psutil.Process(postgres.pid), *psutil.Process(postgres.pid).children()]
    assert not any(postgres.password in " ".join(process.cmdline()) for process in family)


async def test_data_survives_restarts_on_the_same_port(tmp_path: Path) -> None:
    """A committed row outlives an immediate shutdown (a crash), a good one, and a new start."""
    async with EmbeddedPostgres(tmp_path) as pg:
        first_pid, port = pg.pid, pg.port
        connection = await asyncpg.connect(pg.superuser_dsn)
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        await pg.restart_async(immediate=True)
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("SELECT n FROM kept")
        connection.terminate()
        assert (pg.pid != first_pid, pg.port) == (True, port)
        assert "automatic recovery" in pg.log.read_text(encoding="utf-8")
        await pg.restart_async()
    async with EmbeddedPostgres(tmp_path, port) as again:
        connection = await asyncpg.connect(again.superuser_dsn)
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.close()


async def test_kill_of_the_parent_leaves_nothing_and_the_next_start_works(tmp_path: Path) -> None:
    """kill -9 of the process that started it takes Postgres and all its workers along, also with
    a session open; the next start finds all that was committed."""
    with starter(START_AND_STAY, str(tmp_path)) as (parent, told):
        connection = await asyncpg.connect(told["dsn"])
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        family = [told["pid"], *(p.pid for p in psutil.Process(told["pid"]).children())]
        assert len(family) > 3
        assert set(family) <= set(processes_inside(tmp_path / "postgres"))
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        # At once, while the old server may still be on its way out.
        async with EmbeddedPostgres(tmp_path) as pg:
            assert not any(lives(pid) for pid in family)
            again = await asyncpg.connect(pg.superuser_dsn)
            assert await again.fetchval("SELECT n FROM kept") == 7
            await again.close()
        connection.terminate()
    assert processes_inside(tmp_path / "postgres") == []


def test_a_killed_postmaster_does_not_stop_the_next_start(tmp_path: Path) -> None:
    """After kill -9 of the postmaster itself its lock file stays; even when that process id
    belongs to something else by now, the next start works."""
    pg = EmbeddedPostgres(tmp_path, durable=False).start()
    lock = pg.data_dir / "postmaster.pid"
    os.kill(pg.pid, signal.SIGKILL)
    poll_until(lambda: not pg.is_running)
    lines = lock.read_text(encoding="ascii").splitlines()
    # Our own id stands for the stranger that got the number: it lives, and is not Postgres.
    lock.write_text("\n".join([str(os.getppid()), *lines[1:]]), encoding="ascii")
    pg.stop()
    with EmbeddedPostgres(tmp_path, durable=False) as again:
        assert again.is_ready(again.pid)


def test_a_half_made_database_is_made_anew(tmp_path: Path) -> None:
    """A first start that is killed at any moment leaves nothing that a second would trip over."""
    delays_ms = (30, 120, 250, 400)
    for delay_ms in delays_ms:
        with subprocess.Popen(
            [sys.executable, "-c", START_AND_STAY, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        ) as half:
            # Time passes here as the fault itself, not to wait for anything.
            time.sleep(delay_ms / 1000)
            half.kill()
    with EmbeddedPostgres(tmp_path) as pg:
        assert pg.is_ready(pg.pid)
    assert [p.name for p in tmp_path.glob("postgres*")] == ["postgres"]


def test_second_server_on_the_same_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers on one data folder would destroy it: the second says who is there."""
    from earnest.run.embedded import postgres as module

    monkeypatch.setattr(module, "LEAVING_SECONDS_MAX", 0.3)
    with EmbeddedPostgres(tmp_path, durable=False) as pg:
        with pytest.raises(DataDirectoryInUse, match=f"process {pg.pid}"):
            EmbeddedPostgres(tmp_path, durable=False).start()
        assert pg.is_ready(pg.pid)


def test_taken_port_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which somebody else listens is named, and nothing is left half started."""
    from earnest.run.embedded import part as module

    monkeypatch.setattr(module, "PORT_SECONDS_MAX", 0.3)
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        pg = EmbeddedPostgres(tmp_path, port, durable=False)
        with pytest.raises(PortTaken, match=str(port)):
            pg.start()
        assert not pg.is_running


def test_lost_password_is_said_plainly(tmp_path: Path) -> None:
    """A database whose password file is gone is not replaced by an empty one."""
    with EmbeddedPostgres(tmp_path, durable=False) as pg:
        password_file = pg.state_dir.secrets / "postgres-password"
    password_file.unlink()
    with pytest.raises(SecretLost, match="postgres-password"):
        EmbeddedPostgres(tmp_path, durable=False).start()


def test_root_without_namespaces_is_told_what_is_missing(tmp_path: Path) -> None:
    """Where the kernel refuses user namespaces, root gets one plain line instead of a database."""
    # A namespace of our own, in which we are root and further ones are forbidden: a real refusal.
    program = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -c "$1" "$2"'
    start = START_AND_STAY.replace(
        "pg = EmbeddedPostgres(Path(sys.argv[1])).start()",
        "from earnest.run.embedded.errors import UserNamespacesForbidden\n"
        "try:\n"
        "    pg = EmbeddedPostgres(Path(sys.argv[1])).start()\n"
        "except UserNamespacesForbidden as error:\n"
        "    sys.exit(str(error))",
    )
    namespace = ("unshare", "--user", "--map-root-user")
    done = subprocess.run(
        [*namespace, "sh", "-c", program, sys.executable, start, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "refuses to run as root" in done.stderr
    assert "EARNEST_DATABASE_URL" in done.stderr
    assert not (tmp_path / "postgres").exists()
