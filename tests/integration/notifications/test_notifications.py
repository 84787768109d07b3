"""Notifications in a real database: told once, with the fact or not at all, and swept."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from earnest.kit.db import Database
from earnest.notifications import NotificationKind, notify, store
from tests.conftest import Databases
from tests.market import Market


async def _tell(database: Database, to: list[UUID], key: str) -> None:
    async with database.db_tx() as db_tx:
        await notify(
            db_tx,
            to=to,
            kind=NotificationKind.PROJECT_CANCELLED,
            subject="project:1",
            data={"projectTitle": "A shed"},
            key=key,
        )


@pytest.mark.parametrize("role", ["api", "worker", "indexer"])
async def test_each_serving_role_tells_once_for_each_account_and_key(
    market: Market, role: str
) -> None:
    """The same fact told again, by two at once too, adds nothing; another fact does."""
    people = [await market.account() for _ in range(3)]
    teller, api = await market.role(role), await market.role("api")
    await asyncio.gather(*(_tell(teller, people[::step], "k1") for step in (1, -1, 1)))
    await _tell(teller, [people[0], people[0]], "k2")
    assert await api.fetchval("SELECT count(*) FROM notifications") == 4


async def test_who_is_told_and_what_happened_stand_or_fall_together(market: Market) -> None:
    """A db_tx that is rolled back told nobody."""
    person = await market.account()
    api = await market.role("api")
    with pytest.raises(RuntimeError):
        async with api.db_tx() as db_tx:
            await notify(
                db_tx, to=[person], kind="project_cancelled", subject="project:1",
                data={"projectTitle": "A shed"}, key="k",
            )  # fmt: skip
            raise RuntimeError
    assert await api.fetchval("SELECT count(*) FROM notifications") == 0


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("api", "UPDATE notifications SET kind = 'x'"),
        ("api", "DELETE FROM notifications"),
        ("indexer", "SELECT * FROM notifications"),
        ("worker", "UPDATE notifications SET read_at = NULL"),
        ("signer_ro", "SELECT * FROM notifications"),
    ],
)
async def test_no_role_may_do_more_than_its_part(
    databases: Databases, role: str, statement: str
) -> None:
    """What was said is not rewritten; those who tell do not read other people's inboxes."""
    database = await databases.role(role)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.execute(statement)


async def test_an_inbox_is_paged_marked_and_counted_for_its_owner_alone(market: Market) -> None:
    """Pages meet without gap or overlap; marking up to one leaves what is newer; another's row
    is not there to be marked."""
    mine, other = await market.account(), await market.account()
    api = await market.role("api")
    for number in range(7):
        await _tell(api, [mine, other], f"k{number}")
    async with api.connection() as db:
        seen: list[Any] = []
        after = None
        while page := await store.list_notifications(db, mine, unread=False, after=after, limit=3):
            seen += page
            after = (page[-1].created_at, page[-1].id)
        assert len({each.id for each in seen}) == 7
        assert [each.created_at for each in seen] == sorted(
            (each.created_at for each in seen), reverse=True
        )
        assert await store.mark_read_up_to(db, mine, seen[2].id) == 5
        assert await store.count_unread(db, mine) == 2
        assert await store.count_unread(db, other) == 7
        left = await store.list_notifications(db, mine, unread=True, after=None, limit=9)
        assert [each.id for each in left] == [each.id for each in seen[:2]]
        assert await store.mark_read(db, other, seen[0].id) is None
        assert await store.mark_read_up_to(db, other, seen[0].id) is None
        first = await store.mark_read(db, mine, seen[0].id)
        again = await store.mark_read(db, mine, seen[0].id)
        assert first is not None
        assert first == again


async def test_old_rows_are_swept_and_young_ones_stay(market: Market) -> None:
    """What is older than the time kept goes, read or not."""
    person = await market.account()
    worker, owner = await market.role("worker"), await market.role("owner")
    await _tell(worker, [person], "old")
    await owner.execute("UPDATE notifications SET created_at = created_at - interval '401 days'")
    await _tell(worker, [person], "young")
    async with worker.connection() as db:
        assert await store.forget_old(db, timedelta(days=400)) == 1
        assert await store.forget_old(db, timedelta(days=400)) == 0
    assert await owner.fetchval("SELECT key FROM notifications") == "young"
