"""Routes of sign-in and of one's own account, and who a request speaks for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Litestar, Request, Response, delete, get, post
from litestar.datastructures import CacheControlHeader, Cookie
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import SecurityScheme
from litestar.params import FromPath, JSONBody

from earnest.accounts import wallets
from earnest.accounts.errors import NotSignedIn, OperatorOnly, OriginNotAllowed
from earnest.accounts.messages import MESSAGE_LENGTH_MAX
from earnest.accounts.service import Accounts, Principal, SignedIn, User
from earnest.kit.limits import client_address
from earnest.kit.money import Chain
from earnest.kit.problems import answers
from earnest.kit.wire import Body, Page, Wire

COOKIE = "__Host-earnest_session"
BEARER = "bearerAuth"
SESSION_COOKIE = "sessionCookie"
SECURITY: list[dict[str, list[str]]] = [{BEARER: []}]
SECURITY_SCHEMES = {
    BEARER: SecurityScheme(
        type="http",
        scheme="bearer",
        bearer_format="JWT",
        description="The token that `POST /api/auth/verify` gave.",
    ),
    SESSION_COOKIE: SecurityScheme(
        type="apiKey",
        name=COOKIE,
        security_scheme_in="cookie",
        description="Set by the server, out of reach of scripts; needs the site's own Origin.",
    ),
}
_NO_STORE = {"Cache-Control": "no-store"}


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Gives the application its `state.accounts`, and keeps it informed of ended sessions.

    Needs `state.settings`, `state.database` (role `api`) and `state.clock`.
    """
    accounts = Accounts(app.state.settings, app.state.database, app.state.clock)
    app.state.accounts = accounts
    reading = asyncio.create_task(accounts.revoked.keep_reading(), name="revoked-sessions")
    try:
        yield
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


def accounts_of(request: Request[Any, Any, Any]) -> Accounts:
    """The accounts of the application that serves a request."""
    accounts: Accounts = request.app.state.accounts
    return accounts


def client_of(request: Request[Any, Any, Any]) -> str:
    """Where a request came from, as a key to count by; see `kit.limits.client_address`."""
    return client_address(
        request.client.host if request.client else "",
        ",".join(request.headers.getall("x-forwarded-for", [])),
        accounts_of(request).trusted_proxies,
    )


CurrentPrincipal = NamedDependency[Principal]
"""How a handler declares its `principal`, provided by one of the two functions below."""


async def require_principal(request: Request[Any, Any, Any]) -> Principal:
    """Who the bearer token speaks for. Raises `NotSignedIn` or `SessionEnded` (401)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn(reason="the request carries no bearer token")
    return await accounts_of(request).authenticate(token.strip())


async def require_operator(request: Request[Any, Any, Any]) -> Principal:
    """As `require_principal`; raises `OperatorOnly` (403) for anybody else."""
    principal = await require_principal(request)
    if not principal.operator:
        raise OperatorOnly
    return principal


def _plain(length_max: int, description: str) -> Any:
    return msgspec.Meta(min_length=1, max_length=length_max, description=description)


Address = Annotated[
    str, _plain(wallets.ADDRESS_LENGTH_MAX, "A wallet's address; its form tells the chain.")
]
Signature = Annotated[
    str,
    _plain(
        wallets.SIGNATURE_LENGTH_MAX,
        "Solana: base58 or base64. Stacks: 65 bytes in hex, RSV or VRS. EVM: 65 bytes in hex.",
    ),
]
ChallengeText = Annotated[str, _plain(MESSAGE_LENGTH_MAX, "The challenge, letter for letter.")]


class Role(StrEnum):
    """What an account may do here."""

    MEMBER = "member"
    OPERATOR = "operator"


class ChallengeBody(Body, frozen=True):
    """Whose challenge is asked for."""

    address: Address


class ChallengeAnswer(Wire, frozen=True):
    """A CAIP-122 message to sign; `expiresAt` in unix seconds."""

    challenge: str
    expires_at: int


class ProofBody(Body, frozen=True):
    """A signed challenge."""

    address: Address
    signature: Signature
    challenge: ChallengeText


class AddressAnswer(Wire, frozen=True):
    """A wallet of the account."""

    chain: Chain
    address: str
    linked_at: datetime


class UserAnswer(Wire, frozen=True):
    """The account; `address` and `chain` are those of this session's wallet."""

    id: UUID
    role: Role
    address: str
    chain: Chain
    addresses: list[AddressAnswer]
    created_at: datetime


class SignedInAnswer(Wire, frozen=True):
    """`token` is for memory only: a reloaded page asks `POST /api/auth/refresh`."""

    token: str
    user: UserAnswer


class SessionAnswer(Wire, frozen=True):
    """A session that is signed in."""

    id: UUID
    chain: Chain
    address: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    current: bool


def _show_user(user: User) -> UserAnswer:
    return UserAnswer(
        id=user.id,
        role=Role.OPERATOR if user.operator else Role.MEMBER,
        address=user.address,
        chain=Chain(user.chain),
        addresses=[
            AddressAnswer(chain=Chain(a.chain), address=a.address, linked_at=a.linked_at)
            for a in user.addresses
        ],
        created_at=user.created_at,
    )


def _session_cookie(value: str, age_max_s: int) -> Cookie:
    # Always with the prefix, so always Secure. Chromium and Firefox take such a cookie over
    # plain http on loopback too; Safari does not, and there a reload means signing in again.
    return Cookie(
        key=COOKIE,
        value=value,
        path="/",
        max_age=age_max_s,
        secure=True,
        httponly=True,
        samesite="strict",
    )


