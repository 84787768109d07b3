"""Routes of reviews and reputation."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath, JSONBody

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.kit.db import Connection, Database
from earnest.kit.errors import InvalidInput
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.money import Asset
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.settings import Settings
from earnest.kit.wire import AmountMinor, Body, Page, Wire
from earnest.projects.disputes.rules_dossier import Side
from earnest.projects.disputes.service import asset_of
from earnest.projects.http import NO_STORE, count_write
from earnest.projects.reviews import service as service_reviews
from earnest.projects.reviews.rules import REVEAL_AFTER, Contribution
from earnest.projects.reviews.service import Reputation
from earnest.projects.reviews.store import Review
from earnest.projects.rules_terms import on_network_of
from earnest.projects.service import contract_of
from earnest.projects.shapes import PerhapsPrincipal, perhaps_principal

CONTRIBUTIONS_SHOWN_MAX = 100

Rating = Annotated[int, msgspec.Meta(ge=1, le=5, description="Stars.")]
ReviewText = Annotated[
    str, msgspec.Meta(max_length=5_000, pattern=r"^[^\x00]*$", description="Plain text.")
]


class ReviewBody(Body, frozen=True):
    """A review of the other side. It is written once, and stays."""

    rating: Rating
    text: ReviewText = ""


class ReviewAnswer(Wire, frozen=True):
    """What one side (`side`) wrote about the other."""

    project_id: UUID
    side: Side
    author_address: str
    subject_address: str
    rating: int
    text: str
    written_at: datetime


class ProjectReviewsAnswer(Wire, frozen=True):
    """The reviews of a project. Until both are in, or `revealAfterDays` after the first, each side
    sees its own alone. `mayWrite`: one of yours would be taken, until `closesAt` if that is
    there."""

    items: list[ReviewAnswer]
    revealed: bool
    side: Side | None
    may_write: bool
    closes_at: datetime | None
    reveal_after_days: int


class ReviewAboutAnswer(ReviewAnswer, frozen=True):
    """A review, with its project's title."""

    project_title: str


class ContributionAnswer(Wire, frozen=True):
    """What one counterparty adds to a score: each speaks once, with the mean of its ratings."""

    counterparty: str
    reviews: int
    weight: int
    mean_hundredths: int


class MoneyRecordAnswer(Wire, frozen=True):
    """What went through final escrows in one token, in minor units. `asset` is null for a token
    that is none of ours."""

    asset: Asset | None
    token: str | None
    projects: int
    completed: int
    counterparties: int
    net_minor: AmountMinor
    fee_minor: AmountMinor
    refunded_minor: AmountMinor


class ReputationAnswer(Wire, frozen=True):
    """What is final about an address in one role.

    `scoreHundredths` is the mean of `contributions` by their weights, in hundredths of a star; null
    where nothing that weighs was reviewed. `weight` is their sum: how much there is behind it.
    `milestones` counts by how they were closed. `filed` of `disputed` milestones were disputed by
    this address itself.
    """

    address: str
    role: Side
    score_hundredths: int | None
    weight: int
    reviews: int
    counterparties: int
    contributions: list[ContributionAnswer]
    money: list[MoneyRecordAnswer]
    milestones: dict[str, int]
    disputed: int
    filed: int


def _show(review: Review) -> ReviewAnswer:
    return ReviewAnswer(**{name: getattr(review, name) for name in ReviewAnswer.__struct_fields__})


def _show_contribution(given: Contribution) -> ContributionAnswer:
    mean = given.mean
    return ContributionAnswer(
        counterparty=given.counterparty,
        reviews=given.reviews,
        weight=given.weight,
        mean_hundredths=(mean.numerator * 200 + mean.denominator) // (2 * mean.denominator),
    )


def _show_reputation(found: Reputation, settings: Settings) -> ReputationAnswer:
    score = found.score
    return ReputationAnswer(
        address=found.address,
        role=found.role,
        score_hundredths=score.hundredths,
        weight=score.weight,
        reviews=sum(each.reviews for each in score.contributions),
        counterparties=len(score.contributions),
        contributions=[
            _show_contribution(each) for each in score.contributions[:CONTRIBUTIONS_SHOWN_MAX]
        ],
        money=[
            MoneyRecordAnswer(
                asset=asset_of(each.token, settings),
                token=each.token,
                projects=each.projects,
                completed=each.completed,
                counterparties=each.counterparties,
                net_minor=str(each.net_minor),
                fee_minor=str(each.fee_minor),
                refunded_minor=str(each.refunded_minor),
            )
            for each in found.money
        ],
        milestones={each.how: each.milestones for each in found.endings},
        disputed=found.disputes.disputed,
        filed=found.disputes.filed,
    )


