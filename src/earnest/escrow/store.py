"""Reading the projections. `store_fold.py` writes them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from earnest.escrow.state import (
    ArbiterSet,
    EscrowConfig,
    EscrowCursor,
    EscrowDispute,
    EscrowEvent,
    EscrowMilestone,
    EscrowOffer,
    EscrowProject,
    EscrowToken,
    EscrowVote,
    ProjectState,
    View,
)
from earnest.kit.db import Connection

T = TypeVar("T", bound=msgspec.Struct)
N = TypeVar("N", EscrowMilestone, EscrowDispute, EscrowVote, EscrowOffer)

_PAGE_MAX = 1_000


def columns_of(kind: type[msgspec.Struct], prefix: str = "") -> str:
    """A struct's fields as the columns of its table: they have the same names."""
    return ", ".join(prefix + name for name in kind.__struct_fields__)


@cache
def _casts(kind: type[msgspec.Struct]) -> list[tuple[str, Callable[[Any], Any]]]:
    """What a row's value must become before a struct may hold it, by field."""
    found: list[tuple[str, Callable[[Any], Any]]] = []
    for field in msgspec.structs.fields(kind):
        of = field.type
        if isinstance(of, UnionType):
            of = next(each for each in get_args(of) if each is not type(None))
        if field.name.endswith("_minor"):
            found.append((field.name, int))  # numeric comes as Decimal
        elif get_origin(of) is tuple:
            found.append((field.name, tuple))
        elif isinstance(of, type) and issubclass(of, StrEnum):
            found.append((field.name, of))
    return found


def read_rows(rows: Iterable[Any], kind: type[T]) -> list[T]:
    """Rows with the columns of `columns_of`, as what they are."""
    found = []
    for row in rows:
        fields = dict(row)
        for name, cast in _casts(kind):
            if fields[name] is not None:
                fields[name] = cast(fields[name])
        found.append(kind(**fields))
    return found


# -- projects -----------------------------------------------------------------------------------


async def project_by_number(
    db: Connection, contract: str, number: int, view: View
) -> EscrowProject | None:
    """The project that has this number now, in this view. Its number is not its identity."""
    return await _one_project(db, contract, view, "number = $3", number)


async def project_by_creation(
    db: Connection, contract: str, creation_tx_id: str, view: View
) -> EscrowProject | None:
    """The project that this chain_tx created, if that stands in this view."""
    return await _one_project(db, contract, view, "creation_tx_id = $3", creation_tx_id)


async def project_by_reference(
    db: Connection, contract: str, client: str, reference: str, view: View
) -> EscrowProject | None:
    """The one project of this client with this reference (0x and 64 hexadecimal digits)."""
    return await _one_project(
        db, contract, view, "client = $3 AND reference = $4", client, reference
    )


async def projects_between(
    db: Connection, contract: str, client: str, freelancer: str, view: View
) -> list[EscrowProject]:
    """The projects of this client for this freelancer, the newest first; at most 1,000."""
    return await _projects(
        db, contract, view, "client = $3 AND freelancer = $4", client, freelancer
    )


async def projects_of_party(
    db: Connection, contract: str, address: str, view: View
) -> list[EscrowProject]:
    """Where this address is client or freelancer, the newest first; at most 1,000."""
    return await _projects(db, contract, view, "(client = $3 OR freelancer = $3)", address)


async def projects_of_arbiter(
    db: Connection, contract: str, address: str, view: View
) -> list[EscrowProject]:
    """Projects whose own set of arbiters names this address, the newest first; at most 1,000."""
    return await _projects(
        db,
        contract,
        view,
        "arbiter_set IN (SELECT set_id FROM escrow_arbiter_sets AS s"
        " WHERE s.contract = $1 AND s.view = $2 AND $3 = ANY (s.members))",
        address,
    )


async def open_projects(
    db: Connection, contract: str, view: View, *, after_number: int = 0, limit: int = 100
) -> list[EscrowProject]:
    """Projects that hold money, in the order of their numbers."""
    rows = await db.fetch(
        f"SELECT {columns_of(EscrowProject)} FROM escrow_projects WHERE contract = $1 AND view = $2"
        " AND number > $3 AND status IN ('active', 'disputed') ORDER BY number LIMIT $4",
        contract,
        view.value,
        after_number,
        min(limit, _PAGE_MAX),
    )
    return read_rows(rows, EscrowProject)


async def project_states(
    db: Connection, contract: str, numbers: Sequence[int], view: View
) -> dict[int, ProjectState]:
    """All that a view holds of these projects, by number; absent where there is none."""
    projects = await _of(db, EscrowProject, contract, numbers, view)
    if not projects:
        return {}
    milestones = _by_number(await _of(db, EscrowMilestone, contract, numbers, view))
    disputes = _by_number(await _of(db, EscrowDispute, contract, numbers, view))
    votes = _by_number(await _of(db, EscrowVote, contract, numbers, view))
    offers = _by_number(await _of(db, EscrowOffer, contract, numbers, view))
    sets = {each.set_id: each for each in await arbiter_sets(db, contract, view)}
    return {
        project.number: ProjectState(
            project=project,
            milestones=tuple(milestones[project.number]),
            disputes=tuple(disputes[project.number]),
            votes=tuple(votes[project.number]),
            offers=tuple(offers[project.number]),
            arbiters=sets.get(project.arbiter_set),
        )
        for project in projects
    }


