"""All SQL of attempts: every move is a guarded UPDATE, and says whether it was this one's to do."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from earnest.kit.db import Connection
from earnest.kit.money import Asset, Chain, Money
from earnest.payouts.rules import BATCH_MAX, Attempt, AttemptStatus, Item

_ATTEMPT = """
SELECT a.id, a.status, a.asked_at, a.tx_id, a.signed_bytes, a.last_valid_block_height,
       (SELECT jsonb_agg(jsonb_build_array(p.id, p.address, p.amount::text, p.asset)
                         ORDER BY i.place)
          FROM payout_attempt_items AS i JOIN payouts AS p ON p.id = i.payout_id
         WHERE i.attempt_id = a.id AND i.live) AS items
  FROM payout_attempts AS a
"""
_LIVE = "('reserved', 'signed', 'sent')"


def _attempt(row: Any) -> Attempt:
    return Attempt(
        id=UUID(str(row["id"])),
        status=AttemptStatus(row["status"]),
        items=tuple(
            Item(UUID(id), address, Money(int(amount), Asset(asset)))
            for id, address, amount, asset in row["items"] or ()
        ),
        asked_at=row["asked_at"],
        tx_id=row["tx_id"],
        signed_bytes=row["signed_bytes"],
        last_valid_block_height=row["last_valid_block_height"],
    )


async def attempt_of(db: Connection, attempt_id: UUID) -> Attempt | None:
    """One attempt with its live payouts."""
    row = await db.fetchrow(f"{_ATTEMPT} WHERE a.id = $1", attempt_id)
    return None if row is None else _attempt(row)


async def has_work(db: Connection, now: datetime) -> bool:
    """Whether anything is live or waits to be sent."""
    return bool(
        await db.fetchval(
            f"SELECT EXISTS (SELECT FROM payout_attempts WHERE status IN {_LIVE})"
            " OR EXISTS (SELECT FROM payouts WHERE status = 'requested' AND attempt_id IS NULL"
            "             AND NOT paused AND not_before <= $1)",
            now,
        )
    )


async def reserve(
    db_tx: Connection, attempt_id: UUID, now: datetime, claimed_until: datetime
) -> bool:
    """Reserves the payouts that wait longest, of one asset, for a new attempt. False: none wait.

    Rows that another worker is reserving are passed over, not waited for.
    """
    rows = await db_tx.fetch(
        "SELECT id, asset, alone FROM payouts"
        " WHERE status = 'requested' AND attempt_id IS NULL AND NOT paused AND not_before <= $1"
        " ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED",
        now,
        BATCH_MAX,
    )
    if not rows:
        return False
    first = rows[0]
    chosen = (
        [first]
        if first["alone"]
        else [row for row in rows if row["asset"] == first["asset"] and not row["alone"]]
    )
    await db_tx.execute(
        "INSERT INTO payout_attempts (id, status, claimed_until, created_at)"
        " VALUES ($1, 'reserved', $2, $3)",
        attempt_id,
        claimed_until,
        now,
    )
    ids = [row["id"] for row in chosen]
    await db_tx.execute("UPDATE payouts SET attempt_id = $1 WHERE id = ANY($2)", attempt_id, ids)
    await db_tx.execute(
        "INSERT INTO payout_attempt_items (attempt_id, payout_id, place, live)"
        " SELECT $1, id, place - 1, true FROM unnest($2::uuid[]) WITH ORDINALITY AS u (id, place)",
        attempt_id,
        ids,
    )
    return True


async def claim(
    db_tx: Connection,
    statuses: Sequence[AttemptStatus],
    now: datetime,
    lease: timedelta,
    *,
    limit: int,
) -> list[Attempt]:
    """Takes up to `limit` live attempts that no other worker is at, oldest first."""
    rows = await db_tx.fetch(
        "UPDATE payout_attempts SET claimed_until = $3 WHERE id IN"
        " (SELECT id FROM payout_attempts WHERE status = ANY($1) AND claimed_until <= $2"
        "   ORDER BY created_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING id",
        [status.value for status in statuses],
        now,
        now + lease,
        limit,
    )
    found = await db_tx.fetch(
        f"{_ATTEMPT} WHERE a.id = ANY($1) ORDER BY a.created_at, a.id LIMIT $2",
        [row["id"] for row in rows],
        limit,
    )
    return [_attempt(row) for row in found]


async def unclaim(db: Connection, attempt_id: UUID, until: datetime) -> None:
    """Lets others take a live attempt from `until` on."""
    await db.execute(
        f"UPDATE payout_attempts SET claimed_until = $2 WHERE id = $1 AND status IN {_LIVE}",
        attempt_id,
        until,
    )


async def mark_asked(db: Connection, attempt_id: UUID, now: datetime) -> bool:
    """Says that the signer is about to be asked: its payouts are fixed from now on."""
    return bool(
        await db.fetchval(
            "UPDATE payout_attempts SET asked_at = coalesce(asked_at, $2)"
            " WHERE id = $1 AND status = 'reserved' RETURNING true",
            attempt_id,
            now,
        )
    )


async def take_out(
    db_tx: Connection,
    attempt_id: UUID,
    payout_ids: Sequence[UUID],
    *,
    alone: bool,
    waiting_for: str | None,
    not_before: datetime,
    refused: bool = False,
    pause: bool = False,
) -> bool:
    """Gives payouts of a reserved attempt back, to be sent another time. False: it moved on.

    Once the signer has been asked, only its refusal (`refused`) shows that nothing was signed.
    """
    held = await db_tx.fetchval(
        "SELECT true FROM payout_attempts WHERE id = $1 AND status = 'reserved'"
        " AND (asked_at IS NULL OR $2) FOR UPDATE",
        attempt_id,
        refused,
    )
    if not held:
        return False
    await db_tx.execute(
        "DELETE FROM payout_attempt_items WHERE attempt_id = $1 AND payout_id = ANY($2)",
        attempt_id,
        list(payout_ids),
    )
    await db_tx.execute(
        "UPDATE payouts SET attempt_id = NULL, alone = alone OR $3, paused = paused OR $4,"
        " waiting_for = $5, not_before = $6"
        " WHERE id = ANY($2) AND attempt_id = $1 AND status = 'requested'",
        attempt_id,
        list(payout_ids),
        alone,
        pause,
        waiting_for,
        not_before,
    )
    return True


async def drop(
    db_tx: Connection, attempt_id: UUID, reason: str, now: datetime, *, refused: bool = False
) -> bool:
    """Ends a reserved attempt for which nothing was signed: not asked for yet, or `refused`."""
    return bool(
        await db_tx.fetchval(
            "UPDATE payout_attempts SET status = 'dropped', ended_at = $2, end_reason = $3"
            " WHERE id = $1 AND status = 'reserved' AND (asked_at IS NULL OR $4) RETURNING true",
            attempt_id,
            now,
            reason,
            refused,
        )
    )


async def keep_signed(
    db_tx: Connection,
    attempt: Attempt,
    *,
    tx_id: str,
    signed_bytes: bytes,
    last_valid_block_height: int,
    now: datetime,
    look_again_at: datetime,
) -> bool:
    """Persists what is about to be broadcast. False: another worker did, or it has moved on.

    The lease for signing ends here. From `look_again_at` on whoever looks may broadcast again:
    they are the same bytes.
    """
    kept = await db_tx.fetchval(
        "UPDATE payout_attempts SET status = 'signed', tx_id = $2, signed_bytes = $3,"
        " last_valid_block_height = $4, signed_at = $5, claimed_until = $6"
        " WHERE id = $1 AND status = 'reserved' RETURNING true",
        attempt.id,
        tx_id,
        signed_bytes,
        last_valid_block_height,
        now,
        look_again_at,
    )
    if not kept:
        return False
    tag = await db_tx.execute(
        "UPDATE payouts SET status = 'signed', chain_tx = $2, waiting_for = NULL, changed_at = $3"
        " WHERE attempt_id = $1 AND status = 'requested'",
        attempt.id,
        tx_id,
        now,
    )
    if tag != f"UPDATE {len(attempt.items)}":
        raise RuntimeError(f"attempt {attempt.id}: {tag} of {len(attempt.items)} payouts")
    return True


async def mark_sent(db_tx: Connection, attempt_id: UUID, now: datetime) -> bool:
    """The network has taken the bytes. False: that was known, or the attempt has ended."""
    moved = await db_tx.fetchval(
        "UPDATE payout_attempts SET status = 'sent', sent_at = $2"
        " WHERE id = $1 AND status = 'signed' RETURNING true",
        attempt_id,
        now,
    )
    if moved:
        await db_tx.execute(
            "UPDATE payouts SET status = 'sent', changed_at = $2"
            " WHERE attempt_id = $1 AND status = 'signed'",
            attempt_id,
            now,
        )
    return bool(moved)


async def count_broadcast(db: Connection, attempt_id: UUID) -> None:
    """One more time that the bytes were handed out."""
    await db.execute(
        "UPDATE payout_attempts SET broadcasts = broadcasts + 1 WHERE id = $1", attempt_id
    )


_EXPIRE = """
UPDATE payout_attempts AS a SET status = 'expired', ended_at = $2, end_reason = 'expired'
 WHERE a.id = $1 AND a.status IN ('signed', 'sent')
   AND EXISTS (SELECT FROM chain_cursors AS c
                WHERE c.chain = $3 AND c.halted_reason IS NULL
                  AND c.followed_block_height > a.last_valid_block_height)
   AND NOT EXISTS (SELECT FROM chain_log AS l WHERE l.chain = $3 AND l.tx_id = a.tx_id)
