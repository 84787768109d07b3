"""Parts of a running system fail, stand still, or are not what they were: what people see."""

import asyncio
import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from earnest.run.embedded.run_state import read_run_state
from earnest.run.embedded.state_dir import StateDir
from tests.acceptance.marketplace import (
    PRICE,
    Caller,
    Marketplace,
    Poster,
    eventually,
    marketplace,
    settle_in,
)
from tests.acceptance.system import RunningSystem, earnest_up, lives

Known = tuple[dict[str, str], Poster]


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system for this module to hurt; every test leaves it healthy."""
    with earnest_up(tmp_path_factory.mktemp("hurt") / "var", "--no-stacks") as system:
        yield system


@pytest.fixture(scope="module")
def known(hurt: RunningSystem) -> Known:
    """Who posts, and the URLs."""
    return settle_in(hurt)


@pytest.fixture
async def market(hurt: RunningSystem, known: Known) -> AsyncIterator[Marketplace]:
    """The people and the chain; what a test posted is called off at its end."""
    async with marketplace(hurt, known[0], known[1]) as made:
        yield made


async def votes_in_ledger(worker: Caller) -> list[int]:
    """What the ledger has credited to somebody, entry by entry."""
    found = await worker.ask("GET", "/api/balance/entries?asset=SOL&limit=100")
    return [int(each["amountMinor"]) for each in found["items"] if each["direction"] == "in"]


def pids(market: Marketplace) -> dict[str, int | None]:
    """Every process of the system with its id."""
    state = read_run_state(StateDir(market.system.state_dir))
    return {process.name: process.pid for process in state.processes} if state else {}


# -- scarce seats -------------------------------------------------------------------------------


async def test_two_hundred_workers_on_the_last_three_seats(market: Marketplace) -> None:
    """Three votes are taken, 197 people are told that there is no seat, nobody is told both."""
    first = await market.visitors(2)
    task = await market.open_task(5)
    option = task["options"][0]["id"]
    for worker in first:
        await worker.ask("GET", "/api/tasks/next")
        await worker.ask("POST", f"/api/tasks/{task['id']}/submissions", {"optionId": option})
    crowd = await market.visitors(200)

    async def try_for_a_seat(worker: Caller) -> tuple[int, int]:
        given = await worker.send("GET", "/api/tasks/next")
        voted = await worker.send(
            "POST", f"/api/tasks/{task['id']}/submissions", {"optionId": option}
        )
        return given.status_code, voted.status_code

    answers = Counter(await asyncio.gather(*(try_for_a_seat(worker) for worker in crowd)))
    assert answers == {(200, 201): 3, (204, 409): 197}
    results = await market.poster.ask("GET", f"/api/tasks/{task['id']}/results")
    assert (results["votes"], results["status"]) == (5, "closed")
    balances = Counter([await worker.balance() for worker in crowd])
    assert balances == {(PRICE, 0): 3, (0, 0): 197}


# -- the database -------------------------------------------------------------------------------


class Voter:
    """Somebody who votes on all there is, and keeps every answer."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.answers: list[tuple[str, int]] = []
        self.voted: Counter[str] = Counter()

    async def vote_until(self, votes: int) -> None:
        """Votes on `votes` tasks; what is refused for want of the database is asked again."""
        deadline = time.monotonic() + 60
        while len(self.voted) < votes:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(self.voted)} votes in 60 s: {Counter(self.answers)}")
            given = await self._send("GET", "/api/tasks/next")
            if given.status_code != 200:
                await asyncio.sleep(0.05)
                continue
            task = given.json()["task"]
            while True:
                body = {"optionId": task["options"][0]["id"]}
                voted = await self._send("POST", f"/api/tasks/{task['id']}/submissions", body)
                if voted.status_code == 201:
                    self.voted[task["id"]] += 1
                if voted.status_code != 503:
                    break
                await asyncio.sleep(0.05)

    async def _send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        answer = await self.caller.send(method, path, body)
        self.answers.append((path.rsplit("/", 1)[-1], answer.status_code))
        return answer


