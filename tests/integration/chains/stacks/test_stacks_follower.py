"""Following a contract on a real local Stacks chain: backfill, live, finality, reorgs."""

from earnest.chains.stacks import StacksApi, clarity, sync_status
from tests.integration.chains.stacks.conftest import Talk
from tests.integration.chains.stacks.lying_api import LyingApi


async def test_prints_are_observed_and_become_final(talk: Talk) -> None:
    """Everything that the contract printed is in the log, raw, in order, once; six Bitcoin blocks
    later all of it is final."""
    sent = await talk.say(1, 2)
    sent.append(await talk.call("pay-and-say", clarity.UInt(3)))
    sent.append(await talk.call("babble"))
    await talk.node.mine()
    one = await talk.followed()
    rows = await talk.rows()
    assert [row.kind.value for row in rows] == ["observed"] * 7
    assert list(dict.fromkeys(row.tx_id for row in rows)) == sent
    assert [row.event_index for row in rows] == [0, 0, 1, 3, 0, 1, 2]
    assert await talk.counting() == await talk.on_chain()
    assert {row.contract for row in rows} == {talk.contract}
    assert clarity.decode_hex(rows[4].hex) == clarity.UInt(7)
    await talk.bury(5)
    assert await talk.catch_up(one) == 0
    await talk.bury(1)
    assert await talk.catch_up(one) == 7
    rows = await talk.rows()
    assert [row.kind.value for row in rows[7:]] == ["final"] * 7
    assert [row.tx_id for row in rows[7:]] == [row.tx_id for row in rows[:7]]
    async with talk.database.connection() as db:
        status = await sync_status(db)
    assert status is not None
    state = await talk.node.state()
    assert (status.indexed_height, status.tip_height, status.lag) == (
        state["height"],
        state["height"],
        0,
    )
    assert status.tip_burn_height == state["burnHeight"]
    assert status.final_burn_height == state["burnHeight"] - 6
    assert not status.troubled


async def test_what_a_look_costs(talk: Talk, liar: LyingApi, through_liar: StacksApi) -> None:
    """A look with nothing new is one question. A block without a print is four: tip, blocks,
    prints, and the tip again. A print costs two more: its chain_tx and that one's events."""
    await talk.say(1)
    one = talk.follower(through_liar)
    await one.take_fence()
    await talk.catch_up(one)

    async def cost() -> list[str]:
        liar.asked.clear()
        await talk.catch_up(one)
        return [asked.path.split("/")[-1] for asked in liar.asked]

    assert await cost() == ["extended"]
    await talk.node.mine()
    tip = (await talk.api.head()).index_block_hash
    assert await cost() == ["extended", "blocks", "logs", tip]
    sent = await talk.call("pay-and-say", clarity.UInt(2))
    await talk.node.mine()
    tip = (await talk.api.head()).index_block_hash
    assert await cost() == ["extended", "blocks", "logs", sent, "events", tip]


async def test_memory_does_not_grow_with_the_past(
    talk: Talk, liar: LyingApi, through_liar: StacksApi
) -> None:
    """However long the past, a round holds one batch, and what was read before is not read
    again."""
    for first in range(0, 200, 100):
        numbers = clarity.List(tuple(clarity.UInt(first + n) for n in range(100)))
        await talk.call("say-many", numbers)
        await talk.node.mine()
    await talk.say(*range(20))
    one = talk.follower(through_liar, batch_events=8, page_limit=4)
    await one.take_fence()
    added: list[int] = []
    while not added or added[-1]:
        done = await one.follow_once()
        added.append(0 if done.is_whole else done.added)
        # A call of a hundred prints is never torn apart; all else is a batch.
        assert done.added <= 100 + 8 + 4
    pages = sum(asked.path.endswith("/logs") for asked in liar.asked)
    assert len(added) >= 4
    # Once each, what a round needs to find its place again, and halving for the first one.
    assert pages <= 220 / 4 + 4 * len(added) + 50
    assert await talk.counting() == await talk.on_chain()
