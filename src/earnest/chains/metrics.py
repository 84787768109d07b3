"""Figures of following chains, served by the indexer."""

from prometheus_client import Counter, Gauge

HALTED = Gauge(
    "earnest_chain_halted", "1 while a chain is halted until an operator has looked.", ["chain"]
)
TROUBLED = Gauge(
    "earnest_chain_troubled", "1 while the last look at a chain ended in an error.", ["chain"]
)
FOLLOWED = Gauge("earnest_chain_followed_height", "Up to which all is in the log.", ["chain"])
TIP = Gauge("earnest_chain_tip_height", "The newest block that the servers tell.", ["chain"])
REORGS = Counter("earnest_chain_reorgs_total", "Times that known blocks lost.", ["chain"])
