"""Following a real local chain into the log, through honest nodes and lying ones."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message

from earnest.chains import (
    ChainError,
    ChainHalted,
    ChainTx,
    FenceLost,
    Follower,
    HistoryIncomplete,
    NodeLagging,
    RpcUnavailable,
    Stream,
    WatchedAccount,
    cursor_of,
    read_log,
    resume_chain,
)
from earnest.chains.solana import (
    Mint,
    SolanaChain,
    SolanaRpc,
    build_payment,
    pack_payouts,
    sign,
)
from earnest.chains.solana.build import PayoutLine
from earnest.chains.solana.history import History
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain, Money
from earnest.run.embedded.local_chain import LocalChain
from tests.conftest import Databases
from tests.integration.chains.conftest import SOL, World, eventually
from tests.integration.chains.lying_node import Answer, Lie, LyingNode


def follower(
    database: Database,
    rpc: SolanaRpc,
    streams: Sequence[Stream],
    *,
    page_limit: int = 1000,
    facts_max: int = 2000,
    lease_s: float = 60,
) -> Follower:
    """A follower of the streams."""

    async def given() -> Sequence[Stream]:
        return streams

    history = History(rpc, page_limit=page_limit, facts_max=facts_max)
    return Follower(database, SolanaChain(rpc, history), given, lease_s=lease_s)


async def logged(database: Database) -> list[ChainTx]:
    """Everything in the log, in order."""
    async with database.connection() as db:
        return [row.chain_tx for row in await read_log(db, Chain.SOLANA, after_seq=0, limit=1000)]


@pytest.fixture
async def through_liar(liar: LyingNode) -> AsyncIterator[SolanaRpc]:
    """A client that gives up at once, on the node that can lie."""
    async with SolanaRpc(liar.url, attempts=1, timeout_s=5) as rpc:
        yield rpc


async def test_payments_and_payouts_reach_the_log(world: World, databases: Databases) -> None:
    """SOL and USDC in, payouts and a failed batch out: every delta is there, none twice, and they
    add up to what the chain shows."""
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet(usdc_minor=50_000_000)
    one = follower(indexer, world.rpc, streams, page_limit=2)
    assert await one.take_fence()
    assert (await one.follow_once()).added == 0
    references = [str(Keypair().pubkey()) for _ in range(4)]
    sent = [
        await world.pay(payer, treasury, Money(SOL // 10 + n, Asset.SOL), [references[n]])
        for n in range(3)
    ]
    sent.append(await world.pay(payer, treasury, Money(7_000_000, Asset.USDC), [references[3]]))
    recent = (await world.rpc.get_latest_blockhash()).blockhash
    for amounts in ((2_000_000, 3_000_000), (2_000_000, 10)):
        lines = [
            PayoutLine(new_id(), str(Keypair().pubkey()), Money(amount, Asset.SOL))
            for amount in amounts
        ]
        packed = pack_payouts(lines, treasury=str(treasury.pubkey()), blockhash=recent, mints={})
        signed = sign(packed.message, treasury).wire_bytes
        sent.append(await world.rpc.send_raw(signed, skip_preflight=True))
    await world.until_final(*sent)
    assert (await one.follow_once()).added == 6
    assert (await one.follow_once()).added == 0
    facts = await logged(indexer)
    assert {fact.tx_id for fact in facts} == set(sent)
    assert [fact.slot for fact in facts] == sorted(fact.slot for fact in facts)
    assert [fact.tx_id for fact in facts if fact.err] == [sent[-1]]
    found = {
        reference: transfer
        for fact in facts
        for transfer in fact.transfers
        for reference in transfer.references
    }
    assert [found[each].amount_minor for each in references] == [
        SOL // 10,
        SOL // 10 + 1,
        SOL // 10 + 2,
        7_000_000,
    ]
    assert found[references[3]].asset is Asset.USDC
    slot, balances = await world.chain.balances([each.account for each in streams])
    for stream in streams:
        moved = sum(fact.deltas.get(stream.address, 0) for fact in facts)
        assert (stream.opening_minor or 0) + moved == balances[stream.address]
    assert slot > 0
    # A block's time is a time of today, in seconds.
    async with indexer.connection() as db:
        cursor = await cursor_of(db, Chain.SOLANA)
    assert cursor.followed_time is not None
    for fact in facts:
        assert fact.block_time is not None
        assert abs(fact.block_time - cursor.followed_time.timestamp()) < 3600


async def test_token_payment_is_listed_on_the_token_account_alone(
    world: World, databases: Databases
) -> None:
    """A second payment in tokens leaves no signature on the owner's address: only the stream of
    the token account finds it."""
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet(usdc_minor=50_000_000)
    await world.until_final(await world.pay(payer, treasury, Money(5, Asset.USDC)))
    recent = (await world.rpc.get_latest_blockhash()).blockhash
    whole = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(treasury.pubkey()),
        money=Money(6, Asset.USDC),
        blockhash=recent,
        mint=world.mint,
        legacy=True,
    )
    assert isinstance(whole, Message)
    # Without the making of the account, which names the owner: as wallets do when it is there.
    last = whole.instructions[-1]
    keys = whole.account_keys
    move = Instruction(
        keys[last.program_id_index],
        bytes(last.data),
        [
            AccountMeta(keys[at], is_signer=whole.is_signer(at), is_writable=place in (0, 2))
            for place, at in enumerate(last.accounts)
        ],
    )
    bare = Message.new_with_blockhash([move], payer.pubkey(), whole.recent_blockhash)
    assert treasury.pubkey() not in bare.account_keys
    tx_id = await world.rpc.send_raw(sign(bare, payer).wire_bytes)
    await world.until_final(tx_id)
    owner, account = streams
    listed = await world.rpc.get_signatures_for_address(owner.address)
    assert tx_id not in [row.signature for row in listed]
    one = follower(indexer, world.rpc, streams)
    await one.take_fence()
    await one.follow_once()
    facts = await logged(indexer)
    assert facts[-1].tx_id == tx_id
    assert facts[-1].deltas == {account.address: 6}


async def test_backlog_goes_in_by_parts(world: World, databases: Databases) -> None:
    """A backlog larger than one batch is followed in order over several rounds, whole slots at a
    time, and the cursor never claims more than is there."""
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet()
    sent = []
    for n in range(9):
        sent.append(await world.pay(payer, treasury, Money(1_000_000 + n, Asset.SOL)))
        if n % 3 == 2:
            await world.until_final(sent[-1])
    one = follower(indexer, world.rpc, streams, page_limit=2, facts_max=4)
    await one.take_fence()
    rounds = [await one.follow_once()]
    while not rounds[-1].is_whole:
        assert rounds[-1].added > 0
        facts = await logged(indexer)
        assert all(fact.slot <= rounds[-1].through_slot for fact in facts)
        rounds.append(await one.follow_once())
    assert len(rounds) > 1
    assert {fact.tx_id for fact in await logged(indexer)} == set(sent)
    assert sum(each.added for each in rounds) == 9


async def test_nothing_before_finality_and_nothing_before_the_opening(
    world: World, databases: Databases, local_chain: LocalChain
) -> None:
    """A payment that is only confirmed is a hint, not a fact; what came before the opening slot
    never becomes one."""
    indexer = await databases.role("indexer")
    payer = await world.wallet()
    treasury, _ = await world.treasury()
    await world.until_final(await world.pay(payer, treasury, Money(SOL, Asset.SOL)))
    slot, balances = await world.rpc.get_multiple_balances([str(treasury.pubkey())])
    address = str(treasury.pubkey())
    streams = [Stream(WatchedAccount(address, Asset.SOL), slot, balances[address].lamports)]
    one = follower(indexer, world.rpc, streams)
    await one.take_fence()
    reference = str(Keypair().pubkey())
    await world.control("pause")
    try:
        tx_id = await world.pay(payer, treasury, Money(SOL, Asset.SOL), [reference])
        done = await one.follow_once()
        assert (done.added, await logged(indexer)) == (0, [])
        (hint,) = await world.chain.seen(reference)
        assert (hint.tx_id, hint.is_final) == (tx_id, False)
        assert await world.chain.fact_by_tx(tx_id, streams) is None
    finally:
        await world.control("resume")
    await world.until_final(tx_id)
    assert (await one.follow_once()).added == 1
    (fact,) = await logged(indexer)
    assert fact == await world.chain.fact_by_tx(tx_id, streams)


async def test_two_indexers_at_once(world: World, databases: Databases) -> None:
    """Of two indexers one follows and one stands by; the one whose fence was taken is stopped at
    the commit; nothing is there twice."""
    indexer = await databases.role("indexer", size_max=8)
    treasury, streams = await world.treasury()
    payer = await world.wallet()
    first, second = (follower(indexer, world.rpc, streams, lease_s=0.6) for _ in range(2))
    assert await first.take_fence()
    assert not await second.take_fence()
    sent = [await world.pay(payer, treasury, Money(1_000_000 + n, Asset.SOL)) for n in range(3)]
    await world.until_final(*sent)
    await eventually(second.take_fence, "the lease lapses")
    with pytest.raises(FenceLost):
        await first.follow_once()
    assert await logged(indexer) == []
    stop = asyncio.Event()
    running = [asyncio.create_task(each.run(stop, poll_s=0.05)) for each in (first, second)]
    try:
        sent += [
            await world.pay(payer, treasury, Money(2_000_000 + n, Asset.SOL)) for n in range(3)
        ]

        async def all_there() -> bool:
            return len(await logged(indexer)) == 6

        await eventually(all_there, "all payments are logged")
    finally:
        stop.set()
        await asyncio.gather(*running)
    assert {fact.tx_id for fact in await logged(indexer)} == set(sent)


# Lies ------------------------------------------------------------------------------------------


def on(method: str, change: Any) -> Lie:
    """A lie about one method: `change` gets the true result and gives the told one."""

    def lie(asked: str, params: list[Any], answer: Answer) -> Any:
        if asked != method or "result" not in answer:
            return answer
        return answer | {"result": change(answer["result"])}

    return lie


def always(told: tuple[int, bytes] | None) -> Lie:
    """The same nonsense for every history request."""

    def lie(asked: str, params: list[Any], answer: Answer) -> Any:
        return told if asked in ("getSignaturesForAddress", "getTransaction") else answer

    return lie


def moved(result: dict[str, Any]) -> dict[str, Any]:
    """The chain_tx, told of another slot."""
    return result | {"slot": result["slot"] - 1}


def renamed(result: dict[str, Any]) -> dict[str, Any]:
    """The chain_tx under another signature."""
    signed = result["transaction"] | {"signatures": ["2" * 88]}
    return result | {"transaction": signed}


LIES: dict[str, Lie] = {
    "empty_list": on("getSignaturesForAddress", lambda _: []),
    "newest_only": on("getSignaturesForAddress", lambda rows: rows[:1]),
    "newest_missing": on("getSignaturesForAddress", lambda rows: rows[1:]),
    "hole_in_the_middle": on("getSignaturesForAddress", lambda rows: rows[:1] + rows[2:]),
    "oldest_missing": on("getSignaturesForAddress", lambda rows: rows[:-1]),
    "chain_tx_not_there": on("getTransaction", lambda _: None),
    "chain_tx_of_another_slot": on("getTransaction", moved),
    "chain_tx_of_another_name": on("getTransaction", renamed),
    "chain_tx_without_effects": on("getTransaction", lambda result: result | {"meta": None}),
    "not_final": on(
        "getSignaturesForAddress",
        lambda rows: [row | {"confirmationStatus": "confirmed"} for row in rows],
    ),
    "stale_balances": on("getMultipleAccounts", lambda result: result | {"context": {"slot": 1}}),
    "rate_limited": always((429, b"slow down")),
    "broken": always((500, b"oops")),
    "forbidden": always((403, b"")),
    "garbage": always((200, b"<html>not json</html>")),
    "cut_short": always((200, b'{"jsonrpc":"2.0","id":1,"result":[{"signat')),
    "another_answer": always((200, b'{"jsonrpc":"2.0","id":0,"result":[]}')),
    "no_result": always((200, b'{"jsonrpc":"2.0","id":1}')),
    "connection_dropped": always(None),
    "lagging": on("getSlot", lambda slot: slot - 100_000 if slot > 100_000 else 1),
}


# Pages that are merely short are no harm: the walk goes on behind them.
HARMLESS = {"newest_only", "oldest_missing"}


async def test_a_lie_loses_nothing(
    world: World, databases: Databases, liar: LyingNode, through_liar: SolanaRpc
) -> None:
    """Under each lie the round is void and the cursor stays; short pages are paged past; once the
    node tells the truth again, every payment is in the log, once."""
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet()
    one = follower(indexer, through_liar, streams)
    await one.take_fence()
    sent = [await world.pay(payer, treasury, Money(1_000_000, Asset.SOL))]
    await world.until_final(*sent)
    await one.follow_once()
    sent += [await world.pay(payer, treasury, Money(2_000_000 + n, Asset.SOL)) for n in range(4)]
    await world.until_final(*sent)
    async with indexer.connection() as db:
        at = (await cursor_of(db, Chain.SOLANA)).followed_slot
    for name in LIES.keys() - HARMLESS:
        # Without what earlier rounds remember, so that every lie is really told.
        await one.release_fence()
        one = follower(indexer, through_liar, streams)
        assert await one.take_fence()
        liar.lie = LIES[name]
        try:
            await one.follow_once()
        except (HistoryIncomplete, RpcUnavailable, NodeLagging):
            pass
        else:
            pytest.fail(f"{name} was believed")
        assert len(await logged(indexer)) == 1, name
        async with indexer.connection() as db:
            assert (await cursor_of(db, Chain.SOLANA)).followed_slot == at, name
    liar.lie = LIES["newest_only"]
    assert (await one.follow_once()).added == 4
    sent.append(await world.pay(payer, treasury, Money(3_000_000, Asset.SOL)))
    await world.until_final(*sent)
    liar.lie = LIES["oldest_missing"]
    assert (await one.follow_once()).added == 1
    liar.lie = None
    assert (await one.follow_once()).added == 0
    assert {fact.tx_id for fact in await logged(indexer)} == set(sent)


async def test_lies_by_seed(
    world: World, databases: Databases, liar: LyingNode, through_liar: SolanaRpc
) -> None:
    """Payments go on while each answer may be spoilt by any of the lies: whatever the log holds at
    any moment is true and gap-free, and in the end it holds everything once."""
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet(usdc_minor=10**9)
    one = follower(indexer, through_liar, streams, page_limit=3, facts_max=5)
    await one.take_fence()
    sent: list[str] = []

    def lie(method: str, params: list[Any], answer: Answer) -> Any:
        if dice.random() < 0.85:
            return answer
        try:
            return LIES[dice.choice(list(LIES))](method, params, answer)
        except (KeyError, TypeError, IndexError):
            return answer

    liar.lie = lie
    for number in range(40):
        if number % 4 == 0:
            asset = dice.choice([Asset.SOL, Asset.USDC])
            amount = Money(1_000_000 + number, asset)
            sent.append(await world.pay(payer, treasury, amount))
        if number % 10 == 9:
            await world.until_final(sent[-1])
        try:
            done = await one.follow_once()
        except (HistoryIncomplete, RpcUnavailable, NodeLagging):
            continue
        facts = await logged(indexer)
        assert all(fact.slot <= done.through_slot for fact in facts), f"seed {seed}"
        for stream in streams:
            at = stream.opening_minor
            for fact in facts:
                at = (at or 0) + fact.deltas.get(stream.address, 0)
            named = {
                fact.balances[stream.address] for fact in facts if stream.address in fact.balances
            }
            assert at in {stream.opening_minor, *named}, f"seed {seed}"
    liar.lie = None
    await world.until_final(*sent)
    while not (done := await one.follow_once()).is_whole:
        assert done.added > 0, f"seed {seed}"
    facts = await logged(indexer)
    assert sorted(fact.tx_id for fact in facts) == sorted(sent), f"seed {seed}"


async def test_other_genesis_halts_until_an_operator_has_looked(
    world: World, databases: Databases, liar: LyingNode, through_liar: SolanaRpc
) -> None:
    """A node of another network halts the chain; it stays halted when the node is right again,
    and follows once it was resumed."""
    indexer = await databases.role("indexer")
    _, streams = await world.treasury()
    one = follower(indexer, through_liar, streams)
    await one.take_fence()
    await one.follow_once()
    liar.lie = on("getGenesisHash", lambda _: "2" * 44)
    with pytest.raises(ChainHalted, match="another network"):
        await one.follow_once()
    liar.lie = None
    with pytest.raises(ChainHalted, match="another network"):
        await one.follow_once()
    async with indexer.connection() as db:
        reason = (await cursor_of(db, Chain.SOLANA)).halted_reason
        assert reason is not None
        assert "2" * 44 in reason
        assert await resume_chain(db, Chain.SOLANA)
    assert (await one.follow_once()).is_whole


async def test_vanished_final_chain_tx_halts(
    world: World, databases: Databases, liar: LyingNode, through_liar: SolanaRpc
) -> None:
    """When what was final is denied everywhere, by a node that is not behind, a person must
    look; a node that merely fails to answer does not halt anything."""
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet()
    one = follower(indexer, through_liar, streams)
    await one.take_fence()
    await world.until_final(await world.pay(payer, treasury, Money(SOL, Asset.SOL)))
    await one.follow_once()

    def forgets(method: str, params: list[Any], answer: Answer) -> Any:
        if method == "getSignaturesForAddress":
            return answer | {"result": []}
        if method == "getSignatureStatuses":
            return (503, b"") if mute else answer | {"result": answer["result"] | {"value": [None]}}
        return answer

    liar.lie = forgets
    mute = True
    with pytest.raises(HistoryIncomplete, match="no longer listed"):
        await one.follow_once()
    mute = False
    with pytest.raises(ChainHalted, match="gone from the chain"):
        await one.follow_once()


async def test_reset_chain_halts(databases: Databases, tmp_path: Any) -> None:
    """A local chain that was begun anew under a running indexer halts it."""
    indexer = await databases.role("indexer")
    with LocalChain(tmp_path, slot_ms=20) as local:
        async with SolanaRpc(local.access.rpc_url) as rpc, httpx.AsyncClient() as http:
            world = World(local, rpc, SolanaChain(rpc), Mint(local.access.usdc_mint), http)
            _, streams = await world.treasury()
            one = follower(indexer, rpc, streams)
            await one.take_fence()
            await one.follow_once()
            await world.control("reset")
            with pytest.raises(ChainHalted):
                await one.follow_once()


async def test_run_survives_outages(
    world: World, databases: Databases, liar: LyingNode, through_liar: SolanaRpc
) -> None:
    """The loop waits out a node that is gone and goes on by itself, until it is told to stop."""
    indexer = await databases.role("indexer")
    treasury, streams = await world.treasury()
    payer = await world.wallet()
    one = follower(indexer, through_liar, streams)
    stop, wake = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(one.run(stop, poll_s=0.02, wake=wake))
    try:
        liar.lie = always((503, b""))
        sent = await world.pay(payer, treasury, Money(SOL, Asset.SOL))
        await world.until_final(sent)
        calls = len(liar.calls)

        async def tried_again() -> bool:
            wake.set()
            return len(liar.calls) > calls + 10

        await eventually(tried_again, "the loop keeps asking")
        assert await logged(indexer) == []
        liar.lie = None

        async def there() -> bool:
            wake.set()
            return [fact.tx_id for fact in await logged(indexer)] == [sent]

        await eventually(there, "the payment is logged")
    finally:
        stop.set()
        await running
    async with indexer.connection() as db:
        cursor = await db.fetchrow("SELECT fence FROM chain_cursors")
    assert cursor is not None
    assert cursor["fence"] is None
    assert not isinstance(running.exception(), ChainError)
