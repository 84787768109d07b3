"""`python -m tests.simulation`: the seeded simulations, of payouts and of the escrow's indexer."""

import argparse
import logging
import os
import sys

import structlog

from tests.simulation.escrow import run as escrow
from tests.simulation.payouts import run as payouts

_SIMULATIONS = {"payouts": payouts, "escrow": escrow}


def main() -> int:
    """Reads the arguments and runs; exit code 1 when a seed failed."""
    parser = argparse.ArgumentParser(description="Simulates under faults, by seed.")
    parser.add_argument("of", nargs="?", choices=[*_SIMULATIONS, "all"], default="all")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    # make hands SEED=… on in the environment.
    given = os.environ.get("SEED") or None
    parser.add_argument("--seed", type=int, default=given, help="this seed alone")
    arguments = parser.parse_args()
    is_one = arguments.seed is not None
    level = logging.INFO if is_one else logging.CRITICAL
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
    chosen = _SIMULATIONS if arguments.of == "all" else [arguments.of]
    for name in chosen:
        simulation = _SIMULATIONS[name]
        sys.stdout.write(f"{name}\n")
        some = range(arguments.first, arguments.first + arguments.runs)
        seeds = [arguments.seed] if is_one else [*simulation.kept_seeds(), *some]
        if simulation.simulate(seeds):
            return 1
    return 0


sys.exit(main())
