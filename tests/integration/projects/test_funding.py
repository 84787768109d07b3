"""Funding on the real database: whose an escrow is, what it does to a project, and what it is not.

The contract's prints go through the log, the projector and the reactor, as in the indexer.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from earnest.escrow import events
from earnest.projects import lapse_acceptances
from earnest.projects.errors import (
    FundingDiffers,
    FundingOfAnother,
    FundingUnknown,
    IllegalMove,
    MilestoneUnknown,
    NotTheClient,
    ProjectFunded,
    ProjectNotOpen,
    ProjectUnknown,
    TooManyHints,
)
from earnest.projects.funding import service as service_funding
from earnest.projects.funding import store as store_funding
from earnest.projects.rules import HINTS_MAX, Stage
from earnest.projects.rules_chain import ChainAct, FundingState, MilestoneStatus, ProjectStatus
from earnest.projects.service_view import Part, ProjectView, view_project
from tests.escrow_chain import ARBITER
from tests.escrow_market import CONTRACT, Deal, EscrowMarket, Party, stacks_address, tx_id
from tests.integration.projects.test_proposals import cancel, withdraw, withdraw_acceptance


def statuses(view: ProjectView) -> tuple[str, str, str]:
    """Status, final status, and how far the money is."""
    return view.status.value, view.final_status.value, view.funding_state.value


def milestones(view: ProjectView) -> list[tuple[str, str]]:
    """Each milestone's status by both views."""
    return [(each.status.value, each.final_status.value) for each in view.milestones]


async def hint_funding(market: EscrowMarket, client: Party, project_id: UUID, tx: str) -> None:
    """A client says which chain_tx funds a project."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_funding.hint_funding(
            db_tx, CONTRACT, client.account, project_id, tx, market.now
        )


async def hint_act(
    market: EscrowMarket,
    by: Party,
    project_id: UUID,
    act: ChainAct,
    num: int | None,
    tx: str,
    creation: str | None = None,
) -> None:
    """A party says which chain_tx carries an act out, on the project's escrow or another one."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_funding.hint_act(
            db_tx,
            CONTRACT,
            by.account,
            project_id,
            act=act,
            milestone_num=num,
            tx_id=tx,
            now=market.now,
            creation_tx_id=creation,
        )


