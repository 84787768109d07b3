"""What a project and a proposal may become, as tables with every illegal move in them."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.projects.errors import IllegalMove, LinkNotTaken, TermsNotSound
from earnest.projects.rules import (
    DAYS_MAX,
    DAYS_MIN,
    MILESTONE_MIN_MINOR,
    PROPOSALS,
    STAGES,
    TOTAL_MAX_MINOR,
    MilestoneTerms,
    ProposalAct,
    ProposalStatus,
    Share,
    Stage,
    StageAct,
    check_shares,
    next_proposal_status,
    next_stage,
    propose_shares,
    read_links,
    read_skills,
)

_S, _A = Stage, StageAct
# Written down a second time: a change of the rules must be meant.
LEGAL_STAGES: Mapping[tuple[Stage, StageAct], Stage] = {
    (_S.OPEN, _A.EDIT): _S.OPEN,
    (_S.OPEN, _A.PROPOSE): _S.OPEN,
    (_S.OPEN, _A.ACCEPT): _S.PENDING,
    (_S.OPEN, _A.CANCEL): _S.CANCELLED,
    (_S.OPEN, _A.FUNDED): _S.PENDING,
    (_S.PENDING, _A.END_ACCEPTANCE): _S.OPEN,
    (_S.PENDING, _A.CANCEL): _S.CANCELLED,
    (_S.PENDING, _A.FUNDED): _S.PENDING,
    (_S.CANCELLED, _A.FUNDED): _S.PENDING,
}
_P, _B = ProposalStatus, ProposalAct
LEGAL_PROPOSALS: Mapping[tuple[ProposalStatus, ProposalAct], ProposalStatus] = {
    (_P.WAITING, _B.ACCEPT): _P.ACCEPTED,
    (_P.WAITING, _B.REJECT): _P.REJECTED,
    (_P.WAITING, _B.PASS_OVER): _P.PASSED_OVER,
    (_P.WAITING, _B.WITHDRAW): _P.WITHDRAWN,
    (_P.WAITING, _B.CONFIRM): _P.WAITING,
    (_P.WAITING, _B.FUNDED): _P.ACCEPTED,
    (_P.ACCEPTED, _B.REVIVE): _P.WAITING,
    (_P.ACCEPTED, _B.PASS_OVER): _P.PASSED_OVER,
    (_P.ACCEPTED, _B.WITHDRAW): _P.WITHDRAWN,
    (_P.PASSED_OVER, _B.REVIVE): _P.WAITING,
    (_P.PASSED_OVER, _B.WITHDRAW): _P.WITHDRAWN,
    (_P.PASSED_OVER, _B.FUNDED): _P.ACCEPTED,
    (_P.REJECTED, _B.FUNDED): _P.ACCEPTED,
    (_P.WITHDRAWN, _B.FUNDED): _P.ACCEPTED,
}


@pytest.mark.parametrize(("stage", "act"), list(product(Stage, StageAct)))
def test_every_move_of_a_stage(stage: Stage, act: StageAct) -> None:
    """The legal moves lead where the table says; every other one is refused by name."""
    _check(next_stage, LEGAL_STAGES, stage, act, "project")


@pytest.mark.parametrize(("status", "act"), list(product(ProposalStatus, ProposalAct)))
def test_every_move_of_a_proposal(status: ProposalStatus, act: ProposalAct) -> None:
    """The same for proposals."""
    _check(next_proposal_status, LEGAL_PROPOSALS, status, act, "proposal")


def _check(move: Any, legal: Mapping[Any, Any], before: StrEnum, act: StrEnum, thing: str) -> None:
    if (before, act) in legal:
        assert move(before, act) == legal[before, act]
        return
    with pytest.raises(IllegalMove) as refused:
        move(before, act)
    assert refused.value.facts == {"thing": thing, "status": before.value, "act": act.value}


def test_the_tables_are_those_of_the_rules() -> None:
    """No move stands in the rules that is not in the tables here."""
    assert dict(STAGES) == dict(LEGAL_STAGES)
    assert dict(PROPOSALS) == dict(LEGAL_PROPOSALS)


WANTED = [
    MilestoneTerms("a", "", 200_000, 7),
    MilestoneTerms("b", "", 500_000, 21),
    MilestoneTerms("c", "", 300_000, 30),
]


@pytest.mark.parametrize(
    ("budget", "days", "expected"),
    [
        (1_000_000, 30, [(200_000, 7), (500_000, 21), (300_000, 30)]),
        (500_000, 15, [(100_000, 4), (250_000, 11), (150_000, 15)]),
        # Rounded down, and the last takes the rest; days rounded up.
        (1_000_001, 31, [(200_000, 8), (500_000, 22), (300_001, 31)]),
        (2_000_000, 365, [(400_000, 86), (1_000_000, 256), (600_000, 365)]),
        # Two days are the least the escrow takes.
        (1_000_000, 3, [(200_000, 2), (500_000, 3), (300_000, 3)]),
    ],
)
def test_a_proposal_takes_the_projects_figures_in_proportion(
    budget: int, days: int, expected: list[tuple[int, int]]
) -> None:
    """Without figures of its own."""
    assert propose_shares(WANTED, budget, days) == [Share(*pair) for pair in expected]


@given(
    st.lists(
        st.tuples(st.integers(MILESTONE_MIN_MINOR, 10**15), st.integers(DAYS_MIN, DAYS_MAX)),
        min_size=1,
        max_size=4,
    ),
    st.integers(10**6, 10**15),
    st.integers(DAYS_MIN, DAYS_MAX),
)
def test_shares_add_up_to_the_budget_and_end_in_time(
    wanted: list[tuple[int, int]], budget: int, days: int
) -> None:
    """Whatever is wanted and offered: the sum is the budget, the last day the one offered, none
    is later than the next; or it is refused, because a milestone would be too small."""
    dues = sorted(due for _, due in wanted)
    milestones = [MilestoneTerms("m", "", amount, due) for (amount, _), due in zip(wanted, dues)]  # noqa: B905
    try:
        shares = propose_shares(milestones, budget, days)
    except TermsNotSound:
        total = sum(each.amount_minor for each in milestones)
        assert min(m.amount_minor for m in milestones) * budget // total < MILESTONE_MIN_MINOR
        return
    assert sum(share.amount_minor for share in shares) == budget
    assert shares[-1].days == days
    assert [share.days for share in shares] == sorted(share.days for share in shares)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ([], "1 to 4"),
        ([(10_000, 2)] * 5, "1 to 4"),
        ([(9_999, 2)], "10000 or more"),
        ([(10_000, 1)], "2 to 365"),
        ([(10_000, 366)], "2 to 365"),
        ([(10_000, 9), (10_000, 8)], "before the one"),
        ([(TOTAL_MAX_MINOR, 9), (10_000, 9)], "No wallet"),
    ],
)
def test_what_the_contract_would_refuse_is_refused(
    shares: list[tuple[int, int]], says: str
) -> None:
    """Too many or few milestones, too little, too soon, too late, out of order, too much."""
    with pytest.raises(TermsNotSound, match=says):
        check_shares([Share(*pair) for pair in shares])


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ([(500_000, 30)], "3 milestones"),
        ([(200_000, 7), (500_000, 21), (300_001, 30)], "add up"),
        ([(200_000, 7), (500_000, 21), (300_000, 29)], "last milestone"),
    ],
)
def test_own_figures_must_agree_with_budget_and_days(own: list[tuple[int, int]], says: str) -> None:
    """A proposal that contradicts itself is refused."""
    with pytest.raises(TermsNotSound, match=says):
        propose_shares(WANTED, 1_000_000, 30, [Share(*pair) for pair in own])


def test_skills_are_kept_one_way() -> None:
    """Lower case, single blanks, none twice, in the order given."""
    words = ["Clarity", "node.js ", "clarity", "C++", "Smart   Contracts", "Übersetzung"]
    assert read_skills(words) == ["clarity", "node.js", "c++", "smart contracts", "übersetzung"]
    for bad in ("", "   ", " x", "a" * 33, "<b>", "a,b", "a\n", "a\x00"):
        with pytest.raises(TermsNotSound):
            read_skills([bad])
    with pytest.raises(TermsNotSound):
        read_skills([f"s{n}" for n in range(11)])


@pytest.mark.parametrize(
    "link",
    [
        "http://example.org/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org/\u202egpj.exe",
        "https://example.org:99999/",
        "https://example.org@evil.example/",
        "https://example.org\n",
        "https://-x/",
        "https://ex\u00e4mple.org/",
        "https://example.org/" + "a" * 2_000,
        "HTTPS//example.org",
        "//example.org/",
    ],
)
def test_only_https_addresses_of_a_host_are_taken(link: str) -> None:
    """No other scheme, no credentials, nothing that turns text around."""
    with pytest.raises(LinkNotTaken):
        read_links([link])
    assert read_links(["https://example.org/x?y=1#z"] * 2) == ["https://example.org/x?y=1#z"]
