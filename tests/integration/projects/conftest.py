"""What the tests of projects share."""

import pytest

from tests.conftest import Databases
from tests.escrow_market import EscrowMarket


@pytest.fixture
async def market(databases: Databases) -> EscrowMarket:
    """A market with an escrow contract."""
    return EscrowMarket(databases)
