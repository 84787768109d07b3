"""What tests share: one real PostgreSQL for the run, and a migrated database for each test."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from earnest.kit.db import Database
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import ROLES, create_database, migrate, role_url
from earnest.run.process import RECURSION_LIMIT

PASSWORDS = {role: secrets.token_urlsafe(12) for role in ROLES}
OWNER_PASSWORD = secrets.token_urlsafe(12)
TEMPLATE = "earnest_template"


def pytest_collection_finish() -> None:
    """Gives every test the recursion limit of our processes.

    Something that tests import raises it a hundredfold, and then deeply nested data ends the whole
    run instead of being refused.
    """
    sys.setrecursionlimit(RECURSION_LIMIT)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server of this run's own."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False)
    with server:
        yield server


@pytest.fixture(scope="session")
def template_url(postgres: EmbeddedPostgres) -> str:
    """The owner's URL of a database that was migrated from empty; tests copy it."""

    async def make() -> str:
        owner_url = await create_database(
            postgres.superuser_dsn, owner_password=OWNER_PASSWORD, database=TEMPLATE
        )
        await migrate(owner_url, PASSWORDS)
        return owner_url

    return asyncio.run(make())


@dataclass
class Databases:
    """A migrated database and one pool per role, opened at first use."""

    owner_url: str
    superuser_url: str
    _stack: AsyncExitStack
    _pools: dict[str, Database] = field(default_factory=dict)

    def url(self, role: str) -> str:
        """The URL of one role; `owner` too."""
        if role == "owner":
            return self.owner_url
        return role_url(self.owner_url, role, PASSWORDS[role])

    async def role(self, role: str, *, size_max: int = 5) -> Database:
        """The pool of one of `api`, `worker`, `indexer`, `signer_ro`, `owner`."""
        if role not in self._pools:
            pool = await Database.connect(
                self.url(role), application=f"test {role}", size_max=size_max
            )
            self._stack.push_async_callback(pool.close)
            self._pools[role] = pool
        return self._pools[role]


@asynccontextmanager
async def fresh_database(superuser_url: str, template_url: str) -> AsyncIterator[Databases]:
    """A copy of the template, gone again afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(superuser_url)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} OWNER earnest_owner')
        await admin.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        for role in ROLES:
            await admin.execute(f'GRANT CONNECT ON DATABASE "{name}" TO earnest_{role}')
        async with AsyncExitStack() as stack:
            yield Databases(
                owner_url=template_url.replace(f"/{TEMPLATE}", f"/{name}"),
                superuser_url=superuser_url.rsplit("/", 1)[0] + f"/{name}",
                _stack=stack,
            )
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


@pytest.fixture
async def databases(postgres: EmbeddedPostgres, template_url: str) -> AsyncIterator[Databases]:
    """A fresh migrated database with every role's password known."""
    async with fresh_database(postgres.superuser_dsn, template_url) as made:
        yield made


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """An empty folder for the state of processes."""
    return tmp_path / "var"
