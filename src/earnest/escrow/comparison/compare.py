"""Cache against chain: is what we show what the contract says?

Compared fairly: the contract is read at a tip, and a difference counts only where the cache had
come to that very block, and no further. Before that the cache is merely *behind*. What differs is
read a second time, afresh, before anybody is told.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec
import structlog

from earnest.chains.stacks import Tip
from earnest.escrow.comparison import store as store_compare
from earnest.escrow.comparison.contract_reader import ContractReader, Reading
from earnest.escrow.comparison.metrics import COMPARISONS, MISMATCHES
from earnest.escrow.comparison.rules import (
    Difference,
    EscrowValues,
    cached_values,
    differences,
)
from earnest.escrow.comparison.store import CacheMoment, ask_resync, read_cache
from earnest.kit.db import Database
from earnest.kit.events import append_event
from earnest.notifications import NotificationKind, notify

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    """What a comparison came to."""

    AGREE = "agree"
    BEHIND = "behind"  # the cache has not come to the block at which the contract was read
    DIFFER = "differ"


class FoundBy(StrEnum):
    """Who made the comparison."""

    REQUEST = "request"
    SWEEP = "sweep"
    RECOUNT = "recount"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of one project, and whether they agree. Heights are those of the chain's side."""

    number: int
    verdict: Verdict
    tip: Tip
    indexed_height: int | None
    chain: EscrowValues | None
    cached: EscrowValues | None
    differences: list[Difference]
    chain_event_count: int
    cached_event_count: int


async def compare(database: Database, reader: ContractReader, number: int) -> Comparison:
    """Holds one project's live view against the contract. Moves nothing."""
    found = await _compare_once(database, reader, await reader.read(number))
    if found.verdict is not Verdict.AGREE:
        # What was kept may be older than the cache by now, and a server may have been behind.
        found = await _compare_once(database, reader, await reader.read(number, fresh=True))
    COMPARISONS.labels(found.verdict.value).inc()
    return found


async def compare_counts(database: Database, reader: ContractReader) -> tuple[Verdict, int, int]:
    """Holds the contract's own count of its events against the last one folded: both, too."""
    tip, on_chain = await reader.event_count()
    cache = await read_cache(database, reader.contract, None, tip.block_height)
    verdict = Verdict.AGREE
    if cache.event_count != on_chain:
        verdict = Verdict.DIFFER if _is_at(cache, tip) else Verdict.BEHIND
    async with database.connection() as db:
        await store_compare.keep_count(
            db, reader.contract, on_chain=on_chain, in_cache=cache.event_count
        )
    return verdict, on_chain, cache.event_count


async def report(
    database: Database,
    contract: str,
    found_by: FoundBy,
    *,
    number: int | None,
    found: Sequence[Difference],
    operators: Sequence[UUID],
) -> bool:
    """Asks for a re-sync, counts, and tells the operators; False where one is asked already."""
    MISMATCHES.labels(found_by.value).inc()
    subject = f"escrow:{contract}" if number is None else f"escrow:{contract}:{number}"
    data = {
        "contract": contract,
        "number": number,
        "foundBy": found_by.value,
        "differences": msgspec.to_builtins(found),
    }
    async with database.db_tx() as db_tx:
        asked = await ask_resync(db_tx, contract, found_by.value, number, found)
        if asked:
            await append_event(db_tx, "escrow_cache_differed", subject, data)
            resync = await store_compare.waiting_resync(db_tx, contract)
            await notify(
                db_tx,
                to=operators,
                kind=NotificationKind.ESCROW_CACHE_DIFFERED,
                subject=subject,
                data={"contract": contract, "number": number, "count": len(found)},
                key=f"escrow_cache_differed:{resync.id if resync else 0}",
            )
    if asked:
        log.critical(
            "escrow_cache_differs",
            contract=contract,
            number=number,
            found_by=found_by.value,
            differences=[f"{e.path}: chain {e.chain}, cache {e.cached}" for e in found[:10]],
            means="the projection is made anew from the chain",
        )
    return asked


async def _compare_once(database: Database, reader: ContractReader, reading: Reading) -> Comparison:
    cache = await read_cache(database, reader.contract, reading.number, reading.tip.block_height)
    cached = cached_values(cache.state) if cache.state is not None else None
    found = differences(reading.values, cached)
    verdict = Verdict.AGREE
    if found:
        verdict = Verdict.DIFFER if _is_at(cache, reading.tip) else Verdict.BEHIND
    return Comparison(
        number=reading.number,
        verdict=verdict,
        tip=reading.tip,
        indexed_height=cache.sync.indexed_height if cache.sync else None,
        chain=reading.values,
        cached=cached,
        differences=found,
        chain_event_count=reading.event_count,
        cached_event_count=cache.event_count,
    )


def _is_at(cache: CacheMoment, tip: Tip) -> bool:
    """Whether the cache is what follows from the chain up to this very block, and no further."""
    return (
        cache.sync is not None
        and cache.sync.halted_reason is None
        and cache.folded
        and cache.sync.indexed_height is not None
        and cache.sync.indexed_height >= tip.block_height
        and cache.block_id == tip.index_block_hash
        and cache.newest_height <= tip.block_height
    )
