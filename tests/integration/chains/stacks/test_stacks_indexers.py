"""Indexers of Stacks as processes: two at once, one that is killed, a backfill in batches."""

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from earnest.chains import FenceLost
from earnest.chains.stacks import clarity
from earnest.chains.stacks.wake import wake_on_blocks
from tests.conftest import Databases
from tests.integration.chains.stacks.conftest import Talk, eventually
from tests.integration.chains.stacks.test_stacks_reorgs import agrees

INDEXER = """
import asyncio, sys
from earnest.chains.stacks import StacksApi
from earnest.chains.stacks.follower import StacksFollower
from earnest.kit.db import Database

async def main(database_url, api_url, contract):
    database = await Database.connect(database_url, application="indexer to kill", size_max=3)
    async with StacksApi(api_url) as api:
        options = {"batch_events": 3, "page_limit": 2, "lease_s": 0.3}
        follower = StacksFollower(database, api, contract, **options)
        await follower.run(asyncio.Event(), poll_s=0.05)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def indexing(talk: Talk, databases: Databases) -> AsyncIterator[asyncio.subprocess.Process]:
    """An indexer in a process of its own, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", INDEXER, databases.url("indexer"), talk.node.api_url, talk.contract,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_killed_at_any_moment_nothing_is_lost_or_doubled(
    talk: Talk, databases: Databases
) -> None:
    """kill -9, again and again, at moments drawn at random between and within its steps, while
    the chain grows and is reorged; another takes over and the log ends as the chain is."""
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    await talk.say(*range(10))
    for number in range(5):
        async with indexing(talk, databases) as process:
            before = len(await talk.rows())

            async def has_written(before: int = before) -> bool:
                return len(await talk.rows()) > before

            await eventually(has_written, f"it follows (seed {seed})")
            await asyncio.sleep(dice.random() * 0.05)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await talk.switch("reorg", depth=dice.randint(1, 4))
        await talk.say(100 + number)
    one = talk.follower(batch_events=3, page_limit=2)

    async def free() -> bool:
        return await one.take_fence()

    await eventually(free, "the lease of the killed one lapses")
    await talk.catch_up(one)
    await agrees(talk, one)


async def test_two_indexers_at_once(talk: Talk, databases: Databases) -> None:
    """Two processes follow the same contract: one writes, the other stands by; when the first is
    killed the second goes on."""
    await talk.say(1, 2)
    async with indexing(talk, databases) as first, indexing(talk, databases) as second:

        async def both_done(count: int) -> bool:
            return len(await talk.rows()) == count

        await eventually(lambda: both_done(2), "one of them follows")
        first.send_signal(signal.SIGKILL)
        await talk.say(3)
        await eventually(lambda: both_done(3), "the other goes on")
        assert second.returncode is None
    assert await talk.counting() == await talk.on_chain()


async def test_one_that_lost_its_fence_writes_nothing(talk: Talk) -> None:
    """An indexer that was thought dead wakes up in the middle of a round and can commit nothing."""
    await talk.say(1)
    slow, quick = talk.follower(lease_s=0.0), talk.follower()
    assert await slow.take_fence()
    assert await quick.take_fence()
    with pytest.raises(FenceLost):
        await slow.follow_once()
    assert await talk.catch_up(quick) == 1
    await talk.say(2)
    with pytest.raises(FenceLost):
        await slow.follow_once()
    assert len(await talk.rows()) == 1


async def test_backfill_in_batches_is_the_same_log(talk: Talk, databases: Databases) -> None:
    """Whatever the size of pages and batches, resumed in the middle or not, the rows are the same:
    one code path for backfill and for live."""
    await talk.say(*range(5))
    numbers = clarity.List(tuple(clarity.UInt(n) for n in range(23)))
    await talk.call("say-many", numbers)
    await talk.call("pay-and-say", clarity.UInt(4))
    await talk.node.mine()
    await talk.say(*range(5, 9))
    one = talk.follower(batch_events=1, page_limit=2)
    assert await one.take_fence()
    for _ in range(4):
        assert not (await one.follow_once()).is_whole
    await one.release_fence()
    again = talk.follower(batch_events=4, page_limit=3)
    assert await again.take_fence()
    await talk.catch_up(again)
    await agrees(talk, again)
    assert [row.kind.value for row in await talk.rows()] == ["observed"] * 34


async def test_look_alike_contract_is_ignored(talk: Talk) -> None:
    """Another contract with the same source, by another deployer, prints the same words: its
    prints are not in the log, also when one call makes both print."""
    other = await talk.another()
    source = (Path(__file__).parent / "chatter.clar").read_text()
    name = talk.contract.split(".")[1]
    twin, _ = await other.deploy(name, source, talk.node.api_url, nonce=0, fee_micro_stx=20_000)
    await talk.node.mine()
    relay, deployed = await other.deploy(
        f"relay-{name[-8:]}",
        "(define-public (both (n uint)) (begin"
        f" (unwrap-panic (contract-call? '{talk.contract} say n))"
        f" (unwrap-panic (contract-call? '{twin} say n))"
        ' (print { event: "said", n: n }) (ok true)))',
        talk.node.api_url,
        nonce=1,
        fee_micro_stx=20_000,
    )
    await talk.node.mine()
    assert (await talk.api.chain_tx(deployed)).status == "success"
    ours = await talk.say(1)
    for contract, function in ((twin, "say"), (relay, "both")):
        call = {
            "contract": contract,
            "functionName": function,
            "functionArgs": [clarity.encode_hex(clarity.UInt(7))],
            "postConditionMode": "allow",
        }
        ours.append(await other.send_call(call, talk.node.api_url, fee_micro_stx=10_000))
        await talk.node.mine()
    one = await talk.followed()
    rows = await talk.rows()
    assert [(row.tx_id, row.event_index) for row in rows] == [(ours[0], 0), (ours[2], 0)]
    await agrees(talk, one)


async def test_a_block_wakes_the_follower(talk: Talk) -> None:
    """With an hour between polls a new print is logged at once, because the server's WebSocket
    told of a block; one without a WebSocket costs nothing."""
    one = talk.follower()
    stop, wake = asyncio.Event(), asyncio.Event()
    url = talk.node.api_url.replace("http", "ws") + "/extended/v1/ws"
    running = [
        asyncio.create_task(wake_on_blocks(url, wake, stop)),
        asyncio.create_task(wake_on_blocks("ws://127.0.0.1:9", wake, stop)),
        asyncio.create_task(one.run(stop, poll_s=3600, wake=wake)),
    ]
    try:
        for number in range(3):
            await talk.say(number)

            async def there(count: int = number + 1) -> bool:
                return len(await talk.rows()) == count

            await eventually(there, "the print is logged")
    finally:
        stop.set()
        await asyncio.gather(*running)
