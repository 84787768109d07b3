"""Signing in by wallet, over the routes, on a real database."""

import asyncio
from datetime import UTC, datetime

import pytest

from earnest.accounts.messages import parse_message
from earnest.chains.stacks import AddressVersion
from tests.integration.accounts.conftest import (
    COOKIE,
    EvmWallet,
    MakeSite,
    SigningWallet,
    Site,
    SolanaWallet,
    StacksWallet,
    bearer,
)


@pytest.mark.parametrize("kind", [SolanaWallet, StacksWallet, EvmWallet])
async def test_a_wallet_signs_in(site: Site, kind: type[SigningWallet]) -> None:
    """Challenge, signature, token, and the account behind it, on each chain."""
    wallet = kind()
    answer = await site.http.post("/api/auth/challenge", json={"address": wallet.address})
    assert answer.status_code == 201
    text, expires_at = answer.json()["challenge"], answer.json()["expiresAt"]
    message = parse_message(text)
    assert message.address == wallet.address
    assert (message.domain, message.uri) == ("earnest.example", "https://earnest.example")
    assert expires_at == int(site.clock.now().timestamp()) + 300
    assert datetime.fromtimestamp(expires_at, UTC) == message.expires_at

    answer = await site.http.post(
        "/api/auth/verify",
        json={"address": wallet.address, "signature": wallet.sign(text), "challenge": text},
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    user = answer.json()["user"]
    assert (user["address"], user["role"]) == (wallet.address, "member")
    assert [a["address"] for a in user["addresses"]] == [wallet.address]

    me = await site.http.get("/api/me", headers=bearer(answer.json()["token"]))
    assert me.status_code == 200
    assert me.json() == user
    principal = (await site.http.get("/whoami", headers=bearer(answer.json()["token"]))).json()
    assert (principal["account_id"], principal["address"]) == (user["id"], wallet.address)


async def test_the_same_wallet_has_the_same_account(site: Site) -> None:
    """A second sign-in opens another session of the account, not another account."""
    wallet = SolanaWallet()
    first_token, _, first = await site.sign_in(wallet)
    second_token, _, second = await site.sign_in(wallet)
    assert first == second
    assert first_token != second_token
    _, _, other = await site.sign_in(SolanaWallet())
    assert other["id"] != first["id"]


async def test_first_sight_twice_at_once_opens_one_account(site: Site) -> None:
    """Several first sign-ins of one wallet at the same moment meet in one account."""
    wallet = EvmWallet()
    proofs = [await site.proof(wallet) for _ in range(6)]
    answers = await asyncio.gather(
        *(site.http.post("/api/auth/verify", json=proof) for proof in proofs)
    )
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    assert await site.database.fetchval("SELECT count(*) FROM accounts") == 1


async def test_a_stacks_key_is_one_wallet_on_both_networks(site: Site) -> None:
    """SP and ST of one key are one account; each session keeps the address it signed with."""
    wallet = StacksWallet(AddressVersion.MAINNET_SINGLE_SIG)
    _, _, main = await site.sign_in(wallet)
    wallet.address = wallet.address_of(AddressVersion.TESTNET_SINGLE_SIG)
    _, _, test = await site.sign_in(wallet)
    assert main["id"] == test["id"]
    assert (main["address"][:2], test["address"][:2]) == ("SP", "ST")


async def test_an_evm_address_is_taken_in_lower_case(site: Site) -> None:
    """The message carries the checksummed form, as EIP-4361 wants it."""
    wallet = EvmWallet()
    text = await site.challenge(wallet.address.lower())
    assert parse_message(text).address == wallet.address
    proof = {"address": wallet.address.lower(), "signature": wallet.sign(text), "challenge": text}
    answer = await site.http.post("/api/auth/verify", json=proof)
    assert answer.status_code == 200
    assert answer.json()["user"]["address"] == wallet.address


async def test_a_challenge_is_spent_by_one_verify(site: Site) -> None:
    """Hole 14 (any signed message signs in, so it can be replayed): a second use is refused."""
    proof = await site.proof(SolanaWallet())
    assert (await site.http.post("/api/auth/verify", json=proof)).status_code == 200
    again = await site.http.post("/api/auth/verify", json=proof)
    assert (again.status_code, again.json()["code"]) == (401, "challenge_spent")
    assert COOKIE not in again.cookies


async def test_of_many_verifies_at_once_one_wins(site: Site) -> None:
    """Ten requests with the same sound proof give one session."""
    proof = await site.proof(StacksWallet())
    answers = await asyncio.gather(
        *(site.http.post("/api/auth/verify", json=proof) for _ in range(10))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [401] * 9
    assert await site.database.fetchval("SELECT count(*) FROM sessions") == 1


async def test_a_signed_constant_or_own_text_signs_nobody_in(site: Site) -> None:
    """Hole 3 (the sign-in message is a constant): only a text that we issued counts."""
    wallet = SolanaWallet()
    constant = "Sign in to the marketplace"
    answer = await site.http.post(
        "/api/auth/verify",
        json={"address": wallet.address, "signature": wallet.sign(constant), "challenge": constant},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "challenge_malformed")
    issued = await site.challenge(wallet.address)
    nonce = parse_message(issued).nonce
    invented = issued.replace(nonce, "0" * len(nonce))
    answer = await site.http.post(
        "/api/auth/verify",
        json={"address": wallet.address, "signature": wallet.sign(invented), "challenge": invented},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "challenge_unknown")


async def test_a_challenge_for_another_wallet_is_refused(site: Site) -> None:
    """Neither another's challenge under one's own address, nor one's own key under another's."""
    mine, other = SolanaWallet(), SolanaWallet()
    text = await site.challenge(other.address)
    for address, code in (
        (mine.address, "challenge_for_another_wallet"),
        (other.address, "signature_not_of_wallet"),
    ):
        answer = await site.http.post(
            "/api/auth/verify",
            json={"address": address, "signature": mine.sign(text), "challenge": text},
        )
        assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_challenge_expires_after_five_minutes(site: Site) -> None:
    """Just before it is good, from then on not."""
    early, late = await site.proof(SolanaWallet()), await site.proof(SolanaWallet())
    site.clock.advance(298)
    assert (await site.http.post("/api/auth/verify", json=early)).status_code == 200
    site.clock.advance(3)
    answer = await site.http.post("/api/auth/verify", json=late)
    assert (answer.status_code, answer.json()["code"]) == (401, "challenge_expired")


async def test_a_wrong_signature_burns_nothing(site: Site) -> None:
    """Whoever learns a challenge cannot use it up: its owner still signs in with it."""
    wallet = EvmWallet()
    proof = await site.proof(wallet)
    forged = {**proof, "signature": EvmWallet().sign(proof["challenge"])}
    for _ in range(3):
        answer = await site.http.post("/api/auth/verify", json=forged)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_not_of_wallet")
    assert (await site.http.post("/api/auth/verify", json=proof)).status_code == 200


async def test_a_newer_challenge_leaves_the_older_good(site: Site) -> None:
    """Anybody may ask for a challenge for any address; that disturbs nobody."""
    proof = await site.proof(SolanaWallet())
    await site.challenge(proof["address"])
    assert (await site.http.post("/api/auth/verify", json=proof)).status_code == 200


async def test_the_domain_is_never_that_of_the_host_header(site: Site) -> None:
    """A request through another name gets a message of the configured site."""
    answer = await site.http.post(
        "/api/auth/challenge",
        json={"address": SolanaWallet().address},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert "evil" not in answer.json()["challenge"]
    assert parse_message(answer.json()["challenge"]).domain == "earnest.example"


async def test_a_message_of_another_site_is_refused(site: Site, make_site: MakeSite) -> None:
    """A challenge issued under one domain is no proof for a server of another domain."""
    elsewhere: Site = await make_site(public_url="https://elsewhere.example")
    proof = await elsewhere.proof(SolanaWallet())
    answer = await site.http.post("/api/auth/verify", json=proof)
    assert (answer.status_code, answer.json()["code"]) == (401, "challenge_unknown")


async def test_a_page_of_another_site_cannot_sign_in(site: Site) -> None:
    """A foreign page cannot give this browser a session of its own choosing."""
    proof = await site.proof(SolanaWallet())
    answer = await site.http.post(
        "/api/auth/verify", json=proof, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


async def test_nothing_secret_is_kept(site: Site) -> None:
    """Neither the challenge nor a token nor the cookie stands in any table in clear."""
    wallet = SolanaWallet()
    proof = await site.proof(wallet)
    answer = await site.http.post("/api/auth/verify", json=proof)
    secrets = [
        proof["challenge"],
        parse_message(proof["challenge"]).nonce,
        answer.json()["token"],
        answer.cookies[COOKIE],
        answer.cookies[COOKIE].rsplit(".", 1)[1],
    ]
    for table in ("sign_in_challenges", "sessions", "events", "rate_limits", "account_addresses"):
        rows = await site.database.fetchval(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")
        assert not [secret for secret in secrets if secret in (rows or "")]


GOOD = SolanaWallet()
MALFORMED_PROOFS: dict[str, dict[str, object]] = {
    "no fields": {},
    "address is a number": {"address": 1, "signature": "a", "challenge": "a"},
    "unknown field": {"address": GOOD.address, "signature": "a", "challenge": "a", "x": 1},
    "empty signature": {"address": GOOD.address, "signature": "", "challenge": "a"},
    "signature of 1 MB": {"address": GOOD.address, "signature": "a" * 10**6, "challenge": "a"},
    "challenge of 1 MB": {"address": GOOD.address, "signature": "a", "challenge": "a" * 10**6},
    "address with NUL": {"address": "a\0", "signature": "a", "challenge": "a"},
    "address is mail": {"address": "a@b.example", "signature": "a", "challenge": "a"},
    "null": {"address": None, "signature": None, "challenge": None},
    "a list": {"address": [GOOD.address], "signature": "a", "challenge": "a"},
}


@pytest.mark.parametrize("name", MALFORMED_PROOFS)
async def test_malformed_proofs_are_told_so(site: Site, name: str) -> None:
    """Whatever the body, the answer is a problem that says what is wrong with it."""
    answer = await site.http.post("/api/auth/verify", json=MALFORMED_PROOFS[name])
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff\xfe", b'"text"', b"{}" * 50])
@pytest.mark.parametrize("path", ["/api/auth/challenge", "/api/auth/verify"])
async def test_bodies_that_are_no_objects_are_told_so(site: Site, path: str, body: bytes) -> None:
    """Empty, cut off and non-UTF-8 bodies are refused as malformed."""
    headers = {"Content-Type": "application/json"}
    answer = await site.http.post(path, content=body, headers=headers)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("kind", [SolanaWallet, StacksWallet, EvmWallet])
@pytest.mark.parametrize("signature", ["nonsense", "0x00", "\u0660" * 130, "00" * 99])
async def test_malformed_signatures_are_told_so(
    site: Site, kind: type[SigningWallet], signature: str
) -> None:
    """A text that cannot be a signature of the chain is a 400, not a 401, and never a 500."""
    wallet = kind()
    proof = {**await site.proof(wallet), "signature": signature}
    answer = await site.http.post("/api/auth/verify", json=proof)
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_malformed")
