"""The rules of signing in: messages, challenges, refresh tokens."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earnest.accounts.errors import (
    ChallengeExpired,
    ChallengeForAnotherWallet,
    ChallengeMalformed,
    ChallengeSpent,
    ChallengeUnknown,
)
from earnest.accounts.messages import SignInMessage, parse_message
from earnest.accounts.rules import (
    REFRESH_GRACE,
    SESSION_AGE_MAX,
    SESSION_IDLE_MAX,
    Rotation,
    Session,
    Site,
    StoredChallenge,
    check_message,
    judge_refresh,
    make_message,
    session_expiry,
)
from earnest.kit.errors import EarnestError
from earnest.kit.money import Chain
from earnest.kit.settings import Network

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
SITE = Site(domain="earnest.example", origin="https://earnest.example", network=Network.MAINNET)
ADDRESS = "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB"
MESSAGE = make_message(SITE, Chain.SOLANA, ADDRESS, "abcdefgh12345678", NOW, timedelta(seconds=300))
STORED = StoredChallenge("solana", ADDRESS, MESSAGE.expires_at, None)


def test_the_text_is_that_of_sign_in_with_solana() -> None:
    """Letter for letter what wallets recognise, with the times in whole seconds."""
    assert MESSAGE.render() == (
        "earnest.example wants you to sign in with your Solana account:\n"
        "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB\n"
        "\n"
        "Show Earnest that this wallet is yours. Signing moves no money and costs nothing.\n"
        "\n"
        "URI: https://earnest.example\n"
        "Version: 1\n"
        "Chain ID: mainnet\n"
        "Nonce: abcdefgh12345678\n"
        "Issued At: 2026-03-01T12:00:00Z\n"
        "Expiration Time: 2026-03-01T12:05:00Z"
    )


@pytest.mark.parametrize("chain", list(Chain))
@pytest.mark.parametrize("network", list(Network))
def test_every_message_is_read_as_it_was_written(chain: Chain, network: Network) -> None:
    """For all chains and networks, parsing is the inverse of rendering."""
    site = Site(domain="[::1]:8000", origin="http://[::1]:8000", network=network)
    message = make_message(site, chain, "0xAb12", "A1b2C3d4", NOW, timedelta(seconds=300))
    assert parse_message(message.render()) == message


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text raises anything but the named error."""
    with pytest.raises(ChallengeMalformed):
        parse_message(text)


@example(where=MESSAGE.render().index("2026"), letter="0")
@given(where=st.integers(0, 500), letter=st.characters(codec="utf-8"))
def test_a_changed_letter_never_reads_as_the_same_message(where: int, letter: str) -> None:
    """What still parses after a change is another message: no two texts mean the same."""
    text = MESSAGE.render()
    where %= len(text)
    changed = text[:where] + letter + text[where + 1 :]
    try:
        found = parse_message(changed)
    except ChallengeMalformed:
        return
    assert found.render() == changed
    assert (found == MESSAGE) == (changed == text)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("Version: 1\n", ""),
        lambda text: text.replace("Version: 1", "Version: 1\nVersion: 1"),
        lambda text: text.replace("Nonce: abcdefgh12345678", "Nonce: abcdefg"),
        lambda text: text.replace("Solana account", "Bitcoin account"),
        lambda text: text.replace("2026-03-01T12:00:00Z", "2026-13-41T12:00:00Z"),
        lambda text: text.replace("2026-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00"),
        lambda text: text + "\nResources:\n- https://evil.example",
        lambda text: text * 10,
        lambda _: "Sign in to the marketplace",  # the constant text of an older product
    ],
)
def test_other_shapes_are_refused(change: object) -> None:
    """Missing, repeated, added and disordered fields, other line ends, a constant text."""
    assert callable(change)
    with pytest.raises(ChallengeMalformed):
        parse_message(change(MESSAGE.render()))


def check(
    message: SignInMessage = MESSAGE,
    stored: StoredChallenge | None = STORED,
    *,
    site: Site = SITE,
    chain: Chain = Chain.SOLANA,
    identity: str = ADDRESS,
    address: str = ADDRESS,
    now: datetime = NOW,
) -> None:
    """`check_message` with what fits, but for what a case changes."""
    check_message(
        message, stored, site=site, chain=chain, identity=identity, address=address, now=now
    )


