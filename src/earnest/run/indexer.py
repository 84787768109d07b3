"""`earnest indexer`: follows the chains, posts them to the ledger, moves what depends on them.

Loops, each of which outlives any fault of the others: the follower writes the chain log; the
books post it, drain the reactors, end orders that lapsed and compare ledger and chain; the hints
tell people what is seen and not final, and move no money.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from earnest import payments, payouts, projects, tasks, treasury
from earnest.chains import WatchedAccount
from earnest.chains.follower import Follower
from earnest.chains.solana import SolanaRpc, associated_token_address, mints_of, parse_chain_tx
from earnest.chains.solana.adapter import SolanaChain
from earnest.chains.solana.wake import wake_on_changes
from earnest.chains.store import ChainCursor, cursor_of
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.events import Reactor, drain
from earnest.kit.money import Asset, Chain
from earnest.kit.settings import Settings
from earnest.run.loops import forever
from earnest.run.metrics import SOLVENT, serve_metrics
from earnest.run.migrate import wait_for_version
from earnest.run.stacks import follow_stacks

log = structlog.get_logger(__name__)

_CHAIN = Chain.SOLANA
_BOOKS_IDLE_S = 0.1
_SOLVENCY_EVERY_S = 2.0
_HINTS_KNOWN_MAX = 1_000


async def run_indexer(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until `stop` is set."""
    settings.need("database_url", "solana_rpc_urls", "solana_treasury")
    database = await _patient_database(settings, stop)
    if database is None:
        return
    try:
        async with SolanaRpc(settings.rpc_urls) as rpc, serve_metrics(settings, "indexer"):
            port = SolanaChain(rpc)
            books = Books(database, port)
            hints = Hints(database, port, settings.solana_treasury)

            async def streams() -> Sequence[treasury.Stream]:
                await treasury.open_accounts(
                    database, port, settings.solana_treasury, watched_accounts(settings)
                )
                async with database.connection() as db:
                    return await treasury.streams_of(db, _CHAIN)

            async def addresses() -> list[str]:
                return [stream.address for stream in await streams()]

            follower = Follower(database, port, streams)
            wake = asyncio.Event()
            hearing = (
                [wake_on_changes(settings.solana_ws_url, addresses, wake, stop)]
                if settings.solana_ws_url
                else []
            )
            await asyncio.gather(
                *hearing,
                *follow_stacks(settings, database, stop),
                follower.run(stop, poll_s=settings.solana_poll_s, wake=wake),
                forever("books", books.round, _BOOKS_IDLE_S, stop),
                forever("solvency", books.ask_chain, _SOLVENCY_EVERY_S, stop),
                forever("hints", hints.round, settings.solana_poll_s, stop),
            )
    finally:
        await database.close()


async def _patient_database(settings: Settings, stop: asyncio.Event) -> Database | None:
    while not stop.is_set():
        try:
            database = await Database.connect(
                settings.database_url, application="earnest indexer", size_max=6
            )
            await wait_for_version(database)
        except DatabaseUnavailable:
            log.warning("indexer_waits_for_database")
            await asyncio.sleep(1)
        else:
            return database
    return None


def watched_accounts(settings: Settings) -> list[WatchedAccount]:
    """The treasury's wallet, and its account for each token that is configured."""
    owner = settings.solana_treasury
    accounts = [WatchedAccount(owner, Asset.SOL)]
    for asset, mint in mints_of(settings).items():
        accounts.append(WatchedAccount(associated_token_address(owner, mint), asset, mint.address))
    return accounts


class Books:
    """Posts the chain log, lets the domains react, and proves that all of it agrees."""

    def __init__(self, database: Database, port: SolanaChain) -> None:
        self._database = database
        self._port = port
        self._reactors: list[Reactor] = [
            payments.reactor(),
            payouts.make_reactor(),
            tasks.reactor(),
            # After the one that says whose escrow it is.
            projects.reactor(),
            projects.disputes_reactor(),
        ]
        self._asked: treasury.ChainBalances | None = None

    async def round(self) -> None:
        """One pass. The cursor is read first: all that it covers is posted when the pass ends."""
        async with self._database.connection() as db:
            cursor = await cursor_of(db, _CHAIN)
        await treasury.post_chain_log(self._database, _CHAIN)
        await drain(self._database, self._reactors)
        if cursor.followed_time is not None and cursor.followed_slot is not None:
            if await payments.lapse_orders(self._database, _CHAIN, cursor.followed_time):
                await drain(self._database, self._reactors)
            async with self._database.connection() as db:
                await payments.forget_vanished(db, _CHAIN, cursor.followed_slot)
        await self._conclude(cursor)

    async def ask_chain(self) -> None:
        """Asks for the balances of the next comparison, once the one before is concluded."""
        if self._asked is None:
            self._asked = await treasury.ask_chain(self._database, self._port)

    async def _conclude(self, cursor: ChainCursor) -> None:
        asked = self._asked
        if asked is None or cursor.followed_slot is None or cursor.followed_slot < asked.slot:
            return
        if cursor.halted_reason is not None:
            # What the node says now may be of another network, and would prove nothing.
            return
        async with self._database.db_tx() as db_tx:
            check = await treasury.compare(db_tx, _CHAIN, asked)
            await treasury.keep_check(db_tx, check)
        self._asked = None
        SOLVENT.set(1 if check.solvent else 0)
        if not check.solvent:
            log.critical("not_solvent", slot=check.slot, check=check)


class Hints:
    """Tells orders that a payment is on its way. The chain may still drop it."""

    def __init__(self, database: Database, port: SolanaChain, owner: str) -> None:
        self._database = database
        self._port = port
        self._owner = owner
        self._known: deque[str] = deque(maxlen=_HINTS_KNOWN_MAX)

    async def round(self) -> None:
        """Looks once at the newest chain_txs of every followed account."""
        async with self._database.connection() as db:
            streams = await treasury.streams_of(db, _CHAIN)
        watched = {stream.address: stream.account for stream in streams}
        for address in watched:
            for seen in await self._port.seen(address):
                if seen.is_final or seen.err is not None or seen.tx_id in self._known:
                    continue
                raw = await self._port.rpc.get_chain_tx(seen.tx_id, commitment="confirmed")
                if raw is None:
                    continue
                fact = parse_chain_tx(raw, watched)
                references = [key for each in fact.transfers for key in each.references]
                if references:
                    async with self._database.connection() as db:
                        await payments.note_seen(db, _CHAIN, references, seen.tx_id, seen.slot)
                self._known.append(seen.tx_id)
