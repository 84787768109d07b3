"""A Stacks API's WebSocket as a hint that a block came. It has no topic for a contract's prints."""

import asyncio
import json

from earnest.chains.wake import wake_on_messages

_SUBSCRIPTION = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"event": "block"}}
)


async def wake_on_blocks(url: str, wake: asyncio.Event, stop: asyncio.Event) -> None:
    """Sets `wake` whenever the server tells of a block, until `stop`; see `wake_on_messages`."""

    async def subscriptions() -> list[str]:
        return [_SUBSCRIPTION]

    await wake_on_messages(url, subscriptions, wake, stop)
