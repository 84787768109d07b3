"""Follows one contract on Stacks: reorgs, finality by Bitcoin blocks, and when to halt.

A round: take a server's tip; walk its blocks back to one that is known; take back what lost; read
the contract's prints from where the log ends; and write all of it in one step. Nothing moves when
the tip goes backwards, when servers disagree, or when an answer doesn't add up. When final blocks
are gone a person must look.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from earnest.chains.errors import (
    ChainError,
    ChainHalted,
    ContractDiffers,
    FenceLost,
    HistoryIncomplete,
    NodeLagging,
    NodesDisagree,
    RpcUnavailable,
)
from earnest.chains.metrics import REORGS, TIP
from earnest.chains.rounds import LEASE_S, Round, Rounds
from earnest.chains.stacks import log
from earnest.chains.stacks.api import StacksApi
from earnest.chains.stacks.history import (
    BATCH_EVENTS,
    CONCURRENT_READS,
    ContractHistory,
    Read,
    Walk,
    walk_blocks,
)
from earnest.chains.stacks.log import Event, Point, Step, SyncStatus
from earnest.chains.stacks.wire import Block, Tip
from earnest.kit.db import Database
from earnest.kit.money import Chain

FINALITY_BURN_BLOCKS = 6
# How far back a fork point below finality is searched, in blocks that are kept.
_KEPT_BLOCKS_MAX = 100_000
_RECOUNT_PAGE = 1_000


class Numbering(Protocol):
    """A contract that numbers its prints from 1 on, and tells how many there were."""

    def number_of(self, hex: str) -> int | None:
        """The contract's own number of a print; None where it bears none."""
        ...

    async def count(self, node: StacksApi) -> int | None:
        """How many prints it counted at the tip; None where it is not deployed yet."""
        ...


class _Compared(msgspec.Struct, frozen=True):
    """How many prints agreed, what was found to differ, and a height below the difference."""

    counted: int
    found: str | None
    below: int


