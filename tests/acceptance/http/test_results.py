"""What a requester reads while a task runs: counts, and what became of the money."""

from uuid import UUID

import pytest

from tests.acceptance.http.conftest import Site


@pytest.mark.parametrize("stopped", [False, True])
async def test_the_sums_of_a_task_add_up_to_what_was_paid(site: Site, *, stopped: bool) -> None:
    """Votes given, votes being cast and votes not begun, fee included, are the order's amount; a
    task that is stopped gives back just what it showed as left."""
    requester, sitting = site.person(), site.person()
    task = await site.market.open_task(UUID(requester.account_id), votes=3)
    path = f"/api/tasks/{task.id}"
    async with requester.client() as client:
        paid = int((await client.get(f"/api/orders/{task.order_id}")).json()["amountMinor"])
        fresh = (await client.get(f"{path}/results")).json()
    assert (fresh["voting"], fresh["lastVoteAt"], fresh["spentMinor"]) == (0, None, "0")
    assert int(fresh["leftMinor"]) == paid
    worker = site.person()
    async with worker.client() as client:
        given = (await client.get("/api/tasks/next")).json()
        vote = {"optionId": given["task"]["options"][0]["id"]}
        assert (await client.post(f"{path}/submissions", json=vote)).status_code == 201
    if not stopped:
        async with sitting.client() as client:
            assert (await client.get("/api/tasks/next")).json()["task"]["id"] == str(task.id)
    async with requester.client() as client:
        shown = (await client.get(f"{path}/results")).json()
        assert (shown["votes"], shown["voting"]) == (1, 0 if stopped else 1)
        assert shown["lastVoteAt"] is not None
        sums = [int(shown[name]) for name in ("spentMinor", "votingMinor", "leftMinor")]
        assert sum(sums) == paid
        assert sums[0] > task.price_per_vote_minor
        if stopped:
            ended = (await client.post(f"{path}/cancel")).json()
            assert ended["refundMinor"] == shown["leftMinor"]