async def choose(market: EscrowMarket, client: Party, project_id: UUID, tx: str) -> None:
    """A client says which of several escrows is meant."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_funding.choose_escrow(db_tx, CONTRACT, client.account, project_id, tx)


async def queries_of(market: EscrowMarket, project_id: UUID, viewer: Party | None) -> int:
    """How many questions the database is asked to show somebody a project."""
    asked: list[str] = []
    account = viewer.account if viewer else None
    async with (await market.role("api")).connection() as db:
        # A connection that is new asks once for the shapes of types.
        await view_project(db, market.settings, account, project_id, market.now)
        # The library has it, its type stubs do not yet.
        with db.query_logger(lambda query: asked.append(query.query)):  # type: ignore[attr-defined]
            await view_project(db, market.settings, account, project_id, market.now)
    return len(asked)


async def test_a_project_is_shown_in_few_questions(market: EscrowMarket) -> None:
    """Pages ask for it every few seconds. While nothing is agreed on, the chain is not asked about;
    with an escrow in both views there is one question for each table, and not for each escrow."""
    client, freelancer = await market.party(), await market.party()
    project = await market.post(client)
    assert await queries_of(market, project.id, None) <= 4
    assert await queries_of(market, project.id, client) <= 4
    deal = await market.agree(client, freelancer)
    await market.fund(deal)
    funded = await queries_of(market, deal.project_id, client)
    assert funded <= 13
    for _ in range(3):
        await market.fund(deal, reference=None, amounts=(77_000,), days=(9,))
    assert len((await market.view(deal.project_id, client)).others) == 3
    assert await queries_of(market, deal.project_id, client) <= funded + 6


async def test_a_project_follows_the_chain(market: EscrowMarket) -> None:
    """pending while the creation is provisional, active once it is final; then each step of its
    milestones shows at once and is final later, to the end."""
    deal = await market.agree()
    assert statuses(await market.view(deal.project_id)) == ("pending", "pending", "none")
    chain = await market.chain()
    escrow = await market.fund(deal, final=False)
    seen = await market.view(deal.project_id, deal.client)
    assert statuses(seen) == ("pending", "pending", "provisional")
    assert seen.funding is not None
    assert seen.funding.differences == []
    assert milestones(seen) == [("locked", "planned")] * 3
    assert (await market.told(deal.freelancer.account))[-1] == "escrow_seen"

    await chain.finalize()
    view = await market.view(deal.project_id, deal.freelancer)
    assert statuses(view) == ("active", "active", "final")
    assert (await market.told(deal.freelancer.account))[-1] == "escrow_funded"
    await chain.accept(escrow)
    await chain.complete(escrow, 1)
    assert (await market.told(deal.client.account))[-1] == "milestone_submitted"
    await chain.close(escrow, 1)
    view = await market.view(deal.project_id)
    assert milestones(view)[0] == ("approved", "locked")
    assert (await market.told(deal.freelancer.account))[-1] == "milestone_payment_seen"
    await chain.finalize()
    assert milestones(await market.view(deal.project_id))[0] == ("approved", "approved")
    assert (await market.told(deal.freelancer.account))[-1] == "milestone_paid"

    await chain.dispute(escrow, 2, filer=escrow.client)
    assert statuses(await market.view(deal.project_id)) == ("disputed", "active", "final")
    await chain.close(
        escrow, 2, events.DisputeResolved, "ruled", 6_000, actor=ARBITER,
        bond=25_000, bond_to=escrow.client,
    )  # fmt: skip
    await chain.complete(escrow, 3)
    await chain.wait(2_016)
    await chain.close(escrow, 3, events.MilestoneClaimed, "claimed", actor=escrow.freelancer)
    view = await market.view(deal.project_id)
    assert statuses(view) == ("completed", "active", "final")
    await chain.finalize()
    view = await market.view(deal.project_id)
    assert statuses(view) == ("completed", "completed", "final")
    assert [m.status for m in view.milestones] == [
        MilestoneStatus.APPROVED, MilestoneStatus.SPLIT, MilestoneStatus.APPROVED,
    ]  # fmt: skip
    assert view.funding is not None
    assert view.funding.final is not None
    total = view.funding.final.project
    assert total.net_minor + total.fee_minor + total.refunded_minor == 1_000_000
    assert (await market.told(deal.client.account)).count("project_completed") == 1


async def test_a_reorg_takes_a_step_back_and_says_so(market: EscrowMarket) -> None:
    """What was seen and not final is gone again, both sides are told; it may land again."""
    deal = await market.agree()
    chain = await market.chain()
    escrow = await market.fund(deal)
    await chain.complete(escrow, 1)
    before = chain.tip
    await chain.close(escrow, 1)
    assert milestones(await market.view(deal.project_id))[0] == ("approved", "locked")
    await chain.reorg(before)
    assert milestones(await market.view(deal.project_id))[0] == ("submitted", "locked")
    for party in (deal.client, deal.freelancer):
        assert (await market.told(party.account))[-1] == "chain_reverted"
    await chain.close(escrow, 1)
    await chain.finalize()
    assert milestones(await market.view(deal.project_id))[0] == ("approved", "approved")
    assert (await market.told(deal.freelancer.account)).count("milestone_paid") == 1


async def test_a_creation_that_a_reorg_drops_leaves_the_project_pending(
    market: EscrowMarket,
) -> None:
    """It was never active; and the same chain_tx mined again, under another number, is found."""
    deal, other = await market.agree(), await market.agree()
    chain = await market.chain()
    before = chain.tip
    first = await market.fund(deal, final=False, tx=77)
    await chain.reorg(before)
    assert statuses(await market.view(deal.project_id)) == ("pending", "pending", "none")
    # Another project comes first this time: the number is another one.
    await market.fund(other, final=False)
    second = await market.fund(deal, final=False, tx=77)
    assert (first.number, second.number) == (1, 2)
    await chain.finalize()
    view = await market.view(deal.project_id)
    assert statuses(view) == ("active", "active", "final")
    assert view.funding is not None
    assert view.funding.live.project.number == 2
    assert view.funding.live.project.freelancer == deal.freelancer.address


@pytest.mark.parametrize("repeats", [1, 5])
async def test_a_hint_moves_nothing(market: EscrowMarket, repeats: int) -> None:
    """An invented chain_tx id, said once or again and again, changes no status and no sum: it is
    shown as awaited, once, and forgotten after a day (hole 12: it was stored unverified, and each
    call added to the freelancer's total)."""
    deal = await market.agree()
    invented = tx_id()
    for _ in range(repeats):
        await hint_funding(market, deal.client, deal.project_id, invented)
    view = await market.view(deal.project_id, deal.client)
    assert statuses(view) == ("pending", "pending", "waiting")
    assert [hint.tx_id for hint in view.hints] == [invented]
    assert (await market.view(deal.project_id)).hints == []

    escrow = await market.fund(deal)
    await (await market.chain()).complete(escrow, 1)
    release = tx_id()
    for _ in range(repeats):
        await hint_act(market, deal.client, deal.project_id, ChainAct.RELEASE, 1, release)
    view = await market.view(deal.project_id, deal.freelancer)
    assert milestones(view)[0] == ("submitted", "locked")
    assert view.funding is not None
    assert view.funding.live.project.net_minor == 0
    assert [hint.tx_id for hint in view.hints] == [release]  # nothing awaits the creation any more
    await (await market.chain()).close(escrow, 1)
    assert (await market.view(deal.project_id, deal.client)).hints == []  # released by another
    market.later(days=1, seconds=1)
    assert (await market.view(deal.project_id, deal.client)).hints == []
    await lapse_acceptances(await market.role("worker"), market.now)
    owner = await market.role("owner")
    assert await owner.fetchval("SELECT count(*) FROM project_hints") == 0


async def test_success_at_one_block_is_not_final(market: EscrowMarket) -> None:
    """A release that is mined shows as approved and is final only with the finality of its block:
    until then the final view has no sum of it (hole 13: `success` counted as final at once)."""
    deal = await market.agree()
    chain = await market.chain()
    escrow = await market.fund(deal)
    await chain.complete(escrow, 1)
    await chain.close(escrow, 1)
    view = await market.view(deal.project_id)
    assert view.funding is not None
    assert view.funding.final is not None
    assert (view.milestones[0].status, view.milestones[0].final_status) == (
        MilestoneStatus.APPROVED, MilestoneStatus.LOCKED,
    )  # fmt: skip
    assert view.funding.live.project.net_minor == 195_000
    assert view.funding.final.project.net_minor == 0


async def test_a_hint_goes_when_the_chain_shows_it(market: EscrowMarket) -> None:
    """And one that names what the chain shows already is not kept at all."""
    deal = await market.agree()
    chain = await market.chain()
    tx = f"0x{42:064x}"
    await hint_funding(market, deal.client, deal.project_id, tx)
    escrow = await market.fund(deal, final=False, tx=42)
    assert (await market.view(deal.project_id, deal.client)).hints == []
    await hint_funding(market, deal.client, deal.project_id, tx)
    await chain.finalize()
    done = await chain.complete(escrow, 1)
    await hint_act(market, deal.client, deal.project_id, ChainAct.RELEASE, 1, done)
    assert (await market.view(deal.project_id, deal.client)).hints == []


async def test_who_may_hint_and_what(market: EscrowMarket) -> None:
    """The client the funding, the two sides their acts, nobody else; an act that the contract would
    refuse is refused; and not more than can be kept in mind."""
    deal = await market.agree()
    stranger = await market.party()
    with pytest.raises(NotTheClient):
        await hint_funding(market, deal.freelancer, deal.project_id, tx_id())
    with pytest.raises(ProjectUnknown):
        await hint_act(market, stranger, deal.project_id, ChainAct.RELEASE, 1, tx_id())
    with pytest.raises(IllegalMove):
        await hint_act(market, deal.client, deal.project_id, ChainAct.RELEASE, 1, tx_id())
    await market.fund(deal)
    for act in (ChainAct.RELEASE, ChainAct.CLAIM, ChainAct.VOTE, ChainAct.CREATE):
        with pytest.raises(IllegalMove):
            await hint_act(market, deal.client, deal.project_id, act, 1, tx_id())
    with pytest.raises(MilestoneUnknown):
        await hint_act(market, deal.client, deal.project_id, ChainAct.COMPLETE, 4, tx_id())
    for _ in range(HINTS_MAX):
        await hint_act(market, deal.freelancer, deal.project_id, ChainAct.ACCEPT, None, tx_id())
    with pytest.raises(TooManyHints):
        await hint_act(market, deal.freelancer, deal.project_id, ChainAct.ACCEPT, None, tx_id())


async def test_an_act_on_another_escrow_is_awaited_there(market: EscrowMarket) -> None:
    """A call on an escrow that differs is awaited for that one alone, by both sides, until the
    chain shows it; no such escrow, no hint; and it is nobody else's to name."""
    deal = await market.agree()
    other = await market.fund(deal, reference=None, amounts=(200_000,), days=(10,))
    sent = f"0x{7:064x}"
    for by, creation in [(deal.client, tx_id()), (await market.party(), other.tx_id)]:
        with pytest.raises((FundingUnknown, ProjectUnknown)):
            await hint_act(market, by, deal.project_id, ChainAct.CANCEL, None, tx_id(), creation)
    with pytest.raises(MilestoneUnknown):
        await hint_act(
            market, deal.client, deal.project_id, ChainAct.RECLAIM, 2, tx_id(), other.tx_id
        )
    await hint_act(market, deal.client, deal.project_id, ChainAct.CANCEL, None, sent, other.tx_id)
    for viewer in (deal.client, deal.freelancer):
        view = await market.view(deal.project_id, viewer)
        assert [(each.tx_id, each.creation_tx_id) for each in view.hints] == [(sent, other.tx_id)]
        assert statuses(view) == ("pending", "pending", "none")
    # What is agreed on is locked meanwhile: the hint is still of the other one.
    own = await market.fund(deal)
    view = await market.view(deal.project_id, deal.client)
    assert [each.creation_tx_id for each in view.hints] == [other.tx_id]
    await hint_act(
        market, deal.freelancer, deal.project_id, ChainAct.ACCEPT, None, tx_id(), own.tx_id
    )
    view = await market.view(deal.project_id, deal.client)
    assert [each.creation_tx_id for each in view.hints] == [other.tx_id, None]
    await (await market.chain()).cancel(other)
    view = await market.view(deal.project_id, deal.client)
    assert [each.creation_tx_id for each in view.hints] == [None]


async def test_a_stray_escrow_is_told_under_the_project_it_is_nearest_to(
    market: EscrowMarket,
) -> None:
    """Of several projects of the same two sides: the one that waits for its money, of these the
    one with the same sum, else the newest; once, and never under one that has its escrow. One that
    carries a project's reference is told, and shown, there alone."""
    funded = await market.agree()
    first = await market.agree(funded.client, funded.freelancer)
    newest = await market.agree(funded.client, funded.freelancer)
    await market.fund(funded)

    async def told() -> list[UUID]:
        owner = await market.role("owner")
        rows = await owner.fetch(
            "SELECT data->>'projectId' AS project FROM notifications"
            " WHERE kind = 'escrow_differs' AND account_id = $1 ORDER BY created_at",
            funded.client.account,
        )
        return [UUID(row["project"]) for row in rows]

    await market.fund(funded, reference=None, amounts=(77_000,), days=(9,))
    assert await told() == [newest.project_id]
    named = await market.fund(first, amounts=(88_000,), days=(9,))
    assert await told() == [newest.project_id, first.project_id]
    shown = {
        deal.project_id: [
            each.live.project.creation_tx_id
            for each in (await market.view(deal.project_id, deal.client)).others
        ]
        for deal in (funded, first, newest)
    }
    assert named.tx_id in shown[first.project_id]
    assert named.tx_id not in shown[funded.project_id] + shown[newest.project_id]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"freelancer": stacks_address()}, "freelancer"),
        ({"amounts": (200_000, 500_000, 299_999)}, "amount"),
        ({"amounts": (1_000_000,), "days": (30,)}, "amount"),
        ({"token": f"{ARBITER}.other-token"}, "token"),
    ],
)
async def test_funding_that_differs_is_shown_and_moves_nothing(
    market: EscrowMarket, facts: dict[str, Any], field: str
) -> None:
    """The right reference with another freelancer, other sums or another token: both sides see it
    with its differences; the project stays pending, and nobody can make it its own."""
    deal = await market.agree()
    escrow = await market.fund(deal, **facts)
    for viewer in (deal.client, deal.freelancer):
        view = await market.view(deal.project_id, viewer)
        assert statuses(view) == ("pending", "pending", "none")
        assert view.funding is None
        [other] = view.others
        assert other.live.project.creation_tx_id == escrow.tx_id
        assert field in {each.field for each in other.differences if each.decisive}
        assert (await market.told(viewer.account))[-1] == "escrow_differs"
    with pytest.raises(FundingDiffers):
        await choose(market, deal.client, deal.project_id, escrow.tx_id)
    # What was agreed on can still be funded.
    await market.fund(deal, reference=None)
    assert statuses(await market.view(deal.project_id)) == ("active", "active", "final")


