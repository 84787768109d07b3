"""A real local Solana chain with fast slots, wallets on it, and nodes that lie about it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx
import pytest
from solders.keypair import Keypair

from earnest.chains import Stream, TxState, WatchedAccount
from earnest.chains.solana import (
    Mint,
    SolanaChain,
    SolanaRpc,
    associated_token_address,
    build_payment,
    sign,
)
from earnest.chains.solana.build import AnyMessage
from earnest.kit.money import Asset, Money
from earnest.run.embedded.local_chain import LocalChain
from tests.integration.chains.lying_node import LyingNode

SOL = 1_000_000_000
DEADLINE_S = 20.0


async def eventually(true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Returns once `true` is; fails with `what` after a deadline."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not await true():
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"not within {DEADLINE_S:.0f} s: {what}")
        await asyncio.sleep(0.02)


@dataclass
class World:
    """One chain, and what a test does on it."""

    local: LocalChain
    rpc: SolanaRpc
    chain: SolanaChain
    mint: Mint
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        """The node's address."""
        return self.local.access.rpc_url

    async def control(self, path: str, **body: object) -> None:
        """What only a local chain can: faucet, token, pause, resume, reset."""
        answer = await self.http.post(f"{self.url}/localnet/{path}", json=body)
        answer.raise_for_status()

    async def wallet(self, lamports: int = 10 * SOL, usdc_minor: int = 0) -> Keypair:
        """A new key with money."""
        key = Keypair()
        address = str(key.pubkey())
        if lamports:
            await self.control("faucet", address=address, lamports=lamports)
        if usdc_minor:
            await self.control("token", owner=address, amount=usdc_minor)
        await self.until_final_slot(await self.rpc.get_slot("processed"))
        return key

    async def treasury(self, lamports: int = 5 * SOL) -> tuple[Keypair, list[Stream]]:
        """A treasury with its streams in SOL and USDC, opened now."""
        key = await self.wallet(lamports)
        address = str(key.pubkey())
        account = associated_token_address(address, self.mint)
        slot, _ = await self.rpc.get_multiple_balances([address, account])
        return key, [
            Stream(WatchedAccount(address, Asset.SOL), slot, lamports),
            Stream(WatchedAccount(account, Asset.USDC, self.mint.address), slot, 0),
        ]

    async def payment(
        self, payer: Keypair, to: Keypair, money: Money, references: Sequence[str] = ()
    ) -> AnyMessage:
        """A payment as a wallet makes it."""
        return build_payment(
            payer=str(payer.pubkey()),
            recipient=str(to.pubkey()),
            money=money,
            blockhash=(await self.rpc.get_latest_blockhash()).blockhash,
            references=references,
            mint=self.mint if money.asset is Asset.USDC else None,
        )

    async def pay(
        self, payer: Keypair, to: Keypair, money: Money, references: Sequence[str] = ()
    ) -> str:
        """Pays and returns the signature, final or not."""
        message = await self.payment(payer, to, money, references)
        return await self.rpc.send_raw(sign(message, payer).wire_bytes)

    async def until_final(self, *tx_ids: str) -> None:
        """Waits until every chain_tx is final, and the finalized slot past it."""
        for tx_id in tx_ids:

            async def is_final(tx_id: str = tx_id) -> bool:
                found = await self.chain.finality(tx_id)
                return found.state is TxState.FINAL and await self.rpc.get_slot() >= (
                    found.slot or 0
                )

            await eventually(is_final, f"{tx_id} is final")

    async def until_final_slot(self, slot: int) -> None:
        """Waits until the finalized slot is at `slot`."""

        async def is_past() -> bool:
            return await self.rpc.get_slot() >= slot

        await eventually(is_past, f"slot {slot} is final")


@pytest.fixture(scope="session")
def local_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """One local chain for all tests that leave it whole."""
    with LocalChain(tmp_path_factory.mktemp("chain"), slot_ms=20) as chain:
        yield chain


@pytest.fixture
async def world(local_chain: LocalChain) -> AsyncIterator[World]:
    """The shared chain, with clients of this test's own."""
    async with SolanaRpc(local_chain.access.rpc_url) as rpc, httpx.AsyncClient() as http:
        mint = Mint(local_chain.access.usdc_mint)
        yield World(local_chain, rpc, SolanaChain(rpc), mint, http)


@pytest.fixture
async def liar(world: World) -> AsyncIterator[LyingNode]:
    """A node before the shared chain, honest until it is told otherwise."""
    async with LyingNode(world.url).running() as node:
        yield node
