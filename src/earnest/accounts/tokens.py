"""Tokens: the JWT of each request, and the refresh token in the cookie."""

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import msgspec

from earnest.accounts.errors import NotSignedIn
from earnest.kit.errors import InvalidInput
from earnest.kit.money import Chain

SECRET_LENGTH_MIN = 32
TOKEN_LENGTH_MAX = 1_000
CLOCK_SKEW_S = 60
_ALGORITHM = "HS256"
_VERIFIED_MAX = 4_096
# Times are compared with the clock that is passed in, so not by the library.
_OPTIONS: Any = {
    "require": ["iat", "exp", "sub", "sid", "adr", "chn"],
    "verify_exp": False,
    "verify_iat": False,
}


class Claims(msgspec.Struct, frozen=True):
    """What a genuine JWT says. Times in unix seconds."""

    account_id: UUID
    session_id: UUID
    address: str
    chain: str
    issued_at_s: int
    expires_at_s: int


class TokenKey:
    """Makes and reads JWTs (HS256) with one secret.

    Reading costs a MAC and two JSON parses; the last `_VERIFIED_MAX` tokens that were genuine
    are remembered, in order of arrival. Expiry is looked at every time.
    """

    def __init__(self, secret: str) -> None:
        if len(secret) < SECRET_LENGTH_MIN:
            raise InvalidInput(
                reason=f"EARNEST_JWT_SECRET needs at least {SECRET_LENGTH_MIN} letters."
            )
        self._secret = secret.encode()
        self._refresh_key = hmac.digest(self._secret, b"earnest refresh token", "sha256")
        self._verified: dict[str, Claims] = {}

    def issue(
        self,
        *,
        account_id: UUID,
        session_id: UUID,
        address: str,
        chain: str,
        now: datetime,
        good_for: timedelta,
    ) -> str:
        """A JWT for one session."""
        issued_at_s = int(now.timestamp())
        return jwt.encode(
            {
                "iat": issued_at_s,
                "exp": issued_at_s + int(good_for.total_seconds()),
                "sid": str(session_id),
                "sub": str(account_id),
                "adr": address,
                "chn": chain,
            },
            self._secret,
            algorithm=_ALGORITHM,
        )

    def read(self, token: str, now_s: float) -> Claims:
        """The claims of a genuine JWT that has not expired. Raises `NotSignedIn`."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._verified) >= _VERIFIED_MAX:
                self._verified.pop(next(iter(self._verified)))
            self._verified[token] = claims
        if now_s >= claims.expires_at_s:
            self._verified.pop(token, None)
            raise NotSignedIn(reason="the token has expired")
        if claims.issued_at_s > now_s + CLOCK_SKEW_S:
            raise NotSignedIn(reason="the token is of the future")
        return claims

    def _verify(self, token: str) -> Claims:
        if len(token) > TOKEN_LENGTH_MAX:
            raise NotSignedIn(reason="the token is too long")
        try:
            found = jwt.decode(token, self._secret, algorithms=[_ALGORITHM], options=_OPTIONS)
            return Claims(
                account_id=UUID(found["sub"]),
                session_id=UUID(found["sid"]),
                address=str(found["adr"]),
                chain=Chain(found["chn"]).value,
                issued_at_s=int(found["iat"]),
                expires_at_s=int(found["exp"]),
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise NotSignedIn(reason="the token is not genuine") from error

    def refresh_token(self, session_id: UUID, salt: bytes, generation: int) -> str:
        """The refresh token of one generation: always the same text.

        Derived and never stored, so the one just replaced can yield its successor again, and
        neither the database nor the secret alone is enough to make one.
        """
        mac = self._refresh_mac(session_id, salt, generation)
        return f"{session_id.hex}.{generation}.{_text(mac)}"

    def is_genuine(self, token: "RefreshToken", salt: bytes) -> bool:
        """Whether `token` was made for its session and generation."""
        mac = self._refresh_mac(token.session_id, salt, token.generation)
        return hmac.compare_digest(_text(mac), token.mac)

    def _refresh_mac(self, session_id: UUID, salt: bytes, generation: int) -> bytes:
        message = salt + session_id.bytes + generation.to_bytes(8, "big")
        return hmac.digest(self._refresh_key, message, hashlib.sha256)


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token as presented; nothing about it is believed yet."""

    session_id: UUID
    generation: int
    mac: str


_REFRESH_TOKEN = re.compile(r"([0-9a-f]{32})\.(0|[1-9][0-9]{0,8})\.([0-9A-Za-z_-]{43})")


def parse_refresh_token(text: str) -> RefreshToken | None:
    """The parts of a refresh token, or None where it has no such shape."""
    found = _REFRESH_TOKEN.fullmatch(text)
    if found is None:
        return None
    return RefreshToken(UUID(found[1]), int(found[2]), found[3])


def _text(mac: bytes) -> str:
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
