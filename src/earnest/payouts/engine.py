"""The engine that sends payouts: reserve → simulate → ask → keep → broadcast → watch.

It may stop at any instruction and be started again, or run twice at once: every step commits
what it is about to do before it does it, every move is a guarded UPDATE, and what is signed for
an attempt is always the same bytes. What lands, and the money, is the indexer's to tell: the
engine watches only to hand the same bytes out again, and to decide that they can never land.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from earnest.chains import AddressInvalid, NothingFits, RpcRejected, RpcUnavailable
from earnest.chains.solana import Mint, associated_token_address
from earnest.kit.clock import Clock
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain
from earnest.payouts import store, store_attempts
from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.payouts.ports import PayoutChain, SignerPort
from earnest.payouts.rules import (
    Attempt,
    AttemptStatus,
    Fault,
    Finding,
    Scope,
    Trial,
    check_heights,
    consequence_of,
    find_flaw,
    plan_trial,
    read_simulation,
)
from earnest.signer import SignedAttempt
from earnest.treasury import register_attempt

log = structlog.get_logger(__name__)

ATTEMPTS_AT_ONCE_MAX = 50
BATCHES_PER_ROUND_MAX = 10
RESUMED_MAX = 5
FINALS_LOOKED_AT = 20
_STATUSES = (AttemptStatus.SIGNED, AttemptStatus.SENT)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long the engine waits for what."""

    lease_s: float = 30.0  # after that another worker takes over what a dead one left
    watch_every_s: float = 2.0  # between two looks at, and broadcasts of, the same attempt
    retry_after_s: float = 2.0  # when the signer or a node gave no answer
    treasury_wait_s: float = 30.0  # when the house has too little
    finals_kept_s: float = 3_600.0  # how long a final chain_tx is looked up again


Reached = Callable[[str], Awaitable[None]]


async def _pass_by(_point: str) -> None:
    """In service nothing happens at the named points; the simulation stops and switches there."""


class NotNow(Exception):
    """Nothing was learned: the attempt stays as it is and is taken up again."""


