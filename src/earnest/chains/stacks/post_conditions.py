"""Post-conditions as bytes and back (SIP-005, "Post-conditions").

A post-condition states what an account lets leave, in one asset. A node that finds it broken undoes
the whole chain_tx and keeps the fee; so does a wallet that simulates first. In deny mode whatever
moves without one breaks it, too.

The two kinds that money needs are here, STX and fungible tokens; the third, single items, is not.
"""

from enum import IntEnum

import msgspec

from earnest.chains.stacks.clarity import NAME_LENGTH_MAX, NotClarity, Principal

AMOUNT_MAX = 2**64 - 1

_STX, _FUNGIBLE = 0, 1
_ORIGIN, _STANDARD, _CONTRACT = 1, 2, 3
_HASH_BYTES = 20
_AMOUNT_BYTES = 8


class Condition(IntEnum):
    """How what left compares with the amount. The value is the byte on the wire."""

    EQUAL = 1
    GREATER = 2
    GREATER_OR_EQUAL = 3
    LESS = 4
    LESS_OR_EQUAL = 5

    @property
    def sign(self) -> str:
        """`=`, `>`, `≥`, `<` or `≤`."""
        return "=>≥<≤"[self - 1]


class NoPostCondition(ValueError):
    """The bytes are no post-condition on STX or a token, or it states what none can state."""


class TokenAsset(msgspec.Struct, frozen=True):
    """A fungible asset: the contract that defines it, and its name in there."""

    contract: Principal
    name: str

    def __post_init__(self) -> None:
        if self.contract.contract is None:
            raise NoPostCondition(f"{self.contract} is no contract")
        if not 0 < len(self.name) <= NAME_LENGTH_MAX or not self.name.isascii():
            raise NoPostCondition(f"{self.name[:60]!r} is no name of an asset")

    def __str__(self) -> str:
        return f"{self.contract}::{self.name}"


class PostCondition(msgspec.Struct, frozen=True):
    """`principal` lets go of an amount of `asset`, which is STX where it is None.

    `amount_minor` is in the asset's smallest units. `principal` None is whoever signs.
    """

    principal: Principal | None
    condition: Condition
    amount_minor: int
    asset: TokenAsset | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.amount_minor <= AMOUNT_MAX:
            raise NoPostCondition(f"{self.amount_minor} does not fit in a post-condition")

    def __str__(self) -> str:
        who = "whoever signs" if self.principal is None else str(self.principal)
        asset = "STX" if self.asset is None else str(self.asset)
        unit = "µSTX" if self.asset is None else asset
        return f"{who} sends {self.condition.sign} {self.amount_minor} {unit}"


def encode_post_condition(condition: PostCondition) -> bytes:
    """The bytes of a post-condition, as they stand in a chain_tx."""
    asset = condition.asset
    parts = [bytes([_STX if asset is None else _FUNGIBLE])]
    if condition.principal is None:
        parts.append(bytes([_ORIGIN]))
    else:
        kind = _STANDARD if condition.principal.contract is None else _CONTRACT
        parts += [bytes([kind]), _principal(condition.principal)]
    if asset is not None:
        parts += [_principal(asset.contract), _named(asset.name)]
    parts += [bytes([condition.condition]), condition.amount_minor.to_bytes(_AMOUNT_BYTES, "big")]
    return b"".join(parts)


def decode_post_condition(data: bytes) -> PostCondition:
    """The one post-condition that `data` is. Raises `NoPostCondition`, for trailing bytes too."""
    reader = _Reader(data)
    kind = reader.take(1)[0]
    if kind not in (_STX, _FUNGIBLE):
        raise NoPostCondition(f"kind {kind} is neither STX nor a fungible token")
    try:
        principal = reader.principal_of(reader.take(1)[0])
        asset = None
        if kind == _FUNGIBLE:
            contract = Principal(reader.take(1)[0], reader.take(_HASH_BYTES), reader.name())
            asset = TokenAsset(contract, reader.name())
        condition = Condition(reader.take(1)[0])
    except NoPostCondition:
        raise
    except (NotClarity, ValueError) as error:
        raise NoPostCondition(str(error)) from error
    amount_minor = int.from_bytes(reader.take(_AMOUNT_BYTES), "big")
    if reader.at != len(data):
        raise NoPostCondition(f"{len(data) - reader.at} bytes follow the post-condition")
    return PostCondition(principal, condition, amount_minor, asset)


def _principal(principal: Principal) -> bytes:
    address = bytes([principal.version]) + principal.hash160
    return address if principal.contract is None else address + _named(principal.contract)


def _named(name: str) -> bytes:
    return bytes([len(name)]) + name.encode("ascii")


class _Reader:
    """Reads off the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) != count:
            raise NoPostCondition(f"it ends after {len(self.data)} bytes")
        self.at += count
        return taken

    def name(self) -> str:
        return self.take(self.take(1)[0]).decode("ascii")

    def principal_of(self, kind: int) -> Principal | None:
        if kind == _ORIGIN:
            return None
        if kind not in (_STANDARD, _CONTRACT):
            raise NoPostCondition(f"there is no kind {kind} of principal")
        version, hash160 = self.take(1)[0], self.take(_HASH_BYTES)
        return Principal(version, hash160, self.name() if kind == _CONTRACT else None)
