"""The real API on a loopback port, and people who sign in to it with their own wallets."""

import asyncio
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
from solders.keypair import Keypair

from earnest.kit.settings import PREFIX, Settings
from earnest.run.api import run_api
from earnest.run.embedded.launch import free_port
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.fixtures_object_store import s3_settings
from tests.market import TREASURY, USDC_MINT

READY_S_MAX = 30.0


def api_settings(s3: EmbeddedS3, database_url: str, rpc_url: str, **others: Any) -> Settings:
    """What `earnest api` is given, on a free port."""
    port = free_port()
    given: dict[str, Any] = {
        "database_url": database_url,
        "api_port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "jwt_secret": secrets.token_hex(32),
        "solana_rpc_urls": rpc_url,
        "solana_treasury": TREASURY,
        "solana_usdc_mint": USDC_MINT,
    }
    return s3_settings(s3, **given | others)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    base_url: str
    wallet: Keypair
    account_id: str
    token: str
    cookie: str

    @property
    def address(self) -> str:
        """The wallet's address."""
        return str(self.wallet.pubkey())

    @property
    def headers(self) -> dict[str, str]:
        """What each request of theirs carries."""
        return {"Authorization": f"Bearer {self.token}"}

    def client(self, **others: Any) -> httpx.AsyncClient:
        """A client that speaks for them."""
        return httpx.AsyncClient(base_url=self.base_url, headers=self.headers, timeout=30, **others)


@cache
def _http() -> httpx.Client:
    # Making one takes longer than most requests: it reads the machine's certificates.
    return httpx.Client(timeout=30)


def proof(base_url: str, wallet: Keypair) -> dict[str, str]:
    """A fresh challenge, signed."""
    address = str(wallet.pubkey())
    asked = _http().post(f"{base_url}/api/auth/challenge", json={"address": address})
    asked.raise_for_status()
    text = asked.json()["challenge"]
    signature = str(wallet.sign_message(text.encode()))
    return {"address": address, "challenge": text, "signature": signature}


def sign_in(base_url: str, wallet: Keypair | None = None) -> Person:
    """Signs in over HTTP, as a browser would; with a fresh wallet unless one is given."""
    wallet = wallet or Keypair()
    answer = _http().post(f"{base_url}/api/auth/verify", json=proof(base_url, wallet))
    answer.raise_for_status()
    shown = answer.json()
    # httpx keeps no Secure cookie of a plain http origin, so the header is read.
    cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
    return Person(base_url, wallet, shown["user"]["id"], shown["token"], cookie)


def _wait_until_ready(base_url: str, failed: Any) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while time.monotonic() < deadline:
        if failed():
            raise RuntimeError("the API ended while it started")
        try:
            if httpx.get(f"{base_url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        threading.Event().wait(0.02)
    raise TimeoutError("the API did not become ready")


@contextmanager
def served_in_thread(settings: Settings) -> Iterator[str]:
    """`earnest api` as it runs in its process, in a thread with an event loop of its own."""
    handles: dict[str, Any] = {}

    async def serve() -> None:
        stop = asyncio.Event()
        handles["loop"], handles["stop"] = asyncio.get_running_loop(), stop
        await run_api(settings, stop)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="api")
    thread.start()
    try:
        _wait_until_ready(settings.public_url, lambda: not thread.is_alive())
        yield settings.public_url
    finally:
        if thread.is_alive():
            handles["loop"].call_soon_threadsafe(handles["stop"].set)
        thread.join(timeout=READY_S_MAX)


def _environment(settings: Settings) -> dict[str, str]:
    given = {
        PREFIX + name.upper(): str(value)
        for name, value in msgspec.structs.asdict(settings).items()
        if value != getattr(Settings(), name)
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | given


@contextmanager
def served_in_process(settings: Settings, log: Path) -> Iterator[str]:
    """`earnest api` as a process; what it writes is in `log`."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "earnest.run", "api"],
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(settings.public_url, lambda: process.poll() is not None)
            yield settings.public_url
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def upload_body(content: bytes | None = None) -> dict[str, Any]:
    """A body for POST /api/files/uploads."""
    content = content or secrets.token_bytes(16)
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "sizeBytes": len(content),
        "contentType": "image/png",
        "purpose": "task_option",
    }
