"""What the chain's word means for a project: tables of statuses, of moves, and of differences."""

from itertools import product
from typing import Any

import msgspec
import pytest

from earnest.escrow import (
    ActName,
    ArbiterSet,
    EscrowDispute,
    EscrowMilestone,
    EscrowOffer,
    EscrowProject,
    ProjectState,
    acts_of,
)
from earnest.escrow import MilestoneStatus as EscrowMilestoneStatus
from earnest.escrow import ProjectStatus as EscrowStatus
from earnest.projects.errors import IllegalMove
from earnest.projects.rules import Stage
from earnest.projects.rules_chain import (
    MILESTONES,
    Agreed,
    ChainAct,
    MilestoneStatus,
    ProjectStatus,
    compare_funding,
    deadline_heights,
    final_status,
    is_decisive,
    live_status,
    milestones_after,
)

M, A = MilestoneStatus, ChainAct
LOCKED, SUBMITTED, DISPUTED = M.LOCKED, M.SUBMITTED, M.DISPUTED
ANY_END = {M.APPROVED, M.SPLIT, M.REFUNDED}
# docs/escrow.md, "Who may do what, from when", written down a second time.
LEGAL: dict[tuple[MilestoneStatus, ChainAct], set[MilestoneStatus]] = {
    (M.PLANNED, A.CREATE): {LOCKED},
    (LOCKED, A.ACCEPT): {LOCKED},
    (LOCKED, A.CANCEL): {M.REFUNDED},
    (LOCKED, A.DECLINE): {M.REFUNDED},
    (LOCKED, A.COMPLETE): {SUBMITTED},
    (LOCKED, A.RECLAIM): {M.REFUNDED},
    (LOCKED, A.DISPUTE): {DISPUTED},
    (LOCKED, A.OFFER): {LOCKED},
    (LOCKED, A.SETTLE): ANY_END,
    (SUBMITTED, A.RELEASE): {M.APPROVED},
    (SUBMITTED, A.CONCEDE): {M.REFUNDED},
    (SUBMITTED, A.CLAIM): {M.APPROVED},
    (SUBMITTED, A.DISPUTE): {DISPUTED},
    (SUBMITTED, A.OFFER): {SUBMITTED},
    (SUBMITTED, A.SETTLE): ANY_END,
    (DISPUTED, A.ACCEPT): {DISPUTED},
    (DISPUTED, A.RELEASE): {M.APPROVED},
    (DISPUTED, A.CONCEDE): {M.REFUNDED},
    (DISPUTED, A.VOTE): {DISPUTED} | ANY_END,
    (DISPUTED, A.RESOLVE): {DISPUTED, M.APPROVED, M.REFUNDED},
    (DISPUTED, A.DEFAULT): ANY_END,
    (DISPUTED, A.OFFER): {DISPUTED},
    (DISPUTED, A.SETTLE): ANY_END,
}


@pytest.mark.parametrize(("status", "act"), list(product(M, A)))
def test_every_move_of_a_milestone(status: MilestoneStatus, act: ChainAct) -> None:
    """The legal ones lead where the escrow's table says; each of the others is refused by name."""
    if (status, act) in LEGAL:
        assert milestones_after(status, act) == LEGAL[status, act]
        return
    with pytest.raises(IllegalMove) as refused:
        milestones_after(status, act)
    assert refused.value.facts["act"] == act.value


def test_milestones_never_go_back() -> None:
    """No act leads to an earlier status, and none leads out of an end."""
    order = list(M)
    for (before, _act), after in MILESTONES.items():
        assert before not in ANY_END
        assert all(order.index(each) >= order.index(before) for each in after)


