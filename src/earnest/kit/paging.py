"""Cursors of paged lists: opaque to the caller, a position in a stable order to us."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.params import QueryParameter

from earnest.kit.errors import EarnestError, Kind

LIMIT_MAX = 100

Limit = Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="How many items at most.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=512, description="`nextCursor` of the page before; none for the first."
    ),
]

T = TypeVar("T")


class CursorUnknown(EarnestError):
    """That cursor is not one of ours. Start again without a cursor."""

    code = "cursor_unknown"
    kind = Kind.INVALID


def cut_page(
    found: Sequence[T], limit: int, position: Callable[[T], object]
) -> tuple[Sequence[T], str | None]:
    """A page of what was found, and the cursor of the next one; None where this one is the last.

    `found` holds one item more than `limit` when there are more; `position` is where an item
    stands in the order, as the next request shall find it in its cursor.
    """
    page = found[:limit]
    return page, encode_cursor(position(page[-1])) if len(found) > limit else None


def encode_cursor(position: object) -> str:
    """Any msgspec-encodable position as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T]) -> T:
    """The position inside a cursor; raises `CursorUnknown` for anything we did not make."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise CursorUnknown from error
