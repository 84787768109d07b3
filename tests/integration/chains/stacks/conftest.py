"""A real local Stacks chain that mines when told, people on it, and contracts that print."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from earnest.chains.stacks import LoggedEvent, StacksApi, clarity, read_events
from earnest.chains.stacks.follower import StacksFollower
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.run.demo.stacks_wallet import StacksNode, StacksWallet, StacksWallets
from earnest.run.embedded.stacks_chain import StacksChain
from tests.integration.chains.stacks.lying_api import LyingApi

CHATTER = (Path(__file__).parent / "chatter.clar").read_text()


def fold(rows: Sequence[LoggedEvent]) -> list[tuple[str, str, int]]:
    """What counts after all rows, in the order of the chain; refuses a log that makes no sense."""
    counting: dict[tuple[str, str, int], LoggedEvent] = {}
    for row in rows:
        key = (row.block_id, row.tx_id, row.event_index)
        before = counting.get(key)
        if row.kind == "reverted":
            assert before is not None, f"{key} fell and was never there"
            assert before.nth == row.nth
            del counting[key]
        elif row.kind == "observed":
            assert before is None, f"{key} was observed twice"
            counting[key] = row
        else:
            assert before is None or before.kind == "observed", f"{key} became final twice"
            assert before is None or before.nth == row.nth
            counting[key] = row
    ordered = sorted(counting.values(), key=lambda row: (row.height, row.tx_index, row.event_index))
    finals = [row.kind == "final" for row in ordered]
    assert finals == sorted(finals, reverse=True), "what is final is not the beginning"
    return [(row.tx_id, row.hex, row.height) for row in ordered]


@dataclass
class Talk:
    """One contract of a test's own, somebody who calls it, and a follower of it."""

    chain: StacksChain
    node: StacksNode
    wallets: StacksWallets
    wallet: StacksWallet
    contract: str
    database: Database
    api: StacksApi
    http: httpx.AsyncClient
    nonces: dict[str, int] = field(default_factory=dict)

    async def call(
        self, function: str, *args: clarity.Value, by: StacksWallet | None = None
    ) -> str:
        """Sends a call that waits for a block; its id."""
        wallet = by or self.wallet
        nonce = self.nonces.setdefault(wallet.address, 0)
        call = {
            "contract": self.contract,
            "functionName": function,
            "functionArgs": [clarity.encode_hex(each) for each in args],
            "postConditionMode": "allow",
        }
        tx_id = await wallet.send_call(call, self.node.api_url, nonce=nonce, fee_micro_stx=10_000)
        self.nonces[wallet.address] += 1
        return tx_id

    async def another(self) -> StacksWallet:
        """Somebody else with money."""
        wallet = await self.wallets.open()
        await self.node.fund(wallet.address, micro_stx=1_000_000)
        await self.node.mine()
        return wallet

    async def say(self, *numbers: int, blocks: bool = True) -> list[str]:
        """Calls `say`, each in a block of its own unless told otherwise."""
        sent = []
        for number in numbers:
            sent.append(await self.call("say", clarity.UInt(number)))
            if blocks:
                await self.node.mine()
        return sent

    async def bury(self, burn_blocks: int = 6) -> None:
        """Bitcoin blocks upon all that is."""
        await self.node.mine(burn=burn_blocks)

    async def switch(self, name: str, **order: Any) -> dict[str, Any]:
        """A switch of the local chain."""
        answer = await self.http.post(f"{self.node.api_url}/localnet/{name}", json=order)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def follower(self, *apis: StacksApi, **options: Any) -> StacksFollower:
        """A follower of the contract, with a lease that outlives the test."""
        api = apis[0] if apis else self.api
        return StacksFollower(self.database, api, self.contract, **({"lease_s": 60.0} | options))

    async def followed(self, **options: Any) -> StacksFollower:
        """A follower that has the fence and has caught up."""
        one = self.follower(**options)
        assert await one.take_fence()
        await self.catch_up(one)
        return one

    async def catch_up(self, one: StacksFollower) -> int:
        """Rounds until all is known; how many rows the log has more."""
        added = 0
        while True:
            done = await one.follow_once()
            added += done.added
            if done.is_whole:
                return added

    async def rows(self) -> list[LoggedEvent]:
        """The whole log."""
        async with self.database.connection() as db:
            return await read_events(db, 0, 10_000)

    async def counting(self) -> list[tuple[str, str, int]]:
        """What counts by the log: chain_tx, value, height."""
        return fold(await self.rows())

    async def on_chain(self) -> list[tuple[str, str, int]]:
        """What counts by the server, asked as plainly as can be."""
        found = []
        cursor: str | None = None
        while True:
            page = await self.api.logs_page(self.contract, cursor=cursor)
            assert page is not None
            for row in page.results:
                tx = await self.api.chain_tx(row.tx_id)
                assert tx.block is not None
                found.append((row.tx_id, row.contract_log.value.hex, tx.block.height))
            cursor = page.prev_cursor
            if cursor is None:
                return found[::-1]


@pytest.fixture(scope="session")
def stacks_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StacksChain]:
    """One local chain; each test follows a contract of its own on it."""
    with StacksChain(tmp_path_factory.mktemp("stacks"), block_ms=0) as chain:
        yield chain


@pytest.fixture
async def talk(stacks_chain: StacksChain, databases: Any) -> AsyncIterator[Talk]:
    """A new contract by a new person, on the shared chain."""
    node = StacksNode(stacks_chain.api_url)
    try:
        async with (
            StacksWallets() as wallets,
            StacksApi(stacks_chain.api_url) as api,
            httpx.AsyncClient(timeout=60, trust_env=False) as http,
        ):
            wallet = await wallets.open()
            await node.fund(wallet.address, micro_stx=1_000_000_000)
            await node.mine()
            contract, _ = await wallet.deploy(
                f"chatter-{new_id().hex[:8]}", CHATTER, node.api_url, nonce=0, fee_micro_stx=20_000
            )
            await node.mine()
            indexer = await databases.role("indexer")
            yield Talk(
                stacks_chain, node, wallets, wallet, contract, indexer, api, http,
                {wallet.address: 1},
            )  # fmt: skip
    finally:
        await node.close()


@pytest.fixture
async def liar(stacks_chain: StacksChain) -> AsyncIterator[LyingApi]:
    """A server before the chain, honest until it is told otherwise."""
    async with LyingApi(stacks_chain.api_url).running() as api:
        yield api


@pytest.fixture
async def through_liar(liar: LyingApi) -> AsyncIterator[StacksApi]:
    """A client that gives up at once, on the server that can lie."""
    async with StacksApi(liar.url, attempts=1, timeout_s=5) as api:
        yield api


async def eventually(true: Any, what: str, deadline_s: float = 60.0) -> None:
    """Returns once `true` is; fails with `what` after a deadline."""
    deadline = asyncio.get_running_loop().time() + deadline_s
    while not await true():
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"not within {deadline_s:.0f} s: {what}")
        await asyncio.sleep(0.02)
