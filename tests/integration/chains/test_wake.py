"""A push from the node only decides how soon we look."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from earnest.chains.solana.wake import wake_on_changes
from tests.integration.chains.conftest import World


@asynccontextmanager
async def listening(url: str, addresses: Sequence[str]) -> AsyncIterator[asyncio.Event]:
    """Hears of changes for as long as the context lasts; yields what is set by them."""
    wake, stop = asyncio.Event(), asyncio.Event()

    async def watched() -> Sequence[str]:
        return addresses

    task = asyncio.create_task(wake_on_changes(url, watched, wake, stop))
    try:
        yield wake
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)


async def test_a_payment_wakes_us(world: World) -> None:
    """Without any poll: money that arrives on a watched wallet sets the event."""
    wallet = str((await world.wallet(1_000_000_000)).pubkey())
    async with listening(world.local.access.ws_url, [wallet]) as wake:
        await asyncio.wait_for(wake.wait(), 10)  # set once when it listens
        wake.clear()
        await world.control("faucet", address=wallet, lamports=1_000_000)
        await asyncio.wait_for(wake.wait(), 10)


async def test_a_node_without_websocket_does_no_harm(world: World) -> None:
    """Nothing answers there: it waits and tries again, and ends when told to."""
    async with listening("ws://127.0.0.1:9", ["1" * 32]) as wake:
        await asyncio.sleep(0)
        assert not wake.is_set()
