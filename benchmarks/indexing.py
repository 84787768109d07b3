"""The escrow's indexer: prints into the log and folded, beside COPY of the same rows.

The prints are shaped as the contract's own, drawn by a script and told again and again with other
numbers. A server in memory tells them as a Stacks API server does; the follower reads and checks
its pages and logs them, while the projector folds them, all in one process, as in the indexer. COPY
writes the same rows into tables of the same shape with the same indexes, in turns with it: what
this PostgreSQL can do at best. Beside the time by the clock stands the CPU time, ours and
PostgreSQL's together, which other work on the machine changes little.
"""

import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Self

import msgspec

from benchmarks.database import Cluster, Copy, connect
from benchmarks.machine import cpu_seconds, memory_mb
from benchmarks.recorded_node import RecordedNode
from earnest import escrow
from earnest.chains.stacks import StacksApi
from earnest.chains.stacks.follower import StacksFollower
from earnest.escrow import EscrowNumbering, Projector
from earnest.kit.db import Database
from tests.escrow_contract import CONTRACT, Script, print_of
from tests.escrow_log import StacksLog, entry

PAGE = 1_000
TEMPLATE = 2_000
ROUND = 20_000
_POLLS = 200
_BLOCKS = 50
_LIVE = "SELECT event_count FROM escrow_config WHERE view = 'live'"
_TABLES = {"chain_log": "seq", "escrow_events": "log_seq", "events": "id"}
_FIELDS = {name: re.compile(name.encode().hex() + "01" + "([0-9a-f]{32})") for name in
           ("seq", "project-id")}  # fmt: skip


class Pace(msgspec.Struct, frozen=True):
    """Medians of rounds: events per second of the clock, and CPU microseconds per event."""

    per_s: float
    cpu_us: float


