"""The S3 server as our own child, spoken to as a browser and as a client would."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from earnest.files import open_store
from earnest.kit.settings import Settings
from earnest.run.embedded.object_store import ObjectStore, S3Access
from tests.integration.run.processes import lives, poll_until, starter

BODY = b"a picture" * 100
TYPE = "image/webp"

START_AND_STAY = """
import json, sys
from pathlib import Path
from earnest.run.embedded.object_store import ObjectStore
store = ObjectStore(Path(sys.argv[1])).start()
print(json.dumps({"pid": store.pid, "port": store.port}), flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def client_of(access: S3Access) -> AsyncIterator[Any]:
    """An S3 client as the application makes it."""
    async with get_session().create_client(
        "s3",
        endpoint_url=access.endpoint_url,
        region_name=access.region,
        aws_access_key_id=access.access_key_id,
        aws_secret_access_key=access.secret_access_key,
        config=AioConfig(signature_version="s3v4", s3={"addressing_style": "path"}),
    ) as client:
        yield client


async def sign_put(access: S3Access, key: str) -> str:
    """A URL that allows one PUT of BODY's length and type."""
    async with client_of(access) as client:
        url: str = await client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": access.bucket,
                "Key": key,
                "ContentLength": len(BODY),
                "ContentType": TYPE,
            },
            ExpiresIn=300,
        )
    return url


async def sign_get(access: S3Access, key: str) -> str:
    """A URL that allows reading one object."""
    async with client_of(access) as client:
        url: str = await client.generate_presigned_url(
            "get_object", Params={"Bucket": access.bucket, "Key": key}, ExpiresIn=300
        )
    return url


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One server for the tests that only read and write objects."""
    with ObjectStore(tmp_path_factory.mktemp("s3")) as store:
        yield store.access


async def test_presigned_put_and_get(access: S3Access) -> None:
    """What was put through a signed URL comes back through another, byte for byte, typed."""
    async with httpx.AsyncClient() as http:
        url = await sign_put(access, "incoming/one")
        assert "content-length" in url
        assert "content-type" in url
        put = await http.put(url, content=BODY, headers={"content-type": TYPE})
        assert put.status_code == 200
        got = await http.get(await sign_get(access, "incoming/one"))
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, BODY, TYPE)


@pytest.mark.parametrize(
    ("name", "body", "content_type", "change"),
    [
        ("another key", BODY, TYPE, ("incoming/two", "incoming/mine")),
        ("a longer life", BODY, TYPE, ("X-Amz-Expires=300", "X-Amz-Expires=30000")),
        ("another type", BODY, "text/html", ("", "")),
        ("a shorter body", BODY[:-1], TYPE, ("", "")),
        ("a longer body", BODY + b"!", TYPE, ("", "")),
    ],
)
async def test_anything_but_what_was_signed_is_refused(
    access: S3Access, name: str, body: bytes, content_type: str, change: tuple[str, str]
) -> None:
    """Key, expiry, length and type are bound by the signature; nothing is stored otherwise."""
    url = (await sign_put(access, "incoming/two")).replace(*change)
    async with httpx.AsyncClient() as http:
        put = await http.put(url, content=body, headers={"content-type": content_type})
        assert put.status_code == 403, name
    async with client_of(access) as client:
        listed = await client.list_objects_v2(Bucket=access.bucket, Prefix="incoming/")
    kept = [entry["Key"] for entry in listed.get("Contents", [])]
    assert "incoming/two" not in kept
    assert "incoming/mine" not in kept


async def test_nobody_gets_in_without_a_signature(access: S3Access) -> None:
    """Reading, listing and writing without a signature, or with a changed one, are refused."""
    async with client_of(access) as client:
        await client.put_object(Bucket=access.bucket, Key="secret", Body=BODY)
    async with httpx.AsyncClient(base_url=access.endpoint_url) as http:
        answers = [
            await http.get("/"),
            await http.get(f"/{access.bucket}/secret"),
            await http.put(f"/{access.bucket}/secret", content=b"other"),
            await http.get((await sign_get(access, "secret")).replace("secret?", "other?")),
        ]
    assert all(answer.status_code in (400, 403) for answer in answers)
    assert answers[-1].status_code == 403


async def test_a_browser_may_upload(access: S3Access) -> None:
    """The preflight of a cross-origin PUT with a content type is answered as browsers need it."""
    url = await sign_put(access, "incoming/three")
    origin = {"origin": "http://127.0.0.1:3000"}
    async with httpx.AsyncClient() as http:
        preflight = await http.options(
            url,
            headers={
                **origin,
                "access-control-request-method": "PUT",
                "access-control-request-headers": "content-type",
            },
        )
        put = await http.put(url, content=BODY, headers={**origin, "content-type": TYPE})
    assert preflight.status_code == 200
    allowed = preflight.headers
    assert allowed["access-control-allow-origin"] in ("*", origin["origin"])
    assert "PUT" in allowed["access-control-allow-methods"]
    assert "content-type" in allowed["access-control-allow-headers"].lower()
    assert put.status_code == 200
    assert put.headers["access-control-allow-origin"] in ("*", origin["origin"])


async def test_bucket_key_and_objects_stay(tmp_path: Path) -> None:
    """The bucket outlives its last object; key and objects outlive the server; what a killed
    server left half written is swept."""
    async with ObjectStore(tmp_path) as store:
        first = store.access
        async with client_of(first) as client:
            await client.put_object(Bucket=first.bucket, Key="gone", Body=b"1")
            await client.delete_object(Bucket=first.bucket, Key="gone")
            assert "Contents" not in await client.list_objects_v2(Bucket=first.bucket)
            await client.put_object(Bucket=first.bucket, Key="a/kept", Body=b"2")
    half = tmp_path / "s3" / "objects" / first.bucket / "a" / ".rclone_temp_put_x"
    half.write_bytes(b"half")
    async with ObjectStore(tmp_path) as store:
        again = store.access
        assert again.secret_access_key == first.secret_access_key
        async with client_of(again) as client:
            got = await client.get_object(Bucket=again.bucket, Key="a/kept")
            assert await got["Body"].read() == b"2"
    assert not half.exists()


def test_nothing_of_the_user_leaks_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the user's own rclone, in home or environment, change nothing; the key is
    private and in no command line."""
    home = tmp_path / "home"
    (home / ".config" / "rclone").mkdir(parents=True)
    (home / ".config" / "rclone" / "rclone.conf").write_text("not a settings file [", "utf-8")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RCLONE_CONFIG", str(home / ".config" / "rclone" / "rclone.conf"))
    monkeypatch.setenv("RCLONE_ADDR", "127.0.0.1:1")
    monkeypatch.setenv("RCLONE_READ_ONLY", "true")
    with ObjectStore(tmp_path / "state") as store:
        environment = Path(f"/proc/{store.pid}/environ").read_text("utf-8").split("\0")
        commands = Path(f"/proc/{store.pid}/cmdline").read_text("utf-8")
        assert store.access.secret_access_key not in commands
        assert not any(str(home) in entry for entry in environment)
        assert not any(entry.startswith("RCLONE_READ_ONLY") for entry in environment)
        assert (store.state_dir.secrets / "s3-key").stat().st_mode & 0o777 == 0o600
        asserted = httpx.get(store.access.endpoint_url)
        assert asserted.status_code in (400, 403)


