"""Which sessions were ended before their tokens expire, known without asking per request.

Every process reads the new revocations every `POLL_S`. The promise is that a revoked session is
refused everywhere within `KNOWN_WITHIN_S`; so when the last reading that succeeded began longer
ago than that (the database is slow or gone, the event loop was held up), the cache answers
nothing by itself: each request then asks the database about its own session, and is answered
503 when that cannot be asked either. Never a revoked session let through, never a sound one
refused because a poll was late.
"""

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import structlog

from earnest.accounts import store
from earnest.kit.db import Database
from earnest.kit.errors import EarnestError

log = structlog.get_logger(__name__)

POLL_S = 2.0
KNOWN_WITHIN_S = 5.0
# A revocation becomes visible at its commit, a little after the time it carries.
OVERLAP_S = 60.0


class RevokedSessions:
    """The revoked sessions whose tokens may still be unexpired.

    `token_life_s` is how long a token lives; older revocations are forgotten, because the token
    itself has expired by then. `monotonic` is a clock that never goes back, in seconds.
    """

    def __init__(
        self,
        database: Database,
        *,
        token_life_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._token_life_s = token_life_s
        self._monotonic = monotonic
        self._heard_at_s: dict[UUID, float] = {}
        self._read_at_s: float | None = None

    @property
    def fresh(self) -> bool:
        """Whether the cache may answer by itself."""
        if self._read_at_s is None:
            return False
        return self._monotonic() - self._read_at_s <= KNOWN_WITHIN_S

    def add(self, session_id: UUID) -> None:
        """Makes this process know at once; the others learn it from the database."""
        self._heard_at_s[session_id] = self._monotonic()

    async def is_revoked(self, session_id: UUID) -> bool:
        """Whether a session was revoked. Raises `DatabaseUnavailable` when it cannot be known."""
        if session_id in self._heard_at_s:
            return True
        if self.fresh:
            return False
        async with self._database.connection() as connection:
            return await store.is_session_revoked(connection, session_id)

    async def read(self) -> None:
        """Reads what was revoked since the last reading; all that matters, the first time."""
        began_at_s = self._monotonic()
        since_s = self._token_life_s
        if self._read_at_s is not None:
            since_s = min(since_s, began_at_s - self._read_at_s)
        async with self._database.connection() as connection:
            for session_id in await store.revoked_since(connection, since_s + OVERLAP_S):
                self._heard_at_s.setdefault(session_id, began_at_s)
        self._read_at_s = began_at_s
        self._forget(began_at_s - self._token_life_s - 2 * OVERLAP_S)

    def _forget(self, before_s: float) -> None:
        # Insertion order is order of hearing, so the old ones stand in front.
        while self._heard_at_s:
            session_id, heard_at_s = next(iter(self._heard_at_s.items()))
            if heard_at_s >= before_s:
                return
            del self._heard_at_s[session_id]

    async def keep_reading(self) -> None:
        """Reads every `POLL_S` until cancelled; a failure is logged and tried again."""
        while True:
            try:
                async with asyncio.timeout(POLL_S):
                    await self.read()
            except (EarnestError, TimeoutError) as error:
                log.warning("revoked_sessions_unread", reason=str(error) or "timed out")
            except Exception:
                log.exception("revoked_sessions_unread")
            await asyncio.sleep(POLL_S)
