"""Finding accounts by the beginning of an address or of an id."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from earnest.accounts import find_by_id, list_newest, search_accounts
from earnest.kit.db import Database
from tests.conftest import Databases

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ADA, BOB, EVE = (
    UUID("aaaa0000-0000-0000-0000-000000000001"),
    UUID("aaab0000-0000-0000-0000-000000000002"),
    UUID("beef0000-0000-0000-0000-000000000003"),
)
SOLANA = "9vQeMxYJ8pEeZ1u9q3oB1cYkqk8h1T5m7r2w3Zz4aBcD"
STACKS = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
STACKS_TEST = "ST2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQVX8X0G"
EVM = "0x00000000219ab540356cBB839Cbe05303d7705Fa"


@pytest.fixture
async def api(databases: Databases) -> Database:
    """Three accounts with a wallet of each chain."""
    owner = await databases.role("owner")
    wallets = (
        (ADA, "solana", SOLANA, SOLANA),
        (BOB, "stacks", STACKS, STACKS_TEST),
        (EVE, "evm", EVM.lower(), EVM),
    )
    for days, (account, chain, identity, address) in enumerate(wallets):
        at = BEGAN + timedelta(days=days)
        await owner.execute("INSERT INTO accounts VALUES ($1, $2)", account, at)
        await owner.execute(
            "INSERT INTO account_addresses VALUES ($1, $2, $3, $4, $5)",
            chain,
            identity,
            account,
            address,
            at,
        )
    return await databases.role("api")


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        ("aaa", [ADA, BOB]),
        ("aaab", [BOB]),
        ("AAAB0000-0000", [BOB]),
        (str(EVE), [EVE]),
        (SOLANA[:5], [ADA]),
        (SOLANA, [ADA]),
        (SOLANA[:5].lower(), []),
        (STACKS_TEST, [BOB]),
        (STACKS, [BOB]),
        (STACKS_TEST[:6], [BOB]),
        (EVM, [EVE]),
        (EVM.lower(), [EVE]),
        (EVM[:12].lower(), [EVE]),
        (EVM[:12].upper(), [EVE]),
        ("zzz", []),
    ],
)
async def test_a_beginning_finds(api: Database, beginning: str, expected: list[UUID]) -> None:
    """Ids and EVM addresses in any case, base58 letter by letter, a Stacks address on each net."""
    async with api.connection() as db:
        found = await search_accounts(db, beginning, after=None, limit=10)
    assert [each.id for each in found] == expected


async def test_pages_neither_skip_nor_repeat(api: Database) -> None:
    """Found ones page by id, all of them by age; one account has its wallets with it."""
    async with api.connection() as db:
        (first,) = await search_accounts(db, "aaa", after=None, limit=1)
        (second,) = await search_accounts(db, "aaa", after=first.id, limit=1)
        newest = await list_newest(db, before=None, limit=2)
        rest = await list_newest(db, before=(newest[-1].created_at, newest[-1].id), limit=2)
        ada = await find_by_id(db, ADA)
        assert await find_by_id(db, UUID(int=0)) is None
    assert [first.id, second.id] == [ADA, BOB]
    assert [each.id for each in newest + rest] == [EVE, BOB, ADA]
    assert ada is not None
    assert [wallet.address for wallet in ada.addresses] == [SOLANA]
