"""The signer against a real ledger, its own log file, and LiteSVM: what it signs and what not."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from earnest.chains.solana import decode_signed
from earnest.kit.ids import new_id
from earnest.kit.money import Asset
from earnest.signer import AssetLimits, Limits, SignedLog, Signer
from earnest.signer.errors import (
    AddressLimitReached,
    AlreadyPaid,
    AttemptDiffers,
    BatchTooLarge,
    EarlierSignatureLive,
    FloatTooSmall,
    HoldEnded,
    HoldMissing,
    HourLimitReached,
    NetworkDiffers,
    PayoutAboveLimit,
    RecipientNotAllowed,
    SignerHalted,
)
from tests.conftest import Databases
from tests.integration.payouts.scene import Scene, open_scene
from tests.simulation.payouts.faults import LyingNode

_WIDE = AssetLimits(10**15, 10**15, 10**15)


@pytest.fixture
async def scene(databases: Databases, tmp_path: Path) -> AsyncIterator[Scene]:
    """A ledger with people in it, and a chain."""
    async with open_scene(databases, tmp_path) as opened:
        yield opened


def _limited(scene: Scene, limits: AssetLimits, **more: object) -> Signer:
    scene.limits = Limits(
        by_asset={Asset.SOL: limits},
        float_min_lamports=2_000_000,
        **more,  # type: ignore[arg-type]
    )
    return scene.start_signer()


async def test_signs_what_the_ledger_holds(scene: Scene) -> None:
    """Recipient and amount come from the hold, in the order asked for; nothing else is moved."""
    signer = scene.start_signer()
    a, b = await scene.holder(), await scene.holder()
    first, second = await scene.request(a, 1_000_000), await scene.request(b, 2_000_000)
    signed = await signer.sign(new_id(), [second, first])
    transfers = decode_signed(signed.wire_bytes).transfers
    assert [(t.destination, t.amount_minor) for t in transfers] == [
        (b.address, 2_000_000),
        (a.address, 1_000_000),
    ]
    assert all(t.source == signer.address for t in transfers)


async def test_repeat_gets_the_same_bytes_also_after_a_restart(scene: Scene) -> None:
    """The answer to an attempt is fixed once it is in the log, whatever is asked later."""
    payout_id = await scene.request(await scene.holder())
    attempt_id = new_id()
    signed = await scene.start_signer().sign(attempt_id, [payout_id])
    scene.pass_blocks(500)
    assert await scene.start_signer().sign(attempt_id, [payout_id]) == signed
    other = await scene.request(await scene.holder())
    with pytest.raises(AttemptDiffers):
        await scene.start_signer().sign(attempt_id, [other])


async def test_logged_before_it_is_answered(scene: Scene) -> None:
    """The log file has id, recipient, amount and bytes, and refuses to forget them."""
    holder = await scene.holder()
    payout_id = await scene.request(holder, 1_234_567)
    signed = await scene.start_signer().sign(new_id(), [payout_id])
    assert scene.log_file.stat().st_mode & 0o777 == 0o600
    db = sqlite3.connect(scene.log_file)
    row = db.execute(
        "SELECT payout_id, recipient, asset, amount_minor, wire_bytes, tx_id,"
        " last_valid_block_height FROM payouts JOIN attempts USING (attempt_id)"
    ).fetchone()
    assert row == (
        str(payout_id), holder.address, "SOL", "1234567", signed.wire_bytes, signed.tx_id,
        signed.last_valid_block_height,
    )  # fmt: skip
    for statement in ("DELETE FROM payouts", "UPDATE attempts SET wire_bytes = x'00'"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            db.execute(statement)
    db.close()


async def test_unknown_and_ended_holds_are_refused(scene: Scene) -> None:
    """No hold, no signature; a hold that has ended is none."""
    signer = scene.start_signer()
    with pytest.raises(HoldMissing):
        await signer.sign(new_id(), [new_id()])
    holder = await scene.holder()
    payout_id = await scene.request(holder)
    await scene.ground.roles["worker"].execute(
        "SELECT payouts_fail($1, 'x', 'x', now())", payout_id
    )
    with pytest.raises(HoldEnded, match="voided"):
        await signer.sign(new_id(), [payout_id])


async def test_signs_anew_only_when_the_earlier_one_is_dead(scene: Scene) -> None:
    """Live until the finalized height has passed its last block; then, if absent, signed anew."""
    signer = scene.start_signer()
    payout_id = await scene.request(await scene.holder())
    first = await signer.sign(new_id(), [payout_id])
    with pytest.raises(EarlierSignatureLive):
        await signer.sign(new_id(), [payout_id])
    scene.pass_blocks(150)  # final height = last valid: a block could still hold it
    assert scene.chain.final_height == first.last_valid_block_height
    with pytest.raises(EarlierSignatureLive):
        await signer.sign(new_id(), [payout_id])
    scene.pass_blocks(1)
    second = await signer.sign(new_id(), [payout_id])
    assert second.tx_id != first.tx_id


async def test_never_signs_what_its_own_nodes_show_as_paid(scene: Scene) -> None:
    """Even where the ledger still has the hold open, as in a database restored from a backup."""
    signer = scene.start_signer()
    payout_id = await scene.request(await scene.holder())
    signed = await signer.sign(new_id(), [payout_id])
    assert scene.chain.execute(signed.wire_bytes) is None
    with pytest.raises(EarlierSignatureLive):
        await signer.sign(new_id(), [payout_id])
    scene.pass_blocks(400)
    with pytest.raises(AlreadyPaid):
        await signer.sign(new_id(), [payout_id])


async def test_failed_on_chain_counts_as_ended(scene: Scene) -> None:
    """A signature that landed and failed moved nothing: once final, it may be signed anew."""
    signer = scene.start_signer()
    holder = await scene.holder(lamports=10**6)
    payout_id = await scene.request(holder, 100_000)
    signed = await signer.sign(new_id(), [payout_id])
    scene.chain.set_lamports(holder.address, 0)
    assert scene.chain.execute(signed.wire_bytes) is None
    assert scene.chain.landed[signed.tx_id].err is not None
    with pytest.raises(EarlierSignatureLive):
        await signer.sign(new_id(), [payout_id])
    scene.pass_blocks(40)
    assert (await signer.sign(new_id(), [payout_id])).tx_id != signed.tx_id


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        (AssetLimits(999_999, 10**9, 10**9), PayoutAboveLimit),
        (AssetLimits(10**9, 1_999_999, 10**9), HourLimitReached),
        (AssetLimits(10**9, 10**9, 1_999_999), AddressLimitReached),
    ],
)
async def test_limits_survive_a_restart(
    scene: Scene, limits: AssetLimits, refusal: type[Exception]
) -> None:
    """Limits are counted from the log file; the window passes with time and not with a restart."""
    holder = await scene.holder()
    first, second = await scene.request(holder, 1_000_000), await scene.request(holder, 1_000_000)
    if refusal is not PayoutAboveLimit:
        await _limited(scene, limits).sign(new_id(), [first])
    with pytest.raises(refusal):
        await _limited(scene, limits).sign(new_id(), [second])
    if refusal is not PayoutAboveLimit:
        scene.clock.advance(86_401)
        assert (await _limited(scene, limits).sign(new_id(), [second])).tx_id


async def test_float_and_recipients(scene: Scene) -> None:
    """The minimum float stays, and where a list of recipients is given no other is paid."""
    holder = await scene.holder()
    payout_id = await scene.request(holder, 1_000_000)
    scene.chain.set_lamports(scene.chain.treasury, 3_004_999)
    with pytest.raises(FloatTooSmall):
        await _limited(scene, _WIDE).sign(new_id(), [payout_id])
    scene.chain.set_lamports(scene.chain.treasury, 3_005_000)
    strict = _limited(scene, _WIDE, recipients=frozenset({"somebody else"}))
    with pytest.raises(RecipientNotAllowed):
        await strict.sign(new_id(), [payout_id])
    assert (await _limited(scene, _WIDE).sign(new_id(), [payout_id])).tx_id


@pytest.mark.parametrize("count", [0, 21])
async def test_batches_are_bounded(scene: Scene, count: int) -> None:
    """From one to twenty payouts."""
    with pytest.raises(BatchTooLarge):
        await scene.start_signer().sign(new_id(), [new_id() for _ in range(count)])


async def test_another_network_gets_no_signature(scene: Scene) -> None:
    """It looks for itself which chain it signs for: one that was reset is not the one it knows."""

    class Reset(LyingNode):
        """The same node after its chain began anew."""

        @property
        def sources(self) -> Sequence[LyingNode]:
            return (self, self)

        async def get_genesis_hash(self) -> str:
            return "11111111111111111111111111111112"

    first, second = [await scene.request(await scene.holder()) for _ in range(2)]
    assert (await scene.start_signer().sign(new_id(), [first])).tx_id
    honest = scene.node
    scene.node = Reset(scene.network, scene.faults)
    with pytest.raises(NetworkDiffers):
        await scene.start_signer().sign(new_id(), [second])
    scene.node = honest
    assert (await scene.start_signer().sign(new_id(), [second])).tx_id


async def test_restored_old_database_stops_it_until_a_person_has_looked(scene: Scene) -> None:
    """A ledger that lacks a signed payout gets no signature at all, for anybody, until then."""
    owner = scene.ground.roles["owner"]
    signer = scene.start_signer()
    lost = await scene.request(await scene.holder())
    await signer.sign(new_id(), [lost])
    # What a backup from before the request looks like: neither the payout nor its hold exist.
    async with owner.db_tx() as db_tx:
        for table, key in (
            ("payout_steps", "payout_id"),
            ("payouts", "id"),
            ("ledger_holds", "id"),
        ):
            await db_tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            await db_tx.execute(f"DELETE FROM {table} WHERE {key} = $1", lost)
            await db_tx.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    fresh = await scene.request(await scene.holder())
    for asked in (signer, scene.start_signer()):
        with pytest.raises(SignerHalted, match="lacks 1 payouts"):
            await asked.sign(new_id(), [fresh])
    assert (await signer.status()).missing == [lost]
    log = SignedLog(scene.log_file)
    assert not log.acknowledge(new_id(), "never signed")
    assert log.acknowledge(lost, "it had landed; booked by hand")
    log.close()
    assert (await signer.sign(new_id(), [fresh])).tx_id


async def test_a_log_of_thousands_is_checked_whole(scene: Scene) -> None:
    """The check at start finds one missing id among many, however old it is."""
    signer = scene.start_signer()
    holder = await scene.holder(balance=10**12)
    ids: list[UUID] = [await scene.request(holder, 1_000) for _ in range(3)]
    for payout_id in ids:
        await signer.sign(new_id(), [payout_id])
    db = sqlite3.connect(scene.log_file)
    rows = [
        (str(new_id()), place, str(new_id()), holder.address, "SOL", "1", 0.0)
        for place in range(2_000)
    ]
    db.executemany(
        "INSERT INTO attempts VALUES (?, ?, x'00', 1, 1, 0.0)",
        [(row[0], row[0]) for row in rows],
    )
    db.executemany(
        "INSERT INTO payouts (attempt_id, place, payout_id, recipient, asset, amount_minor,"
        " signed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    db.commit()
    db.close()
    fresh = await scene.request(holder, 1_000)
    with pytest.raises(SignerHalted, match="lacks 2000 payouts"):
        await scene.start_signer().sign(new_id(), [fresh])
