"""What may become of a project, a proposal and an agreement. Pure.

Two kinds of states stand side by side. The *stage* of a project and the status of a proposal move
by what people do here, and are stored. The status of project and milestones, once there is an
escrow, is what the chain says (`rules_chain`).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

import msgspec

from earnest.kit.money import Asset
from earnest.kit.words import says_something
from earnest.projects.errors import IllegalMove, LinkNotTaken, NothingToRead, TermsNotSound

# As the contract has it: `contracts/README.md`, "Fixed figures".
MILESTONES_MAX = 4
MILESTONE_MIN_MINOR = 10_000
# A post-condition, without which no call is prepared, can state no more.
TOTAL_MAX_MINOR = 2**64 - 1
BLOCKS_PER_DAY = 144
# The contract takes deadlines 144 to 52,560 blocks ahead. One day would be too near by the time
# the call is mined.
DAYS_MIN = 2
DAYS_MAX = 365

UNFUNDED_MAX = timedelta(days=14)
HINT_MAX_AGE = timedelta(hours=24)
HINTS_MAX = 20
SKILLS_MAX = 10
LINKS_MAX = 10
FILES_MAX = 10
VERSIONS_MAX = 50
PROPOSALS_MAX = 200
OPEN_PROJECTS_MAX = 200
WAITING_PROPOSALS_MAX = 200

ASSETS = (Asset.STX, Asset.SBTC)


class Category(StrEnum):
    """What sort of work it is. Skills, which are free words, say it more closely."""

    CONTRACTS = "contracts"  # smart contracts
    DEVELOPMENT = "development"
    DESIGN = "design"
    WRITING = "writing"
    TRANSLATION = "translation"
    MARKETING = "marketing"
    VIDEO = "video"
    AUDIO = "audio"
    DATA = "data"
    RESEARCH = "research"
    SUPPORT = "support"
    OTHER = "other"


class Stage(StrEnum):
    """Where a project stands off the chain."""

    OPEN = "open"
    PENDING = "pending"
    CANCELLED = "cancelled"


class StageAct(StrEnum):
    """What moves a stage."""

    EDIT = "edit"
    PROPOSE = "propose"
    ACCEPT = "accept"
    END_ACCEPTANCE = "end_acceptance"  # withdrawn, left, or unfunded for too long
    CANCEL = "cancel"
    FUNDED = "funded"  # a final fact of the chain, which wins over whatever was done here


class ProposalStatus(StrEnum):
    """Where a proposal stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PASSED_OVER = "passed_over"
    WITHDRAWN = "withdrawn"


class ProposalAct(StrEnum):
    """What moves a proposal."""

    ACCEPT = "accept"
    REJECT = "reject"
    PASS_OVER = "pass_over"  # noqa: S105 - another one was accepted; no password
    REVIVE = "revive"  # an acceptance has ended
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"  # its freelancer stands by it after the terms changed
    FUNDED = "funded"  # its agreement had ended and was funded after all: the chain wins


class EndReason(StrEnum):
    """Why an agreement ended before it was funded."""

    WITHDRAWN = "withdrawn"  # by the client
    LEFT = "left"  # by the freelancer, who took the proposal back
    UNFUNDED = "unfunded"
    CANCELLED = "cancelled"  # with its project
    SUPERSEDED = "superseded"  # another agreement of the project was funded after all


