"""One run: people ask, two workers send, an indexer follows, a chain moves, and things go wrong.

At the end the faults stop, everything is let come to rest, and then it must be true that every
payout is final exactly once or failed with its hold released, that recipients hold what the
ledger says was paid, and that the treasury's ledger accounts equal its chain accounts.
"""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from solders.keypair import Keypair

from earnest.chains import FactKind
from earnest.chains.ports import Head
from earnest.chains.solana import associated_token_address, decode_signed
from earnest.chains.store import append_facts, take_fence
from earnest.kit.clock import FixedClock
from earnest.kit.db import Database
from earnest.kit.events import drain
from earnest.kit.money import Asset, Chain, Money
from earnest.ledger import BalanceTooSmall
from earnest.payouts import PayoutEngine, make_reactor, store
from earnest.signer import AssetLimits, LedgerReader, Limits, SignedLog, Signer
from earnest.treasury import post_chain_log
from tests.simulation.payouts.chain import GENESIS, SLOT_OFFSET, SimChain
from tests.simulation.payouts.faults import (
    POINTS,
    CrashNow,
    Faults,
    LyingNode,
    Network,
    ShakySigner,
    fresh_address,
    stay,
)
from tests.simulation.payouts.turnstile import Turnstile

FUNDS_LAMPORTS = 10**15
FUNDS_USDC_MINOR = 10**15
START = datetime(2026, 1, 1, tzinfo=UTC)
BLOCK_S = 0.4
CALM_ROUNDS_MAX = 80
_WIDE = AssetLimits(10**15, 10**15, 10**15)
LIMITS = Limits(by_asset={Asset.SOL: _WIDE, Asset.USDC: _WIDE}, float_min_lamports=2_000_000)
_NONCE = UUID(int=0xFE)


class Untrue(AssertionError):
    """Something that must hold at the end of a run does not."""


class Ground:
    """What runs share: a database, a chain and a treasury. Runs leave nothing open behind."""

    def __init__(self, roles: dict[str, Database], folder: Path) -> None:
        self.roles = roles
        self.folder = folder
        rng = Random("ground")
        self.treasury = Keypair.from_seed(rng.randbytes(32))
        self.clock = FixedClock(START)
        self.chain = SimChain(
            rng, self.treasury, lamports=FUNDS_LAMPORTS, usdc_minor=FUNDS_USDC_MINOR
        )
        self.appended = 0
        self.runs = 0

    async def open(self) -> None:
        """Opens the treasury's accounts in the ledger and begins to follow the chain."""
        indexer = self.roles["indexer"]
        chain = self.chain
        for address, asset, mint, amount in (
            (chain.treasury, Asset.SOL, None, FUNDS_LAMPORTS),
            (chain.treasury_usdc, Asset.USDC, chain.mint.address, FUNDS_USDC_MINOR),
        ):
            await indexer.execute(
                "SELECT treasury_open($1, $2, $3, $4, $5, $6, $7)",
                Chain.SOLANA.value,
                address,
                chain.treasury,
                asset.value,
                mint,
                0,
                amount,
            )
        async with indexer.db_tx() as db_tx:
            await take_fence(db_tx, Chain.SOLANA, _NONCE, 10**7)
        await self.append()

    async def append(self) -> None:
        """Writes what is final into the chain log."""
        height = self.chain.final_height
        facts = self.chain.facts_after(self.appended, height)
        head = Head(GENESIS, height + SLOT_OFFSET, height, 1_700_000_000 + height)
        async with self.roles["indexer"].db_tx() as db_tx:
            await append_facts(
                db_tx,
                Chain.SOLANA,
                _NONCE,
                kind=FactKind.FINAL,
                facts=facts,
                at=head,
                positions={},
            )
        self.appended += len(facts)


class Person(msgspec.Struct):
    """Somebody with a balance and a wallet. `spent` is what left the wallet, less what came."""

    account_id: UUID
    address: str
    lamports: int
    spent: int = 0


class Outcome(msgspec.Struct):
    """What a run did."""

    seed: int
    payouts: int
    final: int
    failed: int
    expired: int
    landed_failed_alone: int
    landed_failed_together: int
    crashed_at: frozenset[str]
    passed: frozenset[str]


