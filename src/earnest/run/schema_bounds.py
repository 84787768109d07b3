"""Bounds of request bodies that the OpenAPI generator loses: of items of lists, and zeros.

msgspec, which enforces them, also tells them; they are copied from there.
"""

from typing import Any

import msgspec
from litestar.openapi.spec import Schema

from earnest.kit.wire import Body

_BOUNDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_items",
    "maxItems": "max_items",
    "description": "description",
    "examples": "examples",
}


def tell_bounds(body: type[Body], shown: Schema) -> None:
    """Completes the schema of a body's fields."""
    told = msgspec.json.schema(body)["$defs"][body.__name__]["properties"]
    for name, shape in (shown.properties or {}).items():
        if isinstance(shape, Schema) and name in told:
            _tell(shape, told[name])


def _tell(shape: Schema, told: dict[str, Any]) -> None:
    for choice in told.get("anyOf", ()):
        if choice.get("type") != "null":
            _tell(shape, choice)
    for theirs, ours in _BOUNDS.items():
        if theirs in told:
            setattr(shape, ours, told[theirs])
    items = told.get("items")
    if items is not None and "$ref" not in items:
        for array in [shape, *(shape.one_of or ())]:
            if isinstance(array, Schema) and isinstance(array.items, Schema):
                _tell(array.items, items)
