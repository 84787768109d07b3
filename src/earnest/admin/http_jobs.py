"""Background jobs that failed for good, and trying them again."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.params import JSONBody

from earnest import audit, jobs
from earnest.accounts import SECURITY, CurrentPrincipal, require_operator
from earnest.kit.db import Connection
from earnest.kit.idempotency import IdempotencyKey, once
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import Body, Wire

_WITH_OPERATOR = {"principal": Provide(require_operator)}
_NO_STORE = {"Cache-Control": "no-store"}
_RETRY_ROUTE = "POST /api/admin/jobs/retry"
_SECRET = ("secret", "token", "password", "passphrase", "private", "signature", "seed", "key")
_VALUE_LENGTH_MAX = 300
_VALUES_MAX = 30


class JobState(StrEnum):
    """Where a job stands. What is done is not there any more."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"


_STATES = {"queued": JobState.WAITING, "picked": JobState.RUNNING, "failed": JobState.HELD}


class JobCount(Wire, frozen=True):
    """How many jobs of a type are in a state."""

    type: str
    state: JobState
    count: int


class HeldJobAnswer(Wire, frozen=True):
    """A job that waits for a person. `given` is what it was to do, flat, each value as text, and
    nothing in it that looks like a secret. `reason` is its last error, as the program gave it."""

    id: str
    type: str
    tries: int
    reason: str
    given: dict[str, str]
    queued_at: datetime
    held_at: datetime


class JobsAnswer(Wire, frozen=True):
    """Counts of all jobs, and one page of the held ones, the latest first."""

    counts: list[JobCount]
    held_count: int
    oldest_held_at: datetime | None
    items: list[HeldJobAnswer]
    next_cursor: str | None


class RetryBody(Body, frozen=True):
    """Which jobs to queue again. All of them are, or none."""

    ids: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,17}(?!\n)$", examples=["412"])]],
        msgspec.Meta(min_length=1, max_length=100),
    ]
    note: Annotated[str, msgspec.Meta(max_length=2_000, description="Why, for the audit.")] = ""


class RetryAnswer(Wire, frozen=True):
    """What is queued again."""

    ids: list[str]


class _Position(msgspec.Struct, frozen=True, array_like=True):
    held_at: datetime
    id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class JobsController(Controller):
    """For operators."""

    path = "/api/admin/jobs"
    tags = ("admin",)
    dependencies = _WITH_OPERATOR
    security = SECURITY

    @get("/", summary="Jobs, and those that are held", responses=answers(400, 401, 403, 503))
    async def list_held(
        self,
        principal: CurrentPrincipal,  # noqa: ARG002 - having one is what is asked
        database: GivenDatabase,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[JobsAnswer]:
        """A held job failed at every try, or could not succeed. It is lost by nothing but waits."""
        place = decode_cursor(cursor, _Position) if cursor else None
        async with database.connection() as db:
            counts = await jobs.count_jobs(db)
            oldest_at = await jobs.oldest_held_at(db)
            found = await jobs.list_held(
                db, limit=limit + 1, before=(place.held_at, place.id) if place else None
            )
        page, following = cut_page(found, limit, lambda last: _Position(last.held_at, last.id))
        shown = [
            JobCount(type=each.type, state=_STATES[each.status], count=each.count)
            for each in counts
            if each.status in _STATES
        ]
        answer = JobsAnswer(
            counts=shown,
            held_count=sum(each.count for each in shown if each.state is JobState.HELD),
            oldest_held_at=oldest_at,
            items=[_show(job) for job in page],
            next_cursor=following,
        )
        return Response(answer, headers=_NO_STORE)

    @post(
        "/retry",
        status_code=200,
        summary="Queue held jobs again",
        responses=answers(400, 401, 403, 404, 409, 413, 415, 503),
    )
    async def retry(
        self,
        data: JSONBody[RetryBody],
        principal: CurrentPrincipal,
        database: GivenDatabase,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[RetryAnswer]:
        """With all their tries. One that is not held any more fails the whole request."""

        async def work(db_tx: Connection) -> RetryAnswer:
            retried = await jobs.retry_held(db_tx, [int(each) for each in data.ids])
            for job in retried:
                await audit.record(
                    db_tx,
                    by=principal.account_id,
                    act="job_retry",
                    subject=f"job:{job.id}",
                    note=data.note.strip(),
                    facts={"type": job.type, "tries": job.tries},
                )
            return RetryAnswer(ids=[str(job.id) for job in retried])

        answer = await once(
            database,
            work,
            key=idempotency_key,
            account_id=principal.account_id,
            route=_RETRY_ROUTE,
            body=data,
            answer=RetryAnswer,
        )
        return Response(answer, headers=_NO_STORE)


def _show(job: jobs.HeldJob) -> HeldJobAnswer:
    return HeldJobAnswer(
        id=str(job.id),
        type=job.type,
        tries=job.tries,
        reason=job.reason,
        given=show_given(job.payload),
        queued_at=job.created_at,
        held_at=job.held_at,
    )


def show_given(payload: Any) -> dict[str, str]:
    """What a job was given, flat: `{"a": {"b": 1}}` is `a.b` → `1`. Secrets are left out."""
    found: dict[str, str] = {}

    def walk(name: str, value: Any) -> None:
        if len(found) >= _VALUES_MAX:
            return
        if any(word in name.lower() for word in _SECRET):
            found[name] = "(left out)"
        elif isinstance(value, dict):
            for key, each in value.items():
                walk(f"{name}.{key}" if name else str(key), each)
        elif isinstance(value, list):
            for place, each in enumerate(value):
                walk(f"{name}.{place}" if name else str(place), each)
        elif value is not None:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            found[name or "payload"] = text[:_VALUE_LENGTH_MAX]

    walk("", payload)
    return found


ROUTES: list[Any] = [JobsController]
