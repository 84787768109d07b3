"""Wallets as people have them: a fresh key each, that signs a text or pays a payment link.

A wallet speaks to the chain alone. It knows nothing of Earnest but the link in the QR code.
"""

import asyncio
import time

import base58
import httpx
from solders.keypair import Keypair

from earnest.chains.errors import RpcUnavailable
from earnest.chains.solana import SolanaRpc, build_payment, parse_pay_url, sign
from earnest.kit.money import Asset, Money
from earnest.run.demo.errors import DemoBroke

POLL_S = 0.2
# A node that is restarted is back within seconds; longer than this, it is gone.
NODE_GONE_AFTER_S = 15.0


class Wallet:
    """One key pair, made here and kept nowhere."""

    def __init__(self) -> None:
        self._keypair = Keypair()
        self.address = str(self._keypair.pubkey())

    @property
    def short(self) -> str:
        """The address as people compare it: `4mPw…Vt2L`."""
        return shorten(self.address)

    def sign_text(self, text: str) -> str:
        """An ed25519 signature over the text, in base58."""
        return base58.b58encode(bytes(self._keypair.sign_message(text.encode()))).decode()

    async def pay(self, node: "Node", pay_url: str) -> tuple[str, Money]:
        """Pays what a payment link asks for, as a phone does that has read the QR code.

        Gives the chain_tx's signature and the sum. Raises `PaymentUrlInvalid` and `ChainError`.
        """
        request = parse_pay_url(pay_url, {})
        latest = await node.rpc.get_latest_blockhash("confirmed")
        message = build_payment(
            payer=self.address,
            recipient=request.recipient,
            money=request.money,
            blockhash=latest.blockhash,
            references=request.references,
            memo=request.memo,
        )
        signature = await node.rpc.send_raw(sign(message, self._keypair).wire_bytes)
        return signature, request.money


def shorten(address: str) -> str:
    """First and last four characters."""
    return f"{address[:4]}…{address[-4:]}"


class Node:
    """The chain's node, as any wallet or explorer sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rpc = SolanaRpc(url, timeout_s=3.0, attempts=1)
        self._answered_at = time.monotonic()

    async def close(self) -> None:
        """Closes its connections."""
        await self.rpc.aclose()

    async def fund(self, address: str, lamports: int) -> None:
        """Asks the faucet of the local chain, which sends an ordinary chain_tx."""
        async with httpx.AsyncClient(timeout=15.0, trust_env=False) as http:
            answer = await http.post(
                f"{self.url}/localnet/faucet", json={"address": address, "lamports": lamports}
            )
        if answer.status_code != httpx.codes.OK:
            raise DemoBroke(reason=f"The faucet of the local chain refused: {answer.text[:200]}")
        deadline = time.monotonic() + NODE_GONE_AFTER_S
        while await self.lamports_now(address) < lamports:
            if time.monotonic() > deadline:
                raise DemoBroke(reason="What the faucet sent did not arrive in time.")
            await asyncio.sleep(POLL_S)

    async def lamports_now(self, address: str) -> int:
        """The balance as of the newest block that is confirmed."""
        return (await self.rpc.get_balance(address, commitment="confirmed")).amount_minor

    async def lamports_final(self, address: str, *, min_slot: int = 0) -> int:
        """The balance that cannot be undone any more, not read before `min_slot` is final.

        Waits for that slot; raises `DemoBroke` when it does not come.
        """
        deadline = time.monotonic() + NODE_GONE_AFTER_S
        while True:
            found = await self.rpc.get_balance(address)
            if found.slot >= min_slot:
                return found.amount_minor
            if time.monotonic() > deadline:
                raise DemoBroke(reason=f"Slot {min_slot} of the chain did not become final.")
            await asyncio.sleep(POLL_S)

    async def blocks_on(self, signature: str) -> int | None:
        """How many slots have passed since a chain_tx landed; None while it is not seen.

        A node that does not answer for a moment is forgiven; raises `DemoBroke` when it is gone.
        """
        try:
            slot, (status,) = await self.rpc.get_signature_statuses([signature])
        except RpcUnavailable as error:
            self._forgive(error)
            return None
        self._answered_at = time.monotonic()
        if status is None:
            return None
        if status.err is not None:
            raise DemoBroke(reason=f"The chain refused {shorten(signature)}: {status.err}")
        return max(0, slot - status.slot)

    async def check_alive(self) -> None:
        """Raises `DemoBroke` once the node has not answered for `NODE_GONE_AFTER_S`."""
        try:
            await self.rpc.get_slot("confirmed")
        except RpcUnavailable as error:
            self._forgive(error)
        else:
            self._answered_at = time.monotonic()

    def _forgive(self, error: RpcUnavailable) -> None:
        silent_s = time.monotonic() - self._answered_at
        if silent_s > NODE_GONE_AFTER_S:
            raise DemoBroke(
                reason=f"The chain is gone: its node at {self.url} has not answered for "
                f"{silent_s:.0f} s. What was final stands; the rest is not counted."
            ) from error

    async def landed(self, signature: str) -> tuple[int, int]:
        """The slot of a final chain_tx and the fee that it cost, in lamports."""
        raw = await self.rpc.get_chain_tx(signature)
        if raw is None or raw.meta.err is not None:
            raise DemoBroke(reason=f"The chain has no final {shorten(signature)}.")
        return raw.slot, raw.meta.fee


def sol(amount_minor: int) -> str:
    """For people: `0.1050 SOL`."""
    return str(Money(amount_minor, Asset.SOL))
