"""The history of watched accounts, taken from a node only when it adds up.

A node may lag, leave rows out, answer empty pages, or lose an index. So nothing is believed by
itself: every walk goes from the newest row back to the newest fact already known, every row's
chain_tx must be there and match, and every account's balance must run without a gap from the
last known one, through all chain_txs, to the balance that the node shows now. When it does not
add up the round is void (`HistoryIncomplete`) and the next one starts from the same place.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence

import msgspec

from earnest.chains.errors import HistoryIncomplete, MalformedAnswer, RpcRejected, RpcUnavailable
from earnest.chains.facts import ChainTx, Stream, WatchedAccount
from earnest.chains.ports import Batch, Head, StreamPosition
from earnest.chains.solana.parse import parse_chain_tx
from earnest.chains.solana.rpc import (
    ACCOUNTS_PER_CALL_MAX,
    PAGE_LIMIT_MAX,
    SLOT_NOT_REACHED,
    SolanaRpc,
)
from earnest.chains.solana.wire import AccountBalance, RawChainTx, SignatureRow

FETCHES_AT_ONCE = 8
OVERLAP_SLOTS = 32
FACTS_PER_BATCH_MAX = 2_000
ROWS_PER_WALK_MAX = 1_000_000
_CACHE_MAX = 4_096
# What Surfpool lists for an expired chain_tx that skipped preflight: it never landed.
GHOST_SIGNATURE = "1" * 64
_FAR_SLOT = 2**53 - 1


class _Walk(msgspec.Struct, frozen=True):
    """Rows of one stream after its position (and a little before), newest first."""

    stream: Stream
    position: StreamPosition
    rows: tuple[SignatureRow, ...]


class History:
    """Reads streams from nodes of one network. `page_limit` is for tests of paging."""

    def __init__(
        self,
        rpc: SolanaRpc,
        *,
        page_limit: int = PAGE_LIMIT_MAX,
        facts_max: int = FACTS_PER_BATCH_MAX,
    ) -> None:
        self._rpc = rpc
        self._page_limit = page_limit
        self._facts_max = facts_max
        self._fetches = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._cache: OrderedDict[str, RawChainTx] = OrderedDict()
        self._min_slot_works: bool | None = None
        self._probes = rpc.nodes_once

    async def facts_since(
        self, streams: Sequence[Stream], positions: Mapping[str, StreamPosition], head: Head
    ) -> Batch:
        """See `ChainPort.facts_since`."""
        if not streams:
            return Batch(facts=(), positions={}, through_slot=head.slot)
        addresses = [stream.address for stream in streams]
        # The balances are read before the lists, so that the lists cannot lack what made them.
        seen_slot, shown = await self._shown_balances(addresses, head.slot)
        min_slot = head.slot if await self._min_slot_is_honoured(addresses[0]) else None
        walks = [
            await self._walk(stream, positions.get(stream.address, StreamPosition()), min_slot)
            for stream in streams
        ]
        rows = _merged(walks, upto_slot=max(head.slot, seen_slot))
        through, rows, is_whole = self._cut(rows, _overlapping(walks), head.slot)
        for row in rows:
            if row.slot <= head.slot and not row.is_final:
                raise HistoryIncomplete(reason=f"{row.signature} is not final below the head")
        facts = await self._facts(rows, streams)
        final = tuple(fact for fact in facts if fact.slot <= through)
        moved = {walk.stream.address: _advanced(walk, final) for walk in walks}
        if is_whole:
            for walk in walks:
                _check_shown(walk, facts, shown[walk.stream.address], seen_slot)
        return Batch(facts=final, positions=moved, through_slot=through, is_whole=is_whole)

    async def fact_by_tx(self, tx_id: str, streams: Sequence[Stream]) -> ChainTx | None:
        """The fact of one chain_tx whatever its finality, or None when it is not there."""
        raw = await self._rpc.get_chain_tx(tx_id)
        return None if raw is None else await self._parsed(raw, streams)

    async def _min_slot_is_honoured(self, address: str) -> bool:
        """Whether the nodes refuse a minContextSlot they have not reached, as they should.

        Some (Surfpool) take it for a filter instead and would hide every older row. Asked once.
        """
        if self._min_slot_works is None:
            honoured = [await _refuses_far_slot(node, address) for node in self._probes]
            if None not in honoured:
                self._min_slot_works = all(honoured)
        return bool(self._min_slot_works)

    async def _shown_balances(
        self, addresses: Sequence[str], min_slot: int
    ) -> tuple[int, dict[str, AccountBalance]]:
        slot, found = min_slot, {}
        for start in range(0, len(addresses), ACCOUNTS_PER_CALL_MAX):
            part = addresses[start : start + ACCOUNTS_PER_CALL_MAX]
            slot, shown = await self._rpc.get_multiple_balances(part, min_context_slot=min_slot)
            found.update(shown)
        if len(addresses) > ACCOUNTS_PER_CALL_MAX:
            raise ValueError(f"at most {ACCOUNTS_PER_CALL_MAX} streams")
        if slot < min_slot:
            raise HistoryIncomplete(reason=f"balances at slot {slot}, asked for {min_slot}")
        return slot, found

    async def _walk(self, stream: Stream, position: StreamPosition, min_slot: int | None) -> _Walk:
        """All rows from now back to the newest known fact and `OVERLAP_SLOTS` past it.

        A short or empty page proves nothing. The walk is good only when it has met the newest
        known fact; without one, it goes on until an empty page or the opening slot.
        """
        floor = stream.opening_slot
        if position.newest_slot is not None:
            floor = max(floor, position.newest_slot - OVERLAP_SLOTS)
        rows: list[SignatureRow] = []
        seen: set[str] = set()
        before: str | None = None
        while True:
            page = await self._rpc.get_signatures_for_address(
                stream.address, before=before, limit=self._page_limit, min_context_slot=min_slot
            )
            page = [row for row in page if row.signature != GHOST_SIGNATURE]
            fresh = [row for row in page if row.signature not in seen]
            seen.update(row.signature for row in fresh)
            rows += [row for row in fresh if row.slot > floor]
            if not fresh or min(row.slot for row in page) <= floor:
                break
            if len(rows) > ROWS_PER_WALK_MAX:
                raise HistoryIncomplete(reason=f"over {ROWS_PER_WALK_MAX} rows at once")
            before = page[-1].signature
        if position.newest_tx_id is not None and position.newest_tx_id not in seen:
            raise HistoryIncomplete(reason=f"{position.newest_tx_id} is no longer listed")
        return _Walk(stream, position, tuple(rows))

    def _cut(
        self, rows: list[SignatureRow], known: set[str], head_slot: int
    ) -> tuple[int, list[SignatureRow], bool]:
        """The oldest rows that one batch may hold, cut between slots. Known rows do not count."""
        new = [row for row in rows if row.signature not in known]
        if len(new) <= self._facts_max:
            return head_slot, rows, True
        cut = new[self._facts_max].slot
        if cut == new[0].slot:
            cut += 1
        kept = [row for row in rows if row.slot < cut]
        if len(kept) == len(rows) or cut > head_slot:
            return head_slot, rows, True
        return cut - 1, kept, False

    async def _facts(
        self, rows: Sequence[SignatureRow], streams: Sequence[Stream]
    ) -> list[ChainTx]:
        """The facts behind the rows, in the order of the chain."""
        tasks: list[asyncio.Task[ChainTx]] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(self._fact(row, streams)) for row in rows]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        facts = [task.result() for task in tasks]
        # Where the node tells the place in the block, that is the order; else its list was.
        return sorted(facts, key=lambda fact: (fact.slot, fact.index_in_block or 0))

    async def _fact(self, row: SignatureRow, streams: Sequence[Stream]) -> ChainTx:
        raw = self._cache.get(row.signature)
        if raw is None:
            async with self._fetches:
                raw = await self._rpc.get_chain_tx(
                    row.signature, commitment="finalized" if row.is_final else "confirmed"
                )
            if raw is None:
                raise HistoryIncomplete(reason=f"{row.signature} is listed but not there")
        if raw.slot != row.slot or (raw.meta.err is None) != (row.err is None):
            raise HistoryIncomplete(reason=f"{row.signature} is listed as another one")
        if raw.signed.signatures[:1] != [row.signature]:
            raise MalformedAnswer("getTransaction: the answer to another question")
        if row.is_final:
            self._cache[row.signature] = raw
            while len(self._cache) > _CACHE_MAX:
                self._cache.popitem(last=False)
        return await self._parsed(raw, streams)

    async def _parsed(self, raw: RawChainTx, streams: Sequence[Stream]) -> ChainTx:
        if raw.block_time is None:
            raw = msgspec.structs.replace(raw, block_time=await self._rpc.get_block_time(raw.slot))
        return parse_chain_tx(raw, watched_at(streams, raw.slot))


def watched_at(streams: Sequence[Stream], slot: int) -> dict[str, WatchedAccount]:
    """The accounts whose history had begun before `slot`, by address."""
    return {each.address: each.account for each in streams if slot > each.opening_slot}


async def _refuses_far_slot(node: SolanaRpc, address: str) -> bool | None:
    """True when the node refuses as it should, False when it answers, None when it is away."""
    try:
        await node.get_signatures_for_address(address, limit=1, min_context_slot=_FAR_SLOT)
    except RpcRejected:
        # It does not know the option.
        return False
    except RpcUnavailable as error:
        return True if error.rpc_code == SLOT_NOT_REACHED else None
    return False


def _merged(walks: Sequence[_Walk], *, upto_slot: int) -> list[SignatureRow]:
    """Each chain_tx once, oldest first; within a slot in the order of the node's list."""
    found: dict[str, SignatureRow] = {}
    for walk in walks:
        for row in reversed(walk.rows):
            if row.slot <= upto_slot:
                found.setdefault(row.signature, row)
    return sorted(found.values(), key=lambda row: row.slot)


