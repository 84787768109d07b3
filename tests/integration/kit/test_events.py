"""Events reach every reader, once, in the order of their commits."""

import asyncio

import asyncpg
import pytest

from earnest.kit.db import Connection, Database
from earnest.kit.events import Event, Reactor, append_event, drain, sequence_events
from tests.conftest import Databases


def collector(name: str, seen: list[str]) -> Reactor:
    """A reactor that notes what it was given."""

    async def note(_db_tx: Connection, event: Event) -> None:
        seen.append(event.subject)

    return Reactor(name, {"thing_happened": note})


async def append(database: Database, subject: str) -> None:
    """One committed event."""
    async with database.db_tx() as db_tx:
        await append_event(db_tx, "thing_happened", subject, {})


async def test_an_event_that_commits_late_is_not_missed(databases: Databases) -> None:
    """The first writer commits last; a reader that saw the second still gets the first."""
    api, indexer = await databases.role("api"), await databases.role("indexer")
    seen: list[str] = []
    reader = collector("late", seen)
    async with api.db_tx() as slow:
        await append_event(slow, "thing_happened", "first written", {})
        await append(api, "first committed")
        await drain(indexer, [reader])
        assert seen == ["first committed"]
    await drain(indexer, [reader])
    assert seen == ["first committed", "first written"]


async def test_a_rolled_back_event_never_happened(databases: Databases) -> None:
    """What was not committed has no position and no reader."""
    api, indexer = await databases.role("api"), await databases.role("indexer")
    seen: list[str] = []
    with pytest.raises(RuntimeError):
        async with api.db_tx() as db_tx:
            await append_event(db_tx, "thing_happened", "undone", {})
            raise RuntimeError
    await append(api, "kept")
    await drain(indexer, [collector("rolled", seen)])
    assert seen == ["kept"]


async def test_a_reader_that_fails_is_given_the_event_again(databases: Databases) -> None:
    """The cursor moves with the work: a crash in between repeats it, and nothing is skipped."""
    api, indexer = await databases.role("api"), await databases.role("indexer")
    seen: list[str] = []
    failures = 2

    async def fail_twice(_db_tx: Connection, event: Event) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("crash")
        seen.append(event.subject)

    reader = Reactor("failing", {"thing_happened": fail_twice})
    await append(api, "one")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await drain(indexer, [reader])
    await drain(indexer, [reader])
    await drain(indexer, [reader])
    assert seen == ["one"]


async def test_two_indexers_hand_out_each_event_once(databases: Databases) -> None:
    """Many writers, two readers of one name at once: each event is handled exactly once."""
    api = await databases.role("api", size_max=10)
    indexer = await databases.role("indexer", size_max=10)
    seen: list[str] = []
    one, other = collector("shared", seen), collector("shared", seen)
    written = [f"event {n}" for n in range(60)]
    await asyncio.gather(
        *(append(api, subject) for subject in written),
        *(drain(indexer, [reader]) for reader in (one, other) for _ in range(5)),
    )
    await drain(indexer, [one])
    assert sorted(seen) == sorted(written)


async def test_positions_have_no_gaps(databases: Databases) -> None:
    """1, 2, 3 …, whatever was rolled back between."""
    api, indexer = await databases.role("api"), await databases.role("indexer")
    for n in range(5):
        await append(api, str(n))
        await sequence_events(indexer)
    rows = await indexer.fetch("SELECT position FROM events ORDER BY position")
    assert [row["position"] for row in rows] == [1, 2, 3, 4, 5]


async def test_events_are_append_only(databases: Databases) -> None:
    """Not even the owner changes one or gives it another position."""
    api, owner = await databases.role("api"), await databases.role("owner")
    await append(api, "kept")
    await sequence_events(await databases.role("indexer"))
    for statement in (
        "UPDATE events SET subject = 'other'",
        "UPDATE events SET position = 7",
        "DELETE FROM events",
        "TRUNCATE events",
    ):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(statement)
