"""The ledger's SQL functions against a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.kit.db import Connection
from earnest.kit.ids import new_id
from earnest.ledger import (
    BalanceTooSmall,
    TransferDiffers,
    balances_of,
    days_of,
    history_of,
    take_checkpoint,
    verify_ledger,
)
from earnest.ledger.errors import AssetsDifferInTransfer, HoldEndedOtherwise, TransferIsVoid
from tests.conftest import Databases

PERSON = UUID("00000000-0000-0000-0000-00000000000a")


async def make_accounts(db: Connection) -> tuple[int, int]:
    """A treasury and a person's account, the person owning 1,000."""
    treasury = await db.fetchval("SELECT ledger_account('treasury', 'asset', 'SOL')")
    person = await db.fetchval("SELECT ledger_available($1, 'SOL')", PERSON)
    await db.execute(
        "SELECT ledger_transfer($1, $2, $3, 1000, 'deposit', 'test')", new_id(), treasury, person
    )
    return treasury, person


async def test_transfer_moves_both_sides_once(databases: Databases) -> None:
    """The same id posts once; the repeat says so and changes nothing."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        id = new_id()
        post = "SELECT ledger_transfer($1, $2, $3, 10, 'k', 's')"
        assert await db.fetchval(post, id, treasury, person) is True
        assert await db.fetchval(post, id, treasury, person) is False
        [balance] = await balances_of(db, PERSON)
        assert (balance.available_minor, balance.locked_minor) == (1010, 0)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("$1, $2, $3, 11, 'k', 's'", "amount"),
        ("$1, $2, $3, 10, 'other', 's'", "kind"),
        ("$1, $2, $3, 10, 'k', 'other'", "subject"),
        ("$1, $3, $2, 10, 'k', 's'", "debit_account"),
    ],
)
async def test_repeat_with_another_value_is_named(
    databases: Databases, change: str, differs: str
) -> None:
    """A known id with another value is refused, and the answer names the value."""
    owner = await databases.role("owner")
    id = new_id()
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        await db.execute("SELECT ledger_transfer($1, $2, $3, 10, 'k', 's')", id, treasury, person)
    with pytest.raises(TransferDiffers, match=differs):
        await owner.execute(f"SELECT ledger_transfer({change})", id, treasury, person)


async def test_overspend_is_refused(databases: Databases) -> None:
    """Neither a transfer nor a hold can take more than is available."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        await db.execute("SELECT ledger_hold($1, $2, 600, 'somewhere')", new_id(), person)
    with pytest.raises(BalanceTooSmall, match="400 minor units of SOL available; 401"):
        await owner.execute(
            "SELECT ledger_transfer($1, $2, $3, 401, 'k', 's')", new_id(), person, treasury
        )
    with pytest.raises(BalanceTooSmall):
        await owner.execute("SELECT ledger_hold($1, $2, 401, 'somewhere')", new_id(), person)


async def test_void_transfers_are_refused(databases: Databases) -> None:
    """No amount of zero or less, no transfer to itself, no change of asset on the way."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        usdc = await db.fetchval("SELECT ledger_available($1, 'USDC')", PERSON)
    post = "SELECT ledger_transfer($1, $2, $3, $4, 'k', 's')"
    for amount in (0, -1):
        with pytest.raises(TransferIsVoid):
            await owner.execute(post, new_id(), treasury, person, amount)
    with pytest.raises(TransferIsVoid):
        await owner.execute(post, new_id(), person, person, 1)
    with pytest.raises(AssetsDifferInTransfer):
        await owner.execute(post, new_id(), person, usdc, 1)


async def test_hold_ends_once(databases: Databases) -> None:
    """A hold is posted or voided; the other end is refused, the same end is a repeat."""
    owner = await databases.role("owner")
    hold, other, transfer = new_id(), new_id(), new_id()
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        await db.execute("SELECT ledger_hold($1, $2, 600, 'somewhere')", hold, person)
        await db.execute("SELECT ledger_hold($1, $2, 100, 'somewhere')", other, person)
        post = "SELECT ledger_hold_post($1, $2, $3, 'payout')"
        assert await db.fetchval(post, hold, treasury, transfer) is True
        assert await db.fetchval(post, hold, treasury, transfer) is False
        assert await db.fetchval("SELECT ledger_hold_void($1)", other) is True
        assert await db.fetchval("SELECT ledger_hold_void($1)", other) is False
        [balance] = await balances_of(db, PERSON)
        assert (balance.available_minor, balance.locked_minor) == (400, 0)
    with pytest.raises(HoldEndedOtherwise, match="posted"):
        await owner.execute("SELECT ledger_hold_void($1)", hold)
    with pytest.raises(HoldEndedOtherwise, match="voided"):
        await owner.execute(
            "SELECT ledger_hold_post($1, $2, $3, 'payout')", other, treasury, new_id()
        )


@pytest.mark.parametrize("table", ["ledger_transfers", "ledger_holds", "ledger_hold_ends"])
async def test_what_was_written_stays(databases: Databases, table: str) -> None:
    """Even the owner of the tables cannot change, delete or empty them."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        await make_accounts(db)
    for statement in (
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"UPDATE {table} SET {'hold_id = hold_id' if table.endswith('ends') else 'id = id'}",
    ):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(statement)


