"""Both sides are told, once, when the arbiters' time is over."""

from earnest.projects.reminders import tell_overdue
from tests.dispute_scene import DisputeScene
from tests.escrow_contract import CONTRACT
from tests.escrow_market import EscrowMarket


async def test_both_sides_are_told_of_the_default_at_its_height_and_once(
    market: EscrowMarket,
) -> None:
    """One block before it nothing; at its height each side, however often the job runs; nothing
    more once it was carried out."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.file()
    default_from = scene.burn_height + 4_320
    worker = await market.role("worker")
    await scene.pass_blocks(default_from - 1 - scene.burn_height)
    assert await tell_overdue(worker, CONTRACT) == 0
    await scene.pass_blocks(1)
    for _ in range(2):
        assert await tell_overdue(worker, CONTRACT) == 1
    for party in (scene.client, scene.freelancer):
        assert (await market.told(party.account)).count("default_possible") == 1
    assert "default_possible" not in await market.told(scene.arbiters[0].account)
    await scene.rule(5_000, how="defaulted")
    assert await tell_overdue(worker, CONTRACT) == 0
