"""Dying: at a point of a commit, in this process, or anywhere at all by kill -9 of another one."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import msgspec

from earnest.chains.errors import ChainError
from earnest.chains.stacks import StacksApi
from earnest.chains.stacks.follower import StacksFollower
from earnest.escrow import EscrowNumbering, Projector
from earnest.kit.db import Connection, Database, DatabaseUnavailable


class Died(BaseException):
    """The process dies here. Nothing of the code under test may catch it."""


class MortalDatabase(Database):
    """The same pool, and `at` is told of every point of a commit; it may raise `Died` there."""

    def __init__(self, database: Database, at: Callable[[str], None]) -> None:
        # Its connections are lent to both.
        self._pool = database._pool
        self._lender = database._lender
        self._at = at

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection, before and after whose use the process may die."""
        self._at("statement: before")
        async with super().connection() as connection:
            yield connection
        self._at("statement: done")

    @asynccontextmanager
    async def db_tx(self) -> AsyncIterator[Connection]:
        """A database transaction that may be cut off right before its commit, or right after."""
        lent = super().connection()
        async with lent as connection, connection.transaction():  # type: ignore[attr-defined]
            yield connection
            self._at("commit: before")
        self._at("commit: done")


class Order(msgspec.Struct):
    """What the other process is to follow."""

    database_url: str
    apis: tuple[str, ...]
    contract: str
    batch: int


class Nursery:
    """A process that has all modules loaded, and forks indexers off itself."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Starts it; it ends, with its indexers, when this one does."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.simulation.escrow.mortal"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            yield cls(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def start(self, order: Order) -> int:
        """An indexer begins; its process id."""
        return int(await self._ask(msgspec.json.encode(order)))

    async def kill(self, pid: int) -> None:
        """Ends an indexer by SIGKILL, and returns when it is gone."""
        said = await self._ask(b"%d" % pid)
        if said != b"gone":
            raise RuntimeError(f"an indexer ended by itself: {said.decode()}")

    async def _ask(self, line: bytes) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the nursery cannot be spoken to")
        stdin.write(line + b"\n")
        async with asyncio.timeout(30):
            return (await stdout.readline()).strip()


def open_api(apis: tuple[str, ...]) -> StacksApi:
    """A client that loses no time over what goes wrong."""
    return StacksApi(apis, attempts=2, pause_s=0.0, timeout_s=5.0)


async def _index(order: Order) -> None:
    """Follows and projects, as the indexer does, until it is killed."""
    database = await Database.connect(order.database_url, application="simulated indexer")
    async with open_api(order.apis) as api:
        follower = StacksFollower(
            database,
            api,
            order.contract,
            batch_events=order.batch,
            numbering=EscrowNumbering(order.contract),
        )
        projector = Projector(database, order.contract, batch=order.batch)
        parent = os.getppid()
        while os.getppid() == parent:
            with contextlib.suppress(ChainError, DatabaseUnavailable):
                if await follower.take_fence():
                    await follower.follow_once()
            await projector.run_once()


def _serve() -> None:
    """One line is an order, or the process id of an indexer that is to be killed.

    An indexer whose nursery is gone ends by itself.
    """
    for line in sys.stdin.buffer:
        asked: Any = msgspec.json.decode(line)
        if isinstance(asked, int):
            os.kill(asked, signal.SIGKILL)
            _, status = os.waitpid(asked, 0)
            answer = "gone" if os.WIFSIGNALED(status) else f"ended: {status}"
        else:
            child = os.fork()
            if child == 0:
                _live(msgspec.convert(asked, Order))
            answer = str(child)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


def _live(order: Order) -> None:
    # What it logs must not come between the nursery's answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        asyncio.run(_index(order))
    finally:
        # Nothing of the nursery's own may run here, but what went wrong must be seen.
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    _serve()
