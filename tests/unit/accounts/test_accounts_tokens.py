"""JWTs and refresh tokens."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.accounts.errors import NotSignedIn
from earnest.accounts.tokens import TokenKey, parse_refresh_token
from earnest.kit.errors import InvalidInput

SECRET = "a secret of more than thirty-two letters"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOW_S = NOW.timestamp()
DAY = timedelta(days=1)
ACCOUNT, SESSION = UUID(int=7), UUID(int=8)
KEY = TokenKey(SECRET)
SALT = bytes(range(32))


def issue(key: TokenKey = KEY) -> str:
    """A token of 24 hours."""
    return key.issue(
        account_id=ACCOUNT, session_id=SESSION, address="abc", chain="evm", now=NOW, good_for=DAY
    )


def claims(**changes: object) -> dict[str, object]:
    """What a token says, with changes; None leaves a claim out."""
    whole: dict[str, object] = {
        "iat": int(NOW_S),
        "exp": int(NOW_S) + 86_400,
        "sub": str(ACCOUNT),
        "sid": str(SESSION),
        "adr": "abc",
        "chn": "evm",
    }
    whole.update(changes)
    return {name: value for name, value in whole.items() if value is not None}


def test_a_token_says_who_and_until_when() -> None:
    """What is issued is read, for 24 hours to the second, and the claims have their names."""
    token = issue()
    found = KEY.read(token, NOW_S)
    assert (found.account_id, found.session_id) == (ACCOUNT, SESSION)
    assert (found.address, found.chain) == ("abc", "evm")
    assert KEY.read(token, NOW_S + 86_399).account_id == ACCOUNT
    body = jwt.decode(token, options={"verify_signature": False})
    assert body == claims()


def test_a_token_expires_also_when_it_is_remembered() -> None:
    """Expiry is looked at on every reading, not only on the first."""
    token = issue()
    KEY.read(token, NOW_S)
    for _ in range(2):
        with pytest.raises(NotSignedIn, match="expired"):
            KEY.read(token, NOW_S + 86_400)


def unsigned(algorithm: str) -> str:
    """A token that claims to need no signature."""
    parts = ({"alg": algorithm, "typ": "JWT"}, claims())
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return b".".join([*encoded, b""]).decode()


FORGERIES = {
    "empty": "",
    "no token": "abc",
    "dots": "...",
    "not ascii": "é.é.é",
    "too long": "a" * 2_000,
    "another secret": jwt.encode(claims(), SECRET + "x", algorithm="HS256"),
    "another algorithm": jwt.encode(claims(), SECRET * 2, algorithm="HS512"),
    "no algorithm": unsigned("none"),
    "no algorithm, other case": unsigned("None"),
    "no session": jwt.encode(claims(sid=None), SECRET, algorithm="HS256"),
    "no expiry": jwt.encode(claims(exp=None), SECRET, algorithm="HS256"),
    "no issue": jwt.encode(claims(iat=None), SECRET, algorithm="HS256"),
    "expiry is text": jwt.encode(claims(exp="soon"), SECRET, algorithm="HS256"),
    "session is no id": jwt.encode(claims(sid="8"), SECRET, algorithm="HS256"),
    "chain is none": jwt.encode(claims(chn="doge"), SECRET, algorithm="HS256"),
    "of the future": jwt.encode(claims(iat=int(NOW_S) + 3_600), SECRET, algorithm="HS256"),
    "cut": issue()[:-2],
}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_is_not_ours_is_refused(name: str) -> None:
    """Other secrets and algorithms, missing and wrong claims, damage: the one named error."""
    with pytest.raises(NotSignedIn):
        KEY.read(FORGERIES[name], NOW_S)


@given(st.text(max_size=200))
def test_any_text_is_refused(token: str) -> None:
    """No text raises anything but the named error."""
    with pytest.raises(NotSignedIn):
        KEY.read(token, NOW_S)


def test_what_is_remembered_is_bounded() -> None:
    """However many tokens come by, only the last few thousand are kept, and all are still read."""
    key = TokenKey(SECRET)
    tokens = [
        key.issue(
            account_id=UUID(int=n),
            session_id=SESSION,
            address="a",
            chain="evm",
            now=NOW,
            good_for=DAY,
        )
        for n in range(4_200)
    ]
    for n, token in enumerate(tokens):
        assert key.read(token, NOW_S).account_id == UUID(int=n)
    assert len(key._verified) == 4_096
    assert key.read(tokens[0], NOW_S).account_id == UUID(int=0)


def test_a_short_secret_is_refused() -> None:
    """A secret that could be guessed stops the process at its start."""
    with pytest.raises(InvalidInput, match="EARNEST_JWT_SECRET"):
        TokenKey("short")


def test_a_generation_has_one_refresh_token() -> None:
    """The same generation gives the same text; another generation, session, salt or secret not."""
    token = KEY.refresh_token(SESSION, SALT, 3)
    assert token == TokenKey(SECRET).refresh_token(SESSION, SALT, 3)
    others = {
        KEY.refresh_token(SESSION, SALT, 4),
        KEY.refresh_token(ACCOUNT, SALT, 3),
        KEY.refresh_token(SESSION, SALT[::-1], 3),
        TokenKey(SECRET + "x").refresh_token(SESSION, SALT, 3),
    }
    macs = {text.rsplit(".", 1)[1] for text in {token, *others}}
    assert len(macs) == 5


def test_a_refresh_token_is_believed_only_whole() -> None:
    """Its parts are read, and its MAC holds for exactly its session, generation and salt."""
    parsed = parse_refresh_token(KEY.refresh_token(SESSION, SALT, 3))
    assert parsed is not None
    assert (parsed.session_id, parsed.generation) == (SESSION, 3)
    assert KEY.is_genuine(parsed, SALT)
    assert not KEY.is_genuine(parsed, SALT[::-1])
    raised = parse_refresh_token(KEY.refresh_token(SESSION, SALT, 3).replace(".3.", ".4."))
    assert raised is not None
    assert not KEY.is_genuine(raised, SALT)


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.b.c", f"{SESSION.hex}.03.{'A' * 43}", f"{SESSION.hex}.-1.{'A' * 43}",
     f"{SESSION.hex}.{'9' * 40}.{'A' * 43}", f"{SESSION}.1.{'A' * 43}", f"{SESSION.hex}.1.é"],
)  # fmt: skip
def test_what_is_no_refresh_token_is_none(text: str) -> None:
    """Other shapes are told before the database is asked."""
    assert parse_refresh_token(text) is None
