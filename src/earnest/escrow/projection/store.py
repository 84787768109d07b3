"""Writing the projections: the rows of a batch, set by set. Reading them is `store.py`'s.

Everything here runs inside the caller's db_tx, which holds the contract's cursor.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec

from earnest.chains.stacks import LoggedEvent
from earnest.escrow.events import CreditWithdrawn, Event, ProjectCreated
from earnest.escrow.projection.fold import Placed, State
from earnest.escrow.projection.views import EventKey
from earnest.escrow.reading import decode_event
from earnest.escrow.state import (
    ArbiterSet,
    EscrowConfig,
    EscrowCursor,
    EscrowDispute,
    EscrowMilestone,
    EscrowOffer,
    EscrowProject,
    EscrowToken,
    EscrowVote,
    EventState,
    View,
)
from earnest.escrow.store import columns_of, read_rows
from earnest.kit.db import Connection

BOTH = (View.LIVE, View.FINAL)


class _Table(msgspec.Struct, frozen=True):
    """A projection table whose rows are structs: its name, its key after contract and view."""

    name: str
    kind: type[msgspec.Struct]
    key: tuple[str, ...]
    is_of_project: bool = True


_PLACE = ("number", "milestone_num")
_STRUCTS: Mapping[str, _Table] = {
    "projects": _Table("escrow_projects", EscrowProject, ("number",)),
    "milestones": _Table("escrow_milestones", EscrowMilestone, _PLACE),
    "disputes": _Table("escrow_disputes", EscrowDispute, _PLACE),
    "votes": _Table("escrow_votes", EscrowVote, (*_PLACE, "arbiter")),
    "offers": _Table("escrow_offers", EscrowOffer, (*_PLACE, "by_party")),
    "sets": _Table("escrow_arbiter_sets", ArbiterSet, ("set_id",), is_of_project=False),
    "tokens": _Table("escrow_tokens", EscrowToken, ("token",), is_of_project=False),
}
_SUMS = {"owed": "escrow_owed", "fees": "escrow_fees"}
STATE_TABLES = (
    *(table.name for table in _STRUCTS.values()),
    "escrow_config",
    *_SUMS.values(),
    "escrow_credits",
)


# Every table of the projections, with its key within a contract.
KEYS: Mapping[str, tuple[str, ...]] = {
    "escrow_events": ("log_seq",),
    **{table.name: (*table.key, "view") for table in _STRUCTS.values()},
    "escrow_config": ("view",),
    **dict.fromkeys(_SUMS.values(), ("view", "token")),
    "escrow_credits": ("view", "who", "token"),
}
_AT_ONCE = 100_000  # rows that one statement may take or make


# -- the cursor -----------------------------------------------------------------------------------


async def has_more(db: Connection, contract: str) -> bool:
    """Whether the log has a row after the cursor. Locks nothing."""
    found: bool = await db.fetchval(
        "SELECT coalesce((SELECT last_seq FROM chain_cursors WHERE chain = 'stacks'), 0) >"
        " coalesce((SELECT log_seq FROM escrow_cursors WHERE contract = $1), 0)",
        contract,
    )
    return found


async def lock_cursor(db: Connection, contract: str) -> EscrowCursor:
    """The cursor, locked until the db_tx ends: one projector at a time."""
    await db.execute(
        "INSERT INTO escrow_cursors (contract) VALUES ($1) ON CONFLICT DO NOTHING", contract
    )
    row = await db.fetchrow(f"{_CURSOR} FOR UPDATE", contract)
    return read_rows([row], EscrowCursor)[0]


async def try_lock_cursor(db: Connection, contract: str) -> EscrowCursor | None:
    """As `lock_cursor`; None, at once, while another one holds it."""
    await db.execute(
        "INSERT INTO escrow_cursors (contract) VALUES ($1) ON CONFLICT DO NOTHING", contract
    )
    row = await db.fetchrow(f"{_CURSOR} FOR UPDATE SKIP LOCKED", contract)
    return None if row is None else read_rows([row], EscrowCursor)[0]


_CURSOR = f"SELECT {columns_of(EscrowCursor)} FROM escrow_cursors WHERE contract = $1"


async def move_cursor(db: Connection, contract: str, cursor: EscrowCursor) -> None:
    """Writes the cursor, with the time of day."""
    await db.execute(
        "UPDATE escrow_cursors SET log_seq = $2, missing_live = $3, missing_final = $4,"
        " unreadable = $5, moved_at = clock_timestamp() WHERE contract = $1",
        contract,
        cursor.log_seq,
        cursor.missing_live,
        cursor.missing_final,
        cursor.unreadable,
    )


# -- events ---------------------------------------------------------------------------------------


class EventRow(msgspec.Struct):
    """A new row of `escrow_events`. `data` is the event's JSON."""

    logged: LoggedEvent
    state: EventState
    seq: int | None = None
    name: str | None = None
    number: int | None = None
    milestone_num: int | None = None
    actor: str | None = None
    creation_tx_id: str | None = None
    data: msgspec.Raw | None = None


