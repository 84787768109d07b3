"""Projects: posted, edited while nobody is accepted, called off."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from earnest.kit.db import Connection
from earnest.kit.events import append_event
from earnest.kit.ids import new_id
from earnest.kit.money import Asset
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind, notify
from earnest.projects import store, store_terms
from earnest.projects.errors import (
    AssetNotOffered,
    EscrowNotConfigured,
    NotTheClient,
    ProjectFunded,
    ProjectNotOpen,
    ProjectUnknown,
    StacksAddressNeeded,
    TermsNotSound,
    TermsUnknown,
    TooManyOpen,
)
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.store import Agreement
from earnest.projects.proposals import store as store_proposals
from earnest.projects.rules import (
    OPEN_PROJECTS_MAX,
    Category,
    EndReason,
    MilestoneTerms,
    ProposalAct,
    ProposalStatus,
    Stage,
    StageAct,
    check_shares,
    check_titles,
    next_proposal_status,
    next_stage,
    read_skills,
)
from earnest.projects.rules_terms import on_network_of
from earnest.projects.store import Project
from earnest.projects.store_terms import OldTerms

_PROPOSED = (ProposalStatus.WAITING, ProposalStatus.PASSED_OVER)


class NewProject(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for; checked for shape already. `address` is one of its Stacks wallets,
    or None for the one that it is signed in with or linked first."""

    title: str
    description: str
    category: Category
    skills: list[str]
    asset: Asset
    milestones: list[MilestoneTerms]
    silent_bps: int
    address: str | None


class ProjectChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed; None stays as it is."""

    title: str | None = None
    description: str | None = None
    category: Category | None = None
    skills: list[str] | None = None
    asset: Asset | None = None
    milestones: list[MilestoneTerms] | None = None
    silent_bps: int | None = None


def contract_of(settings: Settings) -> str:
    """The escrow contract. Raises `EscrowNotConfigured`."""
    if not settings.stacks_contract:
        raise EscrowNotConfigured
    return settings.stacks_contract


def token_of(settings: Settings, asset: Asset) -> str | None:
    """The token contract of an asset; None is STX. Raises `AssetNotOffered`."""
    if asset is Asset.STX:
        return None
    if asset is not Asset.SBTC or not settings.stacks_sbtc_token:
        raise AssetNotOffered(asset=asset.value)
    return settings.stacks_sbtc_token


async def choose_address(
    db: Connection, settings: Settings, account: UUID, signed_in_as: str, wanted: str | None
) -> str:
    """The Stacks wallet that an account acts with, in the form of the contract's network.

    The one it names, else the one it is signed in with, else the one linked first. Raises
    `StacksAddressNeeded`.
    """
    contract = contract_of(settings)
    linked = [on_network_of(contract, each) for each in await store.stacks_addresses(db, account)]
    if wanted is not None:
        candidates = [_on_network(contract, wanted)]
    else:
        candidates = [_on_network(contract, signed_in_as), *linked]
    for each in candidates:
        if each in linked:
            return str(each)
    raise StacksAddressNeeded


def _on_network(contract: str, address: str) -> str | None:
    try:
        return on_network_of(contract, address)
    except ValueError:
        return None


async def post_project(
    db_tx: Connection,
    settings: Settings,
    account: UUID,
    signed_in_as: str,
    new: NewProject,
    now: datetime,
) -> Project:
    """Writes a project down, open for proposals.

    Raises `EscrowNotConfigured`, `AssetNotOffered`, `StacksAddressNeeded`, `NothingToRead`,
    `TermsNotSound`, `TooManyOpen`.
    """
    check_titles(new.title, new.milestones)
    token_of(settings, new.asset)
    address = await choose_address(db_tx, settings, account, signed_in_as, new.address)
    check_shares([each.share for each in new.milestones])
    if await store.count_unended(db_tx, account, OPEN_PROJECTS_MAX) >= OPEN_PROJECTS_MAX:
        raise TooManyOpen(most=OPEN_PROJECTS_MAX, what="open projects")
    project = Project(
        id=new_id(),
        client=account,
        client_address=address,
        title=new.title,
        description=new.description,
        category=new.category,
        skills=read_skills(new.skills),
        asset=new.asset,
        silent_bps=new.silent_bps,
        total_minor=sum(each.amount_minor for each in new.milestones),
        terms_version=1,
        stage=Stage.OPEN,
        proposals_waiting=0,
        milestones=new.milestones,
        reviewed_at=None,
        created_at=now,
        changed_at=now,
    )
    await store.insert_project(db_tx, project)
    await tell_event(db_tx, "project_posted", project)
    return project


async def edit_project(
    db_tx: Connection,
    settings: Settings,
    account: UUID,
    id: UUID,
    changes: ProjectChanges,
    now: datetime,
) -> Project:
    """Changes a project that is open.

    Category and skills only say where it is found. Everything else is part of what a proposal
    agrees to: when somebody has proposed, it makes a new version of the terms, they are told, and
    their proposals can be accepted once they stand by them again. The asset is fixed by then, for
    the figures of proposals are in it. Raises `ProjectUnknown`, `NotTheClient`, `ProjectNotOpen`,
    `NothingToRead`, `TermsNotSound`, `AssetNotOffered`.
    """
    check_titles(changes.title or "…", changes.milestones or [])
    project = await lock_own_project(db_tx, account, id)
    if project.stage is not Stage.OPEN:
        raise ProjectNotOpen(stage=project.stage.value)
    next_stage(project.stage, StageAct.EDIT)
    given = {
        name: value
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not None and value != getattr(project, name)
    }
    if "skills" in given:
        given["skills"] = read_skills(given["skills"])
    if "asset" in given:
        token_of(settings, given["asset"])
    if "milestones" in given:
        check_shares([each.share for each in given["milestones"]])
        given["total_minor"] = sum(each.amount_minor for each in given["milestones"])
    if not given:
        return project
    proposers = await store_proposals.proposers(db_tx, id, _PROPOSED)
    version = project.terms_version
    terms_change = bool(given.keys() - {"category", "skills"})
    if proposers and "asset" in given:
        raise TermsNotSound(
            reason="Somebody has proposed in this asset. Post another project for another asset."
        )
    if proposers and terms_change:
        version += 1
        # What proposals were made for can be read beside what they are asked to stand by.
        await store_terms.keep_terms(db_tx, project, now)
    changed = msgspec.structs.replace(project, **given, terms_version=version, changed_at=now)
    await store.rewrite_project(db_tx, changed, milestones="milestones" in given)
    if version != project.terms_version:
        await tell(
            db_tx,
            NotificationKind.PROJECT_CHANGED,
            changed,
            to=proposers,
            key=f"project_changed:{id}:{version}",
            termsVersion=version,
        )
    await tell_event(db_tx, "project_changed", changed)
    return changed


async def cancel_project(db_tx: Connection, account: UUID, id: UUID, now: datetime) -> None:
    """Calls a project off that is not funded; one that is cancelled stays so.

    Raises `ProjectUnknown`, `NotTheClient`, `ProjectFunded`.
    """
    project = await lock_own_project(db_tx, account, id)
    if await store_funding.current_link(db_tx, id) is not None:
        raise ProjectFunded
    if project.stage is Stage.CANCELLED:
        return
    agreement = await store_funding.standing_agreement(db_tx, id)
    if agreement is not None:
        await store_funding.end_agreement(db_tx, agreement.id, EndReason.CANCELLED, now)
        await revive_proposals(db_tx, project, now)
    after = next_stage(project.stage, StageAct.CANCEL)
    await move_stage(db_tx, project, after, now)
    await tell(
        db_tx,
        NotificationKind.PROJECT_CANCELLED,
        project,
        to=await store_proposals.proposers(db_tx, id, _PROPOSED),
        key=f"project_cancelled:{id}:{now.isoformat()}",
    )
    await tell_event(db_tx, "project_cancelled", project)


async def lock_own_project(db_tx: Connection, account: UUID, id: UUID) -> Project:
    """The caller's project, held. Raises `ProjectUnknown`, `NotTheClient`."""
    project = await store.lock_project(db_tx, id)
    if project is None:
        raise ProjectUnknown
    if project.client != account:
        raise NotTheClient
    return project


