"""Deliverables: who hands in, who reads, and that a version never changes."""

import asyncio
from typing import Any

import asyncpg
import pytest

from earnest.escrow import events
from earnest.projects.deliverables import service as service_deliverables
from earnest.projects.deliverables.service import NewDeliverable
from earnest.projects.deliverables.store import Deliverable
from earnest.projects.errors import (
    LinkNotTaken,
    MilestoneUnknown,
    NotTheFreelancer,
    ProjectNotAgreed,
    ProjectUnknown,
    TooManyVersions,
)
from earnest.projects.rules import VERSIONS_MAX
from tests.escrow_chain import ARBITER
from tests.escrow_market import Deal, EscrowMarket, Party


async def hand_in(deal: Deal, by: Party, num: int = 1, **given: Any) -> Deliverable:
    """Somebody hands in work."""
    new = NewDeliverable(**{"note": "", "links": [], "files": []} | given)
    api = await deal.market.role("api")
    async with api.db_tx() as db_tx:
        return await service_deliverables.hand_in(
            db_tx, by.account, deal.project_id, num, new, deal.market.now
        )


async def read(deal: Deal, by: Party, num: int = 1) -> list[int]:
    """The versions that somebody sees."""
    api = await deal.market.role("api")
    async with api.connection() as db:
        found = await service_deliverables.list_versions(db, by.account, deal.project_id, num)
    return [each.version for each in found]


async def test_versions_are_added_before_and_after_the_chains_act(market: EscrowMarket) -> None:
    """Before the funding, while it is locked, after it was completed and after it was paid: each
    is the next version, the client is told of each, and older ones stay as they were."""
    deal = await market.agree()
    files = await market.documents(deal.freelancer.account, 1)
    first = await hand_in(deal, deal.freelancer, note="A sketch", files=files)
    chain = await market.chain()
    escrow = await market.fund(deal)
    await hand_in(deal, deal.freelancer, links=["https://example.org/draft"])
    await chain.complete(escrow, 1)
    await hand_in(deal, deal.freelancer, note="Corrected")
    await chain.close(escrow, 1)
    await hand_in(deal, deal.freelancer, note="Sources")
    assert await read(deal, deal.client) == [4, 3, 2, 1]
    assert await read(deal, deal.client, 2) == []
    assert (await market.told(deal.client.account)).count("deliverable_handed_in") == 4
    api = await market.role("api")
    async with api.connection() as db:
        kept = await service_deliverables.find_file(
            db, deal.client.account, deal.project_id, first.id, files[0]
        )
        assert kept is not None
        assert kept.name == "note 0.txt"


async def test_versions_at_once_get_numbers_of_their_own(market: EscrowMarket) -> None:
    """None is lost, none doubled."""
    deal = await market.agree()
    await asyncio.gather(*(hand_in(deal, deal.freelancer, note=str(n)) for n in range(6)))
    assert await read(deal, deal.client) == [6, 5, 4, 3, 2, 1]


async def test_nothing_of_a_version_can_be_changed(market: EscrowMarket) -> None:
    """Not even by the database's owner."""
    deal = await market.agree()
    await hand_in(deal, deal.freelancer, note="A sketch")
    owner = await market.role("owner")
    for statement in (
        "UPDATE deliverables SET note = ''",
        "DELETE FROM deliverables",
        "UPDATE deliverable_files SET name = 'x'",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(statement)


async def test_who_may_hand_in(market: EscrowMarket) -> None:
    """The freelancer of the agreement; not the client, not a proposer who was passed over, nobody
    before there is an agreement; and for a milestone that there is."""
    deal = await market.agree()
    stranger = await market.party()
    with pytest.raises(NotTheFreelancer):
        await hand_in(deal, deal.client, note="Mine")
    with pytest.raises(ProjectUnknown):
        await hand_in(deal, stranger, note="Mine")
    for num in (0, 4):
        with pytest.raises(MilestoneUnknown):
            await hand_in(deal, deal.freelancer, num, note="Which?")
    with pytest.raises(LinkNotTaken):
        await hand_in(deal, deal.freelancer, links=["http://example.org"])
    project = await market.post(deal.client)
    unagreed = Deal(market, deal.client, stranger, project.id, deal.proposal_id, deal.agreement)
    await market.propose(project, stranger)
    with pytest.raises(ProjectUnknown):
        await hand_in(unagreed, stranger, note="Early")
    with pytest.raises(ProjectNotAgreed):
        await hand_in(unagreed, deal.client, note="Early")


async def test_who_may_read(market: EscrowMarket) -> None:
    """The two sides; the escrow's arbiters once the milestone is disputed, and only that one."""
    deal = await market.agree()
    chain = await market.chain()
    escrow = await market.fund(deal)
    arbiter = await market.party(wallet=ARBITER)
    await hand_in(deal, deal.freelancer, note="A sketch")
    await hand_in(deal, deal.freelancer, 2, note="A build")
    for reader in (arbiter, await market.party()):
        with pytest.raises(ProjectUnknown):
            await read(deal, reader)
    await chain.dispute(escrow, 1, filer=escrow.client)
    assert await read(deal, arbiter) == [1]
    with pytest.raises(ProjectUnknown):
        await read(deal, arbiter, 2)
    await chain.close(
        escrow, 1, events.DisputeResolved, "ruled", 0, actor=ARBITER,
        bond=10_000, bond_to=escrow.client,
    )  # fmt: skip
    assert await read(deal, arbiter) == [1]


async def test_versions_have_a_bound(market: EscrowMarket) -> None:
    """Fifty for a milestone."""
    deal = await market.agree()
    owner = await market.role("owner")
    await owner.execute(
        "INSERT INTO deliverables (id, project_id, milestone_num, version, handed_in_by,"
        " created_at) SELECT gen_random_uuid(), $1, 1, n, $2, now() FROM generate_series(1, $3) n",
        deal.project_id,
        deal.freelancer.account,
        VERSIONS_MAX,
    )
    with pytest.raises(TooManyVersions):
        await hand_in(deal, deal.freelancer, note="One more")
    assert (await hand_in(deal, deal.freelancer, 2, note="Elsewhere")).version == 1
