"""`Idempotency-Key`: the same request sent twice has one effect and one answer."""

import asyncio
from typing import Any

import httpx

from tests.acceptance.http.conftest import Site
from tests.acceptance.http.served import Person, upload_body


async def counts(site: Site) -> tuple[int, int, int, int]:
    """How many tasks, orders, payouts and files there are."""
    owner = await site.market.databases.role("owner")
    row = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM orders),"
        " (SELECT count(*) FROM payouts), (SELECT count(*) FROM files)"
    )
    assert row is not None
    tasks, orders, payouts, files = row
    return tasks, orders, payouts, files


async def bodies(site: Site, person: Person) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For each route that takes a key: a body, and another one."""
    await site.earn(person)
    task = await site.task_body(person)
    return {
        "/api/tasks": (task, task | {"title": "Which other one?"}),
        "/api/payouts": (
            {"asset": "SOL", "amountMinor": "1000000"},
            {"asset": "SOL", "amountMinor": "1000001"},
        ),
        "/api/files/uploads": (upload_body(b"one"), upload_body(b"two")),
    }


def same(path: str, one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers say the same. An upload's URL is signed anew, for the same object."""
    if one.status_code != other.status_code:
        return False
    if path != "/api/files/uploads":
        return bool(one.json() == other.json())
    shown = [answer.json() for answer in (one, other)]
    files = [(each["fileId"], each["upload"]["url"].split("?")[0]) for each in shown]
    return len(set(files)) == 1


async def test_a_repeat_has_no_effect_and_the_same_answer(site: Site) -> None:
    """The same key with the same body answers the same and does nothing more; with another body
    it is 409, and that does nothing either."""
    person = site.person()
    for path, (body, other) in (await bodies(site, person)).items():
        async with site.stranger() as client:
            headers = person.headers | {"Idempotency-Key": "k-1"}
            first = await client.post(path, json=body, headers=headers)
            assert first.is_success, first.text
            done = await counts(site)
            again = await client.post(path, json=body, headers=headers)
            assert same(path, first, again), (first.text, again.text)
            reused = await client.post(path, json=other, headers=headers)
            assert reused.status_code == 409
            assert reused.json()["code"] == "idempotency_key_reused"
            assert await counts(site) == done
            new = await client.post(path, json=other, headers=headers | {"Idempotency-Key": "k-2"})
            assert new.is_success or new.json()["code"] == "balance_too_small"


async def test_two_at_once_have_one_effect(site: Site) -> None:
    """Ten requests with one key at the same moment: one effect, and all get its answer."""
    person = site.person()
    for path, (body, _other) in (await bodies(site, person)).items():
        before = await counts(site)
        async with person.client() as client:
            answers = await asyncio.gather(
                *(client.post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(10))
            )
        assert all(answer.is_success for answer in answers), [a.text for a in answers]
        assert all(same(path, answers[0], answer) for answer in answers)
        made = [now - then for now, then in zip(await counts(site), before, strict=True)]
        assert (
            made
            == {
                "/api/tasks": [1, 1, 0, 0],
                "/api/payouts": [0, 0, 1, 0],
                "/api/files/uploads": [0, 0, 0, 1],
            }[path]
        )


async def test_a_refusal_is_not_kept(site: Site) -> None:
    """What was refused may be asked again under the same key, once the reason is gone."""
    person = site.person()
    body = {"asset": "SOL", "amountMinor": "1000000"}
    async with person.client() as client:
        headers = {"Idempotency-Key": "k"}
        refused = await client.post("/api/payouts", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "balance_too_small")
        await site.earn(person)
        assert (await client.post("/api/payouts", json=body, headers=headers)).status_code == 202


async def test_keys_belong_to_accounts_and_routes(site: Site) -> None:
    """Somebody else's key, or the same one on another route, is another key."""
    one, other = site.person(), site.person()
    seen = set()
    for person in (one, other):
        async with person.client() as client:
            headers = {"Idempotency-Key": "shared"}
            posted = await client.post(
                "/api/tasks", json=await site.task_body(person), headers=headers
            )
            assert posted.status_code == 201
            seen.add(posted.json()["task"]["id"])
            begun = await client.post("/api/files/uploads", json=upload_body(), headers=headers)
            assert begun.status_code == 201
    assert len(seen) == 2


async def test_keys_that_are_none(site: Site) -> None:
    """A key that is empty, too long or not plain ASCII is 400, and nothing is made."""
    person = site.person()
    async with person.client() as client:
        for key in ("", "x" * 256, "two words", "é", "tab\there"):
            answer = await client.post(
                "/api/files/uploads",
                json=upload_body(),
                headers=[(b"Idempotency-Key", key.encode("utf-8"))],
            )
            assert answer.status_code == 400, (key, answer.text)
            assert answer.json()["code"] == "invalid_input"
    assert (await counts(site))[3] == 0


async def test_cancelling_and_handing_in_twice_need_no_key(site: Site) -> None:
    """A repeat of what can be done but once answers as the first time."""
    person = site.person()
    async with person.client() as client:
        posted = await client.post("/api/tasks", json=await site.task_body(person))
        path = f"/api/tasks/{posted.json()['task']['id']}/cancel"
        first, again = [await client.post(path) for _ in range(2)]
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        assert first.json()["status"] == "cancelled"
