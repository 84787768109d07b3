"""Routes of the money's side: hints, rights, and calls to be signed. None of them moves a state."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.projects import service_calls
from earnest.projects.funding import service as service_funding
from earnest.projects.http import NO_STORE, count_write
from earnest.projects.service import contract_of
from earnest.projects.service_view import view_project
from earnest.projects.shapes import ProjectAnswer, show_project
from earnest.projects.shapes_bodies import ActTxBody, TxBody
from earnest.projects.shapes_calls import (
    ActsAnswer,
    CallBody,
    PreparedCallAnswer,
    show_acts,
    show_call,
)

CreationTxId = Annotated[
    str | None,
    QueryParameter(
        name="creationTxId",
        pattern=r"^0x[0-9a-f]{64}$",
        description="The chain_tx that created the escrow.",
    ),
]
_WITH_PRINCIPAL = {"principal": Provide(require_principal)}


class FundingController(Controller):
    """What somebody says they sent, and what can be signed next."""

    path = "/api/projects/{project_id:uuid}"
    tags = ("escrow",)
    security = SECURITY
    dependencies = _WITH_PRINCIPAL

    @put(
        "/funding",
        summary="Say which chain_tx funds a project",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def hint_funding(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[TxBody],
    ) -> ProjectAnswer:
        """A hint, shown as awaited until the chain shows it, for a day at most. It is no proof and
        changes no status; saying it again changes nothing."""
        await count_write(database, settings, principal.account_id)
        now = clock.now()
        async with database.db_tx() as db_tx:
            await service_funding.hint_funding(
                db_tx,
                contract_of(settings),
                principal.account_id,
                project_id,
                data.tx_id,
                now,
            )
            view = await view_project(db_tx, settings, principal.account_id, project_id, now)
        return show_project(view)

    @put(
        "/transactions",
        summary="Say which chain_tx carries out an act",
        responses=answers(400, 401, 404, 409, 413, 415, 429, 503),
    )
    async def hint_act(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[ActTxBody],
    ) -> ProjectAnswer:
        """A hint, as for the funding. An act that the contract would refuse as things stand is
        refused here."""
        await count_write(database, settings, principal.account_id)
        now = clock.now()
        async with database.db_tx() as db_tx:
            await service_funding.hint_act(
                db_tx,
                contract_of(settings),
                principal.account_id,
                project_id,
                act=data.act,
                milestone_num=data.milestone_num,
                tx_id=data.tx_id,
                now=now,
                creation_tx_id=data.creation_tx_id,
            )
            view = await view_project(db_tx, settings, principal.account_id, project_id, now)
        return show_project(view)

    @put(
        "/escrow",
        summary="Say which of several equal escrows is meant",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def choose_escrow(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[TxBody],
    ) -> ProjectAnswer:
        """For its client. The escrow must be there on the chain and be what was agreed on; which
        one of them is meant is never guessed."""
        await count_write(database, settings, principal.account_id)
        now = clock.now()
        async with database.db_tx() as db_tx:
            await service_funding.choose_escrow(
                db_tx, contract_of(settings), principal.account_id, project_id, data.tx_id
            )
            view = await view_project(db_tx, settings, principal.account_id, project_id, now)
        return show_project(view)

    @get("/acts", summary="Who may do what, from when", responses=answers(400, 401, 404, 409, 503))
    async def acts(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        creation_tx_id: CreationTxId = None,
    ) -> Response[ActsAnswer]:
        """Every right that there is in the escrow as the chain shows it, and which are yours now.
        For its two sides and its arbiters. `creationTxId` names another escrow of the two sides
        than the project's own."""
        async with database.connection() as db:
            rights = await service_calls.list_acts(
                db, settings, principal.account_id, project_id, clock.now(), creation_tx_id
            )
        return Response(show_acts(rights), headers=NO_STORE)

    @post(
        "/calls",
        status_code=200,
        summary="Prepare a call for your wallet to sign",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def prepare(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[CallBody],
    ) -> PreparedCallAnswer:
        """Unsigned, with exact post-conditions in deny mode, for the wallet of yours that has the
        right. Nothing is sent and nothing is noted. `create` funds a project that is agreed on;
        every other act waits until the escrow's creation is final, because the number of a project
        can move before."""
        await count_write(database, settings, principal.account_id)
        async with database.connection() as db:
            prepared = await service_calls.prepare(
                db,
                settings,
                principal.account_id,
                project_id,
                act=data.act,
                milestone_num=data.milestone_num,
                bps=data.bps,
                creation_tx_id=data.creation_tx_id,
                address=data.address,
                now=clock.now(),
            )
        return show_call(prepared)


ROUTES: list[Any] = [FundingController]
