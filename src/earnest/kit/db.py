"""PostgreSQL: a pool, transactions, and errors told apart.

The pool's reset on release is switched off, because it costs a round trip per query. So no
session state may be left on a connection: `SET LOCAL` only, transaction-scoped advisory locks
only, no temporary tables.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
import msgspec

from earnest.kit.errors import EarnestError, Unavailable, error_for

SCHEMA = "earnest"
# What SQL functions raise: MESSAGE is the error's code, DETAIL its facts as JSON.
SQLSTATE_FACT = "EA001"
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
    OSError,
)


class Connection(Protocol):
    """What a store needs of a connection. asyncpg's own types satisfy it."""

    async def execute(self, query: str, *args: Any) -> str:
        """Runs a statement; the command tag."""
        ...

    async def executemany(self, command: str, args: Any) -> None:
        """Runs a statement once per row of arguments."""
        ...

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """All rows."""
        ...

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None:
        """The first row."""
        ...

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row."""
        ...


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached at the moment. Nothing was changed; try again shortly."""

    code = "database_unavailable"


def translate(error: BaseException) -> EarnestError | None:
    """The Earnest error behind a driver's one, or None where it is a fault of ours."""
    if isinstance(error, EarnestError):
        return error
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate == SQLSTATE_FACT:
        facts = msgspec.json.decode(error.detail or "{}")
        return error_for(str(error.args[0]), facts)
    if isinstance(error, asyncpg.InterfaceError) and "pool is closing" not in str(error):
        # An InterfaceError that names a wrong argument is our fault, not the database's.
        return DatabaseUnavailable() if "clos" in str(error) or "connection" in str(error) else None
    if isinstance(error, asyncpg.InternalClientError) and "cannot switch to state" in str(error):
        # How the driver puts it when the server goes while a connection is being opened.
        return DatabaseUnavailable()
    if isinstance(error, _GONE):
        return DatabaseUnavailable()
    return None


async def _encode_json(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value, enc_hook=str).decode(),
            decoder=msgspec.json.decode,
        )


async def _keep_session(_connection: Any) -> None:
    """Reset nothing: see the module's docstring."""


class Database:
    """A pool of connections for one role."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def connect(
        cls, url: str, *, application: str, size_min: int = 1, size_max: int = 10
    ) -> "Database":
        """Opens a pool; raises `DatabaseUnavailable` when no connection can be had."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=size_min,
                max_size=size_max,
                init=_encode_json,
                reset=_keep_session,
                command_timeout=30,
                timeout=10,
                server_settings={"search_path": SCHEMA, "application_name": application},
            )
        except Exception as error:
            raise translate(error) or error from error
        return cls(pool)

    async def close(self, *, timeout_s: float = 5) -> None:
        """Closes every connection, those in use too once `timeout_s` has passed."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout_s)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool. Errors of the driver come out as Earnest errors."""
        try:
            async with self._pool.acquire(timeout=10) as connection:
                yield connection
        except Exception as error:
            known = translate(error)
            if known is None or known is error:
                raise
            raise known from error

    @asynccontextmanager
    async def db_tx(self) -> AsyncIterator[Connection]:
        """One database transaction: committed on leaving, rolled back on any error."""
        try:
            async with self._pool.acquire(timeout=10) as connection, connection.transaction():
                yield connection
        except Exception as error:
            known = translate(error)
            if known is None or known is error:
                raise
            raise known from error

    async def fetchval(self, query: str, *args: Any) -> Any:
        """One value by one statement, its own transaction: a single round trip."""
        async with self.connection() as connection:
            return await connection.fetchval(query, *args)

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None:
        """One row by one statement."""
        async with self.connection() as connection:
            return await connection.fetchrow(query, *args)

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """All rows of one statement, which must be bounded by a LIMIT of its own."""
        async with self.connection() as connection:
            return await connection.fetch(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        """One statement; the driver's command tag."""
        async with self.connection() as connection:
            return await connection.execute(query, *args)
