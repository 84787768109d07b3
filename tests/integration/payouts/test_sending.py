"""Payouts on a real PostgreSQL, with the real signer, and LiteSVM as the chain."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from earnest.chains import RpcUnavailable
from earnest.chains.solana.wire import SignatureStatus
from earnest.kit.money import Asset
from earnest.ledger import BalanceTooSmall, balances_of
from earnest.payouts import PayoutStatus, SignerUnreachable
from earnest.payouts.store import open_halts
from earnest.signer import SignedAttempt
from tests.integration.payouts.scene import Scene
from tests.simulation.payouts.faults import LyingNode, ShakySigner


async def test_payout_goes_through_its_steps_to_the_wallet(scene: Scene) -> None:
    """Requested, signed, sent, final; the wallet has the amount and the books agree."""
    holder = await scene.holder(lamports=1_000_000)
    payout_id = await scene.request(holder, 2_500_000)
    await scene.settle()
    payout = await scene.payout(holder, payout_id)
    assert [step.status for step in payout.steps] == ["requested", "signed", "sent", "final"]
    assert payout.chain_tx in scene.chain.landed
    assert scene.chain.lamports(holder.address) == 3_500_000
    assert await scene.books_agree()


async def test_usdc_opens_the_token_account_at_the_house_s_cost(scene: Scene) -> None:
    """The recipient gets the whole amount; the rent is an expense, and is paid once."""
    holder = await scene.holder(asset=Asset.USDC)
    await scene.request(holder, 3_000_000, Asset.USDC)
    await scene.settle()
    await scene.request(holder, 1_000_000, Asset.USDC)
    await scene.settle()
    owner = scene.ground.roles["owner"]
    rent = await owner.fetchval("SELECT balance FROM ledger_accounts WHERE name = 'rent:SOL'")
    fees = await owner.fetchval("SELECT balance FROM ledger_accounts WHERE name = 'chain_fees:SOL'")
    assert (int(rent), int(fees)) == (2_039_280, 10_000)
    assert await scene.books_agree()


async def test_available_and_locked_are_told_apart(scene: Scene) -> None:
    """Locked is what payouts under way have promised, and nothing else; it ends with them."""

    async def balance() -> tuple[int, int]:
        async with scene.ground.roles["api"].connection() as db:
            [found] = await balances_of(db, holder.account_id)
        return found.available_minor, found.locked_minor

    holder = await scene.holder(balance=5_000_000)
    assert await balance() == (5_000_000, 0)
    await scene.request(holder, 2_000_000)
    assert await balance() == (3_000_000, 2_000_000)
    await scene.settle()
    assert await balance() == (3_000_000, 0)
    poor = await scene.request(holder, 3_000_000)
    scene.chain.set_lamports(holder.address, 0)
    await scene.settle()
    assert (await scene.payout(holder, poor)).status is PayoutStatus.FINAL
    assert await balance() == (0, 0)


async def test_two_requests_at_once_for_one_balance(scene: Scene) -> None:
    """One wins, the other is told what is left; never are both held, let alone both paid."""
    holder = await scene.holder(balance=3_000_000)
    answers = await asyncio.gather(
        *(scene.request(holder, 2_000_000) for _ in range(2)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {UUID, BalanceTooSmall}
    await scene.settle()
    assert scene.chain.lamports(holder.address) == 10**9 + 2_000_000


async def test_twenty_travel_together_without_the_one_below_rent(scene: Scene) -> None:
    """A fresh wallet that would stay below rent exemption is taken out and fails alone."""
    holders = [await scene.holder() for _ in range(19)]
    poor = await scene.holder(lamports=0)
    for holder in holders[:10]:
        await scene.request(holder)
    poor_id = await scene.request(poor, 890_879)
    for holder in holders[10:]:
        await scene.request(holder)
    await scene.settle()
    failed = await scene.payout(poor, poor_id)
    assert (failed.status, failed.failure_code) == (PayoutStatus.FAILED, "recipient_below_rent")
    assert await scene.attempts() == [("final", 19), ("dropped", 1)]
    assert len(scene.chain.landed) == 1
    available = await scene.ground.roles["owner"].fetchval(
        "SELECT balance - held FROM ledger_accounts WHERE owner = $1", poor.account_id
    )
    assert int(available) == 10**9


async def test_exactly_rent_exempt_is_enough(scene: Scene) -> None:
    """890,880 lamports to a fresh wallet pass."""
    fresh = await scene.holder(lamports=0)
    payout_id = await scene.request(fresh, 890_880)
    await scene.settle()
    assert (await scene.payout(fresh, payout_id)).status is PayoutStatus.FINAL


async def test_batch_that_landed_failed_is_sent_singly(scene: Scene) -> None:
    """Its fee is booked, the others are paid by themselves, and the culprit fails alone."""
    rich, poor = await scene.holder(), await scene.holder(lamports=1_000_000)
    rich_id = await scene.request(rich)
    poor_id = await scene.request(poor, 100_000)
    scene.network.before_unchecked = lambda _bytes: scene.chain.set_lamports(poor.address, 0)
    scene.faults.only(no_preflight=1.0)
    await scene.engine.run_round()
    scene.faults.stop()
    await scene.settle()
    assert (await scene.payout(rich, rich_id)).status is PayoutStatus.FINAL
    assert (await scene.payout(poor, poor_id)).status is PayoutStatus.FAILED
    assert await scene.attempts() == [("failed", 2), ("final", 1), ("dropped", 1)]
    assert await scene.books_agree()


async def test_lost_bytes_go_out_again_within_seconds(scene: Scene) -> None:
    """Broadcast bytes that nobody has seen are the next look's, not those of a lapsed lease."""
    holder = await scene.holder(lamports=0)
    payout_id = await scene.request(holder)
    scene.faults.only(vanish=1.0)
    await scene.engine.run_round()
    assert not scene.chain.landed
    scene.faults.stop()
    scene.pass_blocks(6)
    await scene.engine.run_round()
    signed = await scene.payout(holder, payout_id)
    assert list(scene.chain.landed) == [signed.chain_tx]
    await scene.settle()
    assert await scene.attempts() == [("final", 1)]


