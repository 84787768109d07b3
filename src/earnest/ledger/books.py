"""Reads of the whole ledger, for whoever keeps the books. Each is bounded and pages by an index."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.money import Asset
from earnest.ledger.verify import entry_hash

AccountType = Literal["asset", "liability", "equity", "income", "expense"]
Direction = Literal["in", "out"]
DEBIT_GROWS: frozenset[str] = frozenset({"asset", "expense"})
VERIFICATIONS_SHOWN_MAX = 20
_VERSION_MAX = 2**62
_NO_HEAD = bytes(32)


class KindTotal(msgspec.Struct, frozen=True):
    """All accounts of one kind and asset together, in minor units, in the type's own direction."""

    kind: str
    type: AccountType
    asset: Asset
    accounts: int
    balance_minor: int
    held_minor: int


class LedgerAccount(msgspec.Struct, frozen=True):
    """One account as it stands. `entries` is how many it has; `owner` whom it is owed to."""

    id: int
    name: str
    kind: str
    type: AccountType
    asset: Asset
    balance_minor: int
    held_minor: int
    entries: int
    owner: UUID | None


class BookEntry(msgspec.Struct, frozen=True):
    """One entry of an account, with the account on its other side. `direction` is what it did to
    the balance: an asset grows by a debit, what is owed by a credit."""

    version: int
    transfer_id: UUID
    side: Literal["debit", "credit"]
    direction: Direction
    amount_minor: int
    balance_minor: int
    kind: str
    subject: str
    other_id: int
    other_name: str
    posted_at: datetime


class Range(msgspec.Struct, frozen=True):
    """Entries of one account by their numbers: from `first` on, up to `end` and without it."""

    first: int = 1
    end: int = _VERSION_MAX


class Checkpoint(msgspec.Struct, frozen=True):
    """A signed one, by its number and time."""

    id: int
    taken_at: datetime


class Leg(msgspec.Struct, frozen=True):
    """One side of a transfer. `chained`: its hash is over the entry before it and what it says.
    `checkpoint` is the first signed one that covers it, None until there is one."""

    account: LedgerAccount
    version: int
    balance_minor: int
    direction: Direction
    hash: bytes
    hash_before: bytes
    chained: bool
    checkpoint: Checkpoint | None


class Transfer(msgspec.Struct, frozen=True):
    """A whole transfer. Its id is its key: the same cause never posts twice."""

    id: UUID
    asset: Asset
    amount_minor: int
    kind: str
    subject: str
    posted_at: datetime
    debit: Leg
    credit: Leg


class Fault(msgspec.Struct, frozen=True):
    """One thing that did not add up."""

    where: str
    what: str


class KeptVerification(msgspec.Struct, frozen=True):
    """What came of one replay of the whole ledger."""

    id: int
    began_at: datetime
    ended_at: datetime
    transfers: int
    accounts: int
    holds: int
    checkpoints: int
    faults: list[Fault]


def transfer_id(cause: str) -> UUID:
    """A transfer's id from what it is for, as the SQL function `ledger_id` has it."""
    return UUID(bytes=hashlib.sha256(cause.encode()).digest()[:16])


_TOTALS = """
SELECT split_part(name, ':', 1) AS kind, type, asset, count(*) AS accounts,
       sum(balance) AS balance, sum(held) AS held
  FROM ledger_accounts GROUP BY 1, 2, 3 ORDER BY asset, type, kind
"""


async def kind_totals(db: Connection) -> list[KindTotal]:
    """The chart of accounts with its sums, of one snapshot. Reads every account once."""
    return [
        KindTotal(
            kind=row["kind"],
            type=row["type"],
            asset=Asset(row["asset"]),
            accounts=row["accounts"],
            balance_minor=int(row["balance"]),
            held_minor=int(row["held"]),
        )
        for row in await db.fetch(_TOTALS)
    ]


_ACCOUNT = (
    "SELECT id, name, split_part(name, ':', 1) AS kind, type, asset, balance, held, version, owner"
    "  FROM ledger_accounts"
)


def _account(row: Any) -> LedgerAccount:
    return LedgerAccount(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        type=row["type"],
        asset=Asset(row["asset"]),
        balance_minor=int(row["balance"]),
        held_minor=int(row["held"]),
        entries=row["version"],
        owner=row["owner"],
    )


async def find_account(db: Connection, id: int) -> LedgerAccount | None:
    """One account by its number."""
    row = await db.fetchrow(f"{_ACCOUNT} WHERE id = $1", id)
    return None if row is None else _account(row)


async def list_accounts(
    db: Connection, kind: str, asset: Asset, *, before_id: int | None, limit: int
) -> list[LedgerAccount]:
    """At most `limit` accounts of a kind and asset, the newest first."""
    rows = await db.fetch(
        f"{_ACCOUNT} WHERE split_part(name, ':', 1) = $1 AND asset = $2 AND id < $3"
        " ORDER BY split_part(name, ':', 1) DESC, asset DESC, id DESC LIMIT $4",
        kind,
        asset.value,
        before_id or _VERSION_MAX,
        limit,
    )
    return [_account(row) for row in rows]


async def owned_accounts(db: Connection, owner: UUID) -> list[LedgerAccount]:
    """The accounts that are owed to one person: one for each asset they ever had."""
    rows = await db.fetch(f"{_ACCOUNT} WHERE owner = $1 ORDER BY asset, id LIMIT 100", owner)
    return [_account(row) for row in rows]


