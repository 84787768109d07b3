"""Whether database, chains and keys are those that belong together, asked before anything moves."""

from pathlib import Path

from earnest.run.embedded.state_dir import StateDir
from earnest.run.errors import ChainReplaced, TreasuryDiffers


async def check_history(
    owner_url: str,
    state_dir: StateDir,
    *,
    treasury: str,
    key_file: Path,
    solana_genesis: str | None,
    stacks_is_new: bool,
    stacks_contract: str | None,
) -> None:
    """Raises `ChainReplaced` or `TreasuryDiffers`.

    `solana_genesis` is None where the Solana chain is not our own. `stacks_is_new` says that our
    own Stacks chain begins with this start; `stacks_contract` is the one that is deployed on it,
    and so names the chain: its deployer's key is made with it. None where that chain is not ours.
    """
    import asyncpg

    connection = await asyncpg.connect(owner_url)
    try:
        genesis_hash = await connection.fetchval(
            "SELECT genesis_hash FROM earnest.chain_cursors WHERE chain = 'solana'"
        )
        followed = await connection.fetchval("SELECT contract FROM earnest.stacks_sync")
        owner = await connection.fetchval(
            "SELECT owner FROM earnest.treasury_accounts WHERE chain = 'solana' LIMIT 1"
        )
    finally:
        await connection.close()
    if solana_genesis and genesis_hash not in (None, solana_genesis):
        raise ChainReplaced(state_dir=state_dir.root, chain_dir=state_dir.chain)
    is_other = stacks_is_new or followed != stacks_contract
    if stacks_contract and followed is not None and is_other:
        raise ChainReplaced(state_dir=state_dir.root, chain_dir=state_dir.stacks)
    if owner not in (None, treasury):
        raise TreasuryDiffers(found=treasury, known=owner, key_file=key_file)
