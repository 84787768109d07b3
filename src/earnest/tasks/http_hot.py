"""The two routes that are asked most, `next` and `submissions`, without the framework between.

A plain request (signed in, well formed) is answered here by the same service functions that the
controller in `http.py` calls. Whatever is out of the ordinary, every error included, is handed to
the framework and its controller, which do it again in full: a refused statement has left nothing
behind, and the same vote again gets the same answer.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.types import HTTPReceiveMessage, Receive, Scope, Send

from earnest.accounts import Accounts
from earnest.files import media_base
from earnest.kit.db import Database
from earnest.kit.errors import EarnestError
from earnest.kit.settings import Settings
from earnest.tasks import service
from earnest.tasks.http import SubmissionBody

_NEXT = "/api/tasks/next"
_BEFORE_ID, _AFTER_ID = "/api/tasks/", "/submissions"
_ID_LENGTH = 36
_SUBMISSION_LENGTH = len(_BEFORE_ID) + _ID_LENGTH + len(_AFTER_ID)
_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_BODY_BYTES_MAX = 1_000

_submission = msgspec.json.Decoder(SubmissionBody)


class HotRoutes:
    """An ASGI application before another one, the framework's.

    Needs its `state.settings`, and `state.database` and `state.accounts` once it has started.
    """

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self._settings: Settings = app.state.settings
        self._media = media_base(self._settings)
        self._database: Database | None = None
        self._accounts: Accounts | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of any type."""
        method: Any = scope.get("method")
        path: str = scope.get("path", "")
        if method == "GET" and path == _NEXT:
            answer = await self._next(scope)
            if answer is None:
                await self._app(scope, receive, send)
            else:
                await _send(send, 200 if answer else 204, answer)
        elif method == "POST" and len(path) == _SUBMISSION_LENGTH and path.endswith(_AFTER_ID):
            body = await _read_small(scope, receive)
            answer = None if body is None else await self._submit(scope, path, body)
            if answer is not None:
                await _send(send, 201, answer)
            elif body is None:
                await self._app(scope, receive, send)
            else:
                await self._app(scope, _repeat(body, receive), send)
        else:
            await self._app(scope, receive, send)

    async def _next(self, scope: Scope) -> str | None:
        """The answer, empty when nothing is open, or None for the framework to give it."""
        try:
            account_id = await self._account_of(scope)
            if account_id is None or self._database is None:
                return None
            found = await service.next_seat(self._database, account_id, self._settings, self._media)
            return found or ""
        except EarnestError:
            return None

    async def _submit(self, scope: Scope, path: str, body: bytes) -> str | None:
        """The answer, or None for the framework to give it."""
        try:
            task_id = UUID(path[len(_BEFORE_ID) : -len(_AFTER_ID)])
            option_id = _submission.decode(body).option_id
            account_id = await self._account_of(scope)
            if account_id is None or self._database is None:
                return None
            return await service.vote(
                self._database, account_id, task_id, option_id, self._settings, self._media
            )
        except (EarnestError, msgspec.DecodeError, ValueError, RecursionError):
            return None

    async def _account_of(self, scope: Scope) -> UUID | None:
        if self._accounts is None:
            self._accounts = self._app.state.get("accounts")
            self._database = self._app.state.get("database")
        token = _header(scope, b"authorization")
        if self._accounts is None or not token.startswith(b"Bearer "):
            return None
        principal = await self._accounts.authenticate(token[7:].decode("latin-1"))
        return principal.account_id


def _header(scope: Scope, wanted: bytes) -> bytes:
    found = b""
    for name, value in scope["headers"]:
        if name == wanted:
            found = value
    return found


async def _read_small(scope: Scope, receive: Receive) -> bytes | None:
    """The body of a request that says it is small JSON; None, with nothing read, of any other."""
    length = _header(scope, b"content-length")
    if not length.isdigit() or not 0 < int(length) <= _BODY_BYTES_MAX:
        return None
    if _header(scope, b"content-type") != b"application/json":
        return None
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message["body"]
        if not message["more_body"]:
            return body


def _repeat(body: bytes, receive: Receive) -> Receive:
    """What was read already, for somebody who reads it anew."""
    read = False

    async def again() -> HTTPReceiveMessage:
        nonlocal read
        if read:
            message: Any = await receive()
            return message  # type: ignore[no-any-return]
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _send(send: Send, status: int, answer: str) -> None:
    body = answer.encode()
    headers = [*_HEADERS, (b"content-length", b"%d" % len(body))] if body else _HEADERS[1:]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
