"""Proposals on the real database: who may make them, and what accepting one does."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from earnest.files import FileNotFound
from earnest.kit.errors import EarnestError
from earnest.kit.money import Asset
from earnest.projects import lapse_acceptances, service
from earnest.projects.errors import (
    EscrowNotConfigured,
    FreelancerUnknown,
    IllegalMove,
    NothingToRead,
    NotTheClient,
    OwnProject,
    ProjectNotOpen,
    ProposalUnknown,
    ProposedAlready,
    StacksAddressNeeded,
    TermsChanged,
    TermsNotSound,
    TermsUnknown,
)
from earnest.projects.funding import store as store_funding
from earnest.projects.proposals import service as service_proposals
from earnest.projects.rules import MilestoneTerms, ProposalStatus, Share, Stage
from earnest.projects.service import ProjectChanges
from earnest.projects.store import Project
from tests.escrow_market import CONTRACT, MILESTONES, EscrowMarket, Party


async def stage_of(market: EscrowMarket, id: UUID) -> Stage:
    """Where a project stands off the chain."""
    return (await market.project(id)).stage


async def withdraw(market: EscrowMarket, freelancer: Party, proposal_id: UUID) -> None:
    """A freelancer takes a proposal back."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_proposals.withdraw_proposal(
            db_tx, freelancer.account, proposal_id, market.now
        )


async def withdraw_acceptance(market: EscrowMarket, client: Party, project_id: UUID) -> None:
    """A client takes an acceptance back."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_proposals.withdraw_acceptance(db_tx, client.account, project_id, market.now)


async def cancel(market: EscrowMarket, client: Party, project_id: UUID) -> None:
    """A client calls a project off."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service.cancel_project(db_tx, client.account, project_id, market.now)