async def test_softer_differences_are_told(market: EscrowMarket) -> None:
    """Nearer deadlines and another default are the project's escrow, and both sides are told
    before anything is done."""
    deal = await market.agree()
    await market.fund(deal, days=(2, 3, 4), silent_bps=0)
    view = await market.view(deal.project_id, deal.freelancer)
    assert statuses(view) == ("active", "active", "final")
    assert view.funding is not None
    told = {(each.field.value, each.milestone_num) for each in view.funding.differences}
    assert told == {("silentBps", None), ("deadline", 1), ("deadline", 2), ("deadline", 3)}
    assert not any(each.decisive for each in view.funding.differences)
    assert "escrow_differs" in await market.told(deal.freelancer.account)


async def test_an_escrow_without_reference_is_matched_exactly(market: EscrowMarket) -> None:
    """The plain form of the call: by client, freelancer, amounts and token."""
    deal = await market.agree()
    await market.fund(deal, reference=None)
    view = await market.view(deal.project_id)
    assert statuses(view) == ("active", "active", "final")
    assert view.link is not None
    assert view.link.how == "matched"


async def test_of_several_candidates_the_hint_decides(market: EscrowMarket) -> None:
    """Two projects of the same sides with the same sums: the one that the client named."""
    one = await market.agree()
    two = await market.agree(one.client, one.freelancer)
    await hint_funding(market, two.client, two.project_id, f"0x{9:064x}")
    await market.fund(two, reference=None, tx=9)
    assert statuses(await market.view(one.project_id)) == ("pending", "pending", "none")
    view = await market.view(two.project_id)
    assert statuses(view) == ("active", "active", "final")
    assert view.link is not None
    assert view.link.how == "hinted"