def project(**facts: Any) -> EscrowProject:
    """An escrow of one milestone."""
    given = EscrowProject(
        number=1, creation_tx_id="0x01", creation_block_id="0x02", creation_height=5,
        created_burn_height=1_000, client="C", freelancer="F", token=None, total_minor=30_000,
        reference=None, silent_bps=5_000, fee_bps=0, arbiter_set=1, bond_bps=500,
        claim_window=2_016, arbiter_window=4_320, offer_window=1_008, milestone_count=1,
        accepted=False, cancelled=False, status=EscrowStatus.ACTIVE, net_minor=0,
        refunded_minor=0, fee_minor=0, updated_burn_height=1_000,
    )  # fmt: skip
    return msgspec.structs.replace(given, **facts)


def milestone(num: int = 1, **facts: Any) -> EscrowMilestone:
    """A locked milestone of 10,000 units, due in 10 days per number."""
    given = EscrowMilestone(
        number=1, milestone_num=num, amount_minor=10_000, deadline=1_000 + 1_440 * num,
        status=EscrowMilestoneStatus.LOCKED, how=None, claim_from=None, bps=None, gross_minor=None,
        fee_minor=None, net_minor=None, refund_minor=None, submitted_tx_id=None,
        closed_tx_id=None, closed_burn_height=None,
    )  # fmt: skip
    return msgspec.structs.replace(given, **facts)


@pytest.mark.parametrize("status", list(EscrowMilestoneStatus))
def test_moves_are_the_rights_of_the_contract(status: EscrowMilestoneStatus) -> None:
    """The acts that the table has for a status are those that the contract's own rights have: taken
    together over a project that is accepted and one that is not."""
    found: set[str] = set()
    for accepted in (True, False):
        offers = [
            EscrowOffer(
                number=1, milestone_num=1, by_party=side, bps=1, expires=9_999, status=status
            )
            for side in ("C", "F")
        ]
        dispute = EscrowDispute(
            number=1, milestone_num=1, filer="C", bond_minor=500, bond_to=None, filed_at=1,
            default_from=9, default_bps=1, filed_tx_id="0x03",
        )  # fmt: skip
        state = ProjectState(
            project=project(accepted=accepted),
            milestones=(milestone(status=status, claim_from=9),),
            disputes=(dispute,),
            votes=(),
            offers=tuple(offers),
            arbiters=ArbiterSet(set_id=1, members=("X",), threshold=1),
        )
        found |= {act.act.value for act in acts_of(state)}
    if ActName.VOTE.value in found:
        found.add(ActName.RESOLVE.value)  # the same right under its older name
    assert found == {act.value for each, act in MILESTONES if each.value == status.value}


def test_every_act_of_the_contract_is_known() -> None:
    """And beside them only the creation."""
    assert {act.value for act in ChainAct} == {act.value for act in ActName} | {"create"}


E, P = EscrowStatus, ProjectStatus


@pytest.mark.parametrize(
    ("stage", "live", "final", "reviewed", "expected"),
    [
        (Stage.OPEN, None, None, False, (P.OPEN, P.OPEN)),
        (Stage.PENDING, None, None, False, (P.PENDING, P.PENDING)),
        (Stage.CANCELLED, None, None, False, (P.CANCELLED, P.CANCELLED)),
        # A provisional creation: do not start yet, whatever the stage was.
        (Stage.PENDING, E.ACTIVE, None, False, (P.PENDING, P.PENDING)),
        (Stage.OPEN, E.ACTIVE, None, False, (P.PENDING, P.OPEN)),
        (Stage.CANCELLED, E.ACTIVE, None, False, (P.PENDING, P.CANCELLED)),
        # What happens to it meanwhile is shown.
        (Stage.PENDING, E.CANCELLED, None, False, (P.CANCELLED, P.PENDING)),
        (Stage.PENDING, E.ACTIVE, E.ACTIVE, False, (P.ACTIVE, P.ACTIVE)),
        (Stage.CANCELLED, E.ACTIVE, E.ACTIVE, False, (P.ACTIVE, P.ACTIVE)),
        (Stage.PENDING, E.DISPUTED, E.ACTIVE, False, (P.DISPUTED, P.ACTIVE)),
        (Stage.PENDING, E.COMPLETED, E.DISPUTED, True, (P.COMPLETED, P.DISPUTED)),
        (Stage.PENDING, E.COMPLETED, E.COMPLETED, False, (P.COMPLETED, P.COMPLETED)),
        (Stage.PENDING, E.COMPLETED, E.COMPLETED, True, (P.REVIEWED, P.REVIEWED)),
        (Stage.PENDING, E.REFUNDED, E.REFUNDED, True, (P.REFUNDED, P.REFUNDED)),
        (Stage.PENDING, E.CANCELLED, E.CANCELLED, True, (P.CANCELLED, P.CANCELLED)),
    ],
)
def test_status_and_final_status(
    stage: Stage,
    live: EscrowStatus | None,
    final: EscrowStatus | None,
    reviewed: bool,  # noqa: FBT001 - a column of the table
    expected: tuple[ProjectStatus, ProjectStatus],
) -> None:
    """What people see, by the stage and the two views."""
    shown = project(status=live) if live else None
    settled = project(status=final) if final else None
    assert (
        live_status(stage, shown, settled, reviewed=reviewed),
        final_status(stage, settled, reviewed=reviewed),
    ) == expected


