"""One key, one effect, one answer."""

import asyncio
from uuid import UUID

import pytest

from earnest.kit.db import Connection
from earnest.kit.idempotency import (
    FirstRequestStillRuns,
    KeyUsedForAnotherRequest,
    answered,
    once,
)
from earnest.kit.ids import new_id
from tests.conftest import Databases


class Worker:
    """Work with an effect that can be counted: each call appends an event."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.calls = 0

    async def ask(
        self, key: str | None, body: object, *, account: UUID, hold_s: float = 0.0
    ) -> str:
        """One request."""
        database = await self.databases.role("api", size_max=30)

        async def work(db_tx: Connection) -> str:
            self.calls += 1
            await db_tx.execute(
                "INSERT INTO events (type, subject, data) VALUES ('done', 'x', '{}')"
            )
            if hold_s:
                await db_tx.execute("SELECT pg_sleep($1)", hold_s)
            return f"answer {self.calls}"

        return await once(
            database, work, key=key, account_id=account, route="POST /x", body=body, answer=str
        )

    async def effects(self) -> int:
        """How many effects were committed."""
        database = await self.databases.role("api")
        return int(await database.fetchval("SELECT count(*) FROM events"))


async def test_a_repeat_gets_the_first_answer(databases: Databases) -> None:
    """The same key and body: the work is done once. Another account's key is another key."""
    worker, mine, theirs = Worker(databases), new_id(), new_id()
    first = await worker.ask("k", {"a": 1}, account=mine)
    assert await worker.ask("k", {"a": 1}, account=mine) == first
    assert await worker.ask("k", {"a": 1}, account=theirs) != first
    assert await worker.effects() == 2


async def test_the_same_key_with_another_body_is_refused(databases: Databases) -> None:
    """A key names one request."""
    worker, mine = Worker(databases), new_id()
    await worker.ask("k", {"a": 1}, account=mine)
    with pytest.raises(KeyUsedForAnotherRequest):
        await worker.ask("k", {"a": 2}, account=mine)
    assert await worker.effects() == 1


async def test_twenty_at_once_have_one_effect(databases: Databases) -> None:
    """They wait for the first and share its answer."""
    worker, mine = Worker(databases), new_id()
    answers = await asyncio.gather(
        *(worker.ask("k", 1, account=mine, hold_s=0.1) for _ in range(20))
    )
    assert len(set(answers)) == 1
    assert await worker.effects() == 1


async def test_a_first_request_that_takes_too_long(databases: Databases) -> None:
    """After five seconds the second is told to ask again; the first is not disturbed."""
    worker, mine = Worker(databases), new_id()
    first = asyncio.create_task(worker.ask("k", 1, account=mine, hold_s=6.5))
    api = await databases.role("api")
    while not await api.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    ):
        await asyncio.sleep(0.02)
    with pytest.raises(FirstRequestStillRuns):
        await worker.ask("k", 1, account=mine)
    assert await first == "answer 1"
    assert await worker.effects() == 1


async def test_work_that_failed_leaves_the_key_free(databases: Databases) -> None:
    """Only answers of work that was done are kept."""
    worker, mine = Worker(databases), new_id()
    database = await databases.role("api")

    async def fail(_db_tx: Connection) -> str:
        raise RuntimeError("broke")

    with pytest.raises(RuntimeError):
        await once(database, fail, key="k", account_id=mine, route="POST /x", body=1, answer=str)
    assert await worker.ask("k", 1, account=mine) == "answer 1"


async def test_an_answer_can_be_had_without_the_work(databases: Databases) -> None:
    """Before anything outside is asked: the first answer, nothing, or a refusal."""
    worker, mine = Worker(databases), new_id()
    api = await databases.role("api")

    async def ask(key: str | None, body: object) -> str | None:
        return await answered(api, key=key, account_id=mine, route="POST /x", body=body, answer=str)

    assert await ask("k", 1) is None
    first = await worker.ask("k", 1, account=mine)
    assert await ask("k", 1) == first
    assert await ask(None, 1) is None
    with pytest.raises(KeyUsedForAnotherRequest):
        await ask("k", 2)
    assert await worker.effects() == 1
