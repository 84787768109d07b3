"""Background work of payouts: a round every second or two, and a look back every minute."""

from typing import Any, Protocol

import structlog

from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import Database
from earnest.kit.money import Asset
from earnest.payouts.adapters.signer_socket import SignerSocket
from earnest.payouts.engine import PayoutEngine
from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.payouts.metrics import observe
from earnest.payouts.service import ROUND_JOB
from earnest.payouts.store_desk import Allowance, SignerSighting, keep_sighting

log = structlog.get_logger(__name__)

LOOK_BACK_JOB = "payouts.look_back"
ROUND_EVERY_S = 2
LOOK_BACK_EVERY_S = 60


class Resources(Protocol):
    """What the handlers need of the worker's resources."""

    @property
    def payout_engine(self) -> PayoutEngine:
        """The engine of this process."""
        ...

    @property
    def signer(self) -> SignerSocket | None:
        """The way to the signer, where there is one."""
        ...

    @property
    def database(self) -> Any:
        """The pool of role `worker`."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...


async def _ask_signer(signer: SignerSocket, database: Database, clock: Clock) -> None:
    """Keeps what the signer says of itself for the operator's desk. Nothing decides by it."""
    try:
        status = await signer.status()
    except (SignerUnreachable, SignerRefused) as error:
        log.warning("signer_status_unknown", reason=str(error))
        return
    sighting = SignerSighting(
        asked_at=clock.now(),
        address=status.address,
        signed_payouts=status.signed_payouts,
        missing=len(status.missing),
        allowances=[
            Allowance(
                asset=Asset(each.asset),
                hour_used_minor=str(each.hour_used_minor),
                hour_max_minor=str(each.hour_max_minor),
                payout_max_minor=str(each.payout_max_minor),
                address_day_max_minor=str(each.address_day_max_minor),
            )
            for each in status.allowances
        ],
    )
    async with database.connection() as db:
        await keep_sighting(db, sighting)


def register_jobs(registry: JobRegistry) -> None:
    """Adds the handlers and schedules. The next tick is as good as a retry: one try each."""

    @registry.job(ROUND_JOB, tries_max=1)
    async def run_round(_job: Job[Any], resources: Resources) -> None:
        await resources.payout_engine.run_round()

    @registry.job(LOOK_BACK_JOB, tries_max=1)
    async def look_back(_job: Job[Any], resources: Resources) -> None:
        await resources.payout_engine.check_finals()
        await observe(resources.database)
        if resources.signer is not None:
            await _ask_signer(resources.signer, resources.database, resources.clock)

    registry.every(ROUND_EVERY_S, ROUND_JOB)
    registry.every(LOOK_BACK_EVERY_S, LOOK_BACK_JOB)
