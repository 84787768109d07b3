"""Next task and vote without the framework answer as the framework does, case by case."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
from litestar import Litestar

from earnest.accounts.tokens import TokenKey
from earnest.kit.ids import new_id
from earnest.run.api import build_app
from earnest.tasks import HotRoutes
from tests.market import Market

SECRET = secrets.token_hex(32)
JSON = {"Content-Type": "application/json"}


class Counted:
    """The framework, and how often it was asked."""

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self.state = app.state
        self.asked = 0

    async def __call__(self, *connection: Any) -> None:
        self.asked += 1
        await self._app(*connection)


class Both:
    """The same requests with the hot routes and by the framework alone."""

    def __init__(self, framework: Counted, app: Litestar) -> None:
        self.framework = framework
        self._hot = HotRoutes(framework)  # type: ignore[arg-type]
        self._plain = app

    async def ask(self, method: str, path: str, token: str, **others: Any) -> tuple[int, str, Any]:
        """The answer; raises unless both give the same one."""
        headers = {"Authorization": f"Bearer {token}"} | others.pop("headers", {})
        found = []
        for app in (self._hot, self._plain):
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]
                base_url="http://127.0.0.1:8000",
            ) as client:
                answer = await client.request(method, path, headers=headers, **others)
                found.append(
                    (answer.status_code, answer.headers.get("content-type", ""), answer.text)
                )
        assert found[0] == found[1]
        status, media_type, text = found[0]
        return status, media_type, msgspec.json.decode(text) if text else None


async def token_of(
    market: Market, account: UUID, *, good_for: timedelta = timedelta(hours=1)
) -> str:
    """A session of that account."""
    now, session_id = datetime.now(UTC), new_id()
    owner = await market.role("owner")
    await owner.execute(
        "INSERT INTO sessions (id, account_id, chain, address, refresh_salt, created_at,"
        " rotated_at, expires_at) VALUES ($1, $2, 'solana', 'wallet', $3, $4, $4, $5)",
        session_id,
        account,
        secrets.token_bytes(32),
        now,
        now + timedelta(days=1),
    )
    return TokenKey(SECRET).issue(
        account_id=account,
        session_id=session_id,
        address="wallet",
        chain="solana",
        now=now,
        good_for=good_for,
    )


@asynccontextmanager
async def served(market: Market) -> AsyncIterator[Both]:
    """Both ways, over the market's database."""
    settings = msgspec.structs.replace(
        market.settings,
        database_url=market.databases.url("api"),
        jwt_secret=SECRET,
        solana_rpc_urls="http://127.0.0.1:9",
        s3_endpoint="http://127.0.0.1:9",
        s3_access_key_id="nobody",
        s3_secret_access_key="nothing",
    )
    app = build_app(settings)
    async with app.lifespan():
        yield Both(Counted(app), app)


async def test_ordinary_requests_never_reach_the_framework(market: Market) -> None:
    """A seat, a vote, the same vote again, and a queue that is empty."""
    worker = await market.account()
    task = await market.open_task(await market.account())
    token = await token_of(market, worker)
    async with served(market) as both:
        status, media_type, found = await both.ask("GET", "/api/tasks/next", token)
        assert (status, media_type, found["task"]["id"]) == (200, "application/json", str(task.id))
        vote = {"optionId": found["task"]["options"][0]["id"]}
        path = f"/api/tasks/{task.id}/submissions"
        status, _, answer = await both.ask("POST", path, token, json=vote)
        assert (status, answer["next"]) == (201, None)
        assert both.framework.asked == 0
        status, _, answer = await both.ask("GET", "/api/tasks/next", token)
        assert (status, answer, both.framework.asked) == (204, None, 0)


BODIES: dict[str, tuple[dict[str, Any], int]] = {
    "no body": ({}, 400),
    "not JSON": ({"content": b"{", "headers": JSON}, 400),
    "nested without end": ({"content": b"[" * 900, "headers": JSON}, 400),
    "no option": ({"json": {}}, 400),
    "an option that is no id": ({"json": {"optionId": "one"}}, 400),
    "an option of nobody's": ({"json": {"optionId": str(UUID(int=1))}}, 400),
    "a field too many": ({"json": {"optionId": str(UUID(int=1)), "more": 1}}, 400),
    "another media type": ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
    "a long body": ({"content": b" " * 2_000 + b"{}", "headers": JSON}, 400),
    "a body beyond the limit": ({"content": b" " * 70_000, "headers": JSON}, 413),
}


async def test_votes_that_are_no_votes(market: Market) -> None:
    """Whatever is wrong with the body is said by the framework, and nothing is counted."""
    worker = await market.account()
    task = await market.open_task(await market.account())
    await market.next(worker)
    token = await token_of(market, worker)
    async with served(market) as both:
        path = f"/api/tasks/{task.id}/submissions"
        for asked, (case, (request, status)) in enumerate(BODIES.items(), start=1):
            found, media_type, problem = await both.ask("POST", path, token, **request)
            assert (case, found, media_type) == (case, status, "application/problem+json")
            assert problem["status"] == status
            assert both.framework.asked == asked
    assert await market.balance(worker) == 0