_EVENT_COLUMNS = (
    *("contract", "log_seq", "block_id", "tx_id", "event_index", "nth", "state", "height"),
    *("burn_height", "block_time", "tx_index", "seq", "name", "number", "milestone_num", "actor"),
    *("creation_tx_id", "data"),
)


async def insert_events(db: Connection, contract: str, rows: Sequence[EventRow]) -> None:
    """Adds events that the log told for the first time."""
    await db.copy_records_to_table(
        "escrow_events",
        columns=_EVENT_COLUMNS,
        records=(
            (
                contract,
                (logged := row.logged).seq,
                logged.block_id,
                logged.tx_id,
                logged.event_index,
                logged.nth,
                row.state.value,
                logged.height,
                logged.burn_height,
                datetime.fromtimestamp(logged.block_time, UTC),
                logged.tx_index,
                row.seq,
                row.name,
                row.number,
                row.milestone_num,
                row.actor,
                row.creation_tx_id,
                row.data,
            )
            for row in rows
        ),
    )


async def set_states(
    db: Connection, contract: str, states: Mapping[int, EventState], creations: Mapping[int, str]
) -> None:
    """What became of events, and which project those are about that were held, by `log_seq`."""
    if states:
        await db.execute(
            "UPDATE escrow_events AS e SET state = new.state"
            " FROM unnest($2::bigint[], $3::text[]) AS new (log_seq, state)"
            " WHERE e.contract = $1 AND e.log_seq = new.log_seq",
            contract,
            list(states),
            [state.value for state in states.values()],
        )
    if creations:
        await db.execute(
            "UPDATE escrow_events AS e SET creation_tx_id = new.creation"
            " FROM unnest($2::bigint[], $3::text[]) AS new (log_seq, creation)"
            " WHERE e.contract = $1 AND e.log_seq = new.log_seq AND e.creation_tx_id IS NULL",
            contract,
            list(creations),
            list(creations.values()),
        )


class Known(msgspec.Struct, frozen=True):
    """A canonical event that is in `escrow_events`; `seq` and `number` as there."""

    key: EventKey
    log_seq: int
    state: EventState
    seq: int | None
    number: int | None


async def window_of(db: Connection, contract: str) -> list[Known]:
    """The canonical events that are not final, in the order of the log; unreadable ones too."""
    rows = await db.fetch(
        "SELECT block_id, tx_id, event_index, nth, log_seq, state, seq, number FROM escrow_events"
        " WHERE contract = $1 AND state = 'observed' ORDER BY log_seq",
        contract,
    )
    return [_known(row) for row in rows]


def _known(row: Any) -> Known:
    block_id, tx_id, event_index, nth, log_seq, state, seq, number = row
    return Known((block_id, tx_id, event_index, nth), log_seq, EventState(state), seq, number)