def test_a_challenge_is_good_until_its_last_moment() -> None:
    """Nothing is raised from its issue to just before its expiry."""
    check()
    check(now=MESSAGE.expires_at - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ({"stored": None}, ChallengeUnknown),
        ({"now": MESSAGE.expires_at}, ChallengeExpired),
        ({"now": MESSAGE.issued_at - timedelta(seconds=1)}, ChallengeExpired),
        ({"address": "Other111"}, ChallengeForAnotherWallet),
        ({"chain": Chain.EVM}, ChallengeForAnotherWallet),
        ({"identity": "Other111"}, ChallengeForAnotherWallet),
        ({"stored": msgspec.structs.replace(STORED, identity="Other")}, ChallengeForAnotherWallet),
        ({"stored": msgspec.structs.replace(STORED, chain="evm")}, ChallengeForAnotherWallet),
        ({"stored": msgspec.structs.replace(STORED, spent_at=NOW)}, ChallengeSpent),
        ({"stored": msgspec.structs.replace(STORED, expires_at=NOW)}, ChallengeUnknown),
        ({"site": msgspec.structs.replace(SITE, domain="evil.example")}, ChallengeUnknown),
        (
            {"site": msgspec.structs.replace(SITE, origin="http://earnest.example")},
            ChallengeUnknown,
        ),
        ({"site": msgspec.structs.replace(SITE, network=Network.DEVNET)}, ChallengeUnknown),
        ({"message": msgspec.structs.replace(MESSAGE, version="2")}, ChallengeUnknown),
        ({"message": msgspec.structs.replace(MESSAGE, statement="Pay me")}, ChallengeUnknown),
    ],
)
def test_every_field_that_differs_is_found(
    case: dict[str, object], error: type[EarnestError]
) -> None:
    """Each field is compared with what was stored, with the site and with the caller's claim."""
    with pytest.raises(error):
        check(**case)  # type: ignore[arg-type]


SESSION = Session(
    id=UUID(int=1),
    account_id=UUID(int=2),
    chain="solana",
    address=ADDRESS,
    refresh_salt=b"\0" * 32,
    generation=5,
    created_at=NOW,
    rotated_at=NOW,
    expires_at=NOW + SESSION_IDLE_MAX,
    revoked_at=None,
)
MICRO = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("generation", "after", "expected"),
    [
        (5, timedelta(0), Rotation.ROTATE),
        (5, SESSION_IDLE_MAX - MICRO, Rotation.ROTATE),
        (5, SESSION_IDLE_MAX, Rotation.ENDED),
        (4, timedelta(0), Rotation.REPEAT),
        (4, REFRESH_GRACE, Rotation.REPEAT),
        (4, REFRESH_GRACE + MICRO, Rotation.REUSED),
        (3, timedelta(0), Rotation.REUSED),
        (0, timedelta(0), Rotation.REUSED),
        (6, timedelta(0), Rotation.REUSED),  # of a future that a restored database forgot
    ],
)
def test_refresh_tokens_are_judged_by_generation_and_age(
    generation: int, after: timedelta, expected: Rotation
) -> None:
    """The current one rotates, the one just replaced repeats for 30 s, others end the session."""
    assert judge_refresh(SESSION, generation, NOW + after) is expected


@pytest.mark.parametrize("generation", [3, 4, 5, 6])
def test_an_ended_session_stays_ended(generation: int) -> None:
    """No token brings a revoked session back."""
    ended = msgspec.structs.replace(SESSION, revoked_at=NOW)
    assert judge_refresh(ended, generation, NOW) is Rotation.ENDED


def test_a_session_ends_by_idleness_or_age() -> None:
    """Each use pushes the end out by the idle time, but never past the greatest age."""
    assert session_expiry(NOW, NOW) == NOW + SESSION_IDLE_MAX
    late = NOW + SESSION_AGE_MAX - timedelta(days=1)
    assert session_expiry(NOW, late) == NOW + SESSION_AGE_MAX
