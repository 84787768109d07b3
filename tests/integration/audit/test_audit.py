"""The book of operators' acts: who may write what, and that nobody takes a line back."""

from uuid import UUID

import asyncpg
import pytest

from earnest import audit, jobs
from earnest.kit.db import Connection, Database
from earnest.kit.errors import InvalidInput
from earnest.kit.ids import new_id
from tests.conftest import Databases


async def make_account(api: Database) -> UUID:
    """An account without wallets."""
    account_id = new_id()
    await api.execute("INSERT INTO accounts (id, created_at) VALUES ($1, now())", account_id)
    return account_id


async def test_acts_are_listed_newest_first_and_by_each_filter(databases: Databases) -> None:
    """Account and name stay apart, facts and note come back, pages neither skip nor repeat."""
    api, worker = await databases.role("api"), await databases.role("worker")
    ada = await make_account(api)
    for number in range(3):
        async with api.db_tx() as db_tx:
            await audit.record(
                db_tx,
                by=ada,
                act="payout_hold",
                subject=f"payout:{number}",
                note="asked the bank",
                facts={"amountMinor": "90071992547409930"},
            )
    async with worker.db_tx() as db_tx:
        await audit.record(db_tx, by=str(ada), act="job_retry", subject="job:7", note="")
    async with api.connection() as db:
        newest, *others = await audit.list_acts(db, limit=10)
        assert (newest.by, newest.act, newest.note, newest.facts) == (str(ada), "job_retry", "", {})
        assert [each.subject for each in others] == ["payout:2", "payout:1", "payout:0"]
        assert {each.by for each in others} == {ada}
        assert others[0].facts == {"amountMinor": "90071992547409930"}
        page = await audit.list_acts(db, limit=2, before=newest.id)
        rest = await audit.list_acts(db, limit=2, before=page[-1].id)
        assert [*page, *rest] == others
        assert await audit.list_acts(db, limit=10, by=ada) == others
        assert await audit.list_acts(db, limit=10, by=str(ada)) == [newest]
        assert await audit.list_acts(db, limit=10, act="job_retry") == [newest]
        assert await audit.list_acts(db, limit=10, subject="payout:1") == [others[1]]
        assert await audit.list_acts(db, limit=10, subject="payout:1", act="job_retry") == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"note": "x" * 2_001}, "The note has 2001 letters; at most 2000."),
        ({"by": "x" * 201}, "The name has 201 letters; at most 200."),
    ],
)
async def test_what_is_too_long_is_refused_whole(
    databases: Databases, changed: dict[str, str], said: str
) -> None:
    """Nothing is cut: the act is refused, with how long it may be; the longest allowed is kept."""
    worker = await databases.role("worker")
    longest = {"by": "x" * 200, "note": "x" * 2_000}

    async def write_down(given: dict[str, str], db_tx: Connection) -> None:
        by, note = given["by"], given["note"]
        await audit.record(db_tx, by=by, act="job_retry", subject="job:1", note=note)

    with pytest.raises(InvalidInput, match=said):
        async with worker.db_tx() as db_tx:
            await write_down({**longest, **changed}, db_tx)
    async with worker.db_tx() as db_tx:
        await write_down(longest, db_tx)
        [kept] = await audit.list_acts(db_tx, limit=10)
    assert (kept.by, kept.note) == (longest["by"], longest["note"])


async def test_an_act_that_fails_leaves_no_line(databases: Databases) -> None:
    """The line is written in the act's own transaction: undone with it."""
    worker = await databases.role("worker")
    with pytest.raises(jobs.JobNotHeld):
        async with worker.db_tx() as db_tx:
            await audit.record(db_tx, by="ada", act="job_retry", subject="job:1", note="again")
            await jobs.retry_held(db_tx, [1])
    async with worker.connection() as db:
        assert await audit.list_acts(db, limit=1) == []


async def test_no_role_changes_or_removes_a_line(databases: Databases) -> None:
    """Not even the tables' owner: the trigger refuses."""
    worker = await databases.role("worker")
    async with worker.db_tx() as db_tx:
        await audit.record(db_tx, by="ada", act="job_retry", subject="job:1", note="again")
    for role in ("owner", "api", "worker", "indexer"):
        changing = await databases.role(role)
        for change in (
            "UPDATE operator_acts SET note = 'nothing happened'",
            "DELETE FROM operator_acts",
            "TRUNCATE operator_acts",
        ):
            with pytest.raises(
                (asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)
            ):
                await changing.execute(change)
    async with worker.connection() as db:
        [line] = await audit.list_acts(db, limit=2)
    assert line.note == "again"


async def test_the_api_writes_no_names_and_the_command_line_no_accounts(
    databases: Databases,
) -> None:
    """Neither passes for the other, and no role sets the time."""
    api, worker = await databases.role("api"), await databases.role("worker")
    account_id = await make_account(api)
    for database, by in ((api, "ada"), (worker, account_id)):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.db_tx() as db_tx:
                await audit.record(db_tx, by=by, act="job_retry", subject="job:1", note="x")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker.execute(
            "INSERT INTO operator_acts (at, by_name, act, subject, note, facts)"
            " VALUES ('2020-01-01', 'ada', 'job_retry', 'job:1', 'x', '{}')"
        )
