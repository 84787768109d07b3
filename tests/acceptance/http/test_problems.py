"""Bad input of every sort is answered with problem details, and never with a fault of ours."""

import base64
import json
import re
from typing import Any
from urllib.parse import quote

import httpx

from tests.acceptance.http.conftest import Site
from tests.acceptance.http.served import upload_body

JSON = "application/json"
# What the inside of a process looks like in text: none of it may come out.
INSIDE = re.compile(
    r"Traceback|File \"|/src/|site-packages|asyncpg|litestar|RecursionError|SELECT |earnest_api"
    r"|postgres|127\.0\.0\.1:\d+/earnest",
    re.IGNORECASE,
)
NOWHERE = "00000000-0000-4000-8000-000000000000"


def is_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Asserts the shape of a problem; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    shown: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(shown)
    assert shown["status"] == status
    assert shown["type"] == f"urn:earnest:problem:{shown['code']}"
    assert code is None or shown["code"] == code
    assert not INSIDE.search(answer.text), answer.text
    return shown


async def test_bodies_that_are_no_json(site: Site) -> None:
    """Whatever is sent instead of a JSON object of the right shape is 400, 413 or 415, on a route
    that is open and on one that is not."""
    cases: list[tuple[str, bytes, str | None, int]] = [
        ("nothing", b"", JSON, 400),
        ("half", b'{"address": "x', JSON, 400),
        ("two values", b"{} {}", JSON, 400),
        ("no object", b"[]", JSON, 400),
        ("a number", b"1", JSON, 400),
        ("NaN", b"NaN", JSON, 400),
        ("a number out of range", b'{"address": 1e999}', JSON, 400),
        ("invalid UTF-8", b'{"address": "\xff\xfe"}', JSON, 400),
        ("half a surrogate pair", b'{"address": "\\ud800"}', JSON, 400),
        ("UTF-16", '{"address": "x"}'.encode("utf-16"), JSON, 400),
        ("nested arrays", b"[" * 30_000 + b"]" * 30_000, JSON, 400),
        ("nested objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON, 400),
        ("an unknown field", b'{"address": "x", "admin": true}', JSON, 400),
        ("a NUL", b'{"address": "a\\u0000b"}', JSON, 400),
        ("too much", b'{"address": "' + b"x" * 70_000 + b'"}', JSON, 413),
        ("a form", b"address=x", "application/x-www-form-urlencoded", 415),
        ("multipart", b"--x--", "multipart/form-data; boundary=x", 415),
        ("JSON called text", b'{"address": "x"}', "text/plain", 415),
        ("JSON called XML", b'{"address": "x"}', "application/xml", 415),
        ("JSON called nothing", b'{"address": "x"}', None, 415),
        ("MessagePack", b"\x81\xa7address\xa1x", "application/x-msgpack", 415),
    ]
    person = site.person()
    async with person.client() as client:
        for path in ("/api/auth/challenge", "/api/payouts", "/api/tasks", "/api/files/uploads"):
            for name, body, media_type, status in cases:
                headers = {} if media_type is None else {"Content-Type": media_type}
                answer = await client.post(path, content=body, headers=headers)
                assert answer.status_code == status, (path, name, answer.text)
                is_problem(answer, status)


async def test_a_body_without_length_is_bounded_too(site: Site) -> None:
    """A chunked body is cut off at the same size, and the server goes on."""

    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 10_000

    async with site.stranger() as client:
        answer = await client.post(
            "/api/auth/challenge", content=endless(), headers={"Content-Type": JSON}
        )
        is_problem(answer, 413)
        assert (await client.get("/healthz")).status_code == 200


async def test_unknown_paths_and_methods(site: Site) -> None:
    """A path that is not there is 404, a method that it does not take 405 with `Allow`; both are
    problem details, signed in or not, whatever the path is made of."""
    unknown = ["/api/nowhere", "/api/nowhere/else", "/api/tasks/x", "/api/tasks/1/results",
               "/api/files/not-a-uuid", "/media/x/small", f"/media/{NOWHERE}/huge",
               f"/media/{NOWHERE}/..%2f..%2fsecret", "/api/docs/assets/nothing", "/api/docs/no",
               "/api//tasks/x", "/%00", "/api/tasks/%00", "/api/orders/%F0%28%8C%28", "/.env",
               "/api/payouts/99999999999999999999999999"]  # fmt: skip
    refused = [("DELETE", "/api/me", "GET"), ("PUT", "/api/tasks", "GET"),
               ("PATCH", "/api/payouts", "POST"), ("TRACE", "/api/me", "GET"),
               ("POST", "/healthz", "GET"), ("GET", "/api/auth/verify", "POST"),
               ("PROPFIND", "/api/me", "GET")]  # fmt: skip
    person = site.person()
    async with person.client() as signed_in, site.stranger() as stranger:
        for client in (signed_in, stranger):
            for path in unknown:
                is_problem(await client.get(path), 404)
            for method, path, allowed in refused:
                answer = await client.request(method, path)
                is_problem(answer, 405, "method_not_allowed")
                assert allowed in answer.headers["allow"]
        for path, allow in (("/api/tasks", "GET, OPTIONS, POST"), ("/api/me", "GET, OPTIONS")):
            answer = await signed_in.options(path)
            assert (answer.status_code, answer.headers["allow"]) == (204, allow)


async def test_a_trailing_slash_changes_nothing(site: Site) -> None:
    """`/api/me/` is `/api/me`: no redirect that would lose a body."""
    person = site.person()
    async with person.client() as client:
        assert (await client.get("/api/me/")).json() == (await client.get("/api/me")).json()
        answer = await client.post("/api/files/uploads/", json=upload_body())
        assert answer.status_code == 201


async def test_queries_that_make_no_sense(site: Site) -> None:
    """Limits out of bounds, cursors that are not ours or another list's, and NULs are 400."""
    taken = base64.urlsafe_b64encode(json.dumps(["2026-01-01T00:00:00Z", "x"]).encode()).decode()
    huge = base64.urlsafe_b64encode(str(10**30).encode()).decode().rstrip("=")
    zero = base64.urlsafe_b64encode(b"0").decode().rstrip("=")
    cursors = ["x", "%00", "A" * 511, taken, huge, zero, "bnVsbA", "W10", "é", "A" * 600, "-1",
               quote("' OR 1=1 --")]  # fmt: skip
    person = site.person()
    async with person.client() as client:
        for path in ("/api/tasks?", "/api/payouts?", "/api/balance/entries?asset=SOL&"):
            for cursor in cursors:
                answer = await client.get(f"{path}cursor={cursor}")
                assert answer.status_code == 400, (path, cursor, answer.text)
                is_problem(answer, 400)
            for limit in ("0", "-1", "101", "x", "1.5", "9" * 400, "%00", ""):
                answer = await client.get(f"{path}limit={limit}")
                assert answer.status_code == 400, (path, limit, answer.text)
                is_problem(answer, 400)
            # What is said twice counts once; what is not known is not looked at.
            twice = await client.get(f"{path}limit=1&limit=2&nothing=1")
            assert twice.status_code == 200
        is_problem(await client.get("/api/balance/entries"), 400)
        is_problem(await client.get("/api/balance/entries?asset=DOGE"), 400)


WRONG_FIELDS: list[tuple[str, object]] = [
    ("title", ""),
    ("title", " "),
    ("title", "a\x00b"),
    ("title", "two\nlines"),
    ("title", "x" * 201),
    ("title", 7),
    ("instructions", "a\x00b"),
    ("instructions", "x" * 5_001),
    ("instructions", None),
    ("votesWanted", 0),
    ("votesWanted", -1),
    ("votesWanted", 10_001),
    ("votesWanted", 2**64),
    ("votesWanted", 10**400),
    ("votesWanted", 1.5),
    ("votesWanted", "3"),
    ("votesWanted", True),
    ("pricePerVoteMinor", "0"),
    ("pricePerVoteMinor", "-1"),
    ("pricePerVoteMinor", "1.5"),
    ("pricePerVoteMinor", "01"),
    ("pricePerVoteMinor", "1e6"),
    ("pricePerVoteMinor", "١٢"),
    ("pricePerVoteMinor", "1\n"),
    ("pricePerVoteMinor", 1_000_000),
    ("pricePerVoteMinor", 0.1),
    ("pricePerVoteMinor", "9" * 30),
    ("pricePerVoteMinor", "9" * 31),
    ("asset", "sol"),
    ("asset", "ETH"),
    ("asset", None),
    ("options", []),
    ("options", [{"fileId": NOWHERE}]),
    ("options", [{"fileId": "x"}] * 2),
    ("options", [{"fileId": NOWHERE}] * 2),
    ("options", [{"fileId": NOWHERE}] * 11),
    ("options", {"0": {"fileId": NOWHERE}}),
    ("optons", []),
]


async def test_tasks_with_one_field_wrong(site: Site) -> None:
    """A task with one field wrong is 400 and makes neither a task nor an order."""
    person = site.person()
    good = await site.task_body(person)
    async with person.client() as client:
        for field, value in WRONG_FIELDS:
            body = json.dumps(good | {field: value})
            answer = await client.post("/api/tasks", content=body, headers={"Content-Type": JSON})
            assert answer.status_code == 400, (field, value, answer.text)
            is_problem(answer, 400)
        assert (await client.get("/api/tasks")).json()["items"] == []
    owner = await site.market.databases.role("owner")
    assert await owner.fetchval("SELECT count(*) FROM orders") == 0


async def test_text_of_every_script_goes_through(site: Site) -> None:
    """Titles are stored and shown letter for letter: emoji, right-to-left, combining marks, and
    what would be SQL or HTML elsewhere."""
    person = site.person()
    async with person.client() as client:
        for title in (
            "Which 🐈‍⬛?",
            "أي صورة؟",
            "e\u0301\u200d",
            "'; DROP TABLE tasks; --",
            "<script>",
        ):
            body = await site.task_body(person) | {
                "title": title,
                "instructions": f"{title}\n{title}",
            }
            posted = await client.post("/api/tasks", json=body)
            assert posted.status_code == 201, posted.text
            shown = (await client.get(f"/api/tasks/{posted.json()['task']['id']}")).json()
            assert (shown["title"], shown["instructions"]) == (title, f"{title}\n{title}")


async def test_headers_that_make_no_sense(site: Site) -> None:
    """Tokens that are none are 401 with `WWW-Authenticate`; strange headers are no fault."""
    tokens = ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic eDp5", "bearer \xff",
              "Bearer " + "x" * 8_000, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."]  # fmt: skip
    async with site.stranger() as client:
        for token in tokens:
            headers = [(b"authorization", token.encode("latin-1"))]
            answer = await client.get("/api/me", headers=headers)
            is_problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")
        for name, value in [
            ("X-Forwarded-For", "x" * 2_000), ("Range", "bytes=x"), ("If-None-Match", '"'),
            ("Cookie", "a=b; =; ;;" * 50), ("Accept", "text/html;q=x"), ("Host", "evil.example"),
            ("Accept-Encoding", "bogus"), ("Expect", "nonsense"),
        ]:  # fmt: skip
            answer = await client.get("/api/solvency", headers={name: value})
            assert answer.status_code == 200, (name, answer.text)
