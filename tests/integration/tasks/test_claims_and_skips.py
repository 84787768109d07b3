"""A seat in a given task, and one that is given back: called as the API calls them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from earnest.kit.errors import EarnestError
from earnest.tasks.errors import AlreadyVoted, OwnTask, TaskClosed, TaskFull, TaskUnknown
from earnest.tasks.service import sweep_seats
from tests.integration.payments.test_orders import status_of
from tests.market import MEDIA, PRICE, Market

TEN_MINUTES = timedelta(minutes=10)


async def claim(market: Market, worker: UUID, task: UUID, ttl: timedelta = TEN_MINUTES) -> Any:
    """A seat in that task."""
    api = await market.role("api")
    found = await api.fetchval("SELECT tasks_claim($1, $2, $3, $4)", worker, task, ttl, MEDIA)
    return msgspec.json.decode(found)


async def skip(market: Market, worker: UUID, task: UUID | str) -> None:
    """Gives the seat back."""
    api = await market.role("api")
    await api.execute("SELECT tasks_skip($1, $2)", worker, UUID(str(task)))


async def test_a_skipped_seat_is_free_at_once_and_not_offered_again(market: Market) -> None:
    """The only seat goes to the next one who asks, also to somebody who passed the task while it
    was full; who skipped it is told that nothing is open."""
    requester = await market.account()
    task = await market.open_task(requester, votes=1)
    first, second = await market.account(), await market.account()
    assert await market.next(first) is not None
    assert await market.next(second) is None
    await skip(market, first, task.id)
    await skip(market, first, task.id)
    assert await market.next(first) is None
    given = await market.next(second)
    assert given["task"]["id"] == str(task.id)
    await market.vote(second, task.id, task.options[0].id)
    assert await status_of(market, "tasks", task.id) == "closed"


async def test_a_lapsed_seat_is_not_offered_to_who_skipped_its_task(market: Market) -> None:
    """A seat that somebody else let lapse is free for all but those who skipped the task."""
    task = await market.open_task(await market.account(), votes=1)
    skipper, idler, third = [await market.account() for _ in range(3)]
    await market.next(skipper)
    await skip(market, skipper, task.id)
    assert await market.next(idler, ttl=timedelta(0)) is not None
    assert await market.next(skipper) is None
    assert await market.next(third) is not None


async def test_skipping_leads_on_to_the_next_task(market: Market) -> None:
    """Two open tasks: skipping the first gives the second, and after it nothing."""
    requester = await market.account()
    one, two = [await market.open_task(requester) for _ in range(2)]
    worker = await market.account()
    assert (await market.next(worker))["task"]["id"] == str(one.id)
    await skip(market, worker, one.id)
    answer = await market.next(worker)
    assert answer["task"]["id"] == str(two.id)
    voted = await market.vote(worker, two.id, two.options[0].id)
    assert voted["next"] is None


async def test_a_link_leads_back_to_a_skipped_task(market: Market) -> None:
    """Who asks for a task by itself gets a seat in it, skipped or not, and the same one again."""
    requester = await market.account()
    one, two = [await market.open_task(requester) for _ in range(2)]
    worker = await market.account()
    await market.next(worker)
    await skip(market, worker, one.id)
    await market.next(worker)
    seat = await claim(market, worker, one.id)
    assert seat["task"]["id"] == str(one.id)
    assert await claim(market, worker, one.id) == seat == await market.next(worker)
    # The seat in the other task was given back: all three of its seats are free.
    api = await market.role("api")
    taken = "SELECT count(*) FROM task_seats WHERE task_id = $1 AND worker IS NOT NULL"
    assert await api.fetchval(taken, two.id) == 0
    await market.vote(worker, one.id, one.options[0].id)
    with pytest.raises(AlreadyVoted):
        await claim(market, worker, one.id)
    with pytest.raises(AlreadyVoted):
        await skip(market, worker, one.id)
    assert await market.balance(worker) == PRICE


async def test_a_claim_takes_a_lapsed_seat_and_says_when_there_is_none(market: Market) -> None:
    """A full task refuses and leaves the seat elsewhere alone; a lapsed seat in it is taken."""
    requester = await market.account()
    full = await market.open_task(requester, votes=1)
    sitter, late = await market.account(), await market.account()
    await claim(market, sitter, full.id)
    other = await market.open_task(requester)
    assert (await market.next(late))["task"]["id"] == str(other.id)
    with pytest.raises(TaskFull):
        await claim(market, late, full.id)
    assert (await market.next(late))["task"]["id"] == str(other.id)
    await skip(market, sitter, full.id)
    await claim(market, sitter, full.id, ttl=timedelta(0))
    assert (await claim(market, late, full.id))["task"]["id"] == str(full.id)
    # The one whose seat lapsed finds it taken.
    with pytest.raises(TaskFull):
        await claim(market, sitter, full.id)


async def test_what_cannot_be_claimed_or_skipped(market: Market) -> None:
    """One's own task, one that has ended, one that waits for its payment, and none at all."""
    requester, worker = await market.account(), await market.account()
    task = await market.open_task(requester)
    unpaid, _ = await market.post(requester)
    with pytest.raises(OwnTask):
        await claim(market, requester, task.id)
    with pytest.raises(OwnTask):
        await skip(market, requester, task.id)
    for unknown in (unpaid.id, worker):
        with pytest.raises(TaskUnknown):
            await claim(market, worker, unknown)
        with pytest.raises(TaskUnknown):
            await skip(market, worker, unknown)
    api = await market.role("api")
    await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)
    with pytest.raises(TaskClosed):
        await claim(market, worker, task.id)


async def test_a_seat_given_back_ends_a_cancelled_task(market: Market) -> None:
    """The last live seat of a cancelled task is given back: the requester has the money at once."""
    requester, worker = await market.account(), await market.account()
    task, order = await market.post(requester)
    await market.pay(order)
    await claim(market, worker, task.id)
    api = await market.role("api")
    await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)
    assert await market.balance(requester) == 0
    await skip(market, worker, task.id)
    assert await market.balance(requester) == order.amount_minor
    assert (await market.solvency()).solvent


async def test_claims_skips_votes_and_sweeps_at_once(market: Market) -> None:
    """Everybody at everything: no seat is taken twice, every vote is paid, nothing is lost."""
    requester = await market.account()
    task, order = await market.post(requester, votes=6)
    await market.pay(order)
    workers = [await market.account() for _ in range(10)]
    worker_db = await market.role("worker")

    async def work(worker: UUID) -> int:
        votes = 0
        for _ in range(4):
            try:
                await claim(market, worker, task.id)
                await skip(market, worker, task.id)
                await claim(market, worker, task.id)
                await market.vote(worker, task.id, task.options[0].id)
                votes += 1
            except EarnestError:
                await sweep_seats(worker_db)
        return votes

    voted = sum(await asyncio.gather(*(work(worker) for worker in workers)))
    assert voted == 6
    assert await status_of(market, "tasks", task.id) == "closed"
    assert sum([await market.balance(worker) for worker in workers]) == 6 * PRICE
    assert (await market.solvency()).solvent
