"""Who may review, when it is shown, and what a reputation is made of. Pure, in integers.

The formula, with a worked table, is in README.md.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

import msgspec

from earnest.escrow import Ending, ProjectState, ProjectStatus
from earnest.kit.money import Asset

# After the first of two reviews: so long may the other side write, and so long is it not shown.
REVEAL_AFTER = timedelta(days=14)
# One step of weight is a doubling; below one of these an amount weighs nothing. They stand for
# about the same worth, and are fixed so that no price feed decides about anybody's reputation.
STEP_MINOR = {Asset.STX: 1_000_000, Asset.SBTC: 1_000}


class NotReviewable(StrEnum):
    """Why a project cannot be reviewed (yet)."""

    NOT_FINAL = "not_final"
    NOTHING_HAPPENED = "nothing_happened"


_JUDGED = frozenset({Ending.RULED, Ending.DEFAULTED})


def why_not_reviewable(final: ProjectState | None) -> NotReviewable | None:
    """Why a project cannot be reviewed, by what is final; None when it can.

    Every milestone must be closed, and something must have been paid or judged: a project that was
    cancelled, or given back without a word, says nothing about anybody.
    """
    if final is None or any(each.status.is_open for each in final.milestones):
        return NotReviewable.NOT_FINAL
    if final.project.status is ProjectStatus.COMPLETED:
        return None
    if any(each.how in _JUDGED for each in final.milestones):
        return None
    return NotReviewable.NOTHING_HAPPENED


def closes_at(first_written_at: datetime) -> datetime:
    """When the other side can no longer answer a review, and it is shown alone."""
    return first_written_at + REVEAL_AFTER


def is_revealed(written_at: Sequence[datetime], now: datetime) -> bool:
    """Whether the reviews of a project are shown: both are in, or the time of the other is over."""
    if len(written_at) > 1:
        return True
    return any(closes_at(each) <= now for each in written_at)


class Reviewed(msgspec.Struct, frozen=True):
    """One revealed review: by whom, of how much, how many stars.

    `amount_minor` of `asset` is what was decided in that project: what the freelancer was paid with
    the fee on it, and of a milestone that was ruled on, or left to the default, all of it.
    """

    counterparty: str
    asset: Asset
    amount_minor: int
    rating: int


class Contribution(msgspec.Struct, frozen=True):
    """What one counterparty adds to a score: `weight`, and its mean rating as a fraction."""

    counterparty: str
    reviews: int
    weight: int
    mean: Fraction


class Score(msgspec.Struct, frozen=True):
    """A reputation. `mean` is None without any review that weighs something."""

    mean: Fraction | None
    weight: int
    contributions: list[Contribution]

    @property
    def hundredths(self) -> int | None:
        """The mean in hundredths of a star, half up."""
        if self.mean is None:
            return None
        return (self.mean.numerator * 200 + self.mean.denominator) // (2 * self.mean.denominator)


def weight_of(steps: Fraction) -> int:
    """How often an amount can be halved until less than one step is left.

    0 below one step; 1 from one step, 2 from two, 3 from four, 11 from 1,024.
    """
    return int(steps).bit_length()


def score_reviews(reviews: Iterable[Reviewed]) -> Score:
    """The score of all revealed reviews about one address in one role.

    Each counterparty speaks once: with the mean of its ratings by amount, and a weight that grows
    with the logarithm of all that went between the two. So a hundred small projects of one friend
    weigh little more than one, and dust weighs nothing.
    """
    by_counterparty: dict[str, list[Reviewed]] = {}
    for review in reviews:
        by_counterparty.setdefault(review.counterparty, []).append(review)
    contributions = [_contribute(who, found) for who, found in sorted(by_counterparty.items())]
    contributions.sort(key=lambda each: -each.weight)
    weight = sum(each.weight for each in contributions)
    if weight == 0:
        return Score(None, 0, contributions)
    total = sum((each.weight * each.mean for each in contributions), Fraction(0))
    return Score(total / weight, weight, contributions)


def _contribute(counterparty: str, reviews: Sequence[Reviewed]) -> Contribution:
    # Amounts of different assets are compared by steps, exactly.
    steps = [Fraction(each.amount_minor, STEP_MINOR[each.asset]) for each in reviews]
    total = sum(steps, Fraction(0))
    if total == 0:
        mean = Fraction(sum(each.rating for each in reviews), len(reviews))
    else:
        mean = sum((s * r.rating for s, r in zip(steps, reviews, strict=True)), Fraction(0)) / total
    return Contribution(counterparty, len(reviews), weight_of(total), mean)
