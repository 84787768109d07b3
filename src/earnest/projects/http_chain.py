"""What the contract itself says of a project, beside what we show of it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import Provide
from litestar.params import FromPath

from earnest import escrow
from earnest.accounts import SECURITY, CurrentPrincipal, find_operators, require_principal
from earnest.escrow import Comparison, Difference, EscrowValues, FoundBy, GivenReader, Verdict
from earnest.kit.db import Database
from earnest.kit.limits import limit_account
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings
from earnest.kit.wire import Wire
from earnest.projects.errors import ProjectUnknown
from earnest.projects.http import NO_STORE
from earnest.projects.service_view import Part, ProjectView, view_project

# Kept answers serve most of them; the rest are a dozen questions to a server each.
MINUTE_MAX = 60
_WITH_PRINCIPAL = {"principal": Provide(require_principal)}
_MAY_SEE = (Part.CLIENT, Part.FREELANCER, Part.ARBITER)


class ProjectOnChainAnswer(Wire, frozen=True):
    """Contract and cache side by side. Heights: `height` of Stacks, `burnHeight` of Bitcoin, at
    which the contract was read; all null while the project has no escrow.

    `agree` is null while that is not known: `behind` says that our own log has not come to that
    block. `differences` lists what parts; where they differ at the same block, `resyncAsked` says
    that what we show is being made anew. `creationFinal` says whether a reorg can still take the
    escrow back.
    """

    project_id: UUID
    contract: str
    detail: str
    number: int | None = None
    creation_tx_id: str | None = None
    creation_final: bool = False
    agree: bool | None = None
    behind: bool = False
    height: int | None = None
    burn_height: int | None = None
    block_id: str | None = None
    indexed_height: int | None = None
    chain: EscrowValues | None = None
    cached: EscrowValues | None = None
    differences: list[Difference] = msgspec.field(default_factory=list)
    resync_asked: bool = False


class ProjectOnChainController(Controller):
    """For the two sides, the arbiters and the operator."""

    path = "/api/blockchain/project"
    tags = ("blockchain",)
    security = SECURITY
    dependencies = _WITH_PRINCIPAL

    @get(
        "/{project_id:uuid}",
        summary="What the contract says of a project",
        responses=answers(400, 401, 404, 409, 429, 503),
    )
    async def show(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        contract_reader: GivenReader,
    ) -> Response[ProjectOnChainAnswer]:
        """Read from the contract, at most a few seconds old, and compared with what we show."""
        reader = escrow.reader_of(contract_reader)
        await limit_account(database, "project_on_chain", principal.account_id, most=MINUTE_MAX)
        async with database.connection() as db:
            view = await view_project(db, settings, principal.account_id, project_id, clock.now())
        if view.part not in _MAY_SEE and not principal.operator:
            raise ProjectUnknown
        if view.funding is None:
            nothing = ProjectOnChainAnswer(
                project_id=project_id,
                contract=reader.contract,
                detail="The project has no escrow on the chain yet.",
            )
            return Response(nothing, headers=NO_STORE)
        found = await escrow.compare(database, reader, view.funding.live.project.number)
        asked = False
        if found.verdict is Verdict.DIFFER:
            asked = True
            await _report(database, settings, reader.contract, found)
        return Response(_show(view, reader.contract, found, asked=asked), headers=NO_STORE)


async def _report(database: Database, settings: Settings, contract: str, found: Comparison) -> None:
    await escrow.report(
        database,
        contract,
        FoundBy.REQUEST,
        number=found.number,
        found=found.differences,
        operators=await find_operators(database, settings),
    )


def _show(
    view: ProjectView, contract: str, found: Comparison, *, asked: bool
) -> ProjectOnChainAnswer:
    funding = view.funding
    details = {
        Verdict.AGREE: "What we show is what the contract says.",
        Verdict.BEHIND: "The chain is ahead of us. We are reading the newest blocks.",
        Verdict.DIFFER: "What we show is not what the contract says. The contract counts;"
        " we are reading the chain anew.",
    }
    return ProjectOnChainAnswer(
        project_id=view.project.id,
        contract=contract,
        detail=details[found.verdict],
        number=found.number,
        creation_tx_id=funding.live.project.creation_tx_id if funding else None,
        creation_final=funding is not None and funding.final is not None,
        agree=None if found.verdict is Verdict.BEHIND else found.verdict is Verdict.AGREE,
        behind=found.verdict is Verdict.BEHIND,
        height=found.tip.block_height,
        burn_height=found.tip.burn_block_height,
        block_id=found.tip.index_block_hash,
        indexed_height=found.indexed_height,
        chain=found.chain,
        cached=found.cached,
        differences=found.differences,
        resync_asked=asked,
    )


ROUTES: list[Any] = [ProjectOnChainController]
