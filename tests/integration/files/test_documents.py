"""Documents: kept as they came, by hash, and only ever downloaded. Real PostgreSQL, S3, worker."""

import asyncio
import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from earnest.files import (
    FileNotFound,
    FileNotReady,
    FileOfOtherKind,
    keep_document,
    presign_download,
    require_ready,
    require_ready_documents,
)
from earnest.files.rules import incoming_key
from earnest.files.rules_documents import DOCUMENTS_BYTES_MAX, document_key
from earnest.kit.ids import new_id
from tests.conftest import Databases
from tests.integration.files.test_uploads import Site, photo, site

__all__ = ["site"]

DOCUMENT: dict[str, Any] = {"purpose": "document", "contentType": "text/html", "name": "a.html"}
PAGE = b"<html><script>alert(document.cookie)</script></html>"


async def _get(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as browser:
        return await browser.get(url)


async def _download(site: Site, sha256: bytes, name: str, seconds: int = 60) -> httpx.Response:
    signed = await presign_download(
        site.parts.store, sha256=sha256, name=name, now=datetime.now(UTC), expires_in_s=seconds
    )
    return await _get(signed.url)


async def test_a_document_goes_all_the_way_and_is_never_a_page(site: Site) -> None:
    """A page with a script is taken as it is; it is in the store by its hash, without the type
    that was claimed; a download is an attachment of plain bytes; the bare URL, another key and a
    changed disposition are refused by the store."""
    who = await site.join()
    begun = (await site.begin(who, PAGE, **DOCUMENT)).json()
    assert begun["upload"]["headers"]["Content-Type"] == "application/octet-stream"
    async with site.working():
        file = await site.upload(who, PAGE, **DOCUMENT)
    assert (file["status"], file["kind"], file["name"]) == ("ready", "document", "a.html")
    assert (file["publicId"], file["media"]) == (None, None)
    api = await site.databases.role("api")
    async with api.connection() as db:
        ready = (await require_ready_documents(db, UUID(who), [UUID(file["id"])]))[0]
    assert ready.sha256 == hashlib.sha256(PAGE).digest()
    assert (ready.size_bytes, ready.declared_type) == (len(PAGE), "text/html")
    signed = await presign_download(
        site.parts.store, sha256=ready.sha256, name='ä";x.html', now=datetime.now(UTC)
    )
    answer = await _get(signed.url)
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"___x.html\"; filename*=UTF-8''%C3%A4__x.html"
    )
    for changed in (
        signed.url.split("?")[0],
        signed.url.replace("attachment", "inline"),
        signed.url.replace("octet-stream", "xhtml%2Bxml"),
        signed.url.replace(ready.sha256.hex(), "00" * 32),
    ):
        assert (await _get(changed)).status_code in (400, 403)


async def test_a_download_ends(site: Site) -> None:
    """After its time the URL gives nothing."""
    sha256 = await keep_document(site.parts.database, site.parts.store, b"brief")
    signed = await presign_download(
        site.parts.store, sha256=sha256, name="x", now=datetime.now(UTC), expires_in_s=3
    )
    assert (await _get(signed.url)).status_code == 200
    deadline = datetime.now(UTC).timestamp() + 20
    while (await _get(signed.url)).status_code == 200:
        assert datetime.now(UTC).timestamp() < deadline
        await asyncio.sleep(0.1)


async def test_what_arrived_decides(site: Site) -> None:
    """Other bytes than announced are refused; the wrong size never reaches the store."""
    who, data = await site.join(), secrets.token_bytes(100)
    async with site.working():
        other = await site.upload(who, data, sent=data[:-1] + b"x", **DOCUMENT)
    assert (other["status"], other["reason"]) == ("rejected", "hash_differs")
    assert await site.parts.store.head(document_key(hashlib.sha256(data).digest())) is None
    begun = (await site.begin(who, data + b"2", **DOCUMENT)).json()
    assert await site.put(begun["upload"], data) == 403


async def test_own_bytes_need_no_second_upload_and_a_hash_alone_gives_nothing(site: Site) -> None:
    """The same bytes under another name are another file of the account's, ready at once; another
    account uploads them itself; one object holds them all; as a picture they must be a picture."""
    first, second, data = await site.join(), await site.join(), secrets.token_bytes(64)
    async with site.working():
        mine = await site.upload(first, data, **DOCUMENT)
        same = (await site.begin(first, data, **DOCUMENT)).json()
        assert same == {"fileId": mine["id"], "upload": None}
        renamed = (await site.begin(first, data, **DOCUMENT | {"name": "b.bin"})).json()
        assert renamed["upload"] is None
        assert renamed["fileId"] != mine["id"]
        shown = await site.ask("GET", f"/api/files/{renamed['fileId']}", first)
        assert (shown.json()["status"], shown.json()["name"]) == ("ready", "b.bin")
        picture = await site.begin(first, data)
        assert picture.status_code == 201
        begun = await site.begin(second, data, **DOCUMENT)
        assert begun.status_code == 201
        theirs = await site.upload(second, data, **DOCUMENT)
    assert theirs["status"] == "ready"
    assert (await site.ask("GET", f"/api/files/{mine['id']}", second)).status_code == 404
    assert await site.parts.database.fetchval("SELECT count(*) FROM document_contents") == 1


