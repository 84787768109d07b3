"""Rate limits that all processes count together, and whose address a request came from.

A limit is a fixed window that begins with its first hit. Counting is one statement, so two
requests at once are two hits. Keys are stored hashed: the table is no list of visitors.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from earnest.kit.db import Connection, Database
from earnest.kit.errors import EarnestError, InvalidInput, Kind

SWEEP_ROWS_MAX = 10_000
# A person holds a whole /64 of IPv6; counting single addresses would count nothing.
_IPV6_PREFIX_BITS = 64
_PROXIES_READ_MAX = 20

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TooManyRequests(EarnestError):
    """That was asked too often. Ask again in {retry_after_s} s."""

    code = "too_many_requests"
    kind = Kind.TOO_MANY


async def hit(connection: Connection, key: str, limit: int, window_s: int) -> None:
    """Counts one request under `key`; raises `TooManyRequests` beyond `limit` per window.

    Use a connection outside the transaction of the work itself, or a refused request takes
    its hit back.
    """
    row = await connection.fetchrow(
        """
        INSERT INTO rate_limits AS found (key_hash, hits, ends_at)
        VALUES ($1, 1, clock_timestamp() + $3)
        ON CONFLICT (key_hash) DO UPDATE SET
          hits = CASE WHEN found.ends_at <= clock_timestamp() THEN 1
                      ELSE least(found.hits, $2) + 1 END,
          ends_at = CASE WHEN found.ends_at <= clock_timestamp() THEN excluded.ends_at
                         ELSE found.ends_at END
        RETURNING hits, greatest(1, ceil(extract(epoch FROM ends_at - clock_timestamp())))::int
                        AS retry_after_s
        """,
        hashlib.sha256(key.encode()).digest(),
        limit,
        timedelta(seconds=window_s),
    )
    if row is not None and row["hits"] > limit:
        raise TooManyRequests(retry_after_s=row["retry_after_s"])


async def limit_account(database: Database, what: str, account_id: UUID, *, most: int) -> None:
    """Counts what an account begins; raises `TooManyRequests` beyond `most` in a minute."""
    async with database.connection() as connection:
        await hit(connection, f"{what}:{account_id}", most, 60)


async def sweep_limits(connection: Connection) -> int:
    """Deletes windows that have ended, at most `SWEEP_ROWS_MAX`; returns how many."""
    tag = await connection.execute(
        # Asked twice: a window that begins anew meanwhile must stay.
        "DELETE FROM rate_limits WHERE ends_at < clock_timestamp() AND key_hash IN"
        " (SELECT key_hash FROM rate_limits WHERE ends_at < clock_timestamp()"
        " ORDER BY ends_at LIMIT $1)",
        SWEEP_ROWS_MAX,
    )
    return int(tag.rsplit(" ", 1)[-1])


def read_networks(text: str) -> list[Network]:
    """The networks of a comma-separated list such as `10.0.0.0/8, ::1`."""
    try:
        return [
            ipaddress.ip_network(part.strip(), strict=False)
            for part in text.split(",")
            if part.strip()
        ]
    except ValueError as error:
        raise InvalidInput(reason=f"EARNEST_TRUSTED_PROXIES: {error}.") from error


def client_address(peer: str, forwarded_for: str, trusted: Iterable[Network]) -> str:
    """Who a request came from, as one key: an IPv4 address or the /64 of an IPv6 one.

    `peer` is the other end of the socket. Only where that is a trusted proxy is
    `forwarded_for` (the X-Forwarded-For header) read, from the right, up to the first address
    that is no trusted proxy: whatever stands further left was written by the client itself.
    """
    trusted = list(trusted)
    address = _address(peer)
    if address is None:
        return "unknown"
    for part in reversed(forwarded_for.split(",")[-_PROXIES_READ_MAX:]):
        if not any(address in network for network in trusted):
            break
        further = _address(part.strip())
        if further is None:
            break
        address = further
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_PREFIX_BITS), strict=False))
    return str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
