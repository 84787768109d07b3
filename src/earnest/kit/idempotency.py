"""`Idempotency-Key`: the same request sent twice has one effect and one answer.

A key belongs to (account, route, hash of the body). It is claimed by an INSERT in the very
transaction that does the work, so a second request waits for the first, and then finds its
answer. Only answers of work that was done are kept, for 24 hours.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from litestar.params import HeaderParameter

from earnest.kit.db import Connection, Database
from earnest.kit.errors import EarnestError, Kind

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours: the same key with the same body has one effect.",
    ),
]

T = TypeVar("T")


class KeyUsedForAnotherRequest(EarnestError):
    """This Idempotency-Key was used for another body. Take a new key for a new request."""

    code = "idempotency_key_reused"
    kind = Kind.CONFLICT


class FirstRequestStillRuns(EarnestError):
    """The first request with this Idempotency-Key is still being worked on. Ask again shortly."""

    code = "idempotency_first_still_runs"
    kind = Kind.CONFLICT


async def once(
    database: Database,
    work: Callable[[Connection], Awaitable[T]],
    *,
    key: str | None,
    account_id: UUID,
    route: str,
    body: object,
    answer: type[T],
) -> T:
    """Runs `work` in one transaction, at most once per key, and returns its answer.

    Without a key it is simply one transaction. Raises `KeyUsedForAnotherRequest`, or
    `FirstRequestStillRuns` when the first holder of the key has not ended within 5 s.
    """
    if key is None:
        async with database.db_tx() as db_tx:
            return await work(db_tx)
    body_hash = _hash(body)
    async with database.db_tx() as db_tx:
        await db_tx.execute("SET LOCAL lock_timeout = '5s'")
        try:
            claimed = await db_tx.fetchval(
                "INSERT INTO idempotency_keys (account_id, route, key, body_hash)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING true",
                account_id,
                route,
                key,
                body_hash,
            )
        except asyncpg.LockNotAvailableError as error:
            raise FirstRequestStillRuns(retry_after_s=1) from error
        await db_tx.execute("SET LOCAL lock_timeout = 0")
        if not claimed:
            row = await db_tx.fetchrow(_STORED, account_id, route, key)
            if row is None:
                raise FirstRequestStillRuns(retry_after_s=1)
            return _read(row, body_hash, answer)
        result = await work(db_tx)
        await db_tx.execute(
            "UPDATE idempotency_keys SET answer = $4"
            " WHERE account_id = $1 AND route = $2 AND key = $3",
            account_id,
            route,
            key,
            msgspec.to_builtins(result, enc_hook=str),
        )
    return result


async def answered(
    database: Database,
    *,
    key: str | None,
    account_id: UUID,
    route: str,
    body: object,
    answer: type[T],
) -> T | None:
    """The answer that this key got before, or None. For requests that ask the outside first:
    a repeat must not depend on it. Raises `KeyUsedForAnotherRequest`.
    """
    if key is None:
        return None
    row = await database.fetchrow(_STORED, account_id, route, key)
    return None if row is None else _read(row, _hash(body), answer)


_STORED = (
    "SELECT body_hash, answer FROM idempotency_keys"
    " WHERE account_id = $1 AND route = $2 AND key = $3"
)


def _hash(body: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(body, enc_hook=str)).digest()


def _read(row: asyncpg.Record, body_hash: bytes, answer: type[T]) -> T:
    if bytes(row["body_hash"]) != body_hash:
        raise KeyUsedForAnotherRequest
    return msgspec.convert(row["answer"], answer)
