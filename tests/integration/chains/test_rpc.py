"""Asking a real node, and nodes that refuse, stall or contradict each other."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from solders.keypair import Keypair

from earnest.chains import (
    ChainPort,
    Finality,
    MalformedAnswer,
    RpcRejected,
    RpcUnavailable,
    TxState,
)
from earnest.chains.solana import (
    PayoutLine,
    SolanaChain,
    SolanaRpc,
    associated_token_address,
    message_bytes,
    pack_payouts,
    sign,
)
from earnest.chains.solana import rpc as rpc_module
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Money
from tests.integration.chains.conftest import SOL, World
from tests.integration.chains.lying_node import Answer, LyingNode

NOBODY = "5" * 87


@pytest.fixture
async def other(world: World) -> AsyncIterator[LyingNode]:
    """A second node before the same chain."""
    async with LyingNode(world.url).running() as node:
        yield node


@pytest.fixture
async def both(liar: LyingNode, other: LyingNode) -> AsyncIterator[SolanaRpc]:
    """A client of two nodes."""
    async with SolanaRpc(f"{liar.url}, {other.url}", pause_s=0.01, timeout_s=3) as rpc:
        yield rpc


def silent(method: str, params: list[Any], answer: Answer) -> Any:
    """Never answers."""
    return None


def endless(method: str, params: list[Any], answer: Answer) -> Any:
    """Answers a megabyte of nothing."""
    return 200, b" " * 1_000_000


def says(code: int, message: str = "no") -> Any:
    """Answers every question with a JSON-RPC error."""

    def lie(method: str, params: list[Any], answer: Answer) -> Any:
        return {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": code, "message": message}}

    return lie


async def test_reads_of_a_real_node(world: World) -> None:
    """Each read gives its typed answer: balances at one slot, tokens, fee, rent, blockhash."""
    payer = await world.wallet(usdc_minor=77)
    address = str(payer.pubkey())
    account = (await world.treasury())[1][1].address
    assert (await world.rpc.get_balance(address)).amount_minor == 10 * SOL
    assert (await world.rpc.get_balance(str(Keypair().pubkey()))).amount_minor == 0
    empty = await world.rpc.get_token_balance(account)
    assert (empty.amount_minor, empty.mint) == (0, None)
    assert empty.slot > 0
    held = associated_token_address(address, world.mint)
    found = await world.rpc.get_token_balance(held)
    assert (found.amount_minor, found.mint) == (77, world.mint.address)
    slot, shown = await world.rpc.get_multiple_balances([address, held, account])
    assert (shown[address].lamports, shown[held].token_minor) == (10 * SOL, 77)
    assert shown[account].lamports == 0
    assert await world.rpc.min_rent_exemption() == 890_880
    recent = await world.rpc.get_latest_blockhash()
    assert recent.last_valid_block_height > await world.rpc.get_block_height()
    packed = pack_payouts(
        [PayoutLine(new_id(), str(Keypair().pubkey()), Money(SOL, Asset.SOL))],
        treasury=address,
        blockhash=recent.blockhash,
        mints={},
    )
    assert await world.rpc.get_fee_for_message(message_bytes(packed.message)) == 5000
    assert await world.rpc.get_block_time(slot) is not None
    with pytest.raises(RpcUnavailable, match="-32016"):
        await world.rpc.nodes_once[0].get_balance(address, min_context_slot=slot + 10**6)


async def test_simulate_and_submit(world: World) -> None:
    """What would fail is told before it is sent; what is sent is final under its own id; the same
    bytes are refused a second time."""
    port: ChainPort = world.chain
    treasury, _ = await world.treasury()
    recent = (await world.rpc.get_latest_blockhash()).blockhash

    def payout(amount_minor: int) -> bytes:
        line = PayoutLine(new_id(), str(Keypair().pubkey()), Money(amount_minor, Asset.SOL))
        packed = pack_payouts([line], treasury=str(treasury.pubkey()), blockhash=recent, mints={})
        return sign(packed.message, treasury).wire_bytes

    poor, good = payout(10), payout(2_000_000)
    result = await port.simulate(poor)
    assert result.err is not None
    assert "InsufficientFundsForRent" in result.err
    assert (await port.simulate(good)).err is None
    with pytest.raises(RpcRejected):
        await port.submit(poor)
    tx_id = await port.submit(good)
    await world.until_final(tx_id)
    assert (await port.finality(tx_id)).state is TxState.FINAL
    with pytest.raises(RpcRejected, match="already been processed"):
        await port.submit(good)
    wrong = bytearray(payout(3_000_000))
    wrong[10] ^= 1
    with pytest.raises(RpcRejected):
        await port.simulate(bytes(wrong))


async def test_reads_go_round_the_nodes(both: SolanaRpc, liar: LyingNode, other: LyingNode) -> None:
    """One node down, the other answers; both down, nothing is known."""
    liar.lie = silent
    assert await both.get_slot() > 0
    other.lie = says(-32005, "Node is behind")
    with pytest.raises(RpcUnavailable) as unknown:
        await both.get_slot()
    assert unknown.value.rpc_code in (None, -32005)
    assert len(liar.calls) + len(other.calls) == 2 + 4


async def test_definite_refusals_are_not_repeated(both: SolanaRpc, liar: LyingNode) -> None:
    """A definite no comes back at once, with its code."""
    liar.lie = says(-32602, "Invalid params")
    with pytest.raises(RpcRejected) as refused:
        await both.get_slot()
    assert (refused.value.rpc_code, len(liar.calls)) == (-32602, 1)


async def test_pause_that_a_node_asks_for_is_kept(world: World, liar: LyingNode) -> None:
    """429 with Retry-After waits as long as it says, then goes on."""
    asked: list[float] = []

    def limited(method: str, params: list[Any], answer: Answer) -> Any:
        asked.append(time.monotonic())
        return answer if len(asked) > 1 else (429, b"")

    liar.lie = limited
    liar.headers = "Retry-After: 0.3\r\n"
    async with SolanaRpc(liar.url, pause_s=0.0) as rpc:
        assert await rpc.get_slot() > 0
    assert asked[1] - asked[0] >= 0.3


async def test_answers_are_bounded(
    world: World, liar: LyingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without an end is cut off."""
    monkeypatch.setattr(rpc_module, "ANSWER_BYTES_MAX", 10_000)
    liar.lie = endless
    async with SolanaRpc(liar.url, attempts=1) as rpc:
        with pytest.raises(MalformedAnswer, match="over"):
            await rpc.get_slot()


