"""Uploads from the first request to the served picture: real PostgreSQL, real S3, real worker."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from PIL import Image

from earnest.accounts import Principal
from earnest.accounts.errors import NotSignedIn
from earnest.files import (
    ROUTES,
    FileNotFound,
    FileNotReady,
    ObjectStore,
    S3ObjectStore,
    register_jobs,
    require_ready,
    sweep_files,
)
from earnest.files.pictures import render
from earnest.files.rules import OPEN_UPLOADS_MAX, incoming_key
from earnest.jobs import JobRegistry, Timing, run_worker
from earnest.kit import problems
from earnest.kit.db import Database
from earnest.kit.errors import EarnestError
from earnest.kit.ids import new_id
from earnest.kit.parts import PROVIDED
from earnest.kit.settings import Settings
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.conftest import Databases
from tests.fixtures_object_store import opened, s3_settings

HURRY = Timing(poll_s=0.2, heartbeat_timeout_s=5.0, restart_delay_s=0.1)


def photo(seed: int, size: tuple[int, int] = (640, 480), format: str = "JPEG") -> bytes:
    """A picture that no other seed gives."""
    image = Image.new("RGB", size, (seed % 256, seed // 256 % 256, 90))
    image.paste((200, 40, seed % 256), (0, 0, size[0] // 2, size[1] // 3))
    out = io.BytesIO()
    image.save(out, format)
    return out.getvalue()


class Tokens:
    """Stands for sign-in: the token is the account's id."""

    async def authenticate(self, token: str) -> Principal:
        """The principal of a token that is an account's id."""
        try:
            account_id = UUID(token)
        except ValueError as error:
            raise NotSignedIn(reason="the token is not ours") from error
        return Principal(account_id, "address", "solana", account_id, operator=False)


@dataclass
class Parts:
    """What the jobs of files need."""

    database: Database
    store: ObjectStore
    settings: Settings


@dataclass
class Site:
    """An API with its worker's parts, and people who use it."""

    client: httpx.AsyncClient
    databases: Databases
    parts: Parts
    server: EmbeddedS3
    registry: JobRegistry = field(default_factory=JobRegistry)

    async def join(self) -> str:
        """A new account; its token."""
        id = new_id()
        owner = await self.databases.role("owner")
        await owner.execute("INSERT INTO accounts VALUES ($1, now())", id)
        return str(id)

    async def ask(
        self, method: str, path: str, who: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request to the API."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(
            method, path, json=body, headers={"Authorization": f"Bearer {who}", **named}
        )

    async def begin(self, who: str, data: bytes, **changes: Any) -> httpx.Response:
        """Begins an upload of `data`, with parts of the request changed."""
        body = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "sizeBytes": len(data),
            "contentType": "image/jpeg",
            "purpose": "task_option",
        }
        return await self.ask("POST", "/api/files/uploads", who, body | changes)

    async def put(self, upload: dict[str, Any], data: bytes, **headers: str) -> int:
        """Sends `data` as the upload says; the store's status."""
        async with httpx.AsyncClient() as browser:
            answer = await browser.request(
                upload["method"],
                upload["url"],
                content=data,
                headers={"Content-Type": upload["headers"]["Content-Type"]} | headers,
            )
        return answer.status_code

    async def complete(self, who: str, id: str) -> httpx.Response:
        """Hands an upload in."""
        return await self.ask("POST", f"/api/files/{id}/complete", who)

    async def checked(self, who: str, id: str, *, seconds: float = 30) -> dict[str, Any]:
        """The file once its check has ended."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            file: dict[str, Any] = (await self.ask("GET", f"/api/files/{id}", who)).json()
            if file["status"] in ("ready", "rejected"):
                return file
            if asyncio.get_running_loop().time() > deadline:
                pytest.fail(f"still {file['status']} after {seconds} s")
            await asyncio.sleep(0.05)

    async def upload(
        self, who: str, data: bytes, *, sent: bytes | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Everything from begin to the end of the check."""
        begun = (await self.begin(who, data, **changes)).json()
        assert await self.put(begun["upload"], data if sent is None else sent) == 200
        assert (await self.complete(who, begun["fileId"])).status_code == 202
        return await self.checked(who, begun["fileId"])

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker for the length of the block."""
        stop = asyncio.Event()
        url = self.databases.url("worker")
        task = asyncio.create_task(run_worker(url, self.registry, self.parts, stop, timing=HURRY))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 30)


def build_app(database: Database, store: ObjectStore, settings: Settings) -> Litestar:
    """The routes of files with what the API's process gives them."""
    return Litestar(
        route_handlers=ROUTES,
        dependencies=PROVIDED,
        state=State(
            {
                "accounts": Tokens(),
                "database": database,
                "settings": settings,
                "object_store": store,
            }
        ),
        exception_handlers={
            EarnestError: problems.on_earnest_error,
            ValidationException: problems.on_validation_error,
            HTTPException: problems.on_http_exception,
        },
    )


