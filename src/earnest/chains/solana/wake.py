"""A Solana node's WebSocket as a hint that a watched account changed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence

from earnest.chains.wake import wake_on_messages


async def wake_on_changes(
    url: str,
    addresses: Callable[[], Awaitable[Sequence[str]]],
    wake: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Sets `wake` whenever a watched account changes finally, until `stop`.

    `addresses` is asked at every connection; see `wake_on_messages`.
    """

    async def subscriptions() -> list[str]:
        return [_subscription(number, each) for number, each in enumerate(await addresses(), 1)]

    await wake_on_messages(url, subscriptions, wake, stop)


def _subscription(number: int, address: str) -> str:
    return json.dumps(
        {
            "jsonrpc": "2.0",
            "id": number,
            "method": "accountSubscribe",
            "params": [address, {"commitment": "finalized", "encoding": "base64"}],
        }
    )
