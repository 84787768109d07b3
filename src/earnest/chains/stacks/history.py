"""Reads one server's story of the chain and of one contract, and takes nothing that doesn't add up.

Blocks must follow one another by their parents' hashes. Pages of prints must join without a gap;
each print's chain_tx must have succeeded in a block that counts; and the prints of a chain_tx must
be the ones among its events, as many as its `event_count` says. Otherwise `HistoryIncomplete`: the
page was cut short, the chain moved between two questions, or the server is wrong. What prints say
is not looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from itertools import groupby, pairwise

import msgspec

from earnest.chains.errors import HistoryIncomplete
from earnest.chains.stacks.api import LOGS_A_PAGE_MAX, StacksApi
from earnest.chains.stacks.log import Event
from earnest.chains.stacks.wire import (
    NO_MICROBLOCK,
    Block,
    LogPage,
    LogRow,
    StacksTx,
    TxStatus,
)

BATCH_EVENTS = 2_000
CONCURRENT_READS = 8
_FIRST_HEIGHT = 1
# Far beyond what six Bitcoin blocks hold.
_WALK_BLOCKS_MAX = 50_000


class Walk(msgspec.Struct, frozen=True):
    """The newest blocks, oldest first, each the parent of the next.

    They begin right above `joint`, the highest block that was known and still counts; or, where
    `joint` is None, at the first block that is final (or at the beginning of the chain).
    """

    blocks: tuple[Block, ...]
    joint: int | None
    tip: Block


class Read(msgspec.Struct, frozen=True):
    """Events in the order of the chain, complete up to `through_height`."""

    events: tuple[Event, ...]
    through_height: int
    is_whole: bool


async def walk_blocks(node: StacksApi, known: Mapping[int, str], finality_burn_blocks: int) -> Walk:
    """From the tip back to a known block, or else to the first final one."""
    newest_first: list[Block] = []
    cursor: str | None = None
    while True:
        page = await node.blocks_page(cursor=cursor)
        if page is None:
            raise HistoryIncomplete(reason="a block of the walk lost while it went on")
        if not page.results:
            raise HistoryIncomplete(reason="a page of blocks is empty")
        if cursor is not None and page.results[0].index_block_hash != cursor:
            raise HistoryIncomplete(reason="a page of blocks begins elsewhere than asked for")
        for block in page.results:
            if newest_first:
                _check_parent(newest_first[-1], block)
            if known.get(block.height) == block.index_block_hash:
                tip = newest_first[0] if newest_first else block
                return Walk(tuple(reversed(newest_first)), block.height, tip)
            newest_first.append(block)
            tip = newest_first[0]
            if block.burn_block_height <= tip.burn_block_height - finality_burn_blocks:
                return Walk(tuple(reversed(newest_first)), None, tip)
        if page.prev_cursor is None:
            if newest_first[-1].height <= _FIRST_HEIGHT:
                return Walk(tuple(reversed(newest_first)), None, newest_first[0])
            raise HistoryIncomplete(reason="the list of blocks ends in the middle of the chain")
        cursor = page.prev_cursor
        if len(newest_first) > _WALK_BLOCKS_MAX:
            raise HistoryIncomplete(reason=f"no final block among {_WALK_BLOCKS_MAX}")


def _check_parent(child: Block, parent: Block) -> None:
    if (
        child.parent_index_block_hash != parent.index_block_hash
        or child.height != parent.height + 1
        or child.burn_block_height < parent.burn_block_height
    ):
        raise HistoryIncomplete(
            reason=f"block {parent.index_block_hash} is not what block {child.height} stands on"
        )


class ContractHistory:
    """Reads the prints of one contract from one server, in batches that fit into memory."""

    def __init__(
        self,
        node: StacksApi,
        contract: str,
        *,
        page_limit: int = LOGS_A_PAGE_MAX,
        batch_events: int = BATCH_EVENTS,
        concurrent_reads: int = CONCURRENT_READS,
    ) -> None:
        self._node = node
        self._contract = contract
        self._page_limit = page_limit
        self._batch_events = batch_events
        self._concurrent_reads = concurrent_reads

    async def read_above(
        self, height: int, newest: Event | None, tip: Block, counting: Mapping[int, str]
    ) -> Read:
        """Events above `height` up to the tip, or the first batch of them.

        `newest` is the newest event at or below `height`; the list must still have it right there.
        `counting` has the blocks that count, as far as they are known.
        """
        rows, is_whole = await self._rows_above(height, newest, tip.height)
        facts = await self._facts(rows)
        rows = [row for row in rows if _height(facts[row.tx_id]) <= tip.height]
        if not is_whole and rows:
            # The rest of the newest block may be on the next page.
            through = _height(facts[rows[-1].tx_id]) - 1
            if through <= height:
                raise HistoryIncomplete(reason="a page of prints names heights that are not theirs")
            rows = [row for row in rows if _height(facts[row.tx_id]) <= through]
        else:
            through = tip.height
        if rows and _height(facts[rows[0].tx_id]) <= height:
            raise HistoryIncomplete(reason=f"a print appeared below height {height}")
        events = [_event(row, facts[row.tx_id]) for row in rows]
        _check_order(events, counting)
        await self._check_complete(rows, facts)
        return Read(tuple(events), through, is_whole)

    # Pages ---------------------------------------------------------------------------------

    async def _page(self, cursor: str | None, limit: int | None = None) -> LogPage | None:
        limit = limit or self._page_limit
        page = await self._node.logs_page(self._contract, limit=limit, cursor=cursor)
        if page is None:
            return None
        rows = page.results
        if len(rows) > limit or (len(rows) < limit and page.prev_cursor is not None):
            raise HistoryIncomplete(reason="a page of prints was cut short")
        if cursor is not None and not rows:
            # A server that has nothing at a cursor or below it says so (404).
            raise HistoryIncomplete(reason="a page of prints from a cursor on is empty")
        if (page.cursor is None) != (not rows):
            raise HistoryIncomplete(reason="a page of prints without its cursor")
        if len({row.key for row in rows}) != len(rows):
            raise HistoryIncomplete(reason="a page of prints repeats itself")
        for row in rows:
            if row.contract_log.contract_id != self._contract:
                raise HistoryIncomplete(reason="a print of another contract")
            if not _is_hex(row.contract_log.value.hex):
                raise HistoryIncomplete(reason=f"a print of {row.tx_id} that is not hexadecimal")
        return page

    async def _rows_above(
        self, height: int, newest: Event | None, tip_height: int
    ) -> tuple[list[LogRow], bool]:
        """Rows above what is known, oldest first, and whether they are all of them."""
        page = await self._page(None)
        if page is None:
            raise HistoryIncomplete(reason="the newest prints are not to be had")
        if newest is None and page.prev_cursor is None:
            return list(reversed(page.results)), True
        found = _newer_than(page.results, newest)
        if found is not None:
            return found, True
        if not page.results:
            raise HistoryIncomplete(reason="no prints at all, where some were known")
        bottom = await self._page(_up_to(height)) if height >= 0 else None
        rows: list[LogRow] = []
        if newest is not None:
            if bottom is None or bottom.results[0].key != newest.key:
                raise HistoryIncomplete(reason=f"other prints than known up to height {height}")
        else:
            if bottom is not None and bottom.results:
                raise HistoryIncomplete(reason=f"a print appeared below height {height}")
            bottom = await self._oldest(height, tip_height)
            rows.extend(reversed(bottom.results))
        return await self._climb(bottom, rows)

    async def _climb(self, below: LogPage, rows: list[LogRow]) -> tuple[list[LogRow], bool]:
        """Goes up page by page: each must stand right upon the one below it."""
        first_top: int | None = _cursor_height(below) if rows else None
        while (
            len(rows) < self._batch_events
            or first_top is None
            # One block fills the batch: on, until another one begins.
            or _cursor_height(below) <= first_top
        ):
            if below.next_cursor is None:
                return rows + await self._last_rows(below.results[0]), True
            page = await self._page(below.next_cursor)
            if page is None or page.cursor != below.next_cursor or page.prev_cursor != below.cursor:
                raise HistoryIncomplete(reason="pages of prints that don't join")
            rows.extend(reversed(page.results))
            below = page
            first_top = _cursor_height(page) if first_top is None else first_top
        return rows, False

    async def _last_rows(self, top: LogRow) -> list[LogRow]:
        """What is newer than `top`, where that is less than a page, or was a moment ago."""
        cursor: str | None = None
        pages: list[LogRow] = []
        while True:
            page = await self._page(cursor)
            if page is None or not page.results:
                raise HistoryIncomplete(
                    reason="the newest prints don't reach down to the known ones"
                )
            pages.extend(page.results)
            keys = [row.key for row in pages]
            if top.key in keys:
                return list(reversed(pages[: keys.index(top.key)]))
            if page.prev_cursor is None or len(pages) > self._batch_events + self._page_limit:
                raise HistoryIncomplete(
                    reason="the newest prints don't reach down to the known ones"
                )
            cursor = page.prev_cursor

    async def _oldest(self, above: int, tip_height: int) -> LogPage:
        """The page of the oldest rows, found by halving the heights above `above`."""
        low, high = above, tip_height
        while high - low > 1:
            middle = (low + high) // 2
            page = await self._page(_up_to(middle))
            if page is None:
                low = middle
            elif page.prev_cursor is None:
                return page
            else:
                high = middle
        # One block has more prints than a page: down to its first.
        page = await self._page(_up_to(high))
        while page is not None and page.prev_cursor is not None:
            page = await self._page(page.prev_cursor)
        if page is None or not page.results:
            raise HistoryIncomplete(reason="the oldest prints are not to be had")
        return page

    async def newest_first(self, height: int) -> AsyncIterator[LogRow]:
        """Every row at or below a height, page by page."""
        cursor: str | None = _up_to(height)
        while cursor is not None:
            page = await self._page(cursor)
            if page is None:
                return
            for row in page.results:
                yield row
            cursor = page.prev_cursor

    async def row_up_to(self, height: int) -> LogRow | None:
        """The newest row at or below a height."""
        page = await self._page(_up_to(height), 1) if height >= 0 else None
        return page.results[0] if page is not None and page.results else None

    # Facts ---------------------------------------------------------------------------------

    async def _facts(self, rows: Sequence[LogRow]) -> dict[str, StacksTx]:
        """The chain_tx of each row: mined, in a block that counts, and successful."""
        wanted = iter(dict.fromkeys(row.tx_id for row in rows))
        facts: dict[str, StacksTx] = {}

        async def ask() -> None:
            for tx_id in wanted:
                found = await self._node.chain_tx(tx_id)
                if found.status is not TxStatus.SUCCESS:
                    raise HistoryIncomplete(reason=f"{tx_id} has a print and is {found.status}")
                if found.block is None or found.bitcoin_block is None or found.event_count is None:
                    raise HistoryIncomplete(reason=f"{tx_id} has a print and no block")
                facts[tx_id] = found

        await self._side_by_side(ask)
        return facts

    async def _check_complete(self, rows: Sequence[LogRow], facts: Mapping[str, StacksTx]) -> None:
        """Each chain_tx's prints must be those among all of its events."""
        told_by_tx = ((tx_id, list(told)) for tx_id, told in groupby(rows, lambda row: row.tx_id))

        async def check() -> None:
            for tx_id, told in told_by_tx:
                count = facts[tx_id].event_count
                prints = [(row.event_index, row.contract_log) for row in told]
                if [index for index, _ in prints] == list(range(count or 0)):
                    continue
                events = await self._node.tx_events(tx_id)
                if events is None or len(events) != count:
                    raise HistoryIncomplete(reason=f"{tx_id} has other than its {count} events")
                own = [
                    (event.event_index, event.contract_log)
                    for event in events
                    if event.contract_log is not None
                    and event.contract_log.contract_id == self._contract
                ]
                if own != prints:
                    raise HistoryIncomplete(
                        reason=f"the prints of {tx_id} are not those of its events"
                    )

        await self._side_by_side(check)

    async def _side_by_side(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Several at the same work, each taking what is next. When one fails all are given up."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._concurrent_reads):
                    group.create_task(work())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None


def _is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text[2:])
    except ValueError:
        return False
    return text.startswith("0x")


