"""An application with the routes of accounts on a real database, and wallets that sign."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import coincurve
import httpx
import msgspec
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from solders.keypair import Keypair

from earnest import accounts
from earnest.accounts import Accounts, CurrentPrincipal
from earnest.chains.stacks import AddressVersion, StacksAddress, hash_message
from earnest.chains.stacks.address import hash160
from earnest.kit.clock import FixedClock
from earnest.kit.db import Database
from earnest.kit.errors import EarnestError
from earnest.kit.problems import (
    on_earnest_error,
    on_http_exception,
    on_unhandled,
    on_validation_error,
)
from earnest.kit.settings import Network, Settings
from tests.conftest import Databases

ORIGIN = "https://earnest.example"
COOKIE = "__Host-earnest_session"


class SigningWallet(Protocol):
    """A wallet of a test: an address, and a signature over any text."""

    address: str

    def sign(self, text: str) -> str: ...


class SolanaWallet:
    """A fresh Solana key."""

    def __init__(self) -> None:
        self.key = Keypair()
        self.address = str(self.key.pubkey())

    def sign(self, text: str) -> str:
        """In base58."""
        return str(self.key.sign_message(text.encode()))


class StacksWallet:
    """A fresh Stacks key, on the test network unless told."""

    def __init__(self, version: AddressVersion = AddressVersion.TESTNET_SINGLE_SIG) -> None:
        self.key = coincurve.PrivateKey()
        self.address = self.address_of(version)

    def address_of(self, version: AddressVersion) -> str:
        """The key's address under another version."""
        return str(StacksAddress(version, hash160(self.key.public_key.format())))

    def sign(self, text: str) -> str:
        """As RSV in hex."""
        return self.key.sign_recoverable(hash_message(text), hasher=None).hex()


class EvmWallet:
    """A fresh EVM key."""

    def __init__(self) -> None:
        self.account = Account.create()
        self.address = str(self.account.address)

    def sign(self, text: str) -> str:
        """As `personal_sign` gives it."""
        return "0x" + bytes(self.account.sign_message(encode_defunct(text=text)).signature).hex()


@dataclass
class Site:
    """One API process: its application, and a browser without a cookie jar."""

    accounts: Accounts
    database: Database
    clock: FixedClock
    http: httpx.AsyncClient

    async def challenge(self, address: str) -> str:
        """A challenge for an address."""
        answer = await self.http.post("/api/auth/challenge", json={"address": address})
        assert answer.status_code == 201, answer.text
        text: str = answer.json()["challenge"]
        return text

    async def proof(self, wallet: SigningWallet) -> dict[str, str]:
        """A signed challenge, as the body of a request."""
        text = await self.challenge(wallet.address)
        return {"address": wallet.address, "signature": wallet.sign(text), "challenge": text}

    async def sign_in(self, wallet: SigningWallet) -> tuple[str, str, dict[str, Any]]:
        """(token, cookie, user) of a new session."""
        answer = await self.http.post("/api/auth/verify", json=await self.proof(wallet))
        assert answer.status_code == 200, answer.text
        return answer.json()["token"], answer.cookies[COOKIE], answer.json()["user"]

    async def refresh(self, cookie: str | None, origin: str | None = ORIGIN) -> httpx.Response:
        """What `POST /api/auth/refresh` answers."""
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie is not None else {}
        if origin is not None:
            headers["Origin"] = origin
        return await self.http.post("/api/auth/refresh", headers=headers)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def cookie_of(answer: httpx.Response) -> str:
    """The refresh token that an answer sets."""
    return answer.cookies[COOKIE]


@get("/whoami", dependencies={"principal": Provide(accounts.require_principal)})
async def whoami(principal: CurrentPrincipal) -> dict[str, object]:
    """A route of another domain that needs a principal."""
    return msgspec.structs.asdict(principal)


@get("/operate", dependencies={"principal": Provide(accounts.require_operator)})
async def operate(principal: CurrentPrincipal) -> str:
    """A route of another domain for operators."""
    return principal.address


SETTINGS = Settings(
    network=Network.LOCAL, public_url=ORIGIN, jwt_secret="a test's secret of thirty-two letters"
)
MakeSite = Callable[..., Any]


@pytest.fixture
async def make_site(databases: Databases) -> AsyncIterator[MakeSite]:
    """Makes API processes on one database; keyword arguments change the settings."""
    async with AsyncExitStack() as stack:

        async def make(**changes: object) -> Site:
            database = await Database.connect(databases.url("api"), application="test api")
            stack.push_async_callback(database.close)
            clock = FixedClock(datetime.now(UTC))
            app = Litestar(
                route_handlers=[*accounts.ROUTES, whoami, operate],
                state=State(
                    {
                        "settings": msgspec.structs.replace(SETTINGS, **changes),
                        "database": database,
                        "clock": clock,
                    }
                ),
                exception_handlers={
                    EarnestError: on_earnest_error,
                    ValidationException: on_validation_error,
                    HTTPException: on_http_exception,
                    Exception: on_unhandled,
                },
                openapi_config=None,
            )
            # Not app.lifespan(): its cancel scope must be left by the task that entered it, and
            # a fixture is torn down in another.
            await stack.enter_async_context(accounts.lifespan(app))
            http = await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(cast(Any, app), client=("203.0.113.7", 4_000)),
                    base_url=ORIGIN,
                    cookies=_NoCookies(),
                )
            )
            return Site(app.state.accounts, database, clock, http)

        yield make


class _NoCookies(httpx.Cookies):
    """A jar that keeps nothing: each request of a test says which cookie it sends."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keeps nothing."""


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    """One API process."""
    made: Site = await make_site()
    return made
