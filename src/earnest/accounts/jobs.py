"""What must be done in the background: forgetting what is over."""

from datetime import datetime, timedelta

from earnest.accounts import store
from earnest.kit.db import Database
from earnest.kit.limits import sweep_limits

# Spent challenges are kept a while, so that a repeat is told that it is one.
_CHALLENGES_KEPT = timedelta(days=1)
_SESSIONS_KEPT = timedelta(days=7)
SWEEP_EVERY_S = 60


async def sweep(database: Database, now: datetime) -> dict[str, int]:
    """Deletes one batch each of old challenges, sessions and rate limits (role `worker`).

    Returns how many went, by table. Meant to run every `SWEEP_EVERY_S`.
    """
    async with database.connection() as connection:
        return {
            "sign_in_challenges": await store.sweep_challenges(connection, now - _CHALLENGES_KEPT),
            "sessions": await store.sweep_sessions(connection, now - _SESSIONS_KEPT),
            "rate_limits": await sweep_limits(connection),
        }
