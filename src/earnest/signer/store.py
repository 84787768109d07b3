"""The signer's reads of the ledger, by its own role, which can do nothing else."""

from collections.abc import Sequence
from uuid import UUID

from earnest.kit.db import Database
from earnest.kit.money import Asset, Money
from earnest.signer.ports import Hold

_CHUNK = 5_000


class LedgerReader:
    """`ports.LedgerView` on PostgreSQL, as role `earnest_signer_ro`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def holds(self, payout_ids: Sequence[UUID]) -> dict[UUID, Hold]:
        """The holds of these payouts; those that the ledger lacks are left out."""
        rows = await self._database.fetch(
            "SELECT h.id, h.asset, h.amount, h.recipient, e.outcome FROM ledger_holds AS h"
            " LEFT JOIN ledger_hold_ends AS e ON e.hold_id = h.id"
            " WHERE h.id = ANY($1::uuid[]) LIMIT 100",
            list(payout_ids),
        )
        found: dict[UUID, Hold] = {}
        for row in rows:
            id = UUID(str(row["id"]))
            money = Money(int(row["amount"]), Asset(row["asset"]))
            found[id] = Hold(id, row["recipient"], money, row["outcome"])
        return found

    async def missing(self, payout_ids: Sequence[UUID]) -> list[UUID]:
        """Those of the ids for which the ledger has no hold."""
        absent: list[UUID] = []
        for start in range(0, len(payout_ids), _CHUNK):
            chunk = list(payout_ids[start : start + _CHUNK])
            rows = await self._database.fetch(
                "SELECT asked.id FROM unnest($1::uuid[]) AS asked (id)"
                " WHERE NOT EXISTS (SELECT FROM ledger_holds WHERE ledger_holds.id = asked.id)"
                " LIMIT 5000",
                chunk,
            )
            absent += [UUID(str(row["id"])) for row in rows]
        return absent