async def final_events_told_by(
    db: Connection, contract: str, logged: Sequence[LoggedEvent]
) -> list[Known]:
    """Which of these rows' events are there as final, found by way of the log."""
    rows = await db.fetch(
        "SELECT e.block_id, e.tx_id, e.event_index, e.nth, e.log_seq, e.state, e.seq, e.number"
        " FROM unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::integer[])"
        "   AS given (slot, block_id, tx_id, event_index, nth)"
        " JOIN chain_log AS l ON l.chain = 'stacks' AND l.slot = given.slot"
        "   AND l.block_id = given.block_id AND l.tx_id = given.tx_id"
        "   AND l.event_index = given.event_index AND l.nth = given.nth"
        " JOIN escrow_events AS e ON e.contract = $1 AND e.log_seq = l.seq"
        " WHERE e.state = 'final'",
        contract,
        [each.height for each in logged],
        [each.block_id for each in logged],
        [each.tx_id for each in logged],
        [each.event_index for each in logged],
        [each.nth for each in logged],
    )
    return [_known(row) for row in rows]


_PLACED = (
    "SELECT l.data->>'hex', e.log_seq, e.block_id, e.tx_id, e.event_index, e.nth, e.height,"
    " e.burn_height FROM escrow_events AS e"
    " JOIN chain_log AS l ON l.chain = 'stacks' AND l.seq = e.log_seq WHERE e.contract = $1"
)


async def placed_by_seqs(
    db: Connection, contract: str, log_seqs: Sequence[int]
) -> dict[int, Placed]:
    """Readable events as they were printed, decoded again from the log, by `log_seq`."""
    rows = await db.fetch(f"{_PLACED} AND e.log_seq = ANY ($2::bigint[])", contract, list(log_seqs))
    return {row[1]: _placed(row) for row in rows}


async def final_events_after(db: Connection, contract: str, seq: int, limit: int) -> list[Placed]:
    """Final events by the contract's own numbers, after one of them."""
    rows = await db.fetch(
        f"{_PLACED} AND e.seq > $2 AND e.state = 'final' ORDER BY e.seq, e.log_seq LIMIT $3",
        contract,
        seq,
        limit,
    )
    return [_placed(row) for row in rows]


def _placed(row: Any) -> Placed:
    raw, *where = row
    return Placed(decode_event(raw), *where)


# -- the state -------------------------------------------------------------------------------------


async def load_state(
    db: Connection, contract: str, view: View, numbers: Sequence[int], *, whole: bool
) -> State:
    """What events of these projects and of the whole contract can touch; `whole`: sets and tokens
    too, which no event reads."""
    state = State()
    row = await db.fetchrow(
        f"SELECT {columns_of(EscrowConfig)} FROM escrow_config WHERE contract = $1 AND view = $2",
        contract,
        view.value,
    )
    if row is None:
        return state
    state.config = read_rows([row], EscrowConfig)[0]
    state.event_count = state.config.event_count
    for part, table in _STRUCTS.items():
        if not (table.is_of_project or whole):
            continue
        among = " AND number = ANY ($3::bigint[])" if table.is_of_project else ""
        found = await db.fetch(
            f"SELECT {columns_of(table.kind)} FROM {table.name}"
            f" WHERE contract = $1 AND view = $2{among}",
            contract,
            view.value,
            *([list(numbers)] if table.is_of_project else []),
        )
        rows = getattr(state, part)
        for each in read_rows(found, table.kind):
            key = tuple([getattr(each, name) for name in table.key])
            rows[key if len(key) > 1 else key[0]] = each
    for part, name in _SUMS.items():
        sums = await db.fetch(
            f"SELECT token, amount_minor FROM {name} WHERE contract = $1 AND view = $2",
            contract,
            view.value,
        )
        getattr(state, part).update({token: int(amount) for token, amount in sums})
    return state


def people_of(state: State, events: Iterable[Event]) -> set[str]:
    """Whose credits events can touch: the parties of their projects, and who withdraws one."""
    people = {party for each in state.projects.values() for party in (each.client, each.freelancer)}
    for event in events:
        if type(event) is ProjectCreated:
            people |= {event.client, event.freelancer}
        elif type(event) is CreditWithdrawn:
            people.add(event.who)
    return people


