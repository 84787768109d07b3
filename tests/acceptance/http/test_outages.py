"""A part that is gone is a clear 503 that changes nothing, and all works again once it is back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import create_database, migrate
from tests.acceptance.http.conftest import opened_site
from tests.acceptance.http.served import upload_body
from tests.conftest import OWNER_PASSWORD, PASSWORDS, TEMPLATE, Databases

BACK_S_MAX = 20.0


async def poll_until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until a condition holds; raises `TimeoutError` when it does not in time."""
    async with asyncio.timeout(BACK_S_MAX):
        while not await holds():
            await asyncio.sleep(0.05)


def is_unavailable(answer: httpx.Response, code: str) -> None:
    """Asserts a 503 that says which part is gone and when to ask again."""
    assert (answer.status_code, answer.json().get("code")) == (503, code), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert "Nothing was changed" in answer.json()["detail"]


@pytest.mark.timeout(120)
async def test_object_store_gone(databases: Databases, chain: LocalChain, tmp_path: Path) -> None:
    """Without the object store, uploads, handing in and pictures are 503 and leave nothing behind;
    all else works. Once it is back they work, and the same Idempotency-Key may be used."""
    async with EmbeddedS3(tmp_path / "s3") as s3:
        port = s3.port
        async with opened_site(databases, s3, chain) as site:
            person = site.person()
            owner = await databases.role("owner")
            _file, public_id = await site.picture(person)
            async with person.client() as client:
                begun = (await client.post("/api/files/uploads", json=upload_body())).json()
                files = await owner.fetchval("SELECT count(*) FROM files")
                await s3.stop_async()

                keyed = {"Idempotency-Key": "k"}
                body = upload_body()
                upload = await client.post("/api/files/uploads", json=body, headers=keyed)
                is_unavailable(upload, "object_store_unavailable")
                complete = f"/api/files/{begun['fileId']}/complete"
                is_unavailable(await client.post(complete), "object_store_unavailable")
                picture = await client.get(f"/media/{public_id}/small")
                is_unavailable(picture, "object_store_unavailable")
                assert "immutable" not in picture.headers.get("cache-control", "")

                assert await owner.fetchval("SELECT count(*) FROM files") == files
                assert await owner.fetchval("SELECT count(*) FROM idempotency_keys") == 0
                shown = (await client.get(f"/api/files/{begun['fileId']}")).json()
                assert shown["status"] == "uploading"
                assert (await client.get("/api/tasks/next")).status_code == 204

                async with EmbeddedS3(tmp_path / "s3", port):
                    again = await client.post("/api/files/uploads", json=body, headers=keyed)
                    assert again.status_code == 201
                    assert (await client.get(f"/media/{public_id}/small")).status_code == 200


@pytest.mark.timeout(180)
async def test_database_gone(s3_server: EmbeddedS3, chain: LocalChain, tmp_path: Path) -> None:
    """While Postgres is down every route that needs it is 503 with `Retry-After`, never a 500.
    After an orderly restart and after a crash the same process goes on by itself; what had been
    answered is still so."""
    postgres = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    async with postgres:
        template = await create_database(
            postgres.superuser_dsn, owner_password=OWNER_PASSWORD, database=TEMPLATE
        )
        await migrate(template, PASSWORDS)
        async with AsyncExitStack() as stack:
            databases = Databases(template, postgres.superuser_dsn, stack)
            site = await stack.enter_async_context(opened_site(databases, s3_server, chain))
            person = site.person()
            body = await site.task_body(person)
            async with person.client() as client:
                task_id = (await client.post("/api/tasks", json=body)).json()["task"]["id"]
                for immediate in (False, True):
                    await _restart_under(postgres, client, task_id, immediate=immediate)

                async def writes() -> bool:
                    # A connection of the pool that nobody used meanwhile may still be a dead one.
                    answer = await client.post("/api/tasks", json=body)
                    assert answer.status_code in (201, 503), answer.text
                    return answer.status_code == 201

                await poll_until(writes)


async def _restart_under(
    postgres: EmbeddedPostgres, client: httpx.AsyncClient, task_id: str, *, immediate: bool
) -> None:
    """Restarts Postgres while requests go on; each of them is answered, by 200 or 503."""
    seen: set[int] = set()
    stop = asyncio.Event()

    async def ask(path: str) -> None:
        while not stop.is_set():
            answer = await client.get(path)
            seen.add(answer.status_code)
            if answer.status_code != 200:
                is_unavailable(answer, "database_unavailable")

    asking = [
        asyncio.create_task(ask(path))
        for path in ("/api/me", "/api/tasks", f"/api/tasks/{task_id}", "/api/balance")
    ]
    await postgres.restart_async(immediate=immediate)

    async def works() -> bool:
        return (await client.get("/readyz")).status_code == 200

    await poll_until(works)
    stop.set()
    await asyncio.gather(*asking)
    assert seen == {200, 503}