@pytest.mark.parametrize("role", ["api", "worker", "indexer", "signer_ro"])
async def test_no_serving_role_writes_the_ledger(databases: Databases, role: str) -> None:
    """A stolen role can neither write the tables nor call the ledger's own functions."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
    thief = await databases.role(role)
    for statement in (
        "UPDATE ledger_accounts SET balance = 10 ^ 12",
        "INSERT INTO ledger_accounts (name, type, asset) VALUES ('x', 'asset', 'SOL')",
        "DELETE FROM ledger_transfers",
        f"SELECT ledger_transfer(gen_random_uuid(), {treasury}, {person}, 5, 'k', 's')",
        f"SELECT ledger_hold(gen_random_uuid(), {person}, 5, 'thief')",
        "SELECT ledger_account('mine', 'liability', 'SOL')",
        "ALTER TABLE ledger_transfers DISABLE TRIGGER ALL",
        "DROP TABLE ledger_holds",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await thief.execute(statement)


async def test_two_at_once_never_overspend(databases: Databases) -> None:
    """Twenty holds of 100 race for 1,000: ten are made, ten refused."""
    owner = await databases.role("owner", size_max=10)
    async with owner.db_tx() as db:
        _, person = await make_accounts(db)
    results = await asyncio.gather(
        *(
            owner.execute("SELECT ledger_hold($1, $2, 100, 'r')", new_id(), person)
            for _ in range(20)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(r, BalanceTooSmall) for r in results) == 10
    assert sum(isinstance(r, str) for r in results) == 10


async def test_history_pages_through_both_sides(databases: Databases) -> None:
    """Pages of two join into the whole history, newest first, without a gap."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        for n in range(5):
            sides = (person, treasury) if n % 2 else (treasury, person)
            await db.execute(
                "SELECT ledger_transfer($1, $2, $3, $4, 'k', 's')", new_id(), *sides, n + 1
            )
        seen: list[int] = []
        before: int | None = None
        while page := await history_of(db, person, before_version=before, limit=2):
            seen += [entry.version for entry in page]
            before = page[-1].version
        assert seen == [6, 5, 4, 3, 2, 1]


async def test_days_are_those_of_the_readers_zone(databases: Databases) -> None:
    """What came in is counted by the day that the reader has, by one kind alone; what went out
    and what is older than asked for is not."""
    owner = await databases.role("owner")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        for n, subject in enumerate(("a", "a", "b"), start=1):
            await db.execute(
                "SELECT ledger_transfer($1, $2, $3, $4, 'earned', $5)",
                new_id(), treasury, person, n, subject,
            )  # fmt: skip
        await db.execute(
            "SELECT ledger_transfer($1, $2, $3, 5, 'earned', 'a')", new_id(), person, treasury
        )
        posted = await db.fetchval("SELECT max(posted_at) FROM ledger_transfers")
        for zone, hours in (("Etc/GMT-14", 14), ("Etc/GMT+12", -12)):
            there = (posted + timedelta(hours=hours)).date()
            [day] = await days_of(db, person, kind="earned", zone=zone, now=posted, days=2)
            assert (day.day, day.entries, day.subjects, day.amount_minor) == (there, 3, 2, 6)
        later = posted + timedelta(days=2)
        assert await days_of(db, person, kind="earned", zone="UTC", now=later, days=2) == []
    async with owner.db_tx() as db:
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await days_of(
                db, person, kind="earned", zone="Nowhere/Here", now=datetime.now(UTC), days=2
            )


async def _verify(databases: Databases) -> list[str]:
    connection = await asyncpg.connect(
        databases.url("api"), server_settings={"search_path": "earnest"}
    )
    try:
        verification = await verify_ledger(connection)
    finally:
        await connection.close()
    return [f"{fault.where}: {fault.what}" for fault in verification.faults]


async def test_verify_finds_tampering(databases: Databases) -> None:
    """A balance, an entry or a whole entry changed behind the triggers' back is found."""
    owner = await databases.role("owner")
    worker = await databases.role("worker")
    async with owner.db_tx() as db:
        treasury, person = await make_accounts(db)
        for n in range(3):
            await db.execute(
                "SELECT ledger_transfer($1, $2, $3, $4, 'k', 's')",
                new_id(), treasury, person, n + 1,
            )  # fmt: skip
    async with worker.db_tx() as db:
        assert await take_checkpoint(db, Ed25519PrivateKey.generate()) == 1
    async with worker.db_tx() as db:
        assert await take_checkpoint(db, Ed25519PrivateKey.generate()) is None
    assert await _verify(databases) == []
    superuser = await asyncpg.connect(
        databases.superuser_url,
        server_settings={"search_path": "earnest", "session_replication_role": "replica"},
    )
    try:
        for tamper, words in (
            ("UPDATE ledger_accounts SET balance = balance + 1 WHERE id = $1", "kept as"),
            ("UPDATE ledger_transfers SET amount = amount + 1 WHERE credit_account = $1"
             " AND credit_version = 2", "chain of hashes"),
            ("DELETE FROM ledger_transfers WHERE credit_account = $1 AND credit_version = 4",
             "does not exist"),
        ):  # fmt: skip
            async with superuser.transaction():
                await superuser.execute(tamper, person)
            found = await _verify(databases)
            assert any(words in fault for fault in found), (words, found)
    finally:
        await superuser.close()
