"""Routes of disputes: evidence by both sides, the arbiters' panel, dossiers. None moves money."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.files import WITH_STORE, DownloadAnswer, GivenStore, presign_download
from earnest.kit.db import Connection
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.limits import limit_account
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings
from earnest.kit.wire import Page
from earnest.projects.disputes import service as service_disputes
from earnest.projects.disputes import service_dossiers
from earnest.projects.disputes import store as store_disputes
from earnest.projects.disputes.errors import (
    AttestationKeyUnknown,
    DossierNotMade,
    EvidenceUnknown,
)
from earnest.projects.disputes.rules import (
    DOSSIERS_PER_MINUTE_MAX,
    EVIDENCE_PER_MINUTE_MAX,
    DisputeId,
    DisputeState,
)
from earnest.projects.disputes.service import Case
from earnest.projects.disputes.shapes import (
    AttestationKeyAnswer,
    DisputeAnswer,
    DisputeCard,
    DossierAsked,
    DossierDownload,
    EvidenceAnswer,
    EvidenceBody,
    RulingBody,
    show_dispute,
    show_dossier,
    show_evidence,
    show_keys,
    show_listed,
)
from earnest.projects.http import NO_STORE
from earnest.projects.proposals.http import show_download
from earnest.projects.service import contract_of
from earnest.projects.shapes_calls import PreparedCallAnswer, show_call

_WITH_PRINCIPAL = {"principal": Provide(require_principal)}

_Wanted = Annotated[DisputeState, QueryParameter(name="state", description="`open`, or `closed`.")]


async def _show(db: Connection, settings: Settings, case: Case) -> DisputeAnswer:
    return show_dispute(
        case,
        settings,
        evidence=await service_disputes.evidence_of(db, case),
        timeline=await service_disputes.timeline_of(db, case),
        dossier=await service_dossiers.find_dossier(db, case),
    )


class DisputesController(Controller):
    """A dispute, for its two sides and its arbiters. To everybody else it is not there."""

    path = "/api/disputes/{dispute_id:str}"
    tags = ("disputes",)
    security = SECURITY
    dependencies = WITH_STORE | _WITH_PRINCIPAL

    @get("/", summary="A dispute", responses=answers(400, 401, 404, 503))
    async def show(
        self,
        dispute_id: FromPath[str],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> Response[DisputeAnswer]:
        """What the chain says of it, both sides' evidence, and what each ruling would pay. Its id
        is the project's, a hyphen and the number of the milestone."""
        id = DisputeId.parse(dispute_id)
        async with database.connection() as db:
            case = await service_disputes.open_case(db, principal.account_id, principal.address, id)
            return Response(await _show(db, settings, case), headers=NO_STORE)

    @post(
        "/evidence",
        summary="Hand in evidence",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def add_evidence(
        self,
        dispute_id: FromPath[str],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        data: JSONBody[EvidenceBody],
        idempotency_key: IdempotencyKey = None,
    ) -> EvidenceAnswer:
        """While the dispute is open, before the height at which the default can be carried out.
        Both sides and the arbiters read it. It cannot be changed or taken back."""
        await limit_account(
            database, "evidence", principal.account_id, most=EVIDENCE_PER_MINUTE_MAX
        )
        id = DisputeId.parse(dispute_id)

        async def work(db_tx: Connection) -> EvidenceAnswer:
            return show_evidence(
                await service_disputes.add_evidence(
                    db_tx,
                    principal.account_id,
                    principal.address,
                    id,
                    text=data.text,
                    file_ids=data.files,
                    now=clock.now(),
                )
            )

        return await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=f"POST /api/disputes/{id}/evidence",
            body=data,
            answer=EvidenceAnswer,
        )

    @get(
        "/evidence/{evidence_id:uuid}/files/{file_id:uuid}",
        summary="Download a file of the evidence",
        responses=answers(400, 401, 404, 503),
    )
    async def download_file(
        self,
        dispute_id: FromPath[str],
        evidence_id: FromPath[UUID],
        file_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        store: GivenStore,
    ) -> Response[DownloadAnswer]:
        """A URL that is good for a minute. Nobody has looked at what is in the file."""
        id = DisputeId.parse(dispute_id)
        async with database.connection() as db:
            case = await service_disputes.open_case(db, principal.account_id, principal.address, id)
            file = await service_disputes.find_evidence_file(db, case, evidence_id, file_id)
        if file is None:
            raise EvidenceUnknown
        return await show_download(store, clock, file)

    @post(
        "/dossier",
        status_code=202,
        summary="Ask for a dossier",
        responses=answers(400, 401, 404, 409, 429, 503),
    )
    async def ask_for_dossier(
        self,
        dispute_id: FromPath[str],
        principal: CurrentPrincipal,
        database: GivenDatabase,
    ) -> DossierAsked:
        """Of what is final by now. When the dispute is closed for good one is made by itself."""
        await limit_account(
            database, "dossiers", principal.account_id, most=DOSSIERS_PER_MINUTE_MAX
        )
        id = DisputeId.parse(dispute_id)
        async with database.db_tx() as db_tx:
            case = await service_disputes.open_case(
                db_tx, principal.account_id, principal.address, id
            )
            await service_dossiers.request_dossier(db_tx, case)
        return DossierAsked(dispute_id=str(id))

    @get("/dossier", summary="Download the dossier", responses=answers(400, 401, 404, 503))
    async def download_dossier(
        self,
        dispute_id: FromPath[str],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
        store: GivenStore,
    ) -> Response[DossierDownload]:
        """The final one, else the latest interim one. `earnest dossier verify` proves it."""
        id = DisputeId.parse(dispute_id)
        async with database.connection() as db:
            case = await service_disputes.open_case(db, principal.account_id, principal.address, id)
            row = await service_dossiers.find_dossier(db, case)
        if row is None:
            raise DossierNotMade
        name = service_dossiers.file_name_of(id, interim=row.interim)
        signed = await presign_download(store, sha256=row.sha256, name=name, now=clock.now())
        download = DownloadAnswer(
            url=signed.url,
            expires_at=signed.expires_at,
            name=name,
            size_bytes=row.size_bytes,
            sha256=row.sha256.hex(),
        )
        answer = DossierDownload(dossier=show_dossier(row), download=download)
        return Response(answer, headers=NO_STORE)


