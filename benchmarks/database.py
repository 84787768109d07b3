"""The database that everything is measured on: embedded PostgreSQL as the product runs it.

Durable (fsync on), with the product's own settings. Each server under test gets a fresh copy of
one seeded template, so nobody inherits another's dead rows.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import ROLES, create_database, migrate, role_url

Seed = Callable[[Any], Awaitable[None]]
"""Fills a migrated database over a superuser's connection whose search_path is `earnest`."""


@dataclass(frozen=True)
class Copy:
    """One database of the cluster, by the URLs of its roles. They carry passwords."""

    name: str
    superuser: str
    owner: str
    api: str


class Cluster:
    """A PostgreSQL server of the benchmark's own, with templates and copies of them."""

    def __init__(self, folder: Path) -> None:
        self.server = EmbeddedPostgres(folder)
        self._owner_password = secrets.token_urlsafe(12)
        self._passwords = {role: secrets.token_urlsafe(12) for role in ROLES}

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.stop()

    def copy(self, name: str) -> Copy:
        """The URLs of a database, whether it exists or not."""
        return Copy(
            name=name,
            superuser=self.server.dsn(name),
            owner=self.role_url(name, "owner"),
            api=self.role_url(name, "api"),
        )

    def role_url(self, name: str, role: str) -> str:
        """The URL of one role, `owner` too, on a database."""
        owner = role_url(self.server.dsn(name), "owner", self._owner_password)
        return owner if role == "owner" else role_url(owner, role, self._passwords[role])

    async def make(self, name: str, seed: Seed | None = None) -> Copy:
        """A migrated database, filled by `seed` with triggers and foreign keys off."""
        await create_database(
            self.server.superuser_dsn, owner_password=self._owner_password, database=name
        )
        found = self.copy(name)
        await migrate(found.owner, self._passwords)
        if seed is not None:
            connection = await connect(found.superuser)
            try:
                await connection.execute("SET session_replication_role = replica")
                await seed(connection)
                await connection.execute("RESET session_replication_role")
                await connection.execute("VACUUM (ANALYZE)")
                await connection.execute("CHECKPOINT")
            finally:
                await connection.close()
        return found

    async def clone(self, template: Copy, name: str) -> Copy:
        """A copy of a database, made file by file."""
        admin = await asyncpg.connect(self.server.superuser_dsn)
        try:
            await admin.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{template.name}" STRATEGY FILE_COPY'
                " OWNER earnest_owner"
            )
            for role in ROLES:
                await admin.execute(f'GRANT CONNECT ON DATABASE "{name}" TO earnest_{role}')
            await admin.execute("CHECKPOINT")
        finally:
            await admin.close()
        return self.copy(name)

    async def drop(self, found: Copy) -> None:
        """Removes a database and whoever is connected to it."""
        admin = await asyncpg.connect(self.server.superuser_dsn)
        try:
            await admin.execute(f'DROP DATABASE IF EXISTS "{found.name}" WITH (FORCE)')
        finally:
            await admin.close()


async def connect(url: str) -> Any:
    """One connection whose names are looked up in `earnest`."""
    return await asyncpg.connect(url, server_settings={"search_path": "earnest"})
