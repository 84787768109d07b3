"""The ledger under any sequence of acts, beside a model in plain Python."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from earnest.kit.ids import new_id
from earnest.ledger import verify_ledger
from earnest.run.embedded.postgres import EmbeddedPostgres
from tests.conftest import TEMPLATE

T = TypeVar("T")
PEOPLE = 3
amounts = st.integers(min_value=1, max_value=500)
people = st.integers(min_value=0, max_value=PEOPLE - 1)


class LedgerMachine(RuleBasedStateMachine):
    """Deposits, transfers, holds and their ends, repeats of each; the model keeps two numbers."""

    url = ""
    holds: Bundle[tuple[UUID, int, int]] = Bundle("holds")
    posted: Bundle[tuple[UUID, int, int, int]] = Bundle("posted")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.balance = [0] * PEOPLE
        self.held = [0] * PEOPLE
        self.treasury_minor = 0
        self.ended: dict[UUID, str] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs one database call."""
        return self.loop.run_until_complete(work)

    @initialize()
    def connect(self) -> None:
        """New accounts for every run; the ledger itself keeps growing."""
        self.db = self.run(asyncpg.connect(self.url, server_settings={"search_path": "earnest"}))
        tag = new_id()
        self.treasury = self.run(
            self.db.fetchval("SELECT ledger_account($1, 'asset', 'SOL')", f"treasury:{tag}")
        )
        self.accounts = [
            self.run(self.db.fetchval("SELECT ledger_available($1, 'SOL')", new_id()))
            for _ in range(PEOPLE)
        ]

    def call(self, query: str, *args: object) -> Any:
        """The result, or the code of the refusal."""
        try:
            return self.run(self.db.fetchval(query, *args))
        except asyncpg.PostgresError as error:
            if error.sqlstate != "EA001":
                raise
            return str(error.args[0])

    @rule(target=posted, person=people, amount=amounts)
    def deposit(self, person: int, amount: int) -> tuple[UUID, int, int, int]:
        """Money from outside."""
        id = new_id()
        args = (id, self.treasury, self.accounts[person], amount)
        assert self.call("SELECT ledger_transfer($1, $2, $3, $4, 'd', 's')", *args) is True
        self.balance[person] += amount
        self.treasury_minor += amount
        return args

    @rule(giver=people, taker=people, amount=amounts)
    def give(self, giver: int, taker: int, amount: int) -> None:
        """Between people: never more than is available, never to oneself."""
        result = self.call(
            "SELECT ledger_transfer($1, $2, $3, $4, 'g', 's')",
            new_id(), self.accounts[giver], self.accounts[taker], amount,
        )  # fmt: skip
        if giver == taker:
            assert result == "transfer_is_void"
        elif self.balance[giver] - self.held[giver] < amount:
            assert result == "balance_too_small"
        else:
            assert result is True
            self.balance[giver] -= amount
            self.balance[taker] += amount

    @rule(args=posted)
    def repeat(self, args: tuple[UUID, int, int, int]) -> None:
        """The same transfer again is a repeat; with another amount it is refused."""
        query = "SELECT ledger_transfer($1, $2, $3, $4, 'd', 's')"
        assert self.call(query, *args) is False
        assert self.call(query, *args[:3], args[3] + 1) == "transfer_differs"

    @rule(target=holds, person=people, amount=amounts)
    def hold(self, person: int, amount: int) -> tuple[UUID, int, int]:
        """A promise takes from what is available, or is refused."""
        id = new_id()
        result = self.call("SELECT ledger_hold($1, $2, $3, 'r')", id, self.accounts[person], amount)
        if self.balance[person] - self.held[person] < amount:
            assert result == "balance_too_small"
            self.ended[id] = "never"
        else:
            assert result is True
            self.held[person] += amount
        return id, person, amount

    @rule(hold=holds)
    def void(self, hold: tuple[UUID, int, int]) -> None:
        """Gives it back, once."""
        id, person, amount = hold
        result = self.call("SELECT ledger_hold_void($1)", id)
        match self.ended.get(id):
            case None:
                assert result is True
                self.held[person] -= amount
                self.ended[id] = "voided"
            case "voided":
                assert result is False
            case "posted":
                assert result == "hold_ended_otherwise"
            case _:
                assert result == "hold_unknown"

    @rule(hold=holds)
    def post(self, hold: tuple[UUID, int, int]) -> None:
        """Pays it out, once."""
        id, person, amount = hold
        result = self.call("SELECT ledger_hold_post($1, $2, $1, 's')", id, self.treasury)
        match self.ended.get(id):
            case None:
                assert result is True
                self.held[person] -= amount
                self.balance[person] -= amount
                self.treasury_minor -= amount
                self.ended[id] = "posted"
            case "posted":
                assert result is False
            case "voided":
                assert result == "hold_ended_otherwise"
            case _:
                assert result == "hold_unknown"

    @invariant()
    def agrees_with_the_model(self) -> None:
        """Balances and holds are what the model says; the books balance."""
        if not hasattr(self, "db"):
            return
        rows = self.run(
            self.db.fetch(
                "SELECT id, balance, held FROM ledger_accounts WHERE id = ANY ($1)",
                [*self.accounts, self.treasury],
            )
        )
        found = {row["id"]: (int(row["balance"]), int(row["held"])) for row in rows}
        for account, balance, held in zip(self.accounts, self.balance, self.held, strict=True):
            assert found[account] == (balance, held)
        assert found[self.treasury] == (self.treasury_minor, 0)
        assert sum(self.balance) == self.treasury_minor

    def teardown(self) -> None:
        """At the end the whole ledger replays without a fault."""
        if hasattr(self, "db"):
            assert self.run(verify_ledger(self.db)).faults == []
            self.run(self.db.close())
        self.loop.close()


