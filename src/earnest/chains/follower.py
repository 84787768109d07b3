"""Follows one chain: the same rounds for years of backfill and for the last second.

A round: take the head, read every stream from where it stands up to that head, append the facts
and move the cursors in one database transaction that only the holder of the fence can commit.
Whatever goes wrong in a round, nothing of it is kept, and the next begins at the same place.
"""

from collections.abc import Awaitable, Callable, Sequence

from earnest.chains import store
from earnest.chains.errors import (
    ChainHalted,
    FactDiffers,
    GenesisDiffers,
    HistoryIncomplete,
    NodeLagging,
)
from earnest.chains.facts import FactKind, Stream
from earnest.chains.ports import ChainPort, Head, TxState
from earnest.chains.rounds import LEASE_S, Round, Rounds
from earnest.chains.store import ChainCursor
from earnest.kit.db import Database

# How far behind the tip a logged fact must lie before its absence means anything.
_SETTLED_SLOTS = 64

StreamSource = Callable[[], Awaitable[Sequence[Stream]]]


class Follower(Rounds):
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
        super().__init__(database, port.chain, lease_s=lease_s)
        self._port = port
        self._streams = streams

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
