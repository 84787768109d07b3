"""All SQL of accounts."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from earnest.accounts.rules import SESSIONS_SHOWN_MAX, WALLETS_MAX, Session, StoredChallenge
from earnest.accounts.wallets import Wallet
from earnest.kit.db import Connection

SWEEP_ROWS_MAX = 10_000

_SESSION = (
    "id, account_id, chain, address, refresh_salt, generation,"
    " created_at, rotated_at, expires_at, revoked_at"
)


class LinkedAddress(msgspec.Struct, frozen=True):
    """A wallet of an account, as its holder first wrote it."""

    chain: str
    address: str
    linked_at: datetime


def hash_challenge(challenge: str) -> bytes:
    """What is kept of a challenge."""
    return hashlib.sha256(challenge.encode()).digest()


async def add_challenge(
    connection: Connection, challenge: str, wallet: Wallet, expires_at: datetime
) -> None:
    """Keeps a challenge that was just issued."""
    await connection.execute(
        "INSERT INTO sign_in_challenges (challenge_hash, chain, identity, expires_at)"
        " VALUES ($1, $2, $3, $4)",
        hash_challenge(challenge),
        wallet.chain.value,
        wallet.identity,
        expires_at,
    )


async def find_challenge(connection: Connection, challenge: str) -> StoredChallenge | None:
    """What was kept of a challenge, or None when none with this text was issued."""
    row = await connection.fetchrow(
        "SELECT chain, identity, expires_at, spent_at FROM sign_in_challenges"
        " WHERE challenge_hash = $1",
        hash_challenge(challenge),
    )
    return StoredChallenge(*row) if row else None


async def spend_challenge(connection: Connection, challenge: str, now: datetime) -> bool:
    """Spends a challenge; false when it is spent or expired. Of two at once, one gets true."""
    spent = await connection.fetchval(
        "UPDATE sign_in_challenges SET spent_at = $2"
        " WHERE challenge_hash = $1 AND spent_at IS NULL AND expires_at > $2 RETURNING true",
        hash_challenge(challenge),
        now,
    )
    return bool(spent)


async def lock_wallet(connection: Connection, wallet: Wallet) -> None:
    """Holds the wallet to the end of the transaction, also where no account has it yet."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"earnest.wallet:{wallet.chain}:{wallet.identity}",
    )


