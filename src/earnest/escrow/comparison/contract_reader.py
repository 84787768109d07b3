"""What the contract itself says of a project, now: read-only calls, kept for a few seconds.

Whatever the number of askers, a project is read once at a time (single flight), the answer is kept
for `ttl_s`, and no more than `kept_max` answers are kept.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from earnest.chains import RpcUnavailable
from earnest.chains.stacks import StacksApi, Tip
from earnest.chains.stacks.clarity import UInt
from earnest.escrow.comparison.metrics import READS
from earnest.escrow.comparison.rules import (
    AnswerNotRead,
    DisputeValues,
    EscrowValues,
    MilestoneValues,
    read_count,
    read_dispute,
    read_milestone,
    read_project,
)
from earnest.escrow.errors_chain import ContractKeptMoving

TTL_S = 5.0
KEPT_MAX = 1_000
AT_ONCE_MAX = 4
_TRIES = 3


class Reading(msgspec.Struct, frozen=True):
    """A project as the contract had it at one tip; `values` None where it has no such project.

    `event_count` is the contract's own count of its events at that moment.
    """

    number: int
    tip: Tip
    event_count: int
    values: EscrowValues | None


class ContractReader:
    """Reads one contract through one API. Raises `RpcUnavailable` where nothing was learned."""

    def __init__(
        self,
        api: StacksApi,
        contract: str,
        *,
        ttl_s: float = TTL_S,
        kept_max: int = KEPT_MAX,
        at_once_max: int = AT_ONCE_MAX,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api = api
        self.contract = contract
        self._ttl_s = ttl_s
        self._kept_max = kept_max
        self._now = now
        self._places = asyncio.Semaphore(at_once_max)
        self._kept: OrderedDict[int, tuple[float, Reading]] = OrderedDict()
        self._flights: dict[int, asyncio.Task[Reading]] = {}

    async def read(self, number: int, *, fresh: bool = False) -> Reading:
        """The project with this number; with `fresh` no kept answer will do."""
        kept = self._kept.get(number)
        if kept is not None and not fresh and kept[0] > self._now():
            READS.labels("kept").inc()
            return kept[1]
        flight = self._flights.get(number)
        if flight is None:
            flight = asyncio.create_task(self._fetch(number), name=f"contract-read-{number}")
            self._flights[number] = flight
            flight.add_done_callback(lambda done: self._landed(number, done))
            READS.labels("chain").inc()
        else:
            READS.labels("shared").inc()
        # One asker who leaves does not end the flight of the others.
        return await asyncio.shield(flight)

    def _landed(self, number: int, flight: asyncio.Task[Reading]) -> None:
        self._flights.pop(number, None)
        if not flight.cancelled():
            flight.exception()  # all who asked may have left: then nobody else takes note of it

    async def event_count(self) -> tuple[Tip, int]:
        """How many events the contract has counted, at which tip at the latest."""
        async with self._places:
            count = await self._count()
            return await self.api.head(), count

    async def _fetch(self, number: int) -> Reading:
        async with self._places:
            reading = await self._read_at_one_moment(number)
        self._kept[number] = (self._now() + self._ttl_s, reading)
        self._kept.move_to_end(number)
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)
        return reading

    async def _read_at_one_moment(self, number: int) -> Reading:
        """Reads until the contract counts as many events afterwards as before."""
        try:
            for _ in range(_TRIES):
                tip, count = await self.api.head(), await self._count()
                values = await self._values(number)
                if await self._count() == count:
                    after = await self.api.head()
                    if after.block_height >= tip.block_height:
                        return Reading(number, tip, count, values)
        except AnswerNotRead as error:
            raise RpcUnavailable(f"{self.contract}: {error}", retryable=False) from error
        raise ContractKeptMoving

    async def _count(self) -> int:
        return read_count(await self.api.call_read(self.contract, "get-event-count"))

    async def _values(self, number: int) -> EscrowValues | None:
        of = UInt(number)
        project = read_project(await self.api.call_read(self.contract, "get-project", [of]))
        if project is None:
            return None
        milestones: list[MilestoneValues] = []
        disputes: list[DisputeValues] = []
        for num in range(1, project.milestone_count + 1):
            key = [of, UInt(num)]
            answer = await self.api.call_read(self.contract, "get-milestone", key)
            milestone = read_milestone(num, answer)
            if milestone is not None:
                milestones.append(milestone)
            answer = await self.api.call_read(self.contract, "get-dispute", key)
            dispute = read_dispute(num, answer)
            if dispute is not None:
                disputes.append(dispute)
        return EscrowValues(project=project, milestones=tuple(milestones), disputes=tuple(disputes))
