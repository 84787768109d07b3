"""docs/benchmarks.md from the figures of one run: ratios first, losses as they were found."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.indexing import Indexing
from benchmarks.machine import Machine
from benchmarks.memory import Memory
from benchmarks.pages import PageLoad, Pages, Spread
from benchmarks.payouts import Sent
from benchmarks.postings import TPCB, TPCB_HOT, Rate
from benchmarks.queue_depth import Latency
from benchmarks.servers import EARNEST, PRISMA_ORM, PRISMA_RAW, SERVERS
from benchmarks.votes import CONNECTIONS, Round, median_leg


class Results(msgspec.Struct, kw_only=True):
    """All figures of a run. A part that was not measured is empty."""

    machine: Machine
    votes: list[Round] = []
    ledger: list[Rate] = []
    queue: list[Latency] = []
    payouts: list[Sent] = []
    indexing: Indexing | None = None
    memory: Memory | None = None
    pages: Pages | None = None


def write_report(results: Results, path: Path) -> None:
    """Writes the page. A part that was not measured stays as an earlier run wrote it."""
    before = _sections(path.read_text("utf-8")) if path.exists() else {}
    measured = {
        "Next task and vote": results.votes and _votes(results.votes),
        "Ledger postings beside pgbench": results.ledger and _ledger(results.ledger),
        "The next task, by the length of the queue": results.queue and _queue(results.queue),
        "Payouts": results.payouts and _payouts(results.payouts),
        "The escrow's events": results.indexing and _indexing(results.indexing),
        "Memory, and seconds to ready": results.memory and _memory(results.memory),
        "The pages on a phone": results.pages and _pages(results.pages),
    }
    head = _HEAD.format(
        machine=results.machine.line(),
        load=results.machine.load_1m,
        measured=_named([title for title, text in measured.items() if text]),
    )
    parts = [text or before.get(title, "") for title, text in measured.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *(part for part in parts if part)]), encoding="utf-8")


def _named(titles: Sequence[str]) -> str:
    quoted = [f"“{title}”" for title in titles]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]])) or "nothing"


def _sections(page: str) -> dict[str, str]:
    """The parts of a page as they stand in it, by title."""
    parts = page.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part}" for part in parts}


_HEAD = """# Benchmarks

Written by `make bench`, which you can run yourself; nothing here is carried over by hand.

{machine}

The last run measured {measured}; any other part stands as the run before
left it. The machine's load was {load:.1f} when it began. Read the ratios: those of a part come from
one run, in which everybody took turns. Absolute figures belong to this machine, on which the
database, the server and the load share the same cores.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _votes(rounds: list[Round]) -> str:
    text = f"""## Next task and vote

{CONNECTIONS} connections, each a worker of its own who waits for an answer before it goes on. All
servers are one process with 16 connections to a durable PostgreSQL, verify the token and the
session, and do the same work: a seat that lives is given again; a vote is a seat, two counts, a
double entry with its chain of hashes and the next seat, in one transaction. After every turn seats,
counts and transfers are compared and the ledger is replayed. Earnest also counts its requests for
Prometheus; the peers count nothing. It answers these two routes before Litestar, on uvicorn and
asyncpg. Before anything is measured, every server plays the same twenty cases, refusals included,
and must give the same answers and leave the same books. Each turn has a fresh copy of the same
rows, and each round another order; medians of
{len({id(r) for r in rounds}) // len({r.server for r in rounds})} turns.

"""
    for leg, title in (("reads", "GET next"), ("votes", "POST vote")):
        base = {s.key: median_leg(rounds, s.key, leg) for s in SERVERS if _has(rounds, s.key)}
        head = [title, "requests/s", "per server-CPU-second", "times Prisma, models",
                "times Prisma, raw SQL", "p50 ms", "p99 ms", "server CPU", "Postgres CPU",
                "load CPU", "memory at rest → after"]  # fmt: skip
        rows = []
        for server in SERVERS:
            if server.key not in base:
                continue
            found = base[server.key]
            orm, raw = base.get(PRISMA_ORM.key), base.get(PRISMA_RAW.key)
            rows.append(
                [
                    f"**{server.title}**" if server is EARNEST else server.title,
                    f"{found.rate:,.0f}",
                    f"{found.per_cpu_s:,.0f}",
                    f"{found.rate / orm.rate:.1f} ({found.per_cpu_s / orm.per_cpu_s:.1f})"
                    if orm
                    else "",
                    f"{found.rate / raw.rate:.1f} ({found.per_cpu_s / raw.per_cpu_s:.1f})"
                    if raw
                    else "",
                    f"{found.p50_ms:.1f}",
                    f"{found.p99_ms:.1f}",
                    *(
                        f"{1e6 * cpu_s / found.requests:.0f} µs"
                        for cpu_s in (found.server_cpu_s, found.postgres_cpu_s, found.load_cpu_s)
                    ),
                    f"{found.memory_before_mb:.0f} → {found.memory_after_mb:.0f} MB",
                ]
            )
        text += _table(head, rows) + "\n"
    return (
        text
        + """Ratios are of requests per second and, in brackets, per server-CPU-second. The three
CPU columns are per request. The load is our own (`benchmarks/load.py`): a vote is made from the
answer before it, and the last CPU column shows that the load is not what limits.

"""
    )


