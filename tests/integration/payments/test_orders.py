"""What arrives on the chain, and what becomes of it."""

from datetime import timedelta

import msgspec
import pytest

from earnest import treasury
from earnest.kit.money import Asset
from earnest.payments import AssetNotOffered, OrderTooLarge
from earnest.treasury import SuspenseSettled, settle_suspense
from tests.market import PRICE, TREASURY, Market, address


async def status_of(market: Market, table: str, id: object) -> str:
    """The status of an order or a task."""
    api = await market.role("api")
    return str(await api.fetchval(f"SELECT status FROM {table} WHERE id = $1", id))


async def test_a_paid_order_opens_its_task_once(market: Market) -> None:
    """Exactly paid: settled, the task open, the money in the task's own account."""
    requester = await market.account()
    task, order = await market.post(requester)
    assert order.amount_minor == 3 * PRICE + 3 * PRICE * 500 // 10_000
    await market.pay(order)
    await market.settle()
    assert await status_of(market, "orders", order.id) == "settled"
    assert await status_of(market, "tasks", task.id) == "open"
    assert await market.ledger(f"task:{task.id}") == order.amount_minor
    assert await market.ledger(f"order:{order.id}") == 0
    assert (await market.solvency()).solvent


async def test_underpayments_to_one_reference_add_up(market: Market) -> None:
    """Two parts from two wallets make the sum; both payers are named."""
    task, order = await market.post(await market.account())
    await market.pay(order, order.amount_minor - 1)
    assert await status_of(market, "orders", order.id) == "underpaid"
    assert await status_of(market, "tasks", task.id) == "awaiting_payment"
    await market.pay(order, 1)
    now = await market.order(order.id)
    assert (now.status, len(now.paid_by)) == ("settled", 2)
    assert await status_of(market, "tasks", task.id) == "open"


async def test_surplus_and_second_payment_become_balance(market: Market) -> None:
    """Too much, and paid twice: all beyond the price is the owner's, whoever paid."""
    requester = await market.account()
    task, order = await market.post(requester)
    await market.pay(order, order.amount_minor + 7)
    assert await status_of(market, "orders", order.id) == "overpaid"
    assert await market.balance(requester) == 7
    await market.pay(order)
    assert await market.balance(requester) == 7 + order.amount_minor
    assert await market.ledger(f"task:{task.id}") == order.amount_minor
    assert (await market.order(order.id)).returned_minor == order.amount_minor + 7


async def test_two_payments_before_the_task_opens(market: Market) -> None:
    """Both land before anything reacted: one buys the task, the other is balance."""
    requester = await market.account()
    _, order = await market.post(requester)
    await market.log(
        market.fact(market.incoming(order.amount_minor, [order.reference])),
        market.fact(market.incoming(order.amount_minor, [order.reference])),
    )
    await market.settle()
    assert await status_of(market, "orders", order.id) == "overpaid"
    assert await market.balance(requester) == order.amount_minor


async def test_late_is_decided_by_block_time(market: Market) -> None:
    """One second late: the task stays shut, the money is balance. On the second: in time."""
    requester = await market.account()
    task, order = await market.post(requester)
    late = order.expires_at.replace(microsecond=0) + timedelta(seconds=1)
    await market.log(market.fact(market.incoming(order.amount_minor, [order.reference]), at=late))
    await market.settle()
    assert await status_of(market, "orders", order.id) == "late"
    assert await status_of(market, "tasks", task.id) == "awaiting_payment"
    assert await market.balance(requester) == order.amount_minor

    _, punctual = await market.post(requester)
    moment = punctual.expires_at.replace(microsecond=0)
    await market.log(
        market.fact(market.incoming(punctual.amount_minor, [punctual.reference]), at=moment)
    )
    await market.settle()
    assert await status_of(market, "orders", punctual.id) == "settled"


async def test_an_order_lapses_only_when_the_chain_was_followed_past_it(market: Market) -> None:
    """With the indexer behind nothing lapses; a payment in time found later still counts."""
    requester = await market.account()
    task, order = await market.post(requester)
    await market.log(followed_time=order.expires_at - timedelta(seconds=1))
    await market.settle()
    assert await status_of(market, "orders", order.id) == "awaiting"
    in_time = market.fact(
        market.incoming(order.amount_minor, [order.reference]),
        at=order.expires_at - timedelta(seconds=1),
    )
    await market.log(in_time, followed_time=order.expires_at + timedelta(minutes=5))
    await market.settle()
    assert await status_of(market, "tasks", task.id) == "open"


async def test_a_lapsed_order_gives_part_payments_back(market: Market) -> None:
    """Too little when time is up: balance, the task cancelled; more later is balance too."""
    requester = await market.account()
    task, order = await market.post(requester)
    await market.pay(order, 1_000)
    await market.log(followed_time=order.expires_at + timedelta(minutes=1))
    await market.settle()
    assert await status_of(market, "orders", order.id) == "underpaid"
    assert await status_of(market, "tasks", task.id) == "cancelled"
    assert await market.balance(requester) == 1_000
    await market.pay(order, 500)
    assert await market.balance(requester) == 1_500


