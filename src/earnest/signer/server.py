"""The signer as a process: a private Unix socket, and nothing else to talk to.

Whoever connects must run as the same user (SO_PEERCRED) and know the shared token.
"""

import asyncio
import fcntl
import getpass
import hmac
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import structlog

from earnest.chains.solana import SolanaRpc, mints_of
from earnest.kit.clock import SystemClock
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.errors import EarnestError, InvalidInput
from earnest.kit.settings import Network, Settings
from earnest.signer.errors import SignerCannotSee, SigningRefused
from earnest.signer.keyfile import check_private, open_key_file
from earnest.signer.protocol import (
    MessageBroken,
    NothingAsked,
    Refusal,
    Reply,
    Request,
    SignRequest,
    frame,
    read_message,
)
from earnest.signer.rules import limits_of
from earnest.signer.service import Signer
from earnest.signer.signed_log import SignedLog
from earnest.signer.store import LedgerReader

log = structlog.get_logger(__name__)

READ_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 60.0
CONNECTIONS_MAX = 16
TOKEN_LENGTH_MIN = 16
_CREDENTIALS = struct.Struct("3i")
_decoder = msgspec.json.Decoder(Request)


class SignerAlreadyRuns(EarnestError):
    """Another signer holds {path}. Two of them would not see what the other signs."""

    code = "signer_already_runs"


class Door:
    """Answers connections: who they are, what they ask, and the signer's answer."""

    def __init__(self, signer: Signer, token: str) -> None:
        if len(token) < TOKEN_LENGTH_MIN:
            raise InvalidInput(
                reason=f"EARNEST_SIGNER_TOKEN needs at least {TOKEN_LENGTH_MIN} characters."
            )
        self._signer = signer
        self._token = token.encode()
        self._seats = asyncio.Semaphore(CONNECTIONS_MAX)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection, which asks once."""
        try:
            async with self._seats:
                await self._answer_once(reader, writer)
        except NothingAsked:
            return
        except (MessageBroken, msgspec.MsgspecError, TimeoutError, ConnectionError) as error:
            log.warning("signer_request_dropped", reason=type(error).__name__)
        finally:
            writer.close()

    async def _answer_once(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not _is_same_user(writer.get_extra_info("socket")):
            log.warning("signer_request_of_another_user")
            return
        async with asyncio.timeout(READ_TIMEOUT_S):
            body = await read_message(reader)
        request = _decoder.decode(body)
        if not hmac.compare_digest(request.token.encode(), self._token):
            log.warning("signer_request_with_wrong_token")
            return
        # The work is not cancelled with the connection: what was signed is in the log, and the
        # same question gets the same answer.
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            reply = await asyncio.shield(self._reply(request))
        writer.write(frame(reply))
        async with asyncio.timeout(READ_TIMEOUT_S):
            await writer.drain()

    async def _reply(self, request: Request) -> Reply:
        try:
            if isinstance(request, SignRequest):
                return await self._signer.sign(request.attempt_id, request.payout_ids)
            return await self._signer.status()
        except SigningRefused as refusal:
            log.warning("signing_refused", code=refusal.code, detail=str(refusal))
            return Refusal(code=refusal.code, detail=str(refusal), facts=refusal.facts)
        except DatabaseUnavailable:
            blind = SignerCannotSee(what="the ledger")
            return Refusal(code=blind.code, detail=str(blind), facts=blind.facts)


def _is_same_user(connection: socket.socket) -> bool:
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return bool(uid == os.geteuid())


@asynccontextmanager
async def listening(path: Path, door: Door) -> AsyncIterator[None]:
    """The socket, mode 0600 in a folder of mode 0700, for as long as the context lasts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_private(path.parent)
    _remove(path)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(door.answer, path=str(path))
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        _remove(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


@contextmanager
def _sole_holder(log_file: Path) -> Iterator[None]:
    """The right to write the log. Raises `SignerAlreadyRuns`."""
    path = log_file.with_suffix(log_file.suffix + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SignerAlreadyRuns(path=str(log_file)) from error
        yield
    finally:
        os.close(handle)


def read_passphrase(settings: Settings, *, twice: bool = False) -> str:
    """From the settings (a credential file, say), else from a prompt."""
    if settings.signer_passphrase:
        return settings.signer_passphrase
    if not sys.stdin.isatty():
        raise InvalidInput(
            reason="The signer's passphrase is needed: set EARNEST_SIGNER_PASSPHRASE_FILE,"
            " or start it in a terminal."
        )
    passphrase = getpass.getpass("Passphrase of the signer's key: ")
    if twice and passphrase != getpass.getpass("Once more: "):
        raise InvalidInput(reason="The two passphrases differ. Nothing was written.")
    return passphrase


def allowed_recipients(settings: Settings) -> list[str] | None:
    """The addresses in `recipients.txt` beside the key, or None where there is no such file."""
    path = settings.signer_key_file.with_name("recipients.txt")
    if not path.exists():
        return None
    check_private(path)
    lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if line]


async def serve(
    settings: Settings, stop: asyncio.Event, *, ready: Callable[[], None] | None = None
) -> None:
    """Runs the signer until `stop`. `ready` is called once the socket listens.

    Raises what keeps it from starting: `KeyFileUnsafe`, `PassphraseWrong`, `SignerAlreadyRuns`,
    `InvalidInput`, `DatabaseUnavailable`.
    """
    settings.need("signer_token", "database_url")
    urls = [url.strip() for url in settings.signer_rpc_urls.split(",") if url.strip()]
    urls = urls or settings.rpc_urls
    # A second opinion before anything is signed anew; a lone node is asked twice.
    if len(urls) < (2 if settings.network is Network.MAINNET else 1):
        raise InvalidInput(
            reason="EARNEST_SIGNER_RPC_URLS (or EARNEST_SOLANA_RPC_URLS) needs two nodes on"
            " mainnet, one elsewhere."
        )
    keypair = open_key_file(settings.signer_key_file, read_passphrase(settings))
    with _sole_holder(settings.signer_log_file):
        signed_log = SignedLog(settings.signer_log_file)
        database = await Database.connect(
            settings.database_url, application="earnest signer", size_max=2
        )
        try:
            async with SolanaRpc(urls) as chain:
                signer = Signer(
                    keypair=keypair,
                    signed_log=signed_log,
                    ledger=LedgerReader(database),
                    chain=chain,
                    limits=limits_of(settings, allowed_recipients(settings)),
                    mints=mints_of(settings),
                    clock=SystemClock(),
                )
                async with listening(settings.signer_socket, Door(signer, settings.signer_token)):
                    log.info("signer_ready", address=signer.address)
                    if ready is not None:
                        ready()
                    await stop.wait()
        finally:
            await database.close()
            signed_log.close()
