"""The main job, leg by leg: from a question to payday, each checked where it happens."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any, TypeVar

from earnest.chains.solana import parse_pay_url
from earnest.kit.money import Asset, Money
from earnest.run.demo.client import Person
from earnest.run.demo.errors import DemoBroke
from earnest.run.demo.outcome import Outcome, Payday, Treasury
from earnest.run.demo.story import Coin, Story, Waiting
from earnest.run.demo.system import PROCESSES, System
from earnest.run.demo.wallets import Node, shorten, sol

T = TypeVar("T")

WORKERS = 7
PRICE_LAMPORTS = 10_000_000
CLIENT_LAMPORTS = 200_000_000
FEE_BPS = 500
TITLE = "Which photograph belongs on the cover?"
INSTRUCTIONS = "The one that you would pick up in a bookshop."
PHOTOS = ("cover-path.webp", "cover-autumn.webp", "cover-sunset.webp", "cover-stream.webp")
BLOCKS_UNTIL_FINAL = 32
_POLL_S = 0.2
_SECONDS_MAX = {
    "photographs": 60.0,
    "payment": 90.0,
    "closing": 30.0,
    "payouts": 120.0,
    "solvency": 60.0,
}
_ORDER_DEAD = frozenset({"underpaid", "late", "cancelled"})


class Legs:
    """One demo under way. `play` runs all legs, or raises the one reason why not."""

    def __init__(self, system: System, story: Story, outcome: Outcome) -> None:
        self._system = system
        self._story = story
        self._outcome = outcome
        self._people: list[Person] = []
        self._node: Node | None = None
        self._api = ""
        self._treasury_before = 0
        self._answers: list[tuple[Person, str]] = []

    async def play(self) -> None:
        """All of it, in order."""
        try:
            with self._outcome.leg("start"):
                await self._start()
            with self._outcome.leg("sign_in"):
                client, workers = await self._sign_in()
            with self._outcome.leg("upload"):
                file_ids = await self._upload(client)
            with self._outcome.leg("create_task"):
                order = await self._create_task(client, file_ids)
            with self._outcome.leg("pay"):
                signature = await self._pay(client, order)
            with self._outcome.leg("payment_final"):
                await self._watch_order(client, order, signature)
            with self._outcome.leg("vote"):
                await self._vote(workers)
            with self._outcome.leg("close"):
                await self._close(client)
            with self._outcome.leg("payout"):
                payouts = await self._pay_out(workers)
            with self._outcome.leg("prove"):
                await self._prove(order, payouts)
        finally:
            for person in self._people:
                await person.close()
            if self._node is not None:
                await self._node.close()

    # -- parts that waits share ------------------------------------------------------------------

    @property
    def node(self) -> Node:
        """The chain's node, from the first leg on."""
        if self._node is None:
            raise DemoBroke(reason="The chain has not been started.")
        return self._node

    async def _until(self, what: str, ask: Callable[[], Awaitable[T | None]], *, problem: str) -> T:
        """Asks until there is an answer, while the system and the chain's node live.

        Raises `DemoBroke` with `problem` when the time for `what` is over.
        """
        seconds = _SECONDS_MAX[what]
        deadline = time.monotonic() + seconds
        while True:
            found = await ask()
            if found is not None:
                return found
            self._system.check()
            await self.node.check_alive()
            if time.monotonic() > deadline:
                raise DemoBroke(reason=f"{problem} within {seconds:.0f} s.")
            await asyncio.sleep(_POLL_S)

    # -- legs ------------------------------------------------------------------------------------

    async def _start(self) -> None:
        story = self._story
        story.heading("The house opens")
        with story.waiting("eight processes") as wait:

            def on_progress(ready: set[str]) -> None:
                names = ", ".join(name for name in PROCESSES if name not in ready)
                wait.update(Coin.WAITING, "Starting", len(ready), len(PROCESSES), names[:34])

            state = await self._system.start(on_progress)
        self._api, self._node = state.urls["api"], Node(state.urls["solanaRpc"])
        story.tell(
            "PostgreSQL 18, an S3 server, a Solana and a Stacks chain, and four processes of "
            "ours: api, worker, indexer, signer."
        )
        story.tell(f"All of it is at {self._api}.")

    async def _sign_in(self) -> tuple[Person, list[Person]]:
        story = self._story
        story.heading("Eight people sign in with their wallets")
        self._people = [Person(self._api) for _ in range(WORKERS + 1)]
        client, *workers = self._people
        await self.node.fund(client.wallet.address, CLIENT_LAMPORTS)
        await asyncio.gather(*(person.sign_in() for person in self._people))
        before = [await self.node.lamports_final(w.wallet.address) for w in workers]
        if any(before):
            raise DemoBroke(reason="A fresh wallet is not empty.")
        story.tell(f"The client, {client.wallet.short}, has {sol(CLIENT_LAMPORTS)}.")
        story.tell("Seven workers have nothing yet. A signature each; no money moved.")
        return client, workers

    async def _upload(self, client: Person) -> list[str]:
        story = self._story
        story.heading("Four photographs go straight to the store")
        folder = resources.files("earnest.run.demo").joinpath("photos")
        contents = [folder.joinpath(name).read_bytes() for name in PHOTOS]
        ids = await asyncio.gather(*(client.upload(c, "image/webp") for c in contents))
        with story.waiting("the worker to check them") as wait:

            async def ask() -> bool | None:
                files = [await client.ask("GET", f"/api/files/{file_id}") for file_id in ids]
                for file in files:
                    if file["status"] == "rejected":
                        raise DemoBroke(reason=f"A photograph was refused: {file['detail']}")
                ready = sum(file["status"] == "ready" for file in files)
                wait.update(Coin.WAITING, "Checking", ready, len(ids), f"{ready} of {len(ids)}")
                return True if ready == len(ids) else None

            await self._until("photographs", ask, problem="The photographs were not ready")
        self._outcome.photos = len(ids)
        size_kb = sum(len(content) for content in contents) // 1000
        story.tell(
            f"{size_kb} kB by signed URLs; hashed, decoded and drawn anew in three sizes. "
            "By Aitzol Berasategi, CC BY 4.0."
        )
        return list(ids)

    async def _create_task(self, client: Person, file_ids: list[str]) -> dict[str, Any]:
        story = self._story
        story.heading(f"The client asks: {TITLE}")
        body = {
            "title": TITLE,
            "instructions": INSTRUCTIONS,
            "options": [{"fileId": file_id} for file_id in file_ids],
            "votesWanted": WORKERS,
            "pricePerVoteMinor": str(PRICE_LAMPORTS),
            "asset": "SOL",
        }
        made = await client.ask("POST", "/api/tasks", body, once=True)
        order: dict[str, Any] = made["order"]
        self._outcome.task, self._outcome.order = made["task"], order
        budget = Money(PRICE_LAMPORTS * WORKERS, Asset.SOL)
        fee = budget.fee(FEE_BPS)
        whole = budget + fee
        if (order["amountMinor"], order["feeMinor"]) != (
            str(whole.amount_minor), str(fee.amount_minor),
        ):  # fmt: skip
            raise DemoBroke(
                reason=f"The order asks for {order['amountMinor']} lamports, not {whole}."
            )
        asked = parse_pay_url(order["payUrl"], {})
        if asked.money != whole or asked.references != (order["reference"],):
            raise DemoBroke(reason="The payment link asks for something else than the order.")
        self._treasury_before = await self.node.lamports_final(order["recipient"])
        story.tell(
            f"{WORKERS} votes at {sol(PRICE_LAMPORTS)}, and the house's fee of {fee}: {whole}."
        )
        story.line()
        story.qr(order["payUrl"])
        story.copy_out(order["payUrl"])
        return order

    async def _pay(self, client: Person, order: dict[str, Any]) -> str:
        story = self._story
        amount_minor = int(order["amountMinor"])
        story.heading(f"Pay {sol(amount_minor)}")
        signature, paid = await client.wallet.pay(self.node, order["payUrl"])
        if paid.amount_minor != amount_minor:
            raise DemoBroke(reason=f"The wallet paid {paid}, not {sol(amount_minor)}.")
        story.tell(
            f"The wallet read the code and signed. We look for {shorten(signature)} on the "
            "chain; its word is not needed."
        )
        return signature

    async def _watch_order(self, client: Person, order: dict[str, Any], signature: str) -> None:
        story, seen = self._story, self._outcome.order_statuses
        seen.append(order["status"])

        with story.waiting("32 blocks on top of the payment") as wait:

            async def ask() -> dict[str, Any] | None:
                found: dict[str, Any] = await client.ask("GET", f"/api/orders/{order['id']}")
                status = found["status"]
                if status != seen[-1]:
                    seen.append(status)
                    if status == "seen":
                        story.tell(
                            ". The task stays closed: this can still be undone.",
                            coin=Coin.SEEN, words="Seen, not final",
                        )  # fmt: skip
                if status in _ORDER_DEAD:
                    raise DemoBroke(reason=f"The order ended as {status}, though it was paid.")
                await self._show_blocks(wait, signature, final=status in ("final", "settled"))
                return found if status == "settled" else None

            settled = await self._until(
                "payment", ask, problem="The payment was not final on the chain"
            )
        self._outcome.order = settled
        if settled["paidBy"] != [client.wallet.address]:
            raise DemoBroke(reason=f"The order says it was paid by {settled['paidBy']}.")
        task_id = self._outcome.task["id"] if self._outcome.task else ""
        task = await client.ask("GET", f"/api/tasks/{task_id}")
        self._outcome.task = task
        if task["status"] != "open":
            raise DemoBroke(reason=f"The order is settled, but the task is {task['status']}.")
        story.tell(". Posted to the ledger; the task is open.", coin=Coin.FINAL, words="Final")

    async def _show_blocks(self, wait: Waiting, signature: str, *, final: bool) -> None:
        blocks = await self.node.blocks_on(signature)
        if blocks is None:
            wait.update(Coin.WAITING, "Waiting", 0, BLOCKS_UNTIL_FINAL)
            return
        shown = BLOCKS_UNTIL_FINAL if final else min(blocks, BLOCKS_UNTIL_FINAL)
        words, coin = ("Final", Coin.FINAL) if final else ("Seen, not final", Coin.SEEN)
        note = f"{shown} of {BLOCKS_UNTIL_FINAL} blocks built on it"
        wait.update(coin, words, shown, BLOCKS_UNTIL_FINAL, note)

    async def _vote(self, workers: list[Person]) -> None:
        story = self._story
        story.heading("Seven people look, and vote")
        self._answers = list(
            zip(workers, await asyncio.gather(*map(self._vote_once, workers)), strict=True)
        )
        for worker, name in self._answers:
            story.tell(f"{worker.wallet.short} chose {name} and earned {sol(PRICE_LAMPORTS)}.")

    async def _vote_once(self, worker: Person) -> str:
        given = await worker.ask("GET", "/api/tasks/next")
        if given is None:
            raise DemoBroke(reason=f"{worker.wallet.short} was given no task to vote on.")
        options = given["task"]["options"]
        for option in options:
            await worker.look_at(option["media"]["medium"])
        # Everybody has a taste of their own, and keeps it: it comes with the key.
        taste = sum(worker.wallet.address.encode()) % len(options)
        answer = await worker.ask(
            "POST",
            f"/api/tasks/{given['task']['id']}/submissions",
            {"optionId": options[taste]["id"]},
        )
        if answer["earnedMinor"] != str(PRICE_LAMPORTS):
            raise DemoBroke(reason=f"A vote earned {answer['earnedMinor']} lamports.")
        return _photo_name(taste)

    async def _close(self, client: Person) -> None:
        story, task = self._story, self._outcome.task or {}

        async def ask() -> dict[str, Any] | None:
            found: dict[str, Any] = await client.ask("GET", f"/api/tasks/{task['id']}")
            return found if found["status"] == "closed" else None

        self._outcome.task = await self._until(
            "closing", ask, problem="The task did not close by itself"
        )
        results = await client.ask("GET", f"/api/tasks/{task['id']}/results")
        self._outcome.results = results
        counts = [option["votes"] for option in results["options"]]
        mine = [[n for _, n in self._answers].count(_photo_name(i)) for i in range(len(counts))]
        if counts != mine or sum(counts) != WORKERS:
            raise DemoBroke(reason=f"The counts are {counts}, but the votes were {mine}.")
        shown = ", ".join(f"{_photo_name(i)} {count}" for i, count in enumerate(counts))
        story.tell(f"The last vote closed the task. {shown}.")

    async def _pay_out(self, workers: list[Person]) -> list[dict[str, Any]]:
        story = self._story
        story.heading("Seven people ask for their money")
        body = {"asset": "SOL", "amountMinor": str(PRICE_LAMPORTS)}
        asked = await asyncio.gather(
            *(worker.ask("POST", "/api/payouts", body, once=True) for worker in workers)
        )
        told = False
        with story.waiting("seven payouts to be final") as wait:

            async def ask() -> list[dict[str, Any]] | None:
                nonlocal told
                found = await asyncio.gather(
                    *(
                        worker.ask("GET", f"/api/payouts/{payout['id']}")
                        for worker, payout in zip(workers, asked, strict=True)
                    )
                )
                for payout in found:
                    if payout["status"] == "failed":
                        raise DemoBroke(reason=f"A payout failed: {payout['failure']['detail']}")
                final = sum(payout["status"] == "final" for payout in found)
                sent = final + sum(payout["status"] == "sent" for payout in found)
                if sent == WORKERS and final < WORKERS and not told:
                    told = True
                    txs = len({payout["chainTx"] for payout in found})
                    how = "in one transaction" if txs == 1 else f"in {txs} transactions"
                    story.tell(
                        f". Checked and signed by the signer, travelling {how}.",
                        coin=Coin.SEEN, words="Sent, not final",
                    )  # fmt: skip
                if sent:
                    signature = next(p["chainTx"] for p in found if p["chainTx"])
                    await self._show_blocks(wait, signature, final=final == WORKERS)
                else:
                    wait.update(Coin.WAITING, "Waiting", 0, 1, "for the signer")
                return list(found) if final == WORKERS else None

            payouts = await self._until("payouts", ask, problem="The payouts were not final")
        story.tell(". All seven are paid, on the chain.", coin=Coin.FINAL, words="Final")
        return payouts

    async def _prove(self, order: dict[str, Any], payouts: list[dict[str, Any]]) -> None:
        story = self._story
        story.heading("Ledger against chain")
        chain_txs = sorted({payout["chainTx"] for payout in payouts})
        landed = [await self.node.landed(chain_tx) for chain_tx in chain_txs]
        last_slot = max(slot for slot, _ in landed)
        fees = sum(fee for _, fee in landed)
        for (worker, _), payout in zip(self._answers, payouts, strict=True):
            await self._check_payday(worker, payout, last_slot)
        paid_out = sum(int(payout["amountMinor"]) for payout in payouts)
        expected = self._treasury_before + int(order["amountMinor"]) - paid_out - fees
        with story.waiting(f"a comparison past slot {last_slot}"):

            async def ask() -> Treasury | None:
                return await self._read_solvency(order["recipient"], last_slot, fees)

            treasury = await self._until(
                "solvency", ask, problem="Ledger and chain were not compared past the last payout"
            )
        self._outcome.treasury = treasury
        if not treasury.chain_minor == treasury.ledger_minor == str(expected):
            raise DemoBroke(
                reason=f"The treasury has {treasury.chain_minor} lamports on the chain and "
                f"{treasury.ledger_minor} in the ledger; {expected} was expected."
            )
        await self._system.operate("ledger", "verify")
        self._outcome.ledger_verified = True
        self._outcome.solvent = True
        story.tell(f"Compared at the final slot {treasury.slot}: the same to the lamport.")
        story.tell("Every entry replayed, every hash and signed checkpoint checked.")

    async def _check_payday(self, worker: Person, payout: dict[str, Any], slot: int) -> None:
        after = await self.node.lamports_final(worker.wallet.address, min_slot=slot)
        balance = await worker.ask("GET", "/api/balance")
        mine = [item for item in balance["items"] if item["asset"] == "SOL"]
        available = mine[0]["availableMinor"] if mine else "0"
        locked = mine[0]["lockedMinor"] if mine else "0"
        self._outcome.payouts.append(
            Payday(
                address=worker.wallet.address,
                amount_minor=payout["amountMinor"],
                asset=payout["asset"],
                chain_tx=payout["chainTx"],
                balance_before_minor="0",
                balance_after_minor=str(after),
                ledger_available_minor=available,
                ledger_locked_minor=locked,
            )
        )
        if payout["address"] != worker.wallet.address or after != PRICE_LAMPORTS:
            raise DemoBroke(
                reason=f"{worker.wallet.short} has {sol(after)} on the chain, not the "
                f"{sol(PRICE_LAMPORTS)} that were paid out."
            )
        if (available, locked) != ("0", "0"):
            raise DemoBroke(reason=f"The ledger still owes {worker.wallet.short} {available}.")

    async def _read_solvency(self, address: str, after_slot: int, fees: int) -> Treasury | None:
        """The house's own proof, once it speaks of a slot past the last payout."""
        answer = await self._people[0].ask("GET", "/api/solvency")
        chain = next((c for c in answer["chains"] if c["chain"] == "solana"), None)
        if chain is None or chain["slot"] is None or chain["slot"] <= after_slot:
            return None
        if not answer["solvent"]:
            raise DemoBroke(reason=f"At slot {chain['slot']} the ledger is not what the chain is.")
        account = next(a for a in chain["accounts"] if a["address"] == address)
        total = next(t for t in chain["totals"] if t["asset"] == "SOL")
        return Treasury(
            address=address,
            slot=chain["slot"],
            chain_minor=account["chainMinor"],
            ledger_minor=account["ledgerMinor"],
            before_minor=str(self._treasury_before),
            chain_fees_minor=str(fees),
            assets_minor=total["assetsMinor"],
            liabilities_minor=total["liabilitiesMinor"],
        )

    def photo_of(self, address: str) -> str:
        """Which photograph a worker chose."""
        return next((n for w, n in self._answers if w.wallet.address == address), "")


def _photo_name(index: int) -> str:
    return PHOTOS[index].removeprefix("cover-").removesuffix(".webp").capitalize()
