"""Rights and prepared calls of a project: for whom, when, and why not."""

from typing import Any

import pytest

from earnest.escrow import (
    ActNotPossible,
    ActNotYours,
    ActTooEarly,
    EscrowNotConfigured,
    PreparedCall,
    events,
)
from earnest.projects import service_calls
from earnest.projects.errors import (
    CreationNotFinal,
    EscrowPaused,
    FundingUnknown,
    IllegalMove,
    NotTheClient,
    ProjectFunded,
    ProjectNotAgreed,
    ProjectUnknown,
    ReferenceSpent,
    StacksAddressNeeded,
)
from earnest.projects.proposals import service as service_proposals
from earnest.projects.rules_chain import ChainAct
from earnest.projects.service_calls import Rights
from tests.escrow_chain import ARBITER
from tests.escrow_contract import OWNER
from tests.escrow_market import CONTRACT, Deal, EscrowMarket, Party, tx_id


async def prepare(deal: Deal, by: Party, act: ChainAct, **given: Any) -> PreparedCall:
    """A call for somebody's wallet."""
    facts: dict[str, Any] = {
        "milestone_num": None, "bps": None, "creation_tx_id": None, "address": None,
    }  # fmt: skip
    api = await deal.market.role("api")
    async with api.connection() as db:
        return await service_calls.prepare(
            db,
            deal.market.settings,
            by.account,
            deal.project_id,
            act=act,
            now=deal.market.now,
            **facts | given,
        )


async def rights(deal: Deal, by: Party, named: str | None = None) -> Rights:
    """Who may do what, as somebody sees it."""
    api = await deal.market.role("api")
    async with api.connection() as db:
        return await service_calls.list_acts(
            db, deal.market.settings, by.account, deal.project_id, deal.market.now, named
        )


def mine(found: Rights) -> set[tuple[str, int | None]]:
    """What one may sign now."""
    return {(act.act.value, act.milestone_num) for act in found.acts if found.is_mine(act)}


async def test_the_creation_carries_what_was_agreed(market: EscrowMarket) -> None:
    """The terms form: reference, deadlines counted from now, the default, the arbiter set and fee
    that are in force; and one post-condition, that the client sends exactly the total."""
    deal = await market.agree()
    chain = await market.chain()
    call = await prepare(deal, deal.client, ChainAct.CREATE)
    args = {arg.name: arg.repr for arg in call.function_args}
    height = chain.burn_height
    assert call.function_name == "create-project-terms-stx"
    assert call.contract == CONTRACT
    assert call.sender == deal.client.address
    assert args["freelancer"].lstrip("'") == deal.freelancer.address
    assert [args[f"m{n}"] for n in (1, 2, 3, 4)] == ["u200000", "u500000", "u300000", "u0"]
    assert args["reference"] == deal.agreement.reference
    assert args["deadlines"] == f"(list u{height + 1_008} u{height + 3_024} u{height + 4_320})"
    assert (args["silent-bps"], args["expected-set"], args["expected-fee-bps"]) == (
        "u5000", "u1", "u250",
    )  # fmt: skip
    assert call.post_condition_mode == "deny"
    [condition] = call.post_conditions
    assert (condition.principal, condition.condition, condition.amount_minor) == (
        deal.client.address, "eq", "1000000",
    )  # fmt: skip


async def test_what_was_prepared_is_what_is_expected(market: EscrowMarket) -> None:
    """An escrow created with those figures, some blocks later, has no difference."""
    deal = await market.agree()
    chain = await market.chain()
    await prepare(deal, deal.client, ChainAct.CREATE)
    await chain.wait(100)
    await market.fund(deal)
    view = await market.view(deal.project_id, deal.client)
    assert view.funding is not None
    assert view.funding.differences == []


async def test_who_may_create(market: EscrowMarket) -> None:
    """The client, once something is agreed on, while it is not funded, and once the contract's
    deploy was read."""
    deal = await market.agree()
    with pytest.raises(EscrowNotConfigured):
        await prepare(deal, deal.client, ChainAct.CREATE)
    await market.chain()
    with pytest.raises(NotTheClient):
        await prepare(deal, deal.freelancer, ChainAct.CREATE)
    with pytest.raises(ProjectUnknown):
        await prepare(deal, await market.party(), ChainAct.CREATE)
    project = await market.post(deal.client)
    other = Deal(market, deal.client, deal.freelancer, project.id, project.id, deal.agreement)
    with pytest.raises(ProjectNotAgreed):
        await prepare(other, deal.client, ChainAct.CREATE)
    assert (await rights(deal, deal.client)).may_create
    assert not (await rights(deal, deal.freelancer)).may_create
    await market.fund(deal, final=False)
    with pytest.raises(ProjectFunded):
        await prepare(deal, deal.client, ChainAct.CREATE)


async def test_a_paused_contract_is_asked_for_no_project(market: EscrowMarket) -> None:
    """It would refuse, and the network keep its fee: no call is prepared and both sides are told,
    as soon as the chain shows it; what is locked already goes on."""
    deal, other = await market.agree(), await market.agree()
    escrow = await market.fund(other)
    chain = await market.chain()
    await chain.mine(events.PauseChanged, OWNER, paused=True)
    for by in (deal.client, deal.freelancer):
        found = await rights(deal, by)
        assert found.paused
        assert not found.may_create
    with pytest.raises(EscrowPaused):
        await prepare(deal, deal.client, ChainAct.CREATE)
    assert not (await rights(other, other.freelancer)).paused
    assert ("accept", None) in mine(await rights(other, other.freelancer))
    await chain.accept(escrow)
    await chain.mine(events.PauseChanged, OWNER, paused=False)
    assert (await rights(deal, deal.client)).may_create
    assert (await prepare(deal, deal.client, ChainAct.CREATE)).sender == deal.client.address


