"""What a dispute is called, when evidence is taken, and what a figure would pay."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.escrow import (
    EscrowDispute,
    EscrowMilestone,
    EscrowProject,
    EscrowVote,
    MilestoneStatus,
    ProjectState,
    ProjectStatus,
)
from earnest.kit.errors import EarnestError
from earnest.projects.disputes.errors import (
    DisputeClosed,
    DisputeUnknown,
    EvidenceEmpty,
    EvidenceTooLate,
)
from earnest.projects.disputes.rules import (
    DisputeId,
    check_evidence,
    ruling_of,
    rulings_of,
    tally_of,
)

PROJECT_ID = UUID("5f0c0a52-55a4-4b43-8f29-3a0f3b1c7d11")
CLIENT, FREELANCER = "ST-client", "ST-freelancer"
DEFAULT_FROM = 5_320
DISPUTE = EscrowDispute(
    number=1,
    milestone_num=2,
    filer=FREELANCER,
    bond_minor=5_000,
    bond_to=None,
    filed_at=1_000,
    default_from=DEFAULT_FROM,
    default_bps=5_000,
    filed_tx_id="0x01",
)


def milestone(status: MilestoneStatus, amount_minor: int = 100_003) -> EscrowMilestone:
    """The second milestone in a state."""
    return EscrowMilestone(
        number=1,
        milestone_num=2,
        amount_minor=amount_minor,
        deadline=9_000,
        status=status,
        how=None,
        claim_from=None,
        bps=None,
        gross_minor=None,
        fee_minor=None,
        net_minor=None,
        refund_minor=None,
        submitted_tx_id=None,
        closed_tx_id=None,
        closed_burn_height=None,
    )


def state(amount_minor: int = 100_003, fee_bps: int = 250, *votes: EscrowVote) -> ProjectState:
    """A project with that milestone in dispute."""
    return ProjectState(
        project=EscrowProject(
            number=1,
            creation_tx_id="0x01",
            creation_block_id="0x02",
            creation_height=1,
            created_burn_height=900,
            client=CLIENT,
            freelancer=FREELANCER,
            token=None,
            total_minor=amount_minor,
            reference=None,
            silent_bps=5_000,
            fee_bps=fee_bps,
            arbiter_set=1,
            bond_bps=500,
            claim_window=2_016,
            arbiter_window=4_320,
            offer_window=1_008,
            milestone_count=2,
            accepted=True,
            cancelled=False,
            status=ProjectStatus.DISPUTED,
            net_minor=0,
            refunded_minor=0,
            fee_minor=0,
            updated_burn_height=1_000,
        ),
        milestones=(milestone(MilestoneStatus.DISPUTED, amount_minor),),
        disputes=(DISPUTE,),
        votes=votes,
        offers=(),
        arbiters=None,
    )


CASES: list[tuple[str, MilestoneStatus, int, str, int, type[EarnestError] | None]] = [
    ("at filing", MilestoneStatus.DISPUTED, 1_000, "x", 0, None),
    ("a block before the default", MilestoneStatus.DISPUTED, DEFAULT_FROM - 1, "x", 0, None),
    ("at the default", MilestoneStatus.DISPUTED, DEFAULT_FROM, "x", 0, EvidenceTooLate),
    ("after it", MilestoneStatus.DISPUTED, DEFAULT_FROM + 1, "x", 0, EvidenceTooLate),
    ("a file alone", MilestoneStatus.DISPUTED, 1_000, "", 1, None),
    ("nothing", MilestoneStatus.DISPUTED, 1_000, "", 0, EvidenceEmpty),
    ("blanks", MilestoneStatus.DISPUTED, 1_000, " \n\t", 0, EvidenceEmpty),
    ("split", MilestoneStatus.SPLIT, 1_000, "x", 1, DisputeClosed),
    ("paid", MilestoneStatus.APPROVED, 1_000, "x", 1, DisputeClosed),
    ("given back", MilestoneStatus.REFUNDED, 1_000, "x", 1, DisputeClosed),
    ("closed and late", MilestoneStatus.SPLIT, DEFAULT_FROM, "", 0, DisputeClosed),
]


@pytest.mark.parametrize(
    ("status", "burn_height", "text", "files", "refused"),
    [each[1:] for each in CASES],
    ids=[each[0] for each in CASES],
)
def test_when_evidence_is_taken(
    status: MilestoneStatus,
    burn_height: int,
    text: str,
    files: int,
    refused: type[EarnestError] | None,
) -> None:
    """While the milestone is disputed, below the height of the default, if there is anything."""
    if refused is None:
        check_evidence(DISPUTE, milestone(status), burn_height, text=text, files=files)
        return
    with pytest.raises(refused):
        check_evidence(DISPUTE, milestone(status), burn_height, text=text, files=files)


def test_an_id_is_read_as_it_is_written_and_no_other_way() -> None:
    """Project and milestone there and back; whatever else is no dispute."""
    id = DisputeId(PROJECT_ID, 2)
    assert DisputeId.parse(str(id)) == id
    endings = ("", "-0", "-5", "-2\n", "-2 ", "-\u0662")
    for text in (
        "",
        f"{PROJECT_ID.hex}-2",
        str(id).upper(),
        *(f"{PROJECT_ID}{e}" for e in endings),
    ):
        with pytest.raises(DisputeUnknown):
            DisputeId.parse(text)


@given(st.integers(10_000, 10**30), st.integers(0, 10_000), st.integers(0, 1_000))
def test_what_a_ruling_shows_adds_up(amount: int, bps: int, fee_bps: int) -> None:
    """Nothing is made and nothing lost: the parts are the amount, and the bond goes to the filer
    unless it ends with nothing."""
    shown = ruling_of(state(amount, fee_bps), DISPUTE, bps)
    parts = shown.parts
    assert parts.net_minor + parts.fee_minor + parts.refund_minor == amount
    assert min(parts.net_minor, parts.fee_minor, parts.refund_minor) >= 0
    assert shown.bond_to == (CLIENT if bps == 0 else FREELANCER)


def test_the_panel_shows_the_quarters_the_default_and_every_vote() -> None:
    """And counts only those who have a vote, each with its latest figure."""
    votes = [
        EscrowVote(number=1, milestone_num=2, arbiter=who, bps=bps)
        for who, bps in (("A", 6_000), ("B", 6_000), ("C", 3_333), (CLIENT, 0))
    ]
    other = EscrowVote(number=1, milestone_num=1, arbiter="A", bps=1)
    found = state(100_003, 250, *votes, other)
    assert [each.bps for each in rulings_of(found, DISPUTE)] == [
        0, 2_500, 3_333, 5_000, 6_000, 7_500, 10_000,
    ]  # fmt: skip
    assert tally_of(found, 2, ("A", "B", "C")) == {3_333: 1, 6_000: 2}
