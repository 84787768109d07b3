"""What a stolen database role can and cannot do about payouts: the database itself says no."""

from uuid import UUID

import asyncpg
import pytest

from earnest.kit.errors import EarnestError
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Money
from earnest.ledger import BalanceTooSmall
from earnest.payouts import store
from earnest.payouts.errors import AddressNotYours, PayoutMayStillLand, PayoutStepIllegal
from tests.integration.payouts.scene import Holder, Scene

_ID = "'00000000-0000-0000-0000-000000000001'::uuid"
_NOW = "clock_timestamp()"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payouts SET address = 'mine'",
        "UPDATE payouts SET status = 'failed'",
        "UPDATE payouts SET amount = amount * 2",
        "DELETE FROM payouts",
        "INSERT INTO payout_attempts (id, status, claimed_until, created_at)"
        f" VALUES ({_ID}, 'reserved', {_NOW}, {_NOW})",
        "UPDATE payout_attempts SET signed_bytes = ''",
        "INSERT INTO payout_halts (code, detail, at) VALUES ('x', '{}', now())",
        "INSERT INTO ledger_holds (id, account, asset, amount, recipient)"
        f" VALUES ({_ID}, 1, 'SOL', 1, 'x')",
        f"INSERT INTO ledger_hold_ends (hold_id, outcome) VALUES ({_ID}, 'voided')",
        "UPDATE ledger_accounts SET balance = 10",
        f"SELECT payouts_fail({_ID}, 'x', 'x', {_NOW})",
        f"SELECT ledger_hold({_ID}, 1, 1, 'x')",
        f"SELECT ledger_hold_void({_ID})",
        f"SELECT ledger_hold_post({_ID}, 1, {_ID}, 'x')",
        f"SELECT ledger_transfer({_ID}, 1, 2, 1, 'x', 'x')",
        f"SELECT treasury_register_attempt({_ID}, 'solana', 'x', ARRAY[{_ID}])",
        "SELECT treasury_post('solana', 1)",
    ],
)
async def test_stolen_api_role_cannot_move_money(scene: Scene, statement: str) -> None:
    """Every way past the one checking function is closed."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await scene.ground.roles["api"].execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM payouts",
        "INSERT INTO ledger_holds (id, account, asset, amount, recipient)"
        f" VALUES ({_ID}, 1, 'SOL', 1, 'x')",
        "SELECT FROM accounts",
        f"SELECT payouts_fail({_ID}, 'x', 'x', {_NOW})",
    ],
)
async def test_signer_role_only_reads_the_ledger(scene: Scene, statement: str) -> None:
    """The signer's role sees holds and nothing of people, and writes nothing."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await scene.ground.roles["signer_ro"].execute(statement)


async def _ask(scene: Scene, holder: Holder, address: str, amount: int) -> None:
    async with scene.ground.roles["api"].db_tx() as db_tx:
        await store.insert_request(
            db_tx,
            new_id(),
            holder.account_id,
            Money(amount, Asset.SOL),
            address,
            rent_minor=None,
            at=scene.clock.now(),
        )


async def test_the_checking_function_checks(scene: Scene) -> None:
    """Not to somebody else's wallet, and not a lamport more than is there."""
    holder, thief = await scene.holder(balance=5_000), await scene.holder(balance=1)
    with pytest.raises(AddressNotYours):
        await _ask(scene, holder, thief.address, 5_000)
    with pytest.raises(BalanceTooSmall):
        await _ask(scene, holder, holder.address, 5_001)


async def test_hold_is_not_given_back_while_it_may_land(scene: Scene) -> None:
    """Not even the worker's role frees a hold once the signer was asked or has signed."""
    holder = await scene.holder()
    payout_id = await scene.request(holder)
    worker = scene.ground.roles["worker"]
    await scene.engine.run_round()
    with pytest.raises(PayoutMayStillLand):
        await worker.execute("SELECT payouts_fail($1, 'x', 'x', now())", payout_id)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("final", "requested"),
        ("final", "failed"),
        ("final", "signed"),
        ("requested", "sent"),
    ],
)
async def test_illegal_steps_are_refused(scene: Scene, before: str, after: str) -> None:
    """A status moves only as the table of moves allows, whoever asks."""
    holder = await scene.holder()
    payout_id: UUID = await scene.request(holder)
    if before == "final":
        await scene.settle()
    with pytest.raises((PayoutStepIllegal, asyncpg.CheckViolationError)) as refusal:
        await scene.ground.roles["worker"].execute(
            "UPDATE payouts SET status = $2 WHERE id = $1", payout_id, after
        )
    assert isinstance(refusal.value, EarnestError | asyncpg.CheckViolationError)


async def test_signed_bytes_are_never_exchanged(scene: Scene) -> None:
    """What was persisted before the broadcast stays, for ever, with its payouts."""
    holder = await scene.holder()
    await scene.request(holder)
    await scene.engine.run_round()
    worker = scene.ground.roles["worker"]
    with pytest.raises(EarnestError, match="cannot go"):
        await worker.execute("UPDATE payout_attempts SET signed_bytes = 'other'::bytea")
    with pytest.raises(asyncpg.RestrictViolationError):
        await worker.execute("DELETE FROM payout_attempt_items")
