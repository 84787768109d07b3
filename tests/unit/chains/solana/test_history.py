"""Whether a run of facts continues a balance without a gap."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.chains import ChainTx, HistoryIncomplete, Stream, StreamPosition, WatchedAccount
from earnest.chains.solana.history import _joined, _Walk, watched_at
from earnest.kit.money import Asset, Chain

ADDRESS = "treasury"


def fact(slot: int, pre: int, post: int) -> ChainTx:
    """A fact that takes the treasury from `pre` to `post`."""
    return ChainTx(
        chain=Chain.SOLANA,
        block_id=str(slot),
        tx_id=f"{slot}:{pre}:{post}",
        slot=slot,
        block_time=None,
        err=None,
        fee_minor=0,
        fee_payer="payer",
        deltas={ADDRESS: post - pre},
        balances={ADDRESS: post},
    )


def walk(position: StreamPosition, opening_minor: int | None = None) -> _Walk:
    """A walk of the treasury's stream from a position."""
    account = WatchedAccount(ADDRESS, Asset.SOL)
    return _Walk(Stream(account, 0, opening_minor), position, ())


KNOWN = StreamPosition("known", 1, 100)


@pytest.mark.parametrize(
    ("position", "opening_minor", "facts", "ends_at"),
    [
        (KNOWN, None, [], 100),
        (StreamPosition(), 7, [], 7),
        (StreamPosition(), None, [], None),
        (KNOWN, 5, [fact(2, 100, 130), fact(3, 130, 90)], 90),
        (KNOWN, None, [fact(2, 130, 90), fact(2, 100, 130)], 90),
        (KNOWN, None, [fact(2, 100, 130), fact(3, 130, 100)], 100),
        (KNOWN, None, [fact(2, 100, 100)], 100),
        (StreamPosition(), None, [fact(2, 40, 50), fact(3, 50, 60)], 60),
        (StreamPosition(), 40, [fact(2, 40, 50)], 50),
    ],
    ids=[
        "nothing_new",
        "nothing_but_the_opening",
        "nothing_at_all",
        "one_after_another",
        "one_slot_in_the_wrong_order",
        "back_to_where_it_was",
        "a_fact_of_nothing",
        "unknown_beginning",
        "from_the_opening",
    ],
)
def test_runs_that_join(
    position: StreamPosition, opening_minor: int | None, facts: list[ChainTx], ends_at: int | None
) -> None:
    """A run without a gap ends at the balance after its last fact."""
    assert _joined(walk(position, opening_minor), facts) == ends_at


@pytest.mark.parametrize(
    ("position", "opening_minor", "facts"),
    [
        (KNOWN, None, [fact(2, 101, 130)]),
        (KNOWN, None, [fact(2, 100, 130), fact(3, 131, 140)]),
        (KNOWN, None, [fact(2, 120, 120)]),
        (KNOWN, None, [fact(2, 120, 130), fact(3, 130, 120)]),
        (StreamPosition(), 40, [fact(2, 41, 50)]),
        (StreamPosition(), None, [fact(2, 41, 50), fact(3, 60, 70)]),
    ],
    ids=["before", "between", "still_elsewhere", "round_elsewhere", "after_opening", "first_ones"],
)
def test_runs_with_a_gap(
    position: StreamPosition, opening_minor: int | None, facts: list[ChainTx]
) -> None:
    """Whatever is missing shows as a balance that nobody led to."""
    with pytest.raises(HistoryIncomplete, match="gap"):
        _joined(walk(position, opening_minor), facts)


@given(
    deltas=st.lists(st.integers(1, 10**6), min_size=3, max_size=30),
    seed=st.integers(0, 2**32),
)
def test_any_missing_fact_is_noticed(deltas: list[int], seed: int) -> None:
    """In any order a whole run joins; with any one but the last left out it does not."""
    facts, at = [], 100
    for number, delta in enumerate(deltas):
        facts.append(fact(number + 2, at, at + delta))
        at += delta
    dice = random.Random(seed)
    shuffled = dice.sample(facts, len(facts))
    assert _joined(walk(KNOWN), shuffled) == at
    lost = dice.randrange(len(facts) - 1)
    with pytest.raises(HistoryIncomplete):
        _joined(walk(KNOWN), facts[:lost] + facts[lost + 1 :])


def test_streams_count_from_their_opening() -> None:
    """An account is watched only after its opening slot."""
    stream = Stream(WatchedAccount(ADDRESS, Asset.SOL), opening_slot=10)
    assert watched_at([stream], 10) == {}
    assert watched_at([stream], 11) == {ADDRESS: stream.account}