class PayoutEngine:
    """Sends what waits. One per worker process; any number may run at once."""

    def __init__(
        self,
        *,
        database: Database,
        chain: PayoutChain,
        signer: SignerPort,
        treasury: str,
        mints: Mapping[Asset, Mint],
        clock: Clock,
        pace: Pace | None = None,
        reached: Reached = _pass_by,
        make_id: Callable[[], UUID] = new_id,
    ) -> None:
        self._database = database
        self._chain = chain
        self._signer = signer
        self._treasury = treasury
        self._mints = dict(mints)
        self._clock = clock
        self._pace = pace or Pace()
        self._reached = reached
        self._make_id = make_id

    async def run_round(self) -> int:
        """One look at everything that is live or waits; returns how many attempts it moved.

        Never raises for a node or a signer that gives no answer. `DatabaseUnavailable` comes out.
        """
        async with self._database.connection() as db:
            if not await store_attempts.has_work(db, self._clock.now()):
                return 0
            halts = await store.open_halts(db)
        if halts:
            log.error("payouts_halted", codes=[halt.code for halt in halts])
            return 0
        try:
            if not await self._verify_network():
                return 0
        except (RpcUnavailable, RpcRejected) as error:
            log.warning("payouts_wait_for_chain", reason=str(error))
            return 0
        moved = await self._watch()
        resumed, goes_on = await self._resume()
        moved += resumed
        for _ in range(BATCHES_PER_ROUND_MAX):
            # Where a signer or a node gives no answer, more reservations would only wait too.
            attempt = await self._reserve() if goes_on else None
            if attempt is None:
                break
            goes_on = await self._carry_on(attempt)
            moved += 1
        return moved

    # The network --------------------------------------------------------------------------

    async def _verify_network(self) -> bool:
        """Whether every node is on the network that the ledger follows. Halts when one is not.

        Asked in every round, just before anything is signed: on a network that was reset the
        treasury may well have money, and what is paid there is not paid where it is owed.
        """
        async with self._database.connection() as db:
            known, followed = await store_attempts.known_genesis(db)
        if known is None:
            log.info("payouts_wait_for_indexer")
            return False
        for source in self._chain.sources:
            found = await source.get_genesis_hash()
            if found != known:
                await self._halt("chain_was_reset", {"known": known, "found": found})
                return False
        if not followed:
            log.error("payouts_wait_for_halted_indexer")
        return followed

    async def check_finals(self) -> None:
        """Halts when a chain_tx that was final is gone: the chain is not what it was.

        A node that fails to answer, or one of two that still knows it, proves nothing.
        """
        since = self._clock.now() - timedelta(seconds=self._pace.finals_kept_s)
        async with self._database.connection() as db:
            finals = await store_attempts.recent_finals(db, since, FINALS_LOOKED_AT)
        if not finals:
            return
        lost = set(finals)
        try:
            for source in self._chain.sources:
                at_slot, statuses = await source.get_signature_statuses(list(finals))
                lost &= {
                    tx_id
                    for (tx_id, slot), status in zip(finals.items(), statuses, strict=True)
                    # A node that is not there yet again cannot know it yet.
                    if status is None and at_slot >= slot
                }
        except (RpcUnavailable, RpcRejected):
            return
        if lost:
            tx_id = min(lost)
            await self._halt("final_chain_tx_lost", {"txId": tx_id, "count": len(lost)})

    async def _halt(self, code: str, detail: Mapping[str, object]) -> None:
        log.critical("payouts_halted", code=code, **detail)
        async with self._database.db_tx() as db_tx:
            await store_attempts.halt(db_tx, code, detail, self._clock.now())

    # Reserve ------------------------------------------------------------------------------

    async def _reserve(self) -> Attempt | None:
        now = self._clock.now()
        attempt_id = self._make_id()
        async with self._database.db_tx() as db_tx:
            reserved = await store_attempts.reserve(
                db_tx, attempt_id, now, now + timedelta(seconds=self._pace.lease_s)
            )
            await self._reached("reserve: before commit")
        if not reserved:
            return None
        await self._reached("reserve: committed")
        return await self._load(attempt_id)

    async def _resume(self) -> tuple[int, bool]:
        """Takes up what was reserved and left: by a dead worker, or for want of an answer.

        Returns how many it took up, and whether all whom it asked gave an answer.
        """
        lease = timedelta(seconds=self._pace.lease_s)
        async with self._database.db_tx() as db_tx:
            left = await store_attempts.claim(
                db_tx, [AttemptStatus.RESERVED], self._clock.now(), lease, limit=RESUMED_MAX
            )
        goes_on = True
        for attempt in left:
            await self._reached("resume: claimed")
            goes_on = await self._carry_on(attempt) and goes_on
        return len(left), goes_on

    async def _carry_on(self, attempt: Attempt) -> bool:
        """From reserved to broadcast, as far as it goes. False: somebody gave no answer."""
        try:
            if attempt.asked_at is None:
                prepared = await self._prepare(attempt)
                if prepared is None:
                    return True
                attempt = prepared
            kept = await self._ask_and_keep(attempt)
            if kept is not None:
                await self._broadcast(kept)
        except (NotNow, RpcUnavailable, RpcRejected, SignerUnreachable) as error:
            log.warning("payout_attempt_waits", attempt=str(attempt.id), reason=str(error))
            until = self._clock.now() + timedelta(seconds=self._pace.retry_after_s)
            async with self._database.connection() as db:
                await store_attempts.unclaim(db, attempt.id, until)
            return False
        return True

    async def _load(self, attempt_id: UUID) -> Attempt:
        async with self._database.connection() as db:
            attempt = await store_attempts.attempt_of(db, attempt_id)
        if attempt is None:
            raise RuntimeError(f"attempt {attempt_id} is gone")
        return attempt

    # Simulate -----------------------------------------------------------------------------

    async def _prepare(self, attempt: Attempt) -> Attempt | None:
        """Takes out what does not fit or cannot be sent, until the rest passes a simulation.

        None when nothing of the attempt is left. Nothing has been signed at this point.
        """
        while attempt.items:
            has_account = await self._find_token_accounts(attempt)
            try:
                trial = plan_trial(
                    attempt,
                    has_token_account=has_account,
                    treasury=self._treasury,
                    mints=self._mints,
                )
            except (NothingFits, AddressInvalid, KeyError) as error:
                await self._give_all_back(attempt, "cannot_be_packed", pause=True)
                log.exception("payout_cannot_be_packed", exc_info=error)
                return None
            fitting = set(trial.packed.included)
            rest = [i.payout_id for i in attempt.items if i.payout_id not in fitting]
            if rest:
                attempt = await self._take_out(attempt, rest, alone=False, waiting_for=None)
                continue
            finding = await self._simulate(self._chain, trial)
            await self._reached("prepare: simulated")
            if finding is None:
                return attempt
            next_attempt = await self._act_on(finding, attempt, trial)
            if next_attempt is None:
                return None
            attempt = next_attempt
        await self._drop(attempt, "empty")
        return None

    async def _act_on(self, finding: Finding, attempt: Attempt, trial: Trial) -> Attempt | None:
        if finding.fault is Fault.UNCLEAR:
            raise NotNow(f"{finding.code}: {finding.detail}")
        if finding.fault is Fault.TREASURY:
            log.error("treasury_too_small_for_payouts", payouts=len(attempt.items))
            await self._give_all_back(
                attempt, finding.code, wait_s=self._pace.treasury_wait_s, alone=True
            )
            return None
        if len(attempt.items) > 1:
            culprits = list(finding.payout_ids)
            return await self._take_out(attempt, culprits, alone=True, waiting_for=finding.code)
        # Alone, and refused: definite once a second node says the same.
        for source in self._chain.sources[1:]:
            if await self._simulate(source, trial) != finding:
                raise NotNow("two nodes disagree about a simulation")
        now = self._clock.now()
        async with self._database.db_tx() as db_tx:
            if await store_attempts.drop(db_tx, attempt.id, finding.code, now):
                await store.fail_payout(
                    db_tx, attempt.items[0].payout_id, finding.code, finding.detail, now
                )
            await self._reached("prepare: before commit")
        await self._reached("prepare: failed alone")
        return None

    async def _simulate(self, node: PayoutChain, trial: Trial) -> Finding | None:
        message = trial.packed.message
        unsigned = VersionedTransaction.populate(message, [Signature.default()])
        _slot, result = await node.simulate(
            bytes(unsigned), sig_verify=False, replace_blockhash=True
        )
        return read_simulation(result.err, trial, self._mints)

    async def _find_token_accounts(self, attempt: Attempt) -> dict[UUID, bool]:
        """Which recipients have a token account already; empty for SOL."""
        accounts = {
            item.payout_id: associated_token_address(item.recipient, self._mints[item.money.asset])
            for item in attempt.items
            if item.money.asset in self._mints
        }
        if not accounts:
            return {}
        _slot, found = await self._chain.get_multiple_balances(list(set(accounts.values())))
        return {id: found[address].mint is not None for id, address in accounts.items()}

    async def _take_out(
        self, attempt: Attempt, payout_ids: Sequence[UUID], *, alone: bool, waiting_for: str | None
    ) -> Attempt:
        now = self._clock.now()
        async with self._database.db_tx() as db_tx:
            held = await store_attempts.take_out(
                db_tx, attempt.id, payout_ids, alone=alone, waiting_for=waiting_for, not_before=now
            )
        if not held:
            raise NotNow("another worker has moved the attempt on")
        await self._reached("prepare: taken out")
        return await self._load(attempt.id)

    async def _give_all_back(
        self,
        attempt: Attempt,
        reason: str,
        *,
        wait_s: float = 0,
        alone: bool = False,
        pause: bool = False,
    ) -> None:
        """Ends an attempt for which nothing was signed; its payouts wait for another one."""
        now = self._clock.now()
        async with self._database.db_tx() as db_tx:
            held = await store_attempts.take_out(
                db_tx,
                attempt.id,
                [item.payout_id for item in attempt.items],
                alone=alone,
                waiting_for=reason,
                not_before=now + timedelta(seconds=wait_s),
                pause=pause,
            )
            if held:
                await store_attempts.drop(db_tx, attempt.id, reason, now)
            await self._reached("give back: before commit")
        await self._reached("give back: committed")

    async def _drop(self, attempt: Attempt, reason: str) -> None:
        async with self._database.db_tx() as db_tx:
            await store_attempts.drop(db_tx, attempt.id, reason, self._clock.now())

    # Ask the signer and keep its answer ---------------------------------------------------

    async def _ask_and_keep(self, attempt: Attempt) -> Attempt | None:
        """Bytes, id and expiry on disk, and known to the treasury; None when it came otherwise."""
        async with self._database.connection() as db:
            if not await store_attempts.mark_asked(db, attempt.id, self._clock.now()):
                return None
        await self._reached("ask: marked")
        # Read again: between our look and the mark another worker may have taken some out.
        attempt = await self._load(attempt.id)
        try:
            signed = await self._signer.sign(attempt.id, [item.payout_id for item in attempt.items])
        except SignerRefused as refusal:
            await self._act_on_refusal(attempt, refusal)
            return None
        await self._reached("ask: answered")
        flaw = find_flaw(signed, attempt, treasury=self._treasury, mints=self._mints)
        if flaw is not None:
            await self._halt("signer_answer_wrong", {"attemptId": str(attempt.id), "flaw": flaw})
            raise NotNow(f"the signer's answer is wrong: {flaw}")
        return await self._keep(attempt, signed)

    async def _keep(self, attempt: Attempt, signed: SignedAttempt) -> Attempt | None:
        now = self._clock.now()
        async with self._database.db_tx() as db_tx:
            kept = await store_attempts.keep_signed(
                db_tx,
                attempt,
                tx_id=signed.tx_id,
                signed_bytes=signed.wire_bytes,
                last_valid_block_height=signed.last_valid_block_height,
                now=now,
                look_again_at=now + timedelta(seconds=self._pace.watch_every_s),
            )
            if kept:
                await register_attempt(
                    db_tx, Chain.SOLANA, attempt.id, signed.tx_id, signed.payout_ids
                )
            await self._reached("keep: before commit")
        await self._reached("keep: committed")
        return await self._load(attempt.id) if kept else None

    async def _act_on_refusal(self, attempt: Attempt, refusal: SignerRefused) -> None:
        """Nothing was signed: the payouts go back, those that are to blame apart."""
        code = str(refusal.facts["refusal_code"])
        if code == "signer_cannot_see":
            raise NotNow(str(refusal))
        culprit = _named_payout(refusal, attempt)
        consequence = consequence_of(code, culprit)
        log.warning("signer_refused", code=code, attempt=str(attempt.id), detail=str(refusal))
        everyone = [item.payout_id for item in attempt.items]
        blamed = [culprit] if culprit and consequence.scope is Scope.PAYOUT else everyone
        others = [id for id in everyone if id not in blamed]
        now = self._clock.now()
        async with self._database.db_tx() as db_tx:
            held = await store_attempts.take_out(
                db_tx,
                attempt.id,
                blamed,
                alone=True,
                waiting_for=code,
                not_before=now + timedelta(seconds=consequence.wait_s),
                pause=consequence.pause,
                refused=True,
            )
            if held and others:
                await store_attempts.take_out(
                    db_tx,
                    attempt.id,
                    others,
                    alone=False,
                    waiting_for=None,
                    not_before=now,
                    refused=True,
                )
            if held:
                await store_attempts.drop(db_tx, attempt.id, code, now, refused=True)
            await self._reached("refusal: before commit")
        await self._reached("refusal: committed")

    # Broadcast and watch ------------------------------------------------------------------

    async def _broadcast(self, attempt: Attempt) -> None:
        """Hands the kept bytes to the network. The same bytes can land only once."""
        if attempt.signed_bytes is None:
            raise RuntimeError(f"attempt {attempt.id} has no bytes to broadcast")
        await self._reached("broadcast: before")
        try:
            await self._chain.send_raw(attempt.signed_bytes)
        except RpcUnavailable as error:
            # It may have gone out. The next look tells, or the same bytes go out again.
            log.warning("broadcast_unanswered", attempt=str(attempt.id), reason=str(error))
            return
        except RpcRejected as error:
            if "already been processed" not in error.message:
                log.warning("broadcast_refused", attempt=str(attempt.id), reason=error.message)
                return
        await self._reached("broadcast: after")
        await self._mark_sent(attempt)

    async def _mark_sent(self, attempt: Attempt) -> None:
        async with self._database.db_tx() as db_tx:
            await store_attempts.count_broadcast(db_tx, attempt.id)
            await store_attempts.mark_sent(db_tx, attempt.id, self._clock.now())
        await self._reached("broadcast: marked")

    async def _watch(self) -> int:
        """Looks at what is signed or sent: hands it out again, or finds it expired."""
        lease = timedelta(seconds=self._pace.watch_every_s)
        async with self._database.db_tx() as db_tx:
            live = await store_attempts.claim(
                db_tx, _STATUSES, self._clock.now(), lease, limit=ATTEMPTS_AT_ONCE_MAX
            )
        if not live:
            return 0
        await self._reached("watch: claimed")
        tx_ids = [attempt.tx_id or "" for attempt in live]
        try:
            # The height first: what it has passed lies behind the node when asked for statuses.
            height = await self._chain.get_block_height()
            _slot, statuses = await self._chain.get_signature_statuses(tx_ids)
        except (RpcUnavailable, RpcRejected) as error:
            log.warning("payouts_watch_blind", reason=str(error))
            return 0
        for attempt, status in zip(live, statuses, strict=True):
            last_valid = attempt.last_valid_block_height or 0
            if status is not None:
                if attempt.status is AttemptStatus.SIGNED:
                    await self._mark_sent(attempt)
            elif height <= last_valid:
                await self._broadcast(attempt)
            else:
                await self._expire_if_certain(attempt)
        return len(live)

    async def _expire_if_certain(self, attempt: Attempt) -> None:
        """Expires an attempt only when two sources and our own following of the chain agree."""
        heights: list[int] = []
        try:
            for source in self._chain.sources:
                heights.append(await source.get_block_height())
                _slot, [status] = await source.get_signature_statuses([attempt.tx_id or ""])
                if status is not None:
                    return
        except (RpcUnavailable, RpcRejected) as error:
            log.warning("expiry_unknown", attempt=str(attempt.id), reason=str(error))
            return
        if not check_heights(heights, attempt.last_valid_block_height or 0):
            return
        await self._reached("expire: certain")
        async with self._database.db_tx() as db_tx:
            expired = await store_attempts.expire(db_tx, attempt.id, self._clock.now())
            await self._reached("expire: before commit")
        if expired:
            log.info("payout_attempt_expired", attempt=str(attempt.id), chain_tx=attempt.tx_id)
        await self._reached("expire: committed")


def _named_payout(refusal: SignerRefused, attempt: Attempt) -> UUID | None:
    facts = refusal.facts.get("refusal_facts")
    named = facts.get("payout_id") if isinstance(facts, dict) else None
    for item in attempt.items:
        if str(item.payout_id) == str(named):
            return item.payout_id
    return None