class StacksFollower(Rounds):
    """Follows `contract` for one indexer process.

    Where the contract numbers its prints (`numbering`), none may be missing.
    With several servers the first that answers is followed. The others must agree before a block
    is final, and none of them may still count a block that lost.
    """

    def __init__(
        self,
        database: Database,
        api: StacksApi,
        contract: str,
        *,
        finality_burn_blocks: int = FINALITY_BURN_BLOCKS,
        batch_events: int = BATCH_EVENTS,
        concurrent_reads: int = CONCURRENT_READS,
        page_limit: int = 100,
        numbering: Numbering | None = None,
        lease_s: float = LEASE_S,
    ) -> None:
        super().__init__(database, Chain.STACKS, lease_s=lease_s)
        self._numbering = numbering
        self._nodes = api.nodes
        self._contract = contract
        self._finality_burn_blocks = finality_burn_blocks
        self._batch_events = batch_events
        self._concurrent_reads = concurrent_reads
        self._page_limit = page_limit
        # What the round before found odd and left alone, to be looked at a second time.
        self._odd: object = None
        # Whoever was here before may have waited for a server, and died.
        self._final_waits = True

    async def follow_once(self) -> Round:
        """One round, with the fence held. On any error nothing was kept.

        Raises `ChainHalted`, `FenceLost`, `NodeLagging`, `NodesDisagree`, `HistoryIncomplete`,
        `RpcUnavailable`, `RpcRejected`, `ContractDiffers`, `DatabaseUnavailable`.
        """
        sync = await self._begun()
        async with self._renewing():
            try:
                node, tip = await self._head(sync)
                if self._is_known(sync, tip):
                    self._odd = None
                    await self._note_look(None)
                    return Round(0, tip.block_height, is_whole=True)
                step = await self._step(sync, node)
            except ChainError as error:
                if not isinstance(error, ChainHalted | FenceLost):
                    await self._note_look(str(error))
                raise
        async with self._database.db_tx() as db:
            added = await log.append(db, self._nonce, step)
        self._odd = None
        TIP.labels(self._chain.value).set(step.tip.height)
        if step.keep_blocks is not None:
            REORGS.labels(self._chain.value).inc()
            self._log.warning("chain_reorg", keeps_height=step.keep_blocks, rows=added)
        return Round(added, step.indexed_height, step.indexed_height == step.tip.height)

    async def _begun(self) -> SyncStatus:
        async with self._database.db_tx() as db:
            sync = await log.sync_status(db)
            if sync is None:
                await log.begin(db, self._nonce, self._contract)
                sync = await log.sync_status(db)
        if sync is None:
            raise FenceLost(chain=self._chain.value)
        if sync.contract != self._contract:
            raise ContractDiffers(known=sync.contract, configured=self._contract)
        if sync.halted_reason is not None:
            raise ChainHalted(chain=self._chain.value, reason=sync.halted_reason)
        return sync

    def _is_known(self, sync: SyncStatus, tip: Tip) -> bool:
        return (
            tip.index_block_hash == sync.tip_block_id
            and sync.indexed_height == sync.tip_height
            and sync.rewind_to is None
            and sync.permitted_rewind is None
            and not self._final_waits
        )

    async def _note_look(self, trouble: str | None) -> None:
        async with self._database.connection() as db:
            await log.note(db, self._nonce, trouble)

    async def _head(self, sync: SyncStatus) -> tuple[StacksApi, Tip]:
        """The first server that has a tip and is not behind; or the first that has a tip."""
        found: list[tuple[StacksApi, Tip]] = []
        lost: RpcUnavailable | None = None
        for node in self._nodes:
            try:
                tip = await node.head()
            except RpcUnavailable as error:
                lost = lost or error
                continue
            if sync.tip_height is None or tip.block_height >= sync.tip_height:
                return node, tip
            found.append((node, tip))
        if not found:
            raise lost or RpcUnavailable("no server")
        return found[0]

    # One step ------------------------------------------------------------------------------

    async def _step(self, sync: SyncStatus, node: StacksApi) -> Step:
        async with self._database.connection() as db:
            known = await log.counting_blocks(db, sync.final_height or 0)
        by_height = {block.height: block.index_block_hash for block in known}
        walk = await walk_blocks(node, by_height, self._finality_burn_blocks)
        joint = await self._joint(sync, node, walk, by_height)
        is_reorg = sync.tip_height is not None and joint < sync.tip_height
        standing = [block for block in known if block.height <= joint]
        fresh = [block for block in walk.blocks if block.height > joint]
        final = await self._final(sync, node, [*standing, *fresh], walk.tip)
        indexed = -1 if sync.indexed_height is None else sync.indexed_height
        keep = min(joint if is_reorg else indexed, indexed)
        if sync.rewind_to is not None:
            keep = min(keep, await self._rewind_height(sync, node, sync.rewind_to))
        history = self._history(node)
        async with self._database.connection() as db:
            newest = await log.events_at_or_below(db, keep, 1)
        counting = {block.height: block.index_block_hash for block in [*standing, *fresh]}
        try:
            read = await history.read_above(keep, newest[0] if newest else None, walk.tip, counting)
        except HistoryIncomplete as error:
            await self._look_deeper(sync, history, keep, walk.tip, error)
            raise
        await self._check_numbers(node, newest[0] if newest else None, read)
        if await node.block(walk.tip.index_block_hash) is None:
            raise HistoryIncomplete(reason="the tip lost while its story was read")
        return Step(
            tip=Point.of(walk.tip),
            final=final,
            indexed_height=read.through_height,
            keep_blocks=joint if is_reorg else None,
            keep_events=_keep_events(sync, keep, indexed),
            blocks=fresh,
            events=read.events,
        )

    async def _check_numbers(self, node: StacksApi, newest: Event | None, read: Read) -> None:
        """No print may be missing: a server that is behind with its list, or has lost it, would
        make a story final that lacks some.
        """
        if self._numbering is None:
            return
        last = 0 if newest is None else self._numbering.number_of(newest.hex)
        for event in read.events:
            number = self._numbering.number_of(event.hex)
            if number is not None and last is not None and number != last + 1:
                raise HistoryIncomplete(reason=f"print {number} comes after {last}")
            last = number
        if not read.is_whole or last is None:
            return
        counted = await self._numbering.count(node)
        if counted is not None and counted != last:
            raise HistoryIncomplete(reason=f"the contract counts {counted} prints, not {last}")

    def _history(self, node: StacksApi) -> ContractHistory:
        return ContractHistory(
            node,
            self._contract,
            page_limit=self._page_limit,
            batch_events=self._batch_events,
            concurrent_reads=self._concurrent_reads,
        )

    async def _final(
        self, sync: SyncStatus, node: StacksApi, counting: Sequence[Block], tip: Block
    ) -> Point | None:
        """The newest block that is deep enough, once every other server counts it, too."""
        deep = tip.burn_block_height - self._finality_burn_blocks
        final = [block for block in counting if block.burn_block_height <= deep]
        self._final_waits = False
        if not final or final[-1].index_block_hash == sync.final_block_id:
            return None
        for other in self._others(node):
            try:
                confirmed = await other.block(final[-1].index_block_hash) is not None
            except RpcUnavailable:
                confirmed = False
            if not confirmed:
                self._final_waits = True
                self._log.warning("chain_finality_waits", height=final[-1].height)
                return None
        return Point.of(final[-1])

    def _others(self, node: StacksApi) -> list[StacksApi]:
        return [other for other in self._nodes if other.urls != node.urls]

    # Reorgs --------------------------------------------------------------------------------

    async def _joint(
        self, sync: SyncStatus, node: StacksApi, walk: Walk, known: dict[int, str]
    ) -> int:
        """The highest known block that still counts; everything above it lost. -1: none."""
        if sync.tip_height is None:
            return -1
        if walk.joint == sync.tip_height:
            return walk.joint
        if walk.tip.height < sync.tip_height and walk.joint == walk.tip.height:
            raise NodeLagging(tip=walk.tip.height, followed=sync.tip_height)
        joint = walk.joint
        if joint is None:
            joint = await self._newest_standing(node, known, walk.tip.height)
        if joint == sync.tip_height:
            return joint
        if joint < (-1 if sync.final_height is None else sync.final_height):
            joint = await self._joint_below_finality(sync, node, walk.tip)
        await self._confirm_lost(sync, node, joint, known, walk.tip)
        await self._halt_if_final_falls(sync, joint, "blocks are gone from the chain")
        return joint

    async def _joint_below_finality(self, sync: SyncStatus, node: StacksApi, tip: Block) -> int:
        """As `_joint`, over all that is kept. A server far behind still has what is old."""
        height = min(tip.height, sync.final_height or 0)
        async with self._database.connection() as db:
            kept = await log.kept_blocks_below(db, height, _KEPT_BLOCKS_MAX)
        joint = await self._newest_standing(node, dict(kept), height)
        is_behind = tip.height < (sync.final_height or 0)
        if is_behind and (not kept or (joint == kept[0][0] and joint < tip.height)):
            raise NodeLagging(tip=tip.height, followed=sync.tip_height)
        return joint

    async def _newest_standing(
        self, node: StacksApi, known: dict[int, str], tip_height: int
    ) -> int:
        """The highest of the known blocks that the server counts, by halving; -1 when none."""
        heights = [height for height in sorted(known) if height <= tip_height]
        low, high = -1, len(heights)
        while high - low > 1:
            middle = (low + high) // 2
            if await node.block(known[heights[middle]]) is None:
                high = middle
            else:
                low = middle
        return heights[low] if low >= 0 else -1

    async def _confirm_lost(
        self, sync: SyncStatus, node: StacksApi, joint: int, known: dict[int, str], tip: Block
    ) -> None:
        """No server may still count the first block that lost.

        A branch that is not longer, and a loss below finality, are believed at the second look;
        for the latter every server must answer, and none from behind. Bitcoin does not go back:
        a shorter story with fewer Bitcoin blocks is of a server that has not heard of a reorg.
        """
        falls = sync.final_height is not None and joint < sync.final_height
        is_shorter = tip.height < (sync.tip_height or 0)
        is_earlier = tip.burn_block_height < (sync.tip_burn_height or 0)
        if falls and joint >= 0 and is_shorter and is_earlier:
            raise NodeLagging(tip=tip.height, followed=sync.tip_height)
        lost = known.get(joint + 1) or sync.final_block_id
        if lost is None:
            return
        for other in (node, *self._others(node)):
            try:
                still_counts = await other.block(lost) is not None
                reached = (await other.head()).block_height if falls else None
            except RpcUnavailable:
                if falls:
                    raise
                continue
            if still_counts:
                raise NodesDisagree(
                    chain=self._chain.value, reason=f"block {lost} lost for one, and not for all"
                )
            if reached is not None and reached < min(tip.height, sync.final_height or 0):
                raise NodeLagging(tip=reached, followed=sync.tip_height)
        if falls or (sync.tip_height is not None and tip.height <= sync.tip_height):
            self._at_second_look(
                (joint, lost),
                HistoryIncomplete(
                    reason=f"block {lost} lost to a branch that is not longer, or was final"
                ),
            )

    def _at_second_look(self, what: object, error: ChainError) -> None:
        """Returns when the round before saw the same; else remembers it and raises."""
        if self._odd != what:
            self._odd = what
            raise error

    async def _halt_if_final_falls(self, sync: SyncStatus, joint: int, what: str) -> None:
        if sync.final_height is None or joint >= sync.final_height:
            return
        if sync.permitted_rewind is not None and joint >= sync.permitted_rewind:
            return
        reason = (
            f"final {what} above height {max(joint, 0)}, and everything up to"
            f" {sync.final_height} was final"
        )
        async with self._database.connection() as db:
            await log.halt(db, self._nonce, reason, joint)
        raise ChainHalted(chain=self._chain.value, reason=reason)

    # Prints that differ from the log --------------------------------------------------------

    async def _look_deeper(
        self,
        sync: SyncStatus,
        history: ContractHistory,
        height: int,
        tip: Block,
        error: HistoryIncomplete,
    ) -> None:
        """Prints are told otherwise below what is indexed. The second time that a tip says so,
        the next round reads again from where both agree."""
        if sync.rewind_to is not None or self._odd != (tip.index_block_hash, str(error)):
            self._odd = (tip.index_block_hash, str(error))
            return
        agreed = await self._agreement(history, height)
        if agreed < height:
            async with self._database.connection() as db:
                await log.keep_recount(db, self._nonce, str(error), agreed)

    async def _rewind_height(self, sync: SyncStatus, node: StacksApi, height: int) -> int:
        """Above which height all is read again. Before final prints would fall they are held
        against the list once more: where they are all there the height was too low, or a server
        was behind when it was found.
        """
        final = sync.final_height
        may_fall = sync.permitted_rewind is not None and height >= sync.permitted_rewind
        if final is None or height >= final or may_fall:
            return height
        # In a backfill blocks are final long before their prints are read.
        read = final if sync.indexed_height is None else min(final, sync.indexed_height)
        compared = await self._compare(self._history(node), read)
        if compared.found is None:
            return read
        self._at_second_look(compared.found, HistoryIncomplete(reason=compared.found))
        await self._halt_if_final_falls(sync, height, "prints differ")
        return height

    async def _agreement(self, history: ContractHistory, height: int) -> int:
        """A height up to which log and server have the same newest print; -1: from the first on.

        Steps down ever faster, so that it may lie lower than it must.
        """
        stride, at = 1, height
        while at >= 0:
            async with self._database.connection() as db:
                events = await log.events_at_or_below(db, at, 1)
            row = await history.row_up_to(at)
            own = events[0] if events else None
            if (None if row is None else row.key) == (None if own is None else own.key):
                return at
            at = min(at, at if own is None else own.height) - stride
            stride *= 2
        return -1

    async def recount(
        self, expected: Callable[[], Awaitable[int | None]] | None = None
    ) -> str | None:
        """Holds every print in the log against the server's list; what differs, None: nothing.

        `expected` is asked how many prints the contract itself has counted at the tip. When
        something differs the next round reads again from below it. Raises as `follow_once`.
        """
        sync = await self._begun()
        if sync.indexed_height is None or sync.tip_block_id is None:
            return None
        async with self._renewing():
            node, _ = await self._head(sync)
            history = self._history(node)
            compared = await self._compare(history, sync.indexed_height)
            found = compared.found
            if found is None and expected is not None and sync.indexed_height == sync.tip_height:
                told = await expected()
                if told is not None and told != compared.counted:
                    found = f"the contract counts {told} prints, and the log has {compared.counted}"
            if (await node.head()).index_block_hash != sync.tip_block_id:
                # The chain went on meanwhile: what was compared is of two moments.
                return None
            agreed: int | None = None
            if compared.found is not None:
                agreed = await self._agreement(history, compared.below)
        if found is not None:
            self._log.error("chain_recount_differs", found=found)
        async with self._database.connection() as db:
            await log.keep_recount(db, self._nonce, found, agreed)
        return found

    async def _compare(self, history: ContractHistory, height: int) -> _Compared:
        """Goes down both lists, newest first, to the first difference."""
        counted = 0
        own = self._own_newest_first(height)
        async for row in history.newest_first(height):
            event = await anext(own, None)
            if event is None:
                return _Compared(counted, f"{row.tx_id} has a print that is not in the log", -1)
            if (event.key, event.hex) != (row.key, row.contract_log.value.hex):
                differs = f"the log has {event.tx_id} where the server has {row.tx_id}"
                return _Compared(counted, differs, event.height - 1)
            counted += 1
        extra = await anext(own, None)
        if extra is not None:
            differs = f"the log has {extra.tx_id}, which the server has not"
            return _Compared(counted, differs, extra.height - 1)
        return _Compared(counted, None, height)

    async def _own_newest_first(self, height: int) -> AsyncIterator[Event]:
        after: tuple[int, int, int] | None = None
        while True:
            async with self._database.connection() as db:
                events = await log.events_at_or_below(db, height, _RECOUNT_PAGE, offset_after=after)
            for event in events:
                yield event
            if len(events) < _RECOUNT_PAGE:
                return
            last = events[-1]
            after = (last.height, last.tx_index, last.event_index)


def _keep_events(sync: SyncStatus, keep: int, indexed: int) -> int | None:
    """Above which height events are taken back; None: none are, and nobody had asked for it."""
    if keep < indexed:
        return keep
    if sync.rewind_to is None:
        return None
    # It turned out that nothing has to fall. Blocks may be final whose prints are not read yet.
    return keep if sync.final_height is None else max(keep, sync.final_height)