async def test_nothing_paid_lapses_and_a_payment_after_it_is_balance(market: Market) -> None:
    """A payment after the order lapsed buys nothing and is not lost."""
    requester = await market.account()
    task, order = await market.post(requester)
    after = order.expires_at + timedelta(minutes=1)
    await market.log(followed_time=after)
    await market.settle()
    assert await status_of(market, "orders", order.id) == "lapsed"
    await market.log(market.fact(market.incoming(order.amount_minor, [order.reference]), at=after))
    await market.settle()
    assert await status_of(market, "orders", order.id) == "late"
    assert await status_of(market, "tasks", task.id) == "cancelled"
    assert await market.balance(requester) == order.amount_minor


async def test_one_transfer_with_two_references_pays_neither(market: Market) -> None:
    """One balance delta must not satisfy two orders: it waits for a person."""
    requester = await market.account()
    _, first = await market.post(requester)
    _, second = await market.post(requester)
    await market.log(
        market.fact(market.incoming(first.amount_minor, [first.reference, second.reference]))
    )
    await market.settle()
    assert await status_of(market, "orders", first.id) == "awaiting"
    assert await status_of(market, "orders", second.id) == "awaiting"
    assert await market.ledger("suspense:SOL") == first.amount_minor
    assert (await market.solvency()).solvent


async def test_two_transfers_in_one_chain_tx_each_count_their_own(market: Market) -> None:
    """Each transfer is credited with its own amount to its own reference."""
    requester = await market.account()
    _, first = await market.post(requester)
    _, second = await market.post(requester)
    await market.log(
        market.fact(
            market.incoming(first.amount_minor, [first.reference], index="0"),
            market.incoming(second.amount_minor - 1, [second.reference], index="1"),
        )
    )
    await market.settle()
    assert await status_of(market, "orders", first.id) == "settled"
    assert await status_of(market, "orders", second.id) == "underpaid"


async def test_the_same_chain_tx_twice_counts_once(market: Market) -> None:
    """A payment signature cannot be used again: the log and the ledger know it (hole 2)."""
    requester = await market.account()
    _, order = await market.post(requester)
    fact = market.fact(market.incoming(order.amount_minor, [order.reference]))
    await market.log(fact)
    await market.settle()
    again = msgspec.structs.replace(fact, block_id=address())
    await market.log(again)
    await market.settle()
    assert await market.balance(requester) == 0
    assert (await market.solvency()).solvent


@pytest.mark.parametrize("case", ["unknown reference", "none", "another asset", "failed"])
async def test_what_does_not_count(market: Market, case: str) -> None:
    """Right address, wrong all else: no order moves; what really arrived waits in suspense."""
    requester = await market.account()
    _, order = await market.post(requester)
    amount = order.amount_minor
    fact = {
        "unknown reference": lambda: market.fact(market.incoming(amount, [address()])),
        "none": lambda: market.fact(market.incoming(amount, [])),
        "another asset": lambda: market.fact(
            market.incoming(amount, [order.reference], asset=Asset.USDC)
        ),
        "failed": lambda: market.fact(
            market.incoming(amount, [order.reference]), err="InstructionError"
        ),
    }[case]()
    await market.log(fact)
    await market.settle()
    assert await status_of(market, "orders", order.id) == "awaiting"
    asset = "USDC" if case == "another asset" else "SOL"
    expected = 0 if case == "failed" else amount
    assert await market.ledger(f"suspense:{asset}") == expected
    assert (await market.solvency()).solvent


async def test_suspense_is_settled_once_by_a_person(market: Market) -> None:
    """What nobody is known for is given to somebody, once, with who decided it and why."""
    person = await market.account()
    await market.log(market.fact(market.incoming(123, [])))
    await market.settle()
    worker = await market.role("worker")
    async with worker.db_tx() as db:
        [item] = await treasury.list_suspense(db, after=None, limit=10)
        await settle_suspense(
            db, item.id, credit_to=person, decided_by="operator", note="sent by hand"
        )
    assert await market.balance(person) == 123
    with pytest.raises(SuspenseSettled):
        async with worker.db_tx() as db:
            await settle_suspense(db, item.id, credit_to=person, decided_by="x", note="again")
    async with worker.db_tx() as db:
        assert await treasury.list_suspense(db, after=None, limit=10) == []


async def test_usdc_pays_an_order_in_usdc(market: Market) -> None:
    """A token payment is counted on the token account's own stream."""
    requester = await market.account()
    task, order = await market.post(requester, asset=Asset.USDC)
    await market.pay(order)
    assert await status_of(market, "tasks", task.id) == "open"
    assert (await market.solvency()).solvent


async def test_amounts_no_wallet_can_send_are_refused(market: Market) -> None:
    """An order above what 64 bits hold, or in an asset that is not offered, is not made."""
    requester = await market.account()
    with pytest.raises(OrderTooLarge):
        await market.post(requester, price=2**62, votes=10)
    with pytest.raises(AssetNotOffered):
        await market.post(requester, asset=Asset.ETH)


async def test_an_outflow_nobody_asked_for_is_told(market: Market) -> None:
    """Money that leaves without an attempt of ours is booked as what it is, and shouted."""
    thief = market.incoming(0, [])
    outgoing = msgspec.structs.replace(
        thief, source=TREASURY, destination=address(), amount_minor=1_000
    )
    await market.log(market.fact(outgoing, fee_payer=TREASURY))
    await market.settle()
    assert await market.ledger("unexplained:SOL") == 1_000
    api = await market.role("api")
    told = await api.fetchval(
        "SELECT count(*) FROM events WHERE type = 'treasury_outflow_unexplained'"
    )
    assert told == 1
    assert (await market.solvency()).solvent
