"""Payments as the chain has them: who pays, how much, when, with what, and what comes of it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer

from earnest.chains.solana import Mint, sign
from earnest.chains.solana.instructions import MEMO_PROGRAM
from tests.acceptance.marketplace import (
    SOL,
    USDC,
    Marketplace,
    Poster,
    another_api,
    marketplace,
    settle_in,
)
from tests.acceptance.system import RunningSystem

Known = tuple[dict[str, str], Poster]


@pytest.fixture(scope="module")
def known(running_system: RunningSystem) -> Known:
    """What all tests here share on the running system."""
    return settle_in(running_system)


@pytest.fixture
async def market(running_system: RunningSystem, known: Known) -> AsyncIterator[Marketplace]:
    """The people and the chain; what a test posted is called off at its end."""
    async with marketplace(running_system, known[0], known[1]) as made:
        yield made


def naming(instruction: Instruction, *keys: str) -> Instruction:
    """The instruction with more read-only keys, which nobody can be kept from adding."""
    readers = [
        AccountMeta(Pubkey.from_string(key), is_signer=False, is_writable=False) for key in keys
    ]
    accounts = [*instruction.accounts, *readers]
    return Instruction(instruction.program_id, bytes(instruction.data), accounts)


async def suspense_of(market: Marketplace, signature: str) -> list[dict[str, Any]]:
    """What a chain_tx put into suspense, as the operator is told."""
    found = await asyncio.to_thread(
        market.system.earnest_json, "suspense", "list", "--limit", "100"
    )
    return [item for item in found["items"] if item["txId"] == signature]


# -- the right payment --------------------------------------------------------------------------


@pytest.mark.parametrize("legacy", [True, False], ids=["legacy", "v0"])
async def test_a_payment_as_wallets_make_it(market: Marketplace, *, legacy: bool) -> None:
    """Both message versions, a compute budget before and a memo after the transfer: all settle."""
    made = await market.post()
    order = made["order"]
    before = [set_compute_unit_limit(200_000), set_compute_unit_price(1_000)]
    signature = await market.pay(
        market.poster.wallet,
        order,
        before=before,
        after=[Instruction(Pubkey.from_string(MEMO_PROGRAM), b"sent by a wallet", [])],
        legacy=legacy,
    )
    settled = await market.until_order(order, "settled")
    assert settled["paidBy"] == [market.poster.address]
    assert settled["receivedMinor"] == order["amountMinor"]
    assert settled["finalAt"] is not None
    assert (await market.task(made["task"]["id"]))["status"] == "open"
    await market.until_settled_in_books(signature)


async def test_somebody_else_may_pay(market: Marketplace) -> None:
    """The order is the poster's whoever pays it, and says who did; the payer gets no balance."""
    payer = await market.visitor(SOL)
    made = await market.post()
    before = await market.poster.balance()
    await market.pay(payer.wallet, made["order"])
    settled = await market.until_order(made["order"], "settled")
    assert settled["paidBy"] == [payer.address]
    assert (await market.task(made["task"]["id"]))["status"] == "open"
    assert await payer.balance() == (0, 0)
    assert await market.poster.balance() == before


async def test_the_page_may_close_right_after_signing(
    running_system: RunningSystem, known: Known
) -> None:
    """The client says nothing after it has sent; whoever looks later finds the task open."""
    async with marketplace(running_system, *known) as leaving:
        made = await leaving.post()
        # Not called off when this page closes.
        leaving._posted.clear()
        await leaving.pay(leaving.poster.wallet, made["order"])
    async with marketplace(running_system, *known) as returning:
        returning._posted.append((returning.poster, made["task"]["id"]))
        await returning.poster.sign_in()
        await returning.until_order(made["order"], "settled")
        assert (await returning.task(made["task"]["id"]))["status"] == "open"


