"""A log of Stacks for tests, written as the follower writes it, through the log's own functions.

One print a block: block `height` of branch `a` holds what it is given. A reorg gives another branch
letter; what became final is told by height.
"""

from collections.abc import Sequence
from uuid import UUID

from earnest.chains import store
from earnest.chains.stacks import log
from earnest.chains.stacks.log import Event, Point, Step
from earnest.chains.stacks.wire import Block
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Chain
from tests.escrow_contract import CONTRACT

BURN = 900


def block(height: int, branch: str = "a") -> Block:
    """A block of a branch, each with a Bitcoin block of its own."""
    name = f"0x{ord(branch):02x}{height:062x}"
    return Block(
        height=height,
        index_block_hash=name,
        parent_index_block_hash=f"0x{ord(branch):02x}{height - 1:062x}",
        burn_block_height=height + BURN,
        burn_block_hash=name,
        block_time=1_760_000_000 + height,
        canonical=True,
    )


def entry(height: int, raw: str, branch: str = "a", tx: int | None = None) -> Event:
    """A print in a block of a branch, of the chain_tx `tx`, by default one of its own."""
    at = block(height, branch)
    return Event(
        block_id=at.index_block_hash,
        tx_id=f"0x{height if tx is None else tx:064x}",
        event_index=1,
        height=height,
        burn_height=at.burn_block_height,
        block_time=at.block_time,
        tx_index=0,
        hex=raw,
    )


class StacksLog:
    """The one writer of the log."""

    def __init__(self, indexer: Database, nonce: UUID) -> None:
        self._indexer = indexer
        self._nonce = nonce
        self.tip = 0
        self.final: int | None = None

    @classmethod
    async def begin(cls, indexer: Database, contract: str = CONTRACT) -> "StacksLog":
        """Takes the fence."""
        nonce = new_id()
        async with indexer.db_tx() as db:
            if not await store.take_fence(db, Chain.STACKS, nonce, 600):
                raise RuntimeError("another one writes the log")
            await log.begin(db, nonce, contract)
        return cls(indexer, nonce)

    async def release(self) -> None:
        """Gives the fence back: somebody else writes from now on."""
        async with self._indexer.db_tx() as db:
            await store.release_fence(db, Chain.STACKS, self._nonce)

    async def append(
        self,
        events: Sequence[Event] = (),
        *,
        final: int | None = None,
        keep: int | None = None,
        tip: int | None = None,
    ) -> int:
        """One step: takes back what lies above `keep`, makes final what lies up to `final`, adds
        events; returns how many rows the log has more."""
        above = self.tip if keep is None else keep
        self.tip = tip or max([above, *(event.height for event in events)])
        self.final = final if final is not None else self.final
        branch = chr(int(events[-1].block_id[2:4], 16)) if events else "a"
        step = Step(
            tip=Point.of(block(self.tip, branch)),
            final=None if self.final is None else Point.of(block(self.final)),
            indexed_height=self.tip,
            keep_blocks=keep,
            keep_events=keep,
            blocks=(),
            events=events,
        )
        async with self._indexer.db_tx() as db:
            return await log.append(db, self._nonce, step)

    async def permit_rewind(self, keep: int) -> None:
        """An operator lets final events above a height fall."""
        async with self._indexer.db_tx() as db:
            await log.halt(db, self._nonce, "another story", keep)
        async with self._indexer.db_tx() as db:
            await store.resume_chain(db, Chain.STACKS)