def _by_number(rows: Iterable[N]) -> dict[int, list[N]]:
    found: dict[int, list[N]] = defaultdict(list)
    for row in rows:
        found[row.number].append(row)
    return found


async def project_state(
    db: Connection, contract: str, number: int, view: View
) -> ProjectState | None:
    """All that a view holds of one project."""
    return (await project_states(db, contract, [number], view)).get(number)


async def states_by_creation(
    db: Connection, contract: str, creation_tx_ids: Sequence[str]
) -> dict[tuple[str, View], ProjectState]:
    """All that both views hold of the projects that these chain_txs created; absent where a view
    has none. As many queries as there are tables, however many projects."""
    facts = (contract, list(creation_tx_ids))
    rows = await db.fetch(
        f"SELECT view, {columns_of(EscrowProject)} FROM escrow_projects"
        " WHERE contract = $1 AND creation_tx_id = ANY ($2::text[])",
        *facts,
    )
    projects = _by_view(rows, EscrowProject)
    if not rows:
        return {}
    numbers = sorted({row["number"] for row in rows})
    milestones = await _of_both(db, EscrowMilestone, contract, numbers)
    disputes = await _of_both(db, EscrowDispute, contract, numbers)
    votes = await _of_both(db, EscrowVote, contract, numbers)
    offers = await _of_both(db, EscrowOffer, contract, numbers)
    sets = _by_view(
        await db.fetch(
            f"SELECT view, {columns_of(ArbiterSet)} FROM escrow_arbiter_sets"
            " WHERE contract = $1 AND set_id = ANY ($2::bigint[])",
            contract,
            sorted({row["arbiter_set"] for row in rows}),
        ),
        ArbiterSet,
    )
    return {
        (project.creation_tx_id, view): ProjectState(
            project=project,
            milestones=tuple(milestones[view, project.number]),
            disputes=tuple(disputes[view, project.number]),
            votes=tuple(votes[view, project.number]),
            offers=tuple(offers[view, project.number]),
            arbiters=next((s for s in sets[view] if s.set_id == project.arbiter_set), None),
        )
        for view, found in projects.items()
        for project in found
    }


def _by_view(rows: Iterable[Any], kind: type[T]) -> dict[View, list[T]]:
    """Rows of `columns_of` with their view before them."""
    found: dict[View, list[T]] = {view: [] for view in View}
    for row in rows:
        fields = dict(row)
        found[View(fields.pop("view"))] += read_rows([fields], kind)
    return found


async def _of_both(
    db: Connection, kind: type[N], contract: str, numbers: Sequence[int]
) -> dict[tuple[View, int], list[N]]:
    rows = await db.fetch(
        f"SELECT view, {columns_of(kind)} FROM {TABLES[kind]} WHERE contract = $1"
        f" AND number = ANY ($2::bigint[]) ORDER BY {_ORDER[kind]}",
        contract,
        list(numbers),
    )
    found: dict[tuple[View, int], list[N]] = defaultdict(list)
    for view, parts in _by_view(rows, kind).items():
        for part in parts:
            found[view, part.number].append(part)
    return found


async def _one_project(
    db: Connection, contract: str, view: View, where: str, *facts: Any
) -> EscrowProject | None:
    found = await _projects(db, contract, view, where, *facts, limit=1)
    return found[0] if found else None


async def _projects(
    db: Connection, contract: str, view: View, where: str, *facts: Any, limit: int = _PAGE_MAX
) -> list[EscrowProject]:
    rows = await db.fetch(
        f"SELECT {columns_of(EscrowProject)} FROM escrow_projects"
        f" WHERE contract = $1 AND view = $2 AND {where} ORDER BY number DESC LIMIT {limit:d}",
        contract,
        view.value,
        *facts,
    )
    return read_rows(rows, EscrowProject)


TABLES: Mapping[type[msgspec.Struct], str] = {
    EscrowProject: "escrow_projects",
    EscrowMilestone: "escrow_milestones",
    EscrowDispute: "escrow_disputes",
    EscrowVote: "escrow_votes",
    EscrowOffer: "escrow_offers",
}
_ORDER: Mapping[type[msgspec.Struct], str] = {
    EscrowProject: "number",
    EscrowMilestone: "number, milestone_num",
    EscrowDispute: "number, milestone_num",
    EscrowVote: 'number, milestone_num, arbiter COLLATE "C"',
    EscrowOffer: 'number, milestone_num, by_party COLLATE "C"',
}


