"""Routes of proposals: make, read, decide, take back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, PathParameter

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.files import WITH_STORE, DownloadAnswer, FileNotFound, GivenStore, ObjectStore
from earnest.files import presign_download as presign
from earnest.kit.clock import Clock
from earnest.kit.db import Connection
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.limits import limit_account
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.wire import Page
from earnest.projects.http import NO_STORE, count_write
from earnest.projects.proposals import service as service_proposals
from earnest.projects.proposals.service import NewProposal
from earnest.projects.proposals.store import Proposal
from earnest.projects.service_view import view_project
from earnest.projects.shapes import ProjectAnswer, ProposalAnswer, show_project, show_proposal
from earnest.projects.shapes_bodies import ProposalBody, TermsBody
from earnest.projects.store_files import KeptFile

_WITH_PRINCIPAL = {"principal": Provide(require_principal)}
_DECIDING = answers(400, 401, 403, 404, 409, 429, 503)


def _page(found: list[Proposal], limit: int) -> Page[ProposalAnswer]:
    page, following = cut_page(found, limit, lambda last: (last.created_at, last.id))
    return Page(items=[show_proposal(each) for each in page], next_cursor=following)


async def show_download(
    store: ObjectStore, clock: Clock, file: KeptFile
) -> Response[DownloadAnswer]:
    """Where a document is downloaded, for a short time."""
    signed = await presign(
        store, sha256=bytes.fromhex(file.sha256), name=file.name, now=clock.now()
    )
    shown = DownloadAnswer(
        url=signed.url,
        expires_at=signed.expires_at,
        name=file.name,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
    )
    return Response(shown, headers=NO_STORE)


class ProjectProposalsController(Controller):
    """The proposals to one project, and its acceptance."""

    path = "/api/projects/{project_id:uuid}"
    tags = ("proposals",)
    security = SECURITY
    dependencies = _WITH_PRINCIPAL

    @post(
        "/proposals",
        summary="Propose",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def propose(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[ProposalBody],
        idempotency_key: IdempotencyKey = None,
    ) -> ProposalAnswer:
        """One for each freelancer, on a project that is open and not their own."""
        await limit_account(
            database, "proposals", principal.account_id, most=settings.projects_per_minute_max
        )
        new = NewProposal(
            cover_letter=data.cover_letter,
            budget_minor=int(data.budget_minor),
            days=data.days,
            shares=None if data.milestones is None else [each.share for each in data.milestones],
            links=data.links,
            files=data.files,
            terms_version=data.terms_version,
            address=data.address,
        )

        async def work(db_tx: Connection) -> ProposalAnswer:
            return show_proposal(
                await service_proposals.propose(
                    db_tx,
                    settings,
                    principal.account_id,
                    principal.address,
                    project_id,
                    new,
                    clock.now(),
                )
            )

        return await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=f"POST /api/projects/{project_id}/proposals",
            body=data,
            answer=ProposalAnswer,
        )

    @get("/proposals", summary="Proposals to a project", responses=answers(400, 401, 404, 503))
    async def list_of_project(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ProposalAnswer]:
        """Oldest first: all of them for the client, for anybody else their own."""
        after = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
        async with database.connection() as db:
            found = await service_proposals.list_of_project(
                db, principal.account_id, project_id, after=after, limit=limit + 1
            )
        return _page(found, limit)

    @delete(
        "/acceptance",
        status_code=200,
        summary="Take back the acceptance of a proposal",
        responses=_DECIDING,
    )
    async def withdraw_acceptance(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> ProjectAnswer:
        """While it is not funded. The project is open again, and all proposals stand."""
        await count_write(database, settings, principal.account_id)
        now = clock.now()
        async with database.db_tx() as db_tx:
            await service_proposals.withdraw_acceptance(
                db_tx, principal.account_id, project_id, now
            )
            view = await view_project(db_tx, settings, principal.account_id, project_id, now)
        return show_project(view)


class FreelancerController(Controller):
    """What one wallet proposed."""

    path = "/api/freelancers"
    tags = ("proposals",)
    security = SECURITY
    dependencies = _WITH_PRINCIPAL

    @get(
        "/{address:str}/proposals",
        summary="My proposals",
        responses=answers(400, 401, 404, 409, 503),
    )
    async def list_of_freelancer(
        self,
        address: Annotated[str, PathParameter(max_length=41, description="A Stacks address.")],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ProposalAnswer]:
        """Newest first, for the account that has this Stacks wallet."""
        after = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
        async with database.connection() as db:
            found = await service_proposals.list_of_freelancer(
                db, settings, principal.account_id, address, after=after, limit=limit + 1
            )
        return _page(found, limit)


class ProposalController(Controller):
    """One proposal, for its freelancer and the project's client."""

    path = "/api/proposals/{proposal_id:uuid}"
    tags = ("proposals",)
    security = SECURITY
    dependencies = _WITH_PRINCIPAL | WITH_STORE

    @get("/", summary="One proposal", responses=answers(400, 401, 404, 503))
    async def show(
        self, proposal_id: FromPath[UUID], principal: CurrentPrincipal, database: GivenDatabase
    ) -> Response[ProposalAnswer]:
        """As it stands."""
        async with database.connection() as db:
            found = await service_proposals.find_proposal(db, principal.account_id, proposal_id)
        return Response(show_proposal(found), headers=NO_STORE)

    @put("/accept", summary="Accept a proposal", responses=_DECIDING)
    async def accept(
        self,
        proposal_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> ProposalAnswer:
        """Fixes the terms; the others are passed over. No money moves before you fund the escrow,
        and if that does not happen within 14 days the project is open again."""
        await count_write(database, settings, principal.account_id)
        async with database.db_tx() as db_tx:
            accepted = await service_proposals.accept_proposal(
                db_tx, settings, principal.account_id, proposal_id, clock.now()
            )
        return show_proposal(accepted)

    @put("/reject", summary="Reject a proposal", responses=_DECIDING)
    async def reject(
        self,
        proposal_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> ProposalAnswer:
        """Cannot be taken back."""
        await count_write(database, settings, principal.account_id)
        async with database.db_tx() as db_tx:
            rejected = await service_proposals.reject_proposal(
                db_tx, principal.account_id, proposal_id, clock.now()
            )
        return show_proposal(rejected)

    @put(
        "/terms",
        summary="Stand by a proposal for changed terms",
        responses=answers(400, 401, 404, 409, 413, 415, 429, 503),
    )
    async def confirm(
        self,
        proposal_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        data: JSONBody[TermsBody],
    ) -> ProposalAnswer:
        """With its own figures. Until then a proposal for older terms cannot be accepted."""
        await count_write(database, settings, principal.account_id)
        async with database.db_tx() as db_tx:
            confirmed = await service_proposals.confirm_terms(
                db_tx, principal.account_id, proposal_id, data.terms_version
            )
        return show_proposal(confirmed)

    @delete("/", summary="Take a proposal back", responses=answers(400, 401, 404, 409, 429, 503))
    async def withdraw(
        self,
        proposal_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> None:
        """An accepted one too, as long as it is not funded: then the project is open again."""
        await count_write(database, settings, principal.account_id)
        async with database.db_tx() as db_tx:
            await service_proposals.withdraw_proposal(
                db_tx, principal.account_id, proposal_id, clock.now()
            )

    @get(
        "/files/{file_id:uuid}",
        summary="Download a document of a proposal",
        responses=answers(400, 401, 404, 503),
    )
    async def download(
        self,
        proposal_id: FromPath[UUID],
        file_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        store: GivenStore,
    ) -> Response[DownloadAnswer]:
        """A URL that is good for a minute."""
        async with database.connection() as db:
            found = await service_proposals.find_proposal(db, principal.account_id, proposal_id)
        file = next((each for each in found.files if each.file_id == file_id), None)
        if file is None:
            raise FileNotFound(file_id=file_id)
        return await show_download(store, clock, file)


ROUTES: list[Any] = [ProjectProposalsController, FreelancerController, ProposalController]
