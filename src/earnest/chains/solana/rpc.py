"""Solana JSON-RPC over HTTP, for one node or several.

Every answer is one of three: a typed value, `RpcRejected` (the node said a definite no) or
`RpcUnavailable` (nothing was learned: network, time-out, 429, 5xx, a node that is behind, an
answer cut short or not of the protocol). Reads are tried again with growing pauses and go round
the nodes; whoever needs two opinions asks each of `sources` by itself.
Source: https://solana.com/docs/rpc/http
"""

import asyncio
import base64
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx
import msgspec

from earnest.chains.errors import MalformedAnswer, RpcRejected, RpcUnavailable
from earnest.chains.solana.wire import (
    AccountBalance,
    Blockhash,
    ContextResult,
    RawAccount,
    RawBlockhash,
    RawChainTx,
    RawSimulation,
    RpcReply,
    SignatureRow,
    SignatureStatus,
    SlotValue,
    TokenAmount,
    token_account_amount,
)

Commitment = Literal["processed", "confirmed", "finalized"]
T = TypeVar("T")

ANSWER_BYTES_MAX = 16 * 1024 * 1024
PAGE_LIMIT_MAX = 1000
ACCOUNTS_PER_CALL_MAX = 100
RETRY_AFTER_S_MAX = 10.0
# Codes with which a node says "I do not know", not "no": behind, not yet there, pruned, broken.
# Source: rpc-client-api custom_error.rs; -32429 is what several providers send for 429.
SLOT_NOT_REACHED = -32016
_UNKNOWN_CODES = frozenset({-32603, -32004, -32005, -32011, -32014, SLOT_NOT_REACHED, -32429, 429})


