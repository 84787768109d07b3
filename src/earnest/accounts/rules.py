"""Rules of signing in: pure, the time is passed in."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from earnest.accounts.errors import (
    ChallengeExpired,
    ChallengeForAnotherWallet,
    ChallengeSpent,
    ChallengeUnknown,
)
from earnest.accounts.messages import STATEMENT, VERSION, SignInMessage
from earnest.kit.money import Chain
from earnest.kit.settings import Network

WALLETS_MAX = 20
SESSIONS_SHOWN_MAX = 100
NONCE_LENGTH = 22  # letters of base 62: 131 bits

REFRESH_GRACE = timedelta(seconds=30)
SESSION_IDLE_MAX = timedelta(days=14)
SESSION_AGE_MAX = timedelta(days=90)

LIMIT_WINDOW_S = 60
# Per wallet *and* client: a limit on the wallet alone would let anybody lock it out.
WALLET_HITS_MAX = 20
CLIENT_HITS_MAX = 120
# On one's own machine every wallet of a demo and of a load test has the same address.
CLIENT_HITS_MAX_LOCAL = 12_000

_CHAIN_IDS: dict[Network, dict[Chain, str]] = {
    Network.LOCAL: {Chain.SOLANA: "localnet", Chain.STACKS: "2147483648", Chain.EVM: "31337"},
    Network.DEVNET: {Chain.SOLANA: "devnet", Chain.STACKS: "2147483648", Chain.EVM: "11155111"},
    Network.TESTNET: {Chain.SOLANA: "testnet", Chain.STACKS: "2147483648", Chain.EVM: "11155111"},
    Network.MAINNET: {Chain.SOLANA: "mainnet", Chain.STACKS: "1", Chain.EVM: "1"},
}


class Site(msgspec.Struct, frozen=True):
    """Who asks for the signature, from configuration and never from a Host header.

    `domain` is host and port, `origin` scheme and domain.
    """

    domain: str
    origin: str
    network: Network

    def chain_id(self, chain: Chain) -> str:
        """The chain id as the chain's own wallets write it."""
        return _CHAIN_IDS[self.network][chain]


class StoredChallenge(msgspec.Struct, frozen=True):
    """What was kept of a challenge; its text is kept only as a hash."""

    chain: str
    identity: str
    expires_at: datetime
    spent_at: datetime | None


def make_message(
    site: Site, chain: Chain, address: str, nonce: str, now: datetime, good_for: timedelta
) -> SignInMessage:
    """A new message, in whole seconds."""
    issued_at = now.replace(microsecond=0)
    return SignInMessage(
        domain=site.domain,
        chain=chain,
        address=address,
        statement=STATEMENT,
        uri=site.origin,
        version=VERSION,
        chain_id=site.chain_id(chain),
        nonce=nonce,
        issued_at=issued_at,
        expires_at=issued_at + good_for,
    )


def check_message(
    message: SignInMessage,
    stored: StoredChallenge | None,
    *,
    site: Site,
    chain: Chain,
    identity: str,
    address: str,
    now: datetime,
) -> None:
    """Raises the first reason why a signature over `message` would prove nothing here.

    The text's hash was looked up, so the fields can only differ where the configuration or the
    caller's own claim has changed since; each is compared all the same.
    """
    if (message.chain, message.address) != (chain, address):
        raise ChallengeForAnotherWallet
    if (message.domain, message.uri) != (site.domain, site.origin):
        raise ChallengeUnknown
    if (message.version, message.statement) != (VERSION, STATEMENT):
        raise ChallengeUnknown
    if message.chain_id != site.chain_id(chain):
        raise ChallengeUnknown
    if stored is None or stored.expires_at != message.expires_at:
        raise ChallengeUnknown
    if (stored.chain, stored.identity) != (chain, identity):
        raise ChallengeForAnotherWallet
    if stored.spent_at is not None:
        raise ChallengeSpent
    if not message.issued_at <= now < stored.expires_at:
        raise ChallengeExpired(expires_at=message.expires_at)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session: live until `revoked_at` or `expires_at`. `generation` counts rotations."""

    id: UUID
    account_id: UUID
    chain: str
    address: str
    refresh_salt: bytes
    generation: int
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def live(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.revoked_at is None and now < self.expires_at


class Rotation(StrEnum):
    """What a presented refresh token leads to."""

    ROTATE = "rotate"  # the current one: its successor is made
    REPEAT = "repeat"  # the one just replaced: the same successor again
    ENDED = "ended"  # the session had ended before
    REUSED = "reused"  # an older one: somebody has a copy, so the session ends


def judge_refresh(session: Session, generation: int, now: datetime) -> Rotation:
    """What the genuine refresh token of `generation` leads to.

    The one just replaced stays good for `REFRESH_GRACE`, so that two tabs and a lost reply do
    no harm. One of the future means that the database was restored from an old copy: it cannot
    be judged, and ends the session too.
    """
    if not session.live(now):
        return Rotation.ENDED
    if generation == session.generation:
        return Rotation.ROTATE
    just_replaced = generation == session.generation - 1
    if just_replaced and now <= session.rotated_at + REFRESH_GRACE:
        return Rotation.REPEAT
    return Rotation.REUSED


def session_expiry(created_at: datetime, now: datetime) -> datetime:
    """When a session used now ends by itself: idle too long, or too old."""
    return min(now + SESSION_IDLE_MAX, created_at + SESSION_AGE_MAX)
