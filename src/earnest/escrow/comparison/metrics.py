"""Figures of the comparison between contract and projection, by the process that makes it."""

from prometheus_client import Counter

COMPARISONS = Counter(
    "earnest_escrow_cache_comparisons_total",
    "Projects whose cached state was held against the contract's own answers.",
    ["verdict"],
)
MISMATCHES = Counter(
    "earnest_escrow_cache_mismatches_total",
    "Times that the cache said something else than the contract. Each needs a look.",
    ["found_by"],
)
READS = Counter(
    "earnest_escrow_contract_reads_total",
    "Questions for a project's state on the chain, by where the answer came from.",
    ["source"],
)
