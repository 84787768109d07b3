"""Figures of the projector, served by the indexer."""

from prometheus_client import Counter, Gauge

EVENTS = Counter(
    "earnest_escrow_events_total",
    "Events of the escrow contract that were folded or taken back.",
    ["told"],
)
UNREADABLE = Counter(
    "earnest_escrow_unreadable_total",
    "Prints under the escrow contract's name that are no event of it. Each needs a look.",
)
MISSING = Gauge(
    "earnest_escrow_missing_event",
    "The number of the event that a view of the escrow waits for; 0: none is missing.",
    ["view"],
)