def _overlapping(walks: Sequence[_Walk]) -> set[str]:
    """Rows that every walk has met before: they are read again, and are nothing new."""
    old: set[str] = set()
    new: set[str] = set()
    for walk in walks:
        newest = walk.position.newest_slot
        for row in walk.rows:
            (old if newest is not None and row.slot <= newest else new).add(row.signature)
    return old - new


def _after(walk: _Walk, facts: Sequence[ChainTx]) -> list[ChainTx]:
    """The facts of the walk's account that come after its position, oldest first.

    A slot is taken whole, so what follows the newest known fact lies in a later slot.
    """
    known = walk.position.newest_slot
    if known is None:
        known = walk.stream.opening_slot
    return [fact for fact in facts if walk.stream.address in fact.balances and fact.slot > known]


def _advanced(walk: _Walk, final: Sequence[ChainTx]) -> StreamPosition:
    """The stream's position after its final facts, which must continue its balance."""
    facts = _after(walk, final)
    if not facts:
        return walk.position
    balance = _joined(walk, facts)
    return StreamPosition(facts[-1].tx_id, facts[-1].slot, balance)


def _joined(walk: _Walk, facts: Sequence[ChainTx]) -> int | None:
    """The balance after `facts`, given that they follow one another without a gap.

    Within a slot the order is not always known, so it is the pre- and post-balances that must
    pair off: what is left over is where the run begins and where it ends.
    """
    address = walk.stream.address
    start = walk.position.balance_minor
    if start is None and walk.position.newest_tx_id is None:
        start = walk.stream.opening_minor
    if not facts:
        return start
    pre = Counter(fact.pre_balance(address) for fact in facts)
    post = Counter(fact.balances[address] for fact in facts)
    begins, ends = list((pre - post).elements()), list((post - pre).elements())
    if not begins and not ends:
        # The run ends where it began, which is any balance in it.
        begin = facts[0].pre_balance(address) if start is None else start
        begins, ends = [begin], [begin]
        if begin not in pre:
            begins = []
    if len(begins) != 1 or len(ends) != 1 or start not in (None, begins[0]):
        raise HistoryIncomplete(
            reason=f"the balance of {address} has a gap before {facts[-1].slot}"
        )
    return ends[0]


def _check_shown(
    walk: _Walk, facts: Sequence[ChainTx], shown: AccountBalance, seen_slot: int
) -> None:
    """Raises unless the facts up to `seen_slot` lead to the balance that the node shows there."""
    account = walk.stream.account
    if account.mint is not None and shown.mint not in (None, account.mint):
        raise HistoryIncomplete(reason=f"{account.address} holds another token")
    amount = shown.lamports if account.mint is None else shown.token_minor
    ours = _after(walk, facts)
    expected = _joined(walk, [fact for fact in ours if fact.slot < seen_slot])
    # A node may count part of the slot that it is still in.
    last = [fact for fact in ours if fact.slot == seen_slot]
    allowed = {expected} | {value for fact in last for value in _around(fact, account.address)}
    if expected is not None and amount not in allowed:
        raise HistoryIncomplete(
            reason=f"{account.address} holds {amount}, its history says {expected}"
        )


def _around(fact: ChainTx, address: str) -> tuple[int, int]:
    return fact.pre_balance(address), fact.balances[address]
