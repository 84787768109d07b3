"""One run: a history arrives, an indexer follows it and projects, and things go wrong.

At the end the faults stop, everything is let come to rest, and then log, views and announcements
must say what the winning branch says; and what is rebuilt from the log must be the same again.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import asyncpg
import msgspec
import structlog

from earnest.chains import resume_chain
from earnest.chains.errors import ChainError, ChainHalted
from earnest.chains.stacks import StacksApi, SyncStatus, sync_status
from earnest.chains.stacks.follower import StacksFollower
from earnest.escrow import EscrowNumbering, Projector, cursor_of, rebuild
from earnest.kit.db import Database
from earnest.kit.money import Chain
from tests.simulation.escrow import check
from tests.simulation.escrow.check import Untrue, must
from tests.simulation.escrow.history import Arrival, History, draw_arrival, safe_lies
from tests.simulation.escrow.mortal import Died, MortalDatabase, Nursery, Order
from tests.simulation.escrow.player import Player

SEEDS_A_HISTORY = 80
SETTLE_ROUNDS_MAX = 30
LOCK_LOOKS_MAX = 1_000
KILLS_A_RUN = 3
# Every how many seeds the indexer is a process of its own, and dies by kill -9.
KILLED_EVERY = 10
FAULTS = (
    "limited",
    "broken",
    "dropped",
    "garbled",
    "cut",
    "empty",
    "repeated",
    "lagging",
    "lying",
    "shifting",
)
_GROWING = ("chain_log", "events")
_EMPTIED = (
    *_GROWING,
    "chain_cursors",
    "chain_stream_cursors",
    "stacks_blocks",
    "stacks_provisional",
    "stacks_sync",
)


def history_of(seed: int) -> str:
    """The history that a seed plays: some eighty seeds share one."""
    return str(seed // SEEDS_A_HISTORY)


class Outcome(msgspec.Struct, frozen=True):
    """What a run came to."""

    seed: int
    rows: Mapping[str, int]
    reorgs: int
    is_deep: bool
    deaths: Mapping[str, int]
    faults: Mapping[str, int]
    refusals: Mapping[str, int]


class Ground:
    """What runs share: a database, the servers, the histories. Each run begins with nothing."""

    def __init__(
        self,
        *,
        owner: asyncpg.Connection,
        indexer: Database,
        indexer_url: str,
        player: Player,
        api: StacksApi,
        nursery: Nursery,
        folder: Path,
    ) -> None:
        self.owner, self.indexer, self.indexer_url = owner, indexer, indexer_url
        self.player, self.api, self.nursery = player, api, nursery
        self._folder = folder
        self._histories: dict[str, History] = {}

    def history(self, name: str) -> History:
        """A history by its name."""
        if name not in self._histories:
            self._histories[name] = History.load(self._folder, name)
        return self._histories[name]

    async def empty(self) -> None:
        """Nothing was ever followed. What only grows refuses that to everybody who does not
        switch off its triggers.
        """
        escrow = await self.owner.fetch(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'escrow\\_%'"
        )
        tables = [*_EMPTIED, *(row["tablename"] for row in escrow)]
        async with self.owner.transaction():
            for table in _GROWING:
                await self.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            await self.owner.execute(f"TRUNCATE {', '.join(tables)}")
            for table in _GROWING:
                await self.owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    async def let_lease_lapse(self) -> None:
        """Time passes: whoever died holding the fence holds it no more."""
        await self.owner.execute("UPDATE chain_cursors SET fence_until = clock_timestamp()")


class Run:
    """One seed."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground, self.seed = ground, seed
        self.rng = Random(f"escrow {seed}")
        self.history = ground.history(history_of(seed))
        self.arrival: Arrival = draw_arrival(self.history, self.rng, deep=self.rng.random() < 0.2)
        self.is_killed = seed % KILLED_EVERY == 0
        self.deaths: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.death_chance = self.rng.choice([0.0, 0.01, 0.03, 0.1])
        self.batch = self.rng.choice([2, 5, 20, 100, 2_000])
        self.servers = self.rng.choice([1, 1, 2])
        # A few kinds of trouble at a time: with all of them nothing would ever come through.
        some = self.rng.sample(FAULTS, self.rng.randrange(4))
        self.chances = {name: self.rng.choice([0.02, 0.1, 0.3]) for name in some}
        self._calm = False
        self._turn = 0

    async def play(self) -> Outcome:
        """Plays it. Raises `Untrue`, or whatever the code under test should not have raised."""
        await self.ground.empty()
        arrival, player = self.arrival, self.ground.player
        end = len(arrival.order) - (1 if arrival.deep else 0)
        time = min(self.rng.choice([0, 5, 8, 15, end // 2]), end)
        await player.load(self.history.name, arrival.order, time)
        self._born()
        if self.is_killed:
            await self._live_and_be_killed(time, end)
        else:
            await self._live(time, end)
        await self._come_to_rest(end)
        await self._check(end)
        if arrival.deep:
            await self._fall_below_finality(end)
        await self._check_rebuilt()
        rows = await self.ground.owner.fetch("SELECT kind, count(*) FROM chain_log GROUP BY kind")
        return Outcome(
            seed=self.seed,
            rows=dict(map(tuple, rows)),
            reorgs=arrival.reorgs(self.history),
            is_deep=arrival.deep,
            deaths=self.deaths,
            faults=self.faults,
            refusals=self.refusals,
        )

    # -- living ----------------------------------------------------------------------------------

    def _born(self) -> None:
        """An indexer begins, with nothing but what is in the database."""
        database = MortalDatabase(self.ground.indexer, self._at)
        api = self.ground.api if self.servers == 2 else self.ground.api.nodes[0]
        self.follower = StacksFollower(
            database,
            api,
            self.history.contract,
            batch_events=self.batch,
            page_limit=self.rng.choice([2, 5, 20, 100]),
            numbering=EscrowNumbering(self.history.contract),
            # One question after the other, and no clock: a seed plays the same again.
            concurrent_reads=1,
            lease_s=3_600.0,
        )
        self.projector = Projector(database, self.history.contract, batch=self.batch)

    def _at(self, point: str) -> None:
        if not self._calm and self.rng.random() < self.death_chance:
            self.deaths[point] += 1
            raise Died(point)

    async def _live(self, time: int, end: int) -> None:
        while time < end:
            ahead = min(end, time + self.rng.choice([0, 0, 2, 6]))
            await self._make_trouble(time, ahead)
            for _ in range(self.rng.randrange(1, 3)):
                try:
                    await self._work()
                except Died:
                    await self.ground.let_lease_lapse()
                    self._born()
            seen = await self.ground.player.time()
            time = min(end, max(time, seen) + self.rng.choice([1, 1, 2, 3, 6, 15]))

    async def _make_trouble(self, time: int, ahead: int) -> None:
        self._turn += 1
        behind = [self.rng.choice([0, 0, 0, 1, 5]) for _ in range(2)]
        await self.ground.player.move(time, last=ahead, behind=behind)
        lies = safe_lies(self.history, self.arrival, time)
        seed = f"{self.seed} {self._turn}"
        self.faults.update(await self.ground.player.trouble(seed, self.chances, lies))

    async def _work(self) -> None:
        drawn = self.rng.random()
        if drawn < 0.05:
            self._born()
            await self.ground.let_lease_lapse()
        if drawn < 0.7:
            with self._refusals():
                must(await self.follower.take_fence(), "the fence is not free")
                await self.follower.follow_once()
                if drawn < 0.1:
                    await self.follower.recount()
        if drawn > 0.4:
            await self.projector.run_once()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """A round may come to nothing. It may not halt: nobody took back what is final."""
        try:
            yield
        except ChainHalted:
            raise
        except ChainError as error:
            self.refusals[type(error).__name__] += 1

    async def _live_and_be_killed(self, time: int, end: int) -> None:
        """The same by a process of its own, which dies by kill -9 wherever it stands."""
        order = Order(
            database_url=self.ground.indexer_url,
            apis=self.ground.api.urls[: self.servers],
            contract=self.history.contract,
            batch=self.batch,
        )
        for life in range(KILLS_A_RUN):
            time = min(end, time + (end - time) * (life + 1) // KILLS_A_RUN)
            await self._make_trouble(time, min(end, time + 4))
            pid = await self.ground.nursery.start(order)
            try:
                await self._until_it_wrote(self.rng.randrange(0, 40))
            finally:
                await self.ground.nursery.kill(pid)
            self.deaths["kill -9"] += 1
            await self.ground.let_lease_lapse()

    async def _until_it_wrote(self, more: int) -> None:
        """Returns when the log has so many rows more, or nothing new for a while."""
        count = "SELECT coalesce(max(seq), 0) FROM chain_log"
        began = await self.ground.owner.fetchval(count)
        for _ in range(60):
            await self.ground.owner.execute("SELECT pg_sleep(0.005)")
            if await self.ground.owner.fetchval(count) - began > more:
                return

    # -- coming to rest --------------------------------------------------------------------------

    async def _come_to_rest(self, time: int) -> None:
        """No faults any more: the indexer gets to the tip by itself, and projects it."""
        self._calm = True
        await self.ground.let_lease_lapse()
        await self.ground.player.move(time)
        self.faults.update(await self.ground.player.trouble("", {}))
        self._born()
        tip = self.history.blocks[self.arrival.tips[time]].block_id
        for _ in range(SETTLE_ROUNDS_MAX):
            with self._refusals():
                must(await self.follower.take_fence(), "the fence is not free")
                done = await self.follower.follow_once()
                sync = await self._sync()
                if sync.tip_block_id == tip and done.is_whole and not done.added:
                    await self._project_all(sync.last_seq)
                    return
        raise Untrue(f"the indexer does not come to rest: {await self._sync()}")

    async def _project_all(self, last_seq: int) -> None:
        """Projects to the end of the log. The server may still hold what a dead one had locked."""
        for _ in range(LOCK_LOOKS_MAX):
            await self.projector.catch_up()
            async with self.ground.indexer.connection() as db:
                cursor = await cursor_of(db, self.history.contract)
            if cursor.log_seq == last_seq:
                return
            await self.ground.owner.execute("SELECT pg_sleep(0.01)")
        raise Untrue(f"the projector does not come to rest: {cursor.log_seq} of {last_seq}")

    async def _sync(self) -> SyncStatus:
        async with self.ground.indexer.connection() as db:
            found = await sync_status(db)
        if found is None:
            raise Untrue("nothing was followed")
        return found

    async def _check(self, time: int) -> None:
        tips = self.arrival.tips[: time + 1]
        async with self.ground.indexer.connection() as db:
            rows = await check.read_log(db)
            final = check.check_log(self.history, tips, rows)
            await check.check_views(db, self.history, tips[-1], final)
            await check.check_events(db, self.history, rows)
        announced = await self.ground.owner.fetch(
            "SELECT type, data FROM events WHERE type LIKE 'escrow\\_event\\_%' ORDER BY id"
        )
        check.check_announced(
            rows, [(each["type"], msgspec.json.decode(each["data"])) for each in announced]
        )

    async def _fall_below_finality(self, end: int) -> None:
        """A branch wins that takes back what is final: halted, told, and resumed by a person."""
        before = await self.ground.owner.fetchval("SELECT max(seq) FROM chain_log")
        await self.ground.player.move(end + 1)
        with structlog.testing.capture_logs() as said:
            halted = await self._until_halted()
        must(halted, "a reorg below finality did not halt")
        must(any(each["log_level"] == "critical" for each in said), "nobody was told", said)
        with contextlib.suppress(ChainHalted):
            await self.follower.follow_once()
            raise Untrue("it goes on although it is halted")
        after = await self.ground.owner.fetchval("SELECT max(seq) FROM chain_log")
        must(before == after, "a halt that writes", before, after)
        async with self.ground.indexer.connection() as db:
            must(await resume_chain(db, Chain.STACKS), "it was not halted")
        await self._come_to_rest(end + 1)
        await self._check(end + 1)

    async def _until_halted(self) -> bool:
        for _ in range(SETTLE_ROUNDS_MAX):
            try:
                with self._refusals():
                    await self.follower.take_fence()
                    await self.follower.follow_once()
            except ChainHalted as error:
                self.follower._note(error)
                return True
        return False

    async def _check_rebuilt(self) -> None:
        """What the log alone gives is what was there, and nothing is announced a second time."""
        count = "SELECT count(*) FROM events"
        told = await self.ground.owner.fetchval(count)
        batch = self.rng.choice([7, 50, 2_000])
        rebuilt = await rebuild(self.ground.indexer, self.history.contract, batch=batch)
        must(rebuilt.agree, "what is rebuilt differs", rebuilt)
        must(told == await self.ground.owner.fetchval(count), "a rebuild announces")
