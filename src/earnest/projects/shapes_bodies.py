"""What is sent to projects: bodies of requests, with their bounds."""

from typing import Annotated
from uuid import UUID

import msgspec

from earnest.kit.money import Asset
from earnest.kit.wire import Body, PositiveAmountMinor
from earnest.projects.rules import (
    DAYS_MAX,
    DAYS_MIN,
    FILES_MAX,
    LINK_LENGTH_MAX,
    LINK_PATTERN,
    LINKS_MAX,
    MILESTONES_MAX,
    SKILL_LENGTH_MAX,
    SKILL_PATTERN,
    SKILLS_MAX,
    Category,
    MilestoneTerms,
    Share,
)
from earnest.projects.rules_chain import ChainAct

Title = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=200, description="One line.",
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*(?!\n)$",
    ),
]  # fmt: skip
Words = Annotated[
    str, msgspec.Meta(max_length=10_000, pattern=r"^[^\x00]*$", description="Plain text.")
]
CoverLetter = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=10_000, pattern=r"^[^\x00]*$", description="Plain text."),
]
ShortWords = Annotated[
    str, msgspec.Meta(max_length=2_000, pattern=r"^[^\x00]*$", description="Plain text.")
]
Skill = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=SKILL_LENGTH_MAX, pattern=SKILL_PATTERN, examples=["clarity"]
    ),
]
Skills = Annotated[list[Skill], msgspec.Meta(max_length=SKILLS_MAX)]
Days = Annotated[
    int, msgspec.Meta(ge=DAYS_MIN, le=DAYS_MAX, description="Days after the escrow is funded.")
]
Bps = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
MilestoneNum = Annotated[int, msgspec.Meta(ge=1, le=MILESTONES_MAX)]
StacksAddressText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=41,
        description="A Stacks address.",
        examples=["SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"],
    ),
]
Link = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LINK_LENGTH_MAX,
        pattern=LINK_PATTERN,
        description="An https address.",
        examples=["https://example.org/draft"],
    ),
]
Links = Annotated[list[Link], msgspec.Meta(max_length=LINKS_MAX)]
Files = Annotated[
    list[UUID],
    msgspec.Meta(max_length=FILES_MAX, description="Documents of yours that are `ready`."),
]
TxId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^0x[0-9a-f]{64}(?!\n)$",
        description="The id of a Stacks chain_tx, lower case.",
        examples=["0x" + "5f" * 32],
    ),
]
SilentBps = Annotated[
    int,
    msgspec.Meta(
        ge=0,
        le=10_000,
        description="The freelancer's part, of 10,000, when the arbiters of a dispute stay silent.",
    ),
]


class MilestoneBody(Body, frozen=True):
    """A milestone: what, how one sees that it is done, for how much, until when."""

    title: Title
    amount_minor: PositiveAmountMinor
    days: Days
    acceptance: ShortWords = ""

    @property
    def terms(self) -> MilestoneTerms:
        """As the domain knows it."""
        return MilestoneTerms(self.title, self.acceptance, int(self.amount_minor), self.days)


Milestones = Annotated[list[MilestoneBody], msgspec.Meta(min_length=1, max_length=MILESTONES_MAX)]


class ProjectBody(Body, frozen=True):
    """A new project. `address` is the Stacks wallet of yours that will fund it; without it the one
    that you are signed in with, or linked first."""

    title: Title
    description: Words
    category: Category
    asset: Asset
    milestones: Milestones
    skills: Skills = []  # noqa: RUF012 - msgspec copies it
    silent_bps: SilentBps = 5_000
    address: StacksAddressText | None = None


class ProjectChangesBody(Body, frozen=True):
    """What is to change; what is left out stays. Milestones are replaced as a whole."""

    title: Title | None = None
    description: Words | None = None
    category: Category | None = None
    asset: Asset | None = None
    milestones: Milestones | None = None
    skills: Skills | None = None
    silent_bps: SilentBps | None = None


class ShareBody(Body, frozen=True):
    """What is asked for one milestone."""

    amount_minor: PositiveAmountMinor
    days: Days

    @property
    def share(self) -> Share:
        """As the domain knows it."""
        return Share(int(self.amount_minor), self.days)


class ProposalBody(Body, frozen=True):
    """A proposal. Without `milestones` the project's own are scaled to budget and days; with them
    the amounts add up to the budget, and the last is due in `days`.

    `termsVersion` is the one that was read: the proposal is refused if it changed meanwhile.
    """

    cover_letter: CoverLetter
    budget_minor: PositiveAmountMinor
    days: Days
    milestones: (
        Annotated[list[ShareBody], msgspec.Meta(min_length=1, max_length=MILESTONES_MAX)] | None
    ) = None
    links: Links = []  # noqa: RUF012 - msgspec copies it
    files: Files = []  # noqa: RUF012 - msgspec copies it
    terms_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    address: StacksAddressText | None = None


class TermsBody(Body, frozen=True):
    """The terms that a proposal is to stand for."""

    terms_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class TxBody(Body, frozen=True):
    """A chain_tx."""

    tx_id: TxId


class ActTxBody(Body, frozen=True):
    """A chain_tx that carries out an act; `milestoneNum` unless the act is on the project.
    `creationTxId` names another escrow of the same two sides than the project's own."""

    act: ChainAct
    tx_id: TxId
    milestone_num: MilestoneNum | None = None
    creation_tx_id: TxId | None = None


class DeliverableBody(Body, frozen=True):
    """Work handed in: a note, links, documents; at least one of them."""

    note: ShortWords = ""
    links: Links = []  # noqa: RUF012 - msgspec copies it
    files: Files = []  # noqa: RUF012 - msgspec copies it
