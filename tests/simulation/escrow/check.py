"""What must be true of the log, of both views and of what was announced, after every run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from earnest.chains import FactKind
from earnest.chains.stacks import LoggedEvent, read_events
from earnest.kit.db import Connection
from tests.simulation.escrow.history import History, Print
from tests.simulation.escrow.model import STATUS, Told, tell

Place = tuple[str, str, int]
_NUMBER = {name: number for number, name in STATUS.items()}
_TABLES = {
    "projects": ("number",),
    "milestones": ("number", "milestone_num"),
    "disputes": ("number", "milestone_num"),
    "votes": ("number", "milestone_num", "arbiter"),
    "offers": ("number", "milestone_num", "by_party"),
    "arbiter_sets": ("set_id",),
    "tokens": ("token",),
}
_SUMS = {"owed": ("token",), "fees": ("token",), "credits": ("who", "token")}


class Untrue(AssertionError):
    """Something that must hold at the end of a run does not."""


def must(is_so: object, what: str, *facts: Any) -> None:
    """Raises `Untrue` with the facts when it is not so."""
    if not is_so:
        raise Untrue(f"{what}: {', '.join(map(str, facts))}"[:2000])


async def read_log(db: Connection) -> list[LoggedEvent]:
    """The whole log."""
    rows: list[LoggedEvent] = []
    while page := await read_events(db, rows[-1].seq if rows else 0, 1_000):
        rows += page
    return rows


# -- the log ------------------------------------------------------------------------------------


class _Standing:
    """Which prints stand, as the log tells it row by row, with the rules that rows keep to."""

    def __init__(self, history: History) -> None:
        self.known = {each.place: each for block in history.blocks for each in block.prints}
        self.final: dict[Place, int] = {}
        self.observed: dict[Place, int] = {}
        self.lost: Counter[Place] = Counter()

    def _at(self, place: Place) -> tuple[int, int, int]:
        each = self.known[place]
        return each.height, each.tx_index, each.event_index

    def take(self, row: LoggedEvent, contract: str) -> None:
        """The next row of the log."""
        place = (row.block_id, row.tx_id, row.event_index)
        must(place in self.known, "a print that is in no block", row)
        each = self.known[place]
        told = (row.contract, row.hex, row.height, row.burn_height, row.block_time, row.tx_index)
        is_as_printed = (
            contract,
            each.hex,
            each.height,
            each.burn_height,
            each.block_time,
            each.tx_index,
        )
        must(told == is_as_printed, "a print told otherwise than it is", row)
        if row.kind is FactKind.REVERTED:
            self._take_back(row, place)
        else:
            self._add(row, place)

    def _take_back(self, row: LoggedEvent, place: Place) -> None:
        standing = {**self.final, **self.observed}
        must(standing.get(place) == row.nth, "what does not stand is taken back", row)
        newest = max(standing, key=self._at)
        must(place == newest, "taken back out of order", row, newest)
        self.final.pop(place, None)
        self.observed.pop(place, None)
        self.lost[place] += 1

    def _add(self, row: LoggedEvent, place: Place) -> None:
        must(place not in self.final, "final twice", row)
        must(row.nth == self.lost[place], "counted wrongly how often it came back", row)
        was_observed = self.observed.get(place) == row.nth
        if row.kind is FactKind.OBSERVED:
            must(not was_observed, "observed twice", row)
        if not was_observed:
            above = [p for p in (*self.final, *self.observed) if self._at(p) >= self._at(place)]
            must(not above, "told after what comes later on the chain", row, above)
        if row.kind is FactKind.OBSERVED:
            self.observed[place] = row.nth
            return
        must(all(self._at(p) < self._at(place) for p in self.final), "final out of order", row)
        below = [p for p in self.observed if self._at(p) < self._at(place)]
        must(not below, "final before what comes earlier on the chain", row, below)
        self.observed.pop(place, None)
        self.final[place] = row.nth


def check_log(
    history: History, tips: Sequence[int], rows: Sequence[LoggedEvent]
) -> Sequence[Print]:
    """The log keeps its rules row by row, and ends in what the winning branch says.

    `tips` were the tips so far, the last one is. Returns the prints that are final: all that are
    deep enough now, and maybe some that were at an earlier tip, and still count.
    """
    must([row.seq for row in rows] == list(range(1, len(rows) + 1)), "the log has gaps")
    standing = _Standing(history)
    for row in rows:
        standing.take(row, history.contract)
    prints = list(history.prints(tips[-1]))
    told = [*standing.final, *standing.observed]
    must(told == [each.place for each in prints], "other events than the chain's")
    final = prints[: len(standing.final)]
    least, most = _final_heights(history, tips)
    height = final[-1].height if final else 0
    must(height <= most, "final too early", height, most)
    newer = [each for each in prints[len(final) :] if each.height <= max(least, height)]
    must(not newer, "not final although it is deep enough", newer)
    return final


def _final_heights(history: History, tips: Sequence[int]) -> tuple[int, int]:
    """Up to where all must be final now, and up to where it may be."""
    least = history.final(tips[-1])
    most = 0
    for tip in set(tips):
        final = history.final(tip)
        shared = history.fork(tip, tips[-1])
        most = max(most, min(final.height, shared.height) if final else 0)
    return (least.height if least else 0), most


# -- the views ----------------------------------------------------------------------------------


async def check_views(db: Connection, history: History, tip: int, final: Sequence[Print]) -> None:
    """Both views say what a plain model says, and what the contract's own maps held there."""
    newest = final[-1].block_id if final else history.blocks[0].block_id
    end = next(block.at for block in history.path(tip) if block.block_id == newest)
    for view, at, prints in (("live", tip, history.prints(tip)), ("final", end, final)):
        told = tell(prints)
        await _check_view(db, history.contract, view, told)
        _check_maps(history.entries(at), told)


