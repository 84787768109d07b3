"""The servers that are measured: Earnest's own process and the peers, each started alike.

All get the same database, the same secret, the same number of connections, and speak plain HTTP on
loopback. None of them writes a log line per request.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.database import Copy
from benchmarks.seed import worker_id
from earnest.accounts.tokens import TokenKey

SECRET = "benchmarks only: forty letters or more of it"
POOL = 16
PEERS = Path(__file__).parent / "peers"
_READY_S = 120.0
_STOP_S = 10.0
# The S3 server, the chain and the signer are not asked on the way of a vote.
_ELSEWHERE = {
    "EARNEST_S3_ENDPOINT": "http://127.0.0.1:9",
    "EARNEST_S3_ACCESS_KEY_ID": "bench",
    "EARNEST_S3_SECRET_ACCESS_KEY": "bench",
    "EARNEST_SOLANA_RPC_URLS": "http://127.0.0.1:9",
    "EARNEST_SOLANA_TREASURY": "11111111111111111111111111111112",
}


class PeerMissing(Exception):
    """A peer cannot be installed or does not answer."""


@dataclass(frozen=True)
class Server:
    """One way of doing the same work."""

    key: str
    title: str
    folder: Path | None = None
    data: str = ""


EARNEST = Server("earnest", "Earnest")
FASTIFY = Server("fastify-pg", "Fastify 5 + pg, the same SQL functions", PEERS / "fastify-pg")
PRISMA_RAW = Server(
    "express-prisma-raw",
    "Express 5 + Prisma 7, the same SQL functions by $queryRaw",
    PEERS / "express-prisma",
    "raw",
)
PRISMA_ORM = Server(
    "express-prisma-orm",
    "Express 5 + Prisma 7, models in an interactive transaction",
    PEERS / "express-prisma",
    "orm",
)
SERVERS = (EARNEST, FASTIFY, PRISMA_RAW, PRISMA_ORM)


def install_peers() -> None:
    """Installs what the peers need, from their lock files. Raises `PeerMissing`."""
    npm = shutil.which("npm")
    if npm is None:
        raise PeerMissing("The peers need Node 20.19 or newer with npm.")
    for folder in (PEERS / "fastify-pg", PEERS / "express-prisma"):
        if not (folder / "node_modules").is_dir():
            # No install scripts: Prisma's would fetch a program that is used for migrations only.
            _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    if not (PEERS / "express-prisma" / "generated").is_dir():
        _run([npm, "run", "--silent", "generate"], PEERS / "express-prisma")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerMissing(f"{' '.join(command[1:])} in {folder.name}: {done.stderr.strip()[-500:]}")


def tokens(count: int, *, first: int = 1) -> list[str]:
    """A signed-in session for each of `count` workers from `first` on; 0 is the requester."""
    key, now = TokenKey(SECRET), datetime.now(UTC)
    return [
        key.issue(
            account_id=worker_id(n),
            session_id=worker_id(n),
            address="bench",
            chain="solana",
            now=now,
            good_for=timedelta(hours=24),
        )
        for n in range(first, first + count)
    ]


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    pid: int
    port: int
    ready_s: float


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def command_of(server: Server, database: Copy, port: int) -> tuple[list[str], dict[str, str]]:
    """How a server is started: command and environment."""
    environment = {
        name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ
    }
    if server.folder is None:
        environment |= _ELSEWHERE | {
            "EARNEST_DATABASE_URL": database.api,
            "EARNEST_DATABASE_POOL_MAX": str(POOL),
            "EARNEST_JWT_SECRET": SECRET,
            "EARNEST_API_PORT": str(port),
            "EARNEST_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        return [sys.executable, "-m", "earnest.run", "api"], environment
    environment |= {
        "NODE_ENV": "production",
        "PEER_DATABASE_URL": database.owner if server.data == "orm" else database.api,
        "PEER_JWT_SECRET": SECRET,
        "PEER_PORT": str(port),
        "PEER_POOL": str(POOL),
        "PEER_MEDIA": f"http://127.0.0.1:{port}/media",
        "PEER_DATA": server.data,
    }
    return [shutil.which("node") or "node", str(server.folder / "server.mjs")], environment


@contextmanager
def running(server: Server, database: Copy, log: Path) -> Iterator[Running]:
    """Starts a server, waits until it answers, and ends it. Raises `PeerMissing`."""
    port = free_port()
    command, environment = command_of(server, database, port)
    began_s = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began_s > _READY_S:
                said = log.read_text(errors="replace")[-2_000:]
                raise PeerMissing(f"{server.title} did not start:\n{said}")
            time.sleep(0.02)
        yield Running(process.pid, port, time.perf_counter() - began_s)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/tasks/next", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # 401 without a token
    except OSError:
        return False
