"""What disputes, dossiers and reviews refuse."""

from earnest.kit.errors import EarnestError, Kind


class DisputeUnknown(EarnestError):
    """There is no such dispute, or it is not yours to see."""

    code = "dispute_unknown"
    kind = Kind.NOT_FOUND


class NotAnArbiter(EarnestError):
    """No wallet of yours is an arbiter in a set of the escrow contract."""

    code = "not_an_arbiter"
    kind = Kind.FORBIDDEN


class EvidenceNotYours(EarnestError):
    """Evidence is handed in by the two sides. Arbiters read it."""

    code = "evidence_not_yours"
    kind = Kind.FORBIDDEN


class DisputeClosed(EarnestError):
    """The dispute is closed. What was handed in stays, and nothing is added."""

    code = "dispute_closed"
    kind = Kind.CONFLICT


class EvidenceTooLate(EarnestError):
    """The time for evidence ended at Bitcoin block {default_from}; it is {burn_height} now."""

    code = "evidence_too_late"
    kind = Kind.CONFLICT


class EvidenceEmpty(EarnestError):
    """Hand in a text, a file or both."""

    code = "evidence_empty"
    kind = Kind.INVALID


class TooMuchEvidence(EarnestError):
    """Your side has handed in {what}, as much as is taken. What is there stays."""

    code = "too_much_evidence"
    kind = Kind.CONFLICT


class EvidenceUnknown(EarnestError):
    """There is no such piece of evidence here, or it has no such file."""

    code = "evidence_unknown"
    kind = Kind.NOT_FOUND


class DossierNotMade(EarnestError):
    """No dossier has been made yet. Ask for one; the worker makes it within seconds."""

    code = "dossier_not_made"
    kind = Kind.NOT_FOUND


class DisputeNotFinal(EarnestError):
    """The filing of this dispute can still be undone, and a dossier holds only what cannot. Ask
    again once it is final, in about an hour."""

    code = "dispute_not_final"
    kind = Kind.CONFLICT


class AttestationKeyUnknown(EarnestError):
    """No worker has started here yet, so there is no key."""

    code = "attestation_key_unknown"
    kind = Kind.NOT_FOUND


class ReviewNotYours(EarnestError):
    """Only the client and the freelancer of a project review it."""

    code = "review_not_yours"
    kind = Kind.FORBIDDEN


class NotReviewableYet(EarnestError):
    """Reviews are written once every milestone is settled and final on the chain."""

    code = "not_reviewable_yet"
    kind = Kind.CONFLICT


class NothingToReview(EarnestError):
    """Nothing was paid or ruled on in this project, so there is nothing to review."""

    code = "nothing_to_review"
    kind = Kind.CONFLICT


class ReviewedAlready(EarnestError):
    """You have reviewed this project. A review is written once and stays."""

    code = "reviewed_already"
    kind = Kind.CONFLICT


class ReviewsClosed(EarnestError):
    """The other side's review was opened on {closed_at}, so no answer to it is taken any more."""

    code = "reviews_closed"
    kind = Kind.CONFLICT