class ReviewsController(Controller):
    """The reviews of one project."""

    path = "/api/projects/{project_id:uuid}/reviews"
    tags = ("reviews",)
    dependencies = {  # noqa: RUF012 - Litestar's own way
        "principal": Provide(require_principal),
        "reader": Provide(perhaps_principal),
    }

    @post(
        "/",
        summary="Review the other side",
        security=SECURITY,
        responses=answers(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def write(
        self,
        project_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        data: JSONBody[ReviewBody],
        idempotency_key: IdempotencyKey = None,
    ) -> ReviewAnswer:
        """Once every milestone is settled and final. The other side reads it when it has written
        its own, or after 14 days."""
        await count_write(database, settings, principal.account_id)

        async def work(db_tx: Connection) -> ReviewAnswer:
            return _show(
                await service_reviews.write_review(
                    db_tx,
                    principal.account_id,
                    project_id,
                    rating=data.rating,
                    text=data.text,
                    now=clock.now(),
                )
            )

        return await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=f"POST /api/projects/{project_id}/reviews",
            body=data,
            answer=ReviewAnswer,
        )

    @get("/", summary="The reviews of a project", responses=answers(400, 401, 404, 503))
    async def list_of_project(
        self,
        project_id: FromPath[UUID],
        reader: PerhapsPrincipal,
        database: GivenDatabase,
        clock: GivenClock,
    ) -> Response[ProjectReviewsAnswer]:
        """For everybody, once they are open."""
        account = reader.account_id if reader else None
        async with database.connection() as db:
            view = await service_reviews.view_reviews(db, account, project_id, clock.now())
        answer = ProjectReviewsAnswer(
            items=[_show(each) for each in view.shown],
            revealed=view.revealed,
            side=view.side,
            may_write=view.may_write,
            closes_at=view.closes_at,
            reveal_after_days=REVEAL_AFTER.days,
        )
        return Response(answer, headers=NO_STORE)


def _read_address(contract: str, address: str) -> str:
    try:
        return on_network_of(contract, address)
    except ValueError as error:
        raise InvalidInput(reason="That is no address on Stacks.") from error


async def _reputation(
    database: Database, settings: Settings, address: str, role: Side, now: datetime
) -> ReputationAnswer:
    contract = contract_of(settings)
    here = _read_address(contract, address)
    async with database.connection() as db:
        found = await service_reviews.reputation_of(db, settings, contract, here, role, now)
    return _show_reputation(found, settings)


async def _reviews_about(
    database: Database,
    settings: Settings,
    address: str,
    role: Side,
    now: datetime,
    cursor: str | None,
    limit: int,
) -> Page[ReviewAboutAnswer]:
    after = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
    contract = contract_of(settings)
    here = _read_address(contract, address)
    async with database.connection() as db:
        found = await service_reviews.list_reviews_about(
            db, contract, here, role, now, after=after, limit=limit + 1
        )
    page, following = cut_page(
        found, limit, lambda last: (last.review.written_at, last.review.project_id)
    )
    return Page(
        items=[
            ReviewAboutAnswer(
                **{name: getattr(each.review, name) for name in ReviewAnswer.__struct_fields__},
                project_title=each.title,
            )
            for each in page
        ],
        next_cursor=following,
    )


class FreelancerReputationController(Controller):
    """What is final about somebody as a freelancer, for everybody."""

    path = "/api/freelancers/{address:str}"
    tags = ("reviews",)

    @get("/reputation", summary="Reputation as a freelancer", responses=answers(400, 409, 503))
    async def show(
        self,
        address: FromPath[str],
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> ReputationAnswer:
        """Made of final money events and opened reviews, with the numbers behind it."""
        return await _reputation(database, settings, address, Side.FREELANCER, clock.now())

    @get("/reviews", summary="Reviews by clients", responses=answers(400, 409, 503))
    async def list_about(
        self,
        address: FromPath[str],
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ReviewAboutAnswer]:
        """Opened ones, newest first."""
        return await _reviews_about(
            database, settings, address, Side.FREELANCER, clock.now(), cursor, limit
        )


class ClientReputationController(Controller):
    """What is final about somebody as a client, for everybody."""

    path = "/api/clients/{address:str}"
    tags = ("reviews",)

    @get("/reputation", summary="Reputation as a client", responses=answers(400, 409, 503))
    async def show(
        self,
        address: FromPath[str],
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
    ) -> ReputationAnswer:
        """Made of final money events and opened reviews, with the numbers behind it."""
        return await _reputation(database, settings, address, Side.CLIENT, clock.now())

    @get("/reviews", summary="Reviews by freelancers", responses=answers(400, 409, 503))
    async def list_about(
        self,
        address: FromPath[str],
        database: GivenDatabase,
        settings: GivenSettings,
        clock: GivenClock,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ReviewAboutAnswer]:
        """Opened ones, newest first."""
        return await _reviews_about(
            database, settings, address, Side.CLIENT, clock.now(), cursor, limit
        )


ROUTES: list[Any] = [ReviewsController, FreelancerReputationController, ClientReputationController]
