"""The Stacks API, for one server or several of one network.

Reads go to the first server and, when nothing is learned there, to the next. Whoever needs two
opinions asks each of `nodes` by itself. Only paths of the second and third version are used: the
first is deprecated and switched off (410) where operators choose.
Source: https://docs.hiro.so/stacks/api and the node's https://docs.stacks.co RPC.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec

from earnest.chains.errors import MalformedAnswer, RpcRejected, RpcUnavailable
from earnest.chains.stacks import clarity
from earnest.chains.stacks.transport import NotThere, Transport
from earnest.chains.stacks.wire import (
    Block,
    BlockPage,
    BurnBlock,
    BurnBlockPage,
    LogPage,
    MapAnswer,
    Nonces,
    OldTx,
    ReadAnswer,
    StacksTx,
    Status,
    StxBalance,
    Tip,
    TxEvent,
    TxEventPage,
    TxStatus,
)

T = TypeVar("T")

BLOCKS_A_PAGE_MAX = 30
LOGS_A_PAGE_MAX = 100
EVENTS_A_PAGE_MAX = 100
# No block holds more: a server that goes on is lying.
_EVENTS_MAX = 1_000_000


class StacksApi:
    """A client. Close it, or use it as a context.

    `urls` is one URL or several with commas between. Every method raises `RpcUnavailable` when
    nothing was learned, and `RpcRejected` when the server said a definite no.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        *,
        key: str = "",
        key_header: str = "x-api-key",
        timeout_s: float = 15.0,
        attempts: int = 4,
        pause_s: float = 0.25,
        transports: Sequence[Transport] | None = None,
    ) -> None:
        listed = urls.split(",") if isinstance(urls, str) else list(urls)
        self.urls = tuple(url.strip().rstrip("/") for url in listed if url.strip())
        if not self.urls:
            raise ValueError("a Stacks API client needs at least one URL")
        self._transports = tuple(
            transports
            or (
                Transport(
                    url,
                    key=key,
                    key_header=key_header,
                    timeout_s=timeout_s,
                    attempts=attempts,
                    pause_s=pause_s,
                )
                for url in self.urls
            )
        )

    @property
    def nodes(self) -> tuple["StacksApi", ...]:
        """A client for each server by itself, on the same connections and limits."""
        return tuple(StacksApi([each.url], transports=[each]) for each in self._transports)

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
        """Closes the connections."""
        for transport in self._transports:
            await transport.aclose()

    # Blocks --------------------------------------------------------------------------------

    async def head(self) -> Tip:
        """The newest block that counts. A server without one knows nothing (`RpcUnavailable`)."""
        status = await self._get("/extended", Status)
        if status.chain_tip is None:
            raise RpcUnavailable("/extended: ready, and without a chain tip", retryable=False)
        return status.chain_tip

    async def blocks_page(
        self, *, limit: int = BLOCKS_A_PAGE_MAX, cursor: str | None = None
    ) -> BlockPage | None:
        """Blocks newest first, from the block `cursor` on; None when that block does not count."""
        query = _given(limit=limit, cursor=cursor)
        return await self._get_or_none("/extended/v2/blocks", BlockPage, query)

    async def block(self, wanted: int | str) -> Block | None:
        """A block that counts, by height, index hash or block hash; None when there is none."""
        return await self._get_or_none(f"/extended/v2/blocks/{_part(wanted)}", Block)

    async def burn_blocks(self, *, limit: int = 30, offset: int = 0) -> tuple[BurnBlock, ...]:
        """Bitcoin blocks that have a Stacks block, newest first."""
        query = _given(limit=limit, offset=offset)
        return (await self._get("/extended/v2/burn-blocks", BurnBlockPage, query)).results

    async def burn_block(self, wanted: int | str) -> BurnBlock | None:
        """A Bitcoin block with a Stacks block, by height, hash or `latest`; None when none."""
        return await self._get_or_none(f"/extended/v2/burn-blocks/{_part(wanted)}", BurnBlock)

    # Prints and chain_txs ------------------------------------------------------------------

    async def logs_page(
        self, contract: str, *, limit: int = LOGS_A_PAGE_MAX, cursor: str | None = None
    ) -> LogPage | None:
        """A contract's prints newest first, from `cursor` on or the next older row.

        None when nothing is at the cursor or below it. Compare `cursor` with what was asked.
        """
        path = f"/extended/v2/smart-contracts/{_part(contract)}/logs"
        return await self._get_or_none(path, LogPage, _given(limit=limit, cursor=cursor))

    async def chain_tx(self, tx_id: str) -> StacksTx:
        """What is known of a chain_tx; one that the server does not know is `ABSENT`."""
        path = f"/extended/v3/transactions/{_part(tx_id)}"
        found = await self._get_or_none(path, StacksTx)
        if found is None:
            return StacksTx(tx_id=tx_id, status=TxStatus.ABSENT)
        if found.tx_id != tx_id.lower():
            raise MalformedAnswer(f"{path}: another chain_tx than asked for")
        if found.is_mined == (found.status is TxStatus.PENDING):
            raise MalformedAnswer(f"{path}: {found.status} does not fit its block")
        return found

    async def why_dropped(self, tx_id: str) -> str | None:
        """Why a server threw a chain_tx out of its mempool, in its word; None where none says so.

        The newer path answers 404 for those, so this asks the one older path that is kept for it.
        """
        path = "/extended/v1/tx/multiple"
        for node in self._transports:
            try:
                found = await node.read("GET", path, dict[str, OldTx], query={"tx_id": tx_id})
            except (NotThere, RpcRejected, RpcUnavailable):
                continue
            told = found.get(tx_id.lower())
            if told is not None and told.result is not None:
                status = told.result.tx_status
                return status if status.startswith("dropped_") else None
        return None

    async def tx_events_page(
        self, tx_id: str, *, limit: int = EVENTS_A_PAGE_MAX, cursor: str | None = None
    ) -> TxEventPage | None:
        """Events of a mined chain_tx by index; None when it is not mined."""
        path = f"/extended/v3/transactions/{_part(tx_id)}/events"
        return await self._get_or_none(path, TxEventPage, _given(limit=limit, cursor=cursor))

    async def tx_events(self, tx_id: str) -> list[TxEvent] | None:
        """All events of a mined chain_tx, as many as the server says there are; else None."""
        events: list[TxEvent] = []
        cursor: str | None = None
        while True:
            page = await self.tx_events_page(tx_id, cursor=cursor)
            if page is None:
                return None
            events.extend(page.results)
            if page.cursor.next is None:
                break
            if not page.results or page.cursor.next == cursor or len(events) > _EVENTS_MAX:
                raise MalformedAnswer(f"events of {tx_id}: pages that lead nowhere")
            cursor = page.cursor.next
        indexes = [event.event_index for event in events]
        if len(events) != page.total or indexes != list(range(len(events))):
            raise MalformedAnswer(
                f"events of {tx_id}: {len(events)} of {page.total}, or not in order"
            )
        return events

    # State ---------------------------------------------------------------------------------

    async def call_read(
        self,
        contract: str,
        function: str,
        args: Sequence[clarity.Value] = (),
        *,
        sender: str | None = None,
    ) -> clarity.Value:
        """What a read-only function gives at the tip. A run-time error there is `RpcRejected`."""
        address, name = contract.split(".", 1)
        path = f"/v2/contracts/call-read/{_part(address)}/{_part(name)}/{_part(function)}"
        body = {
            "sender": sender or address,
            "arguments": [clarity.encode_hex(value) for value in args],
        }
        answer = await self._post(path, ReadAnswer, body)
        if not answer.okay:
            raise RpcRejected(200, f"{function}: {(answer.cause or 'no cause')[:500]}")
        if answer.result is None:
            raise MalformedAnswer(f"{path}: okay, and without a result")
        return _value(path, answer.result)

    async def map_entry(
        self, contract: str, map_name: str, key: clarity.Value
    ) -> clarity.Value | None:
        """A map's value at the tip, or None. An unknown contract is `RpcRejected`."""
        address, name = contract.split(".", 1)
        path = f"/v2/map_entry/{_part(address)}/{_part(name)}/{_part(map_name)}"
        answer = await self._post(path, MapAnswer, clarity.encode_hex(key), {"proof": 0})
        match _value(path, answer.data):
            case clarity.Some(value):
                return value
            case clarity.Nothing():
                return None
        raise MalformedAnswer(f"{path}: no optional")

    async def nonces(self, address: str) -> Nonces:
        """An account's nonces; what was reorged away and waits again is counted in."""
        return await self._get(f"/extended/v3/principals/{_part(address)}/nonces", Nonces)

    async def stx_balance(self, principal: str) -> int:
        """µSTX of an account or contract at the tip."""
        path = f"/extended/v3/principals/{_part(principal)}/balances/stx"
        balance = (await self._get(path, StxBalance)).balance
        if not balance.isdecimal():
            raise MalformedAnswer(f"{path}: a balance that is no number")
        return int(balance)

    async def submit(self, signed: bytes) -> str:
        """Hands signed bytes to the first server that takes them; returns the id, with 0x.

        The same bytes can be mined only once, so the next server is asked when one gives no
        answer; the last one's silence is `RpcUnavailable`, and the bytes may have arrived.
        """
        path = "/v2/transactions"

        async def ask(node: Transport) -> str:
            tx_id = await node.write(path, signed, str)
            if len(tx_id.removeprefix("0x")) != 64:
                raise MalformedAnswer(f"{path}: no id")
            return "0x" + tx_id.removeprefix("0x").lower()

        return await self._first(ask)

    # How a question is asked ---------------------------------------------------------------

    async def _get(self, path: str, kind: type[T], query: Mapping[str, Any] | None = None) -> T:
        found = await self._get_or_none(path, kind, query)
        if found is None:
            raise RpcRejected(404, f"{path}: not there")
        return found

    async def _get_or_none(
        self, path: str, kind: type[T], query: Mapping[str, Any] | None = None
    ) -> T | None:
        async def ask(node: Transport) -> T:
            return await node.read("GET", path, kind, query=query)

        try:
            return await self._first(ask)
        except NotThere:
            return None

    async def _post(
        self, path: str, kind: type[T], body: object, query: Mapping[str, Any] | None = None
    ) -> T:
        sent = msgspec.json.encode(body)

        async def ask(node: Transport) -> T:
            return await node.read("POST", path, kind, query=query, body=sent)

        try:
            return await self._first(ask)
        except NotThere as error:
            raise RpcRejected(404, f"{path}: {error}") from error

    async def _first(self, ask: Callable[[Transport], Awaitable[T]]) -> T:
        lost: RpcUnavailable | None = None
        for node in self._transports:
            try:
                return await ask(node)
            except RpcUnavailable as error:
                lost = error
        raise lost or RpcUnavailable("no server")


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _part(value: int | str) -> str:
    return quote(str(value), safe="")


def _value(path: str, text: str) -> clarity.Value:
    try:
        return clarity.decode_hex(text)
    except clarity.NotClarity as error:
        raise MalformedAnswer(f"{path}: {error}") from error