class ArbitersController(Controller):
    """For wallets that the contract itself names as arbiters of a project, and nobody else."""

    path = "/api/admin/disputes"
    tags = ("disputes",)
    security = SECURITY
    dependencies = _WITH_PRINCIPAL

    @get("/", summary="Disputes that I rule on", responses=answers(400, 401, 403, 409, 503))
    async def list_mine(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        wanted: _Wanted = DisputeState.OPEN,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[DisputeCard]:
        """Those filed last first. A party of a project has no vote in it, and finds it not here."""
        after = decode_cursor(cursor, tuple[int, UUID, int]) if cursor else None
        async with database.connection() as db:
            found = await service_disputes.list_for_arbiter(
                db,
                principal.account_id,
                contract_of(settings),
                state=wanted,
                after=after,
                limit=limit + 1,
            )
        page, following = cut_page(
            found, limit, lambda last: (last.filed_at, last.project_id, last.milestone_num)
        )
        return Page(items=[show_listed(each, settings) for each in page], next_cursor=following)

    @get("/{dispute_id:str}", summary="A dispute to rule on", responses=answers(400, 401, 404, 503))
    async def show(
        self,
        dispute_id: FromPath[str],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
    ) -> Response[DisputeAnswer]:
        """Both sides' evidence, the votes so far, and what each ruling would pay."""
        id = DisputeId.parse(dispute_id)
        async with database.connection() as db:
            case = await service_disputes.open_arbiters_case(
                db, principal.account_id, principal.address, id
            )
            return Response(await _show(db, settings, case), headers=NO_STORE)

    @post(
        "/{dispute_id:str}/calls",
        status_code=200,
        summary="Prepare a ruling",
        responses=answers(400, 401, 404, 409, 413, 415, 503),
    )
    async def prepare(
        self,
        dispute_id: FromPath[str],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        data: JSONBody[RulingBody],
    ) -> Response[PreparedCallAnswer]:
        """An unsigned call for your own wallet. It counts once the chain has it, and money moves
        when enough arbiters name the same figure. Nothing is signed or kept here."""
        id = DisputeId.parse(dispute_id)
        async with database.connection() as db:
            case = await service_disputes.open_arbiters_case(
                db, principal.account_id, principal.address, id
            )
            call = await service_disputes.prepare_ruling(db, settings, case, data.act.act, data.bps)
        return Response(show_call(call), headers=NO_STORE)


@get(
    "/api/attestation-key",
    summary="The key that signs dossiers",
    tags=["disputes"],
    responses=answers(404, 503),
)
async def attestation_key(database: GivenDatabase) -> AttestationKeyAnswer:
    """For whoever verifies a dossier: compare it with the key in the file."""
    async with database.connection() as db:
        keys = await store_disputes.list_keys(db)
    if not keys:
        raise AttestationKeyUnknown
    return show_keys(keys)


ROUTES: list[Any] = [DisputesController, ArbitersController, attestation_key]