RETURNING true
"""


async def expire(db_tx: Connection, attempt_id: UUID, now: datetime) -> bool:
    """Ends an attempt that can never land, and lets its payouts be tried anew.

    The nodes' word is not enough: our own following of the chain must have passed the last block
    that could take it, without having met it. False: not yet, or it has ended.
    """
    if not await db_tx.fetchval(_EXPIRE, attempt_id, now, Chain.SOLANA.value):
        return False
    await _back_to_requested(db_tx, attempt_id, now, alone=False)
    return True


async def lock_ended(
    db_tx: Connection, attempt_id: UUID, status: AttemptStatus, reason: str | None, now: datetime
) -> AttemptStatus | None:
    """Writes what the chain said of an attempt; returns the status it had, None when no news."""
    row = await db_tx.fetchrow(
        "SELECT status FROM payout_attempts WHERE id = $1 FOR UPDATE", attempt_id
    )
    before = None if row is None else AttemptStatus(row["status"])
    if before in (None, AttemptStatus.FINAL, AttemptStatus.FAILED):
        return None
    await db_tx.execute(
        "UPDATE payout_attempts SET status = $2, ended_at = $3, end_reason = $4 WHERE id = $1",
        attempt_id,
        status.value,
        now,
        reason,
    )
    return before


async def finish_payouts(
    db_tx: Connection, attempt_id: UUID, tx_id: str, now: datetime
) -> list[UUID]:
    """Every payout of a landed attempt is final. Returns those that another attempt held."""
    rows = await db_tx.fetch(
        "SELECT p.id, p.status, p.attempt_id FROM payouts AS p"
        " JOIN payout_attempt_items AS i ON i.payout_id = p.id"
        " WHERE i.attempt_id = $1 ORDER BY p.id LIMIT 100 FOR UPDATE OF p",
        attempt_id,
    )
    crossed = [UUID(str(row["id"])) for row in rows if row["attempt_id"] not in (None, attempt_id)]
    open_ids = [row["id"] for row in rows if row["status"] not in ("final", "failed")]
    await db_tx.execute(
        "UPDATE payout_attempt_items SET live = false WHERE payout_id = ANY($1) AND live", open_ids
    )
    await db_tx.execute(
        "UPDATE payouts SET status = 'final', attempt_id = NULL, waiting_for = NULL,"
        " chain_tx = $2, changed_at = $3 WHERE id = ANY($1)",
        open_ids,
        tx_id,
        now,
    )
    return crossed


async def release_failed(db_tx: Connection, attempt_id: UUID, now: datetime) -> list[UUID]:
    """Takes the payouts out of an attempt that landed and failed; returns them.

    Several go back to be sent singly; a single one is left to the caller to end.
    """
    rows = await db_tx.fetch(
        "SELECT payout_id FROM payout_attempt_items WHERE attempt_id = $1 AND live"
        " ORDER BY place LIMIT 100",
        attempt_id,
    )
    ids = [UUID(str(row["payout_id"])) for row in rows]
    if len(ids) > 1:
        await _back_to_requested(db_tx, attempt_id, now, alone=True)
    return ids


async def recent_finals(db: Connection, since: datetime, limit: int) -> Mapping[str, int]:
    """The newest final chain_txs by id, with their slots: what a lost chain would have lost."""
    rows = await db.fetch(
        "SELECT a.tx_id, max(l.slot) AS slot FROM payout_attempts AS a"
        " JOIN chain_log AS l ON l.chain = $3 AND l.tx_id = a.tx_id"
        " WHERE a.status = 'final' AND a.ended_at > $1"
        " GROUP BY a.tx_id, a.ended_at ORDER BY a.ended_at DESC LIMIT $2",
        since,
        limit,
        Chain.SOLANA.value,
    )
    return {row["tx_id"]: row["slot"] for row in rows}


async def known_genesis(db: Connection) -> tuple[str | None, bool]:
    """The genesis hash of the chain that the ledger follows, and whether it still follows it.

    None before it follows any; False while a person must look before it is followed again.
    """
    row = await db.fetchrow(
        "SELECT genesis_hash, halted_reason IS NULL AS followed FROM chain_cursors"
        " WHERE chain = $1",
        Chain.SOLANA.value,
    )
    return (None, False) if row is None else (row["genesis_hash"], row["followed"])


async def halt(db_tx: Connection, code: str, detail: Mapping[str, object], now: datetime) -> bool:
    """Stops signing and sending until a person has looked. False: halted for that already."""
    return bool(
        await db_tx.fetchval(
            "INSERT INTO payout_halts (code, detail, at) VALUES ($1, $2, $3)"
            " ON CONFLICT (code) WHERE cleared_at IS NULL DO NOTHING RETURNING true",
            code,
            dict(detail),
            now,
        )
    )


async def _back_to_requested(
    db_tx: Connection, attempt_id: UUID, now: datetime, *, alone: bool
) -> None:
    await db_tx.execute(
        "UPDATE payout_attempt_items SET live = false WHERE attempt_id = $1 AND live", attempt_id
    )
    await db_tx.execute(
        "UPDATE payouts SET status = 'requested', attempt_id = NULL, chain_tx = NULL,"
        " alone = alone OR $3, not_before = $2, changed_at = $2"
        " WHERE attempt_id = $1 AND status IN ('signed', 'sent')",
        attempt_id,
        now,
        alone,
    )
