"""The two programs of `localnet/histories`: one makes histories, the other serves them."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

_ROOT = Path(__file__).parents[3]
_PROGRAMS = _ROOT / "localnet" / "histories"
_START_S_MAX = 30.0
_MAKE_S_MAX = 600.0
BLOCKS = 90


async def make_histories(folder: Path, names: Sequence[str]) -> None:
    """Makes the histories that `folder` lacks; two at a time, by name, which is their seed."""
    missing = [name for name in names if not (folder / f"{name}.json").exists()]
    halves = [missing[::2], missing[1::2]]
    async with asyncio.TaskGroup() as group:
        for half in halves:
            if half:
                group.create_task(_make(folder, half))


async def _make(folder: Path, names: Sequence[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(_PROGRAMS / "make.mjs"),
        *("--contracts", str(_ROOT / "contracts"), "--folder", str(folder)),
        *("--blocks", str(BLOCKS), *names),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_MAKE_S_MAX):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"no history was made: {said.decode(errors='replace')[-2000:]}")


class Player:
    """Two servers of one network, whose chain and whose faults are told from here."""

    def __init__(self, apis: Sequence[str], session: aiohttp.ClientSession) -> None:
        self.apis = tuple(apis)
        self._session = session

    async def load(self, history: str, order: Sequence[int], time: int) -> None:
        """Begins a history anew: its blocks come in this order, so many of them are there."""
        await self._tell("load", {"history": history, "order": order, "time": time})

    async def move(
        self, time: int, *, last: int | None = None, behind: Sequence[int] = (0, 0)
    ) -> None:
        """So many blocks have arrived; up to `last` more come while questions are asked."""
        await self._tell("move", {"time": time, "last": last or time, "behind": behind})

    async def trouble(
        self, seed: str, chances: Mapping[str, float], lies: Sequence[int] = ()
    ) -> Mapping[str, int]:
        """From now on this goes wrong; returns what did go wrong before, by name."""
        told = await self._tell("trouble", {"seed": seed, "chances": chances, "lies": lies})
        counts: Mapping[str, int] = told["counts"]
        return counts

    async def time(self) -> int:
        """How many blocks have arrived by now."""
        time: int = (await self._tell("state", {}))["time"]
        return time

    async def _tell(self, name: str, order: Mapping[str, Any]) -> dict[str, Any]:
        url = f"{self.apis[0]}/player/{name}"
        async with self._session.post(url, data=msgspec.json.encode(order)) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer


@asynccontextmanager
async def open_player(folder: Path) -> AsyncIterator[Player]:
    """The servers, over the histories of a folder. They end with this process."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(_PROGRAMS / "play.mjs"),
        *("--folder", str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the player has no output")
        async with asyncio.timeout(_START_S_MAX):
            line = await process.stdout.readline()
        apis = msgspec.json.decode(line)["apis"]
        async with aiohttp.ClientSession() as session:
            yield Player(apis, session)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
