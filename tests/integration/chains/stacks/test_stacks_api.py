"""The Stacks API client: against the local chain, and against a server that limits and stumbles."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from earnest.chains import MalformedAnswer, RpcRejected, RpcUnavailable
from earnest.chains.stacks import StacksApi, TxStatus, clarity
from earnest.chains.stacks.transport import ANSWER_BYTES_MAX, Transport
from earnest.run.demo.stacks_wallet import StacksNode
from earnest.run.embedded.stacks_chain import StacksChain
from tests.integration.chains.stacks.conftest import Talk
from tests.integration.chains.stacks.lying_api import LyingApi, Told


@pytest.fixture
async def api(stacks_chain: StacksChain) -> AsyncIterator[StacksApi]:
    """A client of the local chain."""
    async with StacksApi(stacks_chain.api_url) as client:
        yield client


async def test_blocks_by_every_name(api: StacksApi, stacks_chain: StacksChain) -> None:
    """Head, height, index hash and page agree, to the first block; a block that is not there is
    None, by hash, by height and as a cursor."""
    node = StacksNode(stacks_chain.api_url)
    try:
        await node.mine(3)
        await node.mine(burn=2)
    finally:
        await node.close()
    head = await api.head()
    block = await api.block(head.block_height)
    assert block is not None
    assert block.index_block_hash == head.index_block_hash
    assert await api.block(head.index_block_hash) == block
    assert await api.block("latest") == block
    first = await api.blocks_page(limit=2)
    assert first is not None
    second = await api.blocks_page(limit=2, cursor=first.prev_cursor)
    assert second is not None
    heights = [each.height for each in (*first.results, *second.results)]
    assert heights == list(range(head.block_height, head.block_height - 4, -1))
    assert first.results[1].parent_index_block_hash == second.results[0].index_block_hash
    assert await api.block(10**9) is None
    assert await api.block("0x" + "ab" * 32) is None
    assert await api.blocks_page(cursor="0x" + "ab" * 32) is None
    burn = await api.burn_block("latest")
    assert burn is not None
    assert (burn.burn_block_height, burn.burn_block_hash) == (
        block.burn_block_height,
        block.burn_block_hash,
    )
    assert (await api.burn_blocks(limit=1))[0] == burn
    assert await api.burn_block(10**9) is None


async def test_a_chain_tx_through_its_life(talk: Talk) -> None:
    """Unknown, waiting, mined, gone with a reorg: told as what it is, its events with it; and
    nonces count what waits."""
    api, address = talk.api, talk.wallet.address
    nobody = "0x" + "ab" * 32
    assert (await api.chain_tx(nobody)).status is TxStatus.ABSENT
    assert await api.tx_events(nobody) is None
    tx_id = await talk.call("pay-and-say", clarity.UInt(5))
    waiting = await api.chain_tx(tx_id)
    assert (waiting.status, waiting.is_mined) == (TxStatus.PENDING, False)
    nonces = await api.nonces(address)
    assert (nonces.last_confirmed_nonce, nonces.next_nonce) == (0, 2)
    await talk.node.mine()
    mined = await api.chain_tx(tx_id)
    assert (mined.status, mined.event_count) == (TxStatus.SUCCESS, 4)
    assert mined.contract_call is not None
    assert mined.contract_call.function_name == "pay-and-say"
    events = await api.tx_events(tx_id)
    assert events is not None
    assert [event.type for event in events] == ["stx_asset", "contract_log"] * 2
    assert await api.stx_balance(talk.contract) == 10
    await talk.switch("reorg", depth=1, drop=[tx_id])
    assert (await api.chain_tx(tx_id)).status is TxStatus.PENDING
    assert await api.tx_events(tx_id) is None
    await talk.node.release()
    refused = await talk.call("say-and-refuse")
    await talk.node.mine()
    aborted = await api.chain_tx(refused)
    assert (aborted.status, aborted.event_count) == (TxStatus.ABORT_BY_RESPONSE, 0)
    assert aborted.is_mined


async def test_many_events_come_whole(talk: Talk) -> None:
    """More events than a page has are read page by page, as many as there are."""
    numbers = clarity.List(tuple(clarity.UInt(n) for n in range(200)))
    tx_id = await talk.call("say-many", numbers)
    await talk.node.mine()
    events = await talk.api.tx_events(tx_id)
    assert events is not None
    assert [event.event_index for event in events] == list(range(200))


async def test_state_is_read(talk: Talk) -> None:
    """Read-only calls give Clarity values; what can't run, or is not there, is a definite no."""
    assert await talk.api.call_read(talk.contract, "get-said") == clarity.UInt(0)
    with pytest.raises(RpcRejected):
        await talk.api.call_read(talk.contract, "get-nothing")
    escrow = talk.chain.access.contract
    key = clarity.UInt(10**9)
    assert await talk.api.map_entry(escrow, "projects", key) is None
    with pytest.raises(RpcRejected):
        await talk.api.map_entry(f"{talk.wallet.address}.nowhere", "projects", key)


async def test_signed_bytes_are_handed_over(talk: Talk) -> None:
    """The id of what was sent comes back; the same bytes again change nothing; a refusal carries
    the node's reason; garbage is refused."""
    call = {
        "contract": talk.contract,
        "functionName": "say",
        "functionArgs": [clarity.encode_hex(clarity.UInt(1))],
        "postConditionMode": "allow",
    }
    made = await talk.wallet.sign_call(call, talk.node.api_url, nonce=1, fee_micro_stx=5_000)
    signed = bytes.fromhex(made["hex"].removeprefix("0x"))
    assert await talk.api.submit(signed) == made["txId"]
    assert await talk.api.submit(signed) == made["txId"]
    await talk.node.mine()
    assert (await talk.api.chain_tx(made["txId"])).status is TxStatus.SUCCESS
    late = await talk.wallet.sign_call(call, talk.node.api_url, nonce=0, fee_micro_stx=6_000)
    with pytest.raises(RpcRejected, match="BadNonce"):
        await talk.api.submit(bytes.fromhex(late["hex"].removeprefix("0x")))
    with pytest.raises(RpcRejected):
        await talk.api.submit(b"no chain_tx at all")


