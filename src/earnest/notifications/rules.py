"""What people are told, and in which words. Pure.

A kind has a title and a body over its data. `data` keys are camelCase, as they go out on the
wire; besides them a text may use what `_read_data` derives: of `amountMinor` (any `…Minor`) with
`asset` the sum `{amount}`, of `bps` the `{percent}`. A new kind is one more line here.
"""

import re
import string
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from earnest.kit.money import Asset, Money
from earnest.notifications.errors import NotificationMalformed

# A person who was away for long still finds what happened; older rows are swept.
KEPT_DAYS = 400
UNREAD_COUNTED_MAX = 1_000
# People's own words inside ours: cut, so that they never drown what is said.
_QUOTED_LENGTH_MAX = 120
_DATA_BYTES_MAX = 4_096
_SUBJECT = re.compile(r"[a-z][a-z_]{0,29}:[^\x00-\x20\x7f]{1,200}")
_KEY_LENGTH_MAX = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class NotificationKind(StrEnum):
    """Everything that somebody may be told. The value is the name on the wire."""

    # Proposals
    PROPOSAL_RECEIVED = "proposal_received"
    PROPOSAL_WITHDRAWN = "proposal_withdrawn"
    PROPOSAL_ACCEPTED = "proposal_accepted"
    PROPOSAL_REJECTED = "proposal_rejected"
    PROPOSAL_REVIVED = "proposal_revived"
    ACCEPTANCE_WITHDRAWN = "acceptance_withdrawn"
    ACCEPTANCE_LAPSED = "acceptance_lapsed"
    # The project and its escrow
    PROJECT_CHANGED = "project_changed"
    PROJECT_CANCELLED = "project_cancelled"
    ESCROW_SEEN = "escrow_seen"
    ESCROW_FUNDED = "escrow_funded"
    ESCROW_DIFFERS = "escrow_differs"
    ESCROW_ACCEPTED = "escrow_accepted"
    ESCROW_CANCELLED = "escrow_cancelled"
    ESCROW_DECLINED = "escrow_declined"
    CHAIN_REVERTED = "chain_reverted"
    CALL_FAILED = "call_failed"
    PROJECT_COMPLETED = "project_completed"
    PROJECT_REFUNDED = "project_refunded"
    # Milestones
    DELIVERABLE_HANDED_IN = "deliverable_handed_in"
    MILESTONE_SUBMITTED = "milestone_submitted"
    MILESTONE_PAYMENT_SEEN = "milestone_payment_seen"
    MILESTONE_PAID = "milestone_paid"
    MILESTONE_REFUNDED = "milestone_refunded"
    MILESTONE_SPLIT = "milestone_split"
    MILESTONE_CLAIMABLE = "milestone_claimable"
    MILESTONE_RECLAIMABLE = "milestone_reclaimable"
    SETTLEMENT_OFFERED = "settlement_offered"
    # Disputes
    DISPUTE_FILED = "dispute_filed"
    DISPUTE_TO_RULE = "dispute_to_rule"
    DEFAULT_POSSIBLE = "default_possible"
    EVIDENCE_ADDED = "evidence_added"
    EVIDENCE_TO_READ = "evidence_to_read"
    ARBITER_VOTED = "arbiter_voted"
    DISPUTE_CLOSED = "dispute_closed"
    DOSSIER_READY = "dossier_ready"
    # Reviews
    REVIEW_RECEIVED = "review_received"
    REVIEWS_REVEALED = "reviews_revealed"
    # For operators
    ESCROW_CACHE_DIFFERED = "escrow_cache_differed"


