"""The books as they are read: sums, entries from either end and by time, transfers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from earnest.kit.db import Database
from earnest.kit.money import Asset
from earnest.ledger import account_named, books, transfer_id
from tests.market import Market


@pytest.fixture
async def api(market: Market) -> Database:
    """The role that reads the books; three payments of no order, and one task paid."""
    await market.open_task(await market.account())
    await market.log(*(market.fact(market.incoming(amount, [])) for amount in (10, 20, 30)))
    await market.settle()
    return await market.role("api")


async def account_of(api: Database, name: str) -> books.LedgerAccount:
    """An account by its name."""
    async with api.connection() as db:
        number = await account_named(db, name)
        assert number is not None
        found = await books.find_account(db, number)
    assert found is not None
    return found


async def test_debits_and_credits_are_equal_kind_by_kind(market: Market, api: Database) -> None:
    """What assets and expenses come to is what all else comes to; every account is counted in one
    kind, and listed in it."""
    async with api.connection() as db:
        totals = await books.kind_totals(db)
        listed = [
            each
            for total in totals
            for each in await books.list_accounts(
                db, total.kind, total.asset, before_id=None, limit=100
            )
        ]
    debits = sum(t.balance_minor for t in totals if t.type in books.DEBIT_GROWS)
    credits = sum(t.balance_minor for t in totals if t.type not in books.DEBIT_GROWS)
    assert debits == credits == market.balances[market.settings.solana_treasury]
    assert len(listed) == sum(t.accounts for t in totals)
    assert sum(each.balance_minor for each in listed) == debits + credits
    assert {t.kind for t in totals} >= {"treasury", "task", "order", "suspense", "float"}


async def test_accounts_of_a_kind_page_newest_first(market: Market, api: Database) -> None:
    """One page of one after the other shows each once."""
    for _ in range(2):
        await market.open_task(await market.account())
    seen: list[int] = []
    before: int | None = None
    async with api.connection() as db:
        while page := await books.list_accounts(db, "task", Asset.SOL, before_id=before, limit=1):
            seen.append(page[0].id)
            before = page[0].id
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)


async def test_entries_are_the_same_from_either_end(api: Database) -> None:
    """Oldest first is newest first turned round; each names the other side and its own effect."""
    treasury = await account_of(api, (await _names(api, "treasury"))[0])
    async with api.connection() as db:
        newest = await books.list_entries(
            db, treasury, books.Range(), oldest_first=False, limit=100
        )
        oldest = await books.list_entries(db, treasury, books.Range(), oldest_first=True, limit=100)
        part = await books.list_entries(
            db, treasury, books.Range(2, 4), oldest_first=True, limit=100
        )
    assert newest[::-1] == oldest
    assert [entry.version for entry in part] == [2, 3]
    assert {entry.direction for entry in oldest} == {"in"}
    assert oldest[-1].other_name == "suspense:SOL"
    assert oldest[-1].balance_minor == treasury.balance_minor


async def _names(api: Database, kind: str) -> list[str]:
    async with api.connection() as db:
        found = await books.list_accounts(db, kind, Asset.SOL, before_id=None, limit=10)
    return [each.name for each in found]


async def test_entries_are_found_by_time(api: Database) -> None:
    """From the moment of an entry on, that entry is the first; up to it, it is not there. Before
    the first and after the last there is nothing."""
    suspense = await account_of(api, "suspense:SOL")
    everything = books.Range()
    async with api.connection() as db:
        entries = await books.list_entries(db, suspense, everything, oldest_first=True, limit=10)
        for place, entry in enumerate(entries, 1):
            since = await books.range_between(db, suspense.id, entry.posted_at, None)
            until = await books.range_between(db, suspense.id, None, entry.posted_at)
            assert (since.first, until.end) == (place, place)
        later = datetime.now(UTC) + timedelta(days=1)
        assert (await books.range_between(db, suspense.id, later, None)).first == len(entries) + 1
        early = datetime(2000, 1, 1, tzinfo=UTC)
        assert (await books.range_between(db, suspense.id, None, early)).end == 1
    assert len(entries) == 3


async def test_a_transfer_shows_both_sides_and_whether_they_are_chained(
    market: Market, api: Database
) -> None:
    """Both hashes are reckoned anew; a row that somebody changed past the ledger's own functions is
    told to be broken on its own side."""
    suspense = await account_of(api, "suspense:SOL")
    async with api.connection() as db:
        (entry, *_) = await books.list_entries(
            db, suspense, books.Range(2, 3), oldest_first=True, limit=1
        )
        found = await books.find_transfer(db, entry.transfer_id)
        assert await books.find_transfer(db, UUID(int=1)) is None
    assert found is not None
    assert (found.amount_minor, found.kind, found.credit.account.name) == (
        20,
        "suspense",
        "suspense:SOL",
    )
    assert found.debit.chained
    assert found.credit.chained
    assert (found.debit.direction, found.credit.direction) == ("in", "in")

    intruder = await asyncpg.connect(market.databases.superuser_url)
    await intruder.execute(
        "SET session_replication_role = replica;"
        "UPDATE earnest.ledger_transfers SET credit_balance = credit_balance + 1"
        f" WHERE id = '{entry.transfer_id}'"
    )
    await intruder.close()
    async with api.connection() as db:
        found = await books.find_transfer(db, entry.transfer_id)
    assert found is not None
    assert (found.debit.chained, found.credit.chained) == (True, False)


async def test_ids_are_made_of_causes_as_the_database_makes_them(market: Market) -> None:
    """The same text gives the same id in SQL and here."""
    owner = await market.role("owner")
    made = await owner.fetchval("SELECT ledger_id('settled 1')")
    assert made == transfer_id("settled 1")
