"""What `earnest up` and `earnest status` say stands still."""

from earnest.run.halts import read_halts
from tests.conftest import Databases


async def test_nothing_is_said_while_nothing_stands_still(databases: Databases) -> None:
    """A database in order, and a Stacks API that failed a moment ago."""
    owner = await databases.role("owner")
    await owner.execute("INSERT INTO stacks_sync (contract, troubled) VALUES ('ST1.escrow', true)")
    assert await read_halts(databases.owner_url, follows_stacks=True) == []


async def test_a_stacks_api_of_no_use_is_told_where_it_is_followed(databases: Databases) -> None:
    """Half a minute of failed looks are told; where projects are not offered nobody waits."""
    owner = await databases.role("owner")
    await owner.execute(
        "INSERT INTO stacks_sync (contract, troubled, looked_at)"
        " VALUES ('ST1.escrow', true, now() - interval '31 seconds')"
    )
    found = await read_halts(databases.owner_url, follows_stacks=True)
    assert found is not None
    assert len(found) == 1
    assert "earnest chain status" in found[0]
    assert await read_halts(databases.owner_url, follows_stacks=False) == []
    await owner.execute("UPDATE stacks_sync SET troubled = false")
    assert await read_halts(databases.owner_url, follows_stacks=True) == []


async def test_a_halt_is_told_with_its_reason(databases: Databases) -> None:
    """A chain whose following was stopped: what it means, and which command ends it."""
    owner = await databases.role("owner")
    await owner.execute(
        "INSERT INTO chain_cursors (chain, halted_at, halted_reason)"
        " VALUES ('stacks', now(), 'a reorg below what is final')"
    )
    found = await read_halts(databases.owner_url, follows_stacks=True)
    assert found is not None
    assert "stacks" in found[0]
    assert "a reorg below what is final" in found[0]
    assert "earnest chain resume" in found[0]


async def test_a_database_that_is_away_is_not_a_halt() -> None:
    """Nothing is claimed about what cannot be read."""
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    assert await read_halts(nowhere, follows_stacks=True) is None
