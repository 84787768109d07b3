"""The reading of revoked sessions ends when the process does."""

import asyncio
from typing import Any, cast

import pytest

from earnest.accounts.revoked import RevokedSessions


class _OneReading(RevokedSessions):
    """Reads nothing, for as long as the test wants."""

    def __init__(self) -> None:
        super().__init__(cast(Any, None), token_life_s=60.0)
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def read(self) -> None:
        """Ends when the test says so."""
        self.begun.set()
        await self.may_end.wait()


@pytest.mark.parametrize("turns", range(5))
async def test_an_end_in_the_moment_of_a_reading_is_an_end(turns: int) -> None:
    """Told to stop just as a reading is done, however few turns of the loop later, it stops."""
    sessions = _OneReading()
    reading = asyncio.create_task(sessions.keep_reading())
    await sessions.begun.wait()
    sessions.may_end.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    reading.cancel()
    done, _ = await asyncio.wait({reading}, timeout=1)
    assert done, "it goes on reading"
