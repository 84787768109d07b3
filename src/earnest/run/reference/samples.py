"""Plausible values for the fields of the API, so that every example can be read as a case."""

import json
from typing import Any, Final

Schema = dict[str, Any]
DEPTH_MAX: Final = 6

_ADDRESS: Final = "4mPwN6rGmXzvKcJ8eMdQ1sDkyTgWb5uEoHfLqZ9iVt2L"
_CHAIN_TX: Final = (
    "3sKyYq7dTnG1rV9fRzWcB5pXh8mJtQ2aLeU6vNoD4kFxEiPwCgHbZjMs1uTyA7nQ9rVfWd8eKpXcG5hBmJt2aL6U"
)
_BY_NAME: Final[dict[str, Any]] = {
    "address": _ADDRESS,
    "challenge": "werk.example wants you to sign in with your Solana account:\n" + _ADDRESS,
    "signature": "2rFh1Wm6kUvJzYt8XqPd4nSg9cLbEoKaR7eTiN3wMxVhQ5uBfGjDyZs6pHrC1kAoWtLm8vXnEq4JdRb",
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI4…",
    "title": "Which photograph belongs on the cover?",
    "instructions": "The one that you would pick up in a bookshop.",
    "reference": "CrXvwTn4gYkQ2sLpZ8dJ6mHb1uRfE9oWcA7iNtV3xKjG",
    "recipient": "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu",
    "payUrl": "solana:9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu?amount=0.105&reference=CrXv…",
    "qrUrl": "https://werk.example/api/orders/0d5c…/qr.svg",
    "url": "http://127.0.0.1:9000/earnest/incoming/6f1d…?X-Amz-Signature=…",
    "method": "PUT",
    "headers": {"content-type": "image/webp"},
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sizeBytes": 105034,
    "purpose": "task_option",
    "widthPx": 1067,
    "heightPx": 1600,
    "contentType": "image/webp",
    "chainTx": _CHAIN_TX,
    "seenTx": _CHAIN_TX,
    "seenSlot": 356104233,
    "finalSlot": 356104220,
    "voting": 1,
    "spentMinor": "31500000",
    "votingMinor": "10500000",
    "leftMinor": "31500000",
    "paidBy": [_ADDRESS],
    "nextCursor": "WyIyMDI2LTExLTIwVDE0OjAyOjAwWiJd",
    "cursor": "WyIyMDI2LTExLTIwVDE0OjAyOjAwWiJd",
    "votesWanted": 7,
    "votes": 3,
    "position": 1,
    "number": 4,
    "pricePerVoteMinor": "10000000",
    "amountMinor": "10500000",
    "feeMinor": "500000",
    "earnedMinor": "10000000",
    "availableMinor": "20000000",
    "lockedMinor": "10000000",
    "receivedMinor": "0",
    "returnedMinor": "0",
    "small": "/media/k3J9…/small",
    "medium": "/media/k3J9…/medium",
    "large": "/media/k3J9…/large",
    "slot": 356104233,
    "followedSlot": 356104240,
    "expiresAt": "2026-11-20T14:31:40Z",
}
# What stays empty as long as nothing goes wrong.
_NULL_WHEN_WELL: Final = frozenset({"reason", "detail", "failure", "waitingFor"})
# The challenge of sign-in tells its end in unix seconds.
_INTEGERS: Final = {"expiresAt": 1_795_185_100}
_BY_FORMAT: Final[dict[str, Any]] = {
    "uuid": "0d5c8a1e-6f3b-4c9a-9f27-5d1e8b7a2c44",
    "date-time": "2026-11-20T14:01:40Z",
    "date": "2026-11-20",
    "uri": "https://werk.example/",
}


def resolve(schema: Schema, shapes: dict[str, Schema]) -> Schema:
    """A schema without its reference, and without a `null` that stands beside one other shape."""
    while True:
        if "$ref" in schema:
            schema = shapes[schema["$ref"].rpartition("/")[2]]
            continue
        choices = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
        real = [choice for choice in choices or [] if choice.get("type") != "null"]
        if len(real) != 1:
            return schema
        schema = {**{k: v for k, v in schema.items() if k not in _CHOICES}, **real[0]}


_CHOICES: Final = ("oneOf", "anyOf", "allOf")


def sample(schema: Schema, shapes: dict[str, Schema], name: str = "", depth: int = 0) -> Any:
    """A value of the schema; by the field's name where it says more than the type."""
    if name in _NULL_WHEN_WELL and _may_be_null(schema):
        return None
    schema = resolve(schema, shapes)
    kind = schema.get("type")
    if name in _BY_NAME and _fits(_BY_NAME[name], kind):
        named = _BY_NAME[name]
        # A Stacks address is shorter than the one of Solana that stands for addresses.
        if not isinstance(named, str) or len(named) <= schema.get("maxLength", len(named)):
            return named
    if schema.get("enum"):
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if kind == "object" or "properties" in schema:
        if depth >= DEPTH_MAX:
            return {}
        return {
            key: sample(child, shapes, key, depth + 1)
            for key, child in schema.get("properties", {}).items()
        }
    if kind == "array":
        if depth >= DEPTH_MAX:
            return []
        item = sample(schema.get("items", {}), shapes, "", depth + 1)
        return [item] * max(1, min(2, schema.get("minItems", 1)))
    for choices in (schema.get("oneOf"), schema.get("anyOf")):
        if choices:
            return sample(choices[0], shapes, name, depth + 1)
    return _plain(schema, kind, name)


def _may_be_null(schema: Schema) -> bool:
    choices = schema.get("oneOf") or schema.get("anyOf") or []
    return any(choice.get("type") == "null" for choice in choices)


def _fits(value: Any, kind: Any) -> bool:
    kinds = {str: "string", int: "integer", list: "array", dict: "object"}
    return kind is None or kinds[type(value)] == kind


def _plain(schema: Schema, kind: Any, name: str) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if kind == "integer":
        return _INTEGERS.get(name, schema.get("minimum", 1))
    if kind == "number":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    if kind == "string":
        return _BY_FORMAT.get(schema.get("format", ""), name or "…")
    return None


def sample_json(schema: Schema, shapes: dict[str, Schema]) -> str:
    """The sample as indented JSON."""
    return json.dumps(sample(schema, shapes), indent=2, ensure_ascii=False)
