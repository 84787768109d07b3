"""`earnest rebuild`: empties the projections of the escrow, folds the log again, compares.

One db_tx: readers see what was there until it commits, and the projector waits. Nobody is told
anything a second time. Where both hashes differ, the rebuilt projections are the ones that stay:
they are what the log says.
"""

import hashlib
import time
from typing import Any

import msgspec

from earnest.escrow.projection import store as store_fold
from earnest.escrow.projection.batch import fold_rows
from earnest.escrow.projection.log_ahead import LogAhead
from earnest.escrow.state import EscrowCursor
from earnest.kit.db import Connection, Database

_BATCH = 2_000
_HASHED_AT_ONCE = 20_000


class Rebuilt(msgspec.Struct, frozen=True, rename="camel"):
    """What a rebuild found: how many rows of the log, events and projects, and both hashes."""

    contract: str
    log_rows: int
    events: int
    projects: int
    live_hash: str
    rebuilt_hash: str
    agree: bool
    seconds: float


async def projection_hash(db: Connection, contract: str) -> str:
    """SHA-256 of all projections of a contract: every row of every table, in the order of its key,
    and what the cursor says of them. The same for the same rows, whenever and however written."""
    whole = hashlib.sha256()
    await db.execute("SET LOCAL TimeZone = 'UTC'")
    for table, key in store_fold.KEYS.items():
        whole.update(f"{table}\n".encode())
        columns, after = ", ".join(key), None
        while True:
            beyond = ""
            if after is not None:
                places = ", ".join(f"${at}" for at in range(2, 2 + len(key)))
                beyond = f" AND ({columns}) > ({places})"
            rows: list[Any] = await db.fetch(
                f"SELECT sha256(convert_to(t::text, 'UTF8')), {columns} FROM {table} AS t"
                f" WHERE contract = $1{beyond} ORDER BY {columns} LIMIT {_HASHED_AT_ONCE:d}",
                contract,
                *(after or ()),
            )
            for row in rows:
                whole.update(row[0])
            if len(rows) < _HASHED_AT_ONCE:
                break
            after = tuple(rows[-1])[1:]
    row = await db.fetchrow(
        "SELECT log_seq, missing_live, missing_final, unreadable FROM escrow_cursors"
        " WHERE contract = $1",
        contract,
    )
    whole.update(repr(None if row is None else tuple(row)).encode())
    return whole.hexdigest()


async def rebuild(database: Database, contract: str, *, batch: int = _BATCH) -> Rebuilt:
    """Rebuilds the projections as far as the cursor had come; the projector goes on from there.

    Whoever calls it tells people, where the hashes differ.
    """
    began_s = time.perf_counter()
    async with database.db_tx() as db_tx:
        cursor = await store_fold.lock_cursor(db_tx, contract)
        live_hash = await projection_hash(db_tx, contract)
        await store_fold.empty_all(db_tx, contract, cursor.log_seq)
        again = EscrowCursor(
            log_seq=0, missing_live=None, missing_final=None, unreadable=0, moved_at=None
        )
        log_ahead = LogAhead(database, contract, batch, ahead=True, until=cursor.log_seq)
        try:
            while again.log_seq < cursor.log_seq:
                rows = await log_ahead.after(again.log_seq)
                if rows.last_seq == again.log_seq:
                    break  # the log is shorter than what was folded of it: the hashes will tell
                again = await fold_rows(db_tx, contract, again, rows, announce=False)
        finally:
            await log_ahead.close()
        rebuilt_hash = await projection_hash(db_tx, contract)
        events, projects = await store_fold.count(db_tx, contract)
    return Rebuilt(
        contract=contract,
        log_rows=cursor.log_seq,
        events=events,
        projects=projects,
        live_hash=live_hash,
        rebuilt_hash=rebuilt_hash,
        agree=live_hash == rebuilt_hash,
        seconds=round(time.perf_counter() - began_s, 3),
    )
