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
) -> None:
    """Raises `ChainReplaced` or `TreasuryDiffers`.

    `solana_genesis` is None where the Solana chain is not our own; `stacks_is_new` says that our
    own Stacks chain begins with this start.
    """
    import asyncpg

    connection = await asyncpg.connect(owner_url)
    try:
        cursors = await connection.fetch(
            "SELECT chain, genesis_hash FROM earnest.chain_cursors WHERE genesis_hash IS NOT NULL"
        )
        owner = await connection.fetchval(
            "SELECT owner FROM earnest.treasury_accounts WHERE chain = 'solana' LIMIT 1"
        )
    finally:
        await connection.close()
    genesis_of = {row["chain"]: row["genesis_hash"] for row in cursors}
    if solana_genesis and genesis_of.get("solana") not in (None, solana_genesis):
        raise ChainReplaced(state_dir=state_dir.root, chain_dir=state_dir.chain)
    if stacks_is_new and "stacks" in genesis_of:
        raise ChainReplaced(state_dir=state_dir.root, chain_dir=state_dir.stacks)
    if owner not in (None, treasury):
        raise TreasuryDiffers(found=treasury, known=owner, key_file=key_file)