_K = NotificationKind
# kind → (title, body). What happened, what it means for the money, what to do.
_WORDS: dict[NotificationKind, tuple[str, str]] = {
    _K.PROPOSAL_RECEIVED: (
        "A proposal for “{projectTitle}”",
        "Somebody offers to do it for {amount}. Nothing is owed until you accept and fund it.",
    ),
    _K.PROPOSAL_WITHDRAWN: (
        "A proposal for “{projectTitle}” was withdrawn",
        "It can no longer be accepted. The others stand.",
    ),
    _K.PROPOSAL_ACCEPTED: (
        "Your proposal for “{projectTitle}” was accepted",
        "The client has not funded it yet. Do not start before the escrow is final.",
    ),
    _K.PROPOSAL_REJECTED: (
        "Your proposal for “{projectTitle}” was not taken",
        "Nothing was owed, and nothing is to be done.",
    ),
    _K.PROPOSAL_REVIVED: (
        "Your proposal for “{projectTitle}” stands again",
        "The client's choice fell through, and the project is open again.",
    ),
    _K.ACCEPTANCE_WITHDRAWN: (
        "The client took back its choice for “{projectTitle}”",
        "It was not funded, so no money moved. The project is open again.",
    ),
    _K.ACCEPTANCE_LAPSED: (
        "“{projectTitle}” was not funded in time",
        "No money moved. The project is open again, and all proposals stand.",
    ),
    _K.PROJECT_CHANGED: (
        "The terms of “{projectTitle}” have changed",
        "Read version {termsVersion}. Your proposal can be accepted once you stand by it again.",
    ),
    _K.PROJECT_CANCELLED: (
        "“{projectTitle}” was cancelled",
        "It was not funded, so no money moved.",
    ),
    _K.ESCROW_SEEN: (
        "Money for “{projectTitle}” is seen, not final",
        "{amount} are on the way into the escrow. Do not start yet: this can still be undone.",
    ),
    _K.ESCROW_FUNDED: (
        "“{projectTitle}” is funded",
        "{amount} lie in the escrow, and that is final. The work can begin.",
    ),
    _K.ESCROW_DIFFERS: (
        "The escrow of “{projectTitle}” is not what was agreed",
        "{amount} lie in it. Compare it with the proposal before anything is done.",
    ),
    _K.ESCROW_ACCEPTED: (
        "The freelancer took on “{projectTitle}”",
        "From now on you cannot cancel; the ways that money comes back are on its page.",
    ),
    _K.ESCROW_CANCELLED: (
        "The escrow of “{projectTitle}” was cancelled",
        "All of it goes back to the client.",
    ),
    _K.ESCROW_DECLINED: (
        "The freelancer declined what was left of “{projectTitle}”",
        "Every milestone that was not handed in goes back to the client.",
    ),
    _K.CHAIN_REVERTED: (
        "The chain took back a step of “{projectTitle}”",
        "It was seen and not final. The page shows what holds now; it may come again.",
    ),
    _K.CALL_FAILED: (
        "A call of yours on “{projectTitle}” came to nothing",
        "No money moved with it, and nothing is awaited any more. The project says why, and offers"
        " to sign it again.",
    ),
    _K.PROJECT_COMPLETED: (
        "“{projectTitle}” is complete",
        "Every milestone is settled, and that is final. You can write your review.",
    ),
    _K.PROJECT_REFUNDED: (
        "“{projectTitle}” was refunded",
        "All of it went back to the client, and that is final.",
    ),
    _K.DELIVERABLE_HANDED_IN: (
        "Work for milestone {milestoneNum} of “{projectTitle}”",
        "Look at what was handed in. Your money moves only when you sign, or when your time ends.",
    ),
    _K.MILESTONE_SUBMITTED: (
        "Milestone {milestoneNum} of “{projectTitle}” is submitted",
        "Release {amount}, or dispute it, before block {claimFrom} of Bitcoin."
        " From then on the freelancer can claim it.",
    ),
    _K.MILESTONE_PAYMENT_SEEN: (
        "Payment for milestone {milestoneNum} of “{projectTitle}” is seen, not final",
        "{amount} are on the way. This can still be undone.",
    ),
    _K.MILESTONE_PAID: (
        "Milestone {milestoneNum} of “{projectTitle}” is paid",
        "{amount} went to the freelancer, and that is final.",
    ),
    _K.MILESTONE_REFUNDED: (
        "Milestone {milestoneNum} of “{projectTitle}” went back",
        "{amount} went back to the client, and that is final.",
    ),
    _K.MILESTONE_SPLIT: (
        "Milestone {milestoneNum} of “{projectTitle}” was divided",
        "{net} went to the freelancer and {refund} back to the client, and that is final.",
    ),
    _K.MILESTONE_CLAIMABLE: (
        "You can claim milestone {milestoneNum} of “{projectTitle}”",
        "The client's time is over. Sign the claim to be paid {amount}.",
    ),
    _K.MILESTONE_RECLAIMABLE: (
        "You can take back milestone {milestoneNum} of “{projectTitle}”",
        "Its deadline has passed and nothing was submitted. {amount} come back if you sign.",
    ),
    _K.SETTLEMENT_OFFERED: (
        "An offer to settle milestone {milestoneNum} of “{projectTitle}”",
        "{percent} to the freelancer, the rest back. It lapses at block {expires} of Bitcoin.",
    ),
    _K.DISPUTE_FILED: (
        "Milestone {milestoneNum} of “{projectTitle}” is disputed",
        "{amount} stay in the escrow. Hand in your evidence before block {defaultFrom} of Bitcoin:"
        " from then on, if the arbiters stay silent, the freelancer gets {percent}.",
    ),
    _K.DISPUTE_TO_RULE: (
        "A dispute awaits your ruling",
        "Milestone {milestoneNum} of “{projectTitle}”, {amount}. Your vote counts before block"
        " {defaultFrom} of Bitcoin.",
    ),
    _K.DEFAULT_POSSIBLE: (
        "The arbiters' time on milestone {milestoneNum} of “{projectTitle}” is over",
        "They did not agree. Anyone can sign the default now: {percent} of {amount} to the"
        " freelancer, the rest back.",
    ),
    _K.EVIDENCE_ADDED: (
        "New evidence on milestone {milestoneNum} of “{projectTitle}”",
        "The other side handed something in. You can answer it until block {defaultFrom}"
        " of Bitcoin.",
    ),
    _K.EVIDENCE_TO_READ: (
        "New evidence in a dispute that you rule on",
        "Milestone {milestoneNum} of “{projectTitle}”. Your vote can be changed before block"
        " {defaultFrom} of Bitcoin.",
    ),
    _K.ARBITER_VOTED: (
        "An arbiter voted on milestone {milestoneNum} of “{projectTitle}”",
        "It named {percent} for the freelancer. Money moves once enough of them name one figure.",
    ),
    _K.DISPUTE_CLOSED: (
        "The dispute on milestone {milestoneNum} of “{projectTitle}” is closed",
        "{net} went to the freelancer and {refund} back to the client, and that is final.",
    ),
    _K.DOSSIER_READY: (
        "The dossier on milestone {milestoneNum} of “{projectTitle}” is ready",
        "It holds every event and all evidence, signed. Keep it: it can be verified without us.",
    ),
    _K.REVIEW_RECEIVED: (
        "The other side reviewed “{projectTitle}”",
        "You see it once you have written yours, or on {revealedAt} at the latest.",
    ),
    _K.REVIEWS_REVEALED: (
        "The reviews of “{projectTitle}” are open",
        "Everybody can read them now. They cannot be changed.",
    ),
    _K.ESCROW_CACHE_DIFFERED: (
        "What we showed of an escrow was not what the chain says",
        "{count} figures differed. No money moves by what is shown; it is read from the chain anew."
        " Look into the log of the indexer.",
    ),
}


