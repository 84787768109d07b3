"""Brings the database to what this version of the code expects: `earnest migrate`.

Roles first, then the plain SQL files of `migrations/` (by yoyo, forward only), PgQueuer's own
schema, and last every domain's `functions.sql`, which are replaced each time. All of it runs
under one lock, as the owner; the other processes wait until the version in the database is theirs.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import structlog
from pgqueuer.domain.settings import DBSettings
from pgqueuer.queries import Queries

from earnest.kit.db import SCHEMA, Database, DatabaseUnavailable
from earnest.kit.errors import EarnestError, Kind

log = structlog.get_logger(__name__)

ROLES = ("api", "worker", "indexer", "signer_ro")
# In this order, because functions of later domains call those of earlier ones.
FUNCTION_FILES = (
    "kit",
    "audit",
    "ledger",
    "jobs",
    "accounts",
    "chains",
    "files",
    "notifications",
    "treasury",
    "escrow",
    "payouts",
    "payments",
    "tasks",
    "projects",
)
_LOCK = 0x6561726E657374  # "earnest"
_LOCK_WAIT_S = 120
_PACKAGE = Path(__file__).resolve().parents[1]


class DatabaseTooOld(EarnestError):
    """The database is at {found}, this program needs {expected}. Run `earnest migrate`."""

    code = "database_version_differs"
    kind = Kind.UNAVAILABLE


def migrations_dir() -> Path:
    """Where the plain SQL files are: inside the installed package, or beside the sources."""
    packaged = Path(str(resources.files("earnest"))) / "migrations"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "migrations"


def _function_files() -> list[Path]:
    paths = [_PACKAGE / domain / "functions.sql" for domain in FUNCTION_FILES]
    return [path for path in paths if path.is_file()]


@cache
def expected_version() -> str:
    """A name for the schema that this code expects: its last migration and a hash of all SQL.

    Read once: a process goes on with the version that it began with.
    """
    digest = hashlib.sha256()
    migrations = sorted(migrations_dir().glob("*.sql"))
    for path in [*migrations, *_function_files()]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{migrations[-1].stem}+{digest.hexdigest()[:16]}"


async def migrate(owner_url: str, role_passwords: Mapping[str, str]) -> str:
    """Brings the database up to `expected_version()` and returns it.

    `role_passwords` gives a password for each of `ROLES`; a role without one keeps what it has.
    """
    connection = await _connect(owner_url)
    try:
        await connection.execute(f"SET lock_timeout = '{_LOCK_WAIT_S}s'")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute("SET lock_timeout = 0")
        await _ensure_roles(connection, role_passwords)
        await asyncio.to_thread(_apply_migrations, owner_url)
        await connection.execute(f"SET search_path = {SCHEMA}")
        await _install_queue(connection)
        async with connection.transaction():
            for path in _function_files():
                await connection.execute(path.read_text(encoding="utf-8"))
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version"
                " (one boolean PRIMARY KEY DEFAULT true CHECK (one), version text NOT NULL)"
            )
            await connection.execute(
                "INSERT INTO schema_version (version) VALUES ($1)"
                " ON CONFLICT (one) DO UPDATE SET version = excluded.version",
                expected_version(),
            )
            for role in ROLES:
                await connection.execute(f"GRANT SELECT ON schema_version TO earnest_{role}")
    finally:
        await connection.close()
    return expected_version()


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, server_settings={"application_name": "earnest migrate"})
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable() from error


async def _ensure_roles(
    connection: "asyncpg.Connection[asyncpg.Record]", passwords: Mapping[str, str]
) -> None:
    for role in ROLES:
        name = f"earnest_{role}"
        if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
            await connection.execute(
                f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
            )
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {name}")
        if role in passwords:
            literal = await connection.fetchval("SELECT quote_literal($1::text)", passwords[role])
            await connection.execute(f"ALTER ROLE {name} PASSWORD {literal}")


def _apply_migrations(owner_url: str) -> None:
    # Imported here, because only the migrating process needs it.
    import yoyo

    parts = urlsplit(owner_url)
    backend = yoyo.get_backend(urlunsplit(parts._replace(scheme="postgresql+psycopg")))
    try:
        # Our own lock is held, so a lock row of yoyo's was left by a process that died.
        backend.break_lock()
        with backend.lock():
            migrations = yoyo.read_migrations(str(migrations_dir()))
            backend.apply_migrations(backend.to_apply(migrations))
    finally:
        backend.connection.close()


async def _install_queue(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    queue = Queries.from_asyncpg_connection(connection)
    if not await queue.schema_is_installed():
        await queue.install(create_schema=False)
    await queue.upgrade()
    names = DBSettings()
    tables = ", ".join(
        (names.queue_table, names.queue_table_log, names.statistics_table, names.schedules_table)
    )
    await connection.execute(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO earnest_worker;"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO earnest_worker;"
        f"GRANT SELECT, INSERT ON {names.queue_table}, {names.queue_table_log}"
        " TO earnest_api, earnest_indexer;"
        f"GRANT USAGE ON SEQUENCE {names.queue_table}_id_seq TO earnest_api, earnest_indexer;"
        f"GRANT EXECUTE ON FUNCTION {names.function}()"
        " TO earnest_api, earnest_indexer, earnest_worker"
    )


async def create_database(superuser_url: str, *, owner_password: str, database: str) -> str:
    """Makes the owner's role and the database on a server of our own; returns the owner's URL.

    Done once for embedded servers. On a managed one the operator makes both: a role that may
    log in and create roles, and a database that it owns.
    """
    connection = await _connect(superuser_url)
    try:
        literal = await connection.fetchval("SELECT quote_literal($1::text)", owner_password)
        if not await connection.fetchval(
            "SELECT true FROM pg_roles WHERE rolname = 'earnest_owner'"
        ):
            await connection.execute("CREATE ROLE earnest_owner LOGIN CREATEROLE NOSUPERUSER")
        await connection.execute(f"ALTER ROLE earnest_owner PASSWORD {literal}")
        known = await connection.fetchval(
            "SELECT true FROM pg_database WHERE datname = $1", database
        )
        if not known:
            await connection.execute(f'CREATE DATABASE "{database}" OWNER earnest_owner')
            await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    finally:
        await connection.close()
    parts = urlsplit(superuser_url)
    return role_url(urlunsplit(parts._replace(path=f"/{database}")), "owner", owner_password)


async def wait_for_version(database: Database, *, timeout_s: float = 60) -> None:
    """Returns once the database is at this code's version; raises `DatabaseTooOld` at last."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        try:
            found = await database.fetchval("SELECT version FROM schema_version")
        except asyncpg.UndefinedTableError:
            found = None
        if found == expected_version():
            return
        if asyncio.get_running_loop().time() > deadline:
            raise DatabaseTooOld(found=found, expected=expected_version())
        await asyncio.sleep(0.2)


def role_url(owner_url: str, role: str, password: str) -> str:
    """The URL of one role on the same server and database as the owner's."""
    parts = urlsplit(owner_url)
    host = parts.hostname or "127.0.0.1"
    netloc = f"earnest_{role}:{quote(password, safe='')}@{host}:{parts.port or 5432}"
    return urlunsplit(parts._replace(netloc=netloc))
