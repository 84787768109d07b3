"""`earnest solvency`: the chain itself is asked, and the ledger held against it."""

import asyncio

from rich.text import Text

from earnest import treasury
from earnest.chains import ChainHalted, cursor_of
from earnest.chains.solana import SolanaRpc
from earnest.chains.solana.adapter import SolanaChain
from earnest.kit.db import Database
from earnest.kit.errors import EarnestError, Kind
from earnest.kit.money import Chain
from earnest.kit.settings import Settings
from earnest.run.operate import amount_for_people, print_json, with_database
from earnest.run.terminal import columns, console, show

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
            if cursor.halted_reason is not None:
                # What the node says now may be of another network, and would prove nothing.
                raise ChainHalted(chain=_CHAIN.value, reason=cursor.halted_reason)
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
            amount_for_people(int(account.chain_minor), account.asset),
            amount_for_people(int(account.ledger_minor), account.asset),
            Text("agrees", "done") if account.agrees else Text("differs", "look"),
        ]
        for account in check.accounts
    ]
    show(out, columns(rows, head=["  Account", "On chain", "In the ledger", ""], right=(1, 2)))
    out.print("")
    sums: list[list[str | Text]] = [
        [
            f"  {total.asset}",
            amount_for_people(int(total.assets_minor), total.asset),
            amount_for_people(int(total.liabilities_minor), total.asset),
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
