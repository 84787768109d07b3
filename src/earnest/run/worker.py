"""`earnest worker`: background jobs of every domain."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest import accounts, escrow, files, notifications, payouts, projects, tasks, treasury
from earnest.chains.solana import SolanaRpc, mints_of
from earnest.jobs import Job, JobRegistry, run_worker
from earnest.kit.clock import Clock, SystemClock
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.errors import InvalidInput
from earnest.kit.settings import Settings
from earnest.ledger import take_checkpoint
from earnest.run.metrics import serve_metrics
from earnest.run.migrate import wait_for_version
from earnest.run.stacks import asking_contract

log = structlog.get_logger(__name__)

CHECKPOINT_EVERY_S = 60
FORGET_KEYS_EVERY_S = 3_600


@dataclass
class Resources:
    """What job handlers may use. Each domain names the part that it needs as a Protocol."""

    settings: Settings
    database: Database
    clock: Clock
    store: files.ObjectStore
    payout_engine: payouts.PayoutEngine
    attestation_key: Ed25519PrivateKey
    contract_reader: escrow.ContractReader | None = None
    signer: payouts.SignerSocket | None = None


def build_registry() -> JobRegistry:
    """Every job that a worker can do."""
    registry = JobRegistry()
    files.register_jobs(registry)
    notifications.register_jobs(registry)
    payouts.register_jobs(registry)
    escrow.register_jobs(registry)
    tasks.register_jobs(registry)
    projects.register_jobs(registry)
    projects.register_call_jobs(registry)
    projects.register_dossier_jobs(registry)
    projects.register_review_jobs(registry)
    projects.register_reminder_jobs(registry)
    treasury.register_jobs(registry)

    @registry.job("accounts.sweep", tries_max=1)
    async def sweep_accounts(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await accounts.sweep(resources.database, resources.clock.now())

    @registry.job("ledger.checkpoint", tries_max=1)
    async def checkpoint(_job: Job[dict[str, Any]], resources: Resources) -> None:
        async with resources.database.db_tx() as db_tx:
            await take_checkpoint(db_tx, resources.attestation_key)

    @registry.job("kit.forget_idempotency_keys", tries_max=1)
    async def forget_keys(_job: Job[dict[str, Any]], resources: Resources) -> None:
        await resources.database.execute(
            "DELETE FROM idempotency_keys"
            " WHERE created_at < clock_timestamp() - interval '24 hours'"
        )

    registry.every(accounts.SWEEP_EVERY_S, "accounts.sweep")
    registry.every(CHECKPOINT_EVERY_S, "ledger.checkpoint")
    registry.every(FORGET_KEYS_EVERY_S, "kit.forget_idempotency_keys")
    return registry


def read_attestation_key(settings: Settings) -> Ed25519PrivateKey:
    """The key that signs ledger checkpoints: 32 bytes in hex."""
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.attestation_key))
    except ValueError as error:
        raise InvalidInput(
            reason="EARNEST_ATTESTATION_KEY must be 64 hexadecimal digits (32 bytes)."
        ) from error


async def run_jobs(settings: Settings, stop: asyncio.Event) -> None:
    """Does jobs until `stop` is set."""
    settings.need(
        "database_url", "solana_rpc_urls", "solana_treasury", "attestation_key", "signer_token"
    )
    payouts.check_nodes(settings)
    key = read_attestation_key(settings)
    while True:
        try:
            database = await Database.connect(
                settings.database_url, application="earnest worker", size_max=8
            )
            break
        except DatabaseUnavailable:
            log.warning("worker_waits_for_database")
            await asyncio.sleep(1)
    try:
        await wait_for_version(database)
        async with (
            SolanaRpc(settings.rpc_urls) as rpc,
            files.open_store(settings) as store,
            serve_metrics(settings, "worker"),
            asking_contract(settings) as contract_reader,
        ):
            clock = SystemClock()
            signer = payouts.SignerSocket(settings.signer_socket, settings.signer_token)
            engine = payouts.PayoutEngine(
                database=database,
                chain=rpc,
                signer=signer,
                treasury=settings.solana_treasury,
                mints=mints_of(settings),
                clock=clock,
            )
            resources = Resources(
                settings=settings,
                database=database,
                clock=clock,
                store=store,
                payout_engine=engine,
                attestation_key=key,
                contract_reader=contract_reader,
                signer=signer,
            )
            await run_worker(settings.database_url, build_registry(), resources, stop)
    finally:
        await database.close()