async def require_project(db: Connection, id: UUID) -> Project:
    """A project; raises `ProjectUnknown`."""
    project = await store.find_project(db, id)
    if project is None:
        raise ProjectUnknown
    return project


async def terms_of(db: Connection, id: UUID, version: int) -> OldTerms:
    """The terms of one version: as they were, or as they stand. Open to everybody, as the project
    is. Raises `ProjectUnknown`, `TermsUnknown`."""
    project = await require_project(db, id)
    if version == project.terms_version:
        return OldTerms(
            version=version,
            title=project.title,
            description=project.description,
            silent_bps=project.silent_bps,
            milestones=project.milestones,
            replaced_at=None,
        )
    found = await store_terms.find_terms(db, id, version)
    if found is None:
        raise TermsUnknown(version=version)
    return found


async def move_stage(db_tx: Connection, project: Project, after: Stage, now: datetime) -> None:
    """Moves the stage of a project that is held. Raises `ProjectNotOpen` if it was not held."""
    if not await store.set_stage(db_tx, project.id, project.stage, after, now):
        raise ProjectNotOpen(stage=project.stage.value)


async def revive_proposals(db_tx: Connection, project: Project, now: datetime) -> list[UUID]:
    """Has the accepted proposal and those passed over for it await an answer again.

    Returns the freelancers that were passed over.
    """
    for before in (ProposalStatus.ACCEPTED, ProposalStatus.PASSED_OVER):
        after = next_proposal_status(before, ProposalAct.REVIVE)
        revived = await store_proposals.set_statuses(db_tx, project.id, before, after, now)
    return revived


async def end_acceptance(
    db_tx: Connection, project: Project, agreement: Agreement, reason: EndReason, now: datetime
) -> None:
    """Opens a project again whose agreement ends unfunded. The project is held by the caller."""
    await store_funding.end_agreement(db_tx, agreement.id, reason, now)
    passed_over = await revive_proposals(db_tx, project, now)
    await move_stage(db_tx, project, next_stage(project.stage, StageAct.END_ACCEPTANCE), now)
    key = f"{reason.value}:{agreement.id}"
    await tell(
        db_tx,
        NotificationKind.PROPOSAL_REVIVED,
        project,
        to=passed_over,
        key=f"proposal_revived:{key}",
    )
    kind, to = {
        EndReason.WITHDRAWN: (NotificationKind.ACCEPTANCE_WITHDRAWN, [agreement.freelancer]),
        EndReason.LEFT: (NotificationKind.PROPOSAL_WITHDRAWN, [project.client]),
        EndReason.UNFUNDED: (
            NotificationKind.ACCEPTANCE_LAPSED,
            [project.client, agreement.freelancer],
        ),
    }[reason]
    await tell(db_tx, kind, project, to=to, key=f"{kind.value}:{key}")
    await tell_event(db_tx, "acceptance_ended", project, {"reason": reason.value})


async def tell(
    db_tx: Connection,
    kind: NotificationKind,
    project: Project,
    *,
    to: Iterable[UUID],
    key: str,
    **data: Any,
) -> None:
    """Tells accounts something about a project."""
    await notify(
        db_tx,
        to=to,
        kind=kind,
        subject=f"project:{project.id}",
        data={"projectId": str(project.id), "projectTitle": project.title} | data,
        key=key,
    )


async def tell_event(
    db_tx: Connection, type: str, project: Project, more: Mapping[str, Any] | None = None
) -> None:
    """Appends an event about a project."""
    data = {"projectId": project.id, "client": project.client}
    await append_event(db_tx, type, f"project:{project.id}", data | dict(more or {}))
