"""What an operator reads about payouts and decides on them. Nothing here signs or sends."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation

from earnest import audit
from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.chains.solana import SolanaRpc
from earnest.kit.clock import Clock
from earnest.kit.db import Connection, Database
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.paging import Cursor, CursorUnknown, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import Body, Wire
from earnest.payouts import service_desk, store, store_desk
from earnest.payouts.errors import PayoutUnknown
from earnest.payouts.nodes import ask_nodes
from earnest.payouts.rules import AttemptStatus
from earnest.payouts.shapes_desk import (
    AttemptAnswer,
    DeskPayoutAnswer,
    HaltAnswer,
    NodesAnswer,
    PayoutActAnswer,
    PayoutDayAnswer,
    show_allowance,
    show_attempt,
    show_day,
    show_desk_payout,
    show_halt,
)

_WITH_OPERATOR = {"principal": Provide(require_operator)}
_NO_STORE = {"Cache-Control": "no-store"}
# As `earnest payouts stuck` has it when it is given no other.
UNDER_WAY_MAX = timedelta(minutes=10)
_SEQ_MAX = 2**63 - 1
_ACTS_SHOWN = 50
_DECIDE_ROUTE = "POST /api/admin/payouts/{payout_id}/decision"
_STOP_ROUTE = "POST /api/admin/payouts/stop"


class PayoutsWanted(StrEnum):
    """Which payouts: those that need a look, all under way, or those that have ended."""

    LOOK = "look"
    OPEN = "open"
    ENDED = "ended"


class Decision(StrEnum):
    """What an operator may decide about one payout."""

    HOLD = "hold"
    RELEASE = "release"
    GIVE_BACK = "give_back"


Wanted = Annotated[
    PayoutsWanted,
    QueryParameter(
        name="state",
        description="`look`: held, or under way for ten minutes. `open`: all under way."
        " `ended`: the newest first.",
    ),
]
Note = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=2_000,
        pattern=r"\S",
        description="Why, in your own words. It is kept for good.",
    ),
]
GivenSolana = NamedDependency[SkipValidation[SolanaRpc]]


class DecisionBody(Body, frozen=True):
    """`hold` keeps it from being sent, `release` lets it be tried at once, `give_back` ends it and
    returns its sum to the balance it came from."""

    decision: Decision
    note: Note


class StopBody(Body, frozen=True):
    """`stopped`: true stops all payouts; false ends that stop, and no halt of another kind."""

    stopped: bool
    note: Note


class StuckPayoutsAnswer(Wire, frozen=True):
    """A page, the oldest first (of ended ones the newest), and every halt there is."""

    halts: list[HaltAnswer]
    items: list[DeskPayoutAnswer]
    next_cursor: str | None


class PayoutPageAnswer(Wire, frozen=True):
    """Everything about one payout. `mayGiveBack`: nothing of it was signed that could still land.
    `attempts` the newest first; `acts` are what operators did to it."""

    payout: DeskPayoutAnswer
    may_give_back: bool
    attempts: list[AttemptAnswer]
    acts: list[PayoutActAnswer]


_ACTS: dict[Decision, Callable[..., Awaitable[None]]] = {
    Decision.HOLD: service_desk.hold,
    Decision.RELEASE: service_desk.release,
    Decision.GIVE_BACK: service_desk.give_back,
}


async def _page_of(db: Connection, payout_id: UUID) -> PayoutPageAnswer:
    payout = await store_desk.payout_by_id(db, payout_id)
    if payout is None:
        raise PayoutUnknown
    acts = await audit.list_acts(db, subject=f"payout:{payout_id}", limit=_ACTS_SHOWN)
    attempts = await store_desk.attempts_of(db, payout_id)
    return PayoutPageAnswer(
        payout=show_desk_payout(payout),
        may_give_back=await store_desk.may_give_back(db, payout_id),
        attempts=[show_attempt(each) for each in attempts],
        acts=[
            PayoutActAnswer(
                id=str(each.id),
                at=each.at,
                account_id=each.by if isinstance(each.by, UUID) else None,
                name=each.by if isinstance(each.by, str) else None,
                act=each.act,
                note=each.note,
            )
            for each in acts
        ],
    )


async def _list(
    db: Connection, wanted: PayoutsWanted, clock: Clock, cursor: str | None, limit: int
) -> tuple[Sequence[store.Payout], str | None]:
    seq = decode_cursor(cursor, int) if cursor else None
    if seq is not None and not 0 <= seq <= _SEQ_MAX:
        raise CursorUnknown
    match wanted:
        case PayoutsWanted.LOOK:
            found = await store.stuck_payouts(
                db, since=clock.now() - UNDER_WAY_MAX, limit=limit + 1, after_seq=seq or 0
            )
        case PayoutsWanted.OPEN:
            found = await store_desk.open_payouts(db, after_seq=seq or 0, limit=limit + 1)
        case PayoutsWanted.ENDED:
            found = await store_desk.ended_payouts(db, before_seq=seq, limit=limit + 1)
    return cut_page(found, limit, lambda last: last.seq)


class PayoutDeskController(Controller):
    """For operators."""

    path = "/api/admin/payouts"
    tags = ("payouts",)
    dependencies = _WITH_OPERATOR
    security = SECURITY

    @get("/", summary="Payouts that need a look", responses=answers(400, 401, 403, 503))
    async def list_stuck(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
        clock: GivenClock,
        wanted: Wanted = PayoutsWanted.LOOK,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[StuckPayoutsAnswer]:
        """Those that are held, and those that have been under way for ten minutes; or others."""
        async with database.connection() as db:
            halts = await store.open_halts(db)
            page, following = await _list(db, wanted, clock, cursor, limit)
        answer = StuckPayoutsAnswer(
            halts=[show_halt(each) for each in halts],
            items=[show_desk_payout(each) for each in page],
            next_cursor=following,
        )
        return Response(answer, headers=_NO_STORE)

    @get("/day", summary="Payouts of the last 24 hours", responses=answers(401, 403, 503))
    async def show_day(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
        clock: GivenClock,
    ) -> Response[PayoutDayAnswer]:
        """Counts by state, and what the signer still allows, as it last said."""
        now = clock.now()
        async with database.connection() as db:
            day = await store_desk.day_of(db, now - timedelta(days=1))
            seen = await store_desk.signer_sighting(db)
        return Response(show_day(day, show_allowance(seen)), headers=_NO_STORE)

    @post(
        "/stop",
        status_code=200,
        summary="Stop all payouts, or end that stop",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 503),
    )
    async def stop(
        self,
        data: JSONBody[StopBody],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[list[HaltAnswer]]:
        """What is signed already may still land; requests are taken and wait. Answers with every
        halt there is."""

        async def work(db_tx: Connection) -> list[HaltAnswer]:
            act = service_desk.stop_all if data.stopped else service_desk.go_on
            await act(db_tx, operator=principal.account_id, note=data.note.strip(), now=clock.now())
            return [show_halt(each) for each in await store.open_halts(db_tx)]

        answer = await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=_STOP_ROUTE,
            body=data,
            answer=list[HaltAnswer],
        )
        return Response(answer, headers=_NO_STORE)

    @get(
        "/{payout_id:uuid}",
        summary="A payout, with all that was tried",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def show_one(
        self,
        payout_id: FromPath[UUID],
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
    ) -> Response[PayoutPageAnswer]:
        """Anybody's: its steps, each attempt with its signature, and what operators did."""
        async with database.connection() as db:
            return Response(await _page_of(db, payout_id), headers=_NO_STORE)

    @get(
        "/{payout_id:uuid}/nodes",
        summary="What each node says of a payout",
        responses=answers(400, 401, 403, 404, 503),
    )
    async def show_nodes(
        self,
        payout_id: FromPath[UUID],
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
        clock: GivenClock,
        solana: GivenSolana,
    ) -> Response[NodesAnswer]:
        """Asked now, of each node by itself. It changes nothing: the worker decides by its own
        asking, and only where every node and our own reading of the chain agree."""
        return Response(await _ask_nodes(database, clock, solana, payout_id), headers=_NO_STORE)

    @post(
        "/{payout_id:uuid}/decision",
        status_code=200,
        summary="Hold a payout, let it go on, or give it back",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 503),
    )
    async def decide(
        self,
        payout_id: FromPath[UUID],
        data: JSONBody[DecisionBody],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[PayoutPageAnswer]:
        """One effect, kept with who and why. Giving back is refused (409) while anything that was
        signed for it could still land."""

        async def work(db_tx: Connection) -> PayoutPageAnswer:
            await _ACTS[data.decision](
                db_tx,
                payout_id,
                operator=principal.account_id,
                note=data.note.strip(),
                now=clock.now(),
            )
            return await _page_of(db_tx, payout_id)

        answer = await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=_DECIDE_ROUTE,
            body=(payout_id, data),
            answer=PayoutPageAnswer,
        )
        return Response(answer, headers=_NO_STORE)


async def _ask_nodes(
    database: Database, clock: Clock, solana: SolanaRpc, payout_id: UUID
) -> NodesAnswer:
    async with database.connection() as db:
        if await store_desk.payout_by_id(db, payout_id) is None:
            raise PayoutUnknown
        attempts = [each for each in await store_desk.attempts_of(db, payout_id) if each.tx_id]
        followed = await store_desk.followed_height(db)
    # Outside of any connection: a node may take its time.
    nodes = await ask_nodes(solana.nodes, attempts) if attempts else []
    return NodesAnswer(
        asked_at=clock.now(),
        followed_block_height=followed,
        live=any(each.status in (AttemptStatus.SIGNED, AttemptStatus.SENT) for each in attempts),
        nodes=nodes,
    )


ROUTES: list[Any] = [PayoutDeskController]
