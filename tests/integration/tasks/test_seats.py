"""Seats and votes: the functions that carry the market, called as the API calls them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from earnest.kit.errors import EarnestError
from earnest.kit.ids import new_id
from earnest.tasks.errors import (
    NoSeat,
    OptionNotInTask,
    OwnTask,
    SeatLapsed,
    TaskClosed,
    TaskUnknown,
    VotedOtherwise,
)
from earnest.tasks.service import sweep_seats
from tests.integration.payments.test_orders import status_of
from tests.market import PRICE, Market

AT_ONCE = timedelta(0)


async def test_a_task_closes_by_its_last_vote(market: Market) -> None:
    """Three votes wanted, three paid, the fee earned, the task closed (hole 4)."""
    requester = await market.account()
    task = await market.open_task(requester)
    workers = [await market.account() for _ in range(4)]
    for worker in workers[:3]:
        found = await market.next(worker)
        answer = await market.vote(worker, task.id, found["task"]["options"][0]["id"])
        assert answer == {"earnedMinor": str(PRICE), "asset": "SOL", "next": None}
        assert await market.balance(worker) == PRICE
    assert await status_of(market, "tasks", task.id) == "closed"
    assert await market.next(workers[3]) is None
    assert await market.ledger("fees:SOL") == 3 * PRICE * 500 // 10_000
    assert await market.ledger(f"task:{task.id}") == 0
    assert (await market.solvency()).solvent


async def test_next_gives_the_live_seat_again(market: Market) -> None:
    """Asking twice takes one seat, not two."""
    await market.open_task(await market.account(), votes=2)
    worker = await market.account()
    assert await market.next(worker) == await market.next(worker)
    other, third = await market.account(), await market.account()
    assert await market.next(other) is not None
    assert await market.next(third) is None


async def test_a_worker_sees_no_counts_and_not_their_own_tasks(market: Market) -> None:
    """The card has no votes in it; the requester is never offered the own task."""
    requester = await market.account()
    await market.open_task(requester)
    found = await market.next(await market.account())
    assert "votes" not in str(found)
    assert found["task"]["options"][0]["media"]["large"].startswith("http://test/media/")
    assert await market.next(requester) is None


async def test_the_same_vote_again_is_the_same_answer(market: Market) -> None:
    """A lost reply does no harm; another option is refused; nothing is paid twice."""
    task = await market.open_task(await market.account())
    worker = await market.account()
    options = [o["id"] for o in (await market.next(worker))["task"]["options"]]
    first = await market.vote(worker, task.id, options[0])
    assert await market.vote(worker, task.id, options[0]) == first
    with pytest.raises(VotedOtherwise):
        await market.vote(worker, task.id, options[1])
    assert await market.balance(worker) == PRICE


async def test_votes_that_are_refused(market: Market) -> None:
    """Wrong option (hole 5), own task, no seat, no task, a closed task: each by its name."""
    requester, worker, late = [await market.account() for _ in range(3)]
    task = await market.open_task(requester, votes=1)
    other = await market.open_task(requester, votes=1)
    options = [str(o.id) for o in task.options]
    await market.next(worker)
    with pytest.raises(OptionNotInTask):
        await market.vote(worker, task.id, other.options[0].id)
    with pytest.raises(OptionNotInTask):
        await market.vote(worker, task.id, new_id())
    with pytest.raises(OwnTask):
        await market.vote(requester, task.id, options[0])
    with pytest.raises(NoSeat):
        await market.vote(late, task.id, options[0])
    with pytest.raises(TaskUnknown):
        await market.vote(worker, new_id(), options[0])
    unpaid, _ = await market.post(requester)
    with pytest.raises(TaskUnknown):
        await market.vote(worker, unpaid.id, unpaid.options[0].id)
    await market.vote(worker, task.id, options[0])
    with pytest.raises(TaskClosed):
        await market.vote(late, task.id, options[0])
    assert await market.balance(worker) == PRICE


async def test_a_lapsed_seat_is_free_at_once(market: Market) -> None:
    """Without waiting for any sweep the next worker gets it, and the first may not vote."""
    task = await market.open_task(await market.account(), votes=1)
    slow, quick = await market.account(), await market.account()
    found = await market.next(slow, AT_ONCE)
    option = found["task"]["options"][0]["id"]
    with pytest.raises(SeatLapsed):
        await market.vote(slow, task.id, option)
    assert (await market.next(quick))["task"]["id"] == str(task.id)
    with pytest.raises(NoSeat):
        await market.vote(slow, task.id, option)
    await market.vote(quick, task.id, option)
    assert await market.balance(quick) == PRICE
    assert await market.balance(slow) == 0


async def test_a_lapsed_seat_that_nobody_took_is_renewed(market: Market) -> None:
    """Whoever comes back late keeps the place if it is still there."""
    task = await market.open_task(await market.account(), votes=1)
    worker = await market.account()
    first = await market.next(worker, AT_ONCE)
    again = await market.next(worker)
    assert again["seat"]["number"] == first["seat"]["number"]
    await market.vote(worker, task.id, again["task"]["options"][1]["id"])


async def test_swept_seats_meet_those_who_passed_by(market: Market) -> None:
    """A worker who passed a full task is offered its seat after a sweep freed it."""
    requester = await market.account()
    full = await market.open_task(requester, votes=1)
    other = await market.open_task(requester, votes=5)
    slow, passer = await market.account(), await market.account()
    assert (await market.next(slow, AT_ONCE))["task"]["id"] == str(full.id)
    found = await market.next(passer)
    assert found["task"]["id"] == str(other.id)
    worker = await market.role("worker")
    assert await sweep_seats(worker) == 1
    answer = await market.vote(passer, other.id, found["task"]["options"][0]["id"])
    assert answer["next"]["task"]["id"] == str(full.id)
    assert await sweep_seats(worker) == 0


async def test_two_hundred_workers_on_three_seats(market: Market) -> None:
    """Three get a seat, everybody else is told that nothing is open; three votes are paid."""
    task = await market.open_task(await market.account(), votes=3)
    workers = [await market.account() for _ in range(200)]
    option = task.options[0].id

    async def work(worker: UUID) -> bool:
        found = await market.next(worker)
        if found is None:
            return False
        await market.vote(worker, task.id, option)
        return True

    won = await asyncio.gather(*(work(worker) for worker in workers))
    assert sum(won) == 3
    assert await status_of(market, "tasks", task.id) == "closed"
    api = await market.role("api")
    assert await api.fetchval("SELECT votes FROM task_options WHERE id = $1", option) == 3


async def test_many_workers_fill_many_tasks_exactly(market: Market) -> None:
    """Thirty workers race through five tasks of four votes: each full, nobody twice in one."""
    requester = await market.account()
    made = [await market.open_task(requester, votes=4) for _ in range(5)]
    workers = [await market.account() for _ in range(30)]

    async def work(worker: UUID) -> int:
        votes, found = 0, await market.next(worker)
        while found is not None:
            answer = await market.vote(
                worker, found["task"]["id"], found["task"]["options"][0]["id"]
            )
            votes, found = votes + 1, answer["next"]
        return votes

    counts = await asyncio.gather(*(work(worker) for worker in workers))
    assert sum(counts) == 20
    for task in made:
        assert await status_of(market, "tasks", task.id) == "closed"
    assert (await market.solvency()).solvent


async def test_the_same_vote_from_two_tabs_counts_once(market: Market) -> None:
    """Twenty copies of one vote at once: one count, one payment, twenty equal answers."""
    task = await market.open_task(await market.account(), votes=2)
    worker = await market.account()
    option = (await market.next(worker))["task"]["options"][0]["id"]
    answers = await asyncio.gather(
        *(market.vote(worker, task.id, option) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(a, dict) and a["earnedMinor"] == str(PRICE) for a in answers)
    assert await market.balance(worker) == PRICE


async def test_two_tabs_take_one_seat(market: Market) -> None:
    """Ten questions for the next task at once leave the worker with one seat."""
    await market.open_task(await market.account(), votes=10)
    worker = await market.account()
    found = await asyncio.gather(*(market.next(worker) for _ in range(10)))
    assert len({str(each) for each in found}) == 1
    api = await market.role("api")
    taken = await api.fetchval("SELECT count(*) FROM task_seats WHERE worker = $1", worker)
    assert taken == 1


async def test_a_vote_that_waited_while_its_seat_lapsed(market: Market) -> None:
    """The clock is read after the lock: a vote that waited too long is refused, not counted."""
    task = await market.open_task(await market.account(), votes=1)
    worker = await market.account()
    seat = await market.next(worker, timedelta(milliseconds=300))
    option = seat["task"]["options"][0]["id"]
    owner = await market.role("owner")
    async with owner.db_tx() as db_tx:
        await db_tx.execute("SELECT FROM task_seats WHERE worker = $1 FOR UPDATE", worker)
        vote = asyncio.create_task(market.vote(worker, task.id, option))
        await db_tx.execute("SELECT pg_sleep(0.5)")
        assert not vote.done()
    with pytest.raises(SeatLapsed):
        await vote
    assert await market.balance(worker) == 0


async def test_cancelling_honours_live_seats(market: Market) -> None:
    """A live seat may still vote; then the rest and its share of the fee go back."""
    requester = await market.account()
    task = await market.open_task(requester, votes=4)
    seated, waiting = await market.account(), await market.account()
    found = await market.next(seated)
    api = await market.role("api")
    await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)
    assert await status_of(market, "tasks", task.id) == "cancelled"
    assert await market.next(waiting) is None
    assert await market.balance(requester) == 0
    await market.vote(seated, task.id, found["task"]["options"][0]["id"])
    assert await market.balance(seated) == PRICE
    spent_fee = PRICE * 500 // 10_000
    assert await market.balance(requester) == 3 * PRICE + 4 * spent_fee - spent_fee
    assert await market.ledger("fees:SOL") == spent_fee
    assert (await market.solvency()).solvent


async def test_a_cancelled_task_with_no_seat_is_refunded_at_once(market: Market) -> None:
    """Nobody sat: the whole order comes back, fee included. Cancelling again changes nothing."""
    requester = await market.account()
    task, order = await market.post(requester)
    await market.pay(order)
    api = await market.role("api")
    for _ in range(2):
        await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)
    assert await market.balance(requester) == order.amount_minor


async def test_a_seat_that_lapses_after_cancelling_releases_the_refund(market: Market) -> None:
    """The sweep ends what a silent worker would have kept."""
    requester = await market.account()
    task, order = await market.post(requester)
    await market.pay(order)
    await market.next(await market.account(), timedelta(milliseconds=200))
    api = await market.role("api")
    await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)
    assert await market.balance(requester) == 0
    owner = await market.role("owner")
    await owner.execute("SELECT pg_sleep(0.3)")
    await sweep_seats(await market.role("worker"))
    assert await market.balance(requester) == order.amount_minor


async def test_cancelling_before_payment(market: Market) -> None:
    """The order ends too; a payment that was on its way becomes balance."""
    requester = await market.account()
    task, order = await market.post(requester)
    api = await market.role("api")
    await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)
    await market.pay(order)
    assert await status_of(market, "orders", order.id) == "cancelled"
    assert await status_of(market, "tasks", task.id) == "cancelled"
    assert await market.balance(requester) == order.amount_minor


async def test_only_the_requester_cancels_and_not_what_is_over(market: Market) -> None:
    """Somebody else's task is unknown; a closed one is closed."""
    requester, worker = await market.account(), await market.account()
    task = await market.open_task(requester, votes=1)
    api = await market.role("api")
    with pytest.raises(TaskUnknown):
        await api.execute("SELECT tasks_cancel($1, $2)", worker, task.id)
    found = await market.next(worker)
    await market.vote(worker, task.id, found["task"]["options"][0]["id"])
    with pytest.raises(TaskClosed):
        await api.execute("SELECT tasks_cancel($1, $2)", requester, task.id)


async def test_cancel_races_with_votes_and_seats(market: Market) -> None:
    """Workers sit and vote while it is cancelled: every vote is paid, no lamport is lost."""
    for _ in range(5):
        requester = await market.account()
        task, order = await market.post(requester, votes=8)
        await market.pay(order)
        workers = [await market.account() for _ in range(12)]

        async def work(
            worker: UUID, task_id: UUID = task.id, option: UUID = task.options[0].id
        ) -> int:
            try:
                if await market.next(worker) is None:
                    return 0
                await market.vote(worker, task_id, option)
            except EarnestError:
                return 0
            return 1

        api = await market.role("api")
        results = await asyncio.gather(
            *(work(worker) for worker in workers),
            api.execute("SELECT tasks_cancel($1, $2)", requester, task.id),
            return_exceptions=True,
        )
        votes = sum(r for r in results if isinstance(r, int))
        await sweep_seats(await market.role("worker"))
        fee = -(-PRICE * votes * 500 // 10_000)
        assert await market.ledger(f"task:{task.id}") == 0
        assert await market.balance(requester) == order.amount_minor - votes * PRICE - fee
    assert (await market.solvency()).solvent
