"""What `earnest up` says while it starts, and while it stays."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from earnest.run.embedded.children import Supervisor
from earnest.run.embedded.run_state import Health, ProcessState
from earnest.run.node import NodeTrouble, ask_node, without_secrets
from earnest.run.terminal import columns, duration, show

_MONEY_LOOKED_AT_EVERY_S = 5.0
_WATCH_EVERY_S = 0.5


class Voice:
    """Lines on a terminal: parts that are ready, where everything is, what happens later."""

    def __init__(self, out: Console, root: Path) -> None:
        self._out = out
        self.state_dir = self.path(root)

    def path(self, path: Path) -> str:
        """A path as people would type it here."""
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    def say(self, what: str | Text) -> None:
        """One line."""
        self._out.print(what)

    def tell(self, what: str) -> None:
        """One line with the time of day."""
        self._out.print(Text.assemble((time.strftime("%H:%M:%S  "), "quiet"), what))

    def done(self, title: str, words: str, seconds: float) -> None:
        """One part is there."""
        took = (f"  {duration(seconds)}", "quiet")
        self._out.print(Text.assemble("  ", f"{title:<13}", (words, "done"), took))

    def places(self, rows: Sequence[tuple[str, str]]) -> None:
        """Where is what."""
        self.say("")
        show(self._out, columns([(Text(f"  {name}", style="quiet"), at) for name, at in rows]))
        self.say("")


class Watch:
    """Looks after processes, the chain's node and halts, and tells what changes.

    `waiting` is a sentence while the node does not answer, and empty while all is well.
    `read_halts` gives a sentence for each halt that a person must end, or None when the database
    does not say.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        voice: Voice,
        node_url: str,
        titles: Mapping[str, str],
        read_halts: Callable[[], Awaitable[list[str] | None]],
    ) -> None:
        self.waiting = ""
        self._halts: list[str] = []
        self._supervisor = supervisor
        self._voice = voice
        self._node_url = node_url
        self._titles = titles
        self._read_halts = read_halts
        self._restarts = {process.name: process.restarts for process in supervisor.processes}
        self._away: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(self._watch_processes(), self._watch_money())

    async def note_money(self) -> None:
        """Looks once at what keeps money from moving, and keeps it in the state file."""
        await self._note_node()
        found = await self._read_halts()
        if found is not None:
            for sentence in found:
                if sentence not in self._halts:
                    self._voice.tell(sentence)
            self._halts = found
        self._supervisor.publish_waits([*filter(None, [self.waiting]), *self._halts])

    async def _note_node(self) -> None:
        try:
            await asyncio.to_thread(ask_node, self._node_url, "getGenesisHash")
        except NodeTrouble as trouble:
            where = without_secrets(self._node_url)
            self.waiting = (
                f"The chain's node at {where} does not answer ({trouble}). Until it does, "
                "payments are not seen and payouts wait; no money is lost."
            )
        else:
            self.waiting = ""

    async def _watch_money(self) -> None:
        while True:
            waited = bool(self.waiting)
            await asyncio.sleep(_MONEY_LOOKED_AT_EVERY_S)
            await self.note_money()
            if self.waiting and not waited:
                self._voice.tell(self.waiting)
            if waited and not self.waiting:
                self._voice.tell(
                    "The chain's node answers again. What happened meanwhile is caught up."
                )

    async def _watch_processes(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for process in self._supervisor.processes:
                self._look_at(process)

    def _look_at(self, process: ProcessState) -> None:
        name, title = process.name, self._titles[process.name]
        if process.restarts > self._restarts[name]:
            self._restarts[name] = process.restarts
            self._away.add(name)
            self._voice.tell(f"{title} ended ({_how_it_ended(process)}) and is started again.")
        elif process.health is Health.UNREADY and name not in self._away:
            self._away.add(name)
            self._voice.tell(f"{title} lives but does not answer. Its log: {process.log}")
        elif process.health is Health.READY and name in self._away:
            self._away.discard(name)
            self._voice.tell(f"{title} is ready again.")


def _how_it_ended(process: ProcessState) -> str:
    code = process.last_exit
    if code is None:
        return "nobody saw how"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
