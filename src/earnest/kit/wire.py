"""Shapes on the wire: camelCase names, unknown fields refused, amounts as decimal strings."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, HTTPException

_JSON = "application/json"

AmountMinor = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]+$",
        max_length=78,
        description="An amount in minor units, as a decimal string.",
        examples=["105000000"],
    ),
]
PositiveAmountMinor = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[1-9][0-9]*$",
        max_length=30,
        description="An amount in minor units, above zero, as a decimal string.",
        examples=["1000000"],
    ),
]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all answers."""


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The base of all request bodies: a field that is not known is an error, never ignored."""


T = TypeVar("T")


class Page(Wire, Generic[T], frozen=True):
    """One page of a list. `nextCursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


class JsonRequest(Request[Any, Any, Any]):
    """A request whose body is JSON and says so."""

    async def json(self) -> Any:
        """The body, decoded. Answers 415 for another media type and 400 for endless nesting."""
        if self.content_type[0] != _JSON:
            raise HTTPException(status_code=415, detail=f"Send the body as {_JSON}.")
        try:
            return await super().json()
        except RecursionError as error:
            raise ClientException("The body is nested too deeply.") from error
