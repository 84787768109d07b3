"""All SQL of payouts that people read and operators use."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset, Money
from earnest.payouts.rules import PayoutStatus


class Step(msgspec.Struct, frozen=True):
    """A status that a payout had from `at` on."""

    status: PayoutStatus
    at: datetime
    chain_tx: str | None


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """A payout as it stands. `rent_minor` is what we pay in lamports for a token account."""

    id: UUID
    seq: int
    account_id: UUID
    money: Money
    address: str
    status: PayoutStatus
    chain_tx: str | None
    rent_minor: int | None
    failure_code: str | None
    failure_detail: str | None
    waiting_for: str | None
    paused: bool
    requested_at: datetime
    steps: tuple[Step, ...]


class Halt(msgspec.Struct, frozen=True):
    """Why no payout is signed or sent at the moment."""

    code: str
    detail: dict[str, Any]
    at: datetime


COLUMNS = """
SELECT p.id, p.seq, p.account_id, p.asset, p.amount, p.address, p.status, p.chain_tx, p.rent,
       p.failure_code, p.failure_detail, p.waiting_for, p.paused, p.requested_at,
       (SELECT jsonb_agg(jsonb_build_array(s.status, s.at, s.chain_tx) ORDER BY s.id)
          FROM payout_steps AS s WHERE s.payout_id = p.id) AS steps
  FROM payouts AS p
"""


def read_payout(row: Any) -> Payout:
    """A row of `COLUMNS`."""
    return Payout(
        id=UUID(str(row["id"])),
        seq=row["seq"],
        account_id=UUID(str(row["account_id"])),
        money=Money(int(row["amount"]), Asset(row["asset"])),
        address=row["address"],
        status=PayoutStatus(row["status"]),
        chain_tx=row["chain_tx"] if row["status"] != PayoutStatus.REQUESTED else None,
        rent_minor=None if row["rent"] is None else int(row["rent"]),
        failure_code=row["failure_code"],
        failure_detail=row["failure_detail"],
        waiting_for=row["waiting_for"],
        paused=row["paused"],
        requested_at=row["requested_at"],
        steps=tuple(
            Step(PayoutStatus(status), datetime.fromisoformat(at), chain_tx)
            for status, at, chain_tx in row["steps"] or ()
        ),
    )


async def insert_request(
    db_tx: Connection,
    payout_id: UUID,
    account_id: UUID,
    money: Money,
    address: str,
    *,
    rent_minor: int | None,
    at: datetime,
) -> bool:
    """Makes the hold and the payout. Raises `BalanceTooSmall`, `AddressNotYours` and the like."""
    return bool(
        await db_tx.fetchval(
            "SELECT payouts_request($1, $2, $3, $4, $5, $6, $7)",
            payout_id,
            account_id,
            money.asset.value,
            money.amount_minor,
            address,
            rent_minor,
            at,
        )
    )


async def payout_of(db: Connection, payout_id: UUID, account_id: UUID) -> Payout | None:
    """One payout of one account."""
    row = await db.fetchrow(
        f"{COLUMNS} WHERE p.id = $1 AND p.account_id = $2", payout_id, account_id
    )
    return None if row is None else read_payout(row)


async def payouts_of(
    db: Connection, account_id: UUID, *, before_seq: int | None, limit: int
) -> list[Payout]:
    """At most `limit` payouts of one account, newest first."""
    rows = await db.fetch(
        f"{COLUMNS} WHERE p.account_id = $1 AND ($2::bigint IS NULL OR p.seq < $2)"
        " ORDER BY p.seq DESC LIMIT $3",
        account_id,
        before_seq,
        limit,
    )
    return [read_payout(row) for row in rows]


async def stuck_payouts(
    db: Connection, *, since: datetime, limit: int, after_seq: int = 0
) -> list[Payout]:
    """Payouts that wait for a person, or have not ended although they were asked before `since`;
    the oldest first, from behind `after_seq` on."""
    rows = await db.fetch(
        f"{COLUMNS} WHERE p.status NOT IN ('final', 'failed') AND p.seq > $3"
        " AND (p.paused OR p.requested_at < $1) ORDER BY p.seq LIMIT $2",
        since,
        limit,
        after_seq,
    )
    return [read_payout(row) for row in rows]


async def open_halts(db: Connection) -> list[Halt]:
    """Why payouts are halted, oldest reason first; empty when they are not."""
    rows = await db.fetch(
        "SELECT code, detail, at FROM payout_halts WHERE cleared_at IS NULL ORDER BY id LIMIT 20"
    )
    return [Halt(row["code"], row["detail"], row["at"]) for row in rows]


async def clear_halt(
    db_tx: Connection, code: str, *, operator: str, note: str, at: datetime
) -> bool:
    """Ends a halt. False when there is none of that code."""
    return bool(
        await db_tx.fetchval(
            "UPDATE payout_halts SET cleared_at = $2, cleared_by = $3, note = $4"
            " WHERE code = $1 AND cleared_at IS NULL RETURNING true",
            code,
            at,
            operator,
            note,
        )
    )


async def facts_of(db: Connection, payout_id: UUID) -> dict[str, Any]:
    """What the audit says beside an act about a payout."""
    row = await db.fetchrow(
        "SELECT asset, amount, address, account_id FROM payouts WHERE id = $1", payout_id
    )
    if row is None:
        return {}
    return {
        "asset": row["asset"],
        "amountMinor": str(int(row["amount"])),
        "address": row["address"],
        "accountId": str(row["account_id"]),
    }


async def fail_payout(
    db_tx: Connection, payout_id: UUID, code: str, detail: str, at: datetime
) -> None:
    """Ends a payout as failed and releases its hold. Raises `PayoutMayStillLand`."""
    await db_tx.execute("SELECT payouts_fail($1, $2, $3, $4)", payout_id, code, detail, at)


async def count_by_status(db: Connection) -> Sequence[tuple[str, str | None, int]]:
    """(status, waiting_for, count) of what has not ended."""
    rows = await db.fetch(
        "SELECT status, waiting_for, count(*) AS n FROM payouts"
        " WHERE status NOT IN ('final', 'failed') GROUP BY status, waiting_for LIMIT 100"
    )
    return [(row["status"], row["waiting_for"], row["n"]) for row in rows]


async def paid_out_since(db: Connection, since: datetime) -> list[Money]:
    """What became final from `since` on, one sum for each asset."""
    rows = await db.fetch(
        "SELECT p.asset, sum(p.amount) AS amount"
        " FROM payout_attempts AS a"
        " JOIN payout_attempt_items AS i ON i.attempt_id = a.id"
        " JOIN payouts AS p ON p.id = i.payout_id"
        " WHERE a.status = 'final' AND a.ended_at >= $1 AND p.status = 'final'"
        " GROUP BY p.asset ORDER BY p.asset",
        since,
    )
    return [Money(int(row["amount"]), Asset(row["asset"])) for row in rows]