async def test_postgres_restarts_under_load(market: Marketplace) -> None:
    """Votes and payments go on through a crash of the database: 503 meanwhile, nothing else.

    No process but Postgres is started again, and every vote is in the ledger exactly once.
    """
    tasks = [await market.open_task(20) for _ in range(3)]
    voters = [Voter(each) for each in await market.visitors(20)]
    orders = [(await market.post())["order"] for _ in range(4)]
    before = pids(market)

    async def pay_one_by_one() -> None:
        for order in orders:
            await market.pay(market.poster.wallet, order)

    async def crash_the_database() -> None:
        async def under_way() -> bool:
            return sum(len(voter.voted) for voter in voters) >= 10

        await eventually(under_way, "ten votes are cast")
        assert market.hit("postgres", signal.SIGQUIT)

    await asyncio.gather(
        crash_the_database(), pay_one_by_one(), *(voter.vote_until(3) for voter in voters)
    )
    answers = Counter(status for voter in voters for _path, status in voter.answers)
    assert set(answers) <= {200, 201, 204, 503}, answers
    assert answers[503] > 0, "the crash came too late to be noticed"
    assert before["postgres"] is not None
    await market.until_replaced("postgres", before["postgres"])
    for order in orders:

        async def settled(order: dict[str, Any] = order) -> bool:
            answer = await market.http.get(f"{market.api}/api/orders/{order['id']}")
            assert answer.status_code in (200, 503), answer.text
            return answer.status_code == 200 and answer.json()["status"] == "settled"

        await eventually(settled, "a payment made during the crash settles")
    after = pids(market)
    assert {name for name in after if after[name] != before[name]} == {"postgres"}
    for voter in voters:
        assert set(voter.voted) == {task["id"] for task in tasks}
        assert await votes_in_ledger(voter.caller) == [PRICE] * 3
        assert await voter.caller.balance() == (3 * PRICE, 0)
    for task in tasks:
        results = await market.poster.ask("GET", f"/api/tasks/{task['id']}/results")
        assert (results["votes"], results["status"]) == (20, "closed")
    await market.until_books_past(await market.rpc.get_slot())
    verified = await asyncio.to_thread(market.system.earnest, "ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


# -- the signer and the chain's node ------------------------------------------------------------


async def test_payouts_wait_for_the_signer(market: Marketplace) -> None:
    """While the signer is silent a payout stays requested and locked; then it goes through."""
    worker = await market.visitor()
    await market.earn([worker])
    with market.frozen("signer"):
        payout = await worker.take_out(PRICE)
        # Two whole comparisons of ledger and chain go by, and the worker has had its rounds.
        for _ in range(2):
            await market.until_books_past(await market.rpc.get_slot())
        found = await worker.ask("GET", f"/api/payouts/{payout['id']}")
        assert (found["status"], found["chainTx"]) == ("requested", None)
        assert await worker.balance() == (0, PRICE)
        assert await market.received(worker.address, market.treasury) == []
    done = await market.until_payout(worker, payout, "final", "failed")
    assert await market.received(worker.address, market.treasury) == [(done["chainTx"], PRICE)]
    await asyncio.to_thread(market.system.wait_until_healthy)


async def test_nothing_moves_while_the_node_is_silent(market: Marketplace) -> None:
    """The node stops answering under a payment and a payout: people are told, nothing is lost."""
    first, second = await market.visitors(2)
    await market.earn([first, second])
    order = (await market.post())["order"]
    payout = await first.take_out(PRICE)
    await market.pay(market.poster.wallet, order)
    with market.frozen("chain"):
        body = {"asset": "SOL", "amountMinor": str(PRICE)}
        refused = await second.send("POST", "/api/payouts", body)
        assert (refused.status_code, refused.json()["code"]) == (503, "payout_chain_out_of_reach")
        assert int(refused.headers["Retry-After"]) > 0
        assert await second.balance() == (PRICE, 0)

        async def told() -> bool:
            status = await asyncio.to_thread(market.system.status)
            return not status["healthy"] and "does not answer" in " ".join(status["waitsFor"])

        await eventually(told, "`earnest status` says that the node does not answer")
        assert (await market.order(order))["status"] in ("awaiting", "seen")
        found = await first.ask("GET", f"/api/payouts/{payout['id']}")
        assert found["status"] in ("requested", "signed", "sent")
        assert await first.balance() == (0, PRICE)
    await market.until_order(order, "settled")
    done = await market.until_payout(first, payout, "final", "failed")
    assert await market.received(first.address, market.treasury) == [(done["chainTx"], PRICE)]
    await asyncio.to_thread(market.system.wait_until_healthy)


async def test_the_node_is_killed_under_a_payment_and_a_payout(market: Marketplace) -> None:
    """A node that crashes and comes back from its journal costs time, and no money."""
    worker = await market.visitor()
    await market.earn([worker])
    order = (await market.post())["order"]
    payout = await worker.take_out(PRICE)
    await market.pay(market.poster.wallet, order)
    pid = market.hit("chain", signal.SIGKILL)
    await market.until_replaced("chain", pid)
    await market.until_order(order, "settled")
    done = await market.until_payout(worker, payout, "final", "failed", seconds=90)
    assert done["status"] == "final"
    assert await market.received(worker.address, market.treasury) == [(done["chainTx"], PRICE)]
    await market.until_books_past((await market.landed(done["chainTx"])).slot)


# -- another chain, another past ----------------------------------------------------------------


async def test_a_reset_network_halts_everything_that_moves_money(tmp_path: Path) -> None:
    """The chain is suddenly another one: indexer and payouts halt and say why; the API answers.

    The new chain knows the treasury's key and its float, so a payout would even land there.
    """
    with earnest_up(tmp_path / "var", "--no-stacks") as system:
        urls, known = await asyncio.to_thread(settle_in, system)
        async with marketplace(system, urls, known) as market:
            worker = await market.visitor()
            await market.earn([worker])
            order = (await market.post())["order"]
            # A payout has just gone through: every process has seen the right chain.
            await market.until_payout(worker, await worker.take_out(PRICE // 2), "final")
            await market.control("reset")

            async def halted() -> dict[str, Any] | None:
                said = await asyncio.to_thread(system.earnest, "chain", "status", "--json")
                found: dict[str, Any] = json.loads(said.stdout)
                return found if said.returncode == 1 and found["haltedReason"] else None

            found = await eventually(halted, "the indexer has halted")
            assert "another network" in found["haltedReason"], found
            plain = await asyncio.to_thread(system.earnest, "chain", "status")
            assert "Halted since" in plain.stdout
            compared = await asyncio.to_thread(system.earnest, "solvency")
            assert (compared.returncode, compared.stdout) == (1, ""), compared.stdout
            assert "halted until an operator has looked" in compared.stderr
            asked = await worker.take_out(PRICE // 2)

            async def told() -> bool:
                status = await asyncio.to_thread(system.status)
                said = " ".join(status["waitsFor"])
                halts = (found["haltedReason"], "Nothing is paid out: chain_was_reset")
                return not status["healthy"] and all(halt in said for halt in halts)

            await eventually(told, "`earnest status` says what is halted")

            async def stuck() -> dict[str, Any] | None:
                told = await asyncio.to_thread(system.earnest_json, "payouts", "stuck")
                return next((h for h in told["halts"] if h["code"] == "chain_was_reset"), None)

            halt = await eventually(stuck, "payouts have halted")
            assert halt["detail"]["known"] != halt["detail"]["found"]
            payout = await worker.ask("GET", f"/api/payouts/{asked['id']}")
            assert (payout["status"], payout["chainTx"]) == ("requested", None)
            assert await worker.balance() == (0, PRICE // 2)
            assert await market.received(worker.address, market.treasury) == []
            assert (await market.order(order))["status"] == "awaiting"
            await market.fund(market.poster.address, 10 * PRICE)
            paid = await market.pay(market.poster.wallet, order)
            await market.landed(paid)
            assert (await market.order(order))["status"] == "awaiting"


async def with_postgres_down(market: Marketplace, work: Callable[[], object]) -> None:
    """Postgres ends, `work` is done on its folder, and Postgres is started again."""
    up = market.system.process.pid
    # Its supervisor stands still meanwhile, or it would start it at once.
    os.kill(up, signal.SIGSTOP)
    try:
        pid = market.hit("postgres", signal.SIGQUIT)

        async def gone() -> bool:
            return not lives(pid)

        await eventually(gone, "Postgres has ended")
        await asyncio.to_thread(work)
    finally:
        os.kill(up, signal.SIGCONT)
    await market.until_replaced("postgres", pid)


async def test_the_signer_refuses_an_old_database(tmp_path: Path) -> None:
    """A backup from before a payout is put back: nothing is signed until a person has looked.

    The payout that the database forgot has been paid. Whoever got it has the balance again, and
    asks again; the signer's own log is what keeps it from being paid twice.
    """
    data, backup = tmp_path / "var" / "postgres", tmp_path / "backup"
    with earnest_up(tmp_path / "var", "--no-stacks") as system:
        urls, known = await asyncio.to_thread(settle_in, system)
        async with marketplace(system, urls, known) as market:
            worker, other = await market.visitors(2)
            await market.earn([worker, other])
            await market.until_payout(worker, await worker.take_out(PRICE // 2), "final")
            await with_postgres_down(market, lambda: shutil.copytree(data, backup))
            forgotten = await worker.take_out(PRICE // 2)
            await market.until_payout(worker, forgotten, "final")
            assert await worker.balance() == (0, 0)

            def put_back() -> None:
                shutil.rmtree(data)
                backup.rename(data)

            await with_postgres_down(market, put_back)
            assert (await worker.send("GET", f"/api/payouts/{forgotten['id']}")).status_code == 404
            assert await worker.balance() == (PRICE // 2, 0)
            twice, fair = await worker.take_out(PRICE // 2), await other.take_out(PRICE)
            for each, payout in ((worker, twice), (other, fair)):

                async def refused(each: Caller = each, payout: Any = payout) -> bool:
                    found = await each.ask("GET", f"/api/payouts/{payout['id']}")
                    return bool(found["waitingFor"] == "signer_halted")

                await eventually(refused, "the signer has refused")
            told = await asyncio.to_thread(system.earnest, "signer", "status")
            assert told.returncode == 1
            assert forgotten["id"] in told.stdout
            assert "an old backup was restored" in told.stdout
            received = await market.received(worker.address, market.treasury)
            assert [amount for _tx, amount in received] == [PRICE // 2] * 2
            assert await market.received(other.address, market.treasury) == []

            # The person looks: the worker was paid already, so the second request is held, and
            # only then may the signer go on.
            by = ("--by", "Ada", "--note", "paid before the backup was restored")
            for words in (
                ("payouts", "hold", twice["id"], *by),
                ("signer", "acknowledge", forgotten["id"], *by[2:]),
                ("payouts", "release", fair["id"], *by),
            ):
                done = await asyncio.to_thread(system.earnest, *words)
                assert done.returncode == 0, (words, done.stderr)
            told = await asyncio.to_thread(system.earnest, "signer", "status")
            assert told.returncode == 0, told.stdout
            paid = await market.until_payout(other, fair, "final", "failed")
            assert await market.received(other.address, market.treasury) == [
                (paid["chainTx"], PRICE)
            ]
            assert len(await market.received(worker.address, market.treasury)) == 2
            assert await worker.balance() == (0, PRICE // 2)