@asynccontextmanager
async def running_site(
    databases: Databases, server: EmbeddedS3, store: ObjectStore, **others: Any
) -> AsyncIterator[Site]:
    """A site on a store."""
    settings = s3_settings(server, **others)
    api, worker = await databases.role("api"), await databases.role("worker")
    transport = httpx.ASGITransport(app=build_app(api, store, settings))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://earnest.test") as client:
        site = Site(client, databases, Parts(worker, store, settings), server)
        register_jobs(site.registry)
        yield site


@pytest.fixture
async def site(
    databases: Databases, s3_server: EmbeddedS3, object_store: S3ObjectStore
) -> AsyncIterator[Site]:
    """A site on the run's store."""
    async with running_site(databases, s3_server, object_store) as site:
        yield site


async def test_picture_goes_all_the_way(site: Site) -> None:
    """Begin, PUT, complete, check, and the renditions are served with cache headers."""
    who, data = await site.join(), photo(1, (2400, 1600))
    answer = await site.begin(who, data)
    assert answer.status_code == 201
    begun = answer.json()
    assert begun["upload"]["method"] == "PUT"
    assert f"/incoming/{begun['fileId']}" not in begun["upload"]["url"]
    assert "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost" in begun["upload"]["url"]
    early = await site.complete(who, begun["fileId"])
    assert (early.status_code, early.json()["code"]) == (409, "upload_missing")
    assert await site.put(begun["upload"], data) == 200
    first, second = await asyncio.gather(
        site.complete(who, begun["fileId"]), site.complete(who, begun["fileId"])
    )
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["status"] == "checking"
    queued = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'files.check'"
    assert await site.parts.database.fetchval(queued) == 1
    async with site.working():
        file = await site.checked(who, begun["fileId"])
    assert (file["status"], file["reason"], file["widthPx"], file["heightPx"]) == (
        "ready",
        None,
        2400,
        1600,
    )
    for variant, edge in (("small", 320), ("medium", 960), ("large", 1920)):
        url = file["media"][variant]
        assert url == f"http://127.0.0.1:8000/media/{file['publicId']}/{variant}"
        served = await site.client.get(httpx.URL(url).path)
        assert served.status_code == 200
        assert served.headers["content-type"] == "image/webp"
        assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["etag"] == f'"{hashlib.sha256(served.content).hexdigest()}"'
        assert max(Image.open(io.BytesIO(served.content)).size) == edge
    events = await site.parts.database.fetch("SELECT type, subject FROM events LIMIT 10")
    assert [tuple(e) for e in events] == [("file_ready", f"file:{file['id']}")]
    # What was uploaded has been taken away, and the original is for nobody.
    upload_id = await site.parts.database.fetchval("SELECT upload_id FROM files")
    assert await site.parts.store.head(incoming_key(upload_id)) is None
    assert (await site.client.get(f"/media/{file['publicId']}/original")).status_code == 404
    kept = await site.parts.store.head(f"originals/{file['publicId']}")
    assert kept is not None
    assert kept.size_bytes == len(data)


