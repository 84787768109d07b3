"""The signer's one decision: whether to sign an attempt, and what.

It is given ids and looks everything else up itself: recipient, asset and amount in the ledger's
holds, what was signed before in its own log, what became of it on its own nodes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from solders.keypair import Keypair

from earnest.chains import AddressInvalid, NothingFits, RpcRejected, RpcUnavailable
from earnest.chains.solana import (
    Mint,
    PayoutLine,
    associated_token_address,
    attempt_reference,
    pack_payouts,
    parse_address,
    sign,
)
from earnest.kit.clock import Clock
from earnest.kit.db import DatabaseUnavailable
from earnest.kit.money import Asset, Chain
from earnest.signer.errors import (
    AlreadyPaid,
    AttemptDiffers,
    BatchTooLarge,
    EarlierSignatureLive,
    FloatTooSmall,
    HoldChanged,
    HoldEnded,
    HoldMissing,
    NetworkDiffers,
    NotPayableHere,
    SignerCannotSee,
    SignerHalted,
)
from earnest.signer.ports import ChainView, Hold, LedgerView
from earnest.signer.protocol import PAYOUTS_MAX, Allowance, SignedAttempt, SignerStatus
from earnest.signer.rules import Limits, check_limits
from earnest.signer.signed_log import Earlier, SignedLog

log = structlog.get_logger(__name__)

SIGNATURE_FEE_LAMPORTS = 5_000
TOKEN_ACCOUNT_BYTES = 165
# A restored backup loses the newest first, so those are looked up at every request, and the
# whole log at start and then every few minutes.
NEWEST_CHECKED = 500
FULL_CHECK_EVERY = timedelta(minutes=5)


class Signer:
    """Signs payouts, one attempt at a time."""

    def __init__(
        self,
        *,
        keypair: Keypair,
        signed_log: SignedLog,
        ledger: LedgerView,
        chain: ChainView,
        limits: Limits,
        mints: Mapping[Asset, Mint],
        clock: Clock,
    ) -> None:
        self._keypair = keypair
        self.address = str(keypair.pubkey())
        self._log = signed_log
        self._ledger = ledger
        self._chain = chain
        self._limits = limits
        self._mints = dict(mints)
        self._clock = clock
        self._turn = asyncio.Lock()
        self._checked_all_at: datetime | None = None

    async def sign(self, attempt_id: UUID, payout_ids: Sequence[UUID]) -> SignedAttempt:
        """One chain_tx that pays `payout_ids` in that order; the same bytes for a repeat.

        Raises a `SigningRefused`. `SignerCannotSee` means that nothing was learned; every other
        one is definite. Either way nothing was signed.
        """
        async with self._turn:
            try:
                return await self._sign(attempt_id, list(payout_ids))
            except DatabaseUnavailable as error:
                raise SignerCannotSee(what="the ledger") from error
            except (RpcUnavailable, RpcRejected) as error:
                raise SignerCannotSee(what="the chain") from error

    async def status(self) -> SignerStatus:
        """The signer's address, how much it signed, and what the ledger lacks of it."""
        async with self._turn:
            missing = await self._ledger.missing(self._log.unacknowledged())
            return SignerStatus(
                address=self.address,
                signed_payouts=self._log.count(),
                missing=missing[:100],
                allowances=self._allowances(),
            )

    def _allowances(self) -> list[Allowance]:
        spent = self._log.spent(self._clock.now(), besides=[])
        return [
            Allowance(
                asset=asset.value,
                hour_used_minor=spent.hour.get(asset, 0),
                hour_max_minor=limits.hour_max_minor,
                payout_max_minor=limits.payout_max_minor,
                address_day_max_minor=limits.address_day_max_minor,
            )
            for asset, limits in self._limits.by_asset.items()
            if asset is Asset.SOL or asset in self._mints
        ]

    async def _sign(self, attempt_id: UUID, payout_ids: list[UUID]) -> SignedAttempt:
        count = len(payout_ids)
        if not 0 < count <= PAYOUTS_MAX or len(set(payout_ids)) != count:
            raise BatchTooLarge(count=count, fit=PAYOUTS_MAX)
        await self._check_ledger_knows_all()
        holds = await self._live_holds(payout_ids)
        known = self._log.attempt(attempt_id)
        if known is not None:
            if known.payout_ids != payout_ids:
                raise AttemptDiffers(attempt_id=attempt_id)
            return known
        await self._check_network()
        await self._check_earlier_ended(holds)
        now = self._clock.now()
        for hold in holds:
            self._check_payable(hold)
        check_limits(holds, self._limits, self._log.spent(now, besides=payout_ids))
        lines = await self._fund(holds)
        signed = await self._build(attempt_id, lines)
        self._log.record(signed, holds, now)
        log.info("attempt_signed", attempt=str(attempt_id), payouts=count, chain_tx=signed.tx_id)
        return signed

    async def _check_network(self) -> None:
        """Raises `NetworkDiffers` unless every node is on the network of the first signature."""
        for source in self._chain.sources:
            found = await source.get_genesis_hash()
            known = self._log.network(found)
            if found != known:
                raise NetworkDiffers(found=found, known=known)

    async def _check_ledger_knows_all(self) -> None:
        """Raises `SignerHalted` while the log holds a payout that the ledger lacks."""
        now = self._clock.now()
        full = self._checked_all_at is None or now - self._checked_all_at >= FULL_CHECK_EVERY
        ids = self._log.unacknowledged(newest=None if full else NEWEST_CHECKED)
        missing = await self._ledger.missing(ids)
        if missing:
            self._checked_all_at = None
            log.error("ledger_lacks_signed_payouts", count=len(missing), first=str(missing[0]))
            raise SignerHalted(count=len(missing), payout_ids=[str(id) for id in missing[:10]])
        if full:
            self._checked_all_at = now

    async def _live_holds(self, payout_ids: Sequence[UUID]) -> list[Hold]:
        found = await self._ledger.holds(payout_ids)
        holds: list[Hold] = []
        for payout_id in payout_ids:
            hold = found.get(payout_id)
            if hold is None:
                raise HoldMissing(payout_id=payout_id)
            if hold.outcome is not None:
                raise HoldEnded(payout_id=payout_id, outcome=hold.outcome)
            holds.append(hold)
        return holds

    async def _check_earlier_ended(self, holds: Sequence[Hold]) -> None:
        """Every earlier signature of these payouts must be certain never to pay."""
        by_id = {hold.payout_id: hold for hold in holds}
        earlier = self._log.earlier(list(by_id))
        for each in earlier:
            hold = by_id[each.payout_id]
            promised = (hold.recipient, hold.money.asset, hold.money.amount_minor)
            if promised != (each.recipient, each.asset, each.amount_minor):
                raise HoldChanged(payout_id=each.payout_id)
        if earlier:
            for source in self._chain.sources:
                await _check_ended(source, earlier)

    def _check_payable(self, hold: Hold) -> None:
        asset = hold.money.asset
        known = asset is Asset.SOL or asset in self._mints
        if asset.chain is not Chain.SOLANA or not known or asset not in self._limits.by_asset:
            raise NotPayableHere(payout_id=hold.payout_id, reason=f"{asset} is not paid here")
        if hold.recipient == self.address:
            raise NotPayableHere(payout_id=hold.payout_id, reason="it would pay the treasury")
        try:
            parse_address(hold.recipient, wallet=True)
        except AddressInvalid as error:
            raise NotPayableHere(payout_id=hold.payout_id, reason=str(error)) from error

    async def _fund(self, holds: Sequence[Hold]) -> list[PayoutLine]:
        """The lines to pay; raises `FloatTooSmall` unless the float is kept after all of them."""
        accounts: dict[UUID, str] = {}
        sources: dict[Asset, str] = {}
        for hold in holds:
            asset = hold.money.asset
            if asset is not Asset.SOL:
                mint = self._mints[asset]
                accounts[hold.payout_id] = associated_token_address(hold.recipient, mint)
                sources[asset] = associated_token_address(self.address, mint)
        asked = list(dict.fromkeys([self.address, *sources.values(), *accounts.values()]))
        _slot, balances = await self._chain.get_multiple_balances(asked)
        lines: list[PayoutLine] = []
        made: set[str] = set()
        for hold in holds:
            account = accounts.get(hold.payout_id)
            create = account is not None and balances[account].mint is None and account not in made
            if create and account is not None:
                made.add(account)
            lines.append(PayoutLine(hold.payout_id, hold.recipient, hold.money, create))
        rent = await self._chain.min_rent_exemption(TOKEN_ACCOUNT_BYTES) if made else 0
        need = rent * len(made) + SIGNATURE_FEE_LAMPORTS + self._limits.float_min_lamports
        need += sum(h.money.amount_minor for h in holds if h.money.asset is Asset.SOL)
        _check_float(Asset.SOL, balances[self.address].lamports, need)
        for asset, source in sources.items():
            need = sum(h.money.amount_minor for h in holds if h.money.asset is asset)
            _check_float(asset, balances[source].token_minor, need)
        return lines

    async def _build(self, attempt_id: UUID, lines: Sequence[PayoutLine]) -> SignedAttempt:
        recent = await self._chain.get_latest_blockhash()
        try:
            packed = pack_payouts(
                lines,
                treasury=self.address,
                blockhash=recent.blockhash,
                mints=self._mints,
                reference=attempt_reference(attempt_id),
            )
        except NothingFits as error:
            raise BatchTooLarge(count=len(lines), fit=0) from error
        payout_ids = [line.payout_id for line in lines]
        if list(packed.included) != payout_ids:
            raise BatchTooLarge(count=len(lines), fit=len(packed.included))
        signed = sign(packed.message, self._keypair)
        return SignedAttempt(
            attempt_id=attempt_id,
            payout_ids=payout_ids,
            wire_bytes=signed.wire_bytes,
            tx_id=signed.tx_id,
            last_valid_block_height=recent.last_valid_block_height,
            blockhash_slot=recent.slot,
        )