class Backfill(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, its two parts alone, and COPY of the same rows. `events` are those of a round."""

    events: int
    whole: Pace
    logged: Pace
    folded: Pace
    copied: Pace


class Rebuild(msgspec.Struct, frozen=True, kw_only=True):
    """A rebuild of the projections, and the process's memory around it, in MiB."""

    events: int
    seconds: float
    memory_before_mb: float
    memory_highest_mb: float


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What an event costs, logged and folded, on top of so many: microseconds of the clock and of
    CPU, medians of rounds."""

    existing: int
    event_us: float
    cpu_us: float


class Indexing(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of the indexer. `poll_us` is a look that finds nothing new, by follower and
    projector; `row_us` the time from a new block with one print to its rows in the live view."""

    load_1m: float
    load_1m_after: float
    backfill: Backfill
    rebuild: Rebuild
    poll_us: float
    row_us: float
    costs: list[Cost]


class _Prints:
    """Prints without end: a drawn history of many projects, then the same again with the next
    numbers. What comes after `seq` events and `numbers` projects that are there already."""

    def __init__(self, seq: int = 0, numbers: int = 0) -> None:
        script = Script(Random(1), people=2_000, administers=False)
        self._deploy = print_of(script.deploy())
        script.seq = 0
        self._template = [
            (
                raw,
                {name: found.span(1) for name, at in _FIELDS.items() if (found := at.search(raw))},
            )
            for raw in (print_of(script.step()) for _ in range(TEMPLATE))
        ]
        self._of_template = script.count
        self._seq, self._numbers = seq, numbers
        self._stream = self._again()

    def take(self, count: int) -> list[str]:
        """The next ones."""
        return [next(self._stream) for _ in range(count)]

    def _again(self) -> Iterator[str]:
        if self._seq == 0:
            self._seq = 1
            yield self._deploy
        while True:
            for raw, places in self._template:
                for name, by in (("seq", self._seq), ("project-id", self._numbers)):
                    first, last = places[name]
                    raw = f"{raw[:first]}{int(raw[first:last], 16) + by:032x}{raw[last:]}"
                yield raw
            self._seq += TEMPLATE
            self._numbers += self._of_template


class _Took(msgspec.Struct, frozen=True):
    """Seconds by the clock, and of CPU: ours and the database's."""

    clock_s: float
    cpu_s: float


class _Indexer:
    """A log and a projector over one database, without a follower."""

    def __init__(self, database: Database, log: StacksLog, prints: _Prints) -> None:
        self.database = database
        self.log = log
        self.prints = prints
        self.projector = Projector(database, CONTRACT)

    @classmethod
    async def open(cls, cluster: Cluster, copy: Copy, prints: _Prints, tip: int) -> Self:
        url = cluster.role_url(copy.name, "indexer")
        database = await Database.connect(url, application="benchmark indexer")
        log = await StacksLog.begin(database)
        log.tip = tip
        return cls(database, log, prints)

    async def write(self, pages: Sequence[Sequence[str]]) -> None:
        """Appends pages of prints to the log, all final, as a backfill finds them."""
        for page in pages:
            first = self.log.tip + 1
            events = [entry(height, raw) for height, raw in enumerate(page, first)]
            await self.log.append(events, final=first + len(page) - 1)

    async def fold(self, count: int) -> None:
        """Folds until so many more rows are folded."""
        while count > 0:
            passed = await self.projector.catch_up()
            count -= passed
            if not passed:
                await asyncio.sleep(0.001)

    async def check(self) -> None:
        """Raises unless every row was an event that followed from the one before it."""
        async with self.database.connection() as db:
            cursor = await escrow.cursor_of(db, CONTRACT)
        if cursor.unreadable or cursor.missing_live or cursor.missing_final:
            raise RuntimeError(f"not all was folded: {cursor}")

    async def both(self, pages: Sequence[Sequence[str]]) -> None:
        """Writes and folds, at once."""
        await asyncio.gather(self.write(pages), self.fold(sum(len(page) for page in pages)))

    def pages(self, count: int) -> list[list[str]]:
        """Prints to be written."""
        return [self.prints.take(min(PAGE, count - at)) for at in range(0, count, PAGE)]


class _Following(_Indexer):
    """With a follower, which reads what a server tells."""

    node: RecordedNode
    follower: StacksFollower

    @classmethod
    async def begin(cls, cluster: Cluster, copy: Copy) -> "_Following":
        indexer = await cls.open(cluster, copy, _Prints(), 0)
        indexer.node = RecordedNode(CONTRACT)
        api = StacksApi(indexer.node.url, transports=[indexer.node])
        numbering = EscrowNumbering(CONTRACT)
        indexer.follower = StacksFollower(indexer.database, api, CONTRACT, numbering=numbering)
        await indexer.log.release()
        if not await indexer.follower.take_fence():
            raise RuntimeError("another one writes the log")
        return indexer

    async def write(self, pages: Sequence[Sequence[str]]) -> None:
        self.node.add([each for page in pages for each in page])
        while not (await self.follower.follow_once()).is_whole:
            pass


async def measure_indexing(
    cluster: Cluster, *, rounds: int, rebuild: int, sizes: Sequence[int]
) -> Indexing:
    """Backfill beside COPY, a rebuild of `rebuild` events, an idle poll, the cost at sizes."""
    load_1m = os.getloadavg()[0]
    copy = await cluster.make("indexing")
    indexer = await _Following.begin(cluster, copy)
    admin = await connect(copy.superuser)
    try:
        await indexer.both(indexer.pages(ROUND))  # what is cold at first is not measured
        backfill = await _backfill(indexer, admin, rounds)
        whole, copied = backfill.whole, backfill.copied
        print(f"  backfill {whole.per_s:,.0f} events/s, COPY {copied.per_s:,.0f}", flush=True)
        print(f"  CPU per event {whole.cpu_us:.0f} µs, COPY {copied.cpu_us:.0f} µs", flush=True)
        while await _logged(admin) < rebuild:
            await indexer.both(indexer.pages(ROUND))
        await indexer.check()
        rebuilt = await _rebuild(indexer)
        print(f"  rebuild of {rebuilt.events:,} events in {rebuilt.seconds:.0f} s", flush=True)
        poll_us = await _poll(indexer)
        row_us = await _row(indexer)
        await indexer.check()
    finally:
        await admin.close()
        await indexer.database.close()
        await cluster.drop(copy)
    costs = await _costs(cluster, rounds, sizes)
    return Indexing(
        load_1m=load_1m,
        load_1m_after=os.getloadavg()[0],
        backfill=backfill,
        rebuild=rebuilt,
        poll_us=poll_us,
        row_us=row_us,
        costs=costs,
    )


async def _backfill(indexer: _Following, admin: Any, rounds: int) -> Backfill:
    for table in _TABLES:
        await admin.execute(f"CREATE TABLE {table}_copied (LIKE {table} INCLUDING ALL)")
    took: dict[str, list[_Took]] = {"whole": [], "logged": [], "folded": [], "copied": []}
    for _ in range(rounds):
        before = {t: await _last(admin, t, key) for t, key in _TABLES.items()}
        pages = indexer.pages(ROUND)
        took["whole"].append(await _timed(indexer.both(pages), indexer.node))
        took["copied"].append(await _copy(admin, before))
        pages = indexer.pages(ROUND)
        took["logged"].append(await _timed(indexer.write(pages), indexer.node))
        took["folded"].append(await _timed(indexer.fold(ROUND)))
    return Backfill(events=ROUND, **{name: _pace(each) for name, each in took.items()})


def _pace(rounds: Sequence[_Took]) -> Pace:
    clock_s = statistics.median(each.clock_s for each in rounds)
    return Pace(ROUND / clock_s, 1e6 * statistics.median(each.cpu_s for each in rounds) / ROUND)


async def _timed(work: Any, node: RecordedNode | None = None) -> _Took:
    """What work took, without what the server in memory took to make its answers."""
    answering_s = node.answering_s if node else 0.0
    cpu_s, began_s = cpu_seconds(os.getpid()), time.perf_counter()
    await work
    took_s, cpu_s = time.perf_counter() - began_s, cpu_seconds(os.getpid()) - cpu_s
    answering_s = node.answering_s - answering_s if node else 0.0
    return _Took(took_s - answering_s, cpu_s - answering_s)


async def _last(admin: Any, table: str, key: str) -> int:
    return int(await admin.fetchval(f"SELECT coalesce(max({key}), 0) FROM {table}"))


async def _logged(admin: Any) -> int:
    return await _last(admin, "chain_log", "seq")


async def _copy(admin: Any, after: dict[str, int]) -> _Took:
    """What it takes to COPY the rows of the last round into tables of the same shape."""
    clock_s = cpu_s = 0.0
    for table, key in _TABLES.items():
        with tempfile.TemporaryFile() as kept:
            await admin.copy_from_query(
                f"SELECT * FROM {table} WHERE {key} > {after[table]}", output=kept, format="binary"
            )
            kept.seek(0)
            took = await _timed(
                admin.copy_to_table(
                    f"{table}_copied", source=kept, format="binary", schema_name="earnest"
                )
            )
            clock_s, cpu_s = clock_s + took.clock_s, cpu_s + took.cpu_s
    return _Took(clock_s, cpu_s)


async def _rebuild(indexer: _Indexer) -> Rebuild:
    before_mb = memory_mb(os.getpid())
    highest_mb = before_mb

    async def watch() -> None:
        nonlocal highest_mb
        while True:
            highest_mb = max(highest_mb, memory_mb(os.getpid()))
            await asyncio.sleep(0.5)

    watching = asyncio.create_task(watch())
    try:
        rebuilt = await escrow.rebuild(indexer.database, CONTRACT)
    finally:
        watching.cancel()
    if not rebuilt.agree:
        raise RuntimeError("the rebuilt projections are not those that stood")
    return Rebuild(
        events=rebuilt.events,
        seconds=rebuilt.seconds,
        memory_before_mb=before_mb,
        memory_highest_mb=highest_mb,
    )


async def _poll(indexer: _Following) -> float:
    async def look() -> None:
        await indexer.follower.follow_once()
        await indexer.projector.run_once()

    return 1e6 * statistics.median([(await _timed(look())).clock_s for _ in range(_POLLS)])


async def _row(indexer: _Following) -> float:
    """From the block that a server has to the event's rows, committed."""

    async def learn() -> None:
        before = await indexer.database.fetchval(_LIVE)
        indexer.node.add(indexer.prints.take(1), final=False)
        await indexer.follower.follow_once()
        while await indexer.database.fetchval(_LIVE) == before:
            await indexer.projector.run_once()

    return 1e6 * statistics.median([(await _timed(learn())).clock_s for _ in range(_BLOCKS)])


# -- the cost of one more event, by how many there are ---------------------------------------------


async def _costs(cluster: Cluster, rounds: int, sizes: Sequence[int]) -> list[Cost]:
    indexers = {}
    copies = []
    for size in sizes:
        copy = await cluster.make(f"indexing_{size}")
        copies.append(copy)
        await _seed(copy, size)
        prints = _Prints(size, size // 8)
        indexers[size] = await _Indexer.open(cluster, copy, prints, size)
        await indexers[size].both(indexers[size].pages(ROUND // 4))
    took: dict[int, list[_Took]] = {size: [] for size in sizes}
    for at in range(rounds):
        for size in sizes if at % 2 else sizes[::-1]:
            pages = indexers[size].pages(ROUND)
            took[size].append(await _timed(indexers[size].both(pages)))
    for indexer in indexers.values():
        await indexer.check()
        await indexer.database.close()
    for copy in copies:
        await cluster.drop(copy)
    paces = {size: _pace(took[size]) for size in sizes}
    return [
        Cost(existing=size, event_us=1e6 / paces[size].per_s, cpu_us=paces[size].cpu_us)
        for size in sizes
    ]


async def _seed(copy: Copy, size: int) -> None:
    """A log of `size` events, folded: rows as the projector leaves them, written by SQL."""
    script = Script(Random(2), administers=False)
    script.deploy()
    released = print_of(script.create())
    admin = await connect(copy.superuser)
    try:
        await admin.execute("SET session_replication_role = replica")
        for first in range(1, size + 1, 250_000):
            last = min(size, first + 249_999)
            for statement in _SEEDS:
                await admin.execute(
                    statement.format(
                        first=first, last=last, contract=CONTRACT, raw=released, size=size
                    )
                )
        for statement in _SEEDS_ONCE:
            await admin.execute(statement.format(contract=CONTRACT, size=size))
        await admin.execute("RESET session_replication_role")
        await admin.execute("VACUUM (ANALYZE)")
        await admin.execute("CHECKPOINT")
    finally:
        await admin.close()


_BLOCK = "'0x61' || lpad(to_hex(n), 62, '0'), '0x' || lpad(to_hex(n), 64, '0')"
_SEEDS = (
    f"""INSERT INTO chain_log (chain, seq, kind, block_id, tx_id, event_index, slot, nth, data)
  SELECT 'stacks', n, 'final', {_BLOCK}, 1, n, 0, jsonb_build_object('contract', '{{contract}}',
         'hex', '{{raw}}', 'burnHeight', n + 900, 'blockTime', 1760000000 + n, 'txIndex', 0)
    FROM generate_series({{first}}::bigint, {{last}}) AS n""",
    f"""INSERT INTO escrow_events (contract, log_seq, block_id, tx_id, event_index, nth, state,
    height, burn_height, block_time, tx_index, seq, name, number, milestone_num, actor,
    creation_tx_id, data)
  SELECT '{{contract}}', n, {_BLOCK}, 1, 0, 'final', n, n + 900, to_timestamp(1760000000 + n), 0, n,
         (ARRAY['project-created', 'milestone-completed', 'milestone-released'])[1 + n % 3],
         1 + n / 8, 1, 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
         '0x' || lpad(to_hex(n / 8), 64, '0'), jsonb_build_object('event', 'milestone-released',
         'seq', n, 'projectId', n / 8, 'filling', repeat('x', 400))
    FROM generate_series({{first}}::bigint, {{last}}) AS n""",
    """INSERT INTO events (type, subject, data)
  SELECT 'escrow_event_final', 'escrow:{contract}:' || n / 8, jsonb_build_object('number', n / 8,
         'filling', repeat('x', 800)) FROM generate_series({first}::bigint, {last}) AS n""",
    """INSERT INTO escrow_projects SELECT '{contract}', view, n, '0x' || lpad(to_hex(n), 64, '0'),
         '0x', n, n, 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG' || n % 2000,
         'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG' || n % 1999, NULL, 10000, NULL, 5000, 0, 1,
         500, 2016, 4320, 1008, 2, true, false, 'completed', 10000, 0, 0, n
    FROM generate_series({first}::bigint / 8 + 1, {last} / 8) AS n,
         unnest('{{live,final}}'::text[]) AS view""",
    """INSERT INTO escrow_milestones SELECT '{contract}', view, n, num, 5000, n, 'approved',
         'released', n, 10000, 5000, 0, 5000, 0, '0x' || lpad(to_hex(n), 64, '0'),
         '0x' || lpad(to_hex(n), 64, '0'), n
    FROM generate_series({first}::bigint / 8 + 1, {last} / 8) AS n, generate_series(1, 2) AS num,
         unnest('{{live,final}}'::text[]) AS view""",
)
_SEEDS_ONCE = (
    """INSERT INTO escrow_config SELECT '{contract}', view, 'o', NULL, 't', false, 0, NULL, NULL, 1,
         1, NULL, NULL, {size} / 8, {size} FROM unnest('{{live,final}}'::text[]) AS view""",
    "INSERT INTO escrow_cursors (contract, log_seq) VALUES ('{contract}', {size})",
    "INSERT INTO chain_cursors (chain, last_seq) VALUES ('stacks', {size})",
    """INSERT INTO stacks_sync (contract, tip_height, indexed_height, final_height, final_block_id)
       VALUES ('{contract}', {size}, {size}, {size}, '0x')""",
)