def _answer_signed_in(signed_in: SignedIn, now: datetime) -> Response[SignedInAnswer]:
    age_max_s = max(0, int((signed_in.refresh_until - now).total_seconds()))
    return Response(
        SignedInAnswer(token=signed_in.token, user=_show_user(signed_in.user)),
        status_code=200,
        headers=_NO_STORE,
        cookies=[_session_cookie(signed_in.refresh_token, age_max_s)],
    )


def _check_origin(request: Request[Any, Any, Any], *, needed: bool) -> None:
    """Raises `OriginNotAllowed` for a page of another site, and for none where one is needed.

    What acts on the cookie needs the header, which browsers send with every POST; what carries
    its own proof works without a browser too.
    """
    origin = request.headers.get("origin")
    if origin is None and not needed:
        return
    if origin != accounts_of(request).site.origin:
        raise OriginNotAllowed


_WITH_PRINCIPAL = {"principal": Provide(require_principal)}


class AuthController(Controller):
    """Signing in and out by a wallet's signature."""

    path = "/api/auth"
    tags = ("auth",)

    @post(
        "/challenge", summary="Ask for a text to sign", responses=answers(400, 413, 415, 429, 503)
    )
    async def challenge(
        self, request: Request[Any, Any, Any], data: JSONBody[ChallengeBody]
    ) -> Response[ChallengeAnswer]:
        """Good for 5 minutes and for one verify."""
        challenge = await accounts_of(request).issue_challenge(data.address, client_of(request))
        return Response(
            ChallengeAnswer(
                challenge=challenge.text, expires_at=int(challenge.expires_at.timestamp())
            ),
            status_code=201,
            headers=_NO_STORE,
        )

    @post(
        "/verify",
        status_code=200,
        summary="Sign in with a signed challenge",
        responses=answers(400, 401, 403, 413, 415, 429, 503),
    )
    async def verify(
        self, request: Request[Any, Any, Any], data: JSONBody[ProofBody]
    ) -> Response[SignedInAnswer]:
        """Opens a session, and an account at the wallet's first sight."""
        _check_origin(request, needed=False)
        accounts = accounts_of(request)
        signed_in = await accounts.sign_in(
            data.address, data.signature, data.challenge, client_of(request)
        )
        return _answer_signed_in(signed_in, accounts.clock.now())

    @post(
        "/refresh",
        status_code=200,
        summary="Go on with the session of the cookie",
        security=[{SESSION_COOKIE: []}],
        responses=answers(401, 403, 429, 503),
    )
    async def refresh(self, request: Request[Any, Any, Any]) -> Response[SignedInAnswer]:
        """A new token, and the cookie's successor. An outdated cookie ends the session."""
        _check_origin(request, needed=True)
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise NotSignedIn(reason="the request carries no session cookie")
        accounts = accounts_of(request)
        signed_in = await accounts.refresh(cookie, client_of(request))
        return _answer_signed_in(signed_in, accounts.clock.now())

    @post(
        "/logout",
        status_code=204,
        summary="Sign out",
        security=[{BEARER: []}, {SESSION_COOKIE: []}],
        responses=answers(401, 403, 503),
        response_cookies=[_session_cookie("", 0)],
        cache_control=CacheControlHeader(no_store=True),
    )
    async def logout(self, request: Request[Any, Any, Any]) -> None:
        """Ends the session of the bearer token, or else that of the cookie."""
        accounts = accounts_of(request)
        if "authorization" in request.headers:
            principal = await require_principal(request)
            await accounts.sign_out(principal.session_id)
        else:
            _check_origin(request, needed=True)
            await accounts.sign_out_by_cookie(request.cookies.get(COOKIE, ""))


class MeController(Controller):
    """One's own account."""

    path = "/api/me"
    tags = ("me",)
    dependencies = _WITH_PRINCIPAL
    security = SECURITY

    @get("/", summary="My account", responses=answers(401, 503))
    async def show(
        self, request: Request[Any, Any, Any], principal: CurrentPrincipal
    ) -> UserAnswer:
        """The account with its wallets."""
        return _show_user(await accounts_of(request).show_user(principal))

    @post(
        "/addresses",
        summary="Link another wallet",
        responses=answers(400, 401, 403, 409, 413, 415, 429, 503),
    )
    async def link(
        self,
        request: Request[Any, Any, Any],
        principal: CurrentPrincipal,
        data: JSONBody[ProofBody],
    ) -> UserAnswer:
        """Takes a challenge signed by that wallet. A wallet belongs to one account."""
        user = await accounts_of(request).link_wallet(
            principal, data.address, data.signature, data.challenge, client_of(request)
        )
        return _show_user(user)

    @get("/sessions", summary="Where I am signed in", responses=answers(401, 503))
    async def sessions(
        self, request: Request[Any, Any, Any], principal: CurrentPrincipal
    ) -> Page[SessionAnswer]:
        """The newest hundred sessions."""
        found = await accounts_of(request).list_sessions(principal)
        return Page(
            items=[
                SessionAnswer(
                    id=session.id,
                    chain=Chain(session.chain),
                    address=session.address,
                    created_at=session.created_at,
                    refreshed_at=session.rotated_at,
                    expires_at=session.expires_at,
                    current=session.id == principal.session_id,
                )
                for session in found
            ]
        )

    @delete(
        "/sessions/{session_id:uuid}",
        summary="Sign out elsewhere",
        responses=answers(400, 401, 404, 503),
    )
    async def close_session(
        self,
        request: Request[Any, Any, Any],
        principal: CurrentPrincipal,
        session_id: FromPath[UUID],
    ) -> None:
        """Ends one of the account's sessions."""
        await accounts_of(request).close_session(principal, session_id)


ROUTES = [AuthController, MeController]
