"""Finding projects: filters, words, pages, and statuses computed by SQL as the rules do."""

from collections.abc import Mapping
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from earnest.escrow import ProjectStatus as EscrowStatus
from earnest.kit.ids import new_id
from earnest.kit.money import Asset
from earnest.projects import store
from earnest.projects.rules import Category, MilestoneTerms, Stage
from earnest.projects.rules_chain import ProjectStatus, final_status, live_status
from earnest.projects.store import ListedProject, ProjectFilter, ProjectOrder, place_of
from tests.escrow_contract import CONTRACT
from tests.escrow_market import EscrowMarket
from tests.unit.projects.test_chain_rules import project as escrow_project


async def find(
    market: EscrowMarket,
    limit: int = 100,
    order: ProjectOrder = ProjectOrder.NEWEST,
    **wanted: Any,
) -> list[ListedProject]:
    """Projects that match, read page by page."""
    api = await market.role("api")
    found: list[ListedProject] = []
    while True:
        async with api.connection() as db:
            page = await store.list_projects(
                db,
                ProjectFilter(**wanted),
                after=found[-1].place if found else None,
                limit=limit,
                order=order,
            )
        found += page
        if len(page) < limit:
            return found


async def titles(market: EscrowMarket, **wanted: Any) -> list[str]:
    """The titles of the projects that match, newest first."""
    return [each.project.title for each in await find(market, **wanted)]


async def test_filters_narrow_and_combine(market: EscrowMarket) -> None:
    """Category, skills (all of them), asset, budget, client: each by itself and together."""
    one, two = await market.party(), await market.party()

    async def post(client: Any, title: str, sum_minor: int, **given: Any) -> None:
        await market.post(
            client, title=title, milestones=[MilestoneTerms("m", "", sum_minor, 9)], **given
        )

    await post(one, "logo", 50_000, category=Category.DESIGN, skills=["svg"])
    await post(one, "site", 900_000, category=Category.DESIGN, skills=["svg", "css"])
    await post(two, "vault", 900_000, skills=["clarity"], asset=Asset.SBTC)
    assert await titles(market) == ["vault", "site", "logo"]
    assert await titles(market, category=Category.DESIGN) == ["site", "logo"]
    assert await titles(market, skills=["svg"]) == ["site", "logo"]
    assert await titles(market, skills=["svg", "css"]) == ["site"]
    assert await titles(market, skills=["svg", "clarity"]) == []
    assert await titles(market, asset=Asset.SBTC) == ["vault"]
    assert await titles(market, budget_min_minor=50_001) == ["vault", "site"]
    assert await titles(market, budget_min_minor=50_000, budget_max_minor=50_000) == ["logo"]
    assert await titles(market, client_address=two.address) == ["vault"]
    assert await titles(market, days_max=8) == []
    assert await titles(market, days_max=9, asset=Asset.SBTC) == ["vault"]
    assert await titles(market, client=one.account, budget_min_minor=60_000) == ["site"]
    assert await titles(market, status=ProjectStatus.OPEN, category=Category.AUDIO) == []


async def test_words_are_searched(market: EscrowMarket) -> None:
    """In title, skills and description; stems, quotes and a leading minus count; anything else
    that somebody types is only words."""
    client = await market.party()
    await market.post(client, title="A faucet", description="Drips tokens hourly", skills=["rust"])
    await market.post(client, title="Token vault", description="Holds them", skills=["clarity"])
    assert await titles(market, words="dripping") == ["A faucet"]
    assert await titles(market, words="token") == ["Token vault", "A faucet"]
    assert await titles(market, words="token -vault") == ["A faucet"]
    assert await titles(market, words='"token vault"') == ["Token vault"]
    assert await titles(market, words="clarity") == ["Token vault"]
    assert await titles(market, words="faucet or vault") == ["Token vault", "A faucet"]
    for odd in ("' OR 1=1 --", "((", "a & | ! <-> b", "%", "\\", "the"):
        await titles(market, words=odd)


async def test_the_search_uses_its_index(market: EscrowMarket) -> None:
    """Not a scan of every project."""
    owner = await market.role("owner")
    async with owner.db_tx() as db_tx:
        await db_tx.execute("SET LOCAL enable_seqscan = off")
        rows = await db_tx.fetch(
            "EXPLAIN SELECT id FROM projects"
            " WHERE search @@ websearch_to_tsquery('english', 'faucet')"
        )
    assert any("projects_search" in row[0] for row in rows)


async def test_pages_join_without_gap_or_repeat(market: EscrowMarket) -> None:
    """Whatever the size of a page, and although two projects were made in one moment."""
    client = await market.party()
    made: list[UUID] = []
    for number in range(11):
        if number % 3 == 0:
            market.later(seconds=1)
        else:
            market.later(milliseconds=-1)  # `post` moves on by as much: the same moment
        made.append((await market.post(client)).id)
    whole = [each.project.id for each in await find(market)]
    assert sorted(whole) == sorted(made)
    for size in (1, 2, 3, 10, 11):
        assert [each.project.id for each in await find(market, limit=size)] == whole


