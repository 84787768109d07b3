"""Ledger postings beside pgbench: the same client program, server, settings and connections.

pgbench drives both: its own tpcb-like script (three updates, a select, an insert), and ours, which
call the ledger's SQL functions. A posting is one transfer: two balances, two hashes, one row.
"""

import os
import re
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from benchmarks.database import Cluster, Copy, connect
from earnest.run.embedded.postgres import postgres_bin

CLIENTS = 32
ACCOUNTS = 10_000
BATCH = 100
SCALE = CLIENTS  # one pgbench branch per client, as pgbench's manual advises
OPENING_MINOR = 10**15
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)

_BATCH_OF = """
WITH n AS MATERIALIZED (SELECT gen_random_uuid() AS id, {debit} AS a,
                               (:credit + i) % {accounts} + 2 AS b
                          FROM generate_series(1, {batch}) i)
SELECT ledger_transfer_batch(array_agg(id), array_agg(a), array_agg(b),
         array_agg(1::numeric), 'bench', 'bench') FROM n WHERE a <> b;
"""
_SINGLE = """\\set debit random(2, {accounts})
\\set credit random(2, {accounts})
SELECT ledger_transfer(gen_random_uuid(), {debit}, CASE WHEN {debit} = :credit THEN :credit + 1
  ELSE :credit END, 1, 'bench', 'bench');
"""
SCRIPTS = {
    "single, spread": _SINGLE.format(accounts=ACCOUNTS, debit=":debit"),
    "single, one hot account": _SINGLE.format(accounts=ACCOUNTS, debit="1"),
    "batches of 100, spread": f"\\set debit random(1, {ACCOUNTS})\n"
    f"\\set credit random(1, {ACCOUNTS})\n"
    + _BATCH_OF.format(accounts=ACCOUNTS, batch=BATCH, debit=f"(:debit + i * 7) % {ACCOUNTS} + 2"),
    "batches of 100, one hot account": f"\\set credit random(1, {ACCOUNTS})\n"
    + _BATCH_OF.format(accounts=ACCOUNTS, batch=BATCH, debit="1::bigint"),
}
TPCB = "pgbench tpcb-like"
# Every transaction of pgbench changes one of its branches: with one branch, that is a hot row.
TPCB_HOT = "pgbench tpcb-like, one hot branch"
_PER_TRANSACTION = {name: BATCH if name.startswith("batches") else 1 for name in SCRIPTS}

_EXISTING = f"""
INSERT INTO ledger_transfers (id, debit_account, credit_account, amount, kind, subject,
    debit_version, credit_version, debit_balance, credit_balance, debit_hash, credit_hash)
  SELECT md5('existing ' || n)::uuid, n % {ACCOUNTS} + 2, (n + 1) % {ACCOUNTS} + 2, 1, 'bench',
         'bench', n, n, {OPENING_MINOR}, {OPENING_MINOR}, sha256(int8send(n)), sha256(int8send(-n))
    FROM generate_series($1::bigint, $2::bigint) n
"""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of posting at one size of the ledger; medians of transactions and postings/s."""

    what: str
    existing: int
    transactions_s: float
    postings_s: float
    times_tpcb: float


async def measure_postings(
    cluster: Cluster, folder: Path, *, seconds: int, rounds: int, sizes: Sequence[int]
) -> list[Rate]:
    """All kinds at every size, pgbench's own run in between them every time."""
    database = await cluster.make("postings", _seed)
    for name, script in SCRIPTS.items():
        _script(folder, name).write_text(script, encoding="utf-8")
    beside = {TPCB: await cluster.make("pgbench"), TPCB_HOT: await cluster.make("pgbench_hot")}
    _pgbench(beside[TPCB], "--initialize", "--quiet", "--scale", str(SCALE))
    _pgbench(beside[TPCB_HOT], "--initialize", "--quiet", "--scale", "1")
    found, existing = [], 0
    for size in sizes:
        await _grow(database, existing, size)
        existing = size
        tps: dict[str, list[float]] = {name: [] for name in (*beside, *SCRIPTS)}
        for _ in range(rounds):
            for name, measured in tps.items():
                run = ["--client", str(CLIENTS), "--jobs", "2", "--time", str(seconds)]
                run += ["--protocol", "prepared", "--no-vacuum"]
                if name in beside:
                    run += ["--builtin", "tpcb-like"]
                else:
                    run += ["--file", str(_script(folder, name))]
                said = _pgbench(beside.get(name, database), *run)
                measured.append(float(_TPS.search(said)[1]))  # type: ignore[index]
        unit = statistics.median(tps[TPCB])
        for name, measured in tps.items():
            rate = statistics.median(measured)
            postings = rate * _PER_TRANSACTION.get(name, 1)
            print(f"  {size:>9,} transfers, {name}: {postings:,.0f}/s")
            found.append(
                Rate(
                    what=name,
                    existing=size,
                    transactions_s=rate,
                    postings_s=postings,
                    times_tpcb=postings / unit,
                )
            )
    for used in (database, *beside.values()):
        await cluster.drop(used)
    return found


def _script(folder: Path, name: str) -> Path:
    return folder / (re.sub(r"\W+", "-", name) + ".sql")


async def _seed(connection: Any) -> None:
    await connection.execute(
        "INSERT INTO ledger_accounts (name, type, asset, balance, version)"
        " SELECT 'bench:' || n, 'liability', 'SOL', $1, 10000000"
        "   FROM generate_series(0, $2::int) n",
        OPENING_MINOR,
        ACCOUNTS + 1,
    )


async def _grow(database: Copy, existing: int, size: int) -> None:
    connection = await connect(database.superuser)
    try:
        await connection.execute("SET session_replication_role = replica")
        if size > existing:
            await connection.execute(_EXISTING, existing + 1, size)
        await connection.execute("VACUUM (ANALYZE) ledger_transfers")
        await connection.execute("VACUUM (ANALYZE) ledger_accounts")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _pgbench(database: Copy, *options: str) -> str:
    at = urlsplit(database.superuser)
    done = subprocess.run(
        [
            str(postgres_bin() / "pgbench"), *options,
            "--host", at.hostname or "", "--port", str(at.port), "--username", at.username or "",
            database.name,
        ],
        env=os.environ
        | {"PGPASSWORD": at.password or "", "PGOPTIONS": "-c search_path=earnest,public"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"pgbench: {done.stderr.strip()[-800:]}")
    return done.stdout
