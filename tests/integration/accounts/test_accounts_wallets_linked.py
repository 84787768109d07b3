"""Several wallets of one account, operators, limits, and what the roles may do."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from earnest.accounts import store, sweep
from earnest.kit.limits import TooManyRequests, hit, sweep_limits
from earnest.kit.settings import Network
from tests.conftest import Databases
from tests.integration.accounts.conftest import (
    EvmWallet,
    MakeSite,
    Site,
    SolanaWallet,
    StacksWallet,
    bearer,
)


async def test_wallets_of_all_chains_meet_in_one_account(site: Site) -> None:
    """Each linked wallet signs in to the account afterwards."""
    first, others = SolanaWallet(), (StacksWallet(), EvmWallet(), SolanaWallet())
    token, _, user = await site.sign_in(first)
    for wallet in others:
        answer = await site.http.post(
            "/api/me/addresses", json=await site.proof(wallet), headers=bearer(token)
        )
        assert answer.status_code == 201
    me = (await site.http.get("/api/me", headers=bearer(token))).json()
    assert {a["address"] for a in me["addresses"]} == {w.address for w in (first, *others)}
    assert me["address"] == first.address
    for wallet in others:
        _, _, found = await site.sign_in(wallet)
        assert (found["id"], found["address"]) == (user["id"], wallet.address)


async def test_linking_again_changes_nothing(site: Site) -> None:
    """The wallet is there once, and the answer is the same."""
    token, _, _ = await site.sign_in(SolanaWallet())
    wallet = EvmWallet()
    answers = [
        await site.http.post(
            "/api/me/addresses", json=await site.proof(wallet), headers=bearer(token)
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_a_wallet_of_another_account_is_not_taken(site: Site) -> None:
    """An address belongs to one account, and its challenge stays good for signing in."""
    owner = SolanaWallet()
    _, _, theirs = await site.sign_in(owner)
    token, _, mine = await site.sign_in(SolanaWallet())
    proof = await site.proof(owner)
    answer = await site.http.post("/api/me/addresses", json=proof, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (409, "wallet_of_another_account")
    signed_in = await site.http.post("/api/auth/verify", json=proof)
    assert signed_in.json()["user"]["id"] == theirs["id"] != mine["id"]


async def test_of_two_accounts_at_once_one_gets_the_wallet(site: Site) -> None:
    """Two accounts link the same fresh wallet at the same moment: one has it afterwards."""
    tokens = [(await site.sign_in(SolanaWallet()))[0] for _ in range(2)]
    wallet = EvmWallet()
    proofs = [await site.proof(wallet) for _ in tokens]
    answers = await asyncio.gather(
        *(
            site.http.post("/api/me/addresses", json=proof, headers=bearer(token))
            for proof, token in zip(proofs, tokens, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_an_unproven_wallet_is_not_linked(site: Site) -> None:
    """A wrong, repeated or late proof is a 403: the caller's own session is sound."""
    token, _, _ = await site.sign_in(SolanaWallet())
    wallet = StacksWallet()
    proof = await site.proof(wallet)
    forged = {**proof, "signature": StacksWallet().sign(proof["challenge"])}
    answer = await site.http.post("/api/me/addresses", json=forged, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "wallet_not_proven")
    assert answer.json()["facts"]["because"] == "signature_not_of_wallet"
    assert (await site.http.post("/api/auth/verify", json=proof)).status_code == 200
    answer = await site.http.post("/api/me/addresses", json=proof, headers=bearer(token))
    assert answer.json()["facts"]["because"] == "challenge_spent"
    anonymous = await site.http.post("/api/me/addresses", json=proof)
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_signed_in")


