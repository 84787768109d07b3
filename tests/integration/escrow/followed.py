"""The chain followed and folded into a database, step by step, as the indexer does it."""

from collections.abc import Sequence
from typing import Any

from earnest.chains.stacks import StacksApi, clarity
from earnest.chains.stacks.follower import StacksFollower
from earnest.escrow import (
    ActName,
    ContractReader,
    Creation,
    EscrowNumbering,
    Projector,
    prepare_call,
    prepare_creation,
)
from earnest.kit.db import Database
from tests.conftest import Databases
from tests.integration.escrow.escrow_world import EscrowWorld

FINALITY = 6
AMOUNTS = (100_003, 50_000)


class CountingApi(StacksApi):
    """Counts the read-only calls that really go out."""

    calls = 0

    async def call_read(
        self,
        contract: str,
        function: str,
        args: Sequence[clarity.Value] = (),
        *,
        sender: str | None = None,
    ) -> clarity.Value:
        """As it is, and counted."""
        self.calls += 1
        return await super().call_read(contract, function, args, sender=sender)


class Followed:
    """One database that follows one contract, and somebody who reads both."""

    def __init__(
        self, world: EscrowWorld, databases: Databases, indexer: Database, worker: Database
    ) -> None:
        self.world = world
        self.databases = databases
        self.indexer = indexer
        self.worker = worker
        self.api = CountingApi(world.node.api_url, attempts=1, timeout_s=10)
        self.follower = StacksFollower(
            indexer,
            world.api,
            world.contract,
            finality_burn_blocks=FINALITY,
            numbering=EscrowNumbering(world.contract),
            lease_s=60,
        )
        self.projector = Projector(indexer, world.contract)
        self.reader = ContractReader(self.api, world.contract, ttl_s=0)

    @property
    def contract(self) -> str:
        """Which contract."""
        return self.world.contract

    async def catch_up(self) -> None:
        """Follows to the tip, and folds all of it."""
        assert await self.follower.take_fence()
        while not (await self.follower.follow_once()).is_whole:
            continue
        await self.projector.catch_up()

    async def create(self) -> int:
        """A project in STX on the chain; its number. Nothing is followed."""
        world = self.world
        call = prepare_creation(
            Creation(
                contract=world.contract,
                client=world.address("client"),
                freelancer=world.address("freelancer"),
                amounts_minor=AMOUNTS,
            ),
            burn_height=await world.burn_height(),
        )
        assert await world.do(call) == "success"
        return await world.project_count()

    async def act(
        self,
        number: int,
        name: ActName,
        who: str,
        num: int | None = None,
    ) -> str:
        """An act on the chain; its chain_tx. Nothing is followed."""
        world = self.world
        call = prepare_call(
            world.contract,
            await world.state(number),
            name,
            sender=world.address(who),
            burn_height=await world.burn_height(),
            milestone_num=num,
        )
        tx_id = await world.send(call)
        assert await world.status(tx_id) == "success"
        return tx_id

    async def tamper(self, query: str, *args: Any) -> None:
        """Changes a projection behind everybody's back."""
        owner = await self.databases.role("owner")
        await owner.execute(query, *args)

    async def rows_of(self, *tables: str) -> dict[str, int]:
        """How many rows there are."""
        owner = await self.databases.role("owner")
        return {table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables}

    async def aclose(self) -> None:
        """Closes what it opened."""
        await self.api.aclose()
