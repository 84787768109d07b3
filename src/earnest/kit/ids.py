"""Identifiers that cannot be guessed."""

import secrets
from uuid import UUID


def new_id() -> UUID:
    """128 random bits in the shape of a UUID.

    A version-4 UUID carries 122; pages of orders are open to whoever knows their id, so all
    128 are used and no version is claimed.
    """
    return UUID(bytes=secrets.token_bytes(16))
