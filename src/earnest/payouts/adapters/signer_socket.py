"""The signer, over its private socket: one connection per question."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec

from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.signer import (
    MessageBroken,
    Refusal,
    Reply,
    SignedAttempt,
    SignerStatus,
    SignRequest,
    StatusRequest,
    frame,
    read_message,
)

_decoder = msgspec.json.Decoder(Reply)


class SignerSocket:
    """`ports.SignerPort` over the signer's Unix socket."""

    def __init__(self, path: Path, token: str, *, timeout_s: float = 30.0) -> None:
        self._path = path
        self._token = token
        self._timeout_s = timeout_s

    async def sign(self, attempt_id: UUID, payout_ids: Sequence[UUID]) -> SignedAttempt:
        """As `ports.SignerPort.sign`. No answer within the time-out is `SignerUnreachable`."""
        request = SignRequest(token=self._token, attempt_id=attempt_id, payout_ids=list(payout_ids))
        reply = await self._answer(request)
        if not isinstance(reply, SignedAttempt):
            raise SignerUnreachable(reason="an answer to another question")
        return reply

    async def status(self) -> SignerStatus:
        """How the signer is, and what it still allows. Raises as `sign` does."""
        reply = await self._answer(StatusRequest(token=self._token))
        if not isinstance(reply, SignerStatus):
            raise SignerUnreachable(reason="an answer to another question")
        return reply

    async def _answer(self, request: SignRequest | StatusRequest) -> Reply:
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._ask(frame(request))
        except (OSError, TimeoutError, MessageBroken, msgspec.MsgspecError) as error:
            raise SignerUnreachable(reason=type(error).__name__) from error
        if isinstance(reply, Refusal):
            raise SignerRefused(
                refusal_code=reply.code, detail=reply.detail, refusal_facts=reply.facts
            )
        return reply

    async def _ask(self, message: bytes) -> Reply:
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        try:
            writer.write(message)
            await writer.drain()
            reply: Reply = _decoder.decode(await read_message(reader))
            return reply
        finally:
            writer.close()
