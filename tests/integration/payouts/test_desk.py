"""What an operator can do about payouts, and the lines that it leaves."""

import asyncio
from datetime import timedelta

import pytest

from earnest import audit
from earnest.payouts import Desk, PayoutStatus
from earnest.payouts.errors import HaltUnknown, PayoutEnded, PayoutMayStillLand
from earnest.payouts.store_attempts import halt
from tests.integration.payouts.scene import Scene


def _desk(scene: Scene) -> Desk:
    return Desk(scene.ground.roles["worker"], scene.clock)


async def test_held_payout_waits_and_goes_on_when_released(scene: Scene) -> None:
    """Held: listed, never signed. Released: sent at once. Both leave who and why."""
    desk = _desk(scene)
    holder = await scene.holder()
    payout_id = await scene.request(holder)
    await desk.hold(payout_id, operator="ada", note="asked the bank")
    await scene.engine.run_round()
    [stuck] = await desk.list_stuck(since=scene.clock.now() - timedelta(hours=1))
    assert (stuck.id, stuck.paused) == (payout_id, True)
    await desk.release(payout_id, operator="ada", note="fine")
    await scene.settle()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.FINAL
    async with scene.ground.roles["api"].connection() as db:
        lines = await audit.list_acts(db, subject=f"payout:{payout_id}", limit=5)
    assert [(line.act, line.by, line.note) for line in lines] == [
        ("payout_release", "ada", "fine"),
        ("payout_hold", "ada", "asked the bank"),
    ]
    assert (lines[0].facts["asset"], lines[0].facts["address"]) == ("SOL", holder.address)
    with pytest.raises(PayoutEnded):
        await desk.hold(payout_id, operator="ada", note="too late")


async def test_give_back_only_while_nothing_can_land(scene: Scene) -> None:
    """A payout that waits can be given back; one that is signed cannot."""
    desk = _desk(scene)
    holder = await scene.holder(balance=2_000_000)
    first = await scene.request(holder, 1_500_000)
    await desk.give_back(first, operator="ada", note="wrong wallet")
    payout = await scene.payout(holder, first)
    assert (payout.status, payout.failure_code) == (PayoutStatus.FAILED, "given_back")
    second = await scene.request(holder, 2_000_000)
    await scene.engine.run_round()
    with pytest.raises(PayoutMayStillLand):
        await desk.give_back(second, operator="ada", note="please")


async def test_halt_is_cleared_by_name(scene: Scene) -> None:
    """While halted nothing is sent; cleared, with a note, it goes on."""
    desk = _desk(scene)
    async with scene.ground.roles["worker"].db_tx() as db_tx:
        assert await halt(db_tx, "chain_was_reset", {"found": "x"}, scene.clock.now())
        assert not await halt(db_tx, "chain_was_reset", {"found": "y"}, scene.clock.now())
    holder = await scene.holder()
    payout_id = await scene.request(holder)
    assert await scene.engine.run_round() == 0
    assert [each.code for each in await desk.list_halts()] == ["chain_was_reset"]
    with pytest.raises(HaltUnknown):
        await desk.clear_halt("another", operator="ada", note="x")
    await desk.clear_halt("chain_was_reset", operator="ada", note="a test network")
    await scene.settle()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.FINAL


async def test_hold_and_send_at_once(scene: Scene) -> None:
    """An operator who holds while a worker reserves gets one of two plain outcomes."""
    desk = _desk(scene)
    holder = await scene.holder()
    payout_id = await scene.request(holder)
    await asyncio.gather(
        scene.engine.run_round(), desk.hold(payout_id, operator="ada", note="stop")
    )
    payout = await scene.payout(holder, payout_id)
    assert payout.paused
    assert payout.status in (PayoutStatus.REQUESTED, PayoutStatus.SENT)
