"""Calls that were named and of which nothing came: found out by asking, and told.

What somebody says they sent is awaited for a day. A chain_tx that the chain undid, that was thrown
out, or that did something else never shows in the log, so it is asked for: in order of patience,
and never so often that a public server would mind. Nothing that moves money depends on it.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from earnest.escrow import ContractReader, TxState, Verification, verify_tx
from earnest.jobs import Job, JobRegistry
from earnest.kit.clock import Clock
from earnest.kit.db import Database
from earnest.kit.settings import Settings
from earnest.notifications import NotificationKind
from earnest.projects import service, store
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.store import DueHint
from earnest.projects.rules_chain import CallFailure

log = structlog.get_logger(__name__)

HINTS_JOB = "projects.look_after_calls"
HINTS_EVERY_S = 15
# Most calls are in a block, and in the log, before that.
HINT_LOOK_AGE = timedelta(seconds=45)
HINTS_A_ROUND_MAX = 20


class Resources(Protocol):
    """What this job needs of the worker."""

    database: Database
    settings: Settings
    clock: Clock
    contract_reader: ContractReader | None


def register_call_jobs(registry: JobRegistry) -> None:
    """Asks what became of calls that the chain does not show."""

    @registry.job(HINTS_JOB, tries_max=1, concurrency_max=1)
    async def look(_job: Job[dict[str, Any]], resources: Resources) -> None:
        if resources.contract_reader is not None:
            await look_after_calls(
                resources.database,
                resources.contract_reader,
                resources.settings,
                resources.clock.now(),
            )

    registry.every(HINTS_EVERY_S, HINTS_JOB)


async def look_after_calls(
    database: Database, reader: ContractReader, settings: Settings, now: datetime
) -> int:
    """Asks for the hints that wait longest; how many of them turned out to have failed."""
    async with database.connection() as db:
        due = await store_funding.hints_to_look_at(db, now - HINT_LOOK_AGE, HINTS_A_ROUND_MAX)
    failed = 0
    for each in due:
        found = await verify_tx(
            database,
            reader.api,
            reader.contract,
            each.hint.tx_id,
            None,
            finality_burn_blocks=settings.stacks_finality_burn_blocks,
        )
        failure = failure_of(found)
        if failure is None:
            async with database.connection() as db:
                await store_funding.keep_look(db, each.hint.tx_id, now)
        else:
            failed += await _fail(database, each, failure, now)
    return failed


def failure_of(found: Verification) -> CallFailure | None:
    """Why nothing comes of a chain_tx any more; None while something may, or did."""
    match found.state:
        case TxState.FAILED if found.reason == "abort_by_post_condition":
            return CallFailure.OTHER_SUM
        case TxState.FAILED:
            return CallFailure.REFUSED
        case TxState.DROPPED:
            return CallFailure.DROPPED
        # Our log has passed its block and has nothing of it: it was no call of the contract.
        case TxState.CONFIRMED | TxState.FINAL if found.indexed and not found.events:
            return CallFailure.OTHER_CALL
        case _:
            return None


async def _fail(database: Database, due: DueHint, failure: CallFailure, now: datetime) -> bool:
    hint = due.hint
    async with database.db_tx() as db_tx:
        project = await store.find_project(db_tx, due.project_id)
        if project is None or not await store_funding.fail_hint(
            db_tx, due.project_id, hint.tx_id, failure, now
        ):
            return False
        await service.tell(
            db_tx,
            NotificationKind.CALL_FAILED,
            project,
            to=[hint.noted_by],
            key=f"call_failed:{due.project_id}:{hint.tx_id}",
            act=hint.act.value,
            milestoneNum=hint.milestone_num,
            failure=failure.value,
            txId=hint.tx_id,
        )
        facts = {"txId": hint.tx_id, "act": hint.act.value, "failure": failure.value}
        await service.tell_event(db_tx, "call_failed", project, facts)
    log.info("call_failed", project=str(due.project_id), tx_id=hint.tx_id, failure=failure.value)
    return True