async def test_without_a_hint_the_client_is_asked(market: EscrowMarket) -> None:
    """Nothing is guessed: both projects name the escrow as a candidate until the client says which
    is meant; it cannot be both."""
    one = await market.agree()
    two = await market.agree(one.client, one.freelancer)
    escrow = await market.fund(one, reference=None)
    for deal in (one, two):
        view = await market.view(deal.project_id, deal.client)
        assert statuses(view) == ("pending", "pending", "none")
        assert view.candidates == [escrow.tx_id]
    with pytest.raises(NotTheClient):
        await choose(market, one.freelancer, one.project_id, escrow.tx_id)
    with pytest.raises(FundingUnknown):
        await choose(market, one.client, one.project_id, tx_id())
    await choose(market, two.client, two.project_id, escrow.tx_id)
    assert statuses(await market.view(two.project_id)) == ("active", "active", "final")
    with pytest.raises(FundingOfAnother):
        await choose(market, one.client, one.project_id, escrow.tx_id)
    assert (await market.view(one.project_id, one.client)).candidates == []


async def test_a_second_escrow_of_a_project_stays_in_sight(market: EscrowMarket) -> None:
    """Who funds a project twice sees the second escrow beside the first, and cannot have it taken
    for the project's own, which would hide one of the two."""
    deal = await market.agree()
    await market.fund(deal)
    second = await market.fund(deal, reference=None)
    with pytest.raises(ProjectFunded):
        await choose(market, deal.client, deal.project_id, second.tx_id)
    view = await market.view(deal.project_id, deal.client)
    assert [each.live.project.creation_tx_id for each in view.others] == [second.tx_id]
    assert view.candidates == []