async def test_expired_blockhash_is_signed_anew_once(scene: Scene) -> None:
    """Bytes that got lost expire; only then, and after our own cursor, a second one is signed."""
    holder = await scene.holder(lamports=0)
    payout_id = await scene.request(holder)
    scene.faults.only(vanish=1.0)
    await scene.engine.run_round()
    scene.pass_blocks(140)
    await scene.follow()
    await scene.engine.run_round()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.SENT
    scene.pass_blocks(60)
    await scene.engine.run_round()
    # The nodes agree that it can never land, but the ledger has not followed so far yet.
    assert await scene.attempts() == [("sent", 1)]
    await scene.follow()
    scene.faults.stop()
    scene.pass_blocks(10)
    await scene.settle()
    assert await scene.attempts() == [("expired", 1), ("final", 1)]
    assert scene.chain.lamports(holder.address) == 2_000_000
    steps = (await scene.payout(holder, payout_id)).steps
    assert [step.status for step in steps] == [
        "requested", "signed", "sent", "requested", "signed", "sent", "final",
    ]  # fmt: skip


async def test_unknown_is_not_absent(scene: Scene) -> None:
    """While nodes give no answer nothing moves, however long it lasts."""

    class Mute(LyingNode):
        """Answers once about the network, and then nothing any more."""

        async def get_signature_statuses(
            self, signatures: Sequence[str]
        ) -> tuple[int, list[SignatureStatus | None]]:
            raise RpcUnavailable(f"gone, asked about {len(signatures)}")

    holder = await scene.holder()
    payout_id = await scene.request(holder)
    await scene.engine.run_round()
    mute = scene.make_engine(node=Mute(scene.network, scene.faults))
    for _ in range(5):
        scene.pass_blocks(200)
        await scene.ground.append()
        await mute.run_round()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.SENT
    await scene.follow()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.FINAL
    assert scene.signer.signed == 1


