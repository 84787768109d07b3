"""A Stacks API server in memory: answers in the shapes of recorded ones, over prints of our own.

Three prints a block, each with a chain_tx of its own that also moves STX, as the contract's do. The
JSON that it answers with is read by the product's own client; the CPU that making it took is
counted, to be left out.
"""

import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from earnest.chains.stacks import clarity
from earnest.chains.stacks.transport import NotThere, Transport

T = TypeVar("T")
Place = tuple[int, int]
"""Height, and index in the block."""

_A_BLOCK = 3
_BLOCKS_A_BURN = 10
_FINAL_AFTER = 10 * _BLOCKS_A_BURN  # blocks, more than finality asks for
_KEPT = 1_000  # prints from before that can still be asked for
_ANCHORED = 2_147_483_647
_LOGS = re.compile(r"/extended/v2/smart-contracts/[^/]+/logs")
_TX = re.compile(r"/extended/v3/transactions/0x([0-9a-f]{64})(/events)?")
_MOVED: Mapping[str, Any] = {"event_index": 0, "type": "stx_asset", "stx_asset": {"amount": "1"}}


def _hash(kind: str, height: int) -> str:
    return f"0x{ord(kind):02x}{height:062x}"


class RecordedNode(Transport):
    """`answering_s` is the CPU that making answers took."""

    def __init__(self, contract: str) -> None:
        super().__init__("http://recorded")
        self.tip = 1
        self.answering_s = 0.0
        self._contract = contract
        self._count = 0
        self._places: list[Place] = []
        self._prints: list[str] = []

    def add(self, prints: Sequence[str], *, final: bool = True) -> None:
        """Prints in new blocks; `final`: with as many blocks after them as it takes."""
        first = self.tip + 1
        self._places = self._places[-_KEPT:]
        self._prints = self._prints[-_KEPT:]
        self._places += [(first + at // _A_BLOCK, at % _A_BLOCK) for at in range(len(prints))]
        self._prints += prints
        self._count += len(prints)
        self.tip = self._places[-1][0] + (_FINAL_AFTER if final else 0)

    async def read(
        self,
        method: Literal["GET", "POST"],  # noqa: ARG002 - a path alone says what is asked
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,  # noqa: ARG002
    ) -> T:
        """An answer, through JSON."""
        began_s = time.process_time()
        try:
            answer = msgspec.json.encode(self._answer(path, query or {}))
        finally:
            self.answering_s += time.process_time() - began_s
        return msgspec.json.decode(answer, type=kind)

    def _answer(self, path: str, query: Mapping[str, Any]) -> Any:
        if path == "/extended":
            tip = self._block(self.tip)
            return {
                "status": "ready",
                "chain_tip": {"block_height": self.tip, **tip},
            }
        if path == "/extended/v2/blocks":
            return self._blocks(query)
        if path.startswith("/extended/v2/blocks/"):
            return self._block(int(path[-62:], 16))
        if _LOGS.fullmatch(path):
            return self._logs(query)
        found = _TX.fullmatch(path)
        if found is not None:
            place = divmod(int(found[1], 16), _A_BLOCK)
            return self._events(place) if found[2] else self._chain_tx(place)
        if path.endswith("/get-event-count"):
            return {"okay": True, "result": clarity.encode_hex(clarity.UInt(self._count))}
        raise NotThere(path)

    @staticmethod
    def _block(height: int) -> dict[str, Any]:
        burn = height // _BLOCKS_A_BURN
        return {
            "height": height,
            "index_block_hash": _hash("b", height),
            "parent_index_block_hash": _hash("b", height - 1),
            "burn_block_height": burn,
            "burn_block_hash": _hash("u", burn),
            "block_time": 1_760_000_000 + height,
            "canonical": True,
        }

    def _blocks(self, query: Mapping[str, Any]) -> dict[str, Any]:
        limit, cursor = query.get("limit", 30), query.get("cursor")
        top = self.tip if cursor is None else int(cursor[-62:], 16)
        bottom = max(top - limit, 0)
        return {
            "limit": limit,
            "total": self.tip,
            "results": [self._block(height) for height in range(top, bottom, -1)],
            "cursor": _hash("b", top),
            "prev_cursor": _hash("b", bottom) if bottom else None,
        }

    def _logs(self, query: Mapping[str, Any]) -> dict[str, Any]:
        limit, cursor = query.get("limit", 100), query.get("cursor")
        end = len(self._places)
        if cursor is not None:
            height, _, index, _ = (int(part) for part in cursor.split(":"))
            end = bisect_right(self._places, (height, index))
            if not end:
                raise NotThere("Cursor not found")
        first = max(end - limit, 0)
        return {
            "limit": limit,
            "offset": 0,
            "total": self._count,
            "results": [self._print(at) for at in range(end - 1, first - 1, -1)],
            "cursor": self._cursor(end - 1),
            "prev_cursor": self._cursor(first - 1),
            "next_cursor": self._cursor(end - 1 + limit),
        }

    def _cursor(self, at: int) -> str | None:
        if not 0 <= at < len(self._places):
            return None
        height, index = self._places[at]
        return f"{height}:{_ANCHORED}:{index}:1"

    def _print(self, at: int) -> dict[str, Any]:
        return {"tx_id": self._tx_id(self._places[at]), **self._event(at)}

    def _event(self, at: int) -> dict[str, Any]:
        raw = self._prints[at]
        value = {"hex": raw, "repr": f"(tuple {raw})"}
        log = {"contract_id": self._contract, "topic": "print", "value": value}
        return {"event_index": 1, "type": "contract_log", "contract_log": log}

    @staticmethod
    def _tx_id(place: Place) -> str:
        return f"0x{place[0] * _A_BLOCK + place[1]:064x}"

    def _events(self, place: Place) -> dict[str, Any]:
        events = [_MOVED, self._event(bisect_left(self._places, place))]
        return {"total": 2, "limit": 100, "cursor": {"next": None}, "results": events}

    def _chain_tx(self, place: Place) -> dict[str, Any]:
        height, index = place
        block = self._block(height)
        return {
            "tx_id": self._tx_id(place),
            "status": "success",
            "sender": {"address": self._contract.partition(".")[0], "nonce": height},
            "event_count": 2,
            "block": {
                "height": height,
                "index_hash": block["index_block_hash"],
                "time": block["block_time"],
                "tx_index": index,
            },
            "bitcoin_block": {"height": block["burn_block_height"]},
            "parent_block": {"index_hash": block["parent_index_block_hash"]},
            "contract_call": {"contract_id": self._contract, "function_name": "release"},
        }