def test_any_sequence_keeps_the_books(postgres: EmbeddedPostgres, template_url: str) -> None:
    """Hypothesis looks for a sequence of acts that the ledger and the model judge differently."""
    name = f"properties_{new_id().hex}"

    async def make() -> None:
        admin = await asyncpg.connect(postgres.superuser_dsn)
        try:
            await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
            await admin.execute(f'ALTER DATABASE "{name}" OWNER TO earnest_owner')
        finally:
            await admin.close()

    asyncio.run(make())
    LedgerMachine.url = template_url.replace(f"/{TEMPLATE}", f"/{name}")
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("clients", [8])
async def test_batches_from_many_clients_do_not_deadlock(
    postgres: EmbeddedPostgres, template_url: str, clients: int
) -> None:
    """Batches over the same accounts in opposite orders: all post, the ledger replays."""
    name = f"batches_{new_id().hex}"
    admin = await asyncpg.connect(postgres.superuser_dsn)
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} OWNER earnest_owner')
    await admin.close()
    url = template_url.replace(f"/{TEMPLATE}", f"/{name}")
    pool = await asyncpg.create_pool(
        url, min_size=clients, max_size=clients, server_settings={"search_path": "earnest"}
    )
    try:
        treasury = await pool.fetchval("SELECT ledger_account('t', 'asset', 'SOL')")
        people = [
            await pool.fetchval("SELECT ledger_available($1, 'SOL')", new_id()) for _ in range(6)
        ]

        async def batch(turn: int) -> int:
            order = people if turn % 2 else people[::-1]
            posted: int = await pool.fetchval(
                "SELECT ledger_transfer_batch($1, $2, $3, $4, 'k', 's')",
                [new_id() for _ in order], [treasury] * 6, order, [turn + 1] * 6,
            )  # fmt: skip
            return posted

        counts = await asyncio.gather(*(batch(turn) for turn in range(40)))
        assert sum(counts) == 240
        connection = await asyncpg.connect(url, server_settings={"search_path": "earnest"})
        assert (await verify_ledger(connection)).faults == []
        await connection.close()
    finally:
        await pool.close()
