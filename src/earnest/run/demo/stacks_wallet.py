"""Stacks wallets as people have them: stacks.js in a process of its own, spoken to in lines.

The keys stay in that process. It knows nothing of Earnest: it signs the unsigned call that it is
shown, and sends it to the Stacks API it is told. Local chains, tests and the demo only: it needs
Node and the folder `localnet/` of the source tree.

    async with StacksWallets() as wallets:
        client = await wallets.open(seed="client")      # the same address in every run
        arbiter = await wallets.open(key_file=state_dir / "stacks" / "deployer.key")
        node = StacksNode(api_url)                      # the local chain's switches
        await node.fund(client.address, micro_stx=50_000_000)
        signature = await client.sign_text(challenge)   # for POST /api/auth/verify
        call = (await http.post(f"/api/projects/{id}/calls", json={"act": "fund"})).json()
        tx_id = await client.send_call(call, api_url)   # as prepared, post-conditions included
        await node.mine()
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from earnest.kit.errors import EarnestError, Kind
from earnest.run.embedded.launch import spare_environment
from earnest.run.embedded.local_chain import LOCALNET, node_program

_ANSWER_SECONDS_MAX = 45.0
_STOP_SECONDS_MAX = 5.0
_LINE_BYTES_MAX = 2_000_000


class WalletRefused(EarnestError):
    """The wallet did not do it: {reason}"""

    code = "stacks_wallet_refused"
    kind = Kind.INVALID


class ChainSwitchRefused(EarnestError):
    """The local Stacks chain did not do it: {reason}"""

    code = "stacks_chain_switch_refused"
    kind = Kind.UNAVAILABLE


class StacksWallets:
    """A process that holds any number of keys. Used as an async context; ends with us."""

    def __init__(self, *, localnet: Path = LOCALNET) -> None:
        self._program = localnet / "wallet.mjs"
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._last_id = 0

    async def __aenter__(self) -> Self:
        # It ends when its standard input does, which happens however we die.
        self._process = await asyncio.create_subprocess_exec(
            node_program(), str(self._program),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env=spare_environment(), limit=_LINE_BYTES_MAX, start_new_session=True,
        )  # fmt: skip
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS_MAX):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def open(
        self, *, seed: str | None = None, key: str | None = None, key_file: Path | None = None
    ) -> "StacksWallet":
        """A wallet: of a fresh key, or of 64 hex digits given or kept in a file, or of a seed.

        A seed gives the same key every time, so it is for tests alone.
        """
        path = None if key_file is None else str(key_file)
        given = {"seed": seed, "key": key, "keyFile": path}
        opened = await self.ask("open", {k: v for k, v in given.items() if v is not None})
        return StacksWallet(self, opened["address"], opened["publicKey"])

    async def ask(self, op: str, what: Mapping[str, Any]) -> dict[str, Any]:
        """One request, one answer. Raises `WalletRefused` with the wallet's own words."""
        async with self._turn:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise WalletRefused(reason="it was not started.")
            self._last_id += 1
            line = json.dumps({"id": self._last_id, "op": op, **what}) + "\n"
            try:
                process.stdin.write(line.encode())
                await process.stdin.drain()
                async with asyncio.timeout(_ANSWER_SECONDS_MAX):
                    said = await process.stdout.readline()
                    while said and json.loads(said)["id"] != self._last_id:
                        # The answer of a request that was given up.
                        said = await process.stdout.readline()
            except (OSError, TimeoutError) as error:
                raise WalletRefused(reason=f"no answer ({type(error).__name__}).") from error
            if not said:
                raise WalletRefused(reason="its process has ended.")
        answer = json.loads(said)
        if "error" in answer:
            problem = answer["error"]
            raise WalletRefused(reason=problem["message"], problem=problem)
        found: dict[str, Any] = answer["result"]
        return found


