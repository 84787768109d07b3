"""Regression tests for holes of the photo-task systems that came before, as seen over HTTP.

The races behind some of them are tested on the database: `tests/integration`.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from solders.keypair import Keypair

from tests.acceptance.http.conftest import Site
from tests.acceptance.http.served import proof, sign_in
from tests.market import PRICE

SUSPECT = re.compile(r"signature|chainTx|txId|txHash|hash$", re.IGNORECASE)

# Where a chain_tx may be named, under which name.
HINTS = {
    ("put", "/api/projects/{project_id}/funding"): {"txId"},
    ("put", "/api/projects/{project_id}/transactions"): {"txId", "creationTxId"},
    ("put", "/api/projects/{project_id}/escrow"): {"txId"},
    ("get", "/api/projects/{project_id}/acts"): {"creationTxId"},
    ("post", "/api/projects/{project_id}/calls"): {"creationTxId"},
    ("post", "/api/blockchain/verify-tx"): {"txId"},
}


async def description(site: Site) -> dict[str, Any]:
    """The OpenAPI file as served."""
    async with site.stranger() as client:
        found: dict[str, Any] = (await client.get("/api/openapi.json")).json()
    return found


def walk(node: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a description with its path."""
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from walk(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{path}/{index}")


async def test_hole_2_no_request_carries_a_payment(site: Site) -> None:
    """Hole: the client sent the signature of its payment, which could be sent again for another
    task. Here nothing takes one: what was paid is read from the chain by the order's reference.
    The only signatures in requests are those of sign-in challenges. Of projects a chain_tx may be
    named, as a hint that is shown as awaited or answered, and never counts as a fact."""
    found = await description(site)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if reference := body.get("schema", {}).get("$ref"):
                shape = found["components"]["schemas"][reference.rpartition("/")[2]]
                names |= set(shape["properties"])
            suspects = {name for name in names if SUSPECT.search(name)}
            proves = path in ("/api/auth/verify", "/api/me/addresses")
            allowed = {"signature"} if proves else HINTS.get((method, path), set())
            assert suspects == allowed, (method, path)
    person = site.person()
    async with person.client() as client:
        body = await site.task_body(person) | {"signature": "5" * 88}
        assert (await client.post("/api/tasks", json=body)).status_code == 400


async def test_hole_2_one_payment_opens_one_task(site: Site) -> None:
    """Hole: one payment opened many tasks. Here a payment for one order leaves the other, of the
    same client and the same price, unpaid."""
    person = site.person()
    async with person.client() as client:
        orders = [
            (await client.post("/api/tasks", json=await site.task_body(person))).json()["order"]
            for _ in range(2)
        ]
        await site.market.pay(await site.market.order(UUID(orders[0]["id"])))
        shown = [(await client.get(f"/api/orders/{order['id']}")).json() for order in orders]
        assert [order["status"] for order in shown] == ["settled", "awaiting"]
        tasks = (await client.get("/api/tasks")).json()["items"]
        assert sorted(task["status"] for task in tasks) == ["awaiting_payment", "open"]


async def test_hole_3_a_constant_message_signs_nobody_in(site: Site) -> None:
    """Hole: the text to sign was the same for everybody and for ever, so any signature ever seen
    signed in. Here each text is new, and one that we did not issue is refused."""
    wallet = Keypair()
    texts = {proof(site.url, wallet)["challenge"] for _ in range(3)}
    assert len(texts) == 3
    async with site.stranger() as client:
        for text in ("Sign into mechanical turks", texts.pop().replace("Nonce: ", "Nonce: x")):
            claim = {
                "address": str(wallet.pubkey()),
                "challenge": text,
                "signature": str(wallet.sign_message(text.encode())),
            }
            answer = await client.post("/api/auth/verify", json=claim)
            assert answer.status_code in (400, 401)


async def test_hole_14_a_signed_message_signs_in_once(site: Site) -> None:
    """Hole: any signed message was taken, again and again. Here a proof is spent by its first use,
    serves no other wallet, and cannot link a wallet after it has signed in."""
    wallet, thief = Keypair(), sign_in(site.url)
    signed = proof(site.url, wallet)
    async with site.stranger() as client:
        assert (await client.post("/api/auth/verify", json=signed)).status_code == 200
        again = await client.post("/api/auth/verify", json=signed)
        assert (again.status_code, again.json()["code"]) == (401, "challenge_spent")
        claimed = signed | {"address": thief.address}
        assert (await client.post("/api/auth/verify", json=claimed)).status_code == 401
    async with thief.client() as client:
        linked = await client.post("/api/me/addresses", json=signed)
        assert (linked.status_code, linked.json()["code"]) == (403, "wallet_not_proven")


async def test_hole_4_the_vote_budget_ends(site: Site) -> None:
    """Hole: `done` was never set, so votes were paid beyond the budget. Here the last wanted vote
    closes the task, and nobody gets a seat or a lamport after it."""
    requester, late = site.person(), site.person()
    task = await site.market.open_task(UUID(requester.account_id), votes=2)
    for _ in range(2):
        worker = site.person()
        async with worker.client() as client:
            given = (await client.get("/api/tasks/next")).json()
            vote = {"optionId": given["task"]["options"][0]["id"]}
            path = f"/api/tasks/{task.id}/submissions"
            assert (await client.post(path, json=vote)).status_code == 201
    async with late.client() as client:
        assert (await client.get("/api/tasks/next")).status_code == 204
        refused = await client.post(path, json=vote)
        assert (refused.status_code, refused.json()["code"]) == (409, "task_closed")
        assert (await client.get("/api/balance")).json()["items"] == []
    async with requester.client() as client:
        results = (await client.get(f"/api/tasks/{task.id}/results")).json()
        assert (results["status"], results["votes"], results["votesWanted"]) == ("closed", 2, 2)


async def test_hole_5_an_option_belongs_to_its_task(site: Site) -> None:
    """Hole: a vote's option was not checked against its task. Here an option of another task is
    refused, and the seat is still good for a vote."""
    requester, worker = site.person(), site.person()
    task = await site.market.open_task(UUID(requester.account_id))
    other = await site.market.open_task(UUID(requester.account_id))
    async with worker.client() as client:
        given = (await client.get("/api/tasks/next")).json()["task"]
        foreign = other if given["id"] == str(task.id) else task
        path = f"/api/tasks/{given['id']}/submissions"
        for option in (str(foreign.options[0].id), str(foreign.id)):
            refused = await client.post(path, json={"optionId": option})
            assert not refused.is_success
            assert refused.json()["code"] == "option_not_in_task"
        kept = await client.post(path, json={"optionId": given["options"][0]["id"]})
        assert kept.json()["earnedMinor"] == str(PRICE)


async def test_hole_6_locked_is_what_payouts_hold(site: Site) -> None:
    """Hole: `lockedAmount` returned the pending amount. Here `lockedMinor` is what payouts under
    way hold, `availableMinor` the rest, and together they are what was earned."""
    person = site.person()
    earned = await site.earn(person)
    async with person.client() as client:

        async def shown() -> tuple[int, int]:
            (item,) = (await client.get("/api/balance")).json()["items"]
            assert item["asset"] == "SOL"
            return int(item["availableMinor"]), int(item["lockedMinor"])

        assert await shown() == (earned, 0)
        body = {"asset": "SOL", "amountMinor": "1200000"}
        assert (await client.post("/api/payouts", json=body)).status_code == 202
        assert await shown() == (earned - 1_200_000, 1_200_000)
        # What is held is not there a second time.
        again = await client.post("/api/payouts", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "balance_too_small")
        assert await shown() == (earned - 1_200_000, 1_200_000)


async def test_hole_7_no_amount_is_a_number(site: Site) -> None:
    """Hole: amounts were floats (`0.1 * 10^9`). Here every property that ends in `Minor` is a
    string of digits, and no schema of the whole description has a number that is no integer."""
    amounts = 0
    found = await description(site)
    for path, node in walk(found["components"]["schemas"]):
        kinds = node.get("type")
        assert kinds != "number", path
        assert not (isinstance(kinds, list) and "number" in kinds), path
        properties = node.get("properties")
        for name, shape in properties.items() if isinstance(properties, dict) else ():
            if name.endswith("Minor") and isinstance(shape, dict):
                amounts += 1
                forms = [shape, *shape.get("oneOf", ()), *shape.get("anyOf", ())]
                assert shape["pattern"].startswith("^["), f"{path}/{name}"
                assert {form.get("type") for form in forms} <= {"string", "null", None}, path
    assert amounts >= 10
    for path, node in walk(found["paths"]):
        assert node.get("type") != "number", path


async def test_hole_7_the_fee_is_exact(site: Site) -> None:
    """Hole: sums went through floats. Here 3 votes at 333,333,333,333,333,333 minor units, plus 5 %
    rounded up, is exactly that, far beyond what a float can hold."""
    person = site.person()
    price = 333_333_333_333_333_333
    body = await site.task_body(person) | {"pricePerVoteMinor": str(price)}
    async with person.client() as client:
        order = (await client.post("/api/tasks", json=body)).json()["order"]
    fee = -(-3 * price * 500 // 10_000)
    assert (order["feeMinor"], order["amountMinor"]) == (str(fee), str(3 * price + fee))


async def test_hole_8_results_do_not_count_votes(site: Site) -> None:
    """Hole: results were counted by loading every submission. Here they are maintained counts: the
    route still answers when its database role may not read the seats at all."""
    requester = site.person()
    task = await site.market.open_task(UUID(requester.account_id), votes=30)
    for _ in range(30):
        worker = await site.market.account()
        await site.market.next(worker)
        await site.market.vote(worker, task.id, task.options[0].id)
    owner = await site.market.databases.role("owner")
    await owner.execute("REVOKE ALL ON task_seats FROM earnest_api")
    api = await site.market.databases.role("api")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.fetch("SELECT FROM task_seats LIMIT 1")
    async with requester.client() as client:
        answer = await client.get(f"/api/tasks/{task.id}/results")
    assert answer.status_code == 200
    assert [option["votes"] for option in answer.json()["options"]] == [30, 0]