async def test_a_late_hint_decides_too(market: EscrowMarket) -> None:
    """The client names the chain_tx after the chain has shown it."""
    one = await market.agree()
    two = await market.agree(one.client, one.freelancer)
    escrow = await market.fund(one, reference=None)
    await hint_funding(market, two.client, two.project_id, escrow.tx_id)
    assert statuses(await market.view(two.project_id)) == ("active", "active", "final")
    assert statuses(await market.view(one.project_id)) == ("pending", "pending", "none")


@pytest.mark.parametrize("end", ["cancelled", "withdrawn", "left", "unfunded"])
async def test_funding_that_arrives_too_late_wins(market: EscrowMarket, end: str) -> None:
    """The project was called off, the acceptance taken back, left, or lapsed; the money is in the
    escrow all the same: the agreement stands again, and the project is what the chain says."""
    deal = await market.agree()
    match end:
        case "cancelled":
            await cancel(market, deal.client, deal.project_id)
        case "withdrawn":
            await withdraw_acceptance(market, deal.client, deal.project_id)
        case "left":
            await withdraw(market, deal.freelancer, deal.proposal_id)
        case _:
            late = market.now + timedelta(days=15)
            assert await lapse_acceptances(await market.role("worker"), late) == 1
    await market.fund(deal, final=False)
    assert statuses(await market.view(deal.project_id))[2] == "provisional"
    await (await market.chain()).finalize()
    view = await market.view(deal.project_id, deal.freelancer)
    assert statuses(view) == ("active", "active", "final")
    assert view.part is Part.FREELANCER
    assert view.project.stage is Stage.PENDING
    assert await market.statuses(deal.project_id) == {deal.freelancer.account: "accepted"}
    api = await market.role("api")
    async with api.connection() as db:
        standing = await store_funding.standing_agreement(db, deal.project_id)
    assert standing is not None
    assert standing.id == deal.agreement.id


