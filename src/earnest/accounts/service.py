"""Signing in, staying signed in, signing out, and the wallets of an account."""

import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import structlog

from earnest.accounts import rules, store
from earnest.accounts.errors import (
    ChallengeSpent,
    NotSignedIn,
    ProofRefused,
    SessionEnded,
    SessionUnknown,
    SignatureNotOfWallet,
    TooManyWallets,
    WalletNotProven,
    WalletOfAnotherAccount,
)
from earnest.accounts.messages import parse_message
from earnest.accounts.revoked import RevokedSessions
from earnest.accounts.rules import Rotation, Session, Site
from earnest.accounts.tokens import TokenKey, parse_refresh_token
from earnest.accounts.wallets import Wallet, parse_wallet, proves
from earnest.kit.clock import Clock
from earnest.kit.db import Connection, Database
from earnest.kit.errors import InvalidInput
from earnest.kit.events import append_event
from earnest.kit.ids import new_id
from earnest.kit.limits import hit, read_networks
from earnest.kit.settings import Network, Settings

log = structlog.get_logger(__name__)

_OPERATOR_ANSWERS_MAX = 4_096
_NONCE_LETTERS = string.ascii_letters + string.digits


class Principal(msgspec.Struct, frozen=True):
    """Who makes a request: an account, by one of its wallets, in one session.

    `address` is the wallet that signed in, as it was written then. `operator` holds only while
    that very wallet is listed in the configuration: linking one lends no rights.
    """

    account_id: UUID
    address: str
    chain: str
    session_id: UUID
    operator: bool


class User(msgspec.Struct, frozen=True):
    """An account as its holder sees it."""

    id: UUID
    operator: bool
    address: str
    chain: str
    addresses: list[store.LinkedAddress]
    created_at: datetime


class SignedIn(msgspec.Struct, frozen=True):
    """What a browser is given: the JWT for its memory, the refresh token for its cookie."""

    token: str
    refresh_token: str
    refresh_until: datetime
    user: User


class Challenge(msgspec.Struct, frozen=True):
    """A text to sign, and until when."""

    text: str
    expires_at: datetime


