"""How often an account may begin things."""

from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.served import Person, upload_body
from tests.conftest import Databases


async def requests(site: Site, person: Person) -> dict[str, dict[str, object]]:
    """A body for each route that is limited."""
    return {
        "/api/tasks": await site.task_body(person),
        "/api/payouts": {"asset": "SOL", "amountMinor": "1000000"},
        "/api/files/uploads": dict(upload_body()),
    }


async def test_an_account_begins_so_many_a_minute(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Beyond the limit of a minute the answer is 429, says when to ask again and has no effect;
    other accounts, other routes and reading go on."""
    few = dict.fromkeys(
        ("tasks_per_minute_max", "payouts_per_minute_max", "uploads_per_minute_max"), 3
    )
    async with opened_site(databases, s3_server, chain, **few) as site:
        busy, other = site.person(), site.person()
        bodies = await requests(site, busy)
        async with busy.client() as client:
            for path, body in bodies.items():
                for _ in range(3):
                    assert (await client.post(path, json=body)).status_code != 429
                refused = await client.post(path, json=body)
                assert refused.status_code == 429
                assert refused.json()["code"] == "too_many_requests"
                assert 1 <= int(refused.headers["retry-after"]) <= 60
                assert refused.json()["facts"]["retryAfterS"] <= 60
            assert (await client.get("/api/tasks")).status_code == 200
            assert len((await client.get("/api/tasks")).json()["items"]) == 3
        async with other.client() as client:
            for path, body in (await requests(site, other)).items():
                assert (await client.post(path, json=body)).status_code != 429


async def test_voting_is_not_counted(site: Site) -> None:
    """The hot routes write no row of the limits: `next` and votes stay one statement each."""
    owner = await site.market.databases.role("owner")
    task = await site.market.open_task(await site.market.account())
    worker = site.person()
    counted = await owner.fetchval("SELECT sum(hits) FROM rate_limits")
    async with worker.client() as client:
        assert (await client.get("/api/tasks/next")).status_code == 200
        vote = {"optionId": str(task.options[0].id)}
        answer = await client.post(f"/api/tasks/{task.id}/submissions", json=vote)
        assert answer.status_code == 201
    assert await owner.fetchval("SELECT sum(hits) FROM rate_limits") == counted
