"""The scene that the tests of payouts play in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.integration.payouts.scene import Scene, open_scene


@pytest.fixture
async def scene(databases: Databases, tmp_path: Path) -> AsyncIterator[Scene]:
    """Everything that a payout meets, behaving well."""
    async with open_scene(databases, tmp_path) as opened:
        yield opened
