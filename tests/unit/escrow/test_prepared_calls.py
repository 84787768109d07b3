"""Prepared calls without a chain: what is refused, and how what they do is said."""

from typing import Any

import msgspec
import pytest

from earnest.escrow import (
    ActName,
    ArbiterSet,
    Creation,
    EscrowDispute,
    EscrowMilestone,
    EscrowProject,
    FigureNotPossible,
    MilestoneStatus,
    PreparedCall,
    ProjectState,
    ProjectStatus,
    Terms,
    Token,
    prepare_call,
    prepare_creation,
    prepare_fee_sweep,
)
from earnest.kit.money import Asset

CLIENT = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
FREELANCER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
ARBITER = "ST000000000000000000002AMW42H"
CONTRACT = f"{ARBITER}.escrow-multi-token"
TX_ID = "0x" + "00" * 32
TERMS = Terms(
    reference=bytes(32),
    deadlines=(1_144, 2_000),
    silent_bps=5_000,
    expected_set=1,
    expected_fee_bps=250,
)
CREATION = Creation(
    contract=CONTRACT,
    client=CLIENT,
    freelancer=FREELANCER,
    amounts_minor=(100_003, 50_000),
    terms=TERMS,
)


def state(
    status: MilestoneStatus,
    *,
    accepted: bool = True,
    members: tuple[str, ...] = (ARBITER,),
    threshold: int = 2,
) -> ProjectState:
    """A project of one milestone of 100,003 µSTX with a fee of 2.5 %."""
    disputed = status is MilestoneStatus.DISPUTED
    return ProjectState(
        project=EscrowProject(
            number=7, creation_tx_id=TX_ID, creation_block_id=TX_ID, creation_height=1,
            created_burn_height=1, client=CLIENT, freelancer=FREELANCER, token=None,
            total_minor=100_003, reference=None, silent_bps=5_000, fee_bps=250, arbiter_set=1,
            bond_bps=500, claim_window=2_016, arbiter_window=4_320, offer_window=1_008,
            milestone_count=1, accepted=accepted, cancelled=False, status=ProjectStatus.ACTIVE,
            net_minor=0, refunded_minor=0, fee_minor=0, updated_burn_height=1,
        ),
        milestones=(
            EscrowMilestone(
                number=7, milestone_num=1, amount_minor=100_003, deadline=500, status=status,
                how=None, claim_from=None if status is MilestoneStatus.LOCKED else 3_000, bps=None,
                gross_minor=None, fee_minor=None, net_minor=None, refund_minor=None,
                submitted_tx_id=None, closed_tx_id=None, closed_burn_height=None,
            ),
        ),
        disputes=(
            EscrowDispute(
                number=7, milestone_num=1, filer=CLIENT, bond_minor=5_000, bond_to=None,
                filed_at=900, default_from=5_220, default_bps=5_000, filed_tx_id=TX_ID,
            ),
        )
        if disputed
        else (),
        votes=(),
        offers=(),
        arbiters=ArbiterSet(set_id=1, members=members, threshold=threshold),
    )  # fmt: skip


def prepared(
    status: MilestoneStatus, name: ActName, sender: str, bps: int | None = None, **more: Any
) -> PreparedCall:
    """A call at Bitcoin block 1,000."""
    return prepare_call(
        CONTRACT, state(status, **more), name, sender=sender, burn_height=1_000,
        milestone_num=1, bps=bps,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"freelancer": CLIENT}, "somebody else"),
        ({"freelancer": CONTRACT}, "somebody else"),
        ({"amounts_minor": ()}, "one to four"),
        ({"amounts_minor": (10_000,) * 5}, "one to four"),
        ({"amounts_minor": (9_999, 50_000)}, "at least 10000"),
        ({"amounts_minor": (50_000, 0)}, "at least 10000"),
        ({"amounts_minor": (2**64, 50_000)}, "2\\^64"),
        ({"terms": {"reference": bytes(31)}}, "32 bytes"),
        ({"terms": {"deadlines": (1_144,)}}, "one deadline per milestone"),
        ({"terms": {"deadlines": (1_143, 2_000)}}, "144 to 52560"),
        ({"terms": {"deadlines": (1_144, 53_561)}}, "144 to 52560"),
        ({"terms": {"silent_bps": 10_001}}, "0 to 10,000"),
    ],
)
def test_a_creation_that_would_fail_is_not_prepared(change: dict[str, Any], says: str) -> None:
    """What the contract refuses at this height, and what no post-condition can state."""
    prepare_creation(CREATION, burn_height=1_000)
    changed = dict(change)
    if "terms" in changed:
        changed["terms"] = msgspec.structs.replace(TERMS, **changed["terms"])
    with pytest.raises(FigureNotPossible, match=says):
        prepare_creation(msgspec.structs.replace(CREATION, **changed), burn_height=1_000)


