"""The real API, with a real database, S3 server and Solana chain behind it."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from earnest import jobs
from earnest.files import open_store
from earnest.files.rules import Variant, media_key
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind, notify
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.served import Person, api_settings, served_in_thread, sign_in
from tests.conftest import Databases
from tests.fixtures_object_store import s3_server
from tests.market import PRICE, Market

__all__ = ["s3_server"]


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """A Solana chain of this run's own."""
    with LocalChain(tmp_path_factory.mktemp("chain"), slot_ms=50) as started:
        yield started


@dataclass
class Site:
    """The served API, and the market behind it."""

    url: str
    settings: Settings
    market: Market

    def person(self) -> Person:
        """Somebody new, signed in."""
        return sign_in(self.url)

    def stranger(self) -> httpx.AsyncClient:
        """A client of somebody who is not signed in."""
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    async def task_body(self, person: Person, options: int = 2) -> dict[str, object]:
        """A body for POST /api/tasks, with pictures that are ready."""
        files = await self.market.files(UUID(person.account_id), options)
        return {
            "title": "Which one?",
            "options": [{"fileId": str(file)} for file in files],
            "votesWanted": 3,
            "pricePerVoteMinor": str(PRICE),
            "asset": "SOL",
        }

    async def picture(self, person: Person) -> tuple[str, UUID]:
        """A ready file of somebody's, and the public id under which it is really served."""
        file = (await self.market.files(UUID(person.account_id), 1))[0]
        body = b"RIFF\x00\x00\x00\x00WEBP"
        renditions = {
            variant: {
                "width_px": 1,
                "height_px": 1,
                "size_bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            for variant in Variant
        }
        owner = await self.market.databases.role("owner")
        public_id: UUID = await owner.fetchval(
            "UPDATE file_contents SET variants = $2 WHERE sha256 ="
            " (SELECT sha256 FROM files WHERE id = $1) RETURNING public_id",
            file,
            renditions,
        )
        async with open_store(self.settings) as store:
            for variant in Variant:
                await store.put(
                    media_key(public_id, variant), body, content_type="image/webp", cache_control=""
                )
        return str(file), public_id

    async def tell(self, person: Person) -> str:
        """Puts a notification into somebody's inbox; its id."""
        owner = await self.market.databases.role("owner")
        key = secrets.token_hex(8)
        async with owner.db_tx() as db_tx:
            await notify(
                db_tx, to=[UUID(person.account_id)], kind=NotificationKind.PROJECT_CANCELLED,
                subject="project:1", data={"projectTitle": "A shed"}, key=key,
            )  # fmt: skip
            id = await db_tx.fetchval("SELECT id FROM notifications WHERE key = $1", key)
        return str(id)

    async def held_job(self, payload: object = None, reason: str = "the store is away") -> str:
        """A job that a real worker tried and that is held for a person; its id."""
        registry, stop = jobs.JobRegistry(), asyncio.Event()

        @registry.job("files.check", tries_max=1)
        async def fail(_job: jobs.Job[dict[str, Any]], _resources: None) -> None:
            raise jobs.JobCannotSucceed(reason=reason)

        worker = await self.market.databases.role("worker")
        async with worker.db_tx() as db_tx:
            id = await jobs.enqueue(db_tx, "files.check", payload or {"fileId": "7"})
        timing = jobs.Timing(poll_s=0.1)
        running = asyncio.create_task(
            jobs.run_worker(
                self.market.databases.url("worker"), registry, None, stop, timing=timing
            )
        )
        try:
            async with asyncio.timeout(30):
                while True:
                    async with worker.connection() as db:
                        if id in [job.id for job in await jobs.list_held(db)]:
                            return str(id)
                    await asyncio.sleep(0.05)
        finally:
            stop.set()
            await running

    async def earn(self, person: Person) -> int:
        """Lets somebody earn one vote's price; returns what they have now, in lamports."""
        requester = await self.market.account()
        task = await self.market.open_task(requester, votes=1)
        await self.market.next(UUID(person.account_id))
        await self.market.vote(UUID(person.account_id), task.id, task.options[0].id)
        return await self.market.balance(UUID(person.account_id))


@asynccontextmanager
async def opened_site(
    databases: Databases, s3: EmbeddedS3, chain: LocalChain, **settings: Any
) -> AsyncIterator[Site]:
    """The API on a database, with settings of its own."""
    given = api_settings(s3, databases.url("api"), chain.access.rpc_url, **settings)
    market = Market(databases)
    await market.open()
    with served_in_thread(given) as url:
        yield Site(url, given, market)


@pytest.fixture
async def site(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> AsyncIterator[Site]:
    """The API on a fresh database."""
    async with opened_site(databases, s3_server, chain) as opened:
        yield opened
