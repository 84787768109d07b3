"""`earnest ledger`: replaying it, and reading it."""

import asyncio

import asyncpg
import msgspec
from rich.text import Text

from earnest import ledger
from earnest.kit.db import SCHEMA, Database, translate
from earnest.kit.errors import NotFound
from earnest.kit.money import Asset
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


def show_verification(settings: Settings, *, as_json: bool) -> int:
    """Replays the ledger. 0 when nothing was found."""

    async def replay() -> ledger.Verification:
        try:
            connection = await asyncpg.connect(
                settings.database_url,
                server_settings={"search_path": SCHEMA, "application_name": "earnest verify"},
            )
            try:
                return await ledger.verify_ledger(connection)
            finally:
                await connection.close()
        except (asyncpg.PostgresError, OSError) as error:
            raise translate(error) or error from error

    found = asyncio.run(replay())
    if as_json:
        print_json({"ok": found.ok, **msgspec.structs.asdict(found)})
        return 0 if found.ok else 1
    out = console()
    counts = (
        f"Replayed: transfers {found.transfers}, accounts {found.accounts}, holds {found.holds}, "
        f"signed checkpoints {found.checkpoints}."
    )
    out.print(counts)
    for fault in found.faults:
        out.print(Text.assemble((f"  {fault.where}: ", "look"), fault.what))
    if found.ok:
        out.print(Text("Everything adds up; every hash and signature holds.", style="done"))
    else:
        out.print(
            Text(
                "The ledger was changed outside of its own functions, or is damaged. Pay nothing "
                "out until a person has looked.",
                style="look",
            )
        )
    return 0 if found.ok else 1


class _Account(msgspec.Struct, frozen=True, rename="camel"):
    id: int
    name: str
    type: str
    asset: Asset
    balance_minor: str
    held_minor: str


def show_accounts(settings: Settings, *, cursor: str | None, limit: int, as_json: bool) -> int:
    """Lists ledger accounts in the order of their numbers."""
    after = decode_cursor(cursor, int) if cursor else 0

    async def read(database: Database) -> list[_Account]:
        rows = await database.fetch(
            "SELECT id, name, type, asset, balance, held FROM ledger_accounts"
            " WHERE id > $1 ORDER BY id LIMIT $2",
            after,
            limit + 1,
        )
        return [
            _Account(
                r["id"],
                r["name"],
                r["type"],
                Asset(r["asset"]),
                str(int(r["balance"])),
                str(int(r["held"])),
            )
            for r in rows
        ]

    found = with_database(settings, read)
    page, following = found[:limit], found[limit:]
    next_cursor = encode_cursor(page[-1].id) if following else None
    if as_json:
        print_json({"items": page, "nextCursor": next_cursor})
        return 0
    rows = [
        (str(a.id), a.name, a.type, amount_for_people(int(a.balance_minor), a.asset),
         amount_for_people(int(a.held_minor), a.asset))
        for a in page
    ]  # fmt: skip
    print_page(rows, ["No", "Account", "Type", "Balance", "Held"], (0, 3, 4), next_cursor)
    return 0


def show_history(
    settings: Settings, account: str, *, cursor: str | None, limit: int, as_json: bool
) -> int:
    """One page of an account's entries, the newest first."""
    before = decode_cursor(cursor, int) if cursor else None

    async def read(database: Database) -> tuple[Asset, list[ledger.Entry]]:
        async with database.connection() as db:
            row = await db.fetchrow(
                "SELECT id, asset FROM ledger_accounts WHERE name = $1 OR id::text = $1", account
            )
            if row is None:
                raise NotFound(
                    what=f"ledger account: {account}. `earnest ledger history` lists them"
                )
            return Asset(row["asset"]), await ledger.history_of(
                db, row["id"], before_version=before, limit=limit + 1
            )

    asset, found = with_database(settings, read)
    page, following = found[:limit], found[limit:]
    next_cursor = encode_cursor(page[-1].version) if following else None
    if as_json:
        items = [
            {
                "version": e.version,
                "transferId": str(e.transfer_id),
                "side": e.side,
                "asset": asset,
                "amountMinor": str(e.amount_minor),
                "balanceMinor": str(e.balance_minor),
                "kind": e.kind,
                "subject": e.subject,
                "postedAt": e.posted_at.isoformat(),
            }
            for e in page
        ]
        print_json({"items": items, "nextCursor": next_cursor})
        return 0
    rows = [
        (
            str(e.version),
            time_for_people(e.posted_at),
            e.side,
            amount_for_people(e.amount_minor, asset),
            amount_for_people(e.balance_minor, asset),
            e.kind,
            e.subject,
        )
        for e in page
    ]
    head = ["No", "Posted", "Side", "Amount", "Balance after", "Kind", "Of"]
    print_page(rows, head, (0, 3, 4), next_cursor)
    return 0