async def test_lost_answer_to_a_broadcast_proves_nothing(
    world: World, both: SolanaRpc, liar: LyingNode, other: LyingNode
) -> None:
    """The first node takes the bytes and its answer is lost; the second calls them processed
    already: that is "unknown", not "refused", and the chain has them."""
    treasury, _ = await world.treasury()
    packed = pack_payouts(
        [PayoutLine(new_id(), str(Keypair().pubkey()), Money(SOL, Asset.SOL))],
        treasury=str(treasury.pubkey()),
        blockhash=(await world.rpc.get_latest_blockhash()).blockhash,
        mints={},
    )
    signed = sign(packed.message, treasury)
    liar.lie = silent
    with pytest.raises(RpcUnavailable):
        await both.send_raw(signed.wire_bytes)
    await world.until_final(signed.tx_id)


def denies(method: str, params: list[Any], answer: Answer) -> Any:
    """Knows no signature."""
    return answer | {"result": answer["result"] | {"value": [None]}}


def behind(method: str, params: list[Any], answer: Answer) -> Any:
    """Knows no signature, and stands at slot 1."""
    return answer | {"result": {"context": {"slot": 1}, "value": [None]}}


def landed(method: str, params: list[Any], answer: Answer) -> Any:
    """Has it, not final yet."""
    status = {"slot": 9, "confirmations": 3, "err": None, "confirmationStatus": "confirmed"}
    return answer | {"result": answer["result"] | {"value": [status]}}


def failed(method: str, params: list[Any], answer: Answer) -> Any:
    """Has it, final and failed."""
    status = {"slot": 9, "err": {"InstructionError": [0, 1]}, "confirmationStatus": "finalized"}
    return answer | {"result": answer["result"] | {"value": [status]}}


FINALITIES = [
    ("both deny", denies, denies, TxState.ABSENT),
    ("one denies, one is away", denies, silent, TxState.UNKNOWN),
    ("one is away, one denies", silent, denies, TxState.UNKNOWN),
    ("one denies, one is behind", denies, behind, TxState.UNKNOWN),
    ("one denies, one refuses", denies, says(-32602), TxState.UNKNOWN),
    ("both away", silent, silent, TxState.UNKNOWN),
    ("one denies, one has it", denies, landed, TxState.LANDED),
    ("one away, one has it", silent, landed, TxState.LANDED),
    ("one has it, one has it final", landed, failed, TxState.FINAL),
    ("one denies, one has it final", denies, failed, TxState.FINAL),
]


async def test_unknown_is_not_absent(both: SolanaRpc, liar: LyingNode, other: LyingNode) -> None:
    """Absent only when two sources say so, both far enough; any doubt is unknown."""
    chain = SolanaChain(SolanaRpc(both.urls, attempts=1, timeout_s=3))
    for name, first, second, expected in FINALITIES:
        liar.lie, other.lie = first, second
        found = await chain.finality(NOBODY, min_slot=5)
        assert found.state is expected, name
    assert (await chain.finality(NOBODY)) == Finality(
        TxState.FINAL, 9, '{"InstructionError":[0,1]}'
    )
    await chain.rpc.aclose()


async def test_lone_node_is_asked_twice(world: World, liar: LyingNode) -> None:
    """With one node, an absence needs two answers of it."""
    async with SolanaRpc(liar.url) as rpc:
        assert (await SolanaChain(rpc).finality(NOBODY)).state is TxState.ABSENT
    assert liar.calls.count("getSignatureStatuses") == 2
