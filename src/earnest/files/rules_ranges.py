"""Conditional and partial requests for a thing that never changes (RFC 9110). Pure."""

import re

_ONE_RANGE = re.compile(r"^bytes=\s*(\d{0,18})-(\d{0,18})\s*$", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"[^"]*"')


class RangeNotSatisfiable(ValueError):
    """The range begins after the end."""


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, length) of a Range header over `size` bytes; None means: send the whole.

    Several ranges, other units and malformed headers are ignored, as section 14.2 allows.
    Raises `RangeNotSatisfiable`.
    """
    match = _ONE_RANGE.match(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":  # the last n bytes
        length = min(int(match[2]), size)
        if length == 0:
            raise RangeNotSatisfiable
        return size - length, length
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return first, min(last, size - 1) - first + 1


def matches_etag(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match names the strong tag `etag` (quoted), by weak comparison."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return any(tag.removeprefix("W/") == etag for tag in _ETAG.findall(header))
