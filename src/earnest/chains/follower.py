"""Follows one chain: the same rounds for years of backfill and for the last second.

A round: take the head, read every stream from where it stands up to that head, append the facts
and move the cursors in one database transaction that only the holder of the fence can commit.
Whatever goes wrong in a round, nothing of it is kept, and the next begins at the same place.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import structlog

from earnest.chains import store
from earnest.chains.errors import (
    ChainHalted,
    FactDiffers,
    FenceLost,
    GenesisDiffers,
    HistoryIncomplete,
    NodeLagging,
    RpcRejected,
    RpcUnavailable,
)
from earnest.chains.facts import FactKind, Stream
from earnest.chains.ports import ChainPort, Head, TxState
from earnest.chains.store import ChainCursor
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.ids import new_id

log = structlog.get_logger(__name__)

LEASE_S = 5.0
PAUSE_S_MAX = 30.0
# How far behind the tip a logged fact must lie before its absence means anything.
_SETTLED_SLOTS = 64

StreamSource = Callable[[], Awaitable[Sequence[Stream]]]


class Round(msgspec.Struct, frozen=True):
    """What a round did: facts that were new, and the slot up to which all is known."""

    added: int
    through_slot: int
    is_whole: bool


class Follower:
    """Follows `port`'s chain for one indexer process.

    Any number may run: one holds the fence, the others stand by until its lease lapses.
    `streams` is asked before every round, so that new accounts are taken up while it runs.
    """

    def __init__(
        self,
        database: Database,
        port: ChainPort,
        streams: StreamSource,
        *,
        lease_s: float = LEASE_S,
    ) -> None:
        self._database = database
        self._port = port
        self._streams = streams
        self._lease_s = lease_s
        self._nonce: UUID = new_id()
        self._log = log.bind(chain=port.chain.value)

    async def take_fence(self) -> bool:
        """Takes or renews the fence; False while another indexer follows the chain."""
        async with self._database.connection() as db:
            return await store.take_fence(db, self._port.chain, self._nonce, self._lease_s)

    async def release_fence(self) -> None:
        """Lets a standing-by indexer go on at once."""
        async with self._database.connection() as db:
            await store.release_fence(db, self._port.chain, self._nonce)

    async def follow_once(self) -> Round:
        """One round, with the fence held. On any error nothing was kept.

        Raises `ChainHalted`, `FenceLost`, `NodeLagging`, `HistoryIncomplete`, `RpcUnavailable`,
        `DatabaseUnavailable`. What only a person can judge halts the chain and is `ChainHalted`.
        """
        chain = self._port.chain
        async with self._database.connection() as db:
            cursor = await store.cursor_of(db, chain)
            positions = await store.positions_of(db, chain)
        if cursor.halted_reason is not None:
            raise ChainHalted(chain=chain.value, reason=cursor.halted_reason)
        async with self._renewing():
            head = await self._port.head()
            await self._check_head(cursor, head)
            streams = await self._streams()
            try:
                batch = await self._port.facts_since(streams, positions, head)
            except HistoryIncomplete:
                await self._halt_if_lost([each.newest_tx_id for each in positions.values()], head)
                raise
        at = head if batch.is_whole else _part_way(cursor, head, batch.through_slot)
        try:
            async with self._database.db_tx() as db:
                added = await store.append_facts(
                    db,
                    chain,
                    self._nonce,
                    kind=FactKind.FINAL,
                    facts=batch.facts,
                    at=at,
                    positions=batch.positions,
                )
        except (FactDiffers, GenesisDiffers) as error:
            raise await self._halted(str(error)) from error
        return Round(added, batch.through_slot, batch.is_whole)

    async def run(
        self, stop: asyncio.Event, *, poll_s: float, wake: asyncio.Event | None = None
    ) -> None:
        """Rounds until `stop`: every `poll_s`, at once while there is a backlog or on `wake`.

        Standing by, a lagging node, a lost database and a halt are waited out, and logged when
        they begin.
        """
        trouble: str | None = None
        pause_s = poll_s
        while not stop.is_set():
            try:
                if not await self.take_fence():
                    raise FenceLost(chain=self._port.chain.value)
                done = await self.follow_once()
                pause_s = poll_s if done.is_whole else 0.0
                if done.added:
                    self._log.info("chain_followed", added=done.added, slot=done.through_slot)
                if trouble is not None:
                    self._log.info("chain_follows_again", slot=done.through_slot)
                trouble = None
            except (
                ChainHalted,
                DatabaseUnavailable,
                FenceLost,
                HistoryIncomplete,
                NodeLagging,
                RpcRejected,
                RpcUnavailable,
            ) as error:
                if str(error) != trouble:
                    trouble = str(error)
                    self._note(error)
                pause_s = min(max(pause_s, poll_s) * 2, max(poll_s, PAUSE_S_MAX, 0.1))
                if isinstance(error, FenceLost | ChainHalted):
                    pause_s = poll_s
            await _wait(stop, wake, pause_s)
        with contextlib.suppress(DatabaseUnavailable):
            await self.release_fence()

    def _note(self, error: Exception) -> None:
        name = type(error).__name__
        if isinstance(error, ChainHalted):
            self._log.critical("chain_halted", reason=str(error))
        elif isinstance(error, FenceLost):
            self._log.info("chain_standing_by")
        elif isinstance(error, HistoryIncomplete):
            self._log.error("chain_not_advancing", error=name, reason=str(error))
        else:
            self._log.warning("chain_not_advancing", error=name, reason=str(error))

    @asynccontextmanager
    async def _renewing(self) -> AsyncIterator[None]:
        """Keeps the lease alive while a round waits for the node."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._lease_s / 3)
                with contextlib.suppress(DatabaseUnavailable):
                    await self.take_fence()

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _check_head(self, cursor: ChainCursor, head: Head) -> None:
        if cursor.genesis_hash is not None and cursor.genesis_hash != head.genesis_hash:
            differs = GenesisDiffers(
                chain=self._port.chain.value, known=cursor.genesis_hash, found=head.genesis_hash
            )
            raise await self._halted(str(differs))
        if cursor.followed_slot is not None and head.slot < cursor.followed_slot:
            await self._halt_if_settled_fact_lost(head)
            raise NodeLagging(tip=head.slot, followed=cursor.followed_slot)

    async def _halt_if_settled_fact_lost(self, head: Head) -> None:
        """A lagging node still has what is old. One that was reset has not."""
        async with self._database.connection() as db:
            known = await store.newest_fact_up_to(db, self._port.chain, head.slot - _SETTLED_SLOTS)
        if known is not None:
            await self._halt_if_lost([known.chain_tx.tx_id], head)

    async def _halt_if_lost(self, tx_ids: Sequence[str | None], head: Head) -> None:
        """Halts when two sources, both at the head, deny a chain_tx that was final."""
        for tx_id in tx_ids:
            if tx_id is None:
                continue
            finality = await self._port.finality(tx_id, min_slot=head.slot)
            if finality.state is TxState.ABSENT:
                raise await self._halted(f"the final chain_tx {tx_id} is gone from the chain")

    async def _halted(self, why: str) -> ChainHalted:
        # It stands within sentences of others.
        reason = why.rstrip(".")
        async with self._database.connection() as db:
            await store.halt_chain(db, self._port.chain, self._nonce, reason)
        return ChainHalted(chain=self._port.chain.value, reason=reason)


def _part_way(cursor: ChainCursor, head: Head, through_slot: int) -> Head:
    """A point before the head. Its height and time are not known, so the last known ones stay."""
    time = cursor.followed_time
    return Head(
        genesis_hash=head.genesis_hash,
        slot=through_slot,
        block_height=cursor.followed_block_height or 0,
        block_time=None if time is None else int(time.timestamp()),
    )


async def _wait(stop: asyncio.Event, wake: asyncio.Event | None, pause_s: float) -> None:
    """Returns after `pause_s`, or at once on `stop` or `wake`."""
    events = [event for event in (stop, wake) if event is not None]
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    if wake is not None:
        wake.clear()
