"""What integration tests share."""

import pytest

from tests.conftest import Databases
from tests.market import Market


@pytest.fixture
async def market(databases: Databases) -> Market:
    """A market whose treasury is open."""
    made = Market(databases)
    await made.open()
    return made
