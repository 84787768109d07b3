"""Holding the cache against the contract on a schedule."""

from typing import Any, Protocol

from earnest import accounts
from earnest.chains import RpcRejected, RpcUnavailable
from earnest.escrow.comparison.compare import FoundBy, Verdict, compare, compare_counts, report
from earnest.escrow.comparison.contract_reader import ContractReader
from earnest.escrow.comparison.rules import Difference
from earnest.escrow.comparison.store import end_sweep_round, keep_sweep_place, sweep_place
from earnest.escrow.errors_chain import ContractKeptMoving
from earnest.escrow.state import View
from earnest.escrow.store import open_projects
from earnest.jobs import Job, JobRegistry
from earnest.kit.db import Database
from earnest.kit.settings import Network, Settings

SWEEP = "escrow.sweep"
COUNT = "escrow.compare_counts"
SWEEP_EVERY_S = 60
COUNT_EVERY_S = 3_600
# A project takes up to a dozen questions, and public servers allow few without a key.
PROJECTS_MAX = 20
PROJECTS_WITHOUT_KEY_MAX = 2

_UNKNOWN = (RpcUnavailable, RpcRejected, ContractKeptMoving)


class EscrowResources(Protocol):
    """What these jobs need of the worker."""

    @property
    def settings(self) -> Settings:
        """Which contract, and who operates."""
        ...

    @property
    def database(self) -> Database:
        """Role `worker`."""
        ...

    @property
    def contract_reader(self) -> ContractReader | None:
        """Whoever asks the contract; None where none is configured."""
        ...


async def sweep(database: Database, reader: ContractReader, settings: Settings) -> int:
    """Compares the next few open projects, from where the sweep before stopped; how many.

    Where nothing is learned of one, the sweep stands before it and tries again next time.
    """
    contract = reader.contract
    public = settings.network is not Network.LOCAL
    most = PROJECTS_WITHOUT_KEY_MAX if public and not settings.stacks_api_key else PROJECTS_MAX
    async with database.connection() as db:
        before = await sweep_place(db, contract)
        projects = await open_projects(db, contract, View.LIVE, after_number=before, limit=most)
    compared, after = 0, before
    for project in projects:
        try:
            found = await compare(database, reader, project.number)
        except _UNKNOWN:
            break
        if found.verdict is Verdict.DIFFER:
            await report(
                database,
                contract,
                FoundBy.SWEEP,
                number=project.number,
                found=found.differences,
                operators=await accounts.find_operators(database, settings),
            )
        compared, after = compared + 1, project.number
    async with database.connection() as db:
        if compared == len(projects) < most:
            await end_sweep_round(db, contract, before=before, compared=compared)
        else:
            await keep_sweep_place(db, contract, before=before, after=after, compared=compared)
    return compared


async def count(database: Database, reader: ContractReader, settings: Settings) -> Verdict | None:
    """Compares the contract's count of its events with the last one folded; None: not learned."""
    try:
        verdict, on_chain, in_cache = await compare_counts(database, reader)
    except _UNKNOWN:
        return None
    if verdict is Verdict.DIFFER:
        difference = Difference(path="eventCount", chain=str(on_chain), cached=str(in_cache))
        await report(
            database,
            reader.contract,
            FoundBy.RECOUNT,
            number=None,
            found=[difference],
            operators=await accounts.find_operators(database, settings),
        )
    return verdict


def register_jobs(registry: JobRegistry) -> None:
    """Adds the comparisons to what a worker can do."""

    @registry.job(SWEEP, tries_max=1, concurrency_max=1)
    async def sweep_projects(_job: Job[dict[str, Any]], resources: EscrowResources) -> None:
        if resources.contract_reader is not None:
            await sweep(resources.database, resources.contract_reader, resources.settings)

    @registry.job(COUNT, tries_max=1, concurrency_max=1)
    async def count_events(_job: Job[dict[str, Any]], resources: EscrowResources) -> None:
        if resources.contract_reader is not None:
            await count(resources.database, resources.contract_reader, resources.settings)

    registry.every(SWEEP_EVERY_S, SWEEP)
    registry.every(COUNT_EVERY_S, COUNT)