async def test_late_funding_supersedes_another_agreement(market: EscrowMarket) -> None:
    """A second freelancer was accepted meanwhile and not funded: the chain decides between them."""
    deal = await market.agree()
    other = await market.party()
    await withdraw_acceptance(market, deal.client, deal.project_id)
    project = await market.project(deal.project_id)
    second = await market.propose(project, other)
    await market.accept(deal.client, second)
    await market.fund(deal)
    view = await market.view(deal.project_id, deal.client)
    assert statuses(view) == ("active", "active", "final")
    assert view.agreement is not None
    assert view.agreement.freelancer == deal.freelancer.account
    assert await market.statuses(deal.project_id) == {
        deal.freelancer.account: "accepted",
        other.account: "passed_over",
    }


async def test_what_is_funded_is_not_undone_here(market: EscrowMarket) -> None:
    """From the moment the chain shows it: no cancelling, no withdrawing, no leaving, no lapse, no
    edit, no other acceptance."""
    deal = await market.agree()
    await market.fund(deal, final=False)
    with pytest.raises(ProjectFunded):
        await cancel(market, deal.client, deal.project_id)
    with pytest.raises(ProjectFunded):
        await withdraw_acceptance(market, deal.client, deal.project_id)
    with pytest.raises(ProjectFunded):
        await withdraw(market, deal.freelancer, deal.proposal_id)
    late = market.now + timedelta(days=30)
    assert await lapse_acceptances(await market.role("worker"), late) == 0
    with pytest.raises(ProjectNotOpen):
        await market.propose(await market.project(deal.project_id), await market.party())


async def test_a_project_cancelled_on_chain(market: EscrowMarket) -> None:
    """Cancelled there, shown here, final when the chain says so."""
    deal = await market.agree()
    escrow = await market.fund(deal)
    chain = await market.chain()
    await chain.cancel(escrow)
    assert statuses(await market.view(deal.project_id)) == ("cancelled", "active", "final")
    await chain.finalize()
    view = await market.view(deal.project_id)
    assert statuses(view) == ("cancelled", "cancelled", "final")
    assert (await market.told(deal.freelancer.account))[-1] == "escrow_cancelled"


async def test_reviewed_needs_final_completion(market: EscrowMarket) -> None:
    """Both reviews make a project `reviewed` only when its completion is final."""
    deal = await market.agree()
    chain = await market.chain()
    escrow = await market.fund(deal)
    for num in (1, 2, 3):
        await chain.complete(escrow, num)
        await chain.close(escrow, num)
    owner = await market.role("owner")
    await owner.execute("UPDATE projects SET reviewed_at = clock_timestamp()")
    assert statuses(await market.view(deal.project_id))[:2] == ("completed", "active")
    await chain.finalize()
    view = await market.view(deal.project_id)
    assert (view.status, view.final_status) == (ProjectStatus.REVIEWED, ProjectStatus.REVIEWED)


async def test_strangers_see_no_agreement(market: EscrowMarket) -> None:
    """Milestones and statuses are for everybody, what is between the two sides for them."""
    deal = await market.agree()
    await market.fund(deal)
    for viewer in (None, await market.party()):
        view = await market.view(deal.project_id, viewer)
        assert view.part is None
        assert not view.is_party
        assert (view.hints, view.others, view.candidates) == ([], [], [])
        assert view.funding_state is FundingState.FINAL


async def test_arbiters_have_a_part(market: EscrowMarket) -> None:
    """An account with a wallet that the contract itself names as arbiter of that escrow."""
    deal: Deal = await market.agree()
    await market.fund(deal)
    arbiter = await market.party(wallet=ARBITER)
    assert (await market.view(deal.project_id, arbiter)).part is Part.ARBITER
