"""The signer's socket: who gets an answer, and what becomes of those who misbehave."""

import asyncio
import stat
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from earnest.kit.settings import Settings
from earnest.payouts import SignerRefused, SignerSocket, SignerUnreachable
from earnest.signer import (
    Door,
    SignedAttempt,
    SignerStatus,
    SignRequest,
    create_key_file,
    frame,
    listening,
    serve,
)
from earnest.signer.errors import HoldMissing, KeyFileUnsafe, PassphraseWrong
from earnest.signer.server import SignerAlreadyRuns
from tests.conftest import Databases

TOKEN = "a-token-of-some-length"
PASSPHRASE = "correct horse battery"


class Fixed:
    """Answers as told, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    async def sign(self, attempt_id: object, payout_ids: list[object]) -> SignedAttempt:
        """Refuses a batch of two, signs any other."""
        self.asked += 1
        if len(payout_ids) == 2:
            raise HoldMissing(payout_id=payout_ids[0])
        return SignedAttempt(attempt_id, payout_ids, b"bytes", "tx", 1, 1)  # type: ignore[arg-type]

    async def status(self) -> SignerStatus:
        """Always well."""
        return SignerStatus("address", 0, [])


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[tuple[Path, Fixed]]:
    """A listening socket in a private folder."""
    signer, path = Fixed(), tmp_path / "signer" / "signer.sock"
    async with listening(path, Door(signer, TOKEN)):  # type: ignore[arg-type]
        yield path, signer


async def test_answers_and_refusals_cross_the_socket(door: tuple[Path, Fixed]) -> None:
    """An answer comes back whole; a refusal keeps its code and its facts."""
    path, _signer = door
    client = SignerSocket(path, TOKEN)
    attempt_id, payout_id = uuid4(), uuid4()
    answer = await client.sign(attempt_id, [payout_id])
    assert (answer.attempt_id, answer.payout_ids, answer.wire_bytes) == (
        attempt_id, [payout_id], b"bytes",
    )  # fmt: skip
    with pytest.raises(SignerRefused) as refusal:
        await client.sign(attempt_id, [payout_id, uuid4()])
    assert refusal.value.facts["refusal_code"] == "signer_hold_missing"
    assert refusal.value.facts["refusal_facts"] == {"payout_id": str(payout_id)}


async def test_socket_is_private(door: tuple[Path, Fixed]) -> None:
    """0600, in a folder of 0700."""
    path, _signer = door
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_wrong_token_gets_no_answer(door: tuple[Path, Fixed]) -> None:
    """And the signer is not even asked."""
    path, signer = door
    with pytest.raises(SignerUnreachable):
        await SignerSocket(path, TOKEN + "x").sign(uuid4(), [uuid4()])
    assert signer.asked == 0


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">I", 10**9),
        struct.pack(">I", 0),
        struct.pack(">I", 5) + b"{}",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 4) + b"\xff\xfe\xfd\xfc",
        frame(SignRequest(token=TOKEN, attempt_id=uuid4(), payout_ids=[])).replace(
            b'"op"', b'"no"'
        ),
    ],
)
async def test_broken_messages_are_dropped(door: tuple[Path, Fixed], sent: bytes) -> None:
    """Too long, empty, cut short, of no known shape: no answer, and the door stays open."""
    path, signer = door
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(sent)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert signer.asked == 0
    assert (await SignerSocket(path, TOKEN).sign(uuid4(), [uuid4()])).tx_id == "tx"


async def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    """No socket: not known, and never a refusal."""
    with pytest.raises(SignerUnreachable):
        await SignerSocket(tmp_path / "none.sock", TOKEN).sign(uuid4(), [uuid4()])


def _settings(databases: Databases, folder: Path, **more: object) -> Settings:
    return Settings(
        database_url=databases.url("signer_ro"),
        solana_rpc_urls="http://127.0.0.1:9",
        signer_socket=folder / "signer.sock",
        signer_token=TOKEN,
        signer_key_file=folder / "key.json",
        signer_log_file=folder / "signed.sqlite",
        signer_passphrase=PASSPHRASE,
        **more,  # type: ignore[arg-type]
    )


async def test_process_serves_and_excludes_a_second(databases: Databases, tmp_path: Path) -> None:
    """One signer holds the log; another one is told so and leaves."""
    folder = tmp_path / "signer"
    create_key_file(folder / "key.json", PASSPHRASE, memory_kib=64)
    settings, stop, ready = _settings(databases, folder), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve(settings, stop, ready=ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    with pytest.raises(SignerAlreadyRuns):
        await serve(settings, asyncio.Event())
    with pytest.raises(SignerRefused, match="no hold"):
        await SignerSocket(settings.signer_socket, TOKEN).sign(uuid4(), [uuid4()])
    stop.set()
    await asyncio.wait_for(running, 20)
    assert not settings.signer_socket.exists()


async def test_refuses_to_start_with_an_open_key_file(databases: Databases, tmp_path: Path) -> None:
    """A key that others can read is not used."""
    folder = tmp_path / "signer"
    create_key_file(folder / "key.json", PASSPHRASE, memory_kib=64)
    (folder / "key.json").chmod(0o640)
    with pytest.raises(KeyFileUnsafe, match="0640"):
        await serve(_settings(databases, folder), asyncio.Event())
    (folder / "key.json").chmod(0o600)
    folder.chmod(0o750)
    with pytest.raises(KeyFileUnsafe):
        await serve(_settings(databases, folder), asyncio.Event())
    folder.chmod(0o700)
    wrong = _settings(databases, folder)
    with pytest.raises(PassphraseWrong):
        await serve(
            msgspec.structs.replace(wrong, signer_passphrase="another phrase"), asyncio.Event()
        )
