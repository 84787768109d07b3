"""Reads of the ledger. It is written by its SQL functions alone."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset


class Balance(msgspec.Struct, frozen=True):
    """What one account owns in one asset, in minor units."""

    asset: Asset
    available_minor: int
    locked_minor: int


class Entry(msgspec.Struct, frozen=True):
    """One entry of a ledger account: `amount_minor` is above zero, `side` says which way."""

    version: int
    transfer_id: UUID
    side: str
    amount_minor: int
    balance_minor: int
    kind: str
    subject: str
    posted_at: datetime


class Day(msgspec.Struct, frozen=True):
    """What came in on one day: how many entries, about how many subjects, how much in all."""

    day: date
    entries: int
    subjects: int
    amount_minor: int


async def balances_of(connection: Connection, owner: UUID) -> list[Balance]:
    """All balances of one marketplace account; locked is what holds have promised."""
    rows = await connection.fetch(
        "SELECT asset, sum(balance - held)::numeric AS available, sum(held)::numeric AS locked"
        " FROM ledger_accounts WHERE owner = $1 AND name LIKE 'available:%'"
        " GROUP BY asset ORDER BY asset",
        owner,
    )
    return [Balance(Asset(r["asset"]), int(r["available"]), int(r["locked"])) for r in rows]


async def available_account(connection: Connection, owner: UUID, asset: Asset) -> int | None:
    """The ledger account of a person's own money in `asset`; None before any came."""
    return await account_named(connection, f"available:{owner}:{asset}")


async def account_named(connection: Connection, name: str) -> int | None:
    """The ledger account of that name, as `treasury:…`, `fees:SOL`; None when there is none."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM ledger_accounts WHERE name = $1", name
    )
    return found


_HISTORY = """
SELECT * FROM (
  (SELECT debit_version AS version, id, 'debit' AS side, amount, debit_balance AS balance,
          kind, subject, posted_at
     FROM ledger_transfers WHERE debit_account = $1 AND debit_version < $2
    ORDER BY debit_version DESC LIMIT $3)
  UNION ALL
  (SELECT credit_version, id, 'credit', amount, credit_balance, kind, subject, posted_at
     FROM ledger_transfers WHERE credit_account = $1 AND credit_version < $2
    ORDER BY credit_version DESC LIMIT $3)
) AS entries ORDER BY version DESC LIMIT $3
"""


async def history_of(
    connection: Connection, account: int, *, before_version: int | None, limit: int
) -> list[Entry]:
    """At most `limit` entries of one ledger account, newest first, older than `before_version`."""
    rows = await connection.fetch(_HISTORY, account, before_version or 2**62, limit)
    return [
        Entry(
            version=r["version"],
            transfer_id=r["id"],
            side=r["side"],
            amount_minor=int(r["amount"]),
            balance_minor=int(r["balance"]),
            kind=r["kind"],
            subject=r["subject"],
            posted_at=r["posted_at"],
        )
        for r in rows
    ]


# Far more than a person does in a month; it bounds what one request may read.
_DAYS_ENTRIES_MAX = 50_000
_DAYS = """
SELECT (posted_at AT TIME ZONE $3)::date AS day, count(*) AS entries,
       count(DISTINCT subject) AS subjects, sum(amount) AS amount
  FROM (SELECT posted_at, kind, subject, amount FROM ledger_transfers
         WHERE credit_account = $1 ORDER BY credit_version DESC LIMIT $6) AS newest
 WHERE kind = $2
   AND (posted_at AT TIME ZONE $3)::date > ($4::timestamptz AT TIME ZONE $3)::date - $5::integer
 GROUP BY day ORDER BY day DESC
"""


async def days_of(
    connection: Connection, account: int, *, kind: str, zone: str, now: datetime, days: int
) -> list[Day]:
    """What came into one ledger account by `kind` on each of the last `days` days of `zone`.

    Today's comes first; days without any are left out. Of an account that had more than 50,000
    entries meanwhile, the newest count. Raises asyncpg's `InvalidParameterValueError` for a zone
    that the database does not know.
    """
    rows = await connection.fetch(_DAYS, account, kind, zone, now, days, _DAYS_ENTRIES_MAX)
    return [Day(r["day"], r["entries"], r["subjects"], int(r["amount"])) for r in rows]