class Run:
    """One seed on a ground."""

    def __init__(self, ground: Ground, seed: int) -> None:
        ground.runs += 1
        self.ground = ground
        self.seed = seed
        self.rng = Random(f"run {seed}")
        self.faults = Faults(Random(f"faults {seed}"), POINTS[seed % len(POINTS)])
        self.turnstile = Turnstile(Random(f"turns {seed}"))
        self.network = Network(ground.chain, self.faults)
        self.network.before_unchecked = self._empty_recipients
        # Ids are drawn apart, so that a seed may run twice on one ground and decide alike.
        self._ids = Random(f"ids {seed} {ground.runs}")
        self.people: list[Person] = []
        self.asked: list[UUID] = []
        self._log_file = ground.folder / "signer" / f"{ground.runs}.sqlite"
        self._log: SignedLog | None = None
        self._reactor = make_reactor(ground.clock)

    def make_id(self) -> UUID:
        """An id of this run."""
        digest = hashlib.sha256(self._ids.randbytes(16)).digest()
        return UUID(bytes=digest[:16])

    async def play(self) -> Outcome:
        """The whole run. Raises `Untrue`, or whatever the code under test raised."""
        await self._make_people()
        signer = ShakySigner(self._start_signer, self.faults, switch=stay)
        try:
            await self.turnstile.run(
                {
                    "asks": self._ask,
                    "worker A": lambda: self._work("worker A", signer),
                    "worker B": lambda: self._work("worker B", signer),
                    "indexer": self._follow,
                    "chain": self._move,
                }
            )
            self.faults.stop()
            self.turnstile.open()
            await self._come_to_rest(signer)
            return await self._check()
        finally:
            if self._log is not None:
                self._log.close()

    # The cast --------------------------------------------------------------------------------

    async def _make_people(self) -> None:
        owner = self.ground.roles["owner"]
        for _ in range(self.rng.randint(2, 5)):
            address = fresh_address(self._ids)
            poor = self.faults.target.startswith("prepare")
            lamports = 0 if poor else self.rng.choice([0, 1_000_000, 10**9, 10**9])
            person = Person(self.make_id(), address, lamports)
            if person.lamports:
                self.ground.chain.set_lamports(address, person.lamports)
            self.people.append(person)
        async with owner.db_tx() as db_tx:
            for person in self.people:
                await db_tx.execute(
                    "INSERT INTO accounts (id, created_at) VALUES ($1, $2)",
                    person.account_id,
                    START,
                )
                await db_tx.execute(
                    "INSERT INTO account_addresses VALUES ('solana', $2, $1, $2, $3)",
                    person.account_id,
                    person.address,
                    START,
                )
                for asset in (Asset.SOL, Asset.USDC):
                    await db_tx.execute(
                        "SELECT ledger_transfer($1,"
                        " ledger_account('float:' || $2::text, 'equity', $2),"
                        " ledger_available($3, $2), 50000000, 'test', 'test')",
                        self.make_id(),
                        asset.value,
                        person.account_id,
                    )

    async def _ask(self) -> None:
        count = self.rng.choice([1, 1, 2, 4, 8, 26])
        for _ in range(count):
            person = self.rng.choice(self.people)
            asset = self.rng.choice([Asset.SOL, Asset.SOL, Asset.USDC])
            # Some are too small for a fresh wallet, as if it had been emptied after the request.
            amount = self.rng.choice([50_000, 200_000, 400_000, 890_880, 7_654_321])
            if count > 20:
                amount //= 4
            payout_id = self.make_id()
            try:
                async with self.ground.roles["api"].db_tx() as db_tx:
                    await store.insert_request(
                        db_tx,
                        payout_id,
                        person.account_id,
                        Money(amount, asset),
                        person.address,
                        rent_minor=None,
                        at=self.ground.clock.now(),
                    )
                    self.asked.append(payout_id)
            except BalanceTooSmall:
                continue
            if self.rng.random() < 0.4:
                await self.turnstile.wait("asks")

    def _start_signer(self) -> Signer:
        if self._log is not None:
            self._log.close()
        self._log = SignedLog(self._log_file)
        return Signer(
            keypair=self.ground.treasury,
            signed_log=self._log,
            ledger=LedgerReader(self.ground.roles["signer_ro"]),
            chain=LyingNode(self.network, self.faults),
            limits=LIMITS,
            mints={Asset.USDC: self.ground.chain.mint},
            clock=self.ground.clock,
        )

    def _engine(self, name: str, signer: ShakySigner) -> PayoutEngine:
        async def reached(point: str) -> None:
            self.faults.crash_point(point)
            if not point.endswith("before commit"):
                await self.turnstile.wait(name)

        async def switch(_method: str) -> None:
            await self.turnstile.wait(name)

        return PayoutEngine(
            database=self.ground.roles["worker"],
            chain=LyingNode(self.network, self.faults, switch=switch),
            signer=signer,
            treasury=self.ground.chain.treasury,
            mints={Asset.USDC: self.ground.chain.mint},
            clock=self.ground.clock,
            reached=reached,
            make_id=self.make_id,
        )

    async def _work(self, name: str, signer: ShakySigner) -> None:
        engine = self._engine(name, signer)
        for _ in range(self.rng.randint(6, 14)):
            try:
                await engine.run_round()
            except CrashNow:
                engine = self._engine(name, signer)
            await self.turnstile.wait(name)

    async def _follow(self) -> None:
        for _ in range(self.rng.choice([0, 1, 3, 10])):
            with suppress(CrashNow):
                await self._follow_once()
            await self.turnstile.wait("indexer")

    async def _follow_once(self) -> None:
        indexer = self.ground.roles["indexer"]
        await self.ground.append()
        self.faults.crash_point("indexer: appended")
        await post_chain_log(indexer, Chain.SOLANA)
        self.faults.crash_point("indexer: posted")
        await drain(indexer, [self._reactor])
        self.faults.crash_point("indexer: reacted")

    async def _move(self) -> None:
        for _ in range(self.rng.randint(10, 20)):
            self._make_blocks(self.rng.choice([1, 5, 20, 60, 200]))
            if self.rng.random() < 0.1:
                # Somebody empties their wallet between our look and the block.
                self._empty(self.rng.choice(self.people))
            elif self.rng.random() < 0.2:
                self._refill(self.rng.choice(self.people))
            await self.turnstile.wait("chain")

    def _empty(self, person: Person) -> None:
        held = self.ground.chain.lamports(person.address)
        if held:
            person.spent += held
            self.ground.chain.set_lamports(person.address, 0)

    def _refill(self, person: Person) -> None:
        person.spent -= 1_000_000
        held = self.ground.chain.lamports(person.address)
        self.ground.chain.set_lamports(person.address, held + 1_000_000)

    def _empty_recipients(self, wire_bytes: bytes) -> None:
        paid = {transfer.destination for transfer in decode_signed(wire_bytes).transfers}
        for person in self.people:
            if person.address in paid and self.rng.random() < 0.7:
                self._empty(person)

    def _make_blocks(self, count: int) -> None:
        self.network.tick(count)
        self.ground.clock.advance(count * BLOCK_S)

    # The end ---------------------------------------------------------------------------------

    async def _come_to_rest(self, signer: ShakySigner) -> None:
        engines = [self._engine("worker A", signer), self._engine("worker B", signer)]
        worker = self.ground.roles["worker"]
        for _ in range(CALM_ROUNDS_MAX):
            for engine in engines:
                await engine.run_round()
            self._make_blocks(60)
            await self._follow_once()
            if not await worker.fetchval(
                "SELECT EXISTS (SELECT FROM payouts WHERE status NOT IN ('final', 'failed'))"
                " OR EXISTS (SELECT FROM payout_attempts"
                "             WHERE status IN ('reserved', 'signed', 'sent'))"
            ):
                # What was delayed may still land: it must not.
                self._make_blocks(200)
                await self._follow_once()
                return
        open_now = await worker.fetch(
            "SELECT id, status, waiting_for, paused FROM payouts"
            " WHERE status NOT IN ('final', 'failed') LIMIT 5"
        )
        halts = await worker.fetch("SELECT code FROM payout_halts LIMIT 5")
        live = await worker.fetch(
            "SELECT id, status FROM payout_attempts"
            " WHERE status IN ('reserved', 'signed', 'sent') LIMIT 5"
        )
        raise Untrue(
            f"not at rest: payouts {[tuple(row) for row in open_now]},"
            f" attempts {[tuple(row) for row in live]}, halts {[row['code'] for row in halts]}"
        )

    async def _check(self) -> Outcome:
        owner, chain = self.ground.roles["owner"], self.ground.chain
        halts = await owner.fetch("SELECT code, detail FROM payout_halts LIMIT 5")
        if halts:
            raise Untrue(f"halted: {[tuple(row) for row in halts]}")
        rows = await owner.fetch(
            "SELECT p.id, p.account_id, p.asset, p.amount, p.status, p.chain_tx, p.failure_code,"
            " e.outcome FROM payouts AS p"
            " LEFT JOIN ledger_hold_ends AS e ON e.hold_id = p.id WHERE p.id = ANY($1) LIMIT 1000",
            self.asked,
        )
        if {row["id"] for row in rows} != set(self.asked):
            raise Untrue("a payout that was asked for is not there")
        for row in rows:
            expected = {"final": "posted", "failed": "voided"}[row["status"]]
            if row["outcome"] != expected:
                raise Untrue(f"payout {row['id']} is {row['status']}, its hold {row['outcome']}")
            if row["status"] == "final" and chain.landed[row["chain_tx"]].err is not None:
                raise Untrue(f"payout {row['id']} is final by a chain_tx that failed")
        for person in self.people:
            await self._check_person(person, [tuple(row) for row in rows])
        await self._check_books()
        final = sum(row["status"] == "final" for row in rows)
        attempts = await owner.fetch(
            "SELECT a.status, count(*) AS n FROM payout_attempts AS a"
            " JOIN payout_attempt_items AS i ON i.attempt_id = a.id"
            " WHERE a.status IN ('expired', 'failed') AND i.payout_id = ANY($1)"
            " GROUP BY a.id, a.status LIMIT 1000",
            self.asked,
        )
        failed = [row["n"] for row in attempts if row["status"] == "failed"]
        return Outcome(
            seed=self.seed,
            payouts=len(rows),
            final=final,
            failed=len(rows) - final,
            expired=len(attempts) - len(failed),
            landed_failed_alone=sum(n == 1 for n in failed),
            landed_failed_together=sum(n > 1 for n in failed),
            crashed_at=frozenset(self.faults.crashed_at),
            passed=frozenset(self.faults.passed),
        )

    async def _check_person(self, person: Person, rows: list[tuple[Any, ...]]) -> None:
        chain = self.ground.chain
        paid = {Asset.SOL: 0, Asset.USDC: 0}
        for _id, account_id, asset, amount, status, *_rest in rows:
            if account_id == person.account_id and status == "final":
                paid[Asset(str(asset))] += int(amount)
        held = chain.lamports(person.address) + person.spent - person.lamports
        if held != paid[Asset.SOL]:
            raise Untrue(f"{person.address} got {held} lamports; {paid[Asset.SOL]} were paid")
        tokens = chain.tokens(associated_token_address(person.address, chain.mint)) or 0
        if tokens != paid[Asset.USDC]:
            raise Untrue(f"{person.address} got {tokens} USDC units; {paid[Asset.USDC]} were paid")
        balances = await self.ground.roles["owner"].fetch(
            "SELECT asset, balance, held FROM ledger_accounts WHERE owner = $1 LIMIT 10",
            person.account_id,
        )
        for row in balances:
            left = 50_000_000 - paid[Asset(row["asset"])]
            if (int(row["balance"]), int(row["held"])) != (left, 0):
                raise Untrue(f"{person.account_id} has {row['balance']}, held {row['held']}")

    async def _check_books(self) -> None:
        chain = self.ground.chain
        rows = await self.ground.roles["owner"].fetch(
            "SELECT name, balance FROM ledger_accounts WHERE name LIKE 'treasury:%'"
            " OR name LIKE 'suspense:%' OR name LIKE 'unexplained:%' LIMIT 20"
        )
        found = {row["name"]: int(row["balance"]) for row in rows}
        on_chain = {
            f"treasury:solana:{chain.treasury}": chain.lamports(chain.treasury),
            f"treasury:solana:{chain.treasury_usdc}": chain.tokens(chain.treasury_usdc),
        }
        for name, amount in on_chain.items():
            if found.get(name) != amount:
                raise Untrue(f"{name}: ledger {found.get(name)}, chain {amount}")
        odd = {name: amount for name, amount in found.items() if name not in on_chain and amount}
        if odd:
            raise Untrue(f"money without a cause: {odd}")
