"""Cache against chain: on a real chain, followed into a real database."""

import asyncio
from uuid import UUID

import pytest

from earnest.chains import RpcUnavailable
from earnest.chains.stacks import StacksApi
from earnest.escrow import (
    ActName,
    ContractReader,
    FoundBy,
    Resyncs,
    Verdict,
    compare,
    jobs,
    report,
)
from earnest.escrow.comparison.metrics import MISMATCHES
from earnest.kit.settings import Network, Settings
from tests.integration.escrow.followed import AMOUNTS, CountingApi, Followed

SETTINGS = Settings(network=Network.TESTNET)


async def test_contract_and_cache_agree_once_the_chain_was_followed(followed: Followed) -> None:
    """Every figure of the project is on both sides, in every state that it passes through; before
    the log has come that far the cache is behind, which is no disagreement."""
    number = await followed.create()
    await followed.catch_up()
    found = await compare(followed.worker, followed.reader, number)
    assert found.verdict is Verdict.AGREE, found.differences
    assert found.chain is not None
    assert found.chain == found.cached
    assert [each.amount_minor for each in found.chain.milestones] == [str(a) for a in AMOUNTS]
    assert found.tip.block_height == found.indexed_height
    for name, who, num in (
        (ActName.COMPLETE, "freelancer", 1),
        (ActName.DISPUTE, "client", 1),
        (ActName.RELEASE, "client", 1),
        (ActName.DECLINE, "freelancer", None),
    ):
        await followed.act(number, name, who, num)
        found = await compare(followed.worker, followed.reader, number)
        assert found.verdict is Verdict.BEHIND
        assert found.differences
        await followed.catch_up()
        found = await compare(followed.worker, followed.reader, number)
        assert found.verdict is Verdict.AGREE, found.differences


async def test_a_branch_that_is_not_followed_yet_is_no_mismatch(followed: Followed) -> None:
    """The chain takes a completion back: the contract says locked, the cache says submitted, at a
    height that both have. That the block there is another one is noticed; nobody is alarmed."""
    number = await followed.create()
    tx_id = await followed.act(number, ActName.COMPLETE, "freelancer", 1)
    await followed.catch_up()
    await followed.world.node.reorg(1, drop=[tx_id])
    found = await compare(followed.worker, followed.reader, number)
    assert found.verdict is Verdict.BEHIND
    assert "milestones.1.status" in {each.path for each in found.differences}
    await followed.catch_up()
    found = await compare(followed.worker, followed.reader, number)
    assert found.verdict is Verdict.AGREE
    await followed.world.node.release()
    await followed.world.node.mine()


async def test_a_mismatch_is_told_counted_and_healed_by_a_resync(followed: Followed) -> None:
    """A cache that says something else at the same block: the figure is named, one re-sync is asked
    for however many find it, the operator is told once, the counter grows; the indexer reads the
    log again, folds it anew, and both sides agree."""
    number = await followed.create()
    await followed.catch_up()
    await followed.tamper(
        "UPDATE escrow_milestones SET amount_minor = amount_minor + 1 WHERE contract = $1"
        " AND view = 'live' AND number = $2 AND milestone_num = 2",
        followed.contract,
        number,
    )
    found = await compare(followed.worker, followed.reader, number)
    assert found.verdict is Verdict.DIFFER
    assert [(e.path, e.chain, e.cached) for e in found.differences] == [
        ("milestones.2.amountMinor", str(AMOUNTS[1]), str(AMOUNTS[1] + 1))
    ]
    operator = await new_account(followed)
    before = MISMATCHES.labels("request")._value.get()
    for first in (True, False):
        asked = await report(
            await followed.databases.role("api"),
            followed.contract,
            FoundBy.REQUEST,
            number=number,
            found=found.differences,
            operators=[operator],
        )
        assert asked is first
    assert MISMATCHES.labels("request")._value.get() == before + 2
    told = await followed.rows_of("escrow_resyncs", "notifications")
    assert told == {"escrow_resyncs": 1, "notifications": 1}
    event = await followed.worker.fetchval(
        "SELECT data->>'foundBy' FROM events WHERE type = 'escrow_cache_differed'"
    )
    assert event == "request"

    resyncs = Resyncs(followed.indexer, followed.contract, followed.follower.recount)
    assert await resyncs.is_asked()
    assert await resyncs.round()
    assert not await resyncs.is_asked()
    outcome = await followed.worker.fetchval("SELECT outcome FROM escrow_resyncs")
    assert outcome.startswith("the log is what the chain says; the cache was not")
    found = await compare(followed.worker, followed.reader, number)
    assert found.verdict is Verdict.AGREE


