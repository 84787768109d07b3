"""What the contract itself answers, and where the projection says something else. Pure.

The contract answers in Clarity values of its read-only functions (`get-project`, `get-milestone`,
`get-dispute`). Only what both sides hold is compared: the projection knows more, such as who paid
whom in which chain_tx, and all of it follows from the same events.
"""

from collections.abc import Mapping, Sequence

import msgspec

from earnest.chains.stacks.clarity import (
    Bool,
    Buffer,
    Nothing,
    Principal,
    Some,
    Tuple,
    UInt,
    Value,
)
from earnest.escrow.state import MilestoneStatus, ProjectState
from earnest.kit.wire import AmountMinor

# The contract counts them from 1.
_STATUSES = tuple(MilestoneStatus)


class ProjectValues(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A project as contract and projection both know it. Heights are burn heights."""

    client: str
    freelancer: str
    token: str | None
    reference: str | None
    total_minor: AmountMinor
    milestone_count: int
    fee_bps: int
    silent_bps: int
    arbiter_set: int
    created_burn_height: int
    accepted: bool
    cancelled: bool


class MilestoneValues(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A milestone as both know it. `bps` is there once it is closed."""

    milestone_num: int
    amount_minor: AmountMinor
    deadline: int
    status: MilestoneStatus
    claim_from: int | None
    bps: int | None


class DisputeValues(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The dispute of a milestone as both know it."""

    milestone_num: int
    filer: str
    bond_minor: AmountMinor
    filed_at: int
    default_from: int
    default_bps: int


class EscrowValues(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of one project that contract and projection both know."""

    project: ProjectValues
    milestones: tuple[MilestoneValues, ...]
    disputes: tuple[DisputeValues, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One figure on which chain and cache part. `path` is like `milestones.2.status`."""

    path: str
    chain: str | None
    cached: str | None


class AnswerNotRead(ValueError):
    """The contract answered in a shape that this contract does not have."""


def cached_values(state: ProjectState) -> EscrowValues:
    """What the projection holds, in the words of the comparison."""
    project = state.project
    return EscrowValues(
        project=ProjectValues(
            client=project.client,
            freelancer=project.freelancer,
            token=project.token,
            reference=project.reference,
            total_minor=str(project.total_minor),
            milestone_count=project.milestone_count,
            fee_bps=project.fee_bps,
            silent_bps=project.silent_bps,
            arbiter_set=project.arbiter_set,
            created_burn_height=project.created_burn_height,
            accepted=project.accepted,
            cancelled=project.cancelled,
        ),
        milestones=tuple(
            MilestoneValues(
                milestone_num=each.milestone_num,
                amount_minor=str(each.amount_minor),
                deadline=each.deadline,
                status=each.status,
                claim_from=each.claim_from,
                bps=each.bps,
            )
            for each in state.milestones
        ),
        disputes=tuple(
            DisputeValues(
                milestone_num=each.milestone_num,
                filer=each.filer,
                bond_minor=str(each.bond_minor),
                filed_at=each.filed_at,
                default_from=each.default_from,
                default_bps=each.default_bps,
            )
            for each in state.disputes
        ),
    )


def read_project(answer: Value) -> ProjectValues | None:
    """`get-project`; None where there is no such project. Raises `AnswerNotRead`."""
    fields = _fields(answer)
    if fields is None:
        return None
    reference = _optional(fields, "reference")
    if reference is not None and not isinstance(reference, Buffer):
        raise AnswerNotRead("reference is no buffer")
    token = _optional(fields, "token")
    return ProjectValues(
        client=_principal(fields, "client"),
        freelancer=_principal(fields, "freelancer"),
        token=None if token is None else str(token),
        reference=None if reference is None else f"0x{reference.value.hex()}",
        total_minor=str(_uint(fields, "total")),
        milestone_count=_uint(fields, "milestones"),
        fee_bps=_uint(fields, "fee-bps"),
        silent_bps=_uint(fields, "silent-bps"),
        arbiter_set=_uint(fields, "arbiter-set"),
        created_burn_height=_uint(fields, "created-at"),
        accepted=_bool(fields, "accepted"),
        cancelled=_bool(fields, "cancelled"),
    )


def read_milestone(num: int, answer: Value) -> MilestoneValues | None:
    """`get-milestone`; None where the project has none with this number."""
    fields = _fields(answer)
    if fields is None:
        return None
    status = _uint(fields, "status")
    if not 1 <= status <= len(_STATUSES):
        raise AnswerNotRead(f"there is no status {status}")
    return MilestoneValues(
        milestone_num=num,
        amount_minor=str(_uint(fields, "amount")),
        deadline=_uint(fields, "deadline"),
        status=_STATUSES[status - 1],
        claim_from=_optional_uint(fields, "claim-from"),
        bps=_optional_uint(fields, "bps"),
    )


def read_dispute(num: int, answer: Value) -> DisputeValues | None:
    """`get-dispute`; None where the milestone was never disputed."""
    fields = _fields(answer)
    if fields is None:
        return None
    return DisputeValues(
        milestone_num=num,
        filer=_principal(fields, "filer"),
        bond_minor=str(_uint(fields, "bond")),
        filed_at=_uint(fields, "filed-at"),
        default_from=_uint(fields, "default-from"),
        default_bps=_uint(fields, "default-bps"),
    )


def read_count(answer: Value) -> int:
    """`get-event-count` and its like."""
    if not isinstance(answer, UInt):
        raise AnswerNotRead("no uint")
    return answer.value


def differences(chain: EscrowValues | None, cached: EscrowValues | None) -> list[Difference]:
    """Every figure on which the two part, in the order of their paths; none if they agree."""
    on_chain, in_cache = _figures(chain), _figures(cached)
    return [
        Difference(path=path, chain=on_chain.get(path), cached=in_cache.get(path))
        for path in sorted(on_chain.keys() | in_cache.keys())
        if on_chain.get(path) != in_cache.get(path)
    ]


def _figures(values: EscrowValues | None) -> dict[str, str | None]:
    if values is None:
        return {"project": None}
    found = {"project": "there"}
    rows: list[tuple[str, Sequence[msgspec.Struct]]] = [
        ("milestones", values.milestones),
        ("disputes", values.disputes),
    ]
    parts = {"project": msgspec.to_builtins(values.project)}
    for name, structs in rows:
        for each in map(msgspec.to_builtins, structs):
            parts[f"{name}.{each['milestoneNum']}"] = each
    figures: dict[str, str | None] = dict(found)
    for path, fields in parts.items():
        for field, value in fields.items():
            figures[f"{path}.{field}"] = None if value is None else str(value)
    return figures


# -- Clarity ---------------------------------------------------------------------------------------


def _fields(answer: Value) -> Mapping[str, Value] | None:
    match answer:
        case Nothing():
            return None
        case Some(Tuple() as found):
            return found.by_name()
    raise AnswerNotRead("no optional tuple")


def _field(fields: Mapping[str, Value], name: str) -> Value:
    if name not in fields:
        raise AnswerNotRead(f"{name} is missing")
    return fields[name]


def _uint(fields: Mapping[str, Value], name: str) -> int:
    value = _field(fields, name)
    if not isinstance(value, UInt):
        raise AnswerNotRead(f"{name} is no uint")
    return value.value


def _bool(fields: Mapping[str, Value], name: str) -> bool:
    value = _field(fields, name)
    if not isinstance(value, Bool):
        raise AnswerNotRead(f"{name} is no bool")
    return value.value


def _principal(fields: Mapping[str, Value], name: str) -> str:
    value = _field(fields, name)
    if not isinstance(value, Principal):
        raise AnswerNotRead(f"{name} is no principal")
    return str(value)


def _optional(fields: Mapping[str, Value], name: str) -> Value | None:
    match _field(fields, name):
        case Nothing():
            return None
        case Some(value):
            return value
    raise AnswerNotRead(f"{name} is no optional")


def _optional_uint(fields: Mapping[str, Value], name: str) -> int | None:
    value = _optional(fields, name)
    if value is None:
        return None
    if not isinstance(value, UInt):
        raise AnswerNotRead(f"{name} is no uint")
    return value.value
