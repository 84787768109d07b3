"""Loaded by Schemathesis: who it is, and what the schema alone cannot tell it.

A schema says what a cursor or an address looks like, not which ones exist. So where a request is
meant to be good, it gets the things of a real account; what is meant to be bad stays as it is.
"""

import json
import os
from functools import cache
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext
from solders.keypair import Keypair

from earnest.accounts.http import COOKIE
from earnest.kit.paging import encode_cursor
from tests.acceptance.http.served import Person, proof, sign_in

_WORLD: dict[str, Any] = json.loads(os.environ["SCHEMATHESIS_WORLD"])
_URL: str = _WORLD["url"]
_ENDS_SESSIONS = ("/api/auth/logout", "/api/me/sessions/{session_id}")
_CURSORS = {
    "/api/balance/entries": encode_cursor(5),
    "/api/payouts": encode_cursor(5),
    "/api/admin/disputes": encode_cursor((5, "00000000-0000-4000-8000-000000000000", 1)),
    "/api/blockchain/events": encode_cursor(5),
}
# Most lists are ordered by when a thing was made, and its id.
_MADE = encode_cursor(("2026-01-01T00:00:00Z", "00000000-0000-4000-8000-000000000000"))


@cache
def _person() -> Person:
    return sign_in(_URL, Keypair.from_base58_string(_WORLD["key"]))


@schemathesis.auth(refresh_interval=None)
class BearerToken:
    """The token of the account that has everything; of another where a call may end the session."""

    def get(self, case: Case[Any], _context: AuthContext) -> str:
        person = sign_in(_URL) if case.operation.path in _ENDS_SESSIONS else _person()
        return person.token

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Puts what exists into a request that is meant to be good."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    path, body = case.operation.path, case.body
    if "cursor" in case.query:
        case.query["cursor"] = _CURSORS.get(path, _MADE)
        case.query.pop("sort", None)  # a cursor belongs to its own order
    if "since" in case.query:
        case.query["since"] = "5"
    if path == "/api/site/purse":
        case.query["address"] = str(_person().wallet.pubkey())
    if case.meta.phase.name != "stateful":
        for name in case.path_parameters:
            case.path_parameters[name] = _WORLD["ids"].get(name, case.path_parameters[name])
        if path.endswith("/submissions"):
            case.path_parameters["task_id"] = _WORLD["vote"]["taskId"]
    if path == "/api/auth/refresh":
        case.cookies[COOKIE] = sign_in(_URL).cookie
        case.headers["Origin"] = _URL
    if isinstance(body, dict):
        _fill(path, body)


def _fill(path: str, body: dict[str, Any]) -> None:
    if path == "/api/auth/challenge":
        body["address"] = str(Keypair().pubkey())
    elif path in ("/api/auth/verify", "/api/me/addresses"):
        body.update(proof(_URL, Keypair()))
    elif path == "/api/files/uploads":
        body["sizeBytes"] = min(body["sizeBytes"], _WORLD["uploadBytesMax"])
        if body["purpose"] == "document":
            body.setdefault("name", "report.pdf")
        else:
            body["contentType"] = "image/webp"
    elif path == "/api/notifications/read":
        body["upTo"] = _WORLD["ids"]["notification_id"]
    elif path == "/api/tasks":
        body["asset"] = "SOL"
        body["pricePerVoteMinor"] = body["pricePerVoteMinor"][:12]
        body["options"] = [{"fileId": id} for id in _WORLD["fileIds"]]
    elif path in ("/api/projects", "/api/projects/{project_id}"):
        _fill_project(body)
    elif path == "/api/projects/{project_id}/proposals":
        body["coverLetter"] = "I have built three of these."
    elif path.endswith("/transactions"):
        body["milestoneNum"] = 1
    elif path.endswith("/deliverables"):
        body["note"] = "A sketch."
    elif path.endswith("/submissions"):
        body["optionId"] = _WORLD["vote"]["optionId"]


def _fill_project(body: dict[str, Any]) -> None:
    """Figures that agree with each other, and a wallet that is there."""
    body.pop("address", None)
    if "title" in body:
        body["title"] = "A faucet"
    if "asset" in body:
        body["asset"] = "STX"
    if body.get("milestones"):
        body["milestones"] = [
            milestone | {"title": "A sketch", "amountMinor": "10000", "days": 7}
            for milestone in body["milestones"]
        ]
