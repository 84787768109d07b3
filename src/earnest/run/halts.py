"""What stands still until a person ends it, told in a sentence each."""


async def read_halts(owner_url: str) -> list[str] | None:
    """A sentence for each halt that only a person ends; None when the database is away."""
    import asyncpg

    try:
        connection = await asyncpg.connect(owner_url, timeout=3.0)
        try:
            chains = await connection.fetch(
                "SELECT chain, halted_reason FROM earnest.chain_cursors"
                " WHERE halted_reason IS NOT NULL ORDER BY chain"
            )
            codes = await connection.fetch(
                "SELECT code FROM earnest.payout_halts WHERE cleared_at IS NULL ORDER BY at"
            )
        finally:
            await connection.close()
    except (asyncpg.PostgresError, OSError, TimeoutError):
        return None
    halted = [
        f"Nothing that happens on {row['chain']} is posted: {row['halted_reason']}. Once you "
        "know why: earnest chain resume."
        for row in chains
    ]
    stopped = [
        f"Nothing is paid out: {row['code']}. `earnest payouts stuck` says more." for row in codes
    ]
    return halted + stopped