def test_kill_of_the_parent_takes_it_along(tmp_path: Path) -> None:
    """kill -9 of the process that started it ends the server, and the same port can be used."""
    with starter(START_AND_STAY, str(tmp_path)) as (parent, told):
        assert lives(told["pid"])
        os.kill(parent.pid, signal.SIGKILL)
        poll_until(lambda: not lives(told["pid"]))
    with ObjectStore(tmp_path, told["port"]) as again:
        assert again.port == told["port"]


async def test_uploads_and_deletions_side_by_side(access: S3Access) -> None:
    """The last object of a folder goes while others come into it: no upload fails for that."""
    settings = Settings(
        s3_endpoint=access.endpoint_url,
        s3_bucket=access.bucket,
        s3_access_key_id=access.access_key_id,
        s3_secret_access_key=access.secret_access_key,
    )
    async with open_store(settings) as objects, httpx.AsyncClient(trust_env=False) as http:

        async def come_and_go(name: str) -> list[int]:
            found = []
            for number in range(20):
                key = f"incoming/{name}-{number}"
                signed = await objects.sign_put(
                    key, content_type="image/webp", size_bytes=5, sha256=b"", expires_in_s=60
                )
                answer = await http.put(signed.url, content=b"bytes", headers=signed.headers)
                found.append(answer.status_code)
                await objects.delete([key])
            return found

        statuses = await asyncio.gather(*(come_and_go(str(n)) for n in range(24)))
        assert {status for each in statuses for status in each} == {200}
        later = datetime.now(UTC) + timedelta(days=1)
        # What keeps the folder is no object.
        assert not [key for key in await objects.list_older("", later, 1_000) if ".kept" in key]
