"""What an operator asks in a terminal. Each command acts with the rights of one process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from rich.text import Text

from earnest import files, jobs, ledger, treasury
from earnest.chains import cursor_of, resume_chain
from earnest.chains.solana import SolanaRpc
from earnest.chains.solana.adapter import SolanaChain
from earnest.kit.db import SCHEMA, Database, translate
from earnest.kit.errors import EarnestError, InvalidInput, Kind, NotFound
from earnest.kit.money import Asset, Chain, Money
from earnest.kit.paging import decode_cursor, encode_cursor
from earnest.kit.settings import PREFIX, Settings, read_settings
from earnest.run.terminal import as_json_text, columns, console, show

T = TypeVar("T")

_CHAIN = Chain.SOLANA
_LEDGER_POLL_S = 0.2


class LedgerBehind(EarnestError):
    """The chain was asked at slot {slot}, and the ledger is at {followed} after {timeoutS} s. \
Nothing is known yet. Is the indexer running? `earnest chain status` says how far it is."""

    code = "ledger_behind"
    kind = Kind.UNAVAILABLE


class NothingFollowed(EarnestError):
    """The treasury has no account that is followed yet. The indexer opens them when it starts."""

    code = "nothing_followed"
    kind = Kind.UNAVAILABLE


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` with a pool of the settings' database. Raises `DatabaseUnavailable`."""

    async def connected() -> T:
        database = await Database.connect(
            settings.database_url, application="earnest operator", size_max=2
        )
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(connected())


def print_json(value: object) -> None:
    """Prints anything msgspec can write."""
    print(as_json_text(msgspec.to_builtins(value)))


def _amount(amount_minor: int, asset: Asset) -> str:
    return str(Money(amount_minor, asset))


def time_for_people(at: datetime) -> str:
    """A time of day and date in the time zone of the terminal."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


# -- solvency -----------------------------------------------------------------------------------


def show_solvency(settings: Settings, *, timeout_s: int, as_json: bool) -> int:
    """Asks the chain, waits for the ledger, compares. 0 when ledger = chain and all is covered."""
    settings.need("solana_rpc_urls")

    async def check(database: Database) -> treasury.SolvencyCheck:
        async with SolanaRpc(settings.rpc_urls) as rpc:
            asked = await treasury.ask_chain(database, SolanaChain(rpc))
        if asked is None:
            raise NothingFollowed
        return await _compare_when_there(database, asked, timeout_s)

    found = with_database(settings, check)
    if as_json:
        print_json(found)
    else:
        _print_solvency(found)
    return 0 if found.solvent else 1


async def _compare_when_there(
    database: Database, asked: treasury.ChainBalances, timeout_s: int
) -> treasury.SolvencyCheck:
    """The comparison at the slot asked about, once all up to it has been posted."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        async with database.db_tx() as db_tx:
            # One snapshot: what the ledger has is never older than the cursor seen here.
            await db_tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor = await cursor_of(db_tx, _CHAIN)
            posted = await db_tx.fetchval(
                "SELECT seq FROM treasury_cursors WHERE chain = $1", _CHAIN.value
            )
            followed = cursor.followed_slot or 0
            if followed >= asked.slot and (posted or 0) >= cursor.last_seq:
                return await treasury.compare(db_tx, _CHAIN, asked)
        if asyncio.get_running_loop().time() > deadline:
            raise LedgerBehind(slot=asked.slot, followed=followed, timeoutS=timeout_s)
        await asyncio.sleep(_LEDGER_POLL_S)