async def _check_view(db: Connection, contract: str, view: str, told: Told) -> None:
    for table, key in _TABLES.items():
        found = {
            tuple(row[name] for name in key): {
                name: value
                for name, value in _plain(row).items()
                if name not in ("contract", "view", *key)
            }
            for row in await _rows(db, table, contract, view)
        }
        _must_equal(f"{view} {table}", found, getattr(told, table))
    for table, key in _SUMS.items():
        found_sums = {
            row[key[0]] if len(key) == 1 else tuple(row[name] for name in key): int(
                row["amount_minor"]
            )
            for row in await _rows(db, table, contract, view)
        }
        sums = {name: amount for name, amount in getattr(told, table).items() if amount}
        _must_equal(f"{view} {table}", found_sums, sums)
    config = [_plain(row) for row in await _rows(db, "config", contract, view)]
    for each in config:
        del each["contract"], each["view"]
    _must_equal(f"{view} config", dict(enumerate(config)), {0: told.config} if told.config else {})


async def _rows(db: Connection, table: str, contract: str, view: str) -> list[Any]:
    return await db.fetch(
        f"SELECT * FROM escrow_{table} WHERE contract = $1 AND view = $2", contract, view
    )


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: int(value) if value is not None and name.endswith("_minor") else value
        for name, value in dict(row).items()
    }


def _must_equal(what: str, found: Mapping[Any, Any], right: Mapping[Any, Any]) -> None:
    if found == right:
        return
    for key in [*found, *right]:
        mine, own = found.get(key), right.get(key)
        if mine != own:
            if isinstance(mine, dict) and isinstance(own, dict):
                mine, own = (
                    {n: v for n, v in mine.items() if own.get(n) != v},
                    {n: v for n, v in own.items() if mine.get(n) != v},
                )
            raise Untrue(f"{what} {key}: {mine} instead of {own}")