async def test_every_order_has_pages_without_gap_or_repeat(market: EscrowMarket) -> None:
    """By sum, one asset after the other, and by days: each the same list whatever the page's size,
    also where sums and days are equal. What was not a place of that list is refused."""
    client = await market.party()
    for sum_minor, days, asset in (
        (50_000, 9, Asset.STX),
        (900_000, 30, Asset.STX),
        (50_000, 9, Asset.STX),
        (10_000, 2, Asset.SBTC),
        (70_000, 9, Asset.SBTC),
    ):
        milestone = MilestoneTerms("m", "", sum_minor, days)
        await market.post(client, milestones=[milestone], asset=asset)
    wanted = {
        ProjectOrder.HIGHEST: [70_000, 10_000, 900_000, 50_000, 50_000],
        ProjectOrder.LOWEST: [10_000, 70_000, 50_000, 50_000, 900_000],
        ProjectOrder.SOONEST: [10_000, 70_000, 50_000, 50_000, 900_000],
    }
    for order, sums in wanted.items():
        whole = await find(market, order=order)
        assert [each.project.total_minor for each in whole] == sums
        ids = [each.project.id for each in whole]
        assert len(set(ids)) == len(ids)
        for size in (1, 2, 3):
            assert [each.project.id for each in await find(market, size, order)] == ids
    last = (await find(market))[0].project
    for keys in ([], ["STX"], ["STX", "1;"], ["1", "1"], ["STX", "nan"], ["STX", "1", "1"]):
        with pytest.raises(ValueError, match="no place"):
            place_of(ProjectOrder.HIGHEST, keys, last.created_at, last.id)


async def test_own_projects(market: EscrowMarket) -> None:
    """As a client those posted; as a freelancer those agreed on or funded, not those left."""
    deal = await market.agree()
    other = await market.agree()
    assert [e.project.id for e in await find(market, client=deal.client.account)] == [
        deal.project_id
    ]
    assert [e.project.id for e in await find(market, freelancer=deal.freelancer.account)] == [
        deal.project_id
    ]
    await market.fund(other)
    listed = await find(market, status=ProjectStatus.ACTIVE)
    assert [each.project.id for each in listed] == [other.project_id]


_LIVE = [None, *EscrowStatus]


async def test_statuses_by_sql_are_those_of_the_rules(market: EscrowMarket) -> None:
    """For every stage, every pair of views, reviewed or not: the list and its filter say what
    `live_status` and `final_status` say."""
    deal = await market.agree()
    owner = await market.role("owner")
    cases: dict[UUID, tuple[Stage, EscrowStatus | None, EscrowStatus | None, bool]] = {}
    combinations = product(Stage, _LIVE, _LIVE, (False, True))
    async with owner.db_tx() as db_tx:
        for number, (stage, live, final, reviewed) in enumerate(combinations, start=1):
            if live is None and final is not None:
                continue  # what is final is live, too
            id = new_id()
            cases[id] = (stage, live, final, reviewed)
            await _copy(db_tx, deal, id, number, stage, {"live": live, "final": final}, reviewed)
    found = {each.project.id: each for each in await find(market)}
    for id, (stage, live, final, reviewed) in cases.items():
        shown = escrow_project(status=live) if live else None
        settled = escrow_project(status=final) if final else None
        expected = live_status(stage, shown, settled, reviewed=reviewed)
        assert found[id].status is expected, cases[id]
        assert found[id].final_status is final_status(stage, settled, reviewed=reviewed)
    for status in ProjectStatus:
        listed = {each.project.id for each in await find(market, status=status)}
        assert listed == {id for id, each in found.items() if each.status is status}


async def _copy(
    db_tx: Any,
    deal: Any,
    id: UUID,
    number: int,
    stage: Stage,
    views: Mapping[str, EscrowStatus | None],
    reviewed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A project like the deal's, in some stage, with an escrow in some views."""
    await db_tx.execute(
        "INSERT INTO projects (id, client, client_address, title, description, category, asset,"
        " silent_bps, total_minor, stage, reviewed_at, created_at, changed_at)"
        " SELECT $1, client, client_address, title, description, category, asset, silent_bps,"
        "  total_minor, $2, CASE WHEN $3 THEN created_at END,"
        "  created_at + $4 * interval '1 second', changed_at FROM projects WHERE id = $5",
        id, stage.value, reviewed, number, deal.project_id,
    )  # fmt: skip
    await db_tx.execute(
        "INSERT INTO project_milestones SELECT $1, num, title, acceptance, amount_minor, days"
        " FROM project_milestones WHERE project_id = $2",
        id,
        deal.project_id,
    )
    proposal, agreement, tx = new_id(), new_id(), f"0x{number:064x}"
    await db_tx.execute(
        "INSERT INTO proposals (id, project_id, freelancer, freelancer_address, cover_letter,"
        " budget_minor, days, amounts_minor, milestone_days, terms_version, created_at)"
        " SELECT $1, $2, freelancer, freelancer_address, cover_letter, budget_minor, days,"
        "  amounts_minor, milestone_days, 1, created_at FROM proposals WHERE id = $3",
        proposal, id, deal.proposal_id,
    )  # fmt: skip
    await db_tx.execute(
        "INSERT INTO project_agreements (id, project_id, proposal_id, contract, client_address,"
        " freelancer, freelancer_address, amounts_minor, milestone_days, silent_bps, reference,"
        " terms, agreed_at)"
        " SELECT $1, $2, $3, contract, client_address, freelancer, freelancer_address,"
        "  amounts_minor, milestone_days, silent_bps, $4, terms, agreed_at"
        "  FROM project_agreements WHERE id = $5",
        agreement, id, proposal, tx, deal.agreement.id,
    )  # fmt: skip
    await db_tx.execute(
        "INSERT INTO project_escrows VALUES ($1, $2, $3, $4, 'reference')",
        CONTRACT, tx, id, agreement,
    )  # fmt: skip
    for view, status in views.items():
        if status is not None:
            await db_tx.execute(
                "INSERT INTO escrow_projects VALUES ($1, $2, $3, $4, '0x', 1, 1, 'C', 'F', NULL,"
                " 1, NULL, 0, 0, 1, 0, 0, 0, 0, 1, true, false, $5, 0, 0, 0, 1)",
                CONTRACT, view, number, tx, status.value,
            )  # fmt: skip
