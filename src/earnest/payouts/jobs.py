"""Background work of payouts: a round every second or two, and a look back every minute."""

from typing import Any, Protocol

from earnest.chains.solana import SolanaRpc
from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import Database
from earnest.kit.settings import Settings
from earnest.payouts.engine import PayoutEngine
from earnest.payouts.metrics import observe
from earnest.payouts.ports import SignerPort
from earnest.payouts.service import ROUND_JOB
from earnest.signer import mints_of

LOOK_BACK_JOB = "payouts.look_back"
ROUND_EVERY_S = 2
LOOK_BACK_EVERY_S = 60


class HasRpc(Protocol):
    """The worker's way to the chain."""

    rpc: SolanaRpc


class Resources(Protocol):
    """What these jobs need of the worker."""

    settings: Settings
    database: Database
    clock: Clock
    signer: SignerPort

    @property
    def chain(self) -> HasRpc:
        """The chain that payouts travel on."""
        ...


def make_engine(resources: Resources) -> PayoutEngine:
    """The engine of a worker."""
    settings = resources.settings
    return PayoutEngine(
        database=resources.database,
        chain=resources.chain.rpc,
        signer=resources.signer,
        treasury=settings.solana_treasury,
        mints=mints_of(settings),
        clock=resources.clock,
    )


def register_jobs(registry: JobRegistry) -> None:
    """Adds the handlers and schedules. The next tick is as good as a retry: one try each."""
    engines: dict[int, PayoutEngine] = {}

    def engine_of(resources: Resources) -> PayoutEngine:
        # One for as long as the worker lives: it remembers which network it has verified.
        if id(resources) not in engines:
            engines[id(resources)] = make_engine(resources)
        return engines[id(resources)]

    @registry.job(ROUND_JOB, tries_max=1)
    async def run_round(_job: Job[Any], resources: Resources) -> None:
        await engine_of(resources).run_round()

    @registry.job(LOOK_BACK_JOB, tries_max=1)
    async def look_back(_job: Job[Any], resources: Resources) -> None:
        await engine_of(resources).check_finals()
        await observe(resources.database)

    registry.every(ROUND_EVERY_S, ROUND_JOB)
    registry.every(LOOK_BACK_EVERY_S, LOOK_BACK_JOB)
