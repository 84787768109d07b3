"""Finding accounts by what an operator has of them: the beginning of an address or of an id."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from earnest.accounts.errors import InvalidWalletAddress
from earnest.accounts.store import LinkedAddress
from earnest.accounts.wallets import parse_wallet
from earnest.kit.db import Connection

SEARCH_PATTERN = r"^[0-9A-Za-z-]{3,64}(?!\n)$"
SESSIONS_COUNTED_MAX = 1_000
_ID_BEGINNING = re.compile(r"[0-9a-f-]{3,36}")


class FoundAccount(msgspec.Struct, frozen=True):
    """An account with its wallets, the oldest of them first."""

    id: UUID
    created_at: datetime
    addresses: list[LinkedAddress]


_ACCOUNT = """
SELECT a.id, a.created_at,
       (SELECT coalesce(json_agg(json_build_object('chain', w.chain, 'address', w.address,
            'linked_at', w.linked_at) ORDER BY w.linked_at, w.chain, w.identity), '[]')
          FROM (SELECT * FROM account_addresses WHERE account_id = a.id
                 ORDER BY linked_at, chain, identity LIMIT 100) AS w) AS addresses
  FROM accounts AS a
"""


def _found(row: object) -> FoundAccount:
    return msgspec.convert(dict(row), FoundAccount)  # type: ignore[call-overload]


async def find_by_id(db: Connection, account_id: UUID) -> FoundAccount | None:
    """One account."""
    row = await db.fetchrow(f"{_ACCOUNT} WHERE a.id = $1", account_id)
    return None if row is None else _found(row)


async def list_newest(
    db: Connection, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[FoundAccount]:
    """At most `limit` accounts, the newest first."""
    rows = await db.fetch(
        f"{_ACCOUNT} WHERE $1::timestamptz IS NULL OR (a.created_at, a.id) < ($1, $2::uuid)"
        " ORDER BY a.created_at DESC, a.id DESC LIMIT $3",
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
    return [_found(row) for row in rows]


_SEARCH = """
JOIN (
  SELECT id FROM accounts WHERE id >= $1 AND id <= $2
  UNION SELECT account_id FROM account_addresses WHERE address LIKE $3 || '%'
  UNION SELECT account_id FROM account_addresses WHERE identity LIKE $4 || '%'
) AS hit ON hit.id = a.id
WHERE $5::uuid IS NULL OR a.id > $5 ORDER BY a.id LIMIT $6
"""
_NO_ID = UUID(int=2**128 - 1), UUID(int=0)


async def search_accounts(
    db: Connection, beginning: str, *, after: UUID | None, limit: int
) -> list[FoundAccount]:
    """At most `limit` accounts, in the order of their ids, whose id or one of whose addresses
    begins so. A whole Stacks address is found in each network's form, an EVM one in any case."""
    lowest, highest = _id_range(beginning) or _NO_ID
    rows = await db.fetch(
        f"{_ACCOUNT} {_SEARCH}",
        lowest,
        highest,
        beginning,
        _identity(beginning),
        after,
        limit,
    )
    return [_found(row) for row in rows]


def _identity(beginning: str) -> str:
    try:
        return parse_wallet(beginning).identity
    except InvalidWalletAddress:
        return beginning.lower() if beginning.lower().startswith("0x") else beginning


def _id_range(beginning: str) -> tuple[UUID, UUID] | None:
    """The lowest and the highest id that begin with these digits."""
    digits = beginning.lower()
    if not _ID_BEGINNING.fullmatch(digits):
        return None
    digits = digits.replace("-", "")
    if not 0 < len(digits) <= 32:
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


async def count_live_sessions(db: Connection, account_id: UUID, now: datetime) -> int:
    """How many sessions of an account are signed in; counted up to a thousand."""
    found: int = await db.fetchval(
        "SELECT count(*) FROM (SELECT FROM sessions WHERE account_id = $1"
        " AND revoked_at IS NULL AND expires_at > $2 LIMIT $3) AS live",
        account_id,
        now,
        SESSIONS_COUNTED_MAX,
    )
    return found