# Whatever stands in neither table is refused.
STAGES: Mapping[tuple[Stage, StageAct], Stage] = {
    (Stage.OPEN, StageAct.EDIT): Stage.OPEN,
    (Stage.OPEN, StageAct.PROPOSE): Stage.OPEN,
    (Stage.OPEN, StageAct.ACCEPT): Stage.PENDING,
    (Stage.OPEN, StageAct.CANCEL): Stage.CANCELLED,
    (Stage.OPEN, StageAct.FUNDED): Stage.PENDING,
    (Stage.PENDING, StageAct.END_ACCEPTANCE): Stage.OPEN,
    (Stage.PENDING, StageAct.CANCEL): Stage.CANCELLED,
    (Stage.PENDING, StageAct.FUNDED): Stage.PENDING,
    (Stage.CANCELLED, StageAct.FUNDED): Stage.PENDING,
}
PROPOSALS: Mapping[tuple[ProposalStatus, ProposalAct], ProposalStatus] = {
    (ProposalStatus.WAITING, ProposalAct.ACCEPT): ProposalStatus.ACCEPTED,
    (ProposalStatus.WAITING, ProposalAct.REJECT): ProposalStatus.REJECTED,
    (ProposalStatus.WAITING, ProposalAct.PASS_OVER): ProposalStatus.PASSED_OVER,
    (ProposalStatus.WAITING, ProposalAct.WITHDRAW): ProposalStatus.WITHDRAWN,
    (ProposalStatus.WAITING, ProposalAct.CONFIRM): ProposalStatus.WAITING,
    (ProposalStatus.WAITING, ProposalAct.FUNDED): ProposalStatus.ACCEPTED,
    (ProposalStatus.ACCEPTED, ProposalAct.REVIVE): ProposalStatus.WAITING,
    (ProposalStatus.ACCEPTED, ProposalAct.PASS_OVER): ProposalStatus.PASSED_OVER,
    (ProposalStatus.ACCEPTED, ProposalAct.WITHDRAW): ProposalStatus.WITHDRAWN,
    (ProposalStatus.PASSED_OVER, ProposalAct.REVIVE): ProposalStatus.WAITING,
    (ProposalStatus.PASSED_OVER, ProposalAct.WITHDRAW): ProposalStatus.WITHDRAWN,
    (ProposalStatus.PASSED_OVER, ProposalAct.FUNDED): ProposalStatus.ACCEPTED,
    (ProposalStatus.REJECTED, ProposalAct.FUNDED): ProposalStatus.ACCEPTED,
    (ProposalStatus.WITHDRAWN, ProposalAct.FUNDED): ProposalStatus.ACCEPTED,
}


def next_stage(stage: Stage, act: StageAct) -> Stage:
    """Where a project goes by an act. Raises `IllegalMove`."""
    return _move(STAGES, stage, act, "project")


def next_proposal_status(status: ProposalStatus, act: ProposalAct) -> ProposalStatus:
    """Where a proposal goes by an act. Raises `IllegalMove`."""
    return _move(PROPOSALS, status, act, "proposal")


S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


def _move(table: Mapping[tuple[S, A], S], status: S, act: A, thing: str) -> S:
    try:
        return table[status, act]
    except KeyError:
        raise IllegalMove(thing=thing, status=status.value, act=act.value) from None


class Share(msgspec.Struct, frozen=True):
    """What is asked or proposed for one milestone: minor units, and days after funding."""

    amount_minor: int
    days: int


class MilestoneTerms(msgspec.Struct, frozen=True):
    """One milestone as it is wanted: amount in minor units, deadline in days after funding."""

    title: str
    acceptance: str
    amount_minor: int
    days: int

    @property
    def share(self) -> Share:
        """Its figures."""
        return Share(self.amount_minor, self.days)


def check_shares(shares: Sequence[Share]) -> None:
    """Raises `TermsNotSound` for what the contract would refuse, or nobody could mean."""
    if not 1 <= len(shares) <= MILESTONES_MAX:
        raise TermsNotSound(reason=f"A project has 1 to {MILESTONES_MAX} milestones.")
    for num, share in enumerate(shares, start=1):
        if share.amount_minor < MILESTONE_MIN_MINOR:
            raise TermsNotSound(
                reason=f"Milestone {num} is {share.amount_minor} minor units; the escrow takes"
                f" {MILESTONE_MIN_MINOR} or more."
            )
        if not DAYS_MIN <= share.days <= DAYS_MAX:
            raise TermsNotSound(
                reason=f"Milestone {num} is due in {share.days} days; it can be {DAYS_MIN} to"
                f" {DAYS_MAX}."
            )
    if sum(share.amount_minor for share in shares) > TOTAL_MAX_MINOR:
        raise TermsNotSound(reason=f"No wallet can promise more than {TOTAL_MAX_MINOR} units.")
    for num, (earlier, later) in enumerate(pairwise(shares), start=2):
        if later.days < earlier.days:
            raise TermsNotSound(reason=f"Milestone {num} is due before the one that precedes it.")