def _print_solvency(check: treasury.SolvencyCheck) -> None:
    out = console()
    out.print(Text.assemble(("Ledger against chain", "name"), f", Solana slot {check.slot}, final"))
    out.print("")
    rows: list[list[str | Text]] = [
        [
            f"  {account.address}",
            _amount(int(account.chain_minor), account.asset),
            _amount(int(account.ledger_minor), account.asset),
            Text("agrees", "done") if account.agrees else Text("differs", "look"),
        ]
        for account in check.accounts
    ]
    show(out, columns(rows, head=["  Account", "On chain", "In the ledger", ""], right=(1, 2)))
    out.print("")
    sums: list[list[str | Text]] = [
        [
            f"  {total.asset}",
            _amount(int(total.assets_minor), total.asset),
            _amount(int(total.liabilities_minor), total.asset),
            Text("covered", "done") if total.covered else Text("not covered", "look"),
        ]
        for total in check.totals
    ]
    show(out, columns(sums, head=["  Asset", "Held", "Owed to people", ""], right=(1, 2)))
    out.print("")
    if check.solvent:
        out.print(Text("Ledger = chain, and all that is owed is there.", style="done"))
    else:
        words = "Ledger and chain do not agree, or not all that is owed is there."
        out.print(Text(f"{words} Stop payouts and look: `earnest chain status`.", style="look"))


# -- ledger -------------------------------------------------------------------------------------


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
        (str(a.id), a.name, a.type, _amount(int(a.balance_minor), a.asset),
         _amount(int(a.held_minor), a.asset))
        for a in page
    ]  # fmt: skip
    _print_page(rows, ["No", "Account", "Type", "Balance", "Held"], (0, 3, 4), next_cursor)
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
        (str(e.version), time_for_people(e.posted_at), e.side, _amount(e.amount_minor, asset),
         _amount(e.balance_minor, asset), e.kind, e.subject)
        for e in page
    ]  # fmt: skip
    head = ["No", "Posted", "Side", "Amount", "Balance after", "Kind", "Of"]
    _print_page(rows, head, (0, 3, 4), next_cursor)
    return 0


def _print_page(
    rows: Sequence[Sequence[str]], head: Sequence[str], right: Sequence[int], cursor: str | None
) -> None:
    out = console()
    if not rows:
        out.print("There is nothing here.")
        return
    show(out, columns(rows, head=head, right=right))
    if cursor:
        out.print(Text(f"There are more: --cursor {cursor}", style="quiet"))


# -- suspense -----------------------------------------------------------------------------------


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
        (str(i.id), time_for_people(i.noted_at), _amount(i.amount_minor, i.asset), i.reason,
         i.payer or "unknown", i.tx_id)
        for i in page
    ]  # fmt: skip
    _print_page(rows, ["Id", "Noted", "Amount", "Why", "Payer", "Chain tx"], (2,), next_cursor)
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
            return UUID(str(owner))

    owner = with_database(settings, work)
    print(f"Settled. The money of {item} is in the balance of account {owner}.")


# -- chain --------------------------------------------------------------------------------------


def show_chain(settings: Settings, *, as_json: bool) -> int:
    """How far the chain is followed. 1 when it is halted."""

    async def read(database: Database) -> Any:
        async with database.connection() as db:
            return await cursor_of(db, _CHAIN)

    cursor = with_database(settings, read)
    halted = cursor.halted_reason is not None
    if as_json:
        print_json(cursor)
        return 1 if halted else 0
    out = console()
    if cursor.followed_slot is None:
        out.print(
            "Solana has not been followed yet: the indexer waits for the chain or does not run."
        )
    else:
        moved = f", written {time_for_people(cursor.moved_at)}" if cursor.moved_at else ""
        out.print(
            f"Solana is followed to final slot {cursor.followed_slot}{moved}; "
            f"{cursor.last_seq} facts in the log."
        )
    if halted:
        out.print(
            Text(
                f"Halted since {time_for_people(cursor.halted_at)}: {cursor.halted_reason}.", "look"
            )
        )
        out.print("Nothing is posted until a person has looked: `earnest chain resume`.")
    return 1 if halted else 0


