"""What stands still, or waits for others, told in a sentence each."""

# A single failed look at a public API says nothing.
_STACKS_SILENT_S = 30.0


async def read_halts(owner_url: str, *, follows_stacks: bool) -> list[str] | None:
    """A sentence for each halt that only a person ends, and one while a Stacks API that should be
    followed is of no use; None when the database is away."""
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
            is_silent = follows_stacks and await connection.fetchval(
                "SELECT EXISTS (SELECT FROM earnest.stacks_sync WHERE troubled AND"
                " coalesce(looked_at, begun_at) < clock_timestamp() - make_interval(secs => $1))",
                _STACKS_SILENT_S,
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
    awaited = [
        "The Stacks API has been of no use for a while: `earnest chain status` says why. Until it "
        "answers, escrows are shown as they were; no money is lost."
    ]
    return halted + stopped + (awaited if is_silent else [])
