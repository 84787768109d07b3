"""Staying signed in, signing out, and sessions that end."""

import asyncio
import time
from uuid import UUID

import httpx
import pytest

from earnest.accounts.revoked import KNOWN_WITHIN_S, RevokedSessions
from earnest.kit.db import DatabaseUnavailable
from tests.conftest import Databases
from tests.integration.accounts.conftest import (
    ORIGIN,
    MakeSite,
    Site,
    SolanaWallet,
    bearer,
    cookie_of,
)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """(status, code) of a refusal."""
    return answer.status_code, answer.json()["code"]


async def test_the_cookie_is_bound_to_the_host_and_out_of_reach(site: Site) -> None:
    """Prefix, Secure, HttpOnly, SameSite=Strict, the whole site, no domain."""
    answer = await site.http.post("/api/auth/verify", json=await site.proof(SolanaWallet()))
    (header,) = answer.headers.get_list("set-cookie")
    parts = [part.strip().lower() for part in header.split(";")]
    assert header.startswith("__Host-earnest_session=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= set(parts)
    assert not [part for part in parts if part.startswith("domain")]
    assert f"max-age={14 * 86_400}" in parts


async def test_a_refresh_gives_a_new_token_and_the_next_cookie(site: Site) -> None:
    """The session goes on: same account, new token, another cookie, again and again."""
    _, cookie, user = await site.sign_in(SolanaWallet())
    seen = {cookie}
    for _ in range(3):
        site.clock.advance(60)
        answer = await site.refresh(cookie)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["user"] == user
        me = await site.http.get("/api/me", headers=bearer(answer.json()["token"]))
        assert me.status_code == 200
        cookie = cookie_of(answer)
        assert cookie not in seen
        seen.add(cookie)


async def test_two_tabs_at_once_get_the_same_successor(site: Site) -> None:
    """Eight refreshes at the same moment give one next cookie, and it works."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    answers = await asyncio.gather(*(site.refresh(cookie) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    (successor,) = {cookie_of(answer) for answer in answers}
    assert (await site.refresh(successor)).status_code == 200


async def test_a_lost_reply_does_no_harm_for_thirty_seconds(site: Site) -> None:
    """The cookie just replaced yields the same successor until its grace is over."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    successor = cookie_of(await site.refresh(cookie))
    site.clock.advance(30)
    assert cookie_of(await site.refresh(cookie)) == successor


async def test_the_cookie_just_replaced_ends_the_session_later(site: Site) -> None:
    """After the grace, the same cookie means that somebody has a copy: all is over."""
    token, cookie, _ = await site.sign_in(SolanaWallet())
    successor = cookie_of(await site.refresh(cookie))
    site.clock.advance(31)
    assert code_of(await site.refresh(cookie)) == (401, "session_ended")
    assert code_of(await site.refresh(successor)) == (401, "session_ended")
    assert code_of(await site.http.get("/api/me", headers=bearer(token))) == (401, "session_ended")
    reason = await site.database.fetchval("SELECT end_reason FROM sessions")
    assert reason == "token_reused"


async def test_an_older_cookie_ends_the_session_at_once(site: Site) -> None:
    """A thief who uses a cookie replaced twice ends the session for both, grace or not."""
    _, stolen, _ = await site.sign_in(SolanaWallet())
    second = cookie_of(await site.refresh(stolen))
    third = cookie_of(await site.refresh(second))
    assert code_of(await site.refresh(stolen)) == (401, "session_ended")
    assert code_of(await site.refresh(third)) == (401, "session_ended")


async def test_a_guessed_cookie_harms_nobody(site: Site) -> None:
    """Knowing a session's id does not let anybody end it."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    session, _, mac = cookie.split(".")
    guesses = [f"{session}.0.{'A' * 43}", f"{session}.7.{mac}", f"{'0' * 32}.0.{mac}", "x", "%00"]
    for guess in guesses:
        assert code_of(await site.refresh(guess)) == (401, "not_signed_in")
    assert (await site.refresh(cookie)).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "https://evil.example", "http://earnest.example", f"{ORIGIN}:8443",
     f"{ORIGIN}.evil.example", f"{ORIGIN}/"],
)  # fmt: skip
async def test_the_cookie_works_only_from_our_own_pages(site: Site, origin: str | None) -> None:
    """A missing or foreign Origin is refused, for refresh and for logout, and changes nothing."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    assert code_of(await site.refresh(cookie, origin)) == (403, "origin_not_allowed")
    headers = {"Cookie": f"__Host-earnest_session={cookie}"}
    if origin is not None:
        headers["Origin"] = origin
    refused = await site.http.post("/api/auth/logout", headers=headers)
    assert code_of(refused) == (403, "origin_not_allowed")
    assert (await site.refresh(cookie)).status_code == 200


async def test_without_a_cookie_there_is_nothing_to_refresh(site: Site) -> None:
    """The answer says what is missing."""
    assert code_of(await site.refresh(None)) == (401, "not_signed_in")


async def test_a_session_ends_by_itself(site: Site) -> None:
    """Two weeks without a refresh end it; the token ended after a day."""
    token, cookie, _ = await site.sign_in(SolanaWallet())
    site.clock.advance(86_400)
    assert code_of(await site.http.get("/api/me", headers=bearer(token))) == (401, "not_signed_in")
    site.clock.advance(13 * 86_400)
    assert code_of(await site.refresh(cookie)) == (401, "session_ended")


@pytest.mark.parametrize("way", ["token", "cookie"])
async def test_signing_out_ends_the_session(site: Site, way: str) -> None:
    """By the token or by the cookie: afterwards neither is good, and the cookie is cleared."""
    token, cookie, _ = await site.sign_in(SolanaWallet())
    by_cookie = {"Cookie": f"__Host-earnest_session={cookie}", "Origin": ORIGIN}
    answer = await site.http.post(
        "/api/auth/logout", headers=bearer(token) if way == "token" else by_cookie
    )
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert answer.headers["cache-control"] == "no-store"
    assert code_of(await site.http.get("/api/me", headers=bearer(token))) == (401, "session_ended")
    assert code_of(await site.refresh(cookie)) == (401, "session_ended")


async def test_signing_out_leaves_other_sessions(site: Site) -> None:
    """One session of an account ends, the other goes on."""
    wallet = SolanaWallet()
    first, _, _ = await site.sign_in(wallet)
    second, _, _ = await site.sign_in(wallet)
    await site.http.post("/api/auth/logout", headers=bearer(first))
    assert (await site.http.get("/api/me", headers=bearer(second))).status_code == 200


async def test_sessions_are_listed_and_closed(site: Site) -> None:
    """One sees where one is signed in and ends it there; another's session is not one's own."""
    wallet = SolanaWallet()
    first, _, _ = await site.sign_in(wallet)
    second, _, _ = await site.sign_in(wallet)
    stranger, _, _ = await site.sign_in(SolanaWallet())
    listed = (await site.http.get("/api/me/sessions", headers=bearer(second))).json()["items"]
    assert sorted(item["current"] for item in listed) == [False, True]
    other = next(item["id"] for item in listed if not item["current"])
    path = f"/api/me/sessions/{other}"
    refused = await site.http.delete(path, headers=bearer(stranger))
    assert code_of(refused) == (404, "session_unknown")
    assert (await site.http.delete(path, headers=bearer(second))).status_code == 204
    assert code_of(await site.http.get("/api/me", headers=bearer(first))) == (401, "session_ended")
    assert (await site.http.get("/api/me", headers=bearer(second))).status_code == 200


async def test_every_process_knows_an_ended_session_within_five_seconds(
    site: Site, make_site: MakeSite
) -> None:
    """Signed out at one process, the token is refused at another, in time."""
    other: Site = await make_site()
    token, _, _ = await site.sign_in(SolanaWallet())
    assert (await other.http.get("/api/me", headers=bearer(token))).status_code == 200
    await site.http.post("/api/auth/logout", headers=bearer(token))
    began_s = time.monotonic()
    while (await other.http.get("/whoami", headers=bearer(token))).status_code != 401:
        assert time.monotonic() - began_s < KNOWN_WITHIN_S
        await asyncio.sleep(0.05)


class Watch:
    """A clock of seconds that moves when told."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_fresh_cache_asks_no_database_and_a_stale_one_does(
    site: Site, databases: Databases
) -> None:
    """While fresh, the database may be gone; stale, it is asked; gone and stale, nobody knows."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    (session_id,) = [row["id"] for row in await site.database.fetch("SELECT id FROM sessions")]
    database = await databases.role("api")
    watch = Watch()
    revoked = RevokedSessions(database, token_life_s=86_400, monotonic=watch)
    assert not revoked.fresh
    await revoked.read()
    assert revoked.fresh

    await site.accounts.sign_out_by_cookie(cookie)
    watch.now_s += KNOWN_WITHIN_S
    assert not await revoked.is_revoked(session_id)  # not yet read, and still within the promise
    watch.now_s += 0.001
    assert await revoked.is_revoked(session_id)  # stale: the database says so
    await revoked.read()
    assert await revoked.is_revoked(session_id)

    await database.close()
    assert await revoked.is_revoked(session_id)
    watch.now_s += KNOWN_WITHIN_S + 1
    with pytest.raises(DatabaseUnavailable):
        await revoked.is_revoked(UUID(int=5))


async def test_revocations_are_forgotten_with_their_tokens(
    site: Site, databases: Databases
) -> None:
    """The cache holds no session whose token has expired for long."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    await site.accounts.sign_out_by_cookie(cookie)
    watch = Watch()
    revoked = RevokedSessions(await databases.role("api"), token_life_s=100, monotonic=watch)
    await revoked.read()
    assert len(revoked._heard_at_s) == 1
    watch.now_s += 100 + 121
    owner = await databases.role("owner")
    await owner.execute("UPDATE sessions SET revoked_at = revoked_at - interval '1 hour'")
    await revoked.read()
    assert not revoked._heard_at_s


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer abc", "Bearer a.b.c", "bearer x y"],
)
async def test_a_request_without_a_sound_token_is_told_how(site: Site, header: str | None) -> None:
    """401 with WWW-Authenticate and a problem, whatever stands in the header."""
    headers = {"Authorization": header} if header is not None else {}
    answer = await site.http.get("/whoami", headers=headers)
    assert code_of(answer) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_is_read_in_microseconds_and_without_a_query(site: Site) -> None:
    """A thousand requests' worth of authentication works with the database gone."""
    token, _, _ = await site.sign_in(SolanaWallet())
    await site.accounts.revoked.read()
    await site.database.close()
    for _ in range(1_000):
        principal = await site.accounts.authenticate(token)
    assert principal.chain == "solana"


async def test_without_a_database_the_answer_is_503(site: Site) -> None:
    """Nothing is half done and nothing is a 500: the answer says to come back."""
    _, cookie, _ = await site.sign_in(SolanaWallet())
    proof = await site.proof(SolanaWallet())
    await site.database.close()
    answers = [
        await site.http.post("/api/auth/challenge", json={"address": proof["address"]}),
        await site.http.post("/api/auth/verify", json=proof),
        await site.refresh(cookie),
    ]
    assert {code_of(answer) for answer in answers} == {(503, "database_unavailable")}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