def resume(settings: Settings) -> None:
    """Lets a halted chain be followed again."""

    async def work(database: Database) -> bool:
        async with database.db_tx() as db_tx:
            return await resume_chain(db_tx, _CHAIN)

    if with_database(settings, work):
        print("Solana is followed again from where it was halted.")
    else:
        print("Solana was not halted. Nothing was changed.")


# -- jobs ---------------------------------------------------------------------------------------


def show_jobs(settings: Settings, *, as_json: bool) -> int:
    """Counts of all jobs, and the held ones with their reasons."""

    async def read(database: Database) -> tuple[list[jobs.QueueCount], list[jobs.HeldJob]]:
        async with database.connection() as db:
            return await jobs.count_jobs(db), await jobs.list_held(db)

    counts, held = with_database(settings, read)
    if as_json:
        print_json(
            {
                "counts": counts,
                "held": [
                    {
                        "id": job.id,
                        "type": job.type,
                        "tries": job.tries,
                        "createdAt": job.created_at.isoformat(),
                        "heldAt": job.held_at.isoformat(),
                        "reason": job.reason,
                        "payload": job.payload,
                    }
                    for job in held
                ],
            }
        )
        return 0
    out = console()
    words = {"queued": "wait", "picked": "run", "failed": "held"}
    if counts:
        rows = [(c.type, words.get(c.status, c.status), str(c.count)) for c in counts]
        show(out, columns(rows, head=["Job", "State", "Count"], right=(2,)))
        out.print("")
    if not held:
        out.print("No job is held.")
        return 0
    rows_held = [
        (str(j.id), j.type, time_for_people(j.held_at), str(j.tries), j.reason) for j in held
    ]
    show(out, columns(rows_held, head=["Id", "Job", "Held since", "Tries", "Why"], right=(0, 3)))
    out.print("Queue one again: earnest jobs retry ID")
    return 0


def retry_jobs(settings: Settings, ids: Sequence[int]) -> None:
    """Queues held jobs again; all of them or none."""

    async def work(database: Database) -> None:
        async with database.db_tx() as db_tx:
            await jobs.retry_held(db_tx, ids)

    with_database(settings, work)
    print(f"Queued again: {', '.join(str(id) for id in ids)}.")


# -- the rest -----------------------------------------------------------------------------------


def show_signer(settings: Settings) -> int:
    """What the signer's log and the ledger say. 1 when the ledger lacks what was signed."""
    from earnest.signer.commands import signer_status

    found = asyncio.run(signer_status(settings))
    out = console()
    out.print(f"Treasury {found.address}, {found.signed_payouts} payouts signed.")
    if not found.missing:
        out.print("The ledger has every one of them.")
        return 0
    out.print(
        Text(
            f"The ledger lacks {len(found.missing)} of them: an old backup was restored. Nothing "
            "is signed until a person has looked at each (`earnest signer acknowledge`):",
            style="look",
        )
    )
    for payout_id in found.missing:
        out.print(f"  {payout_id}")
    return 1


def migrate_database(settings: Settings, outer: Mapping[str, str]) -> None:
    """Migrates as the owner, and sets the passwords that the environment gives."""
    from earnest.run.migrate import ROLES, migrate

    settings.need("database_url")
    passwords: dict[str, str] = {}
    for role in ROLES:
        variable = f"{PREFIX}DATABASE_PASSWORD_{role.upper()}"
        # The same rule for …_FILE as for every other setting.
        given = {
            name.replace(variable, f"{PREFIX}JWT_SECRET"): outer[name]
            for name in (variable, f"{variable}_FILE")
            if name in outer
        }
        if given:
            passwords[role] = read_settings(given).jwt_secret
    print(f"The database is at {asyncio.run(migrate(settings.database_url, passwords))}.")


def print_cdn_policy(settings: Settings, part: str) -> None:
    """Prints one of the policies, or all of them."""
    policies = files.cdn_policy(settings)
    print_json(policies if part == "all" else policies[part])
