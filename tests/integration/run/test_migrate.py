"""Migrations: from empty, by several at once, after one died, and by nobody else."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from earnest.kit.db import Database
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import (
    DatabaseTooOld,
    create_database,
    expected_version,
    migrate,
    wait_for_version,
)
from tests.conftest import OWNER_PASSWORD, PASSWORDS, Databases


@pytest.fixture
async def empty_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The owner's URL of an empty database."""
    name = f"empty_{secrets.token_hex(6)}"
    yield await create_database(
        postgres.superuser_dsn, owner_password=OWNER_PASSWORD, database=name
    )
    admin = await asyncpg.connect(postgres.superuser_dsn)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def test_three_starters_at_once_on_an_empty_database(empty_url: str) -> None:
    """One does the work, the others wait and find it done."""
    versions = await asyncio.gather(*(migrate(empty_url, PASSWORDS) for _ in range(3)))
    assert set(versions) == {expected_version()}


async def test_a_lock_left_by_a_dead_migration_does_no_harm(empty_url: str) -> None:
    """A process was killed while it migrated: the next one goes on."""
    await migrate(empty_url, PASSWORDS)
    connection = await asyncpg.connect(empty_url)
    await connection.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 999999)")
    await connection.close()
    assert await migrate(empty_url, PASSWORDS) == expected_version()


async def test_migrating_again_keeps_what_is_there(databases: Databases) -> None:
    """A second run changes no row and no version."""
    owner = await databases.role("owner")
    await owner.execute("INSERT INTO accounts VALUES (gen_random_uuid(), now())")
    assert await migrate(databases.owner_url, PASSWORDS) == expected_version()
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 1


async def test_a_process_waits_for_its_version(databases: Databases) -> None:
    """It goes on at the right version, and gives up, saying which it found, at a wrong one."""
    api: Database = await databases.role("api")
    await wait_for_version(api, timeout_s=1)
    owner = await databases.role("owner")
    await owner.execute("UPDATE schema_version SET version = 'older'")
    with pytest.raises(DatabaseTooOld, match="older"):
        await wait_for_version(api, timeout_s=0.3)


@pytest.mark.parametrize("role", ["api", "worker", "indexer", "signer_ro"])
async def test_serving_roles_have_no_more_than_they_need(databases: Databases, role: str) -> None:
    """No role that serves can make a table, read a password, or become another."""
    pool = await databases.role(role)
    for statement in (
        "CREATE TABLE earnest.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE ROLE mine",
        "SELECT * FROM pg_authid",
        "SET ROLE earnest_owner",
        "UPDATE schema_version SET version = 'x'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