class Words(msgspec.Struct, frozen=True):
    """What a notification says in plain English. No markup: show it as text."""

    title: str
    body: str


def needs_of(kind: NotificationKind) -> frozenset[str]:
    """The names that the texts of a kind use: keys of its data, or what is derived of them."""
    fields = (string.Formatter().parse(text) for text in _WORDS[kind])
    return frozenset(name for parts in fields for _, name, _, _ in parts if name)


def word_notification(kind: str, data: Mapping[str, Any]) -> Words:
    """The words of a notification.

    Raises `NotificationMalformed` for a kind that is not known or data that lacks something.
    """
    try:
        title, body = _WORDS[NotificationKind(kind)]
        values = _read_data(data)
        return Words(title.format_map(values), body.format_map(values))
    except (KeyError, ValueError, TypeError) as error:
        raise NotificationMalformed(f"{kind} with {sorted(data)}: {error!r}") from error


def reword_notification(kind: str, data: Mapping[str, Any]) -> Words:
    """The words of a stored row, which may be older than the texts of this version."""
    try:
        return word_notification(kind, data)
    except NotificationMalformed:
        return Words("Something of yours changed", "Open it to see how it stands now.")


def check_notification(kind: str, subject: str, data: Mapping[str, Any], key: str) -> None:
    """Raises `NotificationMalformed` for what could not be shown, before it is stored."""
    word_notification(kind, data)
    if not _SUBJECT.fullmatch(subject):
        raise NotificationMalformed(f"the subject {subject!r} names nothing to open")
    if not 0 < len(key) <= _KEY_LENGTH_MAX:
        raise NotificationMalformed(f"a key of {len(key)} characters")
    if len(msgspec.json.encode(data, enc_hook=str)) > _DATA_BYTES_MAX:
        raise NotificationMalformed(f"more than {_DATA_BYTES_MAX} bytes of data")


def _read_data(data: Mapping[str, Any]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in data.items():
        if name.endswith("Minor") and value is not None:
            values[name.removesuffix("Minor")] = str(Money(int(value), Asset(data["asset"])))
        elif name == "bps":
            values["percent"] = _percent(int(value))
        values[name] = _quote(str(value))
    return values


def _percent(bps: int) -> str:
    whole, part = divmod(bps, 100)
    figure = f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)
    return f"{figure}\u00a0%"


def _quote(text: str) -> str:
    """Somebody's words on one line, cut, and without signs that turn the text around."""
    plain = _CONTROL.sub(" ", text).strip()
    cut = plain[: _QUOTED_LENGTH_MAX - 1].rstrip() + "…"
    return plain if len(plain) <= _QUOTED_LENGTH_MAX else cut
