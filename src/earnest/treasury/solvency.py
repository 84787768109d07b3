"""Proof of solvency: ledger = chain at one finalized slot, and liabilities ≤ assets.

The chain is asked for its balances and says at which slot they hold. The comparison waits until
everything up to that slot has been posted; until then it says which slot it waits for.
"""

from datetime import datetime
from typing import Any

import msgspec

from earnest.chains.ports import ChainPort
from earnest.kit.db import Connection, Database
from earnest.kit.money import Asset, Chain
from earnest.kit.wire import AmountMinor
from earnest.treasury.service import streams_of

KEEP_CHECKS = 10_000


class AccountCheck(msgspec.Struct, frozen=True, rename="camel"):
    """One address at the slot of the check."""

    address: str
    asset: Asset
    chain_minor: AmountMinor
    ledger_minor: AmountMinor
    agrees: bool


class AssetTotal(msgspec.Struct, frozen=True, rename="camel"):
    """All that the treasury holds of an asset by the ledger, and all that is owed in it."""

    asset: Asset
    assets_minor: AmountMinor
    liabilities_minor: AmountMinor
    covered: bool


class SolvencyCheck(msgspec.Struct, frozen=True, rename="camel"):
    """One comparison. `solvent` is true when every account agrees and every asset is covered."""

    chain: Chain
    slot: int
    accounts: list[AccountCheck]
    totals: list[AssetTotal]
    solvent: bool
    checked_at: datetime | None = None


class ChainBalances(msgspec.Struct, frozen=True):
    """What the chain said: balances by address, all at `slot`."""

    slot: int
    minor_by_address: dict[str, int]


async def ask_chain(database: Database, port: ChainPort) -> ChainBalances | None:
    """The balances of all followed accounts at one slot; None while none is followed.

    Raises `RpcUnavailable`.
    """
    async with database.connection() as db:
        streams = await streams_of(db, port.chain)
    if not streams:
        return None
    slot, balances = await port.balances([stream.account for stream in streams])
    return ChainBalances(slot, balances)


_LEDGER_AT_SLOT = """
SELECT a.address, a.asset, coalesce((
    SELECT p.balance FROM treasury_postings p
     WHERE p.chain = a.chain AND p.address = a.address AND p.slot <= $2
     ORDER BY p.slot DESC, p.log_seq DESC LIMIT 1), a.opening_minor) AS balance
  FROM treasury_accounts a WHERE a.chain = $1 ORDER BY a.address
"""
_TOTALS = """
SELECT asset,
       coalesce(sum(balance) FILTER (WHERE type = 'asset'), 0) AS assets,
       coalesce(sum(balance) FILTER (WHERE type = 'liability'), 0) AS liabilities
  FROM ledger_accounts GROUP BY asset ORDER BY asset
"""


async def compare(db: Connection, chain: Chain, found: ChainBalances) -> SolvencyCheck:
    """Holds the ledger against what the chain said. The slot must have been posted."""
    rows = await db.fetch(_LEDGER_AT_SLOT, chain.value, found.slot)
    accounts = [
        AccountCheck(
            address=r["address"],
            asset=Asset(r["asset"]),
            chain_minor=str(found.minor_by_address[r["address"]]),
            ledger_minor=str(int(r["balance"])),
            agrees=found.minor_by_address[r["address"]] == int(r["balance"]),
        )
        for r in rows
        if r["address"] in found.minor_by_address
    ]
    totals = [
        AssetTotal(
            asset=Asset(r["asset"]),
            assets_minor=str(int(r["assets"])),
            liabilities_minor=str(int(r["liabilities"])),
            covered=r["liabilities"] <= r["assets"],
        )
        for r in await db.fetch(_TOTALS)
        if Asset(r["asset"]).chain is chain
    ]
    solvent = all(a.agrees for a in accounts) and all(t.covered for t in totals)
    return SolvencyCheck(
        chain=chain, slot=found.slot, accounts=accounts, totals=totals, solvent=solvent
    )


async def keep_check(db: Connection, check: SolvencyCheck) -> None:
    """Keeps a check as the newest one, and forgets those older than the last 10,000."""
    newest = await db.fetchval(
        "INSERT INTO solvency_checks (chain, slot, accounts, totals, solvent)"
        " VALUES ($1, $2, $3, $4, $5) RETURNING id",
        check.chain.value,
        check.slot,
        msgspec.to_builtins(check.accounts),
        msgspec.to_builtins(check.totals),
        check.solvent,
    )
    await db.execute("DELETE FROM solvency_checks WHERE id <= $1", newest - KEEP_CHECKS)


def _check(row: Any) -> SolvencyCheck:
    return SolvencyCheck(
        chain=Chain(row["chain"]),
        slot=row["slot"],
        accounts=msgspec.convert(row["accounts"], list[AccountCheck]),
        totals=msgspec.convert(row["totals"], list[AssetTotal]),
        solvent=row["solvent"],
        checked_at=row["checked_at"],
    )


async def latest_check(db: Connection, chain: Chain) -> SolvencyCheck | None:
    """The newest check of a chain that was kept."""
    row = await db.fetchrow(
        "SELECT chain, slot, accounts, totals, solvent, checked_at FROM solvency_checks"
        " WHERE chain = $1 ORDER BY id DESC LIMIT 1",
        chain.value,
    )
    return None if row is None else _check(row)


class KeptCheck(msgspec.Struct, frozen=True):
    """A check that was kept, by its number and time."""

    id: int
    checked_at: datetime
    check: SolvencyCheck


class CheckCounts(msgspec.Struct, frozen=True):
    """How many checks are kept, since when, and how many of them did not agree."""

    kept: int
    since: datetime | None
    differing: int


async def list_checks(
    db: Connection, *, differing: bool, before_id: int | None, limit: int
) -> list[KeptCheck]:
    """At most `limit` of the kept checks, the newest first; `differing`: those alone that did not
    agree. No more than `KEEP_CHECKS` are there to be read."""
    rows = await db.fetch(
        "SELECT id, chain, slot, accounts, totals, solvent, checked_at FROM solvency_checks"
        " WHERE id < $1 AND (NOT $2 OR NOT solvent) ORDER BY id DESC LIMIT $3",
        before_id or 2**62,
        differing,
        limit,
    )
    return [KeptCheck(row["id"], row["checked_at"], _check(row)) for row in rows]


async def count_checks(db: Connection) -> CheckCounts:
    """What is kept, in figures."""
    (row,) = await db.fetch(
        "SELECT count(*) AS kept, min(checked_at) AS since,"
        " count(*) FILTER (WHERE NOT solvent) AS differing FROM solvency_checks"
    )
    return CheckCounts(row["kept"], row["since"], row["differing"])
