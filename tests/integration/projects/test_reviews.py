"""Reviews and reputation on the real database, over final facts of the chain."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from earnest.escrow import events, rebuild
from earnest.projects.disputes.errors import (
    NothingToReview,
    NotReviewableYet,
    ReviewedAlready,
    ReviewNotYours,
    ReviewsClosed,
)
from earnest.projects.disputes.rules_dossier import Side
from earnest.projects.reviews import service as service_reviews
from earnest.projects.reviews.rules import REVEAL_AFTER
from earnest.projects.reviews.service import ProjectReviews, Reputation, tell_revealed
from earnest.projects.reviews.store import Review
from earnest.projects.rules_chain import ProjectStatus
from tests.dispute_scene import AMOUNTS, DisputeScene
from tests.escrow_contract import CONTRACT
from tests.escrow_market import EscrowMarket, Party


@pytest.fixture
async def scene(market: EscrowMarket) -> DisputeScene:
    """A project that is over: two milestones paid, one ruled 60 to 40, all final."""
    made = await DisputeScene.open(market)
    await made.fund()
    await made.end()
    return made


async def write(scene: DisputeScene, party: Party, rating: int = 5, text: str = "Good.") -> Review:
    """Somebody reviews."""
    api = await scene.market.role("api")
    async with api.db_tx() as db_tx:
        return await service_reviews.write_review(
            db_tx,
            party.account,
            scene.deal.project_id,
            rating=rating,
            text=text,
            now=scene.market.now,
        )


async def seen(scene: DisputeScene, party: Party | None) -> ProjectReviews:
    """What somebody sees."""
    api = await scene.market.role("api")
    async with api.connection() as db:
        return await service_reviews.view_reviews(
            db, party.account if party else None, scene.deal.project_id, scene.market.now
        )


async def reputation(scene: DisputeScene, address: str, role: Side) -> Reputation:
    """What is final about somebody."""
    market = scene.market
    api = await market.role("api")
    async with api.connection() as db:
        return await service_reviews.reputation_of(
            db, market.settings, CONTRACT, address, role, market.now
        )


async def status(scene: DisputeScene) -> tuple[ProjectStatus, ProjectStatus]:
    """The project's, by both views."""
    view = await scene.market.view(scene.deal.project_id)
    return view.status, view.final_status


async def test_both_are_opened_together(scene: DisputeScene) -> None:
    """The first is seen by its author alone; the other side is told that it is there, not what it
    says; with the second everybody sees both, and the project is reviewed."""
    assert await status(scene) == (ProjectStatus.COMPLETED, ProjectStatus.COMPLETED)
    mine = await write(scene, scene.client, 4, "<b>Late</b>, but good.")
    assert (await seen(scene, scene.client)).shown == [mine]
    for other in (scene.freelancer, scene.arbiters[0], None):
        view = await seen(scene, other)
        assert (view.shown, view.revealed) == ([], False)
    waiting = await seen(scene, scene.freelancer)
    assert waiting.may_write
    assert waiting.closes_at == scene.market.now + REVEAL_AFTER
    assert (await scene.told(scene.freelancer))[-1] == "review_received"
    assert (await reputation(scene, scene.freelancer.address, Side.FREELANCER)).score.mean is None
    theirs = await write(scene, scene.freelancer, 5)
    for other in (scene.freelancer, scene.client, None):
        view = await seen(scene, other)
        assert (view.shown, view.revealed, view.may_write) == ([mine, theirs], True, False)
    assert await status(scene) == (ProjectStatus.REVIEWED, ProjectStatus.REVIEWED)
    for party in (scene.client, scene.freelancer):
        assert (await scene.told(party)).count("reviews_revealed") == 1


async def test_once_each_and_by_the_two_sides_alone(scene: DisputeScene) -> None:
    """A second one is refused, of many at once too; so are a stranger's and an arbiter's."""
    outcomes = await asyncio.gather(
        *(write(scene, scene.client, n) for n in (1, 2, 3)), return_exceptions=True
    )
    assert sum(isinstance(each, Review) for each in outcomes) == 1
    assert sum(isinstance(each, ReviewedAlready) for each in outcomes) == 2
    for party in (scene.arbiters[0], await scene.market.party()):
        with pytest.raises(ReviewNotYours):
            await write(scene, party)


async def test_only_after_everything_is_final(market: EscrowMarket) -> None:
    """Not before there is an escrow, not while a milestone is open, not while the end could still
    be undone."""
    scene = await DisputeScene.open(market)
    with pytest.raises(NotReviewableYet):
        await write(scene, scene.client)
    await scene.fund()
    await scene.release(1, is_final=True)
    await scene.release(2, is_final=True)
    with pytest.raises(NotReviewableYet):
        await write(scene, scene.client)
    await scene.release(3)
    assert not (await seen(scene, scene.client)).may_write
    with pytest.raises(NotReviewableYet):
        await write(scene, scene.client)
    await scene.make_final()
    assert (await seen(scene, scene.client)).may_write
    await write(scene, scene.client)