def _has(rounds: list[Round], key: str) -> bool:
    return any(r.server == key for r in rounds)


def _ledger(rates: list[Rate]) -> str:
    sizes = sorted({rate.existing for rate in rates})
    kinds = list(dict.fromkeys(rate.what for rate in rates))
    rows = []
    for kind in kinds:
        cells = []
        for size in sizes:
            found = next(r for r in rates if r.what == kind and r.existing == size)
            cells.append(f"{found.times_tpcb:.2f} ({found.postings_s:,.0f}/s)")
        rows.append([kind if kind not in (TPCB, TPCB_HOT) else f"{kind} (transactions)", *cells])
    head = ["postings", *(f"{size:,} transfers before" for size in sizes)]
    return (
        f"""## Ledger postings beside pgbench

pgbench drives both, with {CONNECTIONS} clients, prepared statements and the same durable server. A
posting changes two balances, appends to two chains of hashes and writes one row; a transaction of
pgbench changes three balances, reads one and writes one row. 1 is pgbench's tpcb-like with a branch
for every client.

"""
        + _table(head, rows)
        + "\n"
    )


def _queue(latencies: list[Latency]) -> str:
    rows = [
        [found.what, f"{found.open_tasks:,}", f"{found.answers:,}", f"{found.times_first:.2f}",
         f"{found.p50_ms:.2f} ms"]
        for found in sorted(latencies, key=lambda f: (f.what, f.open_tasks, f.answers))
    ]  # fmt: skip
    return (
        """## The next task, by the length of the queue

Medians, one request at a time, the sizes in turn. 1 is the shortest queue, or the worker who has
answered nothing.

"""
        + _table(["", "open tasks", "answers given", "times", "median"], rows)
        + "\n"
    )


def _payouts(sent: list[Sent]) -> str:
    rows = [
        [s.how, f"{s.fee_lamports:,.0f} lamports", f"{s.payouts_s:.0f}", f"{s.payouts}",
         f"{s.chain_txs}"]
        for s in sent
    ]  # fmt: skip
    return (
        """## Payouts

Asked for, signed by the signer, landed on the Solana runtime (LiteSVM, without its slot times),
followed by the indexer and posted.

"""
        + _table(["", "chain fee per payout", "payouts/s", "payouts", "chain transactions"], rows)
        + "\n"
    )


