"""The call that creates a project and locks its money, prepared for the client's wallet."""

import msgspec

from earnest.chains.stacks.clarity import Buffer, List, UInt
from earnest.chains.stacks.post_conditions import AMOUNT_MAX
from earnest.escrow.calls import words
from earnest.escrow.calls.errors import FigureNotPossible
from earnest.escrow.calls.shape import (
    BEYOND_WALLETS,
    PreparedCall,
    Token,
    argument,
    prepared,
    principal_argument,
    suffix_of,
    sums_of,
    token_argument,
    uint_argument,
    you_send,
)
from earnest.escrow.rules_money import BPS, MILESTONE_MINOR_MAX, MILESTONE_MINOR_MIN

MILESTONES_MAX = 4
DEADLINE_MIN = 144
DEADLINE_MAX = 52_560
REFERENCE_BYTES = 32


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the terms form adds: 32 bytes of reference, one deadline (burn height) per milestone,
    and the arbiter set and fee that the client saw."""

    reference: bytes
    deadlines: tuple[int, ...]
    silent_bps: int
    expected_set: int
    expected_fee_bps: int


class Creation(msgspec.Struct, frozen=True, kw_only=True):
    """A project to be created. `amounts_minor` has one to four amounts, in minor units."""

    contract: str
    client: str
    freelancer: str
    amounts_minor: tuple[int, ...]
    token: Token | None = None
    terms: Terms | None = None

    @property
    def total_minor(self) -> int:
        """What the client locks."""
        return sum(self.amounts_minor)


def prepare_creation(creation: Creation, *, burn_height: int) -> PreparedCall:
    """The call with which the client locks the money of all milestones.

    Raises `FigureNotPossible` for what the contract would refuse at this burn height.
    """
    _check_creation(creation, burn_height)
    amounts = [*creation.amounts_minor, 0, 0, 0][:MILESTONES_MAX]
    args = [principal_argument("freelancer", creation.freelancer)]
    args += [uint_argument(f"m{n}", amount) for n, amount in enumerate(amounts, 1)]
    terms = creation.terms
    if terms is not None:
        heights = List(tuple(UInt(each) for each in terms.deadlines))
        args += [
            argument("reference", "(buff 32)", Buffer(terms.reference)),
            argument("deadlines", "(list 4 uint)", heights),
            uint_argument("silent-bps", terms.silent_bps),
            uint_argument("expected-set", terms.expected_set),
            uint_argument("expected-fee-bps", terms.expected_fee_bps),
        ]
    name = "create-project" if terms is None else "create-project-terms"
    total = creation.total_minor
    return prepared(
        creation.contract,
        name + suffix_of(creation.token),
        args + token_argument(creation.token),
        [you_send(creation.client, total, creation.token)],
        sender=creation.client,
        note=words.creation(
            sums_of(creation.token),
            total,
            len(creation.amounts_minor),
            None if terms is None else terms.expected_fee_bps,
        ),
    )


def _check_creation(creation: Creation, burn_height: int) -> None:
    amounts, terms = creation.amounts_minor, creation.terms
    facts = [
        (
            creation.freelancer not in (creation.client, creation.contract),
            "The freelancer is somebody else than the client and the contract.",
        ),
        (1 <= len(amounts) <= MILESTONES_MAX, "A project has one to four milestones."),
        (
            all(MILESTONE_MINOR_MIN <= each <= MILESTONE_MINOR_MAX for each in amounts),
            f"A milestone is at least {MILESTONE_MINOR_MIN} of the smallest units.",
        ),
        (creation.total_minor <= AMOUNT_MAX, BEYOND_WALLETS),
    ]
    if terms is not None:
        first, last = burn_height + DEADLINE_MIN, burn_height + DEADLINE_MAX
        facts += [
            (len(terms.reference) == REFERENCE_BYTES, "The reference has 32 bytes."),
            (len(terms.deadlines) == len(amounts), "There is one deadline per milestone."),
            (
                all(first <= each <= last for each in terms.deadlines),
                f"A deadline is {DEADLINE_MIN} to {DEADLINE_MAX} Bitcoin blocks ahead:"
                f" {first} to {last} now.",
            ),
            (0 <= terms.silent_bps <= BPS, "The default is 0 to 10,000 basis points."),
        ]
    for holds, reason in facts:
        if not holds:
            raise FigureNotPossible(reason=reason)
