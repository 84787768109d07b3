"""A chain, a signer, an engine and an indexer that all behave, for tests that say what does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec

from earnest.kit.events import drain
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain, Money
from earnest.payouts import Pace, Payout, PayoutEngine, make_reactor, store
from earnest.signer import LedgerReader, Limits, SignedLog, Signer
from earnest.treasury import post_chain_log
from tests.conftest import Databases
from tests.simulation.payouts.faults import Faults, LyingNode, Network, ShakySigner, fresh_address
from tests.simulation.payouts.run import open_ground
from tests.simulation.payouts.world import LIMITS, START, Ground

ROLES = ("api", "worker", "indexer", "signer_ro", "owner")
HALF_A_MINUTE_OF_BLOCKS = 75


class Holder(msgspec.Struct, frozen=True):
    """Somebody with a balance and a wallet."""

    account_id: UUID
    address: str


class Scene:
    """Everything that a payout meets, in one process."""

    def __init__(self, ground: Ground, databases: Databases) -> None:
        self.ground = ground
        self.databases = databases
        self.chain = ground.chain
        self.clock = ground.clock
        self.rng = Random("scene")
        self.faults = Faults(Random(0), "")
        self.faults.stop()
        self.network = Network(self.chain, self.faults)
        self.node = LyingNode(self.network, self.faults)
        self.log_file = ground.folder / "signer" / "signed.sqlite"
        self.limits: Limits = LIMITS
        self.signer = ShakySigner(self.start_signer, self.faults)
        self.engine = self.make_engine()
        self._reactor = make_reactor(self.clock)

    def start_signer(self) -> Signer:
        """The real signer, with its log file, by its own database role."""
        return Signer(
            keypair=self.ground.treasury,
            signed_log=SignedLog(self.log_file),
            ledger=LedgerReader(self.ground.roles["signer_ro"]),
            chain=self.node,
            limits=self.limits,
            mints={Asset.USDC: self.chain.mint},
            clock=self.clock,
        )

    def make_engine(
        self, *, node: LyingNode | None = None, signer: ShakySigner | None = None
    ) -> PayoutEngine:
        """Another worker's engine."""
        return PayoutEngine(
            database=self.ground.roles["worker"],
            chain=node or self.node,
            signer=signer or self.signer,
            treasury=self.chain.treasury,
            mints={Asset.USDC: self.chain.mint},
            clock=self.clock,
            pace=Pace(),
        )

    async def holder(
        self, *, lamports: int = 10**9, balance: int = 10**9, asset: Asset = Asset.SOL
    ) -> Holder:
        """Somebody whose wallet holds `lamports`, and to whom we owe `balance`."""
        holder = Holder(new_id(), fresh_address(self.rng))
        if lamports:
            self.chain.set_lamports(holder.address, lamports)
        async with self.ground.roles["owner"].db_tx() as db_tx:
            await db_tx.execute(
                "INSERT INTO accounts (id, created_at) VALUES ($1, $2)", holder.account_id, START
            )
            await db_tx.execute(
                "INSERT INTO account_addresses VALUES ('solana', $2, $1, $2, $3)",
                holder.account_id,
                holder.address,
                START,
            )
            await db_tx.execute(
                "SELECT ledger_transfer($1,"
                " ledger_account('float:' || $2::text, 'equity', $2),"
                " ledger_available($3, $2), $4, 'test', 'test')",
                new_id(),
                asset.value,
                holder.account_id,
                balance,
            )
        return holder

    async def request(
        self, holder: Holder, amount_minor: int = 2_000_000, asset: Asset = Asset.SOL
    ) -> UUID:
        """A payout asked for, by the API's role."""
        payout_id = new_id()
        async with self.ground.roles["api"].db_tx() as db_tx:
            await store.insert_request(
                db_tx,
                payout_id,
                holder.account_id,
                Money(amount_minor, asset),
                holder.address,
                rent_minor=None,
                at=self.clock.now(),
            )
        return payout_id

    async def payout(self, holder: Holder, payout_id: UUID) -> Payout:
        """The payout as it stands."""
        async with self.ground.roles["api"].connection() as db:
            found = await store.payout_of(db, payout_id, holder.account_id)
        assert found is not None
        return found

    def pass_blocks(self, count: int) -> None:
        """Lets the chain and the clock go on."""
        self.network.tick(count)
        self.clock.advance(count * 0.4)

    async def follow(self) -> None:
        """What the indexer does: the chain log, the postings, the reactions."""
        indexer = self.ground.roles["indexer"]
        await self.ground.append()
        await post_chain_log(indexer, Chain.SOLANA)
        await drain(indexer, [self._reactor])

    async def settle(self, rounds: int = 12) -> None:
        """Rounds, blocks and following, until nothing is live any more."""
        for _ in range(rounds):
            await self.engine.run_round()
            self.pass_blocks(HALF_A_MINUTE_OF_BLOCKS)
            await self.follow()
            if not await self.ground.roles["worker"].fetchval(
                "SELECT EXISTS (SELECT FROM payouts"
                " WHERE status NOT IN ('final', 'failed') AND NOT paused)"
            ):
                return
        raise AssertionError("payouts did not come to rest")

    async def attempts(self) -> list[tuple[str, int]]:
        """Every attempt's status and how many payouts it carries, oldest first."""
        rows = await self.ground.roles["owner"].fetch(
            "SELECT a.status, (SELECT count(*) FROM payout_attempt_items AS i"
            " WHERE i.attempt_id = a.id) AS n FROM payout_attempts AS a"
            " ORDER BY a.created_at, a.signed_at LIMIT 100"
        )
        return [(row["status"], row["n"]) for row in rows]

    async def books_agree(self) -> bool:
        """Whether the treasury's ledger accounts equal its chain accounts."""
        rows = await self.ground.roles["owner"].fetch(
            "SELECT name, balance FROM ledger_accounts WHERE name LIKE 'treasury:%' LIMIT 5"
        )
        on_chain = {
            self.chain.treasury: self.chain.lamports(self.chain.treasury),
            self.chain.treasury_usdc: self.chain.tokens(self.chain.treasury_usdc),
        }
        return {row["name"].split(":")[2]: int(row["balance"]) for row in rows} == on_chain


@asynccontextmanager
async def open_scene(databases: Databases, folder: Path) -> AsyncIterator[Scene]:
    """A scene on a fresh database."""
    async with open_ground({role: databases.url(role) for role in ROLES}, folder) as ground:
        yield Scene(ground, databases)