async def lock_account(connection: Connection, account_id: UUID) -> None:
    """Holds the account's list of wallets to the end of the transaction."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"earnest.account:{account_id}"
    )


async def find_account(connection: Connection, wallet: Wallet) -> UUID | None:
    """The account that a wallet belongs to."""
    account_id: UUID | None = await connection.fetchval(
        "SELECT account_id FROM account_addresses WHERE chain = $1 AND identity = $2",
        wallet.chain.value,
        wallet.identity,
    )
    return account_id


async def find_accounts(connection: Connection, wallets: Collection[tuple[str, str]]) -> list[UUID]:
    """The accounts of wallets, each as (chain, identity); those without one are left out."""
    rows = await connection.fetch(
        "SELECT DISTINCT account_id FROM account_addresses"
        " WHERE (chain, identity) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
        [chain for chain, _ in wallets],
        [identity for _, identity in wallets],
    )
    return [row["account_id"] for row in rows]


async def add_account(connection: Connection, account_id: UUID, now: datetime) -> None:
    """A new account, as yet without a wallet."""
    await connection.execute(
        "INSERT INTO accounts (id, created_at) VALUES ($1, $2)", account_id, now
    )


async def add_address(
    connection: Connection, account_id: UUID, wallet: Wallet, now: datetime
) -> None:
    """Gives a wallet to an account. The wallet must be locked, and free."""
    await connection.execute(
        "INSERT INTO account_addresses (chain, identity, account_id, address, linked_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        wallet.chain.value,
        wallet.identity,
        account_id,
        wallet.address,
        now,
    )


async def list_addresses(connection: Connection, account_id: UUID) -> list[LinkedAddress]:
    """The wallets of an account, oldest first."""
    rows = await connection.fetch(
        "SELECT chain, address, linked_at FROM account_addresses"
        " WHERE account_id = $1 ORDER BY linked_at, chain, identity LIMIT $2",
        account_id,
        WALLETS_MAX,
    )
    return [LinkedAddress(*row) for row in rows]


async def find_account_created_at(connection: Connection, account_id: UUID) -> datetime | None:
    """When an account was opened, or None where there is none."""
    at: datetime | None = await connection.fetchval(
        "SELECT created_at FROM accounts WHERE id = $1", account_id
    )
    return at


async def add_session(connection: Connection, session: Session) -> None:
    """A new session."""
    await connection.execute(
        f"INSERT INTO sessions ({_SESSION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *msgspec.structs.astuple(session),
    )


async def find_session(connection: Connection, session_id: UUID) -> Session | None:
    """A session, locked by nobody: use it for what does not change, such as its salt."""
    row = await connection.fetchrow(f"SELECT {_SESSION} FROM sessions WHERE id = $1", session_id)
    return Session(**dict(row)) if row else None


async def lock_session(connection: Connection, session_id: UUID) -> Session | None:
    """A session, held to the end of the transaction."""
    row = await connection.fetchrow(
        f"SELECT {_SESSION} FROM sessions WHERE id = $1 FOR UPDATE", session_id
    )
    return Session(**dict(row)) if row else None


async def rotate_session(
    connection: Connection, session: Session, now: datetime, expires_at: datetime
) -> bool:
    """Moves a session to its next generation; false when it has moved or ended meanwhile."""
    moved = await connection.fetchval(
        "UPDATE sessions SET generation = generation + 1, rotated_at = $3, expires_at = $4"
        " WHERE id = $1 AND generation = $2 AND revoked_at IS NULL RETURNING true",
        session.id,
        session.generation,
        now,
        expires_at,
    )
    return bool(moved)


async def revoke_session(connection: Connection, session_id: UUID, reason: str) -> bool:
    """Ends a session; false when it had ended. The time is the database's: see `revoked_since`."""
    ended = await connection.fetchval(
        "UPDATE sessions SET revoked_at = clock_timestamp(), end_reason = $2"
        " WHERE id = $1 AND revoked_at IS NULL RETURNING true",
        session_id,
        reason,
    )
    return bool(ended)


async def revoked_since(connection: Connection, since_s: float) -> list[UUID]:
    """Every session revoked in the last `since_s` seconds, by the database's clock.

    One clock for writing and reading, so that servers whose clocks differ miss nothing.
    """
    rows = await connection.fetch(
        "SELECT id FROM sessions WHERE revoked_at > clock_timestamp() - make_interval(secs => $1)",
        since_s,
    )
    return [row["id"] for row in rows]


async def is_session_revoked(connection: Connection, session_id: UUID) -> bool:
    """Whether a session was revoked, or does not exist."""
    return bool(
        await connection.fetchval(
            "SELECT NOT EXISTS (SELECT FROM sessions WHERE id = $1 AND revoked_at IS NULL)",
            session_id,
        )
    )


async def list_sessions(connection: Connection, account_id: UUID, now: datetime) -> list[Session]:
    """The live sessions of an account, newest first."""
    rows = await connection.fetch(
        f"SELECT {_SESSION} FROM sessions WHERE account_id = $1"
        " AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC LIMIT $3",
        account_id,
        now,
        SESSIONS_SHOWN_MAX,
    )
    return [Session(**dict(row)) for row in rows]


async def sweep_challenges(connection: Connection, before: datetime) -> int:
    """Deletes challenges that expired before `before`; returns how many, at most a batch."""
    tag = await connection.execute(
        "DELETE FROM sign_in_challenges WHERE challenge_hash IN (SELECT challenge_hash"
        " FROM sign_in_challenges WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        SWEEP_ROWS_MAX,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def sweep_sessions(connection: Connection, before: datetime) -> int:
    """Deletes sessions that expired before `before`; returns how many, at most a batch."""
    tag = await connection.execute(
        "DELETE FROM sessions WHERE id IN"
        " (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        SWEEP_ROWS_MAX,
    )
    return int(tag.rsplit(" ", 1)[-1])
