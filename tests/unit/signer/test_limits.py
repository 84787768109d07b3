"""The signer's limits as a table, and the window they are counted in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from earnest.kit.money import Asset, Money
from earnest.signer import AssetLimits, Limits, SignedAttempt, SignedLog
from earnest.signer.errors import (
    AddressLimitReached,
    HourLimitReached,
    PayoutAboveLimit,
    RecipientNotAllowed,
)
from earnest.signer.ports import Hold
from earnest.signer.rules import Spent, check_limits

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LIMITS = Limits(
    by_asset={Asset.SOL: AssetLimits(100, 250, 150)},
    float_min_lamports=0,
    recipients=frozenset({"a", "b", "c"}),
)


def _hold(amount: int, recipient: str = "a", payout_id: UUID | None = None) -> Hold:
    return Hold(payout_id or uuid4(), recipient, Money(amount, Asset.SOL), None)


@pytest.mark.parametrize(
    ("holds", "hour", "day", "refusal"),
    [
        ([_hold(100)], 0, 0, None),
        ([_hold(101)], 0, 0, PayoutAboveLimit),
        ([_hold(100)], 150, 0, None),
        ([_hold(100)], 151, 0, HourLimitReached),
        ([_hold(100)], 0, 50, None),
        ([_hold(100)], 0, 51, AddressLimitReached),
        ([_hold(100), _hold(50)], 0, 0, None),
        ([_hold(100), _hold(51)], 0, 0, AddressLimitReached),
        ([_hold(100), _hold(100, "b"), _hold(50, "c")], 0, 0, None),
        ([_hold(100), _hold(100, "b"), _hold(51, "c")], 0, 0, HourLimitReached),
        ([_hold(1, "d")], 0, 0, RecipientNotAllowed),
    ],
)
def test_limits(holds: list[Hold], hour: int, day: int, refusal: type[Exception] | None) -> None:
    """Exactly the limit passes, one more does not; a batch counts as a whole."""
    spent = Spent(hour={Asset.SOL: hour}, address_day={(Asset.SOL, "a"): day})
    if refusal is None:
        check_limits(holds, LIMITS, spent)
    else:
        with pytest.raises(refusal):
            check_limits(holds, LIMITS, spent)


def _record(log: SignedLog, hold: Hold, at: datetime) -> None:
    attempt_id = uuid4()
    signed = SignedAttempt(attempt_id, [hold.payout_id], b"x", str(attempt_id), 1, 1)
    log.record(signed, [hold], at)


def test_spent_counts_each_payout_once_and_forgets_by_time(tmp_path: Path) -> None:
    """An hour by asset, a day by address; what is signed anew counts once."""
    log = SignedLog(tmp_path / "signer" / "log.sqlite")
    twice = uuid4()
    _record(log, _hold(1, payout_id=twice), NOW - timedelta(minutes=30))
    _record(log, _hold(1, payout_id=twice), NOW - timedelta(minutes=10))
    _record(log, _hold(10), NOW - timedelta(hours=2))
    _record(log, _hold(100), NOW - timedelta(hours=25))
    _record(log, _hold(1000, "b"), NOW - timedelta(minutes=59))
    spent = log.spent(NOW, besides=[])
    assert spent.hour == {Asset.SOL: 1001}
    assert spent.address_day == {(Asset.SOL, "a"): 11, (Asset.SOL, "b"): 1000}
    assert log.spent(NOW, besides=[twice]).hour == {Asset.SOL: 1000}
    log.close()


def test_record_is_all_or_nothing(tmp_path: Path) -> None:
    """An attempt that is there already is refused, and nothing of the second is kept."""
    log = SignedLog(tmp_path / "signer" / "log.sqlite")
    hold = _hold(1)
    signed = SignedAttempt(uuid4(), [hold.payout_id], b"x", "tx", 1, 1)
    log.record(signed, [hold], NOW)
    with pytest.raises(Exception, match="UNIQUE"):
        log.record(signed, [hold, _hold(2)], NOW)
    assert log.count() == 1
    log.close()
