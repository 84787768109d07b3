"""Routes of deliverables: hand in, read, download."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath, JSONBody

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.files import WITH_STORE, DownloadAnswer, FileNotFound, GivenStore
from earnest.kit.db import Connection
from earnest.kit.errors import InvalidInput
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.words import says_something
from earnest.projects.deliverables import service as service_deliverables
from earnest.projects.deliverables.service import NewDeliverable
from earnest.projects.http import NO_STORE, count_write
from earnest.projects.proposals.http import show_download
from earnest.projects.shapes import DeliverableAnswer, DeliverablesAnswer, show_deliverable
from earnest.projects.shapes_bodies import DeliverableBody

_DEPENDENCIES = {"principal": Provide(require_principal)} | WITH_STORE


class DeliverablesController(Controller):
    """What was handed in, for the two sides, and for arbiters of a milestone that is disputed."""

    path = "/api/projects/{project_id:uuid}"
    tags = ("deliverables",)
    security = SECURITY
    dependencies = _DEPENDENCIES

    @post(
        "/milestones/{num:int}/deliverables",
        summary="Hand in work for a milestone",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def hand_in(
        self,
        project_id: FromPath[UUID],
        num: FromPath[int],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[DeliverableBody],
        idempotency_key: IdempotencyKey = None,
    ) -> DeliverableAnswer:
        """The next version; older ones stay. The client's time begins with the call that completes
        the milestone on the chain, not with this."""
        await count_write(database, settings, principal.account_id)
        if not (data.links or data.files or says_something(data.note)):
            raise InvalidInput(reason="Hand in a note, a link or a document.")
        new = NewDeliverable(note=data.note, links=data.links, files=data.files)

        async def work(db_tx: Connection) -> DeliverableAnswer:
            return show_deliverable(
                await service_deliverables.hand_in(
                    db_tx, principal.account_id, project_id, num, new, clock.now()
                )
            )

        return await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=f"POST /api/projects/{project_id}/milestones/{num}/deliverables",
            body=data,
            answer=DeliverableAnswer,
        )

    @get(
        "/milestones/{num:int}/deliverables",
        summary="Work handed in for a milestone",
        responses=answers(400, 401, 404, 503),
    )
    async def list_versions(
        self,
        project_id: FromPath[UUID],
        num: FromPath[int],
        principal: CurrentPrincipal,
        database: GivenDatabase,
    ) -> Response[DeliverablesAnswer]:
        """Every version, newest first."""
        async with database.connection() as db:
            found = await service_deliverables.list_versions(
                db, principal.account_id, project_id, num
            )
        shown = DeliverablesAnswer(items=[show_deliverable(each) for each in found])
        return Response(shown, headers=NO_STORE)

    @get(
        "/deliverables/{deliverable_id:uuid}/files/{file_id:uuid}",
        summary="Download a document that was handed in",
        responses=answers(400, 401, 404, 503),
    )
    async def download(
        self,
        project_id: FromPath[UUID],
        deliverable_id: FromPath[UUID],
        file_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        store: GivenStore,
    ) -> Response[DownloadAnswer]:
        """A URL that is good for a minute."""
        async with database.connection() as db:
            file = await service_deliverables.find_file(
                db, principal.account_id, project_id, deliverable_id, file_id
            )
        if file is None:
            raise FileNotFound(file_id=file_id)
        return await show_download(store, clock, file)


ROUTES: list[Any] = [DeliverablesController]