async def test_an_account_holds_at_most_twenty_wallets(site: Site, databases: Databases) -> None:
    """The twenty-first is refused, and so is every one of several at once."""
    token, _, user = await site.sign_in(SolanaWallet())
    for _ in range(18):
        proof = await site.proof(SolanaWallet())
        await site.http.post("/api/me/addresses", json=proof, headers=bearer(token))
    proofs = [await site.proof(SolanaWallet()) for _ in range(4)]
    owner = await databases.role("owner")
    async with owner.db_tx() as db_tx:
        # Holding the account, so that all four arrive before the first may count.
        await store.lock_account(db_tx, UUID(user["id"]))
        links = [
            asyncio.create_task(
                site.http.post("/api/me/addresses", json=proof, headers=bearer(token))
            )
            for proof in proofs
        ]
        deadline_s = time.monotonic() + 20
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while await owner.fetchval(waiting) < len(links):
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.02)
    answers = await asyncio.gather(*links)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_operators_are_the_wallets_that_are_listed(make_site: MakeSite) -> None:
    """The listed wallet operates, in any spelling; a wallet linked to its account does not."""
    boss, linked = EvmWallet(), SolanaWallet()
    site: Site = await make_site(operator_addresses=f" {boss.address.lower()} ,")
    token, _, user = await site.sign_in(boss)
    assert user["role"] == "operator"
    assert (await site.http.get("/operate", headers=bearer(token))).text == boss.address
    await site.http.post("/api/me/addresses", json=await site.proof(linked), headers=bearer(token))
    token, _, same = await site.sign_in(linked)
    assert (same["id"], same["role"]) == (user["id"], "member")
    refused = await site.http.get("/operate", headers=bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (403, "operator_only")
    assert (await site.http.get("/operate")).status_code == 401


async def test_too_many_challenges_are_answered_429(site: Site) -> None:
    """Twenty a minute for one wallet from one place; another wallet is not held up by it."""
    wallet = SolanaWallet()
    for _ in range(20):
        await site.challenge(wallet.address)
    answer = await site.http.post("/api/auth/challenge", json={"address": wallet.address})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    await site.challenge(SolanaWallet().address)


async def test_one_place_is_limited_except_on_ones_own_machine(make_site: MakeSite) -> None:
    """A hundred and twenty a minute from one address; a local network lets a whole crowd in."""
    public: Site = await make_site(network=Network.DEVNET)
    statuses = [
        (
            await public.http.post("/api/auth/challenge", json={"address": SolanaWallet().address})
        ).status_code
        for _ in range(121)
    ]
    assert statuses == [201] * 120 + [429]
    local: Site = await make_site()
    await local.challenge(SolanaWallet().address)


async def test_a_limit_holds_between_requests_at_once(databases: Databases) -> None:
    """Of thirty hits at the same moment exactly the allowed ten go through."""
    database = await databases.role("api", size_max=10)

    async def try_once() -> bool:
        async with database.connection() as connection:
            try:
                await hit(connection, "key", 10, 60)
            except TooManyRequests:
                return False
            return True

    assert sum(await asyncio.gather(*(try_once() for _ in range(30)))) == 10


async def test_a_window_opens_again(databases: Databases) -> None:
    """After the window the count begins anew; Retry-After told how long that would take."""
    database = await databases.role("api")
    async with database.connection() as connection:
        await hit(connection, "key", 1, 1)
        with pytest.raises(TooManyRequests) as refused:
            await hit(connection, "key", 1, 1)
        assert refused.value.facts == {"retry_after_s": 1}
        deadline_s = time.monotonic() + 10
        while True:
            try:
                await hit(connection, "key", 1, 1)
                break
            except TooManyRequests:
                assert time.monotonic() < deadline_s
                await asyncio.sleep(0.05)


async def test_old_rows_are_swept_and_live_ones_stay(site: Site, databases: Databases) -> None:
    """The worker deletes what is over: challenges, sessions and windows, and nothing else."""
    worker, owner = await databases.role("worker"), await databases.role("owner")
    token, _, _ = await site.sign_in(SolanaWallet())
    now = site.clock.now()
    assert await sweep(worker, now) == {"sign_in_challenges": 0, "sessions": 0, "rate_limits": 0}
    assert (await site.http.get("/api/me", headers=bearer(token))).status_code == 200
    await owner.execute("UPDATE rate_limits SET ends_at = ends_at - interval '1 hour'")
    swept = await sweep(worker, now + timedelta(days=22))
    assert swept == {"sign_in_challenges": 1, "sessions": 1, "rate_limits": 4}
    async with worker.connection() as connection:
        assert await sweep_limits(connection) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account_addresses SET account_id = gen_random_uuid()",
        "DELETE FROM account_addresses",
        "DELETE FROM accounts",
        "UPDATE sessions SET account_id = gen_random_uuid()",
        "UPDATE sign_in_challenges SET expires_at = now() + interval '1 year'",
        "DELETE FROM sign_in_challenges",
    ],
)
async def test_the_api_role_cannot_move_a_wallet(databases: Databases, statement: str) -> None:
    """A stolen API password hands no wallet to another account, and prolongs no challenge."""
    database = await databases.role("api")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.execute(statement)