def test_the_sum_in_the_words_is_the_sum_in_the_wallet() -> None:
    """The note names what the post-condition states, with its unit; a fee by its percentage."""
    call = prepare_creation(CREATION, burn_height=1_000)
    stated = call.post_conditions[0]
    assert stated.text == "You send exactly 0.150003\u00a0STX"
    assert (stated.principal, stated.amount_minor, stated.asset) == (CLIENT, "150003", "STX")
    assert "You lock 0.150003\u00a0STX for 2 milestones" in call.note
    assert "a fee of 2.5\u00a0%" in call.note


def test_a_division_is_told_to_whom_it_concerns() -> None:
    """Who signs is `you`; the parts add up to the amount, the bond is named beside them."""
    call = prepared(MilestoneStatus.DISPUTED, ActName.RELEASE, CLIENT)
    assert "0.097503\u00a0STX to the freelancer" in call.note
    assert "0.0025\u00a0STX set aside as the fee" in call.note
    assert "the bond of 0.005\u00a0STX to the freelancer" in call.note
    assert call.post_conditions[0].amount_minor == str(97_503 + 5_000)
    call = prepared(MilestoneStatus.SUBMITTED, ActName.CONCEDE, FREELANCER)
    assert "0.100003\u00a0STX to the client" in call.note
    call = prepared(MilestoneStatus.SUBMITTED, ActName.RELEASE, CLIENT)
    assert "to you" not in call.note


def test_a_vote_says_whether_it_decides() -> None:
    """Short of the threshold nothing moves and it may be changed; at it the money moves at once;
    where an arbiter is a side of the project and too few are left, the default decides."""
    vote = (MilestoneStatus.DISPUTED, ActName.VOTE, ARBITER, 6_000)
    assert "That decides it" in prepared(*vote, members=(ARBITER,), threshold=1).note
    others = (ARBITER, f"{ARBITER}.one", f"{ARBITER}.two")
    assert "It takes 2 of 3 arbiters" in prepared(*vote, members=others).note
    assert "the default will decide" in prepared(*vote, members=(ARBITER, CLIENT)).note


def test_a_window_that_closes_is_named() -> None:
    """A dispute of what was submitted says until which block it counts; near the end it says so."""
    call = prepared(MilestoneStatus.SUBMITTED, ActName.DISPUTE, CLIENT)
    assert "only before Bitcoin block 3000, about 2000 blocks from now." in call.note
    late = prepare_call(
        CONTRACT, state(MilestoneStatus.SUBMITTED), ActName.DISPUTE, sender=CLIENT,
        burn_height=2_999, milestone_num=1,
    )  # fmt: skip
    assert "the next one or never. A low fee may miss it." in late.note


@pytest.mark.parametrize(
    ("status", "name", "sender", "bps"),
    [
        (MilestoneStatus.LOCKED, ActName.COMPLETE, FREELANCER, None),
        (MilestoneStatus.LOCKED, ActName.DECLINE, FREELANCER, None),
        (MilestoneStatus.LOCKED, ActName.RECLAIM, CLIENT, None),
        (MilestoneStatus.LOCKED, ActName.OFFER, CLIENT, 7_000),
        (MilestoneStatus.LOCKED, ActName.DISPUTE, FREELANCER, None),
        (MilestoneStatus.SUBMITTED, ActName.RELEASE, CLIENT, None),
        (MilestoneStatus.SUBMITTED, ActName.CONCEDE, FREELANCER, None),
        (MilestoneStatus.DISPUTED, ActName.VOTE, ARBITER, 6_000),
        (MilestoneStatus.DISPUTED, ActName.RESOLVE, ARBITER, 0),
    ],
)
def test_notes_are_sentences_and_promise_nothing(
    status: MilestoneStatus, name: ActName, sender: str, bps: int | None
) -> None:
    """Each note ends, names the wallet, and never says `success`, `pending`, `OK` or `please`."""
    note = prepared(status, name, sender, bps).note
    assert note.endswith(".")
    assert "wallet shows" in note
    assert not any(word in note.lower() for word in ("success", "pending", "please", "sorry", "!"))


def test_a_token_without_known_decimals_is_told_in_smallest_units() -> None:
    """Only STX and sBTC are written with decimals; for others none are made up. What may be refused
    is stated as `at most`."""
    coin = Token(f"{ARBITER}.plain-token", "coin")
    call = prepare_fee_sweep(CONTRACT, sender=CLIENT, collected_minor=250, token=coin)
    stated = call.post_conditions[0]
    assert stated.text == "The contract sends at most 250\u00a0smallest units of coin"
    assert (stated.condition, stated.asset) == ("lte", f"{ARBITER}.plain-token::coin")
    sbtc = Token(coin.contract, "sbtc-token", may_refuse=False, asset=Asset.SBTC)
    locked = prepare_creation(msgspec.structs.replace(CREATION, token=sbtc), burn_height=1_000)
    assert locked.post_conditions[0].text == "You send exactly 0.00150003\u00a0sBTC"
    assert locked.function_args[-1].repr == f"'{coin.contract}"
