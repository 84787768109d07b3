"""Following a contract on a real local Stacks chain: backfill, live, finality, reorgs."""

from earnest.chains.stacks import clarity, sync_status
from tests.integration.chains.stacks.conftest import Talk


async def test_prints_are_observed_and_become_final(talk: Talk) -> None:
    """Everything that the contract printed is in the log, raw, in order, once; six Bitcoin blocks
    later all of it is final, and a poll with nothing new asks one question."""
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
