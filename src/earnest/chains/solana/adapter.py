"""Solana behind the port that serves all chains."""

from collections.abc import Mapping, Sequence

import msgspec

from earnest.chains.errors import RpcRejected, RpcUnavailable
from earnest.chains.facts import ChainTx, Stream, WatchedAccount
from earnest.chains.ports import (
    Batch,
    Finality,
    Head,
    SeenTx,
    Simulation,
    StreamPosition,
    TxState,
)
from earnest.chains.solana.history import GHOST_SIGNATURE, History
from earnest.chains.solana.rpc import SolanaRpc
from earnest.chains.solana.wire import SignatureStatus
from earnest.kit.money import Chain


class SolanaChain:
    """`ChainPort` over JSON-RPC. Final means finalized, and nothing less."""

    chain = Chain.SOLANA

    def __init__(self, rpc: SolanaRpc, history: History | None = None) -> None:
        self.rpc = rpc
        self._history = history or History(rpc)

    async def head(self) -> Head:
        """The newest finalized slot, all of it told by one node."""
        lost: RpcUnavailable | None = None
        for node in self.rpc.nodes:
            try:
                return await _head_of(node)
            except RpcUnavailable as error:
                lost = error
        raise lost or RpcUnavailable("no node")

    async def facts_since(
        self, streams: Sequence[Stream], positions: Mapping[str, StreamPosition], head: Head
    ) -> Batch:
        """See `ChainPort.facts_since`."""
        return await self._history.facts_since(streams, positions, head)

    async def fact_by_tx(self, tx_id: str, streams: Sequence[Stream]) -> ChainTx | None:
        """See `ChainPort.fact_by_tx`. Nodes that ignore the commitment asked for are checked."""
        _slot, (status,) = await self.rpc.get_signature_statuses([tx_id])
        if status is None or not status.is_final:
            return None
        return await self._history.fact_by_tx(tx_id, streams)

    async def finality(self, tx_id: str, *, min_slot: int = 0) -> Finality:
        """See `ChainPort.finality`. Several nodes are asked each, a lone one twice."""
        best: Finality | None = None
        denied = True
        for source in self.rpc.sources:
            try:
                slot, (status,) = await source.get_signature_statuses([tx_id])
            except (RpcUnavailable, RpcRejected):
                denied = False
                continue
            if status is None:
                denied = denied and slot >= min_slot
                continue
            found = _finality_of(status)
            if found.state is TxState.FINAL:
                return found
            best = found
        if best is not None:
            return best
        return Finality(TxState.ABSENT if denied else TxState.UNKNOWN)

    async def simulate(self, signed: bytes) -> Simulation:
        """See `ChainPort.simulate`; the signatures are checked too."""
        slot, result = await self.rpc.simulate(signed)
        return Simulation(slot=slot, err=_text(result.err), logs=tuple(result.logs or ()))

    async def submit(self, signed: bytes) -> str:
        """See `ChainPort.submit`."""
        return await self.rpc.send_raw(signed)

    async def balances(
        self, accounts: Sequence[WatchedAccount], *, min_slot: int = 0
    ) -> tuple[int, dict[str, int]]:
        """See `ChainPort.balances`. At most 100 accounts: more are not to be had at one slot."""
        slot, found = await self.rpc.get_multiple_balances(
            [account.address for account in accounts], min_context_slot=min_slot
        )
        if slot < min_slot:
            raise RpcUnavailable(f"balances at slot {slot}, asked for {min_slot}")
        amounts: dict[str, int] = {}
        for account in accounts:
            shown = found[account.address]
            is_ours = shown.mint == account.mint
            tokens = shown.token_minor if is_ours else 0
            amounts[account.address] = shown.lamports if account.mint is None else tokens
        return slot, amounts

    async def seen(self, address: str, *, limit: int = 25) -> list[SeenTx]:
        """See `ChainPort.seen`; from commitment confirmed on."""
        rows = await self.rpc.get_signatures_for_address(
            address, limit=limit, commitment="confirmed"
        )
        return [
            SeenTx(tx_id=row.signature, slot=row.slot, err=_text(row.err), is_final=row.is_final)
            for row in rows
            if row.signature != GHOST_SIGNATURE
        ]


async def _head_of(node: SolanaRpc) -> Head:
    genesis_hash = await node.get_genesis_hash()
    # The height first: it may then be too low for the slot, which only makes expiry come later.
    block_height = await node.get_block_height()
    slot = await node.get_slot()
    try:
        block_time = await node.get_block_time(slot)
    except RpcRejected:
        block_time = None
    return Head(genesis_hash, slot, block_height, block_time)


def _finality_of(status: SignatureStatus) -> Finality:
    state = TxState.FINAL if status.is_final else TxState.LANDED
    return Finality(state, slot=status.slot, err=_text(status.err))


def _text(err: object) -> str | None:
    return None if err is None else msgspec.json.encode(err).decode()
