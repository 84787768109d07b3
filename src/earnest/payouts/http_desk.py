"""What an operator reads about payouts. Acting on them is for the command line, with its audit."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import Provide

from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.kit.money import Asset
from earnest.kit.paging import Cursor, CursorUnknown, Limit, decode_cursor, encode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import AmountMinor, Wire
from earnest.payouts import store
from earnest.payouts.rules import PayoutStatus
from earnest.payouts.store import Halt, Payout

# As `earnest payouts stuck` has it when it is given no other.
UNDER_WAY_MAX = timedelta(minutes=10)
_SEQ_MAX = 2**63 - 1


class HaltAnswer(Wire, frozen=True):
    """Why no payout at all is signed or sent, and since when."""

    code: str
    at: datetime


class StuckPayoutAnswer(Wire, frozen=True):
    """A payout that needs a look. `held`: an operator keeps it back. `waitingFor` is the reason
    that the last round gave, null where it gave none."""

    id: UUID
    asset: Asset
    amount_minor: AmountMinor
    address: str
    status: PayoutStatus
    chain_tx: str | None
    held: bool
    waiting_for: str | None
    requested_at: datetime


class StuckPayoutsAnswer(Wire, frozen=True):
    """A page, the oldest first, and every halt there is."""

    halts: list[HaltAnswer]
    items: list[StuckPayoutAnswer]
    next_cursor: str | None


def _show_halt(halt: Halt) -> HaltAnswer:
    return HaltAnswer(code=halt.code, at=halt.at)


def _show(payout: Payout) -> StuckPayoutAnswer:
    return StuckPayoutAnswer(
        id=payout.id,
        asset=payout.money.asset,
        amount_minor=str(payout.money.amount_minor),
        address=payout.address,
        status=payout.status,
        chain_tx=payout.chain_tx,
        held=payout.paused,
        waiting_for=payout.waiting_for,
        requested_at=payout.requested_at,
    )


@get(
    "/api/admin/payouts",
    summary="Payouts that need a look",
    tags=["payouts"],
    security=SECURITY,
    dependencies={"principal": Provide(require_operator)},
    responses=answers(400, 401, 403, 503),
)
async def list_stuck(
    principal: CurrentPrincipal,  # noqa: ARG001 - having one is what is asked
    database: GivenDatabase,
    clock: GivenClock,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[StuckPayoutsAnswer]:
    """For operators: those that are held, and those that have been under way for ten minutes."""
    after_seq = decode_cursor(cursor, int) if cursor else 0
    if not 0 <= after_seq <= _SEQ_MAX:
        raise CursorUnknown
    async with database.connection() as db:
        halts = await store.open_halts(db)
        found = await store.stuck_payouts(
            db, since=clock.now() - UNDER_WAY_MAX, limit=limit + 1, after_seq=after_seq
        )
    page = found[:limit]
    answer = StuckPayoutsAnswer(
        halts=[_show_halt(each) for each in halts],
        items=[_show(each) for each in page],
        next_cursor=encode_cursor(page[-1].seq) if len(found) > limit else None,
    )
    return Response(answer, headers={"Cache-Control": "no-store"})


ROUTES: list[Any] = [list_stuck]
