"""What `earnest up` asks before it goes on: do database, chains and keys belong together?"""

from pathlib import Path
from typing import Any

import pytest

from earnest.run.embedded.state_dir import StateDir
from earnest.run.errors import ChainReplaced
from earnest.run.history import check_history
from tests.conftest import Databases

OURS = "ST2FC7B8H6A404TAZ1Q0KWPYAYA5J476325GJ1BHC.escrow-multi-token"
OTHER = "ST000000000000000000002AMW42H.escrow-multi-token"


async def asked(databases: Databases, state_dir: Path, **facts: Any) -> None:
    """The question with everything in order but `facts`."""
    usual: dict[str, Any] = {
        "treasury": "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
        "key_file": state_dir / "key.json",
        "solana_genesis": None,
        "stacks_is_new": False,
        "stacks_contract": OURS,
    }
    await check_history(databases.owner_url, StateDir(state_dir), **{**usual, **facts})


async def test_a_database_that_followed_nothing_goes_with_any_chain(
    databases: Databases, state_dir: Path
) -> None:
    """A first start, and a Stacks chain that is new beside a database that never saw one."""
    await asked(databases, state_dir, stacks_is_new=True)
    await asked(databases, state_dir)


async def test_another_stacks_chain_than_the_followed_one_is_refused(
    databases: Databases, state_dir: Path
) -> None:
    """A chain that begins anew, or has another contract: the folder is named; the same one, one
    that is not ours, and none at all go on."""
    owner = await databases.role("owner")
    await owner.execute("INSERT INTO stacks_sync (contract) VALUES ($1)", OURS)
    for facts in ({"stacks_is_new": True}, {"stacks_contract": OTHER}):
        with pytest.raises(ChainReplaced, match=str(state_dir / "stacks")):
            await asked(databases, state_dir, **facts)
    await asked(databases, state_dir)
    await asked(databases, state_dir, stacks_contract=None, stacks_is_new=True)