async def edit(market: EscrowMarket, client: Party, project_id: UUID, **changes: object) -> Project:
    """A client changes a project."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        return await service.edit_project(
            db_tx,
            market.settings,
            client.account,
            project_id,
            ProjectChanges(**changes),  # type: ignore[arg-type]
            market.now,
        )


async def test_terms_that_somebody_proposed_to_are_kept(market: EscrowMarket) -> None:
    """While nobody has proposed, a change replaces the terms; afterwards it makes a new version,
    and the one before can be read beside it. What only says where a project is found makes none.
    A version that never was is not there."""
    client, freelancer = await market.party(), await market.party()
    project = await market.post(client)
    await edit(market, client, project.id, title="A tap")
    made = await market.propose(project, freelancer)
    shorter = [MilestoneTerms("All of it", "It runs", 900_000, 12)]
    await edit(market, client, project.id, skills=["rust"])
    await edit(market, client, project.id, milestones=shorter, silent_bps=1_000)
    await edit(market, client, project.id, title="A spring")
    api = await market.role("api")
    async with api.connection() as db:
        first = await service.terms_of(db, project.id, made.terms_version)
        second = await service.terms_of(db, project.id, 2)
        now = await service.terms_of(db, project.id, 3)
        assert (first.title, first.silent_bps, first.milestones) == ("A tap", 5_000, MILESTONES)
        assert (second.title, second.silent_bps, second.milestones) == ("A tap", 1_000, shorter)
        assert (now.title, now.milestones, now.replaced_at) == ("A spring", shorter, None)
        assert first.replaced_at is not None
        for version in (4, 100):
            with pytest.raises(TermsUnknown):
                await service.terms_of(db, project.id, version)


@pytest.mark.parametrize("nothing", [" \n", "\u200b", "\u3164\u2800", "\u202e"])
async def test_a_text_that_nobody_can_see_is_refused(market: EscrowMarket, nothing: str) -> None:
    """A title, a milestone's title or a cover letter made of blanks and unseen signs says nothing,
    and the refusal names which of them it is."""
    client, freelancer = await market.party(), await market.party()
    project = await market.post(client)
    with pytest.raises(NothingToRead, match="cover letter"):
        await market.propose(project, freelancer, cover_letter=nothing)
    with pytest.raises(NothingToRead, match=r"^The title has"):
        await market.post(client, title=nothing)
    unnamed = [MILESTONES[0], MilestoneTerms(nothing, "", 50_000, 30)]
    with pytest.raises(NothingToRead, match="title of milestone 2"):
        await market.post(client, milestones=unnamed)
    with pytest.raises(NothingToRead, match="title of milestone 2"):
        await edit(market, client, project.id, milestones=unnamed)


async def test_a_freelancer_proposes_once(market: EscrowMarket) -> None:
    """A second proposal is refused, also of two at once; after taking it back another one goes."""
    project = await market.post(await market.party())
    freelancer = await market.party()
    made = await asyncio.gather(
        *(market.propose(project, freelancer) for _ in range(4)), return_exceptions=True
    )
    refused = [each for each in made if isinstance(each, ProposedAlready)]
    first = [each for each in made if not isinstance(each, BaseException)]
    assert (len(first), len(refused)) == (1, 3)
    await withdraw(market, freelancer, first[0].id)
    await withdraw(market, freelancer, first[0].id)  # a repeat changes nothing
    again = await market.propose(project, freelancer)
    assert again.status is ProposalStatus.WAITING
    assert (await market.project(project.id)).proposals_waiting == 1


async def test_a_client_cannot_propose_to_itself(market: EscrowMarket) -> None:
    """Neither with the wallet that posted it nor with another one of the same account."""
    client = await market.party()
    project = await market.post(client)
    for wallet in (client, await market.party(client.account)):
        with pytest.raises(OwnProject):
            await market.propose(project, wallet)


async def test_who_has_no_stacks_wallet_cannot_take_part(market: EscrowMarket) -> None:
    """Projects are paid on Stacks: an account without a wallet there is told so, and nobody acts
    with a wallet that is not theirs."""
    client, other = await market.party(), await market.party()
    project = await market.post(client)
    owner = await market.role("owner")
    account = (await market.party()).account
    await owner.execute("DELETE FROM account_addresses WHERE account_id = $1", account)
    nobody = Party(account, "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin")
    with pytest.raises(StacksAddressNeeded):
        await market.propose(project, nobody)
    with pytest.raises(StacksAddressNeeded):
        await market.propose(project, other, address=client.address)
    with pytest.raises(StacksAddressNeeded):
        await market.post(nobody)


async def test_without_a_contract_projects_are_not_offered(market: EscrowMarket) -> None:
    """Said by name, before anything is written."""
    client = await market.party()
    market.settings = type(market.settings)()
    with pytest.raises(EscrowNotConfigured):
        await market.post(client)


async def test_acceptance_fixes_the_terms(market: EscrowMarket) -> None:
    """The agreement holds the project's words and the proposal's figures in canonical JSON, whose
    SHA-256 is the reference; the others are passed over and told, the project is pending."""
    client, freelancer, other = [await market.party() for _ in range(3)]
    project = await market.post(client)
    shares = [Share(150_000, 5), Share(450_000, 20), Share(300_000, 28)]
    proposal = await market.propose(
        project, freelancer, budget_minor=900_000, days=28, shares=shares
    )
    await market.propose(project, other)
    await market.accept(client, proposal)

    assert await stage_of(market, project.id) is Stage.PENDING
    assert await market.statuses(project.id) == {
        freelancer.account: "accepted",
        other.account: "passed_over",
    }
    assert await market.told(freelancer.account) == ["proposal_accepted"]
    assert await market.told(other.account) == ["proposal_rejected"]
    assert await market.told(client.account) == ["proposal_received"] * 2
    agreement = (await market.view(project.id, client)).agreement
    assert agreement is not None
    assert agreement.reference == f"0x{hashlib.sha256(agreement.terms.encode()).hexdigest()}"
    terms = json.loads(agreement.terms)
    assert terms["client"] == client.address
    assert terms["freelancer"] == freelancer.address
    assert terms["contract"] == CONTRACT
    assert [m["amountMinor"] for m in terms["milestones"]] == ["150000", "450000", "300000"]
    assert [m["acceptance"] for m in terms["milestones"]] == [m.acceptance for m in MILESTONES]
    assert len(terms["nonce"]) == 64
    assert list(terms) == sorted(terms)


async def test_of_two_accepts_at_once_one_wins(market: EscrowMarket) -> None:
    """Whatever the order: one proposal is accepted, one agreement stands, the rest is refused."""
    client = await market.party()
    project = await market.post(client)
    proposals = [await market.propose(project, await market.party()) for _ in range(6)]
    done = await asyncio.gather(
        *(market.accept(client, each) for each in proposals), return_exceptions=True
    )
    accepted = [each for each in done if not isinstance(each, BaseException)]
    assert len(accepted) == 1
    assert all(isinstance(e, ProjectNotOpen) for e in done if isinstance(e, BaseException))
    statuses = sorted((await market.statuses(project.id)).values())
    assert statuses == ["accepted", *["passed_over"] * 5]
    # The winner's accept again is no second agreement.
    await market.accept(client, accepted[0])
    api = await market.role("api")
    async with api.connection() as db:
        assert len(await store_funding.agreements_of(db, project.id)) == 1


async def reject(market: EscrowMarket, client: Party, proposal_id: UUID) -> None:
    """A client says no."""
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        await service_proposals.reject_proposal(db_tx, client.account, proposal_id, market.now)


@pytest.mark.parametrize("rival", ["withdraw", "cancel", "reject", "edit"])
async def test_accept_against_another_act_at_once(market: EscrowMarket, rival: str) -> None:
    """One of them comes first, and the state is what that order leads to: never an agreement on a
    proposal that was taken back or rejected, on a cancelled project, or on terms nobody saw."""
    api = await market.role("api")
    for _ in range(4):
        client, freelancer = await market.party(), await market.party()
        project = await market.post(client)
        proposal = await market.propose(project, freelancer)
        acts: dict[str, Awaitable[Any]] = {
            "withdraw": withdraw(market, freelancer, proposal.id),
            "cancel": cancel(market, client, project.id),
            "reject": reject(market, client, proposal.id),
            "edit": edit(market, client, project.id, title="Another"),
        }
        chosen = acts.pop(rival)
        for other in acts.values():
            other.close()  # type: ignore[attr-defined]
        done = await asyncio.gather(chosen, market.accept(client, proposal), return_exceptions=True)
        assert all(isinstance(e, EarnestError) for e in done if isinstance(e, BaseException)), done
        stage = await stage_of(market, project.id)
        status = (await market.statuses(project.id))[freelancer.account]
        async with api.connection() as db:
            standing = await store_funding.standing_agreement(db, project.id)
        assert (stage is Stage.PENDING) == (standing is not None) == (status == "accepted")
        if rival in ("withdraw", "cancel"):  # they are taken back, or ended, by either order
            assert stage in (Stage.OPEN, Stage.CANCELLED)
        if standing is not None and rival == "edit":
            assert json.loads(standing.terms)["title"] == (await market.project(project.id)).title


async def test_withdrawn_acceptance_revives_the_others(market: EscrowMarket) -> None:
    """Open again; those passed over wait again, and are told; one that its freelancer took back
    meanwhile stays so; one that the client rejected stays rejected."""
    client = await market.party()
    people = [await market.party() for _ in range(4)]
    project = await market.post(client)
    proposals = [await market.propose(project, each) for each in people]
    await reject(market, client, proposals[3].id)
    await market.accept(client, proposals[0])
    await withdraw(market, people[2], proposals[2].id)
    await withdraw_acceptance(market, client, project.id)
    assert await stage_of(market, project.id) is Stage.OPEN
    assert await market.statuses(project.id) == {
        people[0].account: "waiting",
        people[1].account: "waiting",
        people[2].account: "withdrawn",
        people[3].account: "rejected",
    }
    assert (await market.told(people[0].account))[-1] == "acceptance_withdrawn"
    assert (await market.told(people[1].account))[-1] == "proposal_revived"
    accepted = await market.accept(client, proposals[1])
    assert accepted.status is ProposalStatus.ACCEPTED


async def test_a_freelancer_may_leave_before_it_is_funded(market: EscrowMarket) -> None:
    """The project opens again, and the client is told."""
    deal = await market.agree()
    await withdraw(market, deal.freelancer, deal.proposal_id)
    assert await stage_of(market, deal.project_id) is Stage.OPEN
    assert await market.statuses(deal.project_id) == {deal.freelancer.account: "withdrawn"}
    assert (await market.told(deal.client.account))[-1] == "proposal_withdrawn"


async def test_an_acceptance_lapses_after_fourteen_days_unfunded(market: EscrowMarket) -> None:
    """Not a minute before; then the project is open and both sides are told once."""
    deal = await market.agree()
    worker = await market.role("worker")
    almost = market.now + timedelta(days=14) - timedelta(minutes=1)
    assert await lapse_acceptances(worker, almost) == 0
    late = market.now + timedelta(days=14, minutes=1)
    assert await lapse_acceptances(worker, late) == 1
    assert await lapse_acceptances(worker, late) == 0
    assert await stage_of(market, deal.project_id) is Stage.OPEN
    assert (await market.told(deal.client.account))[-1] == "acceptance_lapsed"
    assert (await market.told(deal.freelancer.account))[-1] == "acceptance_lapsed"
    assert await market.statuses(deal.project_id) == {deal.freelancer.account: "waiting"}


async def test_changed_terms_must_be_stood_by(market: EscrowMarket) -> None:
    """Once somebody has proposed, a change of the terms makes a new version: they are told, and
    cannot be accepted before they say that they stand by it. Skills change nothing of that."""
    client, freelancer = await market.party(), await market.party()
    project = await market.post(client)
    assert (await edit(market, client, project.id, title="A better faucet")).terms_version == 1
    proposal = await market.propose(project, freelancer)
    assert (await edit(market, client, project.id, skills=["rust"])).terms_version == 1
    changed = await edit(market, client, project.id, description="It drips twice an hour.")
    assert changed.terms_version == 2
    assert await market.told(freelancer.account) == ["project_changed"]
    with pytest.raises(TermsChanged):
        await market.accept(client, proposal)
    api = await market.role("api")
    with pytest.raises(TermsChanged):
        async with api.db_tx() as db_tx:
            await service_proposals.confirm_terms(db_tx, freelancer.account, proposal.id, 1)
    async with api.db_tx() as db_tx:
        await service_proposals.confirm_terms(db_tx, freelancer.account, proposal.id, 2)
    assert (await market.accept(client, proposal)).status is ProposalStatus.ACCEPTED


async def test_what_an_edit_may_not_do(market: EscrowMarket) -> None:
    """Not another asset once somebody has named sums; no figures for milestones that are gone; and
    nothing at all when it is no longer open, or by somebody else."""
    client, freelancer = await market.party(), await market.party()
    project = await market.post(client)
    proposal = await market.propose(project, freelancer)
    with pytest.raises(TermsNotSound, match="asset"):
        await edit(market, client, project.id, asset=Asset.SBTC)
    await edit(market, client, project.id, milestones=MILESTONES[:2])
    assert (await market.project(project.id)).total_minor == 700_000
    api = await market.role("api")
    with pytest.raises(TermsNotSound, match="2 milestones"):
        async with api.db_tx() as db_tx:
            await service_proposals.confirm_terms(db_tx, freelancer.account, proposal.id, 2)
    with pytest.raises(NotTheClient):
        await edit(market, freelancer, project.id, title="Mine")
    await withdraw(market, freelancer, proposal.id)
    await market.accept(client, await market.propose(await market.project(project.id), freelancer))
    with pytest.raises(ProjectNotOpen):
        await edit(market, client, project.id, title="Too late")


async def test_a_cancelled_project_takes_nothing(market: EscrowMarket) -> None:
    """No proposal, no acceptance, no second cancel; an agreement on it ends, all are told."""
    deal = await market.agree()
    await cancel(market, deal.client, deal.project_id)
    await cancel(market, deal.client, deal.project_id)
    assert await stage_of(market, deal.project_id) is Stage.CANCELLED
    assert (await market.told(deal.freelancer.account)).count("project_cancelled") == 1
    with pytest.raises(ProjectNotOpen):
        await market.propose(await market.project(deal.project_id), await market.party())
    with pytest.raises(NotTheClient):
        await cancel(market, deal.freelancer, deal.project_id)


async def test_proposals_are_seen_by_two(market: EscrowMarket) -> None:
    """The client sees all, a freelancer their own and no other's, strangers none; the list of a
    wallet is its account's alone."""
    client, one, two = [await market.party() for _ in range(3)]
    project = await market.post(client)
    first, second = await market.propose(project, one), await market.propose(project, two)
    api = await market.role("api")

    async def seen(by: Party) -> list[UUID]:
        async with api.connection() as db:
            found = await service_proposals.list_of_project(
                db, by.account, project.id, after=None, limit=10
            )
        return [each.id for each in found]

    assert await seen(client) == [first.id, second.id]
    assert await seen(one) == [first.id]
    assert await seen(await market.party()) == []
    async with api.connection() as db:
        with pytest.raises(ProposalUnknown):
            await service_proposals.find_proposal(db, one.account, second.id)
        mine = await service_proposals.list_of_freelancer(
            db, market.settings, one.account, one.address, after=None, limit=10
        )
        assert [each.id for each in mine] == [first.id]
        with pytest.raises(FreelancerUnknown):
            await service_proposals.list_of_freelancer(
                db, market.settings, two.account, one.address, after=None, limit=10
            )


