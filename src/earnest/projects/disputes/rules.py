"""What a dispute is called, what may be handed in about it, and what a ruling would pay. Pure."""

import re
from enum import StrEnum
from uuid import UUID

import msgspec

from earnest.escrow import (
    EscrowDispute,
    EscrowMilestone,
    MilestoneStatus,
    Parts,
    ProjectState,
    bond_owner,
    parts_of,
)
from earnest.kit.words import says_something
from earnest.projects.disputes.errors import (
    DisputeClosed,
    DisputeUnknown,
    EvidenceEmpty,
    EvidenceTooLate,
)

EVIDENCE_MAX = 50  # for each side
EVIDENCE_TEXT_LENGTH_MAX = 10_000
EVIDENCE_FILES_MAX = 10  # for each piece
EVIDENCE_BYTES_MAX = 500_000_000  # of all files of a side
EVIDENCE_PER_MINUTE_MAX = 20
DOSSIERS_PER_MINUTE_MAX = 6
# What a panel shows before any arbiter has named a figure: all, nothing, and the quarters.
_SHOWN_BPS = (0, 2_500, 5_000, 7_500, 10_000)


class DisputeState(StrEnum):
    """Whether its milestone is still disputed, by all that the chain shows."""

    OPEN = "open"
    CLOSED = "closed"


_ID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})-([1-4])")


class DisputeId(msgspec.Struct, frozen=True):
    """A milestone is disputed once at most, so project and milestone name a dispute.

    Neither moves when the chain does: the escrow behind it is found anew each time.
    """

    project_id: UUID
    milestone_num: int

    def __str__(self) -> str:
        return f"{self.project_id}-{self.milestone_num}"

    @classmethod
    def parse(cls, text: str) -> "DisputeId":
        """Raises `DisputeUnknown` for what is no id of a dispute."""
        found = _ID.fullmatch(text)
        if found is None:
            raise DisputeUnknown
        return cls(UUID(found[1]), int(found[2]))


def check_evidence(
    dispute: EscrowDispute,
    milestone: EscrowMilestone,
    burn_height: int,
    *,
    text: str,
    files: int,
) -> None:
    """Raises the first reason why a piece of evidence is not taken.

    `DisputeClosed`, `EvidenceTooLate` from the height on at which the default can be carried out,
    `EvidenceEmpty`.
    """
    if milestone.status is not MilestoneStatus.DISPUTED:
        raise DisputeClosed
    if burn_height >= dispute.default_from:
        raise EvidenceTooLate(default_from=dispute.default_from, burn_height=burn_height)
    if not files and not says_something(text):
        raise EvidenceEmpty


class Ruling(msgspec.Struct, frozen=True):
    """What a figure would do: the parts of the milestone, and who would get the bond."""

    bps: int
    parts: Parts
    bond_to: str


def rulings_of(state: ProjectState, dispute: EscrowDispute) -> list[Ruling]:
    """What the figures that come to mind would pay: the quarters, the default, every vote."""
    figures = {*_SHOWN_BPS, dispute.default_bps}
    figures |= {e.bps for e in state.votes if e.milestone_num == dispute.milestone_num}
    return [ruling_of(state, dispute, bps) for bps in sorted(figures)]


def ruling_of(state: ProjectState, dispute: EscrowDispute, bps: int) -> Ruling:
    """What one figure would pay."""
    project = state.project
    bond_to = bond_owner(
        filer=dispute.filer, client=project.client, freelancer=project.freelancer, bps=bps
    )
    return Ruling(bps, parts_of(state, dispute.milestone_num, bps), bond_to)


def tally_of(state: ProjectState, milestone_num: int, voters: tuple[str, ...]) -> dict[int, int]:
    """How many of those who may vote name each figure, by basis points."""
    tally: dict[int, int] = {}
    for vote in state.votes:
        if vote.milestone_num == milestone_num and vote.arbiter in voters:
            tally[vote.bps] = tally.get(vote.bps, 0) + 1
    return dict(sorted(tally.items()))
