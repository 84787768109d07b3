"""`ledger_transfer_batch` does what its transfers would do one by one."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from earnest.kit.db import Connection, Database
from earnest.kit.errors import EarnestError
from earnest.kit.ids import new_id
from earnest.ledger import BalanceTooSmall, TransferDiffers, verify_ledger
from earnest.ledger.errors import AssetsDifferInTransfer, TransferIsVoid
from tests.conftest import Databases

A, B, C, D = (UUID(int=n) for n in range(1, 5))
Move = tuple[UUID, str, str, int]


@pytest.fixture
async def owner(databases: Databases) -> Database:
    """A ledger in which the house holds 1,000 for `ann` and 10 for `bob`."""
    database = await databases.role("owner")
    async with database.db_tx() as db:
        for name, type, asset in (
            ("house", "asset", "SOL"), ("ann", "liability", "SOL"), ("bob", "liability", "SOL"),
            ("fees", "income", "SOL"), ("dollars", "liability", "USDC"),
        ):  # fmt: skip
            await db.execute("SELECT ledger_account($1, $2, $3)", name, type, asset)
        assert await _post(db, [(new_id(), "house", "ann", 1_000), (new_id(), "house", "bob", 10)])
    return database


async def _accounts(db: Connection) -> dict[str, int]:
    return {r["name"]: r["id"] for r in await db.fetch("SELECT name, id FROM ledger_accounts")}


async def _post(db: Connection, moves: Sequence[Move]) -> int:
    ids = await _accounts(db)
    posted: int = await db.fetchval(
        "SELECT ledger_transfer_batch($1, $2, $3, $4, 'k', 's')",
        [move[0] for move in moves],
        [ids[move[1]] for move in moves],
        [ids[move[2]] for move in moves],
        [move[3] for move in moves],
    )
    return posted


async def _post_singly(db: Connection, moves: Sequence[Move]) -> int:
    ids = await _accounts(db)
    posted = [
        await db.fetchval(
            "SELECT ledger_transfer($1, $2, $3, $4, 'k', 's')",
            move[0], ids[move[1]], ids[move[2]], move[3],
        )
        for move in moves
    ]  # fmt: skip
    return sum(posted)


async def _ledger(db: Connection) -> list[tuple[object, ...]]:
    heads = await db.fetch("SELECT name, balance, version, head FROM ledger_accounts ORDER BY id")
    rows = await db.fetch(
        "SELECT id, debit_version, credit_version, debit_hash, credit_hash FROM ledger_transfers"
        " ORDER BY id"
    )
    return [tuple(row) for row in [*heads, *rows]]


GOOD: dict[str, list[Move]] = {
    "nothing": [],
    "one account in all": [(A, "ann", "bob", 5), (B, "ann", "fees", 7), (C, "ann", "bob", 1)],
    "there and back": [(A, "ann", "bob", 900), (B, "bob", "ann", 905), (C, "ann", "bob", 1)],
    "money that arrives first": [(A, "ann", "fees", 50), (B, "fees", "bob", 50)],
    "the same transfer twice": [(A, "ann", "bob", 5), (A, "ann", "bob", 5), (B, "ann", "bob", 6)],
    "down to nothing": [(A, "ann", "bob", 1_000), (B, "bob", "house", 1_010)],
}  # fmt: skip


@pytest.mark.parametrize("moves", GOOD.values(), ids=GOOD.keys())
async def test_batch_leaves_the_rows_of_its_transfers(owner: Database, moves: list[Move]) -> None:
    """The same balances, versions and hashes, the same count; a repeat changes nothing more."""
    found = []
    for post, end in ((_post_singly, "ROLLBACK"), (_post, "COMMIT")):
        async with owner.connection() as db:
            await db.execute("BEGIN")
            count, again = await post(db, moves), await post(db, moves)
            found.append((count, again, await _ledger(db)))
            await db.execute(end)
    assert found[0] == found[1]
    assert found[0][1] == 0
    async with owner.connection() as db:
        assert (await verify_ledger(db)).faults == []  # type: ignore[arg-type]


BAD: dict[str, tuple[list[Move], type[EarnestError]]] = {
    "too much in the middle": (
        [(A, "ann", "bob", 1), (B, "bob", "ann", 12), (C, "ann", "bob", 50)],
        BalanceTooSmall,
    ),
    "one id, two amounts": ([(A, "ann", "bob", 1), (A, "ann", "bob", 2)], TransferDiffers),
    "nothing moved": ([(A, "ann", "bob", 1), (B, "ann", "bob", 0)], TransferIsVoid),
    "to itself": ([(A, "ann", "bob", 1), (B, "ann", "ann", 1)], TransferIsVoid),
    "another asset": ([(A, "ann", "bob", 1), (B, "ann", "dollars", 1)], AssetsDifferInTransfer),
}


@pytest.mark.parametrize(("moves", "error"), BAD.values(), ids=BAD.keys())
async def test_batch_is_refused_whole(
    owner: Database, moves: list[Move], error: type[EarnestError]
) -> None:
    """The reason is the one that the transfer by itself would have, and nothing is posted."""
    async with owner.connection() as db:
        before = await _ledger(db)
    for post in (_post_singly, _post):
        with pytest.raises(error):
            async with owner.db_tx() as db_tx:
                await post(db_tx, moves)
    async with owner.connection() as db:
        assert await _ledger(db) == before
