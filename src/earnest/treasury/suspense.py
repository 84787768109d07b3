"""Money that arrived and is nobody's yet: listed for a person, and given to somebody once."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset, Chain
from earnest.ledger import transfer_id


class SuspenseItem(msgspec.Struct, frozen=True):
    """Money that arrived and is nobody's yet. `amount_minor` in minor units of `asset`."""

    id: UUID
    chain: Chain
    tx_id: str
    asset: Asset
    amount_minor: int
    payer: str | None
    reason: str
    noted_at: datetime


class Settlement(msgspec.Struct, frozen=True):
    """To whom an item was given, who decided it, and why."""

    credited_to: UUID
    settled_by: str
    note: str
    settled_at: datetime
    transfer_id: UUID


class SuspenseCase(msgspec.Struct, frozen=True):
    """An item as an operator sees it. `payer_account` is whose wallet the payer's is, if anybody's
    here: a hint at whose money it may be, no more."""

    item: SuspenseItem
    payer_account: UUID | None
    settlement: Settlement | None


class SuspenseSum(msgspec.Struct, frozen=True):
    """All that waits in one asset, by the ledger."""

    asset: Asset
    amount_minor: int


def _item(row: Any) -> SuspenseItem:
    return SuspenseItem(
        id=row["id"],
        chain=Chain(row["chain"]),
        tx_id=row["tx_id"],
        asset=Asset(row["asset"]),
        amount_minor=int(row["amount"]),
        payer=row["payer"],
        reason=row["reason"],
        noted_at=row["noted_at"],
    )


def _settlement(row: Any) -> Settlement | None:
    if row["settled_at"] is None:
        return None
    return Settlement(
        credited_to=row["credited_to"],
        settled_by=row["settled_by"],
        note=row["note"],
        settled_at=row["settled_at"],
        transfer_id=transfer_id(f"settled {row['id']}"),
    )


def _case(row: Any) -> SuspenseCase:
    return SuspenseCase(_item(row), row["payer_account"], _settlement(row))


async def list_suspense(
    db: Connection, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[SuspenseItem]:
    """What waits for a person to decide, oldest first, at most `limit`."""
    return [case.item for case in await list_waiting(db, after=after, limit=limit)]


_CASE = """
SELECT s.*, e.credited_to, e.settled_by, e.note, e.settled_at,
       (SELECT w.account_id FROM account_addresses AS w
         WHERE w.chain = s.chain AND w.identity = s.payer) AS payer_account
  FROM treasury_suspense AS s
"""


async def list_waiting(
    db: Connection, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[SuspenseCase]:
    """What waits for a person to decide, oldest first, at most `limit`."""
    rows = await db.fetch(
        f"{_CASE} LEFT JOIN treasury_suspense_ends AS e ON e.suspense_id = s.id"
        " WHERE e.suspense_id IS NULL"
        "   AND ($1::timestamptz IS NULL OR (s.noted_at, s.id) > ($1, $2::uuid))"
        " ORDER BY s.noted_at, s.id LIMIT $3",
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_case(row) for row in rows]


async def list_settled(
    db: Connection, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[SuspenseCase]:
    """What was decided, the latest decision first, at most `limit`."""
    rows = await db.fetch(
        f"{_CASE} JOIN treasury_suspense_ends AS e ON e.suspense_id = s.id"
        " WHERE $1::timestamptz IS NULL OR (e.settled_at, e.suspense_id) < ($1, $2::uuid)"
        " ORDER BY e.settled_at DESC, e.suspense_id DESC LIMIT $3",
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [_case(row) for row in rows]


async def settled_to(db: Connection, account_id: UUID, *, limit: int) -> list[SuspenseCase]:
    """What was given to one account, the latest decision first, at most `limit`."""
    rows = await db.fetch(
        f"{_CASE} JOIN treasury_suspense_ends AS e ON e.suspense_id = s.id"
        " WHERE e.credited_to = $1 ORDER BY e.settled_at DESC LIMIT $2",
        account_id,
        limit,
    )
    return [_case(row) for row in rows]


async def find_suspense(db: Connection, item_id: UUID) -> SuspenseCase | None:
    """One item, settled or not."""
    row = await db.fetchrow(
        f"{_CASE} LEFT JOIN treasury_suspense_ends AS e ON e.suspense_id = s.id WHERE s.id = $1",
        item_id,
    )
    return None if row is None else _case(row)


async def sums_waiting(db: Connection) -> list[SuspenseSum]:
    """What waits, asset by asset, by the ledger's own balances; assets without any are left out."""
    rows = await db.fetch(
        "SELECT asset, balance FROM ledger_accounts WHERE split_part(name, ':', 1) = 'suspense'"
        " AND balance > 0 ORDER BY asset"
    )
    return [SuspenseSum(Asset(row["asset"]), int(row["balance"])) for row in rows]


async def settle_suspense(
    db_tx: Connection, item_id: UUID, *, credit_to: UUID, decided_by: str, note: str
) -> None:
    """Gives an item to an account's balance, with the line that says who decided it and why.

    Raises `SuspenseUnknown`, `SuspenseSettled` or `RecipientUnknown`.
    """
    await db_tx.execute(
        "SELECT treasury_settle_suspense($1, $2, $3, $4)", item_id, credit_to, decided_by, note
    )
