"""All SQL of what operators read about payouts, and of the signer's last word."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset, Chain
from earnest.payouts.rules import AttemptStatus
from earnest.payouts.store import COLUMNS, Payout, read_payout

_ATTEMPTS_SHOWN = 50


class DeskAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, without its bytes. `payouts`: how many payouts are or were in it."""

    id: UUID
    status: AttemptStatus
    tx_id: str | None
    payouts: int
    broadcasts: int
    last_valid_block_height: int | None
    created_at: datetime
    asked_at: datetime | None
    signed_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of payouts: ended ones of a span of time, open ones as they stand."""

    final: int
    given_back: int
    paid_twice: int
    sent: int
    oldest_sent_at: datetime | None
    waiting: int
    held: int


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What the signer signed of an asset in the last hour, and its limits; minor units as text."""

    asset: Asset
    hour_used_minor: str
    hour_max_minor: str
    payout_max_minor: str
    address_day_max_minor: str


class SignerSighting(msgspec.Struct, frozen=True, kw_only=True):
    """What the signer said of itself when it was last asked."""

    asked_at: datetime
    address: str
    signed_payouts: int
    missing: int
    allowances: list[Allowance]


async def payout_by_id(db: Connection, payout_id: UUID) -> Payout | None:
    """One payout, whoever it belongs to."""
    row = await db.fetchrow(f"{COLUMNS} WHERE p.id = $1", payout_id)
    return None if row is None else read_payout(row)


async def open_payouts(db: Connection, *, after_seq: int, limit: int) -> list[Payout]:
    """All that has not ended, the oldest first."""
    rows = await db.fetch(
        f"{COLUMNS} WHERE p.status NOT IN ('final', 'failed') AND p.seq > $1"
        " ORDER BY p.seq LIMIT $2",
        after_seq,
        limit,
    )
    return [read_payout(row) for row in rows]


async def ended_payouts(db: Connection, *, before_seq: int | None, limit: int) -> list[Payout]:
    """What has ended, the newest first."""
    rows = await db.fetch(
        f"{COLUMNS} WHERE p.status IN ('final', 'failed')"
        " AND ($1::bigint IS NULL OR p.seq < $1) ORDER BY p.seq DESC LIMIT $2",
        before_seq,
        limit,
    )
    return [read_payout(row) for row in rows]


async def attempts_of(db: Connection, payout_id: UUID) -> list[DeskAttempt]:
    """Every attempt that a payout was in when it was signed, the newest first."""
    rows = await db.fetch(
        "SELECT a.id, a.status, a.tx_id, a.broadcasts, a.last_valid_block_height, a.created_at,"
        " a.asked_at, a.signed_at, a.sent_at, a.ended_at, a.end_reason,"
        " (SELECT count(*) FROM payout_attempt_items AS other WHERE other.attempt_id = a.id)"
        "   AS payouts"
        " FROM payout_attempt_items AS i JOIN payout_attempts AS a ON a.id = i.attempt_id"
        " WHERE i.payout_id = $1 ORDER BY a.created_at DESC, a.id DESC LIMIT $2",
        payout_id,
        _ATTEMPTS_SHOWN,
    )
    return [
        DeskAttempt(
            **{
                **dict(row),
                "id": UUID(str(row["id"])),
                "status": AttemptStatus(row["status"]),
            }
        )
        for row in rows
    ]


async def may_give_back(db: Connection, payout_id: UUID) -> bool:
    """Whether nothing that was signed for it, or may have been, could still land. The function
    that gives back looks again, under locks."""
    return bool(
        await db.fetchval(
            "SELECT p.status NOT IN ('final', 'failed') AND NOT EXISTS"
            " (SELECT FROM payout_attempt_items AS i JOIN payout_attempts AS a"
            "    ON a.id = i.attempt_id WHERE i.payout_id = p.id AND i.live"
            "    AND (a.status IN ('signed', 'sent')"
            "         OR a.status = 'reserved' AND a.asked_at IS NOT NULL))"
            " FROM payouts AS p WHERE p.id = $1",
            payout_id,
        )
    )


async def followed_height(db: Connection) -> int | None:
    """The block height up to which we have read Solana ourselves."""
    height: int | None = await db.fetchval(
        "SELECT followed_block_height FROM chain_cursors WHERE chain = $1", Chain.SOLANA.value
    )
    return height


_DAY = """
WITH ended AS (
  SELECT p.id, p.status, p.failure_code FROM payouts AS p
   WHERE p.status IN ('final', 'failed') AND p.changed_at >= $1
), open AS (
  SELECT p.status, p.paused, p.changed_at FROM payouts AS p
   WHERE p.status NOT IN ('final', 'failed')
)
SELECT (SELECT count(*) FROM ended WHERE status = 'final') AS final,
       (SELECT count(*) FROM ended WHERE status = 'failed') AS given_back,
       (SELECT count(*) FROM ended AS e WHERE e.status = 'final' AND
          (SELECT count(*) FROM payout_attempt_items AS i
             JOIN payout_attempts AS a ON a.id = i.attempt_id
            WHERE i.payout_id = e.id AND a.status = 'final') > 1) AS paid_twice,
       (SELECT count(*) FROM open WHERE status IN ('signed', 'sent')) AS sent,
       (SELECT min(changed_at) FROM open WHERE status IN ('signed', 'sent')) AS oldest_sent_at,
       (SELECT count(*) FROM open WHERE status = 'requested' AND NOT paused) AS waiting,
       (SELECT count(*) FROM open WHERE status = 'requested' AND paused) AS held
"""


async def day_of(db: Connection, since: datetime) -> Day:
    """What ended from `since` on, and what is open now."""
    row = await db.fetchrow(_DAY, since)
    found: dict[str, Any] = {} if row is None else dict(row)
    return Day(**found)


async def signer_sighting(db: Connection) -> SignerSighting | None:
    """What the signer last said of itself; None before it said anything."""
    row = await db.fetchrow("SELECT asked_at, answer FROM signer_sightings")
    if row is None:
        return None
    return msgspec.convert({"asked_at": row["asked_at"], **row["answer"]}, SignerSighting)


async def keep_sighting(db: Connection, sighting: SignerSighting) -> None:
    """Writes down what the signer said of itself, in place of what it said before."""
    answer = msgspec.to_builtins(sighting)
    del answer["asked_at"]
    await db.execute(
        "INSERT INTO signer_sightings (asked_at, answer) VALUES ($1, $2)"
        " ON CONFLICT (one) DO UPDATE SET asked_at = excluded.asked_at, answer = excluded.answer",
        sighting.asked_at,
        answer,
    )
