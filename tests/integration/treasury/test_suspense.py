"""Money that is nobody's: who may give it away, once, and what is kept of it."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from earnest.kit.ids import new_id
from earnest.treasury import (
    RecipientUnknown,
    SuspenseSettled,
    SuspenseUnknown,
    settle_suspense,
    settled_to,
)
from earnest.treasury.suspense import (
    find_suspense,
    list_settled,
    list_waiting,
    sums_waiting,
)
from tests.market import Market, address


async def unmatched(market: Market, *amounts: int) -> list[UUID]:
    """That many payments without a reference; their ids, the oldest first."""
    await market.log(*(market.fact(market.incoming(amount, [])) for amount in amounts))
    await market.settle()
    api = await market.role("api")
    async with api.connection() as db:
        return [case.item.id for case in await list_waiting(db, after=None, limit=100)]


async def test_lists_page_by_their_own_order(market: Market) -> None:
    """What waits comes oldest first, what was settled latest first; pages neither skip nor repeat,
    and the sum that waits is the ledger's."""
    person = await market.account()
    ids = await unmatched(market, 10, 20, 30)
    api = await market.role("api")
    async with api.connection() as db:
        assert [s.amount_minor for s in await sums_waiting(db)] == [60]
        first = await list_waiting(db, after=None, limit=2)
        last = first[-1].item
        rest = await list_waiting(db, after=(last.noted_at, last.id), limit=2)
    assert [case.item.id for case in first + rest] == ids
    for id in ids[:2]:
        async with api.db_tx() as db_tx:
            await settle_suspense(db_tx, id, credit_to=person, decided_by="ada", note="theirs")
    async with api.connection() as db:
        (newest,) = await list_settled(db, before=None, limit=1)
        assert newest.settlement is not None
        place = (newest.settlement.settled_at, newest.item.id)
        (older,) = await list_settled(db, before=place, limit=5)
        assert [case.item.id for case in await settled_to(db, person, limit=5)] == ids[1::-1]
        assert [s.amount_minor for s in await sums_waiting(db)] == [30]
    assert [newest.item.id, older.item.id] == ids[1::-1]


async def test_the_payers_account_is_a_hint(market: Market) -> None:
    """Where the paying wallet is linked to an account here, that account is named."""
    wallet, person = address(), await market.account()
    owner = await market.role("owner")
    await owner.execute(
        "INSERT INTO account_addresses VALUES ('solana', $1, $2, $1, clock_timestamp())",
        wallet,
        person,
    )
    await market.log(market.fact(market.incoming(7, [], payer=wallet)))
    (id,) = await unmatched(market)
    api = await market.role("api")
    async with api.connection() as db:
        case = await find_suspense(db, id)
    assert case is not None
    assert (case.payer_account, case.item.payer) == (person, wallet)


async def test_of_two_operators_at_once_one_is_told_of_the_other(market: Market) -> None:
    """Ten at once give it to ten people: it goes to one, and the others hear who it was."""
    (id,) = await unmatched(market, 123)
    people = [await market.account() for _ in range(10)]
    api = await market.role("api")

    async def settle(number: int) -> int | SuspenseSettled:
        try:
            async with api.db_tx() as db_tx:
                await settle_suspense(
                    db_tx, id, credit_to=people[number], decided_by=f"op {number}", note="mine"
                )
        except SuspenseSettled as error:
            return error
        return number

    outcomes = await asyncio.gather(*(settle(number) for number in range(10)))
    (winner,) = [each for each in outcomes if isinstance(each, int)]
    for each in outcomes:
        if isinstance(each, SuspenseSettled):
            assert each.facts["settledBy"] == f"op {winner}"
            assert each.facts["accountId"] == str(people[winner])
            assert each.facts["note"] == "mine"
    assert [await market.balance(person) for person in people].count(123) == 1
    assert await market.ledger("suspense:SOL") == 0
    assert (await market.solvency()).solvent


async def test_only_an_account_and_only_an_item(market: Market) -> None:
    """Nothing is given to an id that is nobody's, and nothing is made of an id that is no item."""
    (id,) = await unmatched(market, 5)
    person = await market.account()
    api = await market.role("api")
    with pytest.raises(RecipientUnknown):
        async with api.db_tx() as db_tx:
            await settle_suspense(db_tx, id, credit_to=new_id(), decided_by="ada", note="x")
    with pytest.raises(SuspenseUnknown):
        async with api.db_tx() as db_tx:
            await settle_suspense(db_tx, new_id(), credit_to=person, decided_by="ada", note="x")
    assert await market.ledger("suspense:SOL") == 5


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO treasury_suspense_ends (suspense_id, credited_to, settled_by, note)"
        " SELECT id, id, 'x', 'x' FROM treasury_suspense",
        "UPDATE treasury_suspense SET amount = amount * 10",
        "DELETE FROM treasury_suspense_ends",
        "SELECT treasury_suspend('x', 'solana', 'x', 1, 'SOL', 1, 'x', 'x')",
        "INSERT INTO ledger_verifications (began_at, transfers, accounts, holds, checkpoints,"
        " faults) VALUES (now(), 0, 0, 0, 0, '[]')",
    ],
)
async def test_the_api_role_has_that_one_way_only(market: Market, statement: str) -> None:
    """It may settle an item by the checking function, and neither make, change nor forget one."""
    await unmatched(market, 5)
    api = await market.role("api")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute(statement)


@pytest.mark.parametrize("role", ["indexer", "signer_ro"])
async def test_other_roles_settle_nothing(market: Market, role: str) -> None:
    """The indexer credits what the chain says, and decides nothing."""
    (id,) = await unmatched(market, 5)
    person = await market.account()
    pool = await market.role(role)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("SELECT treasury_settle_suspense($1, $2, 'x', 'x')", id, person)