async def test_media_answers_ranges_and_conditions(site: Site) -> None:
    """Range, If-Range, If-None-Match and HEAD, as caches and browsers use them."""
    who = await site.join()
    async with site.working():
        file = await site.upload(who, photo(2))
    path = httpx.URL(file["media"]["medium"]).path
    whole = await site.client.get(path)
    size, etag = len(whole.content), whole.headers["etag"]
    part = await site.client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    tail = await site.client.get(path, headers={"Range": "bytes=-7", "If-Range": etag})
    assert (tail.status_code, tail.content) == (206, whole.content[-7:])
    other = await site.client.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    beyond = await site.client.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    same = await site.client.get(path, headers={"If-None-Match": f'"x", {etag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    head = await site.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(size)
    assert head.headers["content-type"] == "image/webp"
    for unknown in (f"/media/{new_id()}/small", "/media/x/small"):
        assert (await site.client.get(unknown)).status_code == 404
        assert (await site.client.head(unknown)).status_code == 404


async def test_store_refuses_what_was_not_signed(site: Site) -> None:
    """Another size, type or key than signed gets 403 from the store itself."""
    who, data = await site.join(), photo(3)
    upload = (await site.begin(who, data)).json()["upload"]
    assert await site.put(upload, data + b"x") == 403
    assert await site.put(upload, data[:-1]) == 403
    assert await site.put(upload, data, **{"Content-Type": "image/png"}) == 403
    elsewhere = upload | {"url": upload["url"].replace("/incoming/", "/media/")}
    assert await site.put(elsewhere, data) == 403
    assert await site.put(upload, data) == 200


async def test_page_of_the_site_may_upload(site: Site) -> None:
    """The store's CORS lets a browser send the PUT with the headers that were signed."""
    upload = (await site.begin(await site.join(), photo(30))).json()["upload"]
    async with httpx.AsyncClient() as browser:
        asked = await browser.options(
            upload["url"],
            headers={
                "Origin": "http://127.0.0.1:8000",
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "content-type",
            },
        )
    assert asked.status_code in (200, 204)
    assert asked.headers["access-control-allow-origin"] in ("*", "http://127.0.0.1:8000")
    assert "PUT" in asked.headers["access-control-allow-methods"]
    allowed = asked.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert {"*", "content-type"} & set(allowed)


async def test_upload_url_expires(
    databases: Databases, s3_server: EmbeddedS3, object_store: S3ObjectStore
) -> None:
    """After its time the store refuses the URL."""
    async with running_site(databases, s3_server, object_store, upload_ttl_s=2) as site:
        who, data = await site.join(), photo(31)
        upload = (await site.begin(who, data)).json()["upload"]
        assert "X-Amz-Expires=1&" in upload["url"]
        deadline = asyncio.get_running_loop().time() + 20
        while await site.put(upload, data) == 200:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.2)
        assert await site.put(upload, data) in (400, 403)


async def test_bytes_that_differ_are_rejected_with_the_reason(site: Site) -> None:
    """What is really there decides: another body of the same length, a wrong type, an SVG."""
    who, data = await site.join(), photo(4)
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    async with site.working():
        other = await site.upload(who, data, sent=photo(4)[:-2] + b"\0\0")
        png = await site.upload(who, photo(5, format="PNG"))
        script = await site.upload(who, svg)
    assert (other["status"], other["reason"]) == ("rejected", "hash_differs")
    assert (png["status"], png["reason"]) == ("rejected", "type_differs")
    assert (script["status"], script["reason"]) == ("rejected", "not_a_picture")
    assert other["detail"].startswith("What arrived has another SHA-256")
    assert other["media"] is None
    # A rejected file proves nothing: the same hash must be uploaded anew.
    assert (await site.begin(who, data)).status_code == 201
    assert (await site.complete(who, other["id"])).json()["status"] == "rejected"


async def test_object_of_another_size_is_rejected(site: Site, tmp_path: Path) -> None:
    """A store that does not enforce the signed length: the check reads no more than announced."""
    who, data = await site.join(), photo(6)
    begun = (await site.begin(who, data)).json()
    upload_id = await site.parts.database.fetchval("SELECT upload_id FROM files")
    await site.parts.store.put(
        incoming_key(upload_id), data + b"x", content_type="image/jpeg", cache_control=""
    )
    await site.complete(who, begun["fileId"])
    async with site.working():
        file = await site.checked(who, begun["fileId"])
    assert (file["status"], file["reason"]) == ("rejected", "size_differs")


async def test_replacing_the_upload_after_the_check_changes_nothing(site: Site) -> None:
    """The URL is still good after the check; what is put there is served to nobody and swept."""
    who, data = await site.join(), photo(7)
    begun = (await site.begin(who, data)).json()
    await site.put(begun["upload"], data)
    await site.complete(who, begun["fileId"])
    async with site.working():
        file = await site.checked(who, begun["fileId"])
    path = httpx.URL(file["media"]["small"]).path
    before = (await site.client.get(path)).content
    evil = photo(8) + b"\0" * (len(data) - len(photo(8)))
    assert await site.put(begun["upload"], evil[: len(data)]) == 200
    assert (await site.client.get(path)).content == before
    upload_id = await site.parts.database.fetchval("SELECT upload_id FROM files")
    assert await site.parts.store.head(incoming_key(upload_id)) is not None
    await sweep_files(site.parts, incoming_kept_s=-60)
    assert await site.parts.store.head(incoming_key(upload_id)) is None
    assert (await site.ask("GET", f"/api/files/{file['id']}", who)).json()["status"] == "ready"


async def test_same_bytes_are_stored_once_and_a_hash_alone_gives_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1: the owner of the bytes need not upload again; another account must, but once stored
    they are not decoded again."""
    first, second, data = await site.join(), await site.join(), photo(9)
    decoded = []

    async def counted(path: Path, *args: Any, **kwargs: Any) -> Any:
        decoded.append(path)
        return await render(path, *args, **kwargs)

    monkeypatch.setattr("earnest.files.jobs.render", counted)
    async with site.working():
        mine = await site.upload(first, data)
        again = await site.begin(first, data)
        assert (again.status_code, again.json()) == (200, {"fileId": mine["id"], "upload": None})
        # The other account knows the hash, and gets an upload like for any unknown bytes.
        stranger = await site.begin(second, data)
        assert stranger.status_code == 201
        assert (await site.ask("GET", f"/api/files/{mine['id']}", second)).status_code == 404
        assert (await site.complete(second, mine["id"])).status_code == 404
        begun = stranger.json()
        assert (await site.complete(second, begun["fileId"])).status_code == 409
        assert await site.put(begun["upload"], data) == 200
        await site.complete(second, begun["fileId"])
        theirs = await site.checked(second, begun["fileId"])
    assert theirs["publicId"] == mine["publicId"]
    assert theirs["id"] != mine["id"]
    assert len(decoded) == 1
    assert await site.parts.database.fetchval("SELECT count(*) FROM file_contents") == 1


async def test_check_goes_on_where_a_crash_left_it(site: Site) -> None:
    """A worker that died after it had stored half of the renditions: the next one uses the same
    public id, so nothing is left lying about."""
    who, data = await site.join(), photo(10)
    begun = (await site.begin(who, data)).json()
    await site.put(begun["upload"], data)
    await site.complete(who, begun["fileId"])
    owner = await site.databases.role("owner")
    reserved = new_id()
    await owner.execute(
        "INSERT INTO file_contents VALUES"
        " ($1, $2, $3, 'image/jpeg', 1, 1, '{}', 'storing', now(), NULL)",
        hashlib.sha256(data).digest(),
        reserved,
        len(data),
    )
    async with site.working():
        file = await site.checked(who, begun["fileId"])
    assert file["publicId"] == str(reserved)
    assert (await site.client.get(httpx.URL(file["media"]["large"]).path)).status_code == 200


async def test_unfinished_uploads_end(site: Site) -> None:
    """An upload that is never handed in is rejected as expired, and its object deleted."""
    who, data = await site.join(), photo(11)
    begun = (await site.begin(who, data)).json()
    await site.put(begun["upload"], data)
    await sweep_files(site.parts)
    owner = await site.databases.role("owner")
    assert await owner.fetchval("SELECT status FROM files") == "uploading"
    await owner.execute("UPDATE files SET upload_expires_at = now() - $1::interval", timedelta(1))
    await sweep_files(site.parts)
    file = await site.checked(who, begun["fileId"])
    assert (file["status"], file["reason"]) == ("rejected", "upload_expired")
    upload_id = await owner.fetchval("SELECT upload_id FROM files")
    assert await site.parts.store.head(incoming_key(upload_id)) is None
    await sweep_files(site.parts, rejected_kept_s=-60)
    assert await owner.fetchval("SELECT count(*) FROM files") == 0


async def test_missing_object_is_rejected_by_the_check(site: Site) -> None:
    """An object that vanished between complete and check: rejected, not retried for ever."""
    who, data = await site.join(), photo(12)
    begun = (await site.begin(who, data)).json()
    await site.put(begun["upload"], data)
    await site.complete(who, begun["fileId"])
    upload_id = await site.parts.database.fetchval("SELECT upload_id FROM files")
    await site.parts.store.delete([incoming_key(upload_id)])
    async with site.working():
        file = await site.checked(who, begun["fileId"])
    assert (file["status"], file["reason"]) == ("rejected", "upload_missing")


async def test_store_that_is_away(databases: Databases, tmp_path: Path) -> None:
    """S3 gone: 503 everywhere, nothing half made, and the check waits until it is back."""
    with EmbeddedS3(tmp_path / "s3") as server:
        port, access = server.port, server.access
        async with opened(server) as store, running_site(databases, server, store) as site:
            who, data = await site.join(), photo(13)
            async with site.working():
                seen = await site.upload(who, photo(14))
            begun = (await site.begin(who, data)).json()
            await site.put(begun["upload"], data)
            server.stop()
            media = httpx.URL(seen["media"]["small"]).path
            for answer in (
                await site.begin(who, photo(15)),
                await site.complete(who, begun["fileId"]),
                await site.client.get(media),
            ):
                assert (answer.status_code, answer.json()["code"]) == (
                    503,
                    "object_store_unavailable",
                )
                assert answer.headers["retry-after"] == "1"
            assert (await site.client.head(media)).status_code == 200
            assert await site.parts.database.fetchval("SELECT count(*) FROM files") == 2
            shown = await site.ask("GET", f"/api/files/{begun['fileId']}", who)
            assert shown.json()["status"] == "uploading"

            with EmbeddedS3(tmp_path / "s3", port) as back:
                assert back.access == access
                assert (await site.complete(who, begun["fileId"])).status_code == 202
            async with site.working():
                retried = "SELECT attempts FROM pgqueuer WHERE entrypoint = 'files.check'"
                deadline = asyncio.get_running_loop().time() + 20
                while not await site.parts.database.fetchval(retried):
                    assert asyncio.get_running_loop().time() < deadline
                    await asyncio.sleep(0.05)
                with EmbeddedS3(tmp_path / "s3", port):
                    file = await site.checked(who, begun["fileId"])
                    assert file["status"] == "ready"


async def test_repeat_with_a_key_is_the_same_upload(site: Site) -> None:
    """The same Idempotency-Key: the same file, a fresh signature; another body: 409."""
    who, data = await site.join(), photo(16)
    body = {
        "sha256": hashlib.sha256(data).hexdigest().upper(),
        "sizeBytes": len(data),
        "contentType": "image/jpeg",
        "purpose": "task_option",
    }
    path = "/api/files/uploads"
    first = await site.ask("POST", path, who, body, Idempotency_Key="k1")
    again = await site.ask("POST", path, who, body, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["fileId"] == again.json()["fileId"]
    assert await site.put(again.json()["upload"], data) == 200
    kept = await site.databases.role("owner")
    assert "X-Amz" not in str(await kept.fetchval("SELECT answer FROM idempotency_keys"))
    other = await site.ask("POST", path, who, body | {"sizeBytes": 5}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    await kept.execute("UPDATE idempotency_keys SET answer = jsonb_set(answer, '{expires_at}', $1)",
                       "2020-01-01T00:00:00Z")  # fmt: skip
    late = await site.ask("POST", path, who, body, Idempotency_Key="k1")
    assert (late.status_code, late.json()["code"]) == (409, "upload_expired")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"contentType": "image/svg+xml"}, 400, "invalid_input"),
        ({"contentType": "image/gif"}, 400, "invalid_input"),
        ({"contentType": "text/html"}, 400, "invalid_input"),
        ({"sha256": "ab"}, 400, "invalid_input"),
        ({"sha256": "g" * 64}, 400, "invalid_input"),
        ({"sizeBytes": 0}, 400, "invalid_input"),
        ({"sizeBytes": -1}, 400, "invalid_input"),
        ({"sizeBytes": 20_000_001}, 413, "file_too_large"),
        ({"purpose": ""}, 400, "invalid_input"),
        ({"purpose": "../x"}, 400, "invalid_input"),
        ({"key": "media/x"}, 400, "invalid_input"),
    ],
)
async def test_bad_requests_are_refused(
    site: Site, changes: dict[str, Any], status: int, code: str
) -> None:
    """Wrong types, hashes, sizes and unknown fields are refused, and no row is made."""
    who = await site.join()
    answer = await site.begin(who, b"data", **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await site.parts.database.fetchval("SELECT count(*) FROM files") == 0


async def test_strangers_get_nothing(site: Site) -> None:
    """Without a token 401; unknown ids 404, like those of others."""
    data = photo(17)
    assert (await site.begin("nobody", data)).status_code == 401
    for path in (f"/api/files/{new_id()}", f"/api/files/{new_id()}/complete"):
        method = "POST" if path.endswith("complete") else "GET"
        assert (await site.ask(method, path, "nobody")).status_code == 401
        answer = await site.ask(method, path, await site.join())
        assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


async def test_open_uploads_are_bounded(site: Site) -> None:
    """Twenty at once at the bound: the account may have so many under way and no more."""
    who = await site.join()
    owner = await site.databases.role("owner")
    await owner.execute(
        "INSERT INTO files SELECT gen_random_uuid(), $1, sha256(n::text::bytea), 5, 'image/png',"
        " 'x', gen_random_uuid(), now() + interval '1 hour' FROM generate_series(1, $2) AS n",
        UUID(who),
        OPEN_UPLOADS_MAX - 5,
    )
    answers = await asyncio.gather(*(site.begin(who, photo(100 + n)) for n in range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 5 + [429] * 15
    assert {a.json()["code"] for a in answers if a.status_code == 429} == {"too_many_uploads"}


async def test_tasks_take_only_own_ready_files(site: Site) -> None:
    """`require_ready` gives the files in the order asked for, or names the first that is not."""
    me, other = await site.join(), await site.join()
    async with site.working():
        one = UUID((await site.upload(me, photo(20)))["id"])
        two = UUID((await site.upload(me, photo(21)))["id"])
    open_one = UUID((await site.begin(me, photo(22))).json()["fileId"])
    api = await site.databases.role("api")
    async with api.db_tx() as db_tx:
        ready = await require_ready(db_tx, UUID(me), [two, one])
        assert [file.file_id for file in ready] == [two, one]
        assert len({file.public_id for file in ready}) == 2
        with pytest.raises(FileNotReady, match="uploading"):
            await require_ready(db_tx, UUID(me), [one, open_one])
        with pytest.raises(FileNotFound):
            await require_ready(db_tx, UUID(other), [one])


async def test_cdn_addresses_take_over(
    databases: Databases, s3_server: EmbeddedS3, object_store: S3ObjectStore
) -> None:
    """With a CDN configured the API gives its addresses instead of our own."""
    cdn = "https://cdn.example"
    async with running_site(databases, s3_server, object_store, cdn_url=cdn) as site:
        who = await site.join()
        async with site.working():
            file = await site.upload(who, photo(23))
        assert file["media"]["small"] == f"{cdn}/media/{file['publicId']}/small"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE files SET status = 'ready'",
        "UPDATE files SET account_id = account_id",
        "DELETE FROM files",
        "INSERT INTO file_contents SELECT * FROM file_contents",
        "UPDATE file_contents SET public_id = gen_random_uuid()",
        "INSERT INTO files SELECT * FROM files",
    ],
)
async def test_stolen_api_role_cannot_make_files_ready(
    databases: Databases, statement: str
) -> None:
    """Only the worker's check says what a file holds: the API's role may not write the tables."""
    api = await databases.role("api")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute(statement)