def check_titles(title: str, milestones: Sequence[MilestoneTerms]) -> None:
    """Raises `NothingToRead` for a title in which nothing can be seen; `field` says which."""
    if not says_something(title):
        raise NothingToRead(field="title")
    for num, each in enumerate(milestones, start=1):
        if not says_something(each.title):
            raise NothingToRead(field=f"title of milestone {num}", milestone_num=num)


def propose_shares(
    wanted: Sequence[MilestoneTerms],
    budget_minor: int,
    days: int,
    own: Sequence[Share] | None = None,
) -> list[Share]:
    """What a proposal asks for each milestone: its own figures, or the project's in proportion.

    Amounts are rounded down and the last takes the rest, so that they add up to the budget; days
    are rounded up and the last one is `days`. Raises `TermsNotSound`.
    """
    if own is not None:
        shares = list(own)
        if len(shares) != len(wanted):
            raise TermsNotSound(reason=f"The project has {len(wanted)} milestones.")
        if sum(share.amount_minor for share in shares) != budget_minor:
            raise TermsNotSound(reason="The milestones do not add up to the budget.")
        if shares[-1].days != days:
            raise TermsNotSound(reason="The last milestone is not due in the days proposed.")
    else:
        total = sum(each.amount_minor for each in wanted)
        last = wanted[-1].days
        amounts = [each.amount_minor * budget_minor // total for each in wanted]
        amounts[-1] = budget_minor - sum(amounts[:-1])
        dues = [max(DAYS_MIN, -(-each.days * days // last)) for each in wanted]
        dues[-1] = days
        shares = [Share(*pair) for pair in zip(amounts, dues, strict=True)]
    check_shares(shares)
    return shares


SKILL_LENGTH_MAX = 32
# Whatever is no comma, mark-up or control character; the same on the wire.
SKILL_PATTERN = r"^[^\s,<>\x00-\x1f\x7f-\x9f][^,<>\x00-\x1f\x7f-\x9f]*(?!\n)$"


def read_skills(words: Sequence[str]) -> list[str]:
    """Skills as they are kept and searched: lower case, single blanks, none twice, in order.

    Raises `TermsNotSound` for more than `SKILLS_MAX`, or for one that does not fit
    `SKILL_PATTERN`.
    """
    for word in words:
        if len(word) > SKILL_LENGTH_MAX or not re.search(SKILL_PATTERN, word):
            raise TermsNotSound(reason=f"{word!r} is no skill that can be searched for.")
    skills = spell_skills(words)
    if len(skills) > SKILLS_MAX:
        raise TermsNotSound(reason=f"A project names at most {SKILLS_MAX} skills.")
    return skills


def spell_skills(words: Sequence[str]) -> list[str]:
    """Words as skills are spelled; what cannot be one is left out."""
    spelled = (" ".join(word.replace("\x00", "").casefold().split()) for word in words)
    return list(dict.fromkeys(word for word in spelled if word))


LINK_LENGTH_MAX = 2_000
# https, a host as DNS writes it, and printable ASCII after it: no other scheme, no name and
# password, nothing that looks like what it is not. The same on the wire.
LINK_PATTERN = (
    r"^https://[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,3})?"
    r"(?:[/?#][!-~]*)?(?!\n)$"
)


def read_links(links: Sequence[str]) -> list[str]:
    """Links as they are kept, none twice. Raises `LinkNotTaken` for one that does not fit
    `LINK_PATTERN`."""
    for link in links:
        if len(link) > LINK_LENGTH_MAX or not re.search(LINK_PATTERN, link):
            raise LinkNotTaken(link=link)
    return list(dict.fromkeys(links))