async def test_signer_down_then_up(scene: Scene) -> None:
    """An attempt that the signer may have signed stays as it is until the signer answers."""

    class Down(ShakySigner):
        """Signs, and its answer never arrives."""

        async def sign(self, attempt_id: UUID, payout_ids: Sequence[UUID]) -> SignedAttempt:
            await super().sign(attempt_id, payout_ids)
            raise SignerUnreachable(reason="the answer was lost")

    holder = await scene.holder(lamports=0)
    payout_id = await scene.request(holder)
    down = Down(scene.start_signer, scene.faults)
    await scene.make_engine(signer=down).run_round()
    assert await scene.attempts() == [("reserved", 1)]
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.REQUESTED
    scene.pass_blocks(10)
    await scene.settle()
    # The same attempt, the same bytes: one chain_tx, signed once.
    assert await scene.attempts() == [("final", 1)]
    assert scene.chain.lamports(holder.address) == 2_000_000


async def test_two_workers_at_once_pay_each_once(scene: Scene) -> None:
    """Forty payouts, three engines truly at the same time: nobody is paid twice."""
    holders = [await scene.holder() for _ in range(10)]
    ids = [(holder, await scene.request(holder)) for holder in holders for _ in range(4)]
    engines = [scene.make_engine() for _ in range(3)]
    await asyncio.gather(*(engine.run_round() for engine in engines))
    await asyncio.gather(*(engine.run_round() for engine in engines))
    await scene.settle()
    assert {(await scene.payout(h, i)).status for h, i in ids} == {PayoutStatus.FINAL}
    assert all(scene.chain.lamports(h.address) == 10**9 + 8_000_000 for h in holders)
    assert await scene.books_agree()


async def test_reset_chain_halts_and_alerts(scene: Scene) -> None:
    """Another genesis hash: nothing is signed until an operator has looked."""

    class Reset(LyingNode):
        """A node of another network."""

        @property
        def sources(self) -> Sequence[LyingNode]:
            return (self, self)

        async def get_genesis_hash(self) -> str:
            return "11111111111111111111111111111111"

    holder = await scene.holder()
    payout_id = await scene.request(holder)
    reset = scene.make_engine(node=Reset(scene.network, scene.faults))
    await reset.run_round()
    async with scene.ground.roles["worker"].connection() as db:
        assert [halt.code for halt in await open_halts(db)] == ["chain_was_reset"]
    await scene.engine.run_round()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.REQUESTED
    assert scene.signer.signed == 0


async def test_lost_final_chain_tx_halts(scene: Scene) -> None:
    """What was final and is gone from both nodes means that the chain is not what it was."""
    holder = await scene.holder()
    await scene.request(holder)
    await scene.settle()
    await scene.engine.check_finals()
    async with scene.ground.roles["worker"].connection() as db:
        assert await open_halts(db) == []
    scene.chain.landed.clear()
    await scene.engine.check_finals()
    async with scene.ground.roles["worker"].connection() as db:
        assert [halt.code for halt in await open_halts(db)] == ["final_chain_tx_lost"]


async def test_treasury_too_small_waits_and_says_so(scene: Scene) -> None:
    """The house's want is nobody's failure: the payout waits and names the reason."""
    holder = await scene.holder()
    payout_id = await scene.request(holder)
    had = scene.chain.lamports(scene.chain.treasury)
    scene.chain.set_lamports(scene.chain.treasury, 1_500_000)
    await scene.engine.run_round()
    waiting = await scene.payout(holder, payout_id)
    assert (waiting.status, waiting.waiting_for) == (
        PayoutStatus.REQUESTED,
        "treasury_too_small",
    )
    scene.chain.set_lamports(scene.chain.treasury, had)
    await scene.settle()
    assert (await scene.payout(holder, payout_id)).status is PayoutStatus.FINAL


@pytest.mark.parametrize("asset", [Asset.SOL, Asset.USDC])
async def test_more_than_fit_are_split(scene: Scene, asset: Asset) -> None:
    """Twenty SOL payouts fit into one chain_tx, nine where token accounts must be made."""
    holders = [await scene.holder(asset=asset) for _ in range(23)]
    for holder in holders:
        await scene.request(holder, 1_000_000, asset)
    await scene.settle()
    finals = [count for status, count in await scene.attempts() if status == "final"]
    assert sum(finals) == 23
    assert max(finals) == (20 if asset is Asset.SOL else 9)
