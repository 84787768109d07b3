"""The public proof of solvency."""

from datetime import datetime
from typing import Any

from litestar import Controller, Response, get

from earnest.chains.store import cursor_of
from earnest.kit.money import Chain
from earnest.kit.parts import GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import Wire
from earnest.treasury.solvency import AccountCheck, AssetTotal, latest_check


class ChainSolvency(Wire, frozen=True):
    """One chain's latest comparison; `followedSlot` is how far the ledger is by now."""

    chain: Chain
    slot: int | None
    followed_slot: int | None
    accounts: list[AccountCheck]
    totals: list[AssetTotal]
    checked_at: datetime | None


class SolvencyAnswer(Wire, frozen=True):
    """`solvent` is null until a first comparison has been made."""

    solvent: bool | None
    chains: list[ChainSolvency]


class SolvencyController(Controller):
    """Ledger = chain, for anybody to see."""

    path = "/api/solvency"
    tags = ("solvency",)

    @get("/", summary="Ledger against chain", responses=answers(503))
    async def show(self, database: GivenDatabase) -> Response[SolvencyAnswer]:
        """The latest comparison at one finalized slot, made continuously."""
        async with database.connection() as db:
            check = await latest_check(db, Chain.SOLANA)
            cursor = await cursor_of(db, Chain.SOLANA)
        chain = ChainSolvency(
            chain=Chain.SOLANA,
            slot=check.slot if check else None,
            followed_slot=cursor.followed_slot,
            accounts=check.accounts if check else [],
            totals=check.totals if check else [],
            checked_at=check.checked_at if check else None,
        )
        return Response(
            SolvencyAnswer(solvent=check.solvent if check else None, chains=[chain]),
            headers={"Cache-Control": "public, max-age=1"},
        )


ROUTES: list[Any] = [SolvencyController]
