"""The indexer's loops for Stacks: following the contract, folding what it prints, and counting its
prints every night, or sooner where the fold misses one."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from earnest import escrow
from earnest.chains import ChainError
from earnest.chains.stacks import StacksApi, sync_status
from earnest.chains.stacks.follower import StacksFollower
from earnest.chains.stacks.wake import wake_on_blocks
from earnest.escrow import EscrowNumbering
from earnest.kit.clock import SystemClock
from earnest.kit.db import Database
from earnest.kit.settings import Settings
from earnest.run.loops import forever

log = structlog.get_logger(__name__)

_RECOUNT_AGE = timedelta(hours=24)
_RECOUNT_LOOK_S = 300.0
_FOLD_IDLE_S = 0.1
_RESYNC_LOOK_S = 2.0


def stacks_api(settings: Settings, *, timeout_s: float = 15.0, attempts: int = 4) -> StacksApi:
    """A client of the configured servers. Close it, or use it as a context."""
    return StacksApi(
        settings.stacks_api_url,
        key=settings.stacks_api_key,
        key_header=settings.stacks_api_key_header,
        timeout_s=timeout_s,
        attempts=attempts,
    )


@asynccontextmanager
async def asking_contract(
    settings: Settings, *, timeout_s: float = 15.0, attempts: int = 4
) -> AsyncIterator[escrow.ContractReader | None]:
    """Whoever asks the escrow contract itself; None where no server or contract is configured."""
    if not (settings.stacks_api_url and settings.stacks_contract):
        yield None
        return
    async with stacks_api(settings, timeout_s=timeout_s, attempts=attempts) as api:
        yield escrow.ContractReader(api, settings.stacks_contract)


def follow_stacks(
    settings: Settings, database: Database, stop: asyncio.Event
) -> list[Coroutine[None, None, None]]:
    """The loops that follow the contract; none where no server or no contract is configured."""
    if not (settings.stacks_api_url and settings.stacks_contract):
        return []
    return [_follow(settings, database, stop)]


async def _follow(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    async with stacks_api(settings) as api:
        follower = StacksFollower(
            database,
            api,
            settings.stacks_contract,
            finality_burn_blocks=settings.stacks_finality_burn_blocks,
            numbering=EscrowNumbering(settings.stacks_contract),
        )
        wake = asyncio.Event()
        projector = escrow.Projector(database, settings.stacks_contract)

        async def fold() -> None:
            await projector.catch_up(stop)

        async def recount_when_due() -> None:
            async with database.connection() as db:
                status = await sync_status(db)
                folded = await escrow.cursor_of(db, settings.stacks_contract)
            if status is None or status.halted_reason is not None or status.indexed_height is None:
                return
            recounted_at = status.recounted_at or status.begun_at
            is_missing = folded.missing_live is not None or folded.missing_final is not None
            differs = status.recount_found is not None or is_missing
            if not differs and SystemClock().now() - recounted_at < _RECOUNT_AGE:
                return
            try:
                if await follower.take_fence():
                    await follower.recount()
            except ChainError as error:
                # Following it meets the same trouble, and tells it where people look.
                log.warning("recount_put_off", reason=str(error))

        resyncs = escrow.Resyncs(database, settings.stacks_contract, follower.recount)

        async def resync_when_asked() -> None:
            try:
                if await resyncs.is_asked() and await follower.take_fence():
                    await resyncs.round()
            except ChainError as error:
                log.warning("resync_put_off", reason=str(error))

        hearing = (
            [wake_on_blocks(settings.stacks_ws_url, wake, stop)] if settings.stacks_ws_url else []
        )
        await asyncio.gather(
            *hearing,
            follower.run(stop, poll_s=settings.stacks_poll_s, wake=wake),
            forever("escrow", fold, _FOLD_IDLE_S, stop),
            forever("recount", recount_when_due, _RECOUNT_LOOK_S, stop),
            forever("resync", resync_when_asked, _RESYNC_LOOK_S, stop),
        )
