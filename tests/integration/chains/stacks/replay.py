"""A server that answers as a real Stacks API server was recorded to have answered.

A question that was recorded is answered with its recorded status, headers and bytes. Where the
follower asks for something that nobody asked the real server, the answer is put together from rows
that were recorded of the same chain, and from nothing else:

- a page of blocks or of prints with another limit or cursor, from the recorded rows in their order;
  a page of blocks that would go on where no block was recorded is not answered (501);
- a block by its height or hash, from any recorded list of blocks that counted then, or because a
  recorded chain_tx stands in it;
- the place of a print, from the cursors that pages begin or go on with, from its recorded
  chain_tx, or because it lies between two neighbours that leave it one place;
- a chain_tx that was not recorded alone, from its prints and their block: it is given as many
  events as its last print needs, and those that are not prints of the contract have no content.

Anything else is answered 501, which a client takes for no answer at all.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Json = dict[str, Any]
Cursor = tuple[int, int, int, int]
Answer = tuple[int, dict[str, str], bytes]
NOT_RECORDED: Answer = (501, {}, json.dumps({"error": "not recorded"}).encode())
ANCHORED = 2_147_483_647
LOGS = re.compile(r"/extended/v2/smart-contracts/([^/]+)/logs")
TX = re.compile(r"/extended/v3/transactions/(0x[0-9a-f]{64})")
EVENTS = re.compile(r"/extended/v3/transactions/(0x[0-9a-f]{64})/events")
BLOCK = re.compile(r"/extended/v2/blocks/([^/]+)")


@dataclass(frozen=True)
class Recorded:
    """One question and what the real server answered."""

    name: str
    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    request_body: bytes

    @property
    def json(self) -> Any:
        """The answer, read."""
        return json.loads(self.body) if self.body else None

    @property
    def route(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        """The query."""
        return dict(parse_qsl(urlsplit(self.path).query))


@cache
def recorded(folder: Path, scenario: str) -> tuple[Recorded, ...]:
    """Everything that was asked in a scenario."""
    index = json.loads((folder / scenario / "index.json").read_text())
    return tuple(
        Recorded(
            each["name"],
            each["method"],
            each["path"],
            each["status"],
            each["headers"],
            (folder / scenario / each["file"]).read_bytes() if each["file"] else b"",
            json.dumps(each.get("request_body")).encode() if each.get("request_body") else b"",
        )
        for each in index["requests"]
    )


@dataclass
class State:
    """What a server says at one moment: recorded answers, and the rows that they are made of."""

    exact: dict[tuple[str, str], Recorded] = field(default_factory=dict)
    tip: str | None = None
    blocks: dict[str, Json] = field(default_factory=dict)
    # Newest first, as the longest recorded list has them.
    prints: dict[str, list[Json]] = field(default_factory=dict)
    places: dict[tuple[str, int], Cursor] = field(default_factory=dict)
    txs: dict[str, Json] = field(default_factory=dict)
    events: dict[str, dict[int, Json]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, folder: Path, scenario: str, named: Callable[[str], bool] = lambda _: True
    ) -> "State":
        """The state of a scenario, or of those of its answers whose names pass."""
        state = cls()
        for each in recorded(folder, scenario):
            if named(each.name):
                state.exact.setdefault((each.method, each.path), each)
                if each.status == 200 and each.method == "GET":
                    state._take(each)
        state._place_rest()
        return state

    def with_rows_of(self, other: "State", *, up_to_height: int) -> "State":
        """With blocks, places and chain_txs that were recorded of the same chain elsewhere."""
        for hash_, block in other.blocks.items():
            if block["height"] <= up_to_height:
                self.blocks.setdefault(hash_, block)
        known = {row_key(row) for rows in self.prints.values() for row in rows}
        for key, place in other.places.items():
            if key in known and place[0] <= up_to_height:
                self.places.setdefault(key, place)
        for tx_id, tx in other.txs.items():
            if tx["block"]["height"] <= up_to_height:
                self.txs.setdefault(tx_id, tx)
                self.events.setdefault(tx_id, other.events.get(tx_id, {}))
        self._place_rest()
        return self

    def with_blocks_of(self, other: "State") -> "State":
        """With blocks that were recorded of the same chain, whether they still count or not."""
        for hash_, block in other.blocks.items():
            self.blocks.setdefault(hash_, block)
        return self

    def _take(self, each: Recorded) -> None:
        body = each.json
        if each.route == "/extended":
            tip = body.get("chain_tip")
            self.tip = tip and tip["index_block_hash"]
        elif each.route.rstrip("/") == "/extended/v2/blocks":
            self.blocks.update((row["index_block_hash"], row) for row in body["results"])
        elif BLOCK.fullmatch(each.route):
            self.blocks[body["index_block_hash"]] = body
        elif match := LOGS.fullmatch(each.route):
            self._take_prints(unquote(match[1]), body)
        elif match := TX.fullmatch(each.route):
            if "block" in body:
                self.txs[match[1]] = body
        elif match := EVENTS.fullmatch(each.route):
            known = self.events.setdefault(match[1], {})
            known.update((row["event_index"], row) for row in body["results"])

    def _take_prints(self, contract: str, page: Json) -> None:
        rows = page["results"]
        known = self.prints.setdefault(contract, [])
        if rows and page["cursor"]:
            self.places[row_key(rows[0])] = as_cursor(page["cursor"])
        if len(rows) > len(known):
            self.prints[contract] = rows
        # A page goes on with the row after its last one.
        longest = [row_key(row) for row in self.prints[contract]]
        if rows and page["prev_cursor"] and row_key(rows[-1]) in longest:
            at = longest.index(row_key(rows[-1])) + 1
            if at < len(longest):
                self.places[longest[at]] = as_cursor(page["prev_cursor"])

    def _place_rest(self) -> None:
        for tx_id, tx in self.txs.items():
            block = tx["block"]
            for rows in self.prints.values():
                for row in rows:
                    if row["tx_id"] == tx_id:
                        place = (block["height"], ANCHORED, block["tx_index"], row["event_index"])
                        self.places.setdefault(row_key(row), place)
        for rows in self.prints.values():
            for _ in rows:
                for at, row in enumerate(rows):
                    between = self._between(rows, at)
                    if row_key(row) not in self.places and between is not None:
                        self.places[row_key(row)] = between

    def _between(self, rows: list[Json], at: int) -> Cursor | None:
        """The one place that a row can have: that of its chain_tx, or the one in a gap of one."""
        newer = self.places.get(row_key(rows[at - 1])) if at > 0 else None
        older = self.places.get(row_key(rows[at + 1])) if at + 1 < len(rows) else None
        for place, other in ((newer, rows[at - 1]), (older, rows[(at + 1) % len(rows)])):
            if place is not None and other["tx_id"] == rows[at]["tx_id"]:
                return (*place[:3], rows[at]["event_index"])
        if newer and older and newer[:2] == older[:2] and newer[2] == older[2] + 2:
            return (newer[0], newer[1], older[2] + 1, rows[at]["event_index"])
        return None

    # Answers put together ------------------------------------------------------------------

    def answer(self, method: str, target: str) -> Answer:
        """Status, headers and body."""
        route = urlsplit(target).path
        found = self.exact.get((method, target))
        if found is None:
            # A refusal is the same whatever the limit.
            found = self.exact.get((method, route))
            found = found if found is not None and found.status >= 400 else None
        if found is not None:
            return found.status, found.headers, found.body
        query = dict(parse_qsl(urlsplit(target).query))
        made: Json | None = None
        if method != "GET" or self.tip is None:
            return NOT_RECORDED
        if route == "/extended/v2/blocks":
            made = self._block_page(int(query.get("limit", "20")), query.get("cursor"))
        elif match := BLOCK.fullmatch(route):
            made = self._block(match[1])
        elif match := LOGS.fullmatch(route):
            made = self._prints_page(unquote(match[1]), query)
        elif match := EVENTS.fullmatch(route):
            made = self._events_page(match[1])
        elif match := TX.fullmatch(route):
            made = self._tx(match[1])
        if made is None:
            return NOT_RECORDED
        return made.get("statusCode", 200), {}, json.dumps(made).encode()

    def _counting(self) -> Iterator[Json]:
        """Blocks from the tip down, as far as they were recorded."""
        at = self.tip
        while at is not None and at in self.blocks:
            yield self.blocks[at]
            at = self.blocks[at]["parent_index_block_hash"]

    def _block_page(self, limit: int, cursor: str | None) -> Json | None:
        counting = list(self._counting())
        hashes = [block["index_block_hash"] for block in counting]
        if cursor is not None and cursor not in hashes:
            return None
        top = hashes.index(cursor) if cursor else 0
        rows = counting[top : top + limit]
        last = rows[-1]
        return {
            "limit": limit,
            "offset": 0,
            "total": counting[0]["height"],
            "cursor": hashes[top],
            "prev_cursor": last["parent_index_block_hash"] if last["height"] > 1 else None,
            "next_cursor": hashes[top - limit] if top >= limit else None,
            "results": rows,
        }

    def _block(self, wanted: str) -> Json | None:
        for block in self._counting():
            if wanted in (str(block["height"]), block["index_block_hash"]):
                return block
        mined = {tx["block"]["index_hash"] for tx in self.txs.values()}
        return self.blocks.get(wanted) if wanted in mined else None

    def _prints_page(self, contract: str, query: dict[str, str]) -> Json | None:
        if contract not in self.prints:
            return None
        rows, limit = self.prints[contract], int(query.get("limit", "20"))
        places = [self.places[row_key(row)] for row in rows]
        top = 0
        if "cursor" in query:
            asked = as_cursor(query["cursor"])
            below = [at for at, place in enumerate(places) if place <= asked]
            if not below:
                return {"statusCode": 404, "error": "Not Found", "message": "Cursor not found"}
            top = below[0]

        def told(at: int) -> str | None:
            return ":".join(map(str, places[at])) if 0 <= at < len(rows) else None

        return {
            "limit": limit,
            "offset": 0,
            "total": len(rows),
            "cursor": told(top),
            "prev_cursor": told(top + limit),
            "next_cursor": told(top - limit),
            "results": rows[top : top + limit],
        }

    def _all_prints(self, tx_id: str) -> list[Json]:
        return [row for rows in self.prints.values() for row in rows if row["tx_id"] == tx_id]

    def _tx(self, tx_id: str) -> Json | None:
        if tx_id in self.txs:
            return self.txs[tx_id]
        prints = self._all_prints(tx_id)
        if not prints:
            return None
        height, _, tx_index, _ = self.places[row_key(prints[0])]
        block = self._block(str(height))
        if block is None:
            return None
        return {
            "tx_id": tx_id,
            "status": "success",
            "event_count": max(row["event_index"] for row in prints) + 1,
            "block": {
                "height": height,
                "index_hash": block["index_block_hash"],
                "time": block["block_time"],
                "tx_index": tx_index,
            },
            "bitcoin_block": {"height": block["burn_block_height"]},
        }

    def _events_page(self, tx_id: str) -> Json | None:
        tx = self._tx(tx_id)
        if tx is None:
            return None
        known = dict(self.events.get(tx_id, {}))
        for row in self._all_prints(tx_id):
            shown = {"event_index": row["event_index"], "type": "contract_log"}
            known.setdefault(row["event_index"], shown | {"contract_log": row["contract_log"]})
        rows = [
            known.get(index, {"event_index": index, "type": "not_recorded"})
            for index in range(tx["event_count"])
        ]
        cursor = {"next": None, "previous": None, "current": "0"}
        return {"total": len(rows), "limit": len(rows), "cursor": cursor, "results": rows}


def row_key(row: Json) -> tuple[str, int]:
    """A print by its chain_tx and place there."""
    return row["tx_id"], row["event_index"]


def as_cursor(text: str) -> Cursor:
    """The four numbers of a cursor."""
    height, microblock, tx_index, event_index = (int(part) for part in text.split(":"))
    return height, microblock, tx_index, event_index


@dataclass
class Replay:
    """Serves one state after the other."""

    state: State = field(default_factory=State)
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split("\r\n")[0].split(" ")
            self.asked.append(f"{method} {target}")
            status, headers, body = self.state.answer(method, target)
            lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
        writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Replay"]:
        """Serves on a free port of the loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