class StacksWallet:
    """One key. Addresses are `ST…`; sums are in micro-STX; tx ids are `0x` and 64 hex digits.

    Nonce and fee are asked of the API where none are given, as people's wallets do.
    """

    def __init__(self, wallets: StacksWallets, address: str, public_key: str) -> None:
        self._wallets = wallets
        self.address = address
        self.public_key = public_key

    async def sign_text(self, text: str) -> str:
        """The Stacks message signature over the text: 65 bytes in hex, RSV."""
        answer = await self._wallets.ask("signMessage", {"address": self.address, "text": text})
        return str(answer["signature"])

    async def sign_call(
        self, call: Mapping[str, Any], api_url: str | None = None, **chosen: int | str | None
    ) -> dict[str, Any]:
        """Signs a prepared call and sends nothing: `{txId, hex, nonce, feeMicroStx}`.

        `call` has contract, functionName, functionArgs, postConditions and postConditionMode;
        arguments and conditions are hex texts or objects with `hex`, as
        `POST /api/projects/{id}/calls` gives them. `chosen`: nonce, fee_micro_stx.
        """
        return await self._wallets.ask("signCall", self._call_of(call, api_url, chosen))

    async def send_call(
        self, call: Mapping[str, Any], api_url: str, **chosen: int | str | None
    ) -> str:
        """Signs a prepared call, sends it, and gives the id of the chain_tx. See `sign_call`."""
        answer = await self._wallets.ask("call", self._call_of(call, api_url, chosen))
        return str(answer["txId"])

    async def send_stx(
        self,
        recipient: str,
        micro_stx: int,
        api_url: str,
        *,
        memo: str | None = None,
        **chosen: int | str | None,
    ) -> str:
        """Sends STX; gives the id of the chain_tx."""
        what = {"recipient": recipient, "amountMinor": str(micro_stx)}
        if memo is not None:
            what["memo"] = memo
        answer = await self._wallets.ask("transfer", {**self._shared(api_url, chosen), **what})
        return str(answer["txId"])

    async def deploy(
        self, name: str, source: str, api_url: str, **chosen: int | str | None
    ) -> tuple[str, str]:
        """Deploys a contract: its id `ADDRESS.name` and the id of the chain_tx."""
        what = {**self._shared(api_url, chosen), "name": name, "source": source}
        answer = await self._wallets.ask("deploy", what)
        return f"{self.address}.{name}", str(answer["txId"])

    async def broadcast(self, signed_hex: str, api_url: str) -> str:
        """Sends what was signed before; gives the id of the chain_tx."""
        answer = await self._wallets.ask("broadcast", {"hex": signed_hex, "api": api_url})
        return str(answer["txId"])

    def _call_of(
        self, call: Mapping[str, Any], api_url: str | None, chosen: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            **self._shared(api_url, chosen),
            "contract": call["contract"],
            "functionName": call["functionName"],
            "functionArgs": _hexes(call.get("functionArgs", [])),
            "postConditions": _hexes(call.get("postConditions", [])),
            "postConditionMode": call.get("postConditionMode", "deny"),
        }

    def _shared(self, api_url: str | None, chosen: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(chosen) - {"nonce", "fee_micro_stx"}
        if unknown:
            raise TypeError(f"no such choice: {', '.join(sorted(unknown))}")
        shared = {
            "address": self.address,
            "api": api_url,
            "nonce": chosen.get("nonce"),
            "feeMicroStx": chosen.get("fee_micro_stx"),
        }
        return {name: value for name, value in shared.items() if value is not None}


def _hexes(items: Sequence[str | Mapping[str, Any]]) -> list[str]:
    return [item if isinstance(item, str) else str(item["hex"]) for item in items]


class StacksNode:
    """The switches of the local Stacks chain: money, blocks, reorgs. Each is one request."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=60.0, trust_env=False)

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def state(self) -> dict[str, Any]:
        """`{genesisHash, contractId, faucet, height, burnHeight, tip, mempool, held}`."""
        return await self._switch("GET", "state", None)

    async def fund(self, address: str, *, micro_stx: int = 0, sats: int = 0) -> list[str]:
        """Asks the faucet for STX, sBTC or both; they wait for a block. The chain_txs' ids."""
        given = {"microStx": micro_stx, "sats": sats}
        order = {"address": address, **{name: sum_ for name, sum_ in given.items() if sum_}}
        txids: list[str] = (await self._switch("POST", "faucet", order))["txids"]
        return txids

    async def mine(self, blocks: int = 1, *, burn: int = 0) -> dict[str, Any]:
        """Blocks with what waits; or `burn` Bitcoin blocks, each with an empty Stacks block."""
        order = {"blocks": burn, "burn": True} if burn else {"blocks": blocks}
        return await self._switch("POST", "mine", order)

    async def reorg(self, depth: int, *, drop: Sequence[str] = ()) -> dict[str, Any]:
        """The newest `depth` blocks again without the chain_txs in `drop`, and one block more."""
        return await self._switch("POST", "reorg", {"depth": depth, "drop": list(drop)})

    async def release(self) -> dict[str, Any]:
        """What was dropped may land again."""
        return await self._switch("POST", "release", {})

    async def chain_tx(self, tx_id: str) -> dict[str, Any]:
        """One chain_tx as the Stacks API shows it: `status`, `canonical`, `block_height` …"""
        return await self._ask("GET", f"/extended/v3/transactions/{tx_id}", None)

    async def balance_micro_stx(self, address: str) -> int:
        """What an address has at the newest block."""
        found = await self._ask("GET", f"/v2/accounts/{address}?proof=0", None)
        return int(found["balance"], 16)

    async def fees_micro_stx(self, address: str) -> int:
        """What an address has paid for its chain_txs so far."""
        found = await self._ask("GET", f"/extended/v1/address/{address}/stx", None)
        return int(found["total_fees_sent"])

    async def _switch(self, method: str, name: str, order: Any) -> dict[str, Any]:
        return await self._ask(method, f"/localnet/{name}", order)

    async def _ask(self, method: str, path: str, order: Any) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, self.api_url + path, json=order)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ChainSwitchRefused(reason=f"no answer ({type(error).__name__}).") from error
        if not answer.is_success:
            raise ChainSwitchRefused(reason=str(found.get("error") or found))
        return dict(found)