async def test_no_call_before_the_creation_is_final(market: EscrowMarket) -> None:
    """Its number may still come to mean another project: refused, with what is awaited, and no
    right is anybody's yet. With finality both change."""
    deal = await market.agree()
    with pytest.raises(EscrowNotConfigured):
        await prepare(deal, deal.freelancer, ChainAct.ACCEPT)
    chain = await market.chain()
    with pytest.raises(IllegalMove):
        await prepare(deal, deal.freelancer, ChainAct.ACCEPT)
    await market.fund(deal, final=False)
    await chain.wait(2)
    with pytest.raises(CreationNotFinal, match="2 of 6 Bitcoin blocks"):
        await prepare(deal, deal.freelancer, ChainAct.ACCEPT)
    found = await rights(deal, deal.freelancer)
    assert found.awaited == "2 of 6 Bitcoin blocks are built on it."
    assert mine(found) == set()
    assert found.acts
    await chain.finalize()
    call = await prepare(deal, deal.freelancer, ChainAct.ACCEPT)
    assert (call.function_name, call.sender) == ("accept-project", deal.freelancer.address)
    assert ("accept", None) in mine(await rights(deal, deal.freelancer))
    assert ("cancel", None) in mine(await rights(deal, deal.client))


async def test_calls_are_for_who_has_the_right_at_its_time(market: EscrowMarket) -> None:
    """Release is the client's, claiming anybody's but not before its height, voting the arbiter's
    on a disputed milestone."""
    deal = await market.agree()
    chain = await market.chain()
    escrow = await market.fund(deal)
    arbiter = await market.party(wallet=ARBITER)
    await chain.complete(escrow, 1)
    release = await prepare(deal, deal.client, ChainAct.RELEASE, milestone_num=1)
    assert release.post_conditions[0].amount_minor == "195000"
    with pytest.raises(ActNotYours):
        await prepare(deal, deal.freelancer, ChainAct.RELEASE, milestone_num=1)
    with pytest.raises(ActTooEarly):
        await prepare(deal, deal.freelancer, ChainAct.CLAIM, milestone_num=1)
    await chain.wait(2_016)
    claim = await prepare(deal, deal.freelancer, ChainAct.CLAIM, milestone_num=1)
    assert claim.sender == deal.freelancer.address
    with pytest.raises(ActNotPossible):
        await prepare(deal, arbiter, ChainAct.VOTE, milestone_num=2, bps=6_000)
    await chain.dispute(escrow, 2, filer=escrow.client)
    vote = await prepare(deal, arbiter, ChainAct.VOTE, milestone_num=2, bps=6_000)
    assert vote.sender == ARBITER
    assert mine(await rights(deal, arbiter)) == {("vote", 2), ("claim", 1)}


async def test_a_wallet_that_is_not_yours_signs_nothing(market: EscrowMarket) -> None:
    """Named outright, it is refused; a second wallet of the account is not the client's."""
    deal = await market.agree()
    await market.fund(deal)
    second = await market.party(deal.client.account)
    with pytest.raises(StacksAddressNeeded):
        await prepare(deal, deal.client, ChainAct.CANCEL, address=deal.freelancer.address)
    with pytest.raises(ActNotYours):
        await prepare(deal, deal.client, ChainAct.CANCEL, address=second.address)
    call = await prepare(deal, deal.client, ChainAct.CANCEL)
    assert call.sender == deal.client.address


async def test_an_escrow_that_differs_can_be_cancelled(market: EscrowMarket) -> None:
    """The client funded something else: a call on that escrow is prepared by its chain_tx, so that
    the money comes back; no other escrow can be named."""
    deal = await market.agree()
    escrow = await market.fund(deal, amounts=(200_000, 500_000, 299_999))
    call = await prepare(deal, deal.client, ChainAct.CANCEL, creation_tx_id=escrow.tx_id)
    assert call.post_conditions[0].amount_minor == "999999"
    assert ("cancel", None) in mine(await rights(deal, deal.client, escrow.tx_id))
    assert ("accept", None) in mine(await rights(deal, deal.freelancer, escrow.tx_id))
    assert mine(await rights(deal, deal.client)) == set()
    with pytest.raises(FundingUnknown):
        await rights(deal, deal.client, tx_id())
    with pytest.raises(FundingUnknown):
        await prepare(deal, deal.client, ChainAct.CANCEL, creation_tx_id=tx_id())
    with pytest.raises(IllegalMove):
        await prepare(deal, deal.client, ChainAct.CANCEL)


async def test_an_escrow_that_differs_spends_the_reference(market: EscrowMarket) -> None:
    """The contract takes a client's reference once: with an escrow that differs under it no other
    one is prepared. Accepted anew, the agreement has a reference of its own and can be funded."""
    deal = await market.agree()
    assert (await rights(deal, deal.client)).may_create
    await market.fund(deal, amounts=(200_000, 500_000, 299_999))
    assert not (await rights(deal, deal.client)).may_create
    with pytest.raises(ReferenceSpent):
        await prepare(deal, deal.client, ChainAct.CREATE)
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_proposals.withdraw_acceptance(
            db_tx, deal.client.account, deal.project_id, market.now
        )
        await service_proposals.accept_proposal(
            db_tx, market.settings, deal.client.account, deal.proposal_id, market.now
        )
    assert (await rights(deal, deal.client)).may_create
    assert (await prepare(deal, deal.client, ChainAct.CREATE)).sender == deal.client.address