async def test_a_log_that_lacks_a_print_is_read_again_before_the_fold(followed: Followed) -> None:
    """A row that somebody tore out of the log: the recount finds it, the follower reads again from
    below it, and only then is the projection made anew."""
    number = await followed.create()
    await followed.act(number, ActName.COMPLETE, "freelancer", 1)
    await followed.catch_up()
    owner = await followed.databases.role("owner")
    async with owner.db_tx() as db_tx:
        # No role can do this, and the triggers refuse it: a damaged disk might.
        await db_tx.execute("ALTER TABLE chain_log DISABLE TRIGGER ALL")
        seq = await db_tx.fetchval("SELECT max(seq) FROM chain_log WHERE chain = 'stacks'")
        await db_tx.execute("DELETE FROM stacks_provisional WHERE seq = $1", seq)
        await db_tx.execute("DELETE FROM chain_log WHERE chain = 'stacks' AND seq = $1", seq)
        await db_tx.execute("UPDATE chain_cursors SET last_seq = $1 - 1", seq)
        await db_tx.execute("ALTER TABLE chain_log ENABLE TRIGGER ALL")
        await db_tx.execute(
            "INSERT INTO escrow_resyncs (contract, found_by) VALUES ($1, 'operator')",
            followed.contract,
        )
    resyncs = Resyncs(followed.indexer, followed.contract, followed.follower.recount)
    assert await resyncs.is_asked()
    assert not await resyncs.round(), "the log is read again first"
    assert not await resyncs.is_asked(), "not before the follower has done so"
    await followed.catch_up()
    assert await resyncs.is_asked()
    assert await resyncs.round()
    await followed.catch_up()
    found = await compare(followed.worker, followed.reader, number)
    assert found.verdict is Verdict.AGREE, found.differences


async def test_many_askers_are_one_question(followed: Followed) -> None:
    """Fifty who ask at once share one flight; an answer is kept for its time and no longer, and no
    more than so many are kept."""
    number = await followed.create()
    api, moment = followed.api, [0.0]
    reader = ContractReader(api, followed.contract, ttl_s=5, kept_max=2, now=lambda: moment[0])
    await reader.read(number)
    once, api.calls = api.calls, 0
    moment[0] = 10
    answers = await asyncio.gather(*(reader.read(number) for _ in range(50)))
    assert api.calls == once
    assert all(each == answers[0] for each in answers)
    moment[0] = 14.9
    assert await reader.read(number) == answers[0]
    assert api.calls == once
    moment[0] = 15.1
    await reader.read(number)
    assert api.calls == 2 * once
    for other in range(1_000, 1_003):
        assert (await reader.read(other)).values is None
    assert len(reader._kept) == 2
    cancelled = asyncio.create_task(reader.read(number, fresh=True))
    stays = asyncio.create_task(reader.read(number, fresh=True))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert (await stays).values is not None


async def test_silence_of_the_server_is_no_answer(followed: Followed) -> None:
    """Where no server answers nothing is said, and the failure is not kept for an answer."""
    async with StacksApi("http://127.0.0.1:9", attempts=1) as nobody:
        reader = ContractReader(nobody, followed.contract)
        for _ in range(2):
            with pytest.raises(RpcUnavailable):
                await compare(followed.worker, reader, 1)


async def test_the_sweep_goes_on_where_it_stood(followed: Followed) -> None:
    """Two projects at a time without a key, the next two the next time, then from the beginning;
    where a server is silent it stands still. Closed projects are left out; what differs is asked
    to be made anew."""
    numbers = [await followed.create() for _ in range(4)]
    await followed.act(numbers[1], ActName.CANCEL, "client")
    await followed.catch_up()
    await followed.tamper(
        "DELETE FROM escrow_projects WHERE contract = $1 AND number < $2",
        followed.contract,
        numbers[0],
    )
    async with CountingApi("http://127.0.0.1:9", attempts=1) as nobody:
        silent = ContractReader(nobody, followed.contract)
        assert await jobs.sweep(followed.worker, silent, SETTINGS) == 0
    places = []
    for _ in range(3):
        await jobs.sweep(followed.worker, followed.reader, SETTINGS)
        places.append(await followed.worker.fetchval("SELECT after_number FROM escrow_sweeps"))
    assert places == [numbers[2], 0, numbers[2]]
    row = await followed.worker.fetchval("SELECT (rounds, compared) FROM escrow_sweeps")
    assert row == (1, 5)
    assert await followed.rows_of("escrow_resyncs") == {"escrow_resyncs": 0}
    await followed.tamper(
        "UPDATE escrow_projects SET accepted = true WHERE contract = $1 AND number = $2",
        followed.contract,
        numbers[3],
    )
    await jobs.sweep(followed.worker, followed.reader, SETTINGS)
    assert await followed.worker.fetchval("SELECT (found_by, number) FROM escrow_resyncs") == (
        "sweep",
        numbers[3],
    )


async def test_the_count_of_events_is_compared(followed: Followed) -> None:
    """The contract's own count of its events against the last one folded: equal, behind while it is
    not followed, and a mismatch when the cache has lost one."""
    await followed.catch_up()
    assert await jobs.count(followed.worker, followed.reader, SETTINGS) is Verdict.AGREE
    await followed.create()
    assert await jobs.count(followed.worker, followed.reader, SETTINGS) is Verdict.BEHIND
    await followed.catch_up()
    await followed.tamper("UPDATE escrow_config SET event_count = event_count - 1")
    assert await jobs.count(followed.worker, followed.reader, SETTINGS) is Verdict.DIFFER
    differences = await followed.worker.fetchval("SELECT differences FROM escrow_resyncs")
    assert [each["path"] for each in differences] == ["eventCount"]


async def new_account(followed: Followed) -> UUID:
    """An account that somebody operates with."""
    owner = await followed.databases.role("owner")
    account: UUID = await owner.fetchval(
        "INSERT INTO accounts (id, created_at) VALUES (gen_random_uuid(), now()) RETURNING id"
    )
    return account
