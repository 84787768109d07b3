"""Errors as problem details (RFC 9457), the one shape in which the API says no."""

from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from earnest.kit.errors import EarnestError, Kind

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
_HTTP_CODES = {
    400: "invalid_input",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many",
}


# What is said where the framework only names the status.
_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method; `Allow` names those it takes.",
    413: "The body is larger than this address takes.",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """RFC 9457 problem details. `type` and `code` are stable; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = None
    facts: dict[str, Any] | None = None


_MEANINGS = {
    400: "The request is malformed",
    401: "Not signed in, or not proven",
    403: "Not allowed",
    404: "There is no such thing, or it is not yours",
    409: "In conflict with what is",
    410: "It is gone",
    413: "Too large",
    415: "The body is not sent as JSON",
    416: "Not inside the file",
    429: "Asked too often; see Retry-After",
    503: "A part that is needed cannot be reached; nothing was changed",
}


def answers(*statuses: int) -> dict[int, ResponseSpec]:
    """The problem responses of a route, for the OpenAPI file."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            media_type=MEDIA_TYPE,
            description=_MEANINGS[status],
            generate_examples=False,
        )
        for status in statuses
    }


def problem_response(
    code: str,
    status: int,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    facts: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """A response that carries one problem."""
    problem = Problem(
        type=f"urn:earnest:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        errors=errors,
        facts=facts or None,
    )
    return Response(
        msgspec.json.encode(problem, enc_hook=str),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def on_earnest_error(_request: Request[Any, Any, Any], error: EarnestError) -> Response[bytes]:
    """Answers a stated fact with its status."""
    status = STATUS[error.kind]
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="earnest"'
    if status in (429, 503):
        headers["Retry-After"] = str(int(error.facts.get("retry_after_s", 1)) or 1)
    facts = {_camel(name): value for name, value in error.facts.items()}
    return problem_response(error.code, status, str(error), facts=facts, headers=headers)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _read_fault(item: dict[str, Any]) -> dict[str, str]:
    """One thing that is wrong with the input: where, and what."""
    fault: dict[str, str] = {k: str(item[k]) for k in ("key", "message") if k in item}
    source = item.get("source")
    if source is not None:
        fault["source"] = str(getattr(source, "value", source))
    if fault.get("message") == "'data'":
        fault["message"] = "The body is missing."
    return fault


def on_validation_error(
    _request: Request[Any, Any, Any], error: ValidationException
) -> Response[bytes]:
    """Answers input of the wrong shape, field by field."""
    extra = error.extra if isinstance(error.extra, list) else []
    found = [_read_fault(item) for item in extra if isinstance(item, dict)]
    what = "; ".join(": ".join(filter(None, (e.get("key"), e.get("message")))) for e in found)
    return problem_response(
        "invalid_input", 400, what or "The request does not have the expected shape.", errors=found
    )


def on_http_exception(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answers what the framework refuses: unknown paths, methods, media types, sizes."""
    status = error.status_code
    code = _HTTP_CODES.get(status, "refused" if status < 500 else "internal_error")
    detail = str(error.detail or code)
    if detail == HTTPStatus(status).phrase:
        detail = _DETAILS.get(status, detail)
    return problem_response(code, status, detail, headers=dict(error.headers or {}))


def on_unhandled(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answers a fault of ours without showing its inside; the log has the trace."""
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(
        "internal_error", 500, "Something broke on our side. It has been written to the log."
    )
