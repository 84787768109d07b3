"""What was signed: a SQLite file beside the key, outside PostgreSQL, on disk before any answer.

It outlives a restored database: that is its point. One row per attempt and one per payout in it;
nothing is ever deleted.
"""

import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from earnest.kit.money import Asset
from earnest.signer.errors import KeyFileUnsafe
from earnest.signer.keyfile import check_private
from earnest.signer.ports import Hold
from earnest.signer.protocol import SignedAttempt
from earnest.signer.rules import DAY_S, HOUR_S, Spent

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
  attempt_id TEXT PRIMARY KEY,
  tx_id TEXT NOT NULL UNIQUE,
  wire_bytes BLOB NOT NULL,
  last_valid_block_height INTEGER NOT NULL,
  blockhash_slot INTEGER NOT NULL,
  signed_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS payouts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  attempt_id TEXT NOT NULL REFERENCES attempts,
  place INTEGER NOT NULL,
  payout_id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount_minor TEXT NOT NULL,          -- decimal: SQLite integers end at 2**63
  signed_at REAL NOT NULL,
  UNIQUE (attempt_id, payout_id),
  UNIQUE (attempt_id, place)
) STRICT;
CREATE INDEX IF NOT EXISTS payouts_by_id ON payouts (payout_id);
CREATE INDEX IF NOT EXISTS payouts_by_time ON payouts (signed_at);
CREATE TABLE IF NOT EXISTS acknowledged (
  payout_id TEXT PRIMARY KEY,
  note TEXT NOT NULL,
  at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS network (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  genesis_hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS attempts_stay BEFORE DELETE ON attempts
  BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER IF NOT EXISTS payouts_stay BEFORE DELETE ON payouts
  BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER IF NOT EXISTS attempts_fixed BEFORE UPDATE ON attempts
  BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER IF NOT EXISTS payouts_fixed BEFORE UPDATE ON payouts
  BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"""


class Earlier(msgspec.Struct, frozen=True):
    """A signature that was given before for a payout, and what it promised."""

    payout_id: UUID
    attempt_id: UUID
    tx_id: str
    last_valid_block_height: int
    recipient: str
    asset: Asset
    amount_minor: int


class SignedLog:
    """The log. One process holds it; a second one that opens it for writing is refused."""

    def __init__(self, path: Path) -> None:
        fresh = not path.exists()
        if fresh:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        check_private(path.parent)
        check_private(path)
        if path.is_symlink():
            raise KeyFileUnsafe(path=str(path), mode="a link")
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        # Each commit is on disk before `record` returns, power cut included.
        self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def network(self, seen: str) -> str:
        """The genesis hash that this log belongs to: `seen`, the first time it is asked."""
        self._db.execute("INSERT OR IGNORE INTO network (one, genesis_hash) VALUES (1, ?)", (seen,))
        row = self._db.execute("SELECT genesis_hash FROM network").fetchone()
        return str(row[0])

    def attempt(self, attempt_id: UUID) -> SignedAttempt | None:
        """What was signed for this attempt, if anything."""
        row = self._db.execute(
            "SELECT tx_id, wire_bytes, last_valid_block_height, blockhash_slot"
            " FROM attempts WHERE attempt_id = ?",
            (str(attempt_id),),
        ).fetchone()
        if row is None:
            return None
        ids = self._db.execute(
            "SELECT payout_id FROM payouts WHERE attempt_id = ? ORDER BY place", (str(attempt_id),)
        ).fetchall()
        return SignedAttempt(
            attempt_id=attempt_id,
            payout_ids=[UUID(id) for (id,) in ids],
            tx_id=row[0],
            wire_bytes=row[1],
            last_valid_block_height=row[2],
            blockhash_slot=row[3],
        )

    def earlier(self, payout_ids: Sequence[UUID]) -> list[Earlier]:
        """All signatures ever given for these payouts, oldest first."""
        marks = ", ".join("?" * len(payout_ids))
        rows = self._db.execute(
            "SELECT p.payout_id, p.attempt_id, a.tx_id, a.last_valid_block_height,"
            " p.recipient, p.asset, p.amount_minor"
            " FROM payouts AS p JOIN attempts AS a USING (attempt_id)"
            f" WHERE p.payout_id IN ({marks}) ORDER BY p.seq",
            [str(id) for id in payout_ids],
        ).fetchall()
        return [
            Earlier(UUID(r[0]), UUID(r[1]), r[2], r[3], r[4], Asset(r[5]), int(r[6])) for r in rows
        ]

    def spent(self, now: datetime, *, besides: Sequence[UUID]) -> Spent:
        """What was signed within the last hour and day, each payout once, `besides` left out."""
        skip = {str(id) for id in besides}
        rows = self._db.execute(
            "SELECT payout_id, asset, recipient, amount_minor, max(signed_at) FROM payouts"
            " WHERE signed_at > ? GROUP BY payout_id",
            (now.timestamp() - DAY_S,),
        )
        hour: dict[Asset, int] = {}
        day: dict[tuple[Asset, str], int] = {}
        for payout_id, asset_name, recipient, amount_text, signed_at in rows:
            if payout_id in skip:
                continue
            asset, amount_minor = Asset(asset_name), int(amount_text)
            key = (asset, recipient)
            day[key] = day.get(key, 0) + amount_minor
            if signed_at > now.timestamp() - HOUR_S:
                hour[asset] = hour.get(asset, 0) + amount_minor
        return Spent(hour=hour, address_day=day)

    def record(self, signed: SignedAttempt, holds: Sequence[Hold], now: datetime) -> None:
        """Writes one attempt, all of it or nothing. On disk when this returns."""
        at = now.timestamp()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute(
                "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)",
                (
                    str(signed.attempt_id),
                    signed.tx_id,
                    signed.wire_bytes,
                    signed.last_valid_block_height,
                    signed.blockhash_slot,
                    at,
                ),
            )
            self._db.executemany(
                "INSERT INTO payouts (attempt_id, place, payout_id, recipient, asset,"
                " amount_minor, signed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        str(signed.attempt_id),
                        place,
                        str(hold.payout_id),
                        hold.recipient,
                        hold.money.asset.value,
                        str(hold.money.amount_minor),
                        at,
                    )
                    for place, hold in enumerate(holds)
                ],
            )
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def unacknowledged(self, *, newest: int | None = None) -> list[UUID]:
        """Payouts that were signed, newest first, without those that a person has looked at.

        With `newest` only among the last so many signatures.
        """
        rows = self._db.execute(
            "SELECT payout_id, max(seq) AS last"
            " FROM (SELECT payout_id, seq FROM payouts ORDER BY seq DESC LIMIT ?)"
            " WHERE payout_id NOT IN (SELECT payout_id FROM acknowledged)"
            " GROUP BY payout_id ORDER BY last DESC",
            (-1 if newest is None else newest,),
        )
        return [UUID(id) for id, _last in rows]

    def count(self) -> int:
        """How many payouts were ever signed."""
        return int(self._db.execute("SELECT count(DISTINCT payout_id) FROM payouts").fetchone()[0])

    def acknowledge(self, payout_id: UUID, note: str, now: datetime | None = None) -> bool:
        """A person has looked at a payout that the ledger lacks. False: it was never signed."""
        if not self.earlier([payout_id]):
            return False
        at = (now or datetime.now(UTC)).timestamp()
        self._db.execute(
            "INSERT INTO acknowledged VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (str(payout_id), note, at),
        )
        return True
