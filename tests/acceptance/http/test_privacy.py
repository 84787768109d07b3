"""What answers and logs say, and what they never say."""

import re
import secrets
from pathlib import Path

import httpx
from solders.keypair import Keypair

from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site
from tests.acceptance.http.served import (
    api_settings,
    proof,
    served_in_process,
    sign_in,
    upload_body,
)
from tests.conftest import Databases

PATHS = ("/api/me", "/api/tasks", "/api/solvency", "/api/docs", "/api/openapi.json", "/healthz",
         "/metrics", "/api/nowhere", "/api/orders/x")  # fmt: skip


async def test_headers_of_every_answer(site: Site) -> None:
    """Every answer, errors too, forbids sniffing, framing and referrers; none says what serves it,
    and no other site's page may read any."""
    person = site.person()
    foreign = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    async with person.client() as client:
        for path in PATHS:
            for method in ("GET", "OPTIONS", "DELETE"):
                headers = (await client.request(method, path, headers=foreign)).headers
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["x-frame-options"] == "DENY"
                assert headers["referrer-policy"] == "no-referrer"
                assert headers["cross-origin-opener-policy"] == "same-origin"
                assert not {"server", "x-powered-by", "via"} & set(headers)
                assert not [name for name in headers if name.startswith("access-control-")], path


async def test_what_is_personal_is_not_stored(site: Site) -> None:
    """Answers that belong to one person carry `no-store`; pictures may be kept for ever."""
    person = site.person()
    _file, public_id = await site.picture(person)
    async with person.client() as client:
        task = (await client.post("/api/tasks", json=await site.task_body(person))).json()
        for path in (
            "/api/me", "/api/me/sessions", "/api/tasks", f"/api/tasks/{task['task']['id']}",
            f"/api/tasks/{task['task']['id']}/results", "/api/tasks/next", "/api/payouts",
            "/api/balance", "/api/balance/entries?asset=SOL", f"/api/orders/{task['order']['id']}",
        ):  # fmt: skip
            answer = await client.get(path)
            assert answer.is_success, (path, answer.text)
            assert answer.headers.get("cache-control") == "no-store", path
        picture = await client.get(f"/media/{public_id}/small")
        assert "immutable" in picture.headers["cache-control"]


async def test_the_session_cookie(site: Site) -> None:
    """The cookie is out of reach of scripts, of other sites and of plain connections, and bound
    to the host; tokens are never in it, and signing out takes it away."""
    async with site.stranger() as client:
        answer = await client.post("/api/auth/verify", json=proof(site.url, Keypair()))
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-earnest_session=")
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=strict", "path=/"} <= flags
        assert not [flag for flag in flags if flag.startswith("domain")]
        assert answer.json()["token"] not in cookie
        assert answer.headers["cache-control"] == "no-store"
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        gone = await client.post("/api/auth/logout", headers=bearer)
        assert "Max-Age=0" in gone.headers["set-cookie"]
        # Another site's page cannot use the cookie, even where the browser would send it.
        kept = cookie.split(";")[0]
        for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            refused = await client.post("/api/auth/refresh", headers={"Cookie": kept, **origin})
            assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")


async def test_logs_hold_no_secrets(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain, tmp_path: Path
) -> None:
    """A process that has signed people in, signed URLs, refused and failed, with its log at its
    most talkative, has written none of: tokens, cookies, signatures, nonces, signed URLs, its own
    secrets, passwords."""
    log = tmp_path / "api.log"
    settings = api_settings(s3_server, databases.url("api"), chain.access.rpc_url)
    with served_in_process(settings, log) as url:
        signed = proof(url, Keypair())
        person = sign_in(url)
        marker = secrets.token_hex(8)
        async with person.client() as client:
            upload = await client.post(
                "/api/files/uploads", json=upload_body(), headers={"Idempotency-Key": marker}
            )
            signed_url = upload.json()["upload"]["url"]
            await client.post("/api/auth/verify", json=signed | {"signature": "1" * 88})
            await client.post(
                "/api/auth/refresh",
                headers={"Origin": url, "Cookie": f"__Host-earnest_session={person.cookie}"},
            )
            await client.get("/api/tasks", params={"cursor": marker})
            await client.get("/api/me", headers={"Authorization": f"Bearer {person.token}x"})
            await client.post("/api/tasks", content=b"{" + marker.encode())
            # A fault of ours is written with its trace: the table is taken away.
            owner = await databases.role("owner")
            await owner.execute("ALTER TABLE account_addresses RENAME TO gone")
            failed = await client.get("/api/me")
            assert failed.status_code == 500
            assert failed.json()["code"] == "internal_error"
            assert not re.search("account_addresses|Traceback|asyncpg", failed.text)
            await owner.execute("ALTER TABLE gone RENAME TO account_addresses")
            assert (await client.get("/api/me")).status_code == 200
    written = log.read_text(encoding="utf-8")
    assert "request_failed" in written, "the fault was not written"
    password = httpx.URL(settings.database_url).password
    for name, secret in {
        "token": person.token,
        "token's signature": person.token.rsplit(".", 1)[1],
        "cookie": person.cookie,
        "challenge": signed["challenge"].split("Nonce: ")[1].split("\n")[0],
        "signature": signed["signature"],
        "idempotency key or body": marker,
        "signed URL": signed_url.partition("?")[2],
        "JWT secret": settings.jwt_secret,
        "S3 key": settings.s3_secret_access_key,
        "password": password,
    }.items():
        assert len(secret) >= 8, name
        assert secret not in written, name
