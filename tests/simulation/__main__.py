"""`python -m tests.simulation`: the seeded payout simulation."""

import sys

from tests.simulation.payouts.run import main

sys.exit(main())