def _cursor_height(page: LogPage) -> int:
    try:
        return int((page.cursor or "").split(":")[0])
    except ValueError:
        raise HistoryIncomplete(reason="a cursor of prints without a height") from None


def _up_to(height: int) -> str:
    """A cursor that need not exist: the page begins with the newest row at or below the height."""
    return f"{height}:{NO_MICROBLOCK}:{NO_MICROBLOCK}:{NO_MICROBLOCK}"


def _newer_than(newest_first: Sequence[LogRow], known: Event | None) -> list[LogRow] | None:
    """The rows newer than the known one, oldest first; None where it is not among them."""
    if known is None:
        return None
    keys = [row.key for row in newest_first]
    return list(reversed(newest_first[: keys.index(known.key)])) if known.key in keys else None


def _height(fact: StacksTx) -> int:
    if fact.block is None:
        raise HistoryIncomplete(reason=f"{fact.tx_id} has no block")
    return fact.block.height


def _event(row: LogRow, fact: StacksTx) -> Event:
    block, bitcoin = fact.block, fact.bitcoin_block
    if block is None or bitcoin is None:
        raise HistoryIncomplete(reason=f"{fact.tx_id} has no block")
    return Event(
        block_id=block.index_hash,
        tx_id=row.tx_id,
        event_index=row.event_index,
        height=block.height,
        burn_height=bitcoin.height,
        block_time=block.time,
        tx_index=block.tx_index,
        hex=row.contract_log.value.hex,
    )


def _check_order(events: Sequence[Event], counting: Mapping[int, str]) -> None:
    """Places must rise, and a height has one block: the one that counts, where that is known."""
    for event in events:
        if counting.get(event.height, event.block_id) != event.block_id:
            raise HistoryIncomplete(reason=f"{event.tx_id} is in a block that does not count")
    for one, next_one in pairwise(events):
        place = (one.height, one.tx_index, one.event_index)
        if place >= (next_one.height, next_one.tx_index, next_one.event_index):
            raise HistoryIncomplete(reason="prints out of the order of the chain")
        if one.height == next_one.height and one.block_id != next_one.block_id:
            raise HistoryIncomplete(reason=f"two blocks at height {one.height}")
