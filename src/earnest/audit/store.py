"""All SQL about operators' acts. The table takes rows and never gives one up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from earnest.kit.db import Connection
from earnest.kit.errors import InvalidInput

NOTE_LENGTH_MAX = 2_000
NAME_LENGTH_MAX = 200


class OperatorAct(msgspec.Struct, frozen=True, kw_only=True):
    """One act. `by` is an account's id, or the name that was given on the command line."""

    id: int
    at: datetime
    by: UUID | str
    act: str
    subject: str
    note: str
    facts: dict[str, Any]


async def record(
    db_tx: Connection,
    *,
    by: UUID | str,
    act: str,
    subject: str,
    note: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Writes an act down in the transaction that does it: both are there, or neither.

    `by`: the account of an operator who signed in, or a name from the command line. `act` is a
    verb with its object (`suspense_settle`), `subject` what it was done to (`payout:<id>`).
    `facts` are what a reader needs beside them, amounts as decimal strings; no secrets. Raises
    `InvalidInput` when the note or the name is longer than what is kept of it.
    """
    for what, text, length_max in (("note", note, NOTE_LENGTH_MAX), ("name", by, NAME_LENGTH_MAX)):
        if isinstance(text, str) and len(text) > length_max:
            raise InvalidInput(reason=f"The {what} has {len(text)} letters; at most {length_max}.")
    column = "by_account" if isinstance(by, UUID) else "by_name"
    await db_tx.execute(
        f"INSERT INTO operator_acts ({column}, act, subject, note, facts)"
        " VALUES ($1, $2, $3, $4, $5)",
        by,
        act,
        subject,
        note,
        dict(facts or {}),
    )


async def list_acts(
    db: Connection,
    *,
    limit: int,
    before: int | None = None,
    act: str | None = None,
    subject: str | None = None,
    by: UUID | str | None = None,
) -> list[OperatorAct]:
    """At most `limit` acts, the newest first, from below `before` on; each filter is exact."""
    wanted: list[tuple[str, Any]] = [
        ("id <", before),
        ("act =", act),
        ("subject =", subject),
        ("by_account =" if isinstance(by, UUID) else "by_name =", by),
    ]
    given = [(test, value) for test, value in wanted if value is not None]
    tests = " AND ".join(f"{test} ${place}" for place, (test, _) in enumerate(given, 2))
    rows = await db.fetch(
        "SELECT id, at, by_account, by_name, act, subject, note, facts FROM operator_acts"
        f"{f' WHERE {tests}' if tests else ''} ORDER BY id DESC LIMIT $1",
        limit,
        *(value for _, value in given),
    )
    return [_act(row) for row in rows]


def _act(row: asyncpg.Record) -> OperatorAct:
    account = row["by_account"]
    return OperatorAct(
        id=row["id"],
        at=row["at"],
        by=row["by_name"] if account is None else UUID(str(account)),
        act=row["act"],
        subject=row["subject"],
        note=row["note"],
        facts=row["facts"],
    )