async def _of(
    db: Connection, kind: type[T], contract: str, numbers: Sequence[int], view: View
) -> list[T]:
    rows = await db.fetch(
        f"SELECT {columns_of(kind)} FROM {TABLES[kind]} WHERE contract = $1 AND view = $2"
        f" AND number = ANY ($3::bigint[]) ORDER BY {_ORDER[kind]}",
        contract,
        view.value,
        list(numbers),
    )
    return read_rows(rows, kind)


# -- the contract as a whole ----------------------------------------------------------------------


async def config_of(db: Connection, contract: str, view: View) -> EscrowConfig | None:
    """What the contract gives new projects; None before its deploy was folded."""
    row = await db.fetchrow(
        f"SELECT {columns_of(EscrowConfig)} FROM escrow_config WHERE contract = $1 AND view = $2",
        contract,
        view.value,
    )
    return None if row is None else read_rows([row], EscrowConfig)[0]


async def arbiter_sets(db: Connection, contract: str, view: View) -> list[ArbiterSet]:
    """Every set of arbiters, in the order of their numbers."""
    rows = await db.fetch(
        f"SELECT {columns_of(ArbiterSet)} FROM escrow_arbiter_sets"
        " WHERE contract = $1 AND view = $2 ORDER BY set_id",
        contract,
        view.value,
    )
    return read_rows(rows, ArbiterSet)


async def tokens_of(db: Connection, contract: str, view: View) -> list[EscrowToken]:
    """The tokens that were ever listed."""
    rows = await db.fetch(
        f"SELECT {columns_of(EscrowToken)} FROM escrow_tokens"
        ' WHERE contract = $1 AND view = $2 ORDER BY token COLLATE "C"',
        contract,
        view.value,
    )
    return read_rows(rows, EscrowToken)


async def owed_of(db: Connection, contract: str, view: View) -> dict[str, int]:
    """All that the contract owes, by token; STX under `STX`."""
    return await _sums(db, "escrow_owed", contract, view)


async def fees_of(db: Connection, contract: str, view: View) -> dict[str, int]:
    """Fees that were collected and not swept, by token; STX under `STX`."""
    return await _sums(db, "escrow_fees", contract, view)


async def _sums(db: Connection, table: str, contract: str, view: View) -> dict[str, int]:
    rows = await db.fetch(
        f"SELECT token, amount_minor FROM {table} WHERE contract = $1 AND view = $2",
        contract,
        view.value,
    )
    return {row["token"]: int(row["amount_minor"]) for row in rows}


async def credits_of(db: Connection, contract: str, who: str, view: View) -> dict[str, int]:
    """What tokens refused to pay to this address, by token."""
    rows = await db.fetch(
        "SELECT token, amount_minor FROM escrow_credits"
        " WHERE contract = $1 AND view = $2 AND who = $3",
        contract,
        view.value,
        who,
    )
    return {row["token"]: int(row["amount_minor"]) for row in rows}


# -- events ---------------------------------------------------------------------------------------


async def events_of_project(
    db: Connection, contract: str, number: int, creation_tx_id: str
) -> list[EscrowEvent]:
    """All events of one project, reverted ones too, in the order of the log; at most 1,000."""
    return await _events(
        db,
        contract,
        "number = $2 AND creation_tx_id = $3",
        number,
        creation_tx_id,
        limit=_PAGE_MAX,
    )


async def list_events(
    db: Connection, contract: str, *, after_log_seq: int = 0, name: str | None = None, limit: int
) -> list[EscrowEvent]:
    """Events after a row of the log, in order, by name if one is given."""
    if name is None:
        return await _events(db, contract, "log_seq > $2", after_log_seq, limit=limit)
    return await _events(
        db, contract, "log_seq > $2 AND name = $3", after_log_seq, name, limit=limit
    )


async def events_of_tx(db: Connection, contract: str, tx_id: str) -> list[EscrowEvent]:
    """The events of one chain_tx, in every block that held it."""
    return await _events(
        db,
        contract,
        "log_seq IN (SELECT seq FROM chain_log WHERE chain = 'stacks' AND tx_id = $2)",
        tx_id,
        limit=_PAGE_MAX,
    )


async def _events(
    db: Connection, contract: str, where: str, *facts: Any, limit: int
) -> list[EscrowEvent]:
    rows = await db.fetch(
        f"SELECT {columns_of(EscrowEvent)} FROM escrow_events"
        f" WHERE contract = $1 AND {where} ORDER BY log_seq LIMIT {min(limit, _PAGE_MAX):d}",
        contract,
        *facts,
    )
    return read_rows(rows, EscrowEvent)


async def cursor_of(db: Connection, contract: str) -> EscrowCursor:
    """How far the log is folded for this contract."""
    row = await db.fetchrow(
        f"SELECT {columns_of(EscrowCursor)} FROM escrow_cursors WHERE contract = $1", contract
    )
    if row is None:
        return EscrowCursor(
            log_seq=0, missing_live=None, missing_final=None, unreadable=0, moved_at=None
        )
    return read_rows([row], EscrowCursor)[0]
