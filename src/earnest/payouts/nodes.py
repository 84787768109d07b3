"""What each node says of a payout's signatures, for a person to read. It decides nothing."""

import asyncio
from collections.abc import Sequence

from earnest.chains import RpcRejected, RpcUnavailable
from earnest.chains.solana import SolanaRpc
from earnest.chains.solana.wire import SignatureStatus
from earnest.payouts.shapes_desk import FindingAnswer, NodeAnswer
from earnest.payouts.store_desk import DeskAttempt


async def ask_nodes(
    nodes: Sequence[SolanaRpc], attempts: Sequence[DeskAttempt]
) -> list[NodeAnswer]:
    """Each node by itself, all at once. One that gives no answer is said to have given none."""
    return list(
        await asyncio.gather(
            *(_ask(place, node, attempts) for place, node in enumerate(nodes, start=1))
        )
    )


async def _ask(place: int, node: SolanaRpc, attempts: Sequence[DeskAttempt]) -> NodeAnswer:
    try:
        # The height first: what it has passed lies behind the node when asked for statuses.
        height = await node.get_block_height()
        _slot, statuses = await node.get_signature_statuses([each.tx_id or "" for each in attempts])
    except (RpcUnavailable, RpcRejected):
        return NodeAnswer(place=place, answered=False, block_height=None, findings=[])
    return NodeAnswer(
        place=place,
        answered=True,
        block_height=height,
        findings=[
            FindingAnswer(
                chain_tx=attempt.tx_id or "",
                says=_say(status),
                slot=None if status is None else status.slot,
                may_land=status is None and height <= (attempt.last_valid_block_height or 0),
            )
            for attempt, status in zip(attempts, statuses, strict=True)
        ],
    )


def _say(status: SignatureStatus | None) -> str:
    """`unknown`, `failed` (final, and refused by the chain), `final`, `seen`."""
    if status is None:
        return "unknown"
    if not status.is_final:
        return "seen"
    return "final" if status.err is None else "failed"