async def range_between(
    db: Connection, account: int, since: datetime | None, until: datetime | None
) -> Range:
    """The entries posted at `since` or later and before `until`; None is no bound."""
    first = await _version_at(db, account, since) if since else 1
    end = await _version_at(db, account, until) if until else _VERSION_MAX
    return Range(first, end)


async def _version_at(db: Connection, account: int, moment: datetime) -> int:
    return int(await db.fetchval("SELECT ledger_version_at($1, $2)", account, moment))


_ENTRIES = """
SELECT e.*, other.name AS other_name FROM (
  (SELECT debit_version AS version, id, 'debit' AS side, amount, debit_balance AS balance,
          kind, subject, posted_at, credit_account AS other_id
     FROM ledger_transfers
    WHERE debit_account = $1 AND debit_version >= $2 AND debit_version < $3
    ORDER BY debit_version {order} LIMIT $4)
  UNION ALL
  (SELECT credit_version, id, 'credit', amount, credit_balance,
          kind, subject, posted_at, debit_account
     FROM ledger_transfers
    WHERE credit_account = $1 AND credit_version >= $2 AND credit_version < $3
    ORDER BY credit_version {order} LIMIT $4)
) AS e JOIN ledger_accounts AS other ON other.id = e.other_id
ORDER BY version {order} LIMIT $4
"""
_NEWEST_FIRST, _OLDEST_FIRST = _ENTRIES.format(order="DESC"), _ENTRIES.format(order="ASC")


async def list_entries(
    db: Connection, account: LedgerAccount, within: Range, *, oldest_first: bool, limit: int
) -> list[BookEntry]:
    """At most `limit` entries of an account, from either end of the range."""
    rows = await db.fetch(
        _OLDEST_FIRST if oldest_first else _NEWEST_FIRST,
        account.id,
        within.first,
        within.end,
        limit,
    )
    return [
        BookEntry(
            version=row["version"],
            transfer_id=row["id"],
            side=row["side"],
            direction=direction_of(account.type, row["side"]),
            amount_minor=int(row["amount"]),
            balance_minor=int(row["balance"]),
            kind=row["kind"],
            subject=row["subject"],
            other_id=row["other_id"],
            other_name=row["other_name"],
            posted_at=row["posted_at"],
        )
        for row in rows
    ]


def direction_of(type: AccountType, side: str) -> Direction:
    """What an entry on that side does to an account of that type."""
    return "in" if (side == "debit") == (type in DEBIT_GROWS) else "out"


async def find_transfer(db: Connection, id: UUID) -> Transfer | None:
    """One transfer with both its sides, their hashes reckoned anew."""
    row = await db.fetchrow("SELECT * FROM ledger_transfers WHERE id = $1", id)
    if row is None:
        return None
    debit = await _leg(db, row, "debit")
    credit = await _leg(db, row, "credit")
    return Transfer(
        id=row["id"],
        asset=debit.account.asset,
        amount_minor=int(row["amount"]),
        kind=row["kind"],
        subject=row["subject"],
        posted_at=row["posted_at"],
        debit=debit,
        credit=credit,
    )


_HASH_OF = """
SELECT debit_hash AS hash FROM ledger_transfers WHERE debit_account = $1 AND debit_version = $2
UNION ALL
SELECT credit_hash FROM ledger_transfers WHERE credit_account = $1 AND credit_version = $2
"""
_COVERED_BY = """
SELECT c.id, c.taken_at FROM ledger_checkpoint_heads AS h
  JOIN ledger_checkpoints AS c ON c.id = h.checkpoint_id
 WHERE h.account = $1 AND h.version >= $2 ORDER BY h.version LIMIT 1
"""


async def _leg(db: Connection, row: Any, side: Literal["debit", "credit"]) -> Leg:
    number, version = row[f"{side}_account"], row[f"{side}_version"]
    account = _account(await db.fetchrow(f"{_ACCOUNT} WHERE id = $1", number))
    before = await db.fetchval(_HASH_OF, number, version - 1) if version > 1 else _NO_HEAD
    covered = await db.fetchrow(_COVERED_BY, number, version)
    amount, balance = int(row["amount"]), int(row[f"{side}_balance"])
    hash, before = bytes(row[f"{side}_hash"]), bytes(before or b"")
    return Leg(
        account=account,
        version=version,
        balance_minor=balance,
        direction=direction_of(account.type, side),
        hash=hash,
        hash_before=before,
        chained=entry_hash(before, row["id"], side, amount, balance, version) == hash,
        checkpoint=None if covered is None else Checkpoint(covered["id"], covered["taken_at"]),
    )


async def newest_checkpoint(db: Connection) -> Checkpoint | None:
    """The last one that the worker signed."""
    row = await db.fetchrow("SELECT id, taken_at FROM ledger_checkpoints ORDER BY id DESC LIMIT 1")
    return None if row is None else Checkpoint(row["id"], row["taken_at"])


async def list_verifications(db: Connection, *, limit: int) -> list[KeptVerification]:
    """The last replays, the newest first."""
    rows: Sequence[Any] = await db.fetch(
        "SELECT * FROM ledger_verifications ORDER BY id DESC LIMIT $1",
        min(limit, VERIFICATIONS_SHOWN_MAX),
    )
    return [msgspec.convert(dict(row), KeptVerification) for row in rows]