async def test_a_payment_that_is_not_final_opens_nothing(market: Marketplace) -> None:
    """While the chain stands still the order is seen and the task closed; then it settles."""
    made = await market.post()
    await market.control("pause")
    try:
        signature = await market.pay(market.poster.wallet, made["order"])
        seen = await market.until_order(made["order"], "seen")
        assert seen["seenTx"] == signature
        assert datetime.fromisoformat(seen["seenAt"]) < datetime.fromisoformat(seen["expiresAt"])
        assert seen["receivedMinor"] == "0"
        assert (await market.task(made["task"]["id"]))["status"] == "awaiting_payment"
        assert await market.rpc.get_chain_tx(signature) is None
    finally:
        await market.control("resume")
    await market.until_order(made["order"], "settled")
    assert (await market.task(made["task"]["id"]))["status"] == "open"


async def test_usdc_through_the_token_account(market: Marketplace) -> None:
    """USDC is credited by its own stream; another mint with the reference buys nothing."""
    payer = await market.visitor(SOL)
    made = await market.post(price_minor=2 * USDC, asset="USDC")
    order = made["order"]
    other = Mint(str(Pubkey.new_unique()))
    tokens = {"owner": payer.address, "amount": 50 * USDC}
    await market.control("token", mint=other.address, decimals=6, **tokens)
    wrong = await market.pay(payer.wallet, order, mint=other)
    await market.until_settled_in_books(wrong)
    assert (await market.order(order))["status"] == "awaiting"
    assert await suspense_of(market, wrong) == []
    assert await market.token_minor(market.treasury, other) == int(order["amountMinor"])

    await market.control("token", **tokens)
    right = await market.pay(payer.wallet, order)
    settled = await market.until_order(order, "settled")
    assert settled["paidBy"] == [payer.address]
    assert (await market.task(made["task"]["id"]))["status"] == "open"
    await market.until_settled_in_books(right)


# -- what is no payment of the order ------------------------------------------------------------


async def test_junk_on_the_reference_first(market: Marketplace) -> None:
    """A failed payment and unrelated chain_txs with the reference change nothing for the order."""
    vandal = await market.visitor(SOL)
    order = (await market.post())["order"]
    reference = order["reference"]
    failed = await market.send(
        vandal.wallet,
        await market.payment(vandal.wallet, order, amount_minor=5 * SOL),
        checked=False,
    )
    own = Pubkey.from_string(vandal.address)
    around = transfer(TransferParams(from_pubkey=own, to_pubkey=own, lamports=1_000))
    unrelated = naming(around, reference, market.treasury)
    noted = await market.pay(vandal.wallet, order, recipient=vandal.address, after=[unrelated])
    assert (await market.landed(failed)).meta.err is not None
    await market.until_settled_in_books(failed)
    await market.until_settled_in_books(noted)
    found = await market.order(order)
    assert (found["status"], found["receivedMinor"]) == ("awaiting", "0")
    assert await suspense_of(market, failed) == await suspense_of(market, noted) == []

    await market.pay(market.poster.wallet, order)
    settled = await market.until_order(order, "settled")
    assert settled["paidBy"] == [market.poster.address]


async def test_a_wrong_reference_goes_to_suspense(market: Marketplace) -> None:
    """Money that names no order waits for a person, and the order waits for its own."""
    order = (await market.post())["order"]
    stranger = str(Pubkey.new_unique())
    signature = await market.pay(market.poster.wallet, order, references=[stranger])
    await market.until_settled_in_books(signature)
    (item,) = await suspense_of(market, signature)
    assert item["reason"] == "no_known_reference"
    assert item["amountMinor"] == order["amountMinor"]
    assert item["payer"] == market.poster.address
    assert (await market.order(order))["status"] == "awaiting"


async def test_suspense_is_settled_by_a_person(market: Marketplace) -> None:
    """The operator gives such money to its sender, once, with a name and a reason kept."""
    payer = await market.visitor(SOL)
    order = (await market.post())["order"]
    signature = await market.pay(payer.wallet, order, references=[])
    await market.until_settled_in_books(signature)
    (item,) = await suspense_of(market, signature)

    def settle() -> subprocess.CompletedProcess[str]:
        return market.system.earnest(
            "suspense", "settle", item["id"], "--to", payer.address,
            "--by", "Ada", "--note", "forgot the reference",
        )  # fmt: skip

    first = await asyncio.to_thread(settle)
    assert first.returncode == 0, first.stderr
    assert await payer.balance() == (int(order["amountMinor"]), 0)
    second = await asyncio.to_thread(settle)
    assert second.returncode == 1
    assert await payer.balance() == (int(order["amountMinor"]), 0)
    assert await suspense_of(market, signature) == []