async def load_credits(
    db: Connection, contract: str, view: View, state: State, people: Iterable[str]
) -> None:
    """Adds the credits of these addresses to a state."""
    rows = await db.fetch(
        "SELECT who, token, amount_minor FROM escrow_credits"
        " WHERE contract = $1 AND view = $2 AND who = ANY ($3::text[])",
        contract,
        view.value,
        list(people),
    )
    state.credits.update({(who, token): int(amount) for who, token, amount in rows})


async def empty_live(
    db: Connection, contract: str, numbers: Sequence[int], people: Iterable[str]
) -> None:
    """Empties the live view of the contract as a whole and of these projects and people."""
    for name in ("escrow_config", "escrow_arbiter_sets", "escrow_tokens", *_SUMS.values()):
        await db.execute(f"DELETE FROM {name} WHERE contract = $1 AND view = 'live'", contract)
    for table in _STRUCTS.values():
        if table.is_of_project:
            await db.execute(
                f"DELETE FROM {table.name} WHERE contract = $1 AND view = 'live'"
                " AND number = ANY ($2::bigint[])",
                contract,
                list(numbers),
            )
    await db.execute(
        "DELETE FROM escrow_credits"
        " WHERE contract = $1 AND view = 'live' AND who = ANY ($2::text[])",
        contract,
        list(people),
    )


async def write_state(
    db: Connection, contract: str, views: Sequence[View], state: State, *, everything: bool = False
) -> None:
    """Writes what of a state changed into views, or all that it holds."""
    names = [view.value for view in views]
    config = state.settled_config()
    if config is not None:
        await _upsert(db, _CONFIG, contract, names, [config])
    for part, table in _STRUCTS.items():
        rows = getattr(state, part)
        changed = rows.values() if everything else [rows[key] for key in state.changed[part]]
        if changed:
            await _upsert(db, table, contract, names, list(changed))
    for part, name in (*_SUMS.items(), ("credits", "escrow_credits")):
        sums = getattr(state, part)
        keys = list(sums) if everything else list(state.changed[part])
        if keys:
            await _write_sums(db, name, contract, names, keys, sums)


_CONFIG = _Table("escrow_config", EscrowConfig, (), is_of_project=False)


async def _upsert(
    db: Connection,
    table: _Table,
    contract: str,
    views: Sequence[str],
    rows: Sequence[msgspec.Struct],
) -> None:
    # One JSON text: the driver writes arrays value by value, at several times the cost.
    await db.execute(_upsert_sql(table), contract, views, msgspec.json.encode(rows).decode())


@cache
def _upsert_sql(table: _Table) -> str:
    fields = msgspec.structs.fields(table.kind)
    columns = ", ".join(f'"{field.encode_name}" {_sql_type(field)}' for field in fields)
    values = ", ".join(f'row."{field.encode_name}"' for field in fields)
    names = ", ".join(field.name for field in fields)
    key = ", ".join((*table.key, "view", "contract"))
    rest = ", ".join(f"{f.name} = excluded.{f.name}" for f in fields if f.name not in table.key)
    return (
        f"INSERT INTO {table.name} (contract, view, {names}) SELECT $1, view, {values}"
        f" FROM json_to_recordset($3::text::json) AS row ({columns})"
        " CROSS JOIN unnest($2::text[]) AS view"
        f" ON CONFLICT ({key}) DO UPDATE SET {rest}"
    )


def _sql_type(field: msgspec.structs.FieldInfo) -> str:
    of = field.type
    if isinstance(of, UnionType):
        of = next(each for each in get_args(of) if each is not type(None))
    if field.name.endswith("_minor"):
        return "numeric"
    return "text[]" if get_origin(of) is tuple else {int: "bigint", bool: "boolean"}.get(of, "text")


