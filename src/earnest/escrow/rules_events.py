"""The names of the contract's events, as it prints them (contracts/README.md)."""

from enum import StrEnum


class EventName(StrEnum):
    """Everything that the contract tells."""

    CONTRACT_DEPLOYED = "contract-deployed"
    PROJECT_CREATED = "project-created"
    PROJECT_ACCEPTED = "project-accepted"
    PROJECT_CANCELLED = "project-cancelled"
    PROJECT_DECLINED = "project-declined"
    MILESTONE_COMPLETED = "milestone-completed"
    MILESTONE_RELEASED = "milestone-released"
    MILESTONE_CLAIMED = "milestone-claimed"
    MILESTONE_CONCEDED = "milestone-conceded"
    MILESTONE_RECLAIMED = "milestone-reclaimed"
    MILESTONE_SETTLED = "milestone-settled"
    DISPUTE_FILED = "dispute-filed"
    DISPUTE_RESOLVED = "dispute-resolved"
    VOTE_CAST = "vote-cast"
    SETTLEMENT_OFFERED = "settlement-offered"
    CREDIT_WITHDRAWN = "credit-withdrawn"
    FEES_SWEPT = "fees-swept"
    OWNER_PROPOSED = "owner-proposed"
    OWNER_CHANGED = "owner-changed"
    TREASURY_CHANGED = "treasury-changed"
    PAUSE_CHANGED = "pause-changed"
    TOKEN_CHANGED = "token-changed"  # noqa: S105 - the name of an event, no secret
    ARBITER_SET_PROPOSED = "arbiter-set-proposed"
    ARBITER_SET_ACTIVATED = "arbiter-set-activated"
    FEE_PROPOSED = "fee-proposed"
    FEE_ACTIVATED = "fee-activated"