async def test_the_right_reference_to_a_wrong_recipient(market: Marketplace) -> None:
    """What did not come to the treasury paid for nothing, whatever it names."""
    friend = await market.visitor(SOL)
    order = (await market.post())["order"]
    signature = await market.pay(market.poster.wallet, order, recipient=friend.address)
    await market.until_settled_in_books(signature)
    found = await market.order(order)
    assert (found["status"], found["receivedMinor"]) == ("awaiting", "0")
    assert await suspense_of(market, signature) == []


async def test_the_wrong_asset_with_the_reference(market: Marketplace) -> None:
    """SOL does not pay an order in USDC; it waits in suspense."""
    order = (await market.post(price_minor=2 * USDC, asset="USDC"))["order"]
    in_sol = (await market.post())["order"]
    signature = await market.pay(market.poster.wallet, in_sol, references=[order["reference"]])
    await market.until_settled_in_books(signature)
    (item,) = await suspense_of(market, signature)
    assert item["reason"] == "another_asset"
    assert (await market.order(order))["status"] == "awaiting"
    assert (await market.order(in_sol))["status"] == "awaiting"


async def test_a_failed_payment_pays_nothing(market: Marketplace) -> None:
    """The right payment in every detail, which failed on the chain: the fee is the payer's."""
    payer = await market.visitor(SOL)
    order = (await market.post())["order"]
    own = Pubkey.from_string(payer.address)
    too_much = transfer(TransferParams(from_pubkey=own, to_pubkey=own, lamports=100 * SOL))
    message = await market.payment(payer.wallet, order, after=[too_much])
    signature = await market.send(payer.wallet, message, checked=False)
    raw = await market.until_settled_in_books(signature)
    assert raw.meta.err is not None
    found = await market.order(order)
    assert (found["status"], found["receivedMinor"]) == ("awaiting", "0")


# -- two orders, one chain_tx -------------------------------------------------------------------


async def test_two_references_in_one_transfer(market: Marketplace) -> None:
    """One sum cannot pay two orders: it pays neither, and waits for a person."""
    first, second = (await market.post())["order"], (await market.post())["order"]
    both = [first["reference"], second["reference"]]
    signature = await market.pay(market.poster.wallet, first, references=both)
    await market.until_settled_in_books(signature)
    (item,) = await suspense_of(market, signature)
    assert item["reason"] == "several_references"
    assert item["amountMinor"] == first["amountMinor"]
    for order in (first, second):
        assert (await market.order(order))["status"] == "awaiting"


async def test_two_transfers_in_one_chain_tx(market: Marketplace) -> None:
    """Two transfers with a reference each pay two orders, each with its own amount."""
    first = (await market.post())["order"]
    second = (await market.post(votes=2))["order"]
    other = transfer(
        TransferParams(
            from_pubkey=Pubkey.from_string(market.poster.address),
            to_pubkey=Pubkey.from_string(second["recipient"]),
            lamports=int(second["amountMinor"]),
        )
    )
    await market.pay(market.poster.wallet, first, after=[naming(other, second["reference"])])
    for order in (first, second):
        settled = await market.until_order(order, "settled", "overpaid", "underpaid")
        assert (settled["status"], settled["receivedMinor"]) == ("settled", order["amountMinor"])


