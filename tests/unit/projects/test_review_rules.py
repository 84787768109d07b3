"""Who may review, when reviews open, and what a score is made of."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.kit.money import Asset
from earnest.projects.reviews.rules import (
    REVEAL_AFTER,
    STEP_MINOR,
    Reviewed,
    is_revealed,
    score_reviews,
    weight_of,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
STX = STEP_MINOR[Asset.STX]


def stx(who: str, amount: int, rating: int) -> Reviewed:
    """A review of whole STX."""
    return Reviewed(who, Asset.STX, amount * STX, rating)


@pytest.mark.parametrize(
    ("ages", "revealed"),
    [
        ([], False),
        ([timedelta(0)], False),
        ([REVEAL_AFTER - timedelta(seconds=1)], False),
        ([REVEAL_AFTER], True),
        ([timedelta(0), timedelta(0)], True),
    ],
)
def test_reviews_open_together_or_after_fourteen_days(
    ages: list[timedelta],
    revealed: bool,  # noqa: FBT001
) -> None:
    """Both are in, or the time of the other side is over, to the second."""
    assert is_revealed([NOW - age for age in ages], NOW) is revealed


@pytest.mark.parametrize(
    ("steps", "weight"),
    [(Fraction(99, 100), 0), (1, 1), (2, 2), (3, 2), (4, 3), (1_023, 10), (1_024, 11)],
)
def test_weight_counts_doublings(steps: Fraction | int, weight: int) -> None:
    """Below one step nothing; then one more for each doubling."""
    assert weight_of(Fraction(steps)) == weight


# The worked table of README.md.
WORKED = [
    ("nothing", [], None, 0),
    ("one client, one project", [stx("A", 100, 5)], 500, 7),
    ("one client, twice: by amount", [stx("A", 300, 5), stx("A", 100, 1)], 400, 9),
    ("two clients: by weight", [stx("A", 100, 5), stx("B", 1_000, 3)], 382, 17),
    ("dust says nothing", [stx("A", 100, 5), Reviewed("B", Asset.STX, STX - 1, 1)], 500, 7),
    ("only dust", [Reviewed("A", Asset.STX, STX - 1, 5)], None, 0),
    (
        "a hundred projects of one friend",
        [*[stx("F", 10, 5) for _ in range(100)], stx("A", 500, 2), stx("B", 500, 2)],
        307,
        28,
    ),
    ("sBTC beside STX", [stx("A", 4, 5), Reviewed("B", Asset.SBTC, 4_000, 1)], 300, 6),
]


@pytest.mark.parametrize(
    ("reviews", "hundredths", "weight"),
    [each[1:] for each in WORKED],
    ids=[each[0] for each in WORKED],
)
def test_the_worked_table(reviews: list[Reviewed], hundredths: int | None, weight: int) -> None:
    """The figures that the documentation shows."""
    score = score_reviews(reviews)
    assert (score.hundredths, score.weight) == (hundredths, weight)


@given(
    st.lists(
        st.builds(
            Reviewed,
            st.sampled_from("ABCDE"),
            st.sampled_from(list(STEP_MINOR)),
            st.integers(0, 10**12),
            st.integers(1, 5),
        ),
        max_size=30,
    )
)
def test_a_score_is_a_mean_whatever_the_order(reviews: list[Reviewed]) -> None:
    """It lies within what was given, does not depend on the order, and each counterparty counts
    once, with a weight that the sum of its amounts gives."""
    score = score_reviews(reviews)
    assert score_reviews(reversed(reviews)) == score
    assert len(score.contributions) == len({each.counterparty for each in reviews})
    if score.mean is not None:
        weighing = [each.mean for each in score.contributions if each.weight]
        assert min(weighing) <= score.mean <= max(weighing)
        assert 100 <= (score.hundredths or 0) <= 500
    else:
        assert score.weight == 0


def test_splitting_work_among_few_friends_is_worth_little() -> None:
    """A thousand projects of 1 STX by one friend weigh as one of 1,000; by logarithm, ten times one
    of 1 STX; it takes new people to weigh more."""
    many = score_reviews([stx("F", 1, 5)] * 1_000)
    assert many.weight == score_reviews([stx("F", 1_000, 5)]).weight == 10
    assert score_reviews([stx("F", 1, 5)]).weight == 1
