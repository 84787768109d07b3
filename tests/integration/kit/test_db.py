"""The pool: every borrower is served, nothing a borrower left stays on a connection."""

import asyncio
import time

import asyncpg
import pytest

from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.errors import EarnestError
from tests.conftest import Databases

SIZE = 3


@pytest.fixture
async def database(databases: Databases) -> Database:
    """A pool of three connections as the owner."""
    return await databases.role("owner", size_max=SIZE)


async def test_more_borrowers_than_connections_are_all_served(database: Database) -> None:
    """Sixty statements at once on three connections: each gets its own answer."""
    found = await asyncio.gather(*(database.fetchval("SELECT $1::int", n) for n in range(60)))
    assert found == list(range(60))
    pids = await asyncio.gather(*(database.fetchval("SELECT pg_backend_pid()") for _ in range(60)))
    assert len(set(pids)) <= SIZE


async def test_borrower_who_gives_up_loses_no_connection(database: Database) -> None:
    """Cancelled while they wait or while they ask: all three connections serve again after."""
    for _ in range(20):
        asked = [asyncio.create_task(database.fetchval("SELECT pg_sleep(0.01)")) for _ in range(9)]
        await asyncio.sleep(0)
        for task in asked[::2]:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    async with database.connection() as a, database.connection() as b, database.connection() as c:
        assert [await x.fetchval("SELECT 1") for x in (a, b, c)] == [1, 1, 1]


async def test_connection_that_the_server_ended_is_replaced(
    database: Database, databases: Databases
) -> None:
    """After every backend was terminated, the next statements run on new connections."""
    before = set(
        await asyncio.gather(*(database.fetchval("SELECT pg_backend_pid()") for _ in range(9)))
    )
    admin = await asyncpg.connect(databases.superuser_url)
    await admin.executemany("SELECT pg_terminate_backend($1, 5000)", [(pid,) for pid in before])
    await admin.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            after = await database.fetchval("SELECT pg_backend_pid()")
            break
        except DatabaseUnavailable:
            assert time.monotonic() < deadline
    assert after not in before


async def test_statement_that_ends_its_own_connection_harms_nobody_who_waits(
    database: Database,
) -> None:
    """A fatal error closes the connection; whoever waited for it gets another one."""
    doomed = "SELECT pg_terminate_backend(pg_backend_pid())"
    found = await asyncio.gather(
        *(database.fetchval(doomed) for _ in range(SIZE)),
        *(database.fetchval("SELECT 7") for _ in range(20)),
        return_exceptions=True,
    )
    assert [kind for kind in found[:SIZE] if not isinstance(kind, DatabaseUnavailable)] == []
    assert found[SIZE:] == [7] * 20


async def test_stated_fact_keeps_the_connection(database: Database) -> None:
    """A refusal by a SQL function comes out as its error, and the connection goes on serving."""
    before = await database.fetchval("SELECT pg_backend_pid()")
    with pytest.raises(EarnestError):
        await database.fetchval("SELECT refuse('invalid_input', '{}'::jsonb)")
    assert await database.fetchval("SELECT pg_backend_pid()") == before


async def test_transaction_left_open_is_rolled_back(database: Database) -> None:
    """What a borrower leaves open is not seen by the next one."""
    async with database.connection() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE left_open (n int)")
    for _ in range(SIZE * 3):
        assert await database.fetchval("SELECT to_regclass('left_open') IS NULL")


async def test_closing_does_not_wait_for_idle_connections(databases: Databases) -> None:
    """Connections at hand are closed at once; asking afterwards says that there is no database."""
    database = await Database.connect(databases.url("owner"), application="test", size_max=SIZE)
    await asyncio.gather(*(database.fetchval("SELECT 1") for _ in range(9)))
    began = time.monotonic()
    await database.close(timeout_s=30)
    assert time.monotonic() - began < 5
    with pytest.raises(DatabaseUnavailable):
        await database.fetchval("SELECT 1")
