"""What following any chain has in common: a fence, rounds until told to stop, and a halt.

A round either writes all that it found, with its cursor, in one database transaction that only the
holder of the fence can commit, or nothing. Whatever goes wrong, the next begins at the same place.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import structlog

from earnest.chains import store
from earnest.chains.errors import (
    ChainHalted,
    ContractDiffers,
    FenceLost,
    HistoryIncomplete,
    NodeLagging,
    NodesDisagree,
    RpcRejected,
    RpcUnavailable,
)
from earnest.chains.metrics import FOLLOWED, HALTED, TROUBLED
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.ids import new_id
from earnest.kit.money import Chain

log = structlog.get_logger(__name__)

LEASE_S = 5.0
PAUSE_S_MAX = 30.0
_WAITED_OUT = (
    ChainHalted,
    ContractDiffers,
    DatabaseUnavailable,
    FenceLost,
    HistoryIncomplete,
    NodeLagging,
    NodesDisagree,
    RpcRejected,
    RpcUnavailable,
)


class Round(msgspec.Struct, frozen=True):
    """What a round did: facts that were new, and the slot up to which all is known."""

    added: int
    through_slot: int
    is_whole: bool


class Rounds(ABC):
    """Follows a chain for one indexer process.

    Any number may run: one holds the fence, the others stand by until its lease lapses.
    """

    def __init__(self, database: Database, chain: Chain, *, lease_s: float = LEASE_S) -> None:
        self._database = database
        self._chain = chain
        self._lease_s = lease_s
        self._nonce: UUID = new_id()
        self._log = log.bind(chain=chain.value)

    @abstractmethod
    async def follow_once(self) -> Round:
        """One round, with the fence held. On any error nothing was kept."""

    async def take_fence(self) -> bool:
        """Takes or renews the fence; False while another indexer follows the chain."""
        async with self._database.connection() as db:
            return await store.take_fence(db, self._chain, self._nonce, self._lease_s)

    async def release_fence(self) -> None:
        """Lets a standing-by indexer go on at once."""
        async with self._database.connection() as db:
            await store.release_fence(db, self._chain, self._nonce)

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
                    raise FenceLost(chain=self._chain.value)
                done = await self.follow_once()
                pause_s = poll_s if done.is_whole else 0.0
                if done.added:
                    self._log.info("chain_followed", added=done.added, slot=done.through_slot)
                if trouble is not None:
                    self._log.info("chain_follows_again", slot=done.through_slot)
                trouble = None
                self._tell(done, None)
            except _WAITED_OUT as error:
                self._tell(None, error)
                if str(error) != trouble:
                    trouble = str(error)
                    self._note(error)
                pause_s = self._pause_after(error, pause_s, poll_s)
            except Exception as error:
                # A fault of ours must not end the other loops of the process.
                self._tell(None, error)
                if str(error) != trouble:
                    trouble = str(error)
                    log.exception("chain_round_failed", chain=self._chain.value)
                pause_s = self._pause_after(error, pause_s, poll_s)
            await _wait(stop, wake, pause_s)
        with contextlib.suppress(DatabaseUnavailable):
            await self.release_fence()

    def _pause_after(self, error: Exception, pause_s: float, poll_s: float) -> float:
        if isinstance(error, FenceLost | ChainHalted):
            return poll_s
        if isinstance(error, RpcUnavailable) and error.retry_after_s is not None:
            return error.retry_after_s
        return min(max(pause_s, poll_s) * 2, max(poll_s, PAUSE_S_MAX, 0.1))

    def _tell(self, done: Round | None, error: Exception | None) -> None:
        """Figures. Standing by for another indexer is no trouble, and no news either."""
        if isinstance(error, FenceLost):
            return
        HALTED.labels(self._chain.value).set(isinstance(error, ChainHalted))
        TROUBLED.labels(self._chain.value).set(error is not None)
        if done is not None:
            FOLLOWED.labels(self._chain.value).set(done.through_slot)

    def _note(self, error: Exception) -> None:
        name = type(error).__name__
        if isinstance(error, ChainHalted):
            self._log.critical("chain_halted", reason=str(error))
        elif isinstance(error, FenceLost):
            self._log.info("chain_standing_by")
        elif isinstance(error, HistoryIncomplete | NodesDisagree | ContractDiffers):
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


async def _wait(stop: asyncio.Event, wake: asyncio.Event | None, pause_s: float) -> None:
    """Returns after `pause_s`, or at once on `stop` or `wake`."""
    events = [event for event in (stop, wake) if event is not None]
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    if wake is not None:
        wake.clear()
