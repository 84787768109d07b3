"""What the chain says of the escrow, for anybody to see: events, one chain_tx, how far we are.

Nothing here moves or stores anything.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter, SkipValidation

from earnest.accounts import SECURITY, CurrentPrincipal, client_of, require_principal
from earnest.chains.stacks import sync_status
from earnest.escrow.comparison.contract_reader import ContractReader
from earnest.escrow.errors_chain import EscrowNotConfigured
from earnest.escrow.http_shapes import (
    AnnouncedFee,
    AnnouncedSet,
    ArbiterSetAnswer,
    ContractAnswer,
    EventsAnswer,
    HeldAnswer,
    SyncAnswer,
    TokenAnswer,
    VerificationAnswer,
    VerifyTxBody,
    show_event,
)
from earnest.escrow.projection.store_events import feed_events
from earnest.escrow.projection.verify import TxState, Verification, verify_tx
from earnest.escrow.rules_events import EventName
from earnest.escrow.state import STX, View
from earnest.escrow.store import (
    arbiter_sets,
    config_of,
    cursor_of,
    fees_of,
    owed_of,
    tokens_of,
)
from earnest.kit.db import Database
from earnest.kit.errors import InvalidInput
from earnest.kit.limits import hit, limit_account
from earnest.kit.paging import Cursor, Limit, decode_cursor, encode_cursor
from earnest.kit.parts import GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings

GivenReader = NamedDependency[SkipValidation[ContractReader | None]]

_WITH_PRINCIPAL = {"principal": Provide(require_principal)}
_NO_STORE = {"Cache-Control": "no-store"}
_MINUTE_S = 60
# Each costs one query; a wallet's page asks every few seconds, many people share an address.
PUBLIC_MINUTE_MAX = 240
# Each may cost questions to servers that count them.
VERIFY_MINUTE_MAX = 30
_HEIGHT_DIGITS_MAX = 15

OfType = Annotated[
    EventName | None, QueryParameter(name="type", description="Only events of this name.")
]
Since = Annotated[
    str | None,
    QueryParameter(
        max_length=40,
        description="Only events of blocks from here on: a Stacks height, or a time (RFC 3339).",
    ),
]


def contract_of(settings: Settings) -> str:
    """The one contract that is followed. Raises `EscrowNotConfigured`."""
    if not settings.stacks_contract:
        raise EscrowNotConfigured
    return settings.stacks_contract


def reader_of(reader: ContractReader | None) -> ContractReader:
    """Whoever asks the chain itself. Raises `EscrowNotConfigured`."""
    if reader is None:
        raise EscrowNotConfigured
    return reader


async def count_caller(request: Request[Any, Any, Any], database: Database) -> None:
    """Counts a question by where it came from; raises `TooManyRequests`."""
    async with database.connection() as connection:
        await hit(connection, f"blockchain:{client_of(request)}", PUBLIC_MINUTE_MAX, _MINUTE_S)


class BlockchainController(Controller):
    """Open to everybody: the chain is."""

    path = "/api/blockchain"
    tags = ("blockchain",)

    @get("/events", summary="Events of the escrow contract", responses=answers(400, 409, 429, 503))
    async def events(
        self,
        request: Request[Any, Any, Any],
        database: GivenDatabase,
        settings: GivenSettings,
        event_type: OfType = None,
        since: Since = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[EventsAnswer]:
        """In the order in which they were learned. A block that comes back after a reorg brings its
        events again, as new rows."""
        contract = contract_of(settings)
        await count_caller(request, database)
        height, time = _read_since(since)
        after = decode_cursor(cursor, int) if cursor else 0
        async with database.connection() as db:
            found = await feed_events(
                db,
                contract,
                after_log_seq=max(after, 0),
                limit=limit + 1,
                name=event_type.value if event_type else None,
                since_height=height,
                since_time=time,
            )
        items = [show_event(each) for each in found[:limit]]
        last = items[-1].position if items else after
        page = EventsAnswer(
            contract=contract,
            items=items,
            next_cursor=encode_cursor(last) if last else None,
            more=len(found) > limit,
        )
        return Response(page, headers=_NO_STORE)

    @get("/sync-status", summary="How far the chain is followed", responses=answers(409, 429, 503))
    async def sync(
        self, request: Request[Any, Any, Any], database: GivenDatabase, settings: GivenSettings
    ) -> Response[SyncAnswer]:
        """What the indexer last wrote down; no server is asked."""
        contract = contract_of(settings)
        await count_caller(request, database)
        return Response(await read_sync(database, contract), headers=_NO_STORE)

    @get("/contract", summary="The escrow contract", responses=answers(409, 429, 503))
    async def contract(
        self, request: Request[Any, Any, Any], database: GivenDatabase, settings: GivenSettings
    ) -> Response[ContractAnswer]:
        """Owner, fee, arbiters and tokens, as its events tell them: what the next project gets."""
        contract = contract_of(settings)
        await count_caller(request, database)
        return Response(await read_contract(database, contract), headers=_NO_STORE)


class VerifyController(Controller):
    """For people who have signed something and want to know."""

    path = "/api/blockchain/verify-tx"
    tags = ("blockchain",)
    dependencies = _WITH_PRINCIPAL
    security = SECURITY

    @post(
        "/",
        status_code=200,
        summary="What became of a chain_tx",
        responses=answers(400, 401, 409, 429, 503),
    )
    async def verify(
        self,
        data: JSONBody[VerifyTxBody],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        contract_reader: GivenReader,
    ) -> Response[VerificationAnswer]:
        """Asks and answers. What you name here is stored nowhere and moves nothing: states follow
        from the chain alone."""
        reader = reader_of(contract_reader)
        await limit_account(database, "verify_tx", principal.account_id, most=VERIFY_MINUTE_MAX)
        tx_id = "0x" + data.tx_id.lower().removeprefix("0x")
        found = await verify_tx(
            database,
            reader.api,
            reader.contract,
            tx_id,
            data.expected_event.value if data.expected_event else None,
            finality_burn_blocks=settings.stacks_finality_burn_blocks,
        )
        answer = VerificationAnswer(
            tx_id=tx_id,
            expected_event=data.expected_event,
            state=found.state,
            detail=_in_words(found, data.expected_event, settings.stacks_finality_burn_blocks),
            depth=found.depth,
            height=found.height,
            burn_height=found.burn_height,
            block_id=found.block_id,
            indexed=found.indexed,
            reason=found.reason,
            events=[show_event(each) for each in found.events],
        )
        return Response(answer, headers=_NO_STORE)


async def read_sync(database: Database, contract: str) -> SyncAnswer:
    """How far the chain is followed and folded."""
    async with database.connection() as db:
        sync = await sync_status(db)
        cursor = await cursor_of(db, contract)
    if sync is None:
        return SyncAnswer(contract=contract)
    return SyncAnswer(
        contract=contract,
        last_indexed_block=sync.indexed_height,
        current_block=sync.tip_height,
        lag=sync.lag,
        final_block=sync.final_height,
        current_burn_block=sync.tip_burn_height,
        final_burn_block=sync.final_burn_height,
        looked_at=sync.looked_at,
        last_error=sync.last_error,
        last_error_at=sync.last_error_at,
        troubled=sync.troubled,
        halted_reason=sync.halted_reason,
        halted_at=sync.halted_at,
        reorgs_seen=sync.reorgs_seen,
        deepest_reorg=sync.deepest_reorg,
        last_reorg_at=sync.last_reorg_at,
        recounted_at=sync.recounted_at,
        recount_found=sync.recount_found,
        projected=cursor.log_seq >= sync.last_seq,
        missing_event=cursor.missing_live or cursor.missing_final,
        unreadable_prints=cursor.unreadable,
    )


async def read_contract(database: Database, contract: str) -> ContractAnswer:
    """The contract as the projection has it."""
    network = "mainnet" if contract[:2] in ("SP", "SM") else "testnet"
    async with database.connection() as db:
        config = await config_of(db, contract, View.LIVE)
        final = await config_of(db, contract, View.FINAL)
        sets = {each.set_id: each for each in await arbiter_sets(db, contract, View.LIVE)}
        tokens = await tokens_of(db, contract, View.LIVE)
        owed = await owed_of(db, contract, View.LIVE)
        fees = await fees_of(db, contract, View.LIVE)
    if config is None:
        return ContractAnswer(contract=contract, network=network, deployed=False)
    fee = None
    if config.proposed_fee_bps is not None and config.proposed_fee_from is not None:
        fee = AnnouncedFee(fee_bps=config.proposed_fee_bps, active_from=config.proposed_fee_from)
    in_force, announced = sets.get(config.arbiter_set), sets.get(config.proposed_set or 0)
    return ContractAnswer(
        contract=contract,
        network=network,
        deployed=True,
        final=final is not None and final.event_count == config.event_count,
        owner=config.owner,
        proposed_owner=config.proposed_owner,
        treasury=config.treasury,
        paused=config.paused,
        fee_bps=config.fee_bps,
        announced_fee=fee,
        arbiter_set=None
        if in_force is None
        else ArbiterSetAnswer(
            set_id=in_force.set_id,
            members=list(in_force.members),
            threshold=in_force.threshold,
        ),
        announced_set=None
        if announced is None or config.proposed_set_from is None
        else AnnouncedSet(
            set_id=announced.set_id,
            members=list(announced.members),
            threshold=announced.threshold,
            active_from=config.proposed_set_from,
        ),
        tokens=[
            TokenAnswer(
                token=each.token, identifier=f"{each.token}::{each.asset}", allowed=each.allowed
            )
            for each in tokens
        ],
        held=[
            HeldAnswer(
                token=None if token == STX else token,
                owed_minor=str(owed.get(token, 0)),
                fees_minor=str(fees.get(token, 0)),
            )
            for token in sorted(owed.keys() | fees.keys())
        ],
        project_count=config.project_count,
        event_count=config.event_count,
    )


def _read_since(since: str | None) -> tuple[int | None, datetime | None]:
    """A height, or a time with its zone."""
    if since is None:
        return None, None
    if since.isascii() and since.isdecimal() and len(since) <= _HEIGHT_DIGITS_MAX:
        return int(since), None
    try:
        time = msgspec.convert(since, datetime)
    except msgspec.ValidationError:
        time = None
    if time is None or time.tzinfo is None:
        raise InvalidInput(
            reason="`since` is a Stacks height or a time with its zone: 2026-01-31T08:00:00Z."
        )
    return None, time.astimezone(UTC)


def _in_words(found: Verification, expected: EventName | None, finality: int) -> str:
    """What it means for the money."""
    built = found.depth.burn_blocks if found.depth is not None else 0
    where = f"It is in block {found.height}"
    match found.state:
        case TxState.PENDING:
            return "It waits for a block. Nothing has moved yet."
        case TxState.CONFIRMED:
            return (
                f"{where}, with {built} of {finality} Bitcoin blocks built on it."
                " A reorg can still undo it."
            )
        case TxState.FINAL:
            return f"{where}, and that is final."
        case TxState.FAILED:
            return f"{where}, and the chain undid it. Nothing moved but the network's fee."
        case TxState.WRONG_EVENT:
            wanted = f"no {expected.value}" if expected else "nothing"
            return f"{where}, and it did {wanted} in our contract."
        case TxState.DROPPED:
            return "It was thrown out before it came into a block. Nothing moved; it may come back."
        case TxState.ABSENT:
            return "No server knows of it. Nothing moved. If you sent it just now, ask again."
        case TxState.UNKNOWN:
            return "Nothing certain is known of it at the moment. Ask again in a minute."


ROUTES: list[Any] = [BlockchainController, VerifyController]