AGREED = Agreed(
    client_address="C",
    freelancer_address="F",
    token=None,
    amounts_minor=(10_000, 20_000),
    milestone_days=(10, 20),
    silent_bps=5_000,
)
TWO = (milestone(), milestone(2, amount_minor=20_000))


@pytest.mark.parametrize(
    ("escrow", "found", "fields", "decisive"),
    [
        (project(), TWO, [], False),
        (project(client="X"), TWO, ["client"], True),
        (project(freelancer="X"), TWO, ["freelancer"], True),
        (project(token="X.t"), TWO, ["token"], True),
        (project(), TWO[:1], ["amount2"], True),
        (project(), (TWO[0], milestone(2, amount_minor=19_999)), ["amount2"], True),
        (project(), (milestone(2, amount_minor=20_000), milestone()), ["amount1", "amount2"], True),
        (project(silent_bps=0), TWO, ["silentBps"], False),
        # A day is what passes between preparing the call and its block.
        (project(created_burn_height=1_144), TWO, [], False),
        (project(created_burn_height=1_145), TWO, ["deadline1", "deadline2"], False),
        (project(), (milestone(deadline=1_144), TWO[1]), ["deadline1"], False),
    ],
)
def test_in_what_an_escrow_differs(
    escrow: EscrowProject,
    found: tuple[EscrowMilestone, ...],
    fields: list[str],
    decisive: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Parties, token and sums decide; deadlines and the default are told."""
    differences = compare_funding(AGREED, escrow, found)
    told = [f"{each.field}{each.milestone_num or ''}" for each in differences]
    assert [each for each in told if each in fields or not fields] == fields
    assert is_decisive(differences) is decisive


def test_what_is_missing_or_was_never_agreed_on_is_told_without_a_figure() -> None:
    """A milestone that the escrow lacks, and one that the agreement has not."""
    [lacks] = compare_funding(AGREED, project(), TWO[:1])
    assert (lacks.milestone_num, lacks.agreed, lacks.found) == (2, "20000", None)
    more = (*TWO, milestone(3, amount_minor=5))
    [extra] = compare_funding(AGREED, project(), more)
    assert (extra.milestone_num, extra.agreed, extra.found) == (3, None, "5")


def test_deadlines_of_a_prepared_call_are_no_difference() -> None:
    """What we prepare at a height is what we expect to find, mined up to a day later."""
    heights = deadline_heights(1_000, AGREED.milestone_days)
    assert heights == (2_440, 3_880)
    found = tuple(msgspec.structs.replace(m, deadline=h) for m, h in zip(TWO, heights, strict=True))
    for mined_at in (1_000, 1_050, 1_144):
        assert compare_funding(AGREED, project(created_burn_height=mined_at), found) == []