LIMITS: list[tuple[int, str, float]] = [
    (429, "Retry-After: 0.3", 0.28),
    (503, "Retry-After: 0.3", 0.28),
    (429, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    (200, "RateLimit-Remaining: 0\r\nRateLimit-Reset: 0.3", 0.28),
    (200, "x-ratelimit-remaining-stacks-minute: 0\r\nx-ratelimit-reset: 0.3", 0.28),
    (200, "RateLimit-Remaining: 1\r\nRateLimit-Reset: 30", 0.0),
    (200, 'RateLimit: "default";r=0;t=1', 0.98),
]


@pytest.mark.parametrize(("status", "headers", "waits_s"), LIMITS)
async def test_limits_are_obeyed(liar: LyingApi, status: int, headers: str, waits_s: float) -> None:
    """Whatever a gateway calls it: when it asks for a pause, the next question waits that long,
    and only then; the question that was refused is asked again."""
    first = True

    def limited(told: Told) -> Told:
        nonlocal first
        if first:
            first = False
            body = told.body if status == 200 else {"message": "API rate limit exceeded"}
            return told.instead(status, body, headers=headers + "\r\n")
        return told

    liar.lie = limited
    async with StacksApi(liar.url, pause_s=0.01) as api:
        began = time.monotonic()
        await api.head()
        await api.head()
        took_s = time.monotonic() - began
    assert len(liar.asked) == (2 if status == 200 else 3)
    assert waits_s <= took_s < waits_s + 5


async def test_a_long_pause_is_told_and_not_slept(liar: LyingApi) -> None:
    """A server that wants an hour of silence gets it: the caller hears how long, at once, and
    nothing more is asked until then."""
    liar.lie = lambda told: told.instead(429, {}, headers="Retry-After: 3000\r\n")
    async with StacksApi(liar.url) as api:
        for _ in range(3):
            with pytest.raises(RpcUnavailable) as caught:
                await api.head()
            assert 2_900 < (caught.value.retry_after_s or 0) <= 3_000
    assert len(liar.asked) == 1


async def test_reads_are_tried_again_writes_are_not(liar: LyingApi) -> None:
    """A read outlives two failures; bytes are handed over once, because they may have arrived."""
    failures = 2

    def stumbles(told: Told) -> Told | None:
        nonlocal failures
        failures -= 1
        return None if failures >= 0 else told

    liar.lie = stumbles
    async with StacksApi(liar.url, pause_s=0.01) as api:
        assert (await api.head()).block_height > 0
        assert len(liar.asked) == 3
        failures = 1
        with pytest.raises(RpcUnavailable):
            await api.submit(b"anything")
    assert len(liar.asked) == 4


async def test_answers_are_bounded(liar: LyingApi) -> None:
    """An answer that does not end is cut off, one that does not come is given up."""
    liar.lie = lambda told: told.instead(200, raw=b"[" + b" " * ANSWER_BYTES_MAX + b"]")
    async with StacksApi(liar.url, attempts=1) as api:
        with pytest.raises(MalformedAnswer, match="over"):
            await api.head()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with StacksApi(url, attempts=1, timeout_s=0.1) as api:
            with pytest.raises(RpcUnavailable, match="TimeoutError"):
                await api.head()


async def test_the_key_goes_to_the_server_and_nowhere_else(liar: LyingApi) -> None:
    """The key is sent in its header; a redirect is not followed, so it cannot be led away; and no
    error names it."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(
            f"HTTP/1.1 301 X\r\nLocation: {liar.url}/extended\r\nContent-Length: 0\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with StacksApi(url, key="a-secret", key_header="x-hiro-api-key", attempts=1) as api:
            with pytest.raises(RpcUnavailable, match="HTTP 301") as caught:
                await api.head()
    assert "x-hiro-api-key: a-secret" in heads[0]
    assert "a-secret" not in str(caught.value)
    assert liar.asked == []


def test_only_http_is_spoken() -> None:
    """Another scheme, or no host, is a mistake of the configuration, found before any question."""
    for url in ("file:///etc/passwd", "ftp://example.com", "example.com", "http://"):
        with pytest.raises(ValueError, match="http"):
            Transport(url)
    with pytest.raises(ValueError, match="at least one"):
        StacksApi(" , ")


async def test_a_closed_client_asks_nothing(stacks_chain: StacksChain) -> None:
    """After its end a client is an error of ours, not a fact about the chain."""
    api = StacksApi(stacks_chain.api_url)
    await api.head()
    await api.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await api.head()


async def test_the_second_server_answers_for_the_first(
    liar: LyingApi, stacks_chain: StacksChain
) -> None:
    """With two servers a read goes to the next where the first gives no answer; but a definite
    no is an answer."""
    liar.lie = lambda told: told.instead(500, {"message": "broken"})
    async with StacksApi(f"{liar.url}, {stacks_chain.api_url}/", attempts=1) as api:
        assert (await api.head()).block_height > 0
        assert [node.urls for node in api.nodes] == [(liar.url,), (stacks_chain.api_url,)]
        liar.lie = lambda told: told.instead(404, {"message": "Block not found"})
        assert await api.block(1) is None
