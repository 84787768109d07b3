"""Background work of the books: replaying the whole ledger, and keeping what came of it."""

from typing import Any, Protocol

import asyncpg
import structlog

from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import SCHEMA, Database
from earnest.kit.settings import Settings
from earnest.ledger import verify_ledger

log = structlog.get_logger(__name__)

VERIFY_JOB = "ledger.verify"
_DAY_S = 86_400


class BookParts(Protocol):
    """What these jobs need of a worker's resources."""

    @property
    def settings(self) -> Settings:
        """Where the database is, as role `worker`."""
        ...

    @property
    def database(self) -> Database:
        """The pool of role `worker`."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...


def register_jobs(registry: JobRegistry) -> None:
    """The ledger is verified every day at three in the morning, UTC, and when somebody asks."""

    @registry.job(VERIFY_JOB, tries_max=3, concurrency_max=1, slow=True)
    async def verify(_job: Job[dict[str, Any]], resources: BookParts) -> None:
        began_at = resources.clock.now()
        # A connection of its own: it reads one snapshot for as long as that takes.
        connection = await asyncpg.connect(
            resources.settings.database_url,
            server_settings={"search_path": SCHEMA, "application_name": "earnest verify"},
        )
        try:
            found = await verify_ledger(connection)
        finally:
            await connection.close()
        if not found.ok:
            log.error("ledger_does_not_add_up", faults=len(found.faults))
        await resources.database.execute(
            "INSERT INTO ledger_verifications"
            " (began_at, transfers, accounts, holds, checkpoints, faults)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            began_at,
            found.transfers,
            found.accounts,
            found.holds,
            found.checkpoints,
            [{"where": fault.where, "what": fault.what} for fault in found.faults],
        )

    registry.every(_DAY_S, VERIFY_JOB, offset_s=3 * 3_600)