async def _check_ended(source: ChainView, earlier: Sequence[Earlier]) -> None:
    """Raises unless this node shows each signature as failed, or as expired and absent.

    The height is asked first: a node whose finalized chain has passed the last valid block has
    the whole time in which the signature could have landed behind it when it is asked for it.
    """
    height = await source.get_block_height()
    tx_ids = list(dict.fromkeys(each.tx_id for each in earlier))
    statuses = []
    for start in range(0, len(tx_ids), 256):
        _slot, part = await source.get_signature_statuses(tx_ids[start : start + 256])
        statuses += part
    by_tx = dict(zip(tx_ids, statuses, strict=True))
    for each in earlier:
        status = by_tx[each.tx_id]
        if status is None:
            if height <= each.last_valid_block_height:
                raise EarlierSignatureLive(payout_id=each.payout_id, tx_id=each.tx_id)
        elif not status.is_final:
            raise EarlierSignatureLive(payout_id=each.payout_id, tx_id=each.tx_id)
        elif status.err is None:
            raise AlreadyPaid(payout_id=each.payout_id, tx_id=each.tx_id)


def _check_float(asset: Asset, balance_minor: int, need_minor: int) -> None:
    if balance_minor < need_minor:
        raise FloatTooSmall(asset=asset, balance_minor=balance_minor, need_minor=need_minor)