async def test_one_payment_is_not_two(market: Marketplace) -> None:
    """The same bytes sent again, and a signature offered for another order, pay nothing more."""
    first, second = (await market.post())["order"], (await market.post())["order"]
    assert first["amountMinor"] == second["amountMinor"]
    signed = sign(await market.payment(market.poster.wallet, first), market.poster.wallet._keypair)
    signature = await market.rpc.send_raw(signed.wire_bytes)
    await market.until_order(first, "settled")
    before = await market.poster.balance()
    await market.rpc.send_raw(signed.wire_bytes, skip_preflight=True)
    claim = {"chainTx": signature, "signature": signature}
    for path in (f"/api/orders/{second['id']}", f"/api/tasks/{second['id']}/pay"):
        assert (await market.poster.send("POST", path, claim)).status_code in (404, 405)
    body = {"title": "x", "options": [{"fileId": f} for f in market.known.files],
            "votesWanted": 1, "pricePerVoteMinor": "10000000", "asset": "SOL",
            "signature": signature} if market.known else {}  # fmt: skip
    assert (await market.poster.send("POST", "/api/tasks", body)).status_code == 400
    await market.until_books_past(await market.rpc.get_slot())
    again = await market.order(first)
    assert (again["status"], again["receivedMinor"]) == ("settled", first["amountMinor"])
    assert (await market.order(second))["status"] == "awaiting"
    assert await market.poster.balance() == before


# -- too little, too much, too late -------------------------------------------------------------


async def test_an_underpayment_is_topped_up(market: Marketplace) -> None:
    """Part payments to one reference add up; the link asks for what is still missing."""
    made = await market.post()
    order = made["order"]
    await market.pay(market.poster.wallet, order, amount_minor=4_000_000)
    found = await market.until_order(order, "underpaid", "settled")
    assert (found["status"], found["receivedMinor"]) == ("underpaid", "4000000")
    assert (await market.task(made["task"]["id"]))["status"] == "awaiting_payment"
    await market.pay(market.poster.wallet, found)
    settled = await market.until_order(order, "settled", "overpaid")
    assert (settled["status"], settled["receivedMinor"]) == ("settled", order["amountMinor"])
    assert (await market.task(made["task"]["id"]))["status"] == "open"


async def test_an_overpayment_becomes_balance(market: Marketplace) -> None:
    """The task opens, and the surplus is the poster's to take out or spend."""
    made = await market.post()
    order, before = made["order"], await market.poster.balance()
    paid_minor = int(order["amountMinor"]) + 1_234_567
    await market.pay(market.poster.wallet, order, amount_minor=paid_minor)
    found = await market.until_order(order, "overpaid", "settled")
    assert (found["status"], found["returnedMinor"]) == ("overpaid", "1234567")
    assert (await market.task(made["task"]["id"]))["status"] == "open"
    assert await market.poster.balance() == (before[0] + 1_234_567, 0)


async def test_a_second_payment_becomes_balance(market: Marketplace) -> None:
    """Paid twice, by two people: the task opens once, the second sum is the poster's balance."""
    payer = await market.visitor(SOL)
    made = await market.post()
    order, before = made["order"], await market.poster.balance()
    await market.pay(market.poster.wallet, order)
    await market.until_order(order, "settled")
    await market.pay(payer.wallet, order, amount_minor=int(order["amountMinor"]))
    found = await market.until_order(order, "overpaid")
    assert found["returnedMinor"] == order["amountMinor"]
    assert found["paidBy"] == [market.poster.address, payer.address]
    assert await market.poster.balance() == (before[0] + int(order["amountMinor"]), 0)
    assert (await market.task(made["task"]["id"]))["status"] == "open"


async def test_a_late_payment_becomes_balance(market: Marketplace, tmp_path: Path) -> None:
    """An order lapses; what comes after its time, by block time, is balance and opens nothing.

    A second process of the API, with a shorter time for orders, serves beside the first.
    """
    with another_api(market.system, tmp_path / "api.log", EARNEST_ORDER_TTL_S="1") as url:
        made = await market.post(api=url)
    order, before = made["order"], await market.poster.balance()
    await market.until_order(order, "lapsed")
    await market.pay(market.poster.wallet, order)
    late = await market.until_order(order, "late")
    assert late["returnedMinor"] == order["amountMinor"]
    assert (await market.task(made["task"]["id"]))["status"] == "cancelled"
    assert await market.poster.balance() == (before[0] + int(order["amountMinor"]), 0)
    worker = await market.visitor()
    assert await worker.ask("GET", "/api/tasks/next") is None