def _check_maps(entries: Mapping[str, Any], told: Told) -> None:
    """The contract's own maps, entry by entry, and nothing in the model that they lack."""
    right: dict[str, Any] = {}
    for (number,), p in told.projects.items():
        right[f"projects/{number}"] = {
            "client": p["client"],
            "freelancer": p["freelancer"],
            "token": p["token"],
            "milestones": p["milestone_count"],
            "total": p["total_minor"],
            "fee-bps": p["fee_bps"],
            "arbiter-set": p["arbiter_set"],
            "silent-bps": p["silent_bps"],
            "reference": p["reference"],
            "created-at": p["created_burn_height"],
            "accepted": p["accepted"],
            "cancelled": p["cancelled"],
        }
    for (number, num), m in told.milestones.items():
        right[f"milestones/{number}/{num}"] = {
            "amount": m["amount_minor"],
            "deadline": m["deadline"],
            "status": _NUMBER[m["status"]],
            "claim-from": m["claim_from"],
            "bps": m["bps"],
        }
    for (number, num), d in told.disputes.items():
        right[f"disputes/{number}/{num}"] = {
            "filer": d["filer"],
            "bond": d["bond_minor"],
            "filed-at": d["filed_at"],
            "default-from": d["default_from"],
            "default-bps": d["default_bps"],
        }
    for (number, num, arbiter), v in told.votes.items():
        right[f"votes/{number}/{num}/{arbiter}"] = v["bps"]
    for (number, num, by), o in told.offers.items():
        right[f"offers/{number}/{num}/{by}"] = {
            "bps": o["bps"],
            "expires": o["expires"],
            "status": _NUMBER[o["status"]],
        }
    for (set_id,), s in told.arbiter_sets.items():
        right[f"arbiter-sets/{set_id}"] = s
    for (token,), t in told.tokens.items():
        right[f"allowed-tokens/{token}"] = t["allowed"]
        right[f"token-assets/{token}"] = t["asset"]
    right.update(_sums_of(told))
    right.update(_variables_of(told.config))
    held = {
        name: value
        for name, value in entries.items()
        if value != 0 or name.split("/")[0] not in _SUMS
    }
    _must_equal("the contract's own map", held, right)


def _sums_of(told: Told) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for table, rows in (("owed", told.owed), ("fees", told.fees)):
        sums |= {f"{table}/{token}": amount for token, amount in rows.items() if amount}
    credits = {f"credits/{who}/{token}": n for (who, token), n in told.credits.items() if n}
    return sums | credits


def _variables_of(config: Mapping[str, Any]) -> dict[str, Any]:
    if not config:
        return {}

    def proposal(name: str, value: str) -> dict[str, Any] | None:
        found = config[f"{name}_{value}" if value == "bps" else name]
        key = "bps" if value == "bps" else "set-id"
        return None if found is None else {key: found, "active-from": config[f"{name}_from"]}

    variables = {
        "owner": config["owner"],
        "proposed-owner": config["proposed_owner"],
        "treasury": config["treasury"],
        "paused": config["paused"],
        "fee-bps": config["fee_bps"],
        "proposed-fee": proposal("proposed_fee", "bps"),
        "arbiter-set": config["arbiter_set"],
        "arbiter-set-count": config["arbiter_set_count"],
        "proposed-set": proposal("proposed_set", "set"),
        "project-count": config["project_count"],
        "event-count": config["event_count"],
    }
    return {f"var/{name}": value for name, value in variables.items()}


# -- events and announcements -------------------------------------------------------------------


async def check_events(db: Connection, history: History, rows: Sequence[LoggedEvent]) -> None:
    """`escrow_events` has a row for each block's event, and what became of it."""
    known = {each.place: each for block in history.blocks for each in block.prints}
    states: dict[tuple[Any, ...], str] = {}
    for row in rows:
        states[row.block_id, row.tx_id, row.event_index, row.nth] = row.kind.value
    found = await db.fetch(
        "SELECT block_id, tx_id, event_index, nth, state, seq, name, number, milestone_num, actor"
        " FROM escrow_events WHERE contract = $1",
        history.contract,
    )
    must(len(found) == len(states), "events doubled or lost", len(found), len(states))
    for event in found:
        place = (event["block_id"], event["tx_id"], event["event_index"])
        must(states.get((*place, event["nth"])) == event["state"], "another state", dict(event))
        fields = known[place].fields
        right = (fields["seq"], fields["event"], fields.get("project-id"), fields["actor"])
        told = (event["seq"], event["name"], event["number"], event["actor"])
        must(told == right, "another event", dict(event))
        must(event["milestone_num"] == fields.get("milestone-num"), "another milestone", event)


def check_announced(
    rows: Iterable[LoggedEvent], announced: Iterable[tuple[str, Mapping[str, Any]]]
) -> None:
    """Each row of the log is told once, in the log's order. `announced`: types and data."""
    right = [(f"escrow_event_{r.kind.value}", r.block_id, r.tx_id, r.event_index) for r in rows]
    told = [(name, data["blockId"], data["txId"], data["eventIndex"]) for name, data in announced]
    if told == right:
        return
    missing, extra = Counter(right) - Counter(told), Counter(told) - Counter(right)
    must(not missing and not extra, "not told once", f"missing {missing}", f"extra {extra}")
    raise Untrue("told in another order than the log's")
