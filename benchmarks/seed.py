"""Rows to measure on: workers, open tasks with options and seats, money that pays for them.

Written by `generate_series` with foreign keys off, but complete: what a benchmark reads or
changes is what the product itself would have written.
"""

import uuid
from typing import Any

from earnest.ledger import verify_ledger

PRICE_MINOR = 1_000_000
FEE_BPS = 500
_NAMESPACE = 0x5EED << 112
_LEDGER_BATCH = 500


def worker_id(number: int) -> uuid.UUID:
    """The account id of worker 1, 2, …; the same in every database and on every machine."""
    return uuid.UUID(int=_NAMESPACE + number)


REQUESTER = worker_id(0)

# Ids are made from a kind and a number, so that the rows of one thing find those of another.
_BENCH_ID = """
CREATE OR REPLACE FUNCTION pg_temp.bench_id(kind text, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || ' ' || n)::uuid $$
"""
_ORDERS = """
INSERT INTO orders (id, owner, subject, chain, reference, recipient, asset, amount, fee, label,
                    status, in_time, received, created_at, expires_at, final_at, ended_at)
  SELECT pg_temp.bench_id('order', n), $3::uuid, 'task:' || pg_temp.bench_id('task', n),
         'solana', 'bench' || n, 'bench', 'SOL', cost + fee, fee, 'Which picture?', 'settled',
         cost + fee, cost + fee, now(), now() + interval '30 minutes', now(), now()
    FROM generate_series($1::int, $2::int) n,
         (SELECT $4::numeric * $5::int AS cost, tasks_fee($4, $5, $6::int) AS fee)
"""
_TASKS = """
INSERT INTO tasks (id, requester, order_id, title, instructions, asset, price_per_vote, fee_bps,
                   votes_wanted, status, open_seq, has_free, created_at, opened_at, card)
  SELECT t.id, $3::uuid, pg_temp.bench_id('order', n), t.title, t.instructions, t.asset,
         t.price_per_vote, $6::int, $5::int, 'open', nextval('tasks_open_seq'), true, now(), now(),
         tasks_card(t)
    FROM generate_series($1::int, $2::int) n
   CROSS JOIN LATERAL jsonb_populate_record(NULL::tasks, jsonb_build_object(
         'id', pg_temp.bench_id('task', n), 'title', 'Which picture?', 'asset', 'SOL',
         'instructions', 'Take the one that you would stop for in the street.',
         'price_per_vote', $4::numeric)) t
   ORDER BY n
"""
_OPTIONS = """
INSERT INTO task_options (id, task_id, position, file_id, public_id)
  SELECT pg_temp.bench_id('option' || p, n), pg_temp.bench_id('task', n), p,
         pg_temp.bench_id('file' || p, n), pg_temp.bench_id('public' || p, n)
    FROM generate_series($1::int, $2::int) n, generate_series(1, $3::int) p ORDER BY 2
"""
_SEATS = """
INSERT INTO task_seats (task_id, number)
  SELECT pg_temp.bench_id('task', n), s
    FROM generate_series($1::int, $2::int) n, generate_series(1, $3::int) s ORDER BY 1, 2
"""
_FUNDS = """
SELECT count(*) FROM (
  SELECT ledger_transfer(ledger_id('bench ' || o.id),
           ledger_account('bench:paid-in', 'asset', 'SOL'),
           ledger_account('task:' || t.id, 'liability', 'SOL'), o.amount, 'order_settled',
           o.subject) AS posted
    FROM tasks t JOIN orders o ON o.id = t.order_id
   WHERE t.open_seq BETWEEN $1 AND $2 ORDER BY t.open_seq) posted WHERE posted
"""
_FUNDED = """
UPDATE tasks t SET ledger_account = a.id FROM ledger_accounts a
 WHERE a.name = 'task:' || t.id AND t.ledger_account IS NULL
"""


async def seed_workers(connection: Any, count: int) -> None:
    """The requester and `count` workers, each with a session of the same id."""
    await connection.executemany(
        "INSERT INTO accounts (id, created_at) VALUES ($1, now())",
        [(worker_id(n),) for n in range(count + 1)],
    )
    await connection.execute(
        "INSERT INTO sessions (id, account_id, chain, address, refresh_salt, created_at,"
        " rotated_at, expires_at) SELECT id, id, 'solana', 'bench', sha256(uuid_send(id)),"
        " now(), now(), now() + interval '30 days' FROM accounts"
    )


async def seed_tasks(
    connection: Any,
    first: int,
    last: int,
    *,
    votes_wanted: int,
    options: int = 4,
    orders: bool = True,
) -> None:
    """Tasks `first` … `last`, open, with all their seats free. Not funded yet."""
    await connection.execute(_BENCH_ID)
    if orders:
        await connection.execute(
            _ORDERS, first, last, REQUESTER, PRICE_MINOR, votes_wanted, FEE_BPS
        )
    await connection.execute(_OPTIONS, first, last, options)  # the cards show them
    await connection.execute(_TASKS, first, last, REQUESTER, PRICE_MINOR, votes_wanted, FEE_BPS)
    await connection.execute(_SEATS, first, last, votes_wanted)


async def fund_tasks(connection: Any) -> None:
    """Pays for every task through the ledger, as its order would have."""
    last = await connection.fetchval("SELECT max(open_seq) FROM tasks")
    for first in range(1, last + 1, _LEDGER_BATCH):
        await connection.fetchval(_FUNDS, first, first + _LEDGER_BATCH - 1)
    await connection.execute(_FUNDED)


async def spread_workers(connection: Any, count: int, *, apart: int) -> None:
    """Puts the workers at equal distances in the queue, as people who came at other times."""
    await connection.executemany(
        "INSERT INTO task_positions (worker, after_seq) VALUES ($1, $2)",
        [(worker_id(n), (n - 1) * apart) for n in range(1, count + 1)],
    )


class CountsDiffer(Exception):
    """What a server left behind does not add up, so its speed says nothing."""


async def check_votes(connection: Any, votes_answered: int) -> int:
    """Every vote is a spent seat, a count and a ledger transfer; returns how many there are.

    Raises `CountsDiffer` where they disagree, are fewer than were answered, or the ledger's
    replay finds a fault.
    """
    seats, options, tasks, transfers = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM task_seats WHERE option_id IS NOT NULL),"
        " (SELECT sum(votes) FROM task_options), (SELECT sum(votes) FROM tasks),"
        " (SELECT count(*) FROM ledger_transfers WHERE kind = 'vote_earned')"
    )
    if not seats == options == tasks == transfers or seats < votes_answered:
        raise CountsDiffer(
            f"answered {votes_answered}, seats {seats}, options {options}, tasks {tasks},"
            f" transfers {transfers}"
        )
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        verified = await verify_ledger(connection)
    if not verified.ok:
        raise CountsDiffer(f"ledger: {verified.faults[0]}")
    return int(seats)