def _indexing(found: Indexing) -> str:
    fill, rebuild = found.backfill, found.rebuild
    per_second = [
        [
            name,
            f"{pace.per_s:,.0f}",
            f"{fill.copied.per_s / pace.per_s:.1f}",
            f"{pace.cpu_us:.0f} µs",
        ]
        for name, pace in (
            ("read, logged and folded", fill.whole),
            ("read and logged alone", fill.logged),
            ("folded alone", fill.folded),
            ("COPY of the same rows", fill.copied),
        )
    ]
    least = found.costs[0]
    by_size = [
        [
            f"{c.existing:,} events before",
            f"{c.event_us / least.event_us:.2f}",
            f"{c.event_us:.0f} µs",
            f"{c.cpu_us / least.cpu_us:.2f}",
            f"{c.cpu_us:.0f} µs",
        ]
        for c in found.costs
    ]
    return (
        f"""## The escrow's events

Prints shaped as the contract's, of one to four milestones from creation to their end, drawn by a
script and repeated with other numbers. A server in memory tells them in pages shaped as recorded
ones; its own time is left out, and so is any network. The pages are read and checked, decoded,
logged, folded into both views and announced, by one process as the indexer is. COPY writes the same
rows of log, events and announcements into tables of the same shape with the same indexes, in turns
of {fill.events:,} events; medians. CPU is the process's and PostgreSQL's together. The load was
{found.load_1m:.1f} when this part began and {found.load_1m_after:.1f} when it ended.

"""
        + _table(["", "events/s", "times longer than COPY", "CPU per event"], per_second)
        + f"""
`earnest rebuild` of {rebuild.events:,} events took {rebuild.seconds:.0f} s
({rebuild.events / rebuild.seconds:,.0f} events/s), both hashes included; the process held
{rebuild.memory_before_mb:.0f} MB before it and {rebuild.memory_highest_mb:.0f} MB at most. A look
that finds nothing new takes {found.poll_us / 1_000:.2f} ms; from a new block with one event to its
rows {found.row_us / 1_000:.2f} ms pass once somebody looks.

"""
        + _table(
            ["one more event, logged and folded", "times", "clock", "times", "CPU"],
            by_size,
        )
        + "\n"
    )


def _memory(memory: Memory) -> str:
    rows = [
        [f.process, f"{f.rest_mb:.0f} MB", "" if f.work_mb is None else f"{f.work_mb:.0f} MB"]
        for f in memory.footprints
    ]
    return (
        f"""## Memory, and seconds to ready

`earnest up` answers in all its processes {memory.first_ready_s:.1f} s after its very first start in
an empty folder, {memory.ready_s:.1f} s after any other. The whole demo took {memory.demo_s:.0f} s.
Memory is what a process and its children hold for themselves; at work is the highest during the
demo.

"""
        + _table(["process", "at rest", "at work"], rows)
        + "\n"
    )


def _pages(found: Pages) -> str:
    rows = [_page(load, found.limit) for load in (*found.pages, found.limit)]
    text = f"""## The pages on a phone

Chromium as Lighthouse's mobile profile has it, applied by the browser itself: 150 ms to the first
byte of every answer, 1.6 Mbit/s, a processor four times slower; each time a browser that has seen
nothing yet, {found.runs} times, in turns. Usable is when the button of signing in is there and
hears a press. The last row is a page of the same bytes in as many files that does nothing but show
one button: the least that this line allows. The demo
wallet, which no real chain has, is left out. Medians, and in brackets the lowest and the highest.
The load was {found.load_1m:.1f} when this part began and {found.load_1m_after:.1f} when it ended;
the processor's slowness multiplies whatever else the machine does.

"""
    head = ["", "usable, ms", "times the least", "first paint, ms", "largest paint, ms",
            "blocked, ms", "shift", "requests", "KB in all", "KB of script",
            "KB of script, gzip"]  # fmt: skip
    text += _table(head, rows) + "\n"
    if found.lighthouse:
        scores = ", ".join(f"`{each.path}` {each.score}" for each in found.lighthouse)
        text += f"Lighthouse {found.lighthouse[0].version}, performance of 100: {scores}.\n\n"
    return text


def _page(load: PageLoad, limit: PageLoad) -> list[str]:
    def written(spread: Spread) -> str:
        return f"{spread.mid:,.0f} ({spread.low:,.0f} to {spread.high:,.0f})"

    return [
        f"`{load.path}`" if load is not limit else load.path,
        written(load.usable),
        f"{load.usable.mid / limit.usable.mid:.2f}",
        written(load.first_paint),
        written(load.largest_paint),
        written(load.blocking),
        f"{load.shift:.3f}",
        str(load.requests),
        f"{load.bytes / 1024:.0f}",
        f"{load.script_bytes / 1024:.0f}",
        "" if load.script_bytes_gzip is None else f"{load.script_bytes_gzip / 1024:.0f}",
    ]
