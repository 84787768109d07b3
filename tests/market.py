"""A small market for tests: accounts, pictures that are ready, orders, and facts of a chain.

Facts are put into the chain log as the follower would, so that everything behind it, from the
posting on, is the real thing. That the follower writes such facts, the tests of `chains` show.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import base58
import msgspec

from earnest import payments, tasks, treasury
from earnest.chains import ChainTx, FactKind, Transfer
from earnest.chains.ports import Head, StreamPosition
from earnest.chains.store import append_facts, cursor_of, take_fence
from earnest.kit.db import Database
from earnest.kit.events import drain
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain, Money
from earnest.kit.settings import Settings
from earnest.tasks.service import NewTask, Task, post_task
from tests.conftest import Databases

TREASURY = base58.b58encode(hashlib.sha256(b"treasury").digest()).decode()
USDC_MINT = base58.b58encode(hashlib.sha256(b"usdc mint").digest()).decode()
USDC_ACCOUNT = base58.b58encode(hashlib.sha256(b"usdc account").digest()).decode()
MEDIA = "http://test/media"
PRICE = 2_000_000
FEE = 5_000


def address() -> str:
    """A wallet that nobody has seen before."""
    return base58.b58encode(secrets.token_bytes(32)).decode()


class Market:
    """Acts in a migrated database as the processes do, each with its own role."""

    def __init__(self, databases: Databases, **overrides: Any) -> None:
        self.databases = databases
        self.settings = msgspec.structs.replace(
            Settings(solana_treasury=TREASURY, solana_usdc_mint=USDC_MINT), **overrides
        )
        self.now = datetime.now(UTC)
        self.slot = 100
        self.balances = {TREASURY: 0, USDC_ACCOUNT: 0}
        self.nonce = new_id()

    async def role(self, name: str) -> Database:
        """The pool of one role, large enough for races."""
        return await self.databases.role(name, size_max=20)

    async def open(self, float_minor: int = 10_000_000) -> None:
        """Opens the treasury's two accounts with the operator's float in SOL."""
        indexer = await self.role("indexer")
        self.balances[TREASURY] = float_minor
        for where, asset, mint, minor in (
            (TREASURY, "SOL", None, float_minor),
            (USDC_ACCOUNT, "USDC", USDC_MINT, 0),
        ):
            await indexer.execute(
                "SELECT treasury_open('solana', $1, $2, $3, $4, 50, $5)",
                where, TREASURY, asset, mint, minor,
            )  # fmt: skip

    async def account(self) -> UUID:
        """A new marketplace account."""
        owner = await self.role("owner")
        id = new_id()
        await owner.execute("INSERT INTO accounts VALUES ($1, clock_timestamp())", id)
        return id

    async def files(self, account: UUID, count: int) -> list[UUID]:
        """Pictures of the account's that are ready."""
        owner = await self.role("owner")
        made = []
        for _ in range(count):
            sha256 = secrets.token_bytes(32)
            await owner.execute(
                "INSERT INTO file_contents (sha256, public_id, size_bytes, content_type, width_px,"
                " height_px, variants, status, ready_at)"
                " VALUES ($1, $2, 1, 'image/webp', 1, 1, '{}', 'ready', clock_timestamp())",
                sha256,
                new_id(),
            )
            id = new_id()
            await owner.execute(
                "INSERT INTO files (id, account_id, sha256, size_bytes, content_type, purpose,"
                " upload_id, upload_expires_at, status, content_sha256, checked_at)"
                " VALUES ($1, $2, $3, 1, 'image/webp', 'task_option', $4, clock_timestamp(),"
                " 'ready', $3, clock_timestamp())",
                id,
                account,
                sha256,
                new_id(),
            )
            made.append(id)
        return made

    async def post(
        self, requester: UUID, *, votes: int = 3, price: int = PRICE, asset: Asset = Asset.SOL,
        options: int = 2,
    ) -> tuple[Task, payments.Order]:  # fmt: skip
        """A task and its order, not paid yet."""
        api = await self.role("api")
        new = NewTask("Which one?", "", await self.files(requester, options), votes,
                      Money(price, asset))  # fmt: skip
        async with api.db_tx() as db_tx:
            return await post_task(db_tx, self.settings, requester, new, self.now)

    def incoming(
        self, amount: int, references: Sequence[str], *, index: str = "0", payer: str | None = None,
        asset: Asset = Asset.SOL,
    ) -> Transfer:  # fmt: skip
        """A transfer to the treasury."""
        payer = payer or address()
        return Transfer(
            index=index,
            source=payer,
            destination=TREASURY if asset is Asset.SOL else USDC_ACCOUNT,
            authority=payer,
            amount_minor=amount,
            asset=asset,
            references=tuple(references),
        )

    def fact(
        self, *transfers: Transfer, at: datetime | None = None, err: str | None = None,
        fee_payer: str | None = None, tx_id: str | None = None, extra_delta: int = 0,
    ) -> ChainTx:  # fmt: skip
        """A final chain_tx with these transfers, in the next slot."""
        self.slot += 1
        deltas: dict[str, int] = {}
        for transfer in transfers if err is None else ():
            for where, sign in ((transfer.destination, 1), (transfer.source, -1)):
                if where in self.balances:
                    deltas[where] = deltas.get(where, 0) + sign * transfer.amount_minor
        if fee_payer == TREASURY or extra_delta:
            fee = FEE if fee_payer == TREASURY else 0
            deltas[TREASURY] = deltas.get(TREASURY, 0) - fee + extra_delta
        for where, delta in deltas.items():
            self.balances[where] += delta
        return ChainTx(
            chain=Chain.SOLANA,
            block_id=address(),
            tx_id=tx_id or base58.b58encode(secrets.token_bytes(64)).decode(),
            slot=self.slot,
            block_time=int((at or self.now).timestamp()),
            err=err,
            fee_minor=FEE,
            fee_payer=fee_payer or address(),
            deltas=deltas,
            balances={where: self.balances[where] for where in deltas},
            transfers=transfers if err is None else (),
        )

    async def log(self, *facts: ChainTx, followed_time: datetime | None = None) -> None:
        """Writes facts into the chain log, as far as the present slot."""
        indexer = await self.role("indexer")
        async with indexer.db_tx() as db_tx:
            if not await take_fence(db_tx, Chain.SOLANA, self.nonce, 60):
                raise RuntimeError("another follower holds the fence")
            positions: dict[str, StreamPosition] = {}
            for fact in facts:
                for where, balance in fact.balances.items():
                    positions[where] = StreamPosition(fact.tx_id, fact.slot, balance)
            head = Head(
                "genesis", self.slot, self.slot, int((followed_time or self.now).timestamp())
            )
            await append_facts(
                db_tx, Chain.SOLANA, self.nonce, kind=FactKind.FINAL, facts=facts, at=head,
                positions=positions,
            )  # fmt: skip

    async def settle(self) -> None:
        """One round of the indexer's books: post, react, lapse."""
        indexer = await self.role("indexer")
        reactors = [payments.reactor(), tasks.reactor()]
        async with indexer.connection() as db:
            cursor = await cursor_of(db, Chain.SOLANA)
        await treasury.post_chain_log(indexer, Chain.SOLANA)
        await drain(indexer, reactors)
        if cursor.followed_time:
            await payments.lapse_orders(indexer, Chain.SOLANA, cursor.followed_time)
            await drain(indexer, reactors)

    async def pay(self, order: payments.Order, amount: int | None = None) -> None:
        """Pays an order in time and lets everything follow."""
        paid = order.amount_minor if amount is None else amount
        await self.log(self.fact(self.incoming(paid, [order.reference], asset=order.asset)))
        await self.settle()

    async def open_task(self, requester: UUID, **options: Any) -> Task:
        """A task that is paid and open."""
        task, order = await self.post(requester, **options)
        await self.pay(order)
        return task

    async def order(self, id: UUID) -> payments.Order:
        """The order as it is now."""
        api = await self.role("api")
        async with api.connection() as db:
            return await payments.find_order(db, id)

    async def next(self, worker: UUID, ttl: timedelta = timedelta(minutes=10)) -> Any:
        """The worker's next task and seat, or None."""
        api = await self.role("api")
        found = await api.fetchval("SELECT tasks_next($1, $2, $3)", worker, ttl, MEDIA)
        return None if found is None else msgspec.json.decode(found)

    async def vote(
        self, worker: UUID, task: UUID | str, option: UUID | str,
        ttl: timedelta = timedelta(minutes=10),
    ) -> Any:  # fmt: skip
        """A vote; the answer."""
        api = await self.role("api")
        answer = await api.fetchval(
            "SELECT tasks_vote($1, $2, $3, $4, $5)",
            worker, UUID(str(task)), UUID(str(option)), ttl, MEDIA,
        )  # fmt: skip
        return msgspec.json.decode(answer)

    async def balance(self, account: UUID, asset: str = "SOL") -> int:
        """What is available to an account."""
        api = await self.role("api")
        found = await api.fetchval(
            "SELECT balance - held FROM ledger_accounts WHERE name = $1",
            f"available:{account}:{asset}",
        )
        return int(found or 0)

    async def ledger(self, name: str) -> int:
        """The balance of a ledger account by its name."""
        api = await self.role("api")
        found = await api.fetchval("SELECT balance FROM ledger_accounts WHERE name = $1", name)
        return int(found or 0)

    async def solvency(self) -> treasury.SolvencyCheck:
        """Ledger against the chain that this market made up, at the present slot."""
        indexer = await self.role("indexer")
        async with indexer.connection() as db:
            return await treasury.compare(
                db, Chain.SOLANA, treasury.ChainBalances(self.slot, dict(self.balances))
            )