def read_site(settings: Settings) -> Site:
    """The site of the configuration. Raises `InvalidInput` where its address is none."""
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(reason="EARNEST_PUBLIC_URL is not an http or https address.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = 443 if parts.scheme == "https" else 80
    domain = host if parts.port in (None, usual) else f"{host}:{parts.port}"
    return Site(domain=domain, origin=f"{parts.scheme}://{domain}", network=settings.network)


def read_operators(addresses: str) -> frozenset[tuple[str, str]]:
    """(chain, identity) of each wallet in a comma-separated list."""
    wallets: Iterable[Wallet] = (parse_wallet(a.strip()) for a in addresses.split(",") if a.strip())
    return frozenset((wallet.chain.value, wallet.identity) for wallet in wallets)


async def find_operators(database: Database, settings: Settings) -> list[UUID]:
    """The accounts that operators signed in with so far."""
    async with database.connection() as connection:
        return await store.find_accounts(connection, read_operators(settings.operator_addresses))


class Accounts:
    """The accounts of one process. Make one per application and run `revoked.keep_reading`."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        settings.need("jwt_secret")
        self.site = read_site(settings)
        self.trusted_proxies = read_networks(settings.trusted_proxies)
        self.clock = clock
        self.revoked = RevokedSessions(database, token_life_s=settings.session_ttl_s)
        self._database = database
        self._tokens = TokenKey(settings.jwt_secret)
        self._operators = read_operators(settings.operator_addresses)
        self._is_operator = lru_cache(maxsize=_OPERATOR_ANSWERS_MAX)(self._judge_operator)
        self._token_life = timedelta(seconds=settings.session_ttl_s)
        self._challenge_life = timedelta(seconds=settings.challenge_ttl_s)
        self._client_hits_max = (
            rules.CLIENT_HITS_MAX_LOCAL
            if settings.network is Network.LOCAL
            else rules.CLIENT_HITS_MAX
        )

    # Requests

    async def authenticate(self, token: str) -> Principal:
        """Who a bearer token speaks for, without asking the database while the cache is fresh.

        Raises `NotSignedIn`, `SessionEnded`, or `DatabaseUnavailable` (see `RevokedSessions`).
        """
        claims = self._tokens.read(token, self.clock.now().timestamp())
        if await self.revoked.is_revoked(claims.session_id):
            raise SessionEnded
        return Principal(
            account_id=claims.account_id,
            address=claims.address,
            chain=claims.chain,
            session_id=claims.session_id,
            operator=self._is_operator(claims.address),
        )

    def _judge_operator(self, address: str) -> bool:
        if not self._operators:
            return False
        wallet = parse_wallet(address)
        return (wallet.chain.value, wallet.identity) in self._operators

    # Signing in

    async def issue_challenge(self, address: str, client: str) -> Challenge:
        """A new text for the wallet of `address`; `client` is where the request came from."""
        wallet = parse_wallet(address)
        now = self.clock.now()
        nonce = "".join(secrets.choice(_NONCE_LETTERS) for _ in range(rules.NONCE_LENGTH))
        message = rules.make_message(
            self.site, wallet.chain, wallet.address, nonce, now, self._challenge_life
        )
        text = message.render()
        async with self._database.connection() as connection:
            await self._count(connection, "challenge", wallet, client)
            await store.add_challenge(connection, text, wallet, message.expires_at)
        return Challenge(text, message.expires_at)

    async def sign_in(self, address: str, signature: str, challenge: str, client: str) -> SignedIn:
        """Opens a session for a proven wallet, and an account at its first sight.

        Raises `ProofRefused` and its kinds, `SignatureMalformed`, `ChallengeMalformed`,
        `InvalidWalletAddress`, `TooManyRequests`.
        """
        wallet = parse_wallet(address)
        await self._check_proof(wallet, signature, challenge, client)
        now = self.clock.now()
        async with self._database.db_tx() as db_tx:
            await self._spend(db_tx, challenge, now)
            await store.lock_wallet(db_tx, wallet)
            account_id = await store.find_account(db_tx, wallet)
            if account_id is None:
                account_id = new_id()
                await store.add_account(db_tx, account_id, now)
                await store.add_address(db_tx, account_id, wallet, now)
                await append_event(
                    db_tx,
                    "account_opened",
                    f"account:{account_id}",
                    {"chain": wallet.chain, "address": wallet.address},
                )
            session = Session(
                id=new_id(),
                account_id=account_id,
                chain=wallet.chain.value,
                address=wallet.address,
                refresh_salt=secrets.token_bytes(32),
                generation=0,
                created_at=now,
                rotated_at=now,
                expires_at=rules.session_expiry(now, now),
                revoked_at=None,
            )
            await store.add_session(db_tx, session)
            return await self._signed_in(db_tx, session, 0, session.expires_at, now)

    async def _check_proof(
        self, wallet: Wallet, signature: str, challenge: str, client: str
    ) -> None:
        """Raises unless `signature` proves `wallet` over a challenge that is good now.

        Nothing is spent here. A challenge is known only to whoever asked for it, 131 bits of it
        are random, and trying signatures is hopeless; so a wrong signature leaves it as it is,
        and nobody can burn another's. It is spent where the proof takes effect, in the same
        transaction: of two requests with the same sound proof exactly one goes through.
        """
        message = parse_message(challenge)
        async with self._database.connection() as connection:
            await self._count(connection, "verify", wallet, client)
            stored = await store.find_challenge(connection, challenge)
        rules.check_message(
            message,
            stored,
            site=self.site,
            chain=wallet.chain,
            identity=wallet.identity,
            address=wallet.address,
            now=self.clock.now(),
        )
        if not proves(wallet, challenge, signature):
            raise SignatureNotOfWallet

    async def _spend(self, db_tx: Connection, challenge: str, now: datetime) -> None:
        if not await store.spend_challenge(db_tx, challenge, now):
            raise ChallengeSpent

    async def _count(self, connection: Connection, what: str, wallet: Wallet, client: str) -> None:
        await hit(
            connection, f"accounts:{what}:{client}", self._client_hits_max, rules.LIMIT_WINDOW_S
        )
        await hit(
            connection,
            f"accounts:{what}:{client}:{wallet.chain}:{wallet.identity}",
            rules.WALLET_HITS_MAX,
            rules.LIMIT_WINDOW_S,
        )

    async def _signed_in(
        self,
        connection: Connection,
        session: Session,
        generation: int,
        expires_at: datetime,
        now: datetime,
    ) -> SignedIn:
        token = self._tokens.issue(
            account_id=session.account_id,
            session_id=session.id,
            address=session.address,
            chain=session.chain,
            now=now,
            good_for=min(self._token_life, expires_at - now),
        )
        return SignedIn(
            token=token,
            refresh_token=self._tokens.refresh_token(session.id, session.refresh_salt, generation),
            refresh_until=expires_at,
            user=await self._load_user(
                connection, session.account_id, session.chain, session.address
            ),
        )

    # Staying signed in

    async def refresh(self, refresh_token: str, client: str) -> SignedIn:
        """A new JWT and the next refresh token; see `rules.judge_refresh` for the cases.

        Raises `NotSignedIn` (not genuine: nothing happens), `SessionEnded`, `TooManyRequests`.
        """
        presented = parse_refresh_token(refresh_token)
        if presented is None:
            raise NotSignedIn(reason="the session cookie is not genuine")
        now = self.clock.now()
        async with self._database.connection() as connection:
            await hit(
                connection,
                f"accounts:refresh:{client}",
                self._client_hits_max,
                rules.LIMIT_WINDOW_S,
            )
        async with self._database.db_tx() as db_tx:
            session = await store.lock_session(db_tx, presented.session_id)
            if session is None or not self._tokens.is_genuine(presented, session.refresh_salt):
                raise NotSignedIn(reason="the session cookie is not genuine")
            verdict = rules.judge_refresh(session, presented.generation, now)
            if verdict is Rotation.ROTATE:
                expires_at = rules.session_expiry(session.created_at, now)
                if not await store.rotate_session(db_tx, session, now, expires_at):
                    raise SessionEnded
                generation = session.generation + 1
                return await self._signed_in(db_tx, session, generation, expires_at, now)
            if verdict is Rotation.REPEAT:
                return await self._signed_in(
                    db_tx, session, session.generation, session.expires_at, now
                )
            if verdict is Rotation.REUSED:
                await store.revoke_session(db_tx, session.id, "token_reused")
        # The revocation is committed by now; raised inside, the error would have undone it.
        if verdict is Rotation.REUSED:
            self.revoked.add(session.id)
            log.warning("refresh_token_reused", session_id=str(session.id))
        raise SessionEnded

    # Signing out

    async def sign_out(self, session_id: UUID) -> None:
        """Ends a session; one that has ended stays so."""
        async with self._database.connection() as connection:
            await store.revoke_session(connection, session_id, "signed_out")
        self.revoked.add(session_id)

    async def sign_out_by_cookie(self, refresh_token: str) -> None:
        """Ends the session of a genuine refresh token of any generation; else `NotSignedIn`."""
        presented = parse_refresh_token(refresh_token)
        if presented is not None:
            async with self._database.connection() as connection:
                session = await store.find_session(connection, presented.session_id)
            if session is not None and self._tokens.is_genuine(presented, session.refresh_salt):
                await self.sign_out(session.id)
                return
        raise NotSignedIn(reason="the session cookie is not genuine")

    async def list_sessions(self, principal: Principal) -> list[Session]:
        """The account's live sessions, newest first."""
        async with self._database.connection() as connection:
            return await store.list_sessions(connection, principal.account_id, self.clock.now())

    async def close_session(self, principal: Principal, session_id: UUID) -> None:
        """Ends one of the account's sessions. Raises `SessionUnknown` for any other."""
        async with self._database.connection() as connection:
            session = await store.find_session(connection, session_id)
            if session is None or session.account_id != principal.account_id:
                raise SessionUnknown
            await store.revoke_session(connection, session_id, "closed_by_owner")
        self.revoked.add(session_id)

    # The account

    async def show_user(self, principal: Principal) -> User:
        """The account of a request."""
        async with self._database.connection() as connection:
            return await self._load_user(
                connection, principal.account_id, principal.chain, principal.address
            )

    async def _load_user(
        self, connection: Connection, account_id: UUID, chain: str, address: str
    ) -> User:
        created_at = await store.find_account_created_at(connection, account_id)
        if created_at is None:
            raise SessionEnded
        return User(
            id=account_id,
            operator=self._is_operator(address),
            address=address,
            chain=chain,
            addresses=await store.list_addresses(connection, account_id),
            created_at=created_at,
        )

    async def link_wallet(
        self, principal: Principal, address: str, signature: str, challenge: str, client: str
    ) -> User:
        """Gives a proven wallet to the account of a request.

        The same challenge serves as for signing in, because whoever holds a signed one could
        open an account with that wallet and link their own to it: a second kind would guard
        nothing. Linking again what is linked changes nothing. Raises `WalletNotProven`,
        `WalletOfAnotherAccount`, `TooManyWallets`, and what `sign_in` raises of malformed input.
        """
        wallet = parse_wallet(address)
        account_id = principal.account_id
        try:
            await self._check_proof(wallet, signature, challenge, client)
            now = self.clock.now()
            async with self._database.db_tx() as db_tx:
                await self._spend(db_tx, challenge, now)
                await store.lock_account(db_tx, account_id)
                await store.lock_wallet(db_tx, wallet)
                holder = await store.find_account(db_tx, wallet)
                if holder is None:
                    if len(await store.list_addresses(db_tx, account_id)) >= rules.WALLETS_MAX:
                        raise TooManyWallets(most=rules.WALLETS_MAX)
                    await store.add_address(db_tx, account_id, wallet, now)
                    await append_event(
                        db_tx,
                        "wallet_linked",
                        f"account:{account_id}",
                        {"chain": wallet.chain, "address": wallet.address},
                    )
                elif holder != account_id:
                    raise WalletOfAnotherAccount
                return await self._load_user(db_tx, account_id, principal.chain, principal.address)
        except ProofRefused as refused:
            # Not 401: the caller's own session is sound, and a page must not sign them out.
            raise WalletNotProven(reason=str(refused), because=refused.code) from refused