async def test_only_own_documents_are_handed_along(market: EscrowMarket) -> None:
    """A proposal keeps the hash and the name of its documents; those of others are not found."""
    project = await market.post(await market.party())
    freelancer, other = await market.party(), await market.party()
    files = await market.documents(freelancer.account, 2)
    with pytest.raises(FileNotFound):
        await market.propose(project, other, files=files)
    proposal = await market.propose(project, freelancer, files=files)
    assert [file.file_id for file in proposal.files] == files
    api = await market.role("api")
    async with api.connection() as db:
        kept = await service_proposals.find_proposal(db, freelancer.account, proposal.id)
    assert [file.name for file in kept.files] == ["note 0.txt", "note 1.txt"]


async def test_rejecting_and_accepting_do_not_mix(market: EscrowMarket) -> None:
    """A rejected proposal cannot be accepted, an accepted one not rejected, and only the client
    decides."""
    client, freelancer = await market.party(), await market.party()
    project = await market.post(client)
    proposal = await market.propose(project, freelancer)
    api = await market.role("api")
    with pytest.raises(NotTheClient):
        await market.accept(freelancer, proposal)
    with pytest.raises(ProposalUnknown):
        await market.accept(await market.party(), proposal)
    async with api.db_tx() as db_tx:
        await service_proposals.reject_proposal(db_tx, client.account, proposal.id, market.now)
    with pytest.raises(IllegalMove):
        await market.accept(client, proposal)
    deal = await market.agree()
    with pytest.raises(IllegalMove):
        async with api.db_tx() as db_tx:
            await service_proposals.reject_proposal(
                db_tx, deal.client.account, deal.proposal_id, market.now
            )
