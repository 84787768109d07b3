"""One actor moves at a time, and the seed chooses which: two workers interleave, repeatably."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import Random

Actor = Callable[[], Awaitable[None]]


class Turnstile:
    """Actors stop at `wait`; the run lets one of them on until it stops again or ends."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._parked: dict[str, asyncio.Future[None]] = {}
        self._moved = asyncio.Event()
        self._free = False

    async def wait(self, name: str) -> None:
        """Stops the actor until its turn comes."""
        if self._free:
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._parked[name] = turn
        self._moved.set()
        await turn

    async def run(self, actors: Mapping[str, Actor]) -> None:
        """Runs all actors to their end; the first error of one ends the run."""
        tasks = {
            name: asyncio.ensure_future(self._begin(name, actor)) for name, actor in actors.items()
        }
        try:
            while True:
                alive = [name for name, task in tasks.items() if not task.done()]
                while not all(name in self._parked for name in alive):
                    self._moved.clear()
                    waiting = [tasks[name] for name in alive if name not in self._parked]
                    mover = asyncio.ensure_future(self._moved.wait())
                    await asyncio.wait([*waiting, mover], return_when=asyncio.FIRST_COMPLETED)
                    mover.cancel()
                    alive = [name for name, task in tasks.items() if not task.done()]
                for task in tasks.values():
                    if task.done():
                        task.result()
                if not alive:
                    return
                self._parked.pop(self._rng.choice(alive)).set_result(None)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _begin(self, name: str, actor: Actor) -> None:
        await self.wait(name)
        await actor()

    def open(self) -> None:
        """From now on nobody waits."""
        self._free = True
