"""Reviews, written once by each side and opened together; reputation, from what is final."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import Connection, Database
from earnest.kit.events import append_event
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind
from earnest.projects import service, store
from earnest.projects.disputes.errors import (
    NothingToReview,
    NotReviewableYet,
    ReviewedAlready,
    ReviewNotYours,
    ReviewsClosed,
)
from earnest.projects.disputes.rules_dossier import Side
from earnest.projects.disputes.service import asset_of
from earnest.projects.errors import ProjectUnknown
from earnest.projects.funding import service as service_funding
from earnest.projects.funding.service import Funding
from earnest.projects.reviews import store as store_reviews
from earnest.projects.reviews.rules import (
    NotReviewable,
    Reviewed,
    Score,
    closes_at,
    is_revealed,
    score_reviews,
    why_not_reviewable,
)
from earnest.projects.reviews.store import (
    DisputeRecord,
    EndingCount,
    MoneyRecord,
    Review,
    ShownReview,
)
from earnest.projects.store import Project

REVEAL_JOB = "projects.reveal_reviews"
REVEAL_EVERY_S = 3_600
# How far back the job looks: an outage of so long tells nobody too late, or twice.
_LOOKS_BACK = timedelta(days=7)
_BATCH = 1_000


class Resources(Protocol):
    """What these jobs need of the worker."""

    database: Database
    clock: Clock


def register_review_jobs(registry: JobRegistry) -> None:
    """Tells both sides when a review that stayed alone is opened."""

    @registry.job(REVEAL_JOB, tries_max=1)
    async def reveal(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await tell_revealed(resources.database, resources.clock.now())

    registry.every(REVEAL_EVERY_S, REVEAL_JOB)


async def write_review(
    db_tx: Connection, account: UUID, project_id: UUID, *, rating: int, text: str, now: datetime
) -> Review:
    """Writes one side's review; the other side's is opened with it, if it is there.

    Raises `ProjectUnknown`, `ReviewNotYours`, `NotReviewableYet`, `NothingToReview`,
    `ReviewedAlready`, `ReviewsClosed` once the other one has been opened alone: an answer to what
    one has read is no review.
    """
    project = await store.lock_project(db_tx, project_id)
    if project is None:
        raise ProjectUnknown
    found = await service_funding.find_funding(db_tx, project_id)
    side = _side_of(account, project, found[1] if found else None)
    if side is None:
        raise ReviewNotYours
    reason = why_not_reviewable(found[1].final if found else None)
    if found is None or reason is NotReviewable.NOT_FINAL:
        raise NotReviewableYet
    if reason is NotReviewable.NOTHING_HAPPENED:
        raise NothingToReview
    written = await store_reviews.reviews_of_project(db_tx, project_id)
    if any(each.side is side for each in written):
        raise ReviewedAlready
    if is_revealed([each.written_at for each in written], now):
        raise ReviewsClosed(closed_at=closes_at(written[0].written_at))
    link, funding = found
    addresses = {
        Side.CLIENT: funding.live.project.client,
        Side.FREELANCER: funding.live.project.freelancer,
    }
    review = Review(
        project_id=project_id,
        side=side,
        author=account,
        contract=link.contract,
        creation_tx_id=link.creation_tx_id,
        author_address=addresses[side],
        subject_address=addresses[side.other],
        rating=rating,
        text=text,
        written_at=now,
    )
    try:
        await store_reviews.insert_review(db_tx, review)
    except asyncpg.UniqueViolationError as error:
        raise ReviewedAlready from error
    accounts = {Side.CLIENT: project.client, Side.FREELANCER: funding.agreement.freelancer}
    await _tell_written(db_tx, project, review, accounts, both=bool(written))
    return review


def _side_of(account: UUID, project: Project, funding: Funding | None) -> Side | None:
    if account == project.client:
        return Side.CLIENT
    if funding is not None and account == funding.agreement.freelancer:
        return Side.FREELANCER
    return None


async def _tell_written(
    db_tx: Connection, project: Project, review: Review, accounts: dict[Side, UUID], *, both: bool
) -> None:
    await append_event(
        db_tx,
        "review_written",
        f"project:{project.id}",
        {"projectId": project.id, "side": review.side.value, "both": both},
    )
    if both:
        await store_reviews.mark_reviewed(db_tx, project.id, review.written_at)
        await service.tell(
            db_tx,
            NotificationKind.REVIEWS_REVEALED,
            project,
            to=accounts.values(),
            key=f"reviews_revealed:{project.id}",
        )
        return
    await service.tell(
        db_tx,
        NotificationKind.REVIEW_RECEIVED,
        project,
        to=[accounts[review.side.other]],
        key=f"review_received:{project.id}",
        revealedAt=closes_at(review.written_at).date().isoformat(),
    )


async def tell_revealed(database: Database, now: datetime) -> int:
    """Tells both sides of reviews that were opened alone since about a week; how many there were.
    Who was told is told nothing again."""
    async with database.connection() as db:
        alone = await store_reviews.revealed_between(db, now - _LOOKS_BACK, now, _BATCH)
    for review in alone:
        async with database.db_tx() as db_tx:
            project = await store.find_project(db_tx, review.project_id)
            found = await service_funding.find_funding(db_tx, review.project_id)
            if project is None or found is None:
                continue
            await service.tell(
                db_tx,
                NotificationKind.REVIEWS_REVEALED,
                project,
                to=[project.client, found[1].agreement.freelancer],
                key=f"reviews_revealed:{project.id}",
            )
    return len(alone)


class ProjectReviews(msgspec.Struct, frozen=True, kw_only=True):
    """The reviews of a project that may be shown, and whether one may still write.

    `side` is what the one who asks is; `may_write` says whether a review of theirs would be taken;
    `closes_at` is there once one of two is in.
    """

    shown: list[Review]
    revealed: bool
    side: Side | None
    may_write: bool
    closes_at: datetime | None


async def view_reviews(
    db: Connection, account: UUID | None, project_id: UUID, now: datetime
) -> ProjectReviews:
    """What `account` (None: nobody in particular) may see. One's own is always shown to oneself.

    Raises `ProjectUnknown`.
    """
    project = await service.require_project(db, project_id)
    found = await service_funding.find_funding(db, project_id)
    side = _side_of(account, project, found[1] if found else None) if account else None
    written = await store_reviews.reviews_of_project(db, project_id)
    revealed = is_revealed([each.written_at for each in written], now)
    reviewable = why_not_reviewable(found[1].final if found else None) is None
    mine = any(each.side is side for each in written)
    return ProjectReviews(
        shown=[each for each in written if revealed or each.side is side],
        revealed=revealed,
        side=side,
        may_write=side is not None and reviewable and not mine and not revealed,
        closes_at=closes_at(written[0].written_at) if len(written) == 1 and side else None,
    )


# -- reputation ------------------------------------------------------------------------------------


class Reputation(msgspec.Struct, frozen=True, kw_only=True):
    """What is final about an address in one role, and the score of the reviews about it."""

    address: str
    role: Side
    score: Score
    money: Sequence[MoneyRecord]
    endings: Sequence[EndingCount]
    disputes: DisputeRecord


async def reputation_of(
    db: Connection, settings: Settings, contract: str, address: str, role: Side, now: datetime
) -> Reputation:
    """The reputation of an address, in the form of the contract's network."""
    scored = await store_reviews.scored_reviews(db, contract, address, role.other, now)
    known = [(each, asset_of(each.token, settings)) for each in scored]
    return Reputation(
        address=address,
        role=role,
        score=score_reviews(
            Reviewed(each.counterparty, asset, each.amount_minor, each.rating)
            for each, asset in known
            if asset is not None
        ),
        money=await store_reviews.money_of(db, contract, address, role),
        endings=await store_reviews.endings_of(db, contract, address, role),
        disputes=await store_reviews.disputes_of(db, contract, address, role),
    )


async def list_reviews_about(
    db: Connection,
    contract: str,
    address: str,
    role: Side,
    now: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ShownReview]:
    """Revealed reviews about an address in one role, the newest first."""
    return await store_reviews.list_about(
        db, contract, address, role.other, now, after=after, limit=limit
    )
