"""Makes the projection anew where it was found to differ from the contract. Run by the indexer.

First the log is held against the chain, and what it lacks is read again; then all of it is folded
again. Neither moves money, and nobody is told anything a second time.
"""

from collections.abc import Awaitable, Callable

import structlog

from earnest.chains.stacks import sync_status
from earnest.escrow.comparison.store import begin_resync, end_resync, waiting_resync
from earnest.escrow.projection.rebuild import rebuild
from earnest.kit.db import Database

log = structlog.get_logger(__name__)

# Each time the follower has read again what differed; beyond that a person has to look.
RECOUNTS_MAX = 3

Recount = Callable[[], Awaitable[str | None]]


class Resyncs:
    """Does what was asked for. `recount` holds the log against the chain and says what differs,
    None for nothing; the follower then reads that again."""

    def __init__(self, database: Database, contract: str, recount: Recount) -> None:
        self._database = database
        self._contract = contract
        self._recount = recount
        self._recounts = 0

    async def is_asked(self) -> bool:
        """Whether a request waits, and the follower is not yet to read something again."""
        async with self._database.connection() as db:
            if await waiting_resync(db, self._contract) is None:
                self._recounts = 0
                return False
            sync = await sync_status(db)
        return sync is None or sync.rewind_to is None

    async def round(self) -> bool:
        """One step of the request that waits, if one does; whether one was ended.

        Raises what `recount` raises: then nothing was learned, and the next round begins again.
        """
        async with self._database.connection() as db:
            resync = await waiting_resync(db, self._contract)
            if resync is None:
                return False
            await begin_resync(db, resync.id)
        found = await self._recount()
        self._recounts += 1
        if found is not None and self._recounts < RECOUNTS_MAX:
            return False
        rebuilt = await rebuild(self._database, self._contract)
        told = "the log is what the chain says" if found is None else f"the log differs: {found}"
        cache = "was what the log says" if rebuilt.agree else "was not what the log says"
        outcome = f"{told}; the cache {cache}, and was folded again"
        async with self._database.connection() as db:
            await end_resync(db, resync.id, outcome)
        self._recounts = 0
        tell = log.info if found is None else log.critical
        tell("escrow_resynced", contract=self._contract, number=resync.number, outcome=outcome)
        return True
