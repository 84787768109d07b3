"""Shapes on the wire: camelCase names, unknown fields refused, amounts as decimal strings."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, HTTPException, ValidationException

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
        # Python's `$` would let a last line break pass.
        pattern=r"^[1-9][0-9]*(?!\n)$",
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
    """A request whose body is JSON, says so, and is read strictly: `"3"` is no number."""

    async def json(self) -> Any:
        """The body in its handler's type. Answers 415 for another media type, else 400."""
        if self.content_type[0] != _JSON:
            raise HTTPException(status_code=415, detail=f"Send the body as {_JSON}.")
        wanted = self.route_handler.parsed_data_field
        try:
            return _decode(await self.body(), wanted.annotation if wanted else object)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            fault = {"key": path.strip("`.") or "data", "source": "body", "message": message}
            raise ValidationException(extra=[fault]) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClientException(f"The body is no JSON: {error}.") from error
        except RecursionError as error:
            raise ClientException("The body is nested too deeply.") from error


def _decode(body: bytes, shape: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        return msgspec.convert(_make_whole(msgspec.json.decode(body)), shape)


def _make_whole(value: Any) -> Any:
    """Numbers such as 3.0 as integers, which in JSON they are."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _make_whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_make_whole(each) for each in value]
    return value
