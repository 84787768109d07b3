"""What crosses the signer's socket: a length, then one JSON message, each way, once.

Length: 4 bytes, big-endian. A request names ids and never carries bytes to sign.
"""

import asyncio
import struct
from typing import Any
from uuid import UUID

import msgspec

MESSAGE_BYTES_MAX = 64 * 1024
PAYOUTS_MAX = 20
_LENGTH = struct.Struct(">I")


class SignRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sign", tag_field="op"
):
    """Asks for one chain_tx that pays `payout_ids`, in that order."""

    token: str
    attempt_id: UUID
    payout_ids: list[UUID]


class StatusRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="status", tag_field="op"
):
    """Asks how the signer is."""

    token: str


Request = SignRequest | StatusRequest


class SignedAttempt(msgspec.Struct, frozen=True, tag="signed", tag_field="kind"):
    """The signed chain_tx of one attempt. The same attempt always gets the same bytes.

    `last_valid_block_height` is the last height of a block that can still take it;
    `blockhash_slot` is the slot at which its blockhash was read.
    """

    attempt_id: UUID
    payout_ids: list[UUID]
    wire_bytes: bytes
    tx_id: str
    last_valid_block_height: int
    blockhash_slot: int


class Allowance(msgspec.Struct, frozen=True):
    """Of one asset, in minor units: what was signed in the last hour, and the limits."""

    asset: str
    hour_used_minor: int
    hour_max_minor: int
    payout_max_minor: int
    address_day_max_minor: int


class SignerStatus(msgspec.Struct, frozen=True, tag="status", tag_field="kind"):
    """How the signer is. `missing` are payouts it signed that the ledger lacks."""

    address: str
    signed_payouts: int
    missing: list[UUID]
    allowances: list[Allowance] = []


class Refusal(msgspec.Struct, frozen=True, tag="refused", tag_field="kind"):
    """A definite no: nothing was signed. `code` is that of an error in `signer.errors`."""

    code: str
    detail: str
    facts: dict[str, Any]


Reply = SignedAttempt | SignerStatus | Refusal


class MessageBroken(Exception):
    """The other side sent what the protocol does not allow."""


class NothingAsked(MessageBroken):
    """The other side left without a word: somebody looked whether the door is open."""


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One message; raises `MessageBroken` when it is too long or cut short."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if not 0 < length <= MESSAGE_BYTES_MAX:
            raise MessageBroken(f"a message of {length} bytes")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        if not error.partial and error.expected == _LENGTH.size:
            raise NothingAsked from error
        raise MessageBroken("the connection ended within a message") from error


def frame(message: Request | Reply) -> bytes:
    """The bytes of one message, with its length."""
    body = msgspec.json.encode(message, enc_hook=str)
    if len(body) > MESSAGE_BYTES_MAX:
        raise MessageBroken(f"a message of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body