async def test_each_kind_is_refused_where_the_other_is_needed(site: Site) -> None:
    """A document is no option of a photo task, a picture no evidence; others' are not found."""
    who, other = await site.join(), await site.join()
    async with site.working():
        picture = await site.upload(who, photo(77))
        document = await site.upload(who, b"text", **DOCUMENT)
    begun = (await site.begin(who, b"more", **DOCUMENT)).json()
    api = await site.databases.role("api")
    async with api.connection() as db:
        with pytest.raises(FileOfOtherKind, match="is a picture"):
            await require_ready_documents(db, UUID(who), [UUID(picture["id"])])
        with pytest.raises(FileOfOtherKind, match="is a document"):
            await require_ready(db, UUID(who), [UUID(document["id"])])
        with pytest.raises(FileNotReady):
            await require_ready_documents(db, UUID(who), [UUID(begun["fileId"])])
        with pytest.raises(FileNotFound):
            await require_ready_documents(db, UUID(other), [UUID(document["id"])])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"sizeBytes": 50_000_001}, 413, "file_too_large"),
        ({"sizeBytes": 50_000_000}, 201, None),
        ({"name": None}, 400, "document_unnamed"),
        ({"name": ""}, 400, "invalid_input"),
        ({"name": "a\nb"}, 400, "invalid_input"),
        ({"name": "x" * 201}, 400, "invalid_input"),
        ({"name": "<script>.svg"}, 201, None),
        ({"contentType": "text/html; charset=utf-8"}, 400, "invalid_input"),
        ({"contentType": "text/html\r\nX: y"}, 400, "invalid_input"),
        ({"contentType": "image/svg+xml"}, 201, None),
        ({"purpose": "task_option", "contentType": "image/svg+xml"}, 400, "invalid_input"),
        ({"purpose": "task_option", "contentType": "image/png", "sizeBytes": 20_000_001}, 413,
         "file_too_large"),
    ],
)  # fmt: skip
async def test_what_is_taken_at_the_door(
    site: Site, changes: dict[str, Any], status: int, code: str | None
) -> None:
    """Each kind has its own bound and types; a name is one line."""
    answer = await site.begin(await site.join(), b"x", **DOCUMENT | changes)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_an_account_cannot_fill_the_store(site: Site) -> None:
    """All documents of an account have a bound together; what was rejected does not count."""
    who = await site.join()
    owner = await site.databases.role("owner")
    for status, size in (("ready", DOCUMENTS_BYTES_MAX - 100), ("rejected", DOCUMENTS_BYTES_MAX)):
        sha256 = secrets.token_bytes(32)
        await owner.execute(
            "INSERT INTO document_contents (sha256, size_bytes, status, ready_at)"
            " VALUES ($1, $2, 'ready', now())",
            sha256,
            size,
        )
        await owner.execute(
            "INSERT INTO files (id, account_id, kind, name, sha256, size_bytes, content_type,"
            " purpose, upload_id, upload_expires_at, status, document_sha256, rejection,"
            " checked_at) VALUES ($1, $2, 'document', 'n', $3, $4, 'a/b', 'document', $5, now(),"
            " $6, CASE WHEN $6 = 'ready' THEN $3::bytea END,"
            " CASE WHEN $6 = 'rejected' THEN 'hash_differs' END, now())",
            new_id(),
            UUID(who),
            sha256,
            size,
            new_id(),
            status,
        )
    assert (await site.begin(who, b"x" * 100, **DOCUMENT)).status_code == 201
    full = await site.begin(who, b"y", **DOCUMENT)
    assert (full.status_code, full.json()["code"]) == (409, "documents_full")


async def test_keeping_goes_on_where_a_crash_left_it(site: Site) -> None:
    """Between the row and the object, and between the object and its row: the next try ends in
    the same single object."""
    data = secrets.token_bytes(50)
    sha256 = hashlib.sha256(data).digest()
    worker = site.parts.database
    await worker.execute(
        "INSERT INTO document_contents (sha256, size_bytes) VALUES ($1, 50)", sha256
    )
    assert await keep_document(worker, site.parts.store, data) == sha256
    assert await keep_document(worker, site.parts.store, data) == sha256
    assert (await _download(site, sha256, "x")).content == data


@pytest.mark.parametrize("role", ["api", "indexer", "signer_ro"])
async def test_only_the_worker_says_what_a_document_holds(databases: Databases, role: str) -> None:
    """No other role can make a document ready, or put one into the list of those kept."""
    database = await databases.role(role)
    for statement in (
        "INSERT INTO document_contents (sha256, size_bytes) VALUES (sha256('x'), 1)",
        "UPDATE files SET document_sha256 = sha256('x')",
        "INSERT INTO files (id) VALUES (gen_random_uuid())",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute(statement)


async def test_an_upload_after_the_check_changes_nothing(site: Site) -> None:
    """What is put under the upload's URL later is not what is downloaded."""
    who, data = await site.join(), secrets.token_bytes(32)
    begun = (await site.begin(who, data, **DOCUMENT)).json()
    await site.put(begun["upload"], data)
    await site.complete(who, begun["fileId"])
    async with site.working():
        await site.checked(who, begun["fileId"])
    assert await site.put(begun["upload"], bytes(32)) == 200
    assert (await _download(site, hashlib.sha256(data).digest(), "x")).content == data
    upload_id = await site.parts.database.fetchval(
        "SELECT upload_id FROM files WHERE id = $1", UUID(begun["fileId"])
    )
    assert await site.parts.store.head(incoming_key(upload_id)) is not None
