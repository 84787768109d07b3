"""What the passing of blocks opens is told to whoever may act, once."""

from earnest.projects.reminders import tell_due
from tests.dispute_scene import DisputeScene
from tests.escrow_contract import CONTRACT
from tests.escrow_market import EscrowMarket, Party


async def told(market: EscrowMarket, party: Party) -> list[str]:
    """Somebody's reminders."""
    kinds = ("milestone_claimable", "milestone_reclaimable", "default_possible")
    return [each for each in await market.told(party.account) if each in kinds]


async def test_whoever_may_act_is_told_at_the_height_and_once(market: EscrowMarket) -> None:
    """One block before nothing; at the height the freelancer may claim, then the client reclaim,
    and both are told of the default. However often the job runs, each is told once, and no more of
    what was settled."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.complete(1)
    claim_from = scene.burn_height + 2_016
    await scene.file()
    default_from = scene.burn_height + 4_320
    worker = await market.role("worker")

    async def at(height: int) -> None:
        await scene.pass_blocks(height - scene.burn_height)
        for _ in range(2):
            await tell_due(worker, CONTRACT)

    await at(claim_from - 1)
    assert await told(market, scene.freelancer) == []
    await at(claim_from)
    assert await told(market, scene.freelancer) == ["milestone_claimable"]
    deadline = (await market.view(scene.deal.project_id)).milestones[2].live
    assert deadline is not None
    await at(min(deadline.deadline, default_from) - 1)
    assert await told(market, scene.client) == []
    await at(max(deadline.deadline, default_from))
    assert sorted(await told(market, scene.client)) == ["default_possible", "milestone_reclaimable"]
    assert sorted(await told(market, scene.freelancer)) == [
        "default_possible", "milestone_claimable",
    ]  # fmt: skip
    await scene.rule(5_000, how="defaulted")
    await at(scene.burn_height + 100)
    assert sorted(await told(market, scene.client)) == ["default_possible", "milestone_reclaimable"]
