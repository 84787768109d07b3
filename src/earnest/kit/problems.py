"""Errors as problem details (RFC 9457), the one shape in which the API says no."""

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
    return problem_response(error.code, status, str(error), facts=error.facts, headers=headers)


def on_validation_error(
    _request: Request[Any, Any, Any], error: ValidationException
) -> Response[bytes]:
    """Answers input of the wrong shape, field by field."""
    found: list[dict[str, str]] = []
    extra = error.extra if isinstance(error.extra, list) else []
    found += [
        {k: str(item[k]) for k in ("key", "source", "message") if k in item}
        for item in extra
        if isinstance(item, dict)
    ]
    what = "; ".join(": ".join(filter(None, (e.get("key"), e.get("message")))) for e in found)
    return problem_response(
        "invalid_input", 400, what or "The request does not have the expected shape.", errors=found
    )


def on_http_exception(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answers what the framework refuses: unknown paths, methods, media types, sizes."""
    status = error.status_code
    code = _HTTP_CODES.get(status, "refused" if status < 500 else "internal_error")
    headers = dict(error.headers or {})
    return problem_response(code, status, str(error.detail or code), headers=headers)


def on_unhandled(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answers a fault of ours without showing its inside; the log has the trace."""
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(
        "internal_error", 500, "Something broke on our side. It has been written to the log."
    )