class SolanaRpc:
    """A client for one or several nodes of one network. Close it, or use it as a context.

    `attempts` counts all tries of a read, over all nodes. Raises as the module says.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        *,
        timeout_s: float = 10.0,
        attempts: int = 4,
        pause_s: float = 0.2,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        listed = urls.split(",") if isinstance(urls, str) else list(urls)
        self.urls = tuple(url.strip() for url in listed if url.strip())
        if not self.urls:
            raise ValueError("a Solana RPC client needs at least one URL")
        self._attempts = attempts
        self._pause_s = pause_s
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._owns_client = client is None
        self._client = client or httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            limits=httpx.Limits(max_connections=32),
            headers={"content-type": "application/json", "user-agent": "earnest"},
        )

    @property
    def nodes(self) -> tuple["SolanaRpc", ...]:
        """A client for each node by itself, on the same connections."""
        return tuple(self._single(url, self._attempts) for url in self.urls)

    @property
    def nodes_once(self) -> tuple["SolanaRpc", ...]:
        """As `nodes`, but nothing is tried again."""
        return tuple(self._single(url, 1) for url in self.urls)

    @property
    def sources(self) -> tuple["SolanaRpc", ...]:
        """At least two opinions, each from one node by itself; a lone node is asked twice."""
        return self.nodes if len(self.urls) > 1 else self.nodes * 2

    def _single(self, url: str, attempts: int) -> "SolanaRpc":
        return SolanaRpc(
            [url],
            timeout_s=self._timeout_s,
            attempts=attempts,
            pause_s=self._pause_s,
            client=self._client,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections, unless the HTTP client was the caller's own."""
        if self._owns_client:
            await self._client.aclose()

    # Reads ---------------------------------------------------------------------------------

    async def get_slot(self, commitment: Commitment = "finalized") -> int:
        """The newest slot at that commitment."""
        return await self._read("getSlot", [{"commitment": commitment}], int)

    async def get_block_height(self, commitment: Commitment = "finalized") -> int:
        """The height of the newest block at that commitment: what a blockhash's life counts."""
        return await self._read("getBlockHeight", [{"commitment": commitment}], int)

    async def get_block_time(self, slot: int) -> int | None:
        """Unix seconds at which the slot's block was made, or None where the node has none."""
        return await self._read("getBlockTime", [slot], int | None)  # type: ignore[arg-type]

    async def get_genesis_hash(self) -> str:
        """The hash that names the network."""
        return await self._read("getGenesisHash", [], str)

    async def get_balance(
        self,
        address: str,
        *,
        commitment: Commitment = "finalized",
        min_context_slot: int | None = None,
    ) -> SlotValue:
        """Lamports of an address and the slot they were read at; 0 for an unknown address."""
        config = _config(commitment=commitment, minContextSlot=min_context_slot)
        result = await self._read("getBalance", [address, config], ContextResult[int])
        return SlotValue(slot=result.context.slot, amount_minor=result.value)

    async def get_token_balance(
        self,
        token_account: str,
        *,
        commitment: Commitment = "finalized",
        min_context_slot: int | None = None,
    ) -> TokenAmount:
        """Units in a token account and the slot they were read at; 0 when there is no account.

        Read with getAccountInfo: getTokenAccountBalance answers "not found" without a slot.
        """
        config = _config(commitment=commitment, minContextSlot=min_context_slot, encoding="base64")
        result = await self._read(
            "getAccountInfo", [token_account, config], ContextResult[RawAccount | None]
        )
        mint, amount = token_account_amount(result.value)
        return TokenAmount(slot=result.context.slot, amount_minor=amount, mint=mint)

    async def get_multiple_balances(
        self,
        addresses: Sequence[str],
        *,
        commitment: Commitment = "finalized",
        min_context_slot: int | None = None,
    ) -> tuple[int, dict[str, AccountBalance]]:
        """One slot and, for each address, its lamports and (for a token account) its tokens.

        All at the same slot, so at most 100 addresses; an address unknown to the chain has 0.
        """
        if len(addresses) > ACCOUNTS_PER_CALL_MAX:
            raise ValueError(f"at most {ACCOUNTS_PER_CALL_MAX} addresses at one slot")
        config = _config(commitment=commitment, minContextSlot=min_context_slot, encoding="base64")
        result = await self._read(
            "getMultipleAccounts",
            [list(addresses), config],
            ContextResult[list[RawAccount | None]],
        )
        if len(result.value) != len(addresses):
            raise MalformedAnswer("getMultipleAccounts: another number of accounts than asked for")
        found: dict[str, AccountBalance] = {}
        for address, account in zip(addresses, result.value, strict=True):
            mint, tokens = token_account_amount(account)
            lamports = account.lamports if account else 0
            found[address] = AccountBalance(lamports=lamports, mint=mint, token_minor=tokens)
        return result.context.slot, found

    async def get_signatures_for_address(
        self,
        address: str,
        *,
        before: str | None = None,
        until: str | None = None,
        limit: int = PAGE_LIMIT_MAX,
        min_context_slot: int | None = None,
        commitment: Commitment = "finalized",
    ) -> list[SignatureRow]:
        """Signatures that name the address, newest first; look at each row's own finality.

        A `before` that the node does not know gives an empty page without an error.
        """
        config = _config(
            before=before,
            until=until,
            limit=limit,
            minContextSlot=min_context_slot,
            commitment=commitment,
        )
        return await self._read("getSignaturesForAddress", [address, config], list[SignatureRow])

    async def get_chain_tx(
        self, signature: str, *, commitment: Commitment = "finalized"
    ) -> RawChainTx | None:
        """The whole chain_tx, raw (`getTransaction`, encoding json), or None when not found."""
        config = {
            "encoding": "json",
            "maxSupportedTransactionVersion": 0,
            "commitment": commitment,
        }
        return await self._read("getTransaction", [signature, config], RawChainTx | None)  # type: ignore[arg-type]

    async def get_signature_statuses(
        self, signatures: Sequence[str], *, search_history: bool = True
    ) -> tuple[int, list[SignatureStatus | None]]:
        """The answering slot and one status per signature (at most 256), None when not found."""
        result = await self._read(
            "getSignatureStatuses",
            [list(signatures), {"searchTransactionHistory": search_history}],
            ContextResult[list[SignatureStatus | None]],
        )
        if len(result.value) != len(signatures):
            raise MalformedAnswer("getSignatureStatuses: another number than asked for")
        return result.context.slot, result.value

    async def get_latest_blockhash(self, commitment: Commitment = "finalized") -> Blockhash:
        """A blockhash to sign with, the last block height it is good for, and the slot."""
        result = await self._read(
            "getLatestBlockhash", [{"commitment": commitment}], ContextResult[RawBlockhash]
        )
        return Blockhash(
            blockhash=result.value.blockhash,
            last_valid_block_height=result.value.last_valid_block_height,
            slot=result.context.slot,
        )

    async def min_rent_exemption(self, size_bytes: int = 0) -> int:
        """The lamports that an account of that size must keep: 890,880 for a plain wallet."""
        return await self._read("getMinimumBalanceForRentExemption", [size_bytes], int)

    async def get_fee_for_message(
        self, message: bytes, *, commitment: Commitment = "confirmed"
    ) -> int | None:
        """Lamports the message would cost, or None when its blockhash has expired."""
        encoded = base64.b64encode(message).decode()
        result = await self._read(
            "getFeeForMessage", [encoded, {"commitment": commitment}], ContextResult[int | None]
        )
        return result.value

    async def simulate(
        self,
        signed: bytes,
        *,
        sig_verify: bool = True,
        replace_blockhash: bool = False,
        commitment: Commitment = "confirmed",
    ) -> tuple[int, RawSimulation]:
        """Runs the bytes without landing them; `err` is None when they would pass.

        `replace_blockhash` cannot be had together with `sig_verify`. With `sig_verify` a wrong
        signature is `RpcRejected`.
        """
        if sig_verify and replace_blockhash:
            raise ValueError("a replaced blockhash makes every signature wrong")
        config = {
            "encoding": "base64",
            "sigVerify": sig_verify,
            "replaceRecentBlockhash": replace_blockhash,
            "commitment": commitment,
        }
        result = await self._read(
            "simulateTransaction",
            [base64.b64encode(signed).decode(), config],
            ContextResult[RawSimulation],
        )
        return result.context.slot, result.value

    # The one write --------------------------------------------------------------------------

    async def send_raw(
        self,
        signed: bytes,
        *,
        skip_preflight: bool = False,
        preflight_commitment: Commitment = "confirmed",
    ) -> str:
        """Hands the signed bytes to the first node that takes them; returns the signature.

        The same bytes can land only once, so the next node is asked when one gives no answer.
        After a lost answer a later refusal proves nothing: that too is `RpcUnavailable`, and
        the bytes may have landed.
        """
        config = {
            "encoding": "base64",
            "skipPreflight": skip_preflight,
            "preflightCommitment": preflight_commitment,
            # The node passes the bytes on by itself until they expire; we send again anyway.
            "maxRetries": 0,
        }
        params = [base64.b64encode(signed).decode(), config]
        lost: RpcUnavailable | None = None
        for url in self.urls:
            try:
                return await self._ask(url, "sendTransaction", params, str)
            except RpcUnavailable as error:
                lost = error
            except RpcRejected as error:
                if lost is None:
                    raise
                raise lost from error
        raise lost or RpcUnavailable("sendTransaction: no node")

    # How a question is asked ------------------------------------------------------------------

    async def _read(self, method: str, params: list[Any], kind: type[T]) -> T:
        """Asks the nodes in turn until one answers, at most `attempts` times in all."""

        async def once(number: int) -> T:
            return await self._ask(self.urls[number % len(self.urls)], method, params, kind)

        return await _retry(once, attempts=self._attempts, pause_s=self._pause_s)

    async def _ask(self, url: str, method: str, params: list[Any], kind: type[T]) -> T:
        number = next(self._ids)
        body = msgspec.json.encode(
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        )
        answer = await self._post(url, method, body)
        try:
            reply = msgspec.json.decode(answer, type=RpcReply)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedAnswer(f"{method}: {error}") from error
        if reply.error is not None:
            if reply.error.code in _UNKNOWN_CODES:
                raise RpcUnavailable(
                    f"{method}: {reply.error.code} {reply.error.message[:200]}",
                    rpc_code=reply.error.code,
                )
            raise RpcRejected(reply.error.code, reply.error.message[:500], reply.error.data)
        if reply.id != number:
            raise MalformedAnswer(f"{method}: the answer to another question")
        try:
            return msgspec.json.decode(reply.result, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedAnswer(f"{method}: {error}") from error

    async def _post(self, url: str, method: str, body: bytes) -> bytes:
        """The bytes of a 200 answer, at most `ANSWER_BYTES_MAX`, within one time-out in all."""
        try:
            async with asyncio.timeout(self._timeout_s * 2):
                async with self._client.stream("POST", url, content=body) as response:
                    if response.status_code != 200:
                        raise _refused(method, response)
                    chunks = bytearray()
                    async for chunk in response.aiter_bytes():
                        chunks += chunk
                        if len(chunks) > ANSWER_BYTES_MAX:
                            raise MalformedAnswer(f"{method}: over {ANSWER_BYTES_MAX} bytes")
                    return bytes(chunks)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise RpcUnavailable(f"{method}: {type(error).__name__}") from error


def _config(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _refused(method: str, response: httpx.Response) -> RpcUnavailable:
    status = response.status_code
    try:
        pause = min(float(response.headers.get("retry-after", "")), RETRY_AFTER_S_MAX)
    except ValueError:
        pause = None
    # A wrong key or path (401, 403, 404) will not heal by asking again, but says nothing either.
    retryable = status in (408, 425, 429) or status >= 500
    return RpcUnavailable(f"{method}: HTTP {status}", retryable=retryable, retry_after_s=pause)


async def _retry(once: Callable[[int], Awaitable[T]], *, attempts: int, pause_s: float) -> T:
    for number in range(attempts):
        try:
            return await once(number)
        except RpcUnavailable as error:
            if number + 1 == attempts:
                raise
            spread = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
            pause = error.retry_after_s or pause_s * 2**number * spread
            if error.retryable:
                await asyncio.sleep(max(pause, 0.0))
    raise RpcUnavailable("no attempt was allowed", retryable=False)
