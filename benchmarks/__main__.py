"""`python -m benchmarks`: measures all or some parts and writes docs/benchmarks.md."""

import argparse
import logging
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog
import uvloop

from benchmarks.database import Cluster
from benchmarks.indexing import measure_indexing
from benchmarks.machine import describe_machine
from benchmarks.memory import measure_memory
from benchmarks.pages import measure_pages
from benchmarks.payouts import measure_payouts
from benchmarks.postings import measure_postings
from benchmarks.queue_depth import measure_queue
from benchmarks.report import Results, write_report
from benchmarks.same_answers import check_same_answers
from benchmarks.servers import install_peers
from benchmarks.votes import measure_votes

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("votes", "ledger", "queue", "payouts", "indexing", "memory", "pages")


class Length(msgspec.Struct, frozen=True):
    """How long each part measures."""

    seconds: int
    rounds: int
    queue: tuple[int, ...]
    ledger: tuple[int, ...]
    rebuild: int
    logged: tuple[int, ...]
    openings: int


QUICK = Length(2, 1, (1_000, 20_000), (0, 100_000), 60_000, (10_000, 200_000), 2)
USUAL = Length(
    6,
    3,
    (1_000, 100_000, 1_000_000),
    (0, 100_000, 1_000_000),
    200_000,
    (10_000, 500_000),
    7,
)
# Five million events, logged and folded, take some twenty gigabytes while it measures.
FULL = msgspec.structs.replace(USUAL, rebuild=1_000_000, logged=(10_000, 5_000_000))


def main() -> None:
    """Measures, prints what it does, and writes the report."""
    chosen = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    length = QUICK if chosen.quick else FULL if chosen.full else USUAL
    raw = ROOT / "var" / "bench" / "results.json"
    raw.parent.mkdir(parents=True, exist_ok=True)
    results = Results(machine=describe_machine())
    folder = Path(tempfile.mkdtemp(prefix="earnest-bench-"))
    began_s = time.perf_counter()
    try:
        _measure(chosen.parts, length, folder, results, raw)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"Measured in {time.perf_counter() - began_s:.0f} s; raw figures in {raw}")
    if chosen.report:
        write_report(results, ROOT / "docs" / "benchmarks.md")
        print("Written: docs/benchmarks.md")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts of {', '.join(PARTS)}")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="short runs, to see that all works")
    sizes.add_argument(
        "--full", action="store_true", help="a rebuild of 1 million events, and 5 million logged"
    )
    parser.add_argument(
        "--no-report", dest="report", action="store_false", help="do not write docs/benchmarks.md"
    )
    chosen = parser.parse_args()
    chosen.parts = chosen.only.split(",")
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return chosen


def _measure(
    parts: Sequence[str], length: Length, folder: Path, results: Results, raw: Path
) -> None:
    def keep() -> None:
        raw.write_bytes(msgspec.json.format(msgspec.json.encode(results)))

    if "votes" in parts:
        print("Installing the peers", flush=True)
        install_peers()
    with Cluster(folder / "database") as cluster:
        if "votes" in parts:
            print("Whether all servers give the same answers", flush=True)
            uvloop.run(check_same_answers(cluster, folder))
            print("Next task and vote, beside the peers", flush=True)
            results.votes = uvloop.run(
                measure_votes(cluster, folder, seconds=length.seconds, rounds=length.rounds)
            )
            keep()
        if "ledger" in parts:
            print("Ledger postings, beside pgbench", flush=True)
            results.ledger = uvloop.run(
                measure_postings(
                    cluster,
                    folder,
                    seconds=length.seconds,
                    rounds=length.rounds,
                    sizes=length.ledger,
                )
            )
            keep()
        if "queue" in parts:
            print("The next task, by the length of the queue", flush=True)
            results.queue = uvloop.run(
                measure_queue(cluster, folder, rounds=length.rounds + 2, sizes=length.queue)
            )
            keep()
        if "payouts" in parts:
            print("Payouts, packed and one by one", flush=True)
            results.payouts = uvloop.run(measure_payouts(cluster, folder))
            keep()
        if "indexing" in parts:
            print("The escrow's events, logged and folded, beside COPY", flush=True)
            results.indexing = uvloop.run(
                measure_indexing(
                    cluster,
                    rounds=length.rounds + 2,
                    rebuild=length.rebuild,
                    sizes=length.logged,
                )
            )
            keep()
    if "memory" in parts:
        print("Memory, and seconds to ready", flush=True)
        results.memory = measure_memory(folder)
        keep()
    if "pages" in parts:
        print("The pages on a slow phone, beside the same bytes that do nothing", flush=True)
        results.pages = measure_pages(folder, runs=length.openings)
        keep()


if __name__ == "__main__":
    main()
