"""PostgreSQL: a pool, transactions, and errors told apart.

The pool's reset on release is switched off, because it costs a round trip per query. So no
session state may be left on a connection: `SET LOCAL` only, transaction-scoped advisory locks
only, no temporary tables.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

import asyncpg
import msgspec

from earnest.kit.errors import EarnestError, Unavailable, error_for

SCHEMA = "earnest"
# What SQL functions raise: MESSAGE is the error's code, DETAIL its facts as JSON.
SQLSTATE_FACT = "EA001"
_WAIT_S = 10.0
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

    async def copy_records_to_table(self, table_name: str, *, records: Any, columns: Any) -> str:
        """Adds rows by COPY; JSON that is written already goes as `msgspec.Raw`."""
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
    # In binary, because COPY takes nothing else. There jsonb begins with its version.
    for name, version in (("json", b""), ("jsonb", b"\x01")):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=partial(_json, version),
            decoder=partial(_from_json, len(version)),
            format="binary",
        )


def _json(version: bytes, value: Any) -> bytes:
    return version + msgspec.json.encode(value, enc_hook=str)


def _from_json(begins_at: int, data: bytes) -> Any:
    return msgspec.json.decode(memoryview(data)[begins_at:])


async def _keep_session(_connection: Any) -> None:
    """Reset nothing: see the module's docstring."""


def _give_up(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError("every connection is busy"))


def _is_gone(connection: Any) -> bool:
    """Whether the server, or the pool behind us, has closed a connection that we keep."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        # The pool took it back by itself when the server ended it; then it answers nothing.
        return True


class _Lender:
    """Lends the connections of an asyncpg pool, and keeps those that came back at hand.

    asyncpg's own acquire and release cost more than a short query does: a proxy, two timers and a
    task each time. Here a connection goes straight from one borrower to the next; the pool only
    opens connections and closes them.
    """

    def __init__(self, pool: Any, size_max: int) -> None:
        self._pool = pool
        self._size_max = size_max
        self._lent = 0  # taken from the pool: in use or at hand
        self._at_hand: list[Any] = []
        self._waiters: deque[asyncio.Future[Any]] = deque()
        self._closing = False

    async def take(self) -> Any:
        """A connection that is open; raises `TimeoutError` after `_WAIT_S`."""
        while True:
            while self._at_hand:
                connection = self._at_hand.pop()  # the one used last: its caches are warm
                if not _is_gone(connection):
                    return connection
                await self.discard(connection)
            if self._lent < self._size_max:
                self._lent += 1
                try:
                    return await self._pool.acquire(timeout=_WAIT_S)
                except BaseException:
                    self._forget()
                    raise
            connection = await self._wait()
            if connection is not None:
                return connection

    async def _wait(self) -> Any:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Any] = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(_WAIT_S, _give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # Handed over in the moment in which this borrower gave up.
                self._pass_on(waiter.result())
            raise
        finally:
            timer.cancel()

    async def put_away(self, connection: Any) -> None:
        """Takes back a connection whose borrower is done with it."""
        # A transaction that was left open is rolled back by the pool.
        if self._closing or _is_gone(connection) or connection.is_in_transaction():
            await self.discard(connection)
        else:
            self._pass_on(connection)

    def _pass_on(self, connection: Any) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is not None:
            self._at_hand.append(connection)

    async def discard(self, connection: Any) -> None:
        """Gives a connection back to the pool, which cleans or closes it."""
        try:
            await self._pool.release(connection)
        finally:
            self._forget()

    async def close(self) -> None:
        """Keeps nothing at hand any more, so that the pool can close."""
        self._closing = True
        while self._at_hand:
            await self.discard(self._at_hand.pop())

    def _forget(self) -> None:
        self._lent -= 1
        self._pass_on(None)  # whoever waits may ask the pool for another one


class Database:
    """A pool of connections for one role."""

    def __init__(self, pool: Any, size_max: int) -> None:
        self._pool = pool
        self._lender = _Lender(pool, size_max)

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
        return cls(pool, size_max)

    async def close(self, *, timeout_s: float = 5) -> None:
        """Closes every connection, those in use too once `timeout_s` has passed."""
        await self._lender.close()
        try:
            async with asyncio.timeout(timeout_s):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool. Errors of the driver come out as Earnest errors."""
        try:
            connection = await self._lender.take()
            try:
                yield connection
            except BaseException:
                await self._lender.discard(connection)
                raise
            await self._lender.put_away(connection)
        except Exception as error:
            known = translate(error)
            if known is None or known is error:
                raise
            raise known from error

    @asynccontextmanager
    async def db_tx(self) -> AsyncIterator[Connection]:
        """One database transaction: committed on leaving, rolled back on any error."""
        async with self.connection() as connection, connection.transaction():  # type: ignore[attr-defined]
            yield connection

    async def fetchval(self, query: str, *args: Any) -> Any:
        """One value by one statement, its own transaction: a single round trip."""
        # As `connection` does, without its generator: this is on the way of every vote.
        try:
            connection = await self._lender.take()
            try:
                value = await connection.fetchval(query, *args)
            except asyncpg.PostgresError:
                await self._lender.put_away(connection)  # refused, and nothing is left open
                raise
            except BaseException:
                await self._lender.discard(connection)
                raise
            await self._lender.put_away(connection)
            return value
        except Exception as error:
            known = translate(error)
            if known is None or known is error:
                raise
            raise known from error

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