async def _write_sums(
    db: Connection,
    name: str,
    contract: str,
    views: Sequence[str],
    keys: Sequence[Any],
    sums: Mapping[Any, int],
) -> None:
    """Sets sums by their keys; one that is nothing is no row."""
    columns = ("who", "token") if name == "escrow_credits" else ("token",)
    places = [key if isinstance(key, tuple) else (key,) for key in keys]
    arrays = [[place[at] for place in places] for at in range(len(columns))]
    listed = ", ".join(columns)
    unnested = ", ".join(f"${at}::text[]" for at in range(3, 4 + len(columns)))
    facts = (contract, list(views), *arrays, [str(sums.get(key, 0)) for key in keys])
    await db.execute(
        f"INSERT INTO {name} (contract, view, {listed}, amount_minor)"
        f" SELECT $1, view, {', '.join('row.' + c for c in columns)}, row.amount::numeric"
        f" FROM unnest({unnested}) AS row ({listed}, amount) CROSS JOIN unnest($2::text[]) AS view"
        f" WHERE row.amount <> '0'"
        f" ON CONFLICT (contract, view, {listed}) DO UPDATE"
        " SET amount_minor = excluded.amount_minor",
        *facts,
    )
    gone = " AND ".join(f"sums.{column} = row.{column}" for column in columns)
    await db.execute(
        f"DELETE FROM {name} AS sums USING unnest({unnested}) AS row ({listed}, amount)"
        f" WHERE contract = $1 AND view = ANY ($2::text[]) AND {gone} AND row.amount = '0'",
        *facts,
    )


# -- starting again --------------------------------------------------------------------------------


async def empty_states(db: Connection, contract: str, views: Sequence[View]) -> None:
    """Empties views; the events stay."""
    names = [view.value for view in views]
    for table in _STRUCTS.values():
        if table.is_of_project:
            for first, last in await _parts(db, contract):
                await db.execute(
                    f"DELETE FROM {table.name} WHERE contract = $1 AND view = ANY ($2::text[])"
                    " AND number BETWEEN $3 AND $4",
                    contract,
                    names,
                    first,
                    last,
                )
    for name in STATE_TABLES:
        await db.execute(
            f"DELETE FROM {name} WHERE contract = $1 AND view = ANY ($2::text[])", contract, names
        )


async def _parts(db: Connection, contract: str) -> list[tuple[int, int]]:
    """The numbers of all projects in parts, each small enough for one statement."""
    newest = await db.fetchval(
        "SELECT coalesce(max(number), 0) FROM escrow_milestones WHERE contract = $1", contract
    )
    return [(first, first + _AT_ONCE - 1) for first in range(0, newest + 1, _AT_ONCE)]


async def copy_final_to_live(db: Connection, contract: str) -> None:
    """Makes live what final is. Live must be empty."""
    parts = await _parts(db, contract)
    for table in _STRUCTS.values():
        names = columns_of(table.kind)
        if not table.is_of_project:
            await _copy(db, contract, table.name, names)
            continue
        for first, last in parts:
            among = f" AND number BETWEEN {first:d} AND {last:d}"
            await _copy(db, contract, table.name, names, among)
    await _copy(db, contract, "escrow_config", columns_of(EscrowConfig))
    for name in _SUMS.values():
        await _copy(db, contract, name, "token, amount_minor")
    await _copy(db, contract, "escrow_credits", "who, token, amount_minor")


async def _copy(db: Connection, contract: str, table: str, names: str, among: str = "") -> None:
    await db.execute(
        f"INSERT INTO {table} (contract, view, {names}) SELECT contract, 'live', {names}"
        f" FROM {table} WHERE contract = $1 AND view = 'final'{among}",
        contract,
    )


async def empty_all(db: Connection, contract: str, log_seq: int) -> None:
    """Empties every projection of a contract, in parts that each take seconds at most."""
    # The projects first: their numbers say which parts there are.
    await empty_states(db, contract, BOTH)
    for first in range(0, log_seq + 1, _AT_ONCE):
        await db.execute(
            "DELETE FROM escrow_events WHERE contract = $1 AND log_seq BETWEEN $2 AND $3",
            contract,
            first,
            first + _AT_ONCE - 1,
        )


async def count(db: Connection, contract: str) -> tuple[int, int]:
    """How many events there are, and how many projects stand in the live view."""
    row = await db.fetchrow(
        "SELECT (SELECT count(*) FROM escrow_events WHERE contract = $1),"
        " (SELECT count(*) FROM escrow_projects WHERE contract = $1 AND view = 'live')",
        contract,
    )
    return (0, 0) if row is None else (row[0], row[1])
