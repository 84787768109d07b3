"""`next` and `submissions` have a short way past the framework: nobody may notice which one ran."""

from uuid import UUID

import httpx

from tests.acceptance.http.conftest import Site

# Requests of another media type spelling, or query, take the framework's way.
_LONG_WAY = {"content-type": "application/json; charset=utf-8"}


def _told(answer: httpx.Response) -> tuple[int, str, str, str]:
    """What a client sees of an answer."""
    names = ("content-type", "cache-control")
    return (answer.status_code, *(answer.headers.get(name, "") for name in names), answer.text)


async def test_nothing_open_is_the_same_both_ways(site: Site) -> None:
    """204 without a body, not to be stored."""
    person = site.person()
    async with person.client() as client:
        short = await client.get("/api/tasks/next")
        long = await client.get("/api/tasks/next?")
        told = _told(short)
        assert told == (204, "", "no-store", "")
        assert told == _told(long)
        assert "content-length" not in short.headers or short.headers["content-length"] == "0"


async def test_votes_and_refusals_are_the_same_both_ways(site: Site) -> None:
    """A vote, its repeat, and each refusal: the same status, headers and body."""
    requester, worker = await site.market.account(), site.person()
    task = await site.market.open_task(requester, votes=2)
    other = await site.market.open_task(requester, votes=2)
    async with worker.client() as client:
        seat = await client.get("/api/tasks/next")
        assert seat.status_code == 200
        url = f"/api/tasks/{task.id}/submissions"
        wrong = f'{{"optionId": "{other.options[0].id}"}}'
        right = f'{{"optionId": "{task.options[0].id}"}}'
        changed = f'{{"optionId": "{task.options[1].id}"}}'
        for body, status in ((wrong, 400), (right, 201), (right, 201), (changed, 409),
                             ("{", 400), ('{"optionId": 7}', 400)):  # fmt: skip
            short = await client.post(
                url, content=body, headers={"content-type": "application/json"}
            )
            long = await client.post(url, content=body, headers=_LONG_WAY)
            assert short.status_code == status, short.text
            assert _told(short) == _told(long)
    price = await site.market.balance(UUID(worker.account_id))
    assert price == task.price_per_vote_minor


async def test_the_short_way_is_for_those_who_are_signed_in(site: Site) -> None:
    """Without a token, or with a wrong one: 401 as everywhere."""
    async with site.stranger() as client:
        for headers in ({}, {"authorization": "Bearer nonsense"}):
            answer = await client.get("/api/tasks/next", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
