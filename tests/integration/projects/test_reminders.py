"""Those whom a reached height gives a right are told of it, once."""

from earnest.projects.reminders import tell_due
from tests.dispute_scene import DisputeScene
from tests.escrow_contract import CONTRACT
from tests.escrow_market import EscrowMarket, Party


async def test_both_sides_are_told_of_the_default_at_its_height_and_once(
    market: EscrowMarket,
) -> None:
    """One block before it nothing; at its height each side, however often the job runs; nothing
    more once it was carried out."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.file()
    await scene.complete(1)  # so that no deadline but the third's passes on the way
    default_from = scene.burn_height + 4_319
    worker = await market.role("worker")
    await scene.pass_blocks(default_from - 1 - scene.burn_height)
    await tell_due(worker, CONTRACT)  # the other milestones' rights, which came before
    assert await tell_due(worker, CONTRACT) == 0
    await scene.pass_blocks(1)
    assert [await tell_due(worker, CONTRACT) for _ in range(2)] == [1, 0]
    for party in (scene.client, scene.freelancer):
        assert (await market.told(party.account)).count("default_possible") == 1
    assert "default_possible" not in await market.told(scene.arbiters[0].account)
    await scene.rule(5_000, how="defaulted")
    assert await tell_due(worker, CONTRACT) == 0


async def test_the_freelancer_is_told_when_a_milestone_can_be_claimed(
    market: EscrowMarket,
) -> None:
    """At the height from which the silent client's time is over the freelancer is told, with what
    the fee leaves; one block before nobody is, and of a released milestone nobody ever."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.release(1)
    await scene.complete(2)
    worker = await market.role("worker")
    await scene.pass_blocks(2_015)
    assert await tell_due(worker, CONTRACT) == 0
    await scene.pass_blocks(1)
    assert [await tell_due(worker, CONTRACT) for _ in range(2)] == [1, 0]
    assert await bodies(market, scene.freelancer, "milestone_claimable") == [
        ("2", "487500")  # 0.5 STX less the fee of 2.5 %
    ]
    assert await bodies(market, scene.client, "milestone_claimable") == []


async def test_the_client_is_told_when_a_locked_milestone_can_be_taken_back(
    market: EscrowMarket,
) -> None:
    """At a locked milestone's deadline the client is told, once, and not of one that was handed in
    or whose deadline is still to come."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    deadline = scene.burn_height + scene.agreement.milestone_days[0] * 144
    worker = await market.role("worker")
    await scene.pass_blocks(deadline - 1 - scene.burn_height)
    assert await tell_due(worker, CONTRACT) == 0
    await scene.pass_blocks(1)
    assert [await tell_due(worker, CONTRACT) for _ in range(2)] == [1, 0]
    assert await bodies(market, scene.client, "milestone_reclaimable") == [("1", "200000")]
    assert await bodies(market, scene.freelancer, "milestone_reclaimable") == []


async def test_those_who_were_told_keep_nobody_waiting(market: EscrowMarket) -> None:
    """With room for one at a time, each round tells another, until all three are told."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.pass_blocks(30 * 144)
    worker = await market.role("worker")
    rounds = [await tell_due(worker, CONTRACT, limit=1) for _ in range(4)]
    assert rounds == [1, 1, 1, 0]
    told = await bodies(market, scene.client, "milestone_reclaimable")
    assert [num for num, _ in told] == ["1", "2", "3"]


async def bodies(market: EscrowMarket, party: Party, kind: str) -> list[tuple[str, str]]:
    """Milestone and sum of what somebody was told of a kind, oldest first."""
    owner = await market.role("owner")
    rows = await owner.fetch(
        "SELECT data->>'milestoneNum' AS num, data->>'amountMinor' AS sum FROM notifications"
        " WHERE account_id = $1 AND kind = $2 ORDER BY created_at, id",
        party.account,
        kind,
    )
    return [(row["num"], row["sum"]) for row in rows]