async def _reclaim(scene: DisputeScene, num: int, **more: Any) -> None:
    await scene.close(num, 0, events.MilestoneReclaimed, "reclaimed", scene.client.address, **more)


async def test_nothing_to_say_where_nothing_was_paid_or_ruled(market: EscrowMarket) -> None:
    """All taken back: no reviews. All lost by a ruling: there is something to say, and it weighs
    what was ruled on, though nothing was paid."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    for num in (1, 2, 3):
        await _reclaim(scene, num, is_final=True)
    with pytest.raises(NothingToReview):
        await write(scene, scene.client)
    other = await scene.beside()
    await other.fund()
    await other.file()
    await other.rule(0)
    await _reclaim(other, 1)
    await _reclaim(other, 3, is_final=True)
    await write(other, other.client, 1)
    await write(other, other.freelancer, 3)
    found = await reputation(other, other.freelancer.address, Side.FREELANCER)
    assert [each.counterparty for each in found.score.contributions] == [other.client.address]
    assert found.score.contributions[0].mean == 1
    assert (await status(other))[1] is ProjectStatus.REFUNDED


async def test_after_fourteen_days_one_alone_is_opened_and_no_answer_is_taken(
    scene: DisputeScene,
) -> None:
    """The time of the other side ends; what it would write then is an answer to what it has read.
    Both are told, once, however often the job runs."""
    await write(scene, scene.client, 2)
    worker = await scene.market.role("worker")
    scene.market.later(seconds=REVEAL_AFTER.total_seconds() - 1)
    assert await tell_revealed(worker, scene.market.now) == 0
    assert not (await seen(scene, None)).revealed
    scene.market.later(seconds=1)
    assert (await seen(scene, None)).revealed
    with pytest.raises(ReviewsClosed):
        await write(scene, scene.freelancer)
    for _ in range(2):
        assert await tell_revealed(worker, scene.market.now) == 1
    for party in (scene.client, scene.freelancer):
        assert (await scene.told(party)).count("reviews_revealed") == 1
    assert await tell_revealed(worker, scene.market.now + timedelta(days=8)) == 0
    found = await reputation(scene, scene.freelancer.address, Side.FREELANCER)
    assert len(found.score.contributions) == 1
    assert (await status(scene))[1] is ProjectStatus.COMPLETED


async def test_the_numbers_behind_a_reputation_are_the_chains_final_ones(
    scene: DisputeScene,
) -> None:
    """Money, endings and disputes by final events alone, for both roles; what is provisional is not
    in them. Each counterparty counts once, and a rebuild of the projections changes nothing."""
    market = scene.market
    second = await scene.beside(freelancer=scene.freelancer)
    await second.fund()
    await second.release(1, is_final=True)
    await second.release(2)
    await write(scene, scene.client, 5)
    await write(scene, scene.freelancer, 3)
    found = await reputation(scene, scene.freelancer.address, Side.FREELANCER)
    gross = AMOUNTS[0] + AMOUNTS[1] * 6 // 10 + AMOUNTS[2] + AMOUNTS[0]
    money = found.money[0]
    assert (money.token, money.projects, money.completed, money.counterparties) == (None, 2, 1, 2)
    assert money.net_minor + money.fee_minor == gross
    assert money.refunded_minor == AMOUNTS[1] - AMOUNTS[1] * 6 // 10
    assert {each.how: each.milestones for each in found.endings} == {"released": 3, "ruled": 1}
    assert (found.disputes.disputed, found.disputes.filed) == (1, 1)
    client = await reputation(scene, scene.client.address, Side.CLIENT)
    assert (client.disputes.disputed, client.disputes.filed) == (1, 0)
    assert [each.mean for each in client.score.contributions] == [3]
    nobody = await reputation(scene, scene.client.address, Side.FREELANCER)
    assert (nobody.money, nobody.endings, nobody.score.contributions) == ([], [], [])
    indexer = await market.role("indexer")
    await rebuild(indexer, CONTRACT)
    assert await reputation(scene, scene.freelancer.address, Side.FREELANCER) == found


async def test_reviews_about_somebody_come_in_pages(scene: DisputeScene) -> None:
    """Opened ones only, the newest first, each with its project."""
    second = await scene.beside(freelancer=scene.freelancer)
    await second.fund()
    await second.end()
    for each in (scene, second):
        await write(each, each.client, 4)
        each.market.later(seconds=1)
    await write(scene, scene.freelancer)
    api = await scene.market.role("api")

    async def page(after: Any, limit: int) -> list[Any]:
        async with api.connection() as db:
            return await service_reviews.list_reviews_about(
                db, CONTRACT, scene.freelancer.address, Side.FREELANCER, scene.market.now,
                after=after, limit=limit,
            )  # fmt: skip

    assert [each.review.project_id for each in await page(None, 5)] == [scene.deal.project_id]
    await write(second, second.freelancer)
    first = await page(None, 1)
    assert first[0].review.project_id == second.deal.project_id
    after = (first[0].review.written_at, first[0].review.project_id)
    assert [each.review.project_id for each in await page(after, 5)] == [scene.deal.project_id]
