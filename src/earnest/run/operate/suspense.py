"""`earnest suspense`: money that arrived and is nobody's yet."""

from datetime import datetime
from uuid import UUID

import msgspec

from earnest import audit, treasury
from earnest.kit.db import Database
from earnest.kit.errors import InvalidInput, NotFound
from earnest.kit.paging import decode_cursor, encode_cursor
from earnest.kit.settings import Settings
from earnest.run.operate import (
    amount_for_people,
    print_json,
    print_page,
    time_for_people,
    with_database,
)
from earnest.run.terminal import console


class _SuspensePosition(msgspec.Struct, frozen=True, array_like=True):
    noted_at: datetime
    id: UUID


def show_suspense(settings: Settings, *, cursor: str | None, limit: int, as_json: bool) -> int:
    """One page of what waits for a person, the oldest first."""
    place = decode_cursor(cursor, _SuspensePosition) if cursor else None

    async def read(database: Database) -> list[treasury.SuspenseItem]:
        async with database.connection() as db:
            return await treasury.list_suspense(
                db, after=(place.noted_at, place.id) if place else None, limit=limit + 1
            )

    found = with_database(settings, read)
    page, following = found[:limit], found[limit:]
    next_cursor = None
    if following:
        next_cursor = encode_cursor(_SuspensePosition(page[-1].noted_at, page[-1].id))
    if as_json:
        items = [
            {
                "id": str(i.id),
                "chain": i.chain,
                "txId": i.tx_id,
                "asset": i.asset,
                "amountMinor": str(i.amount_minor),
                "payer": i.payer,
                "reason": i.reason,
                "notedAt": i.noted_at.isoformat(),
            }
            for i in page
        ]
        print_json({"items": items, "nextCursor": next_cursor})
        return 0
    if not page:
        console().print("Nothing is in suspense: all money that arrived has an owner.")
        return 0
    rows = [
        (
            str(i.id),
            time_for_people(i.noted_at),
            amount_for_people(i.amount_minor, i.asset),
            i.reason,
            i.payer or "unknown",
            i.tx_id,
        )
        for i in page
    ]
    print_page(rows, ["Id", "Noted", "Amount", "Why", "Payer", "Chain tx"], (2,), next_cursor)
    return 0


def settle(settings: Settings, item: UUID, *, to: str, by: str, note: str) -> None:
    """Gives a suspense item to an account, named by its id or by an address linked to it."""
    if not by.strip() or not note.strip():
        raise InvalidInput(reason="Say who decided (--by) and why (--note): both are kept.")

    async def work(database: Database) -> UUID:
        async with database.db_tx() as db_tx:
            owner = await db_tx.fetchval(
                "SELECT id FROM accounts WHERE id::text = $1 UNION ALL"
                " SELECT account_id FROM account_addresses WHERE address = $1 LIMIT 1",
                to,
            )
            if owner is None:
                raise NotFound(what=f"account or linked address: {to}")
            await treasury.settle_suspense(
                db_tx, item, credit_to=owner, decided_by=by.strip(), note=note.strip()
            )
            await audit.record(
                db_tx,
                by=by.strip(),
                act="suspense_settle",
                subject=f"suspense:{item}",
                note=note.strip(),
                facts={"accountId": str(owner)},
            )
            return UUID(str(owner))

    owner = with_database(settings, work)
    print(f"Settled. The money of {item} is in the balance of account {owner}.")
