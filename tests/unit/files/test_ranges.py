"""Range and If-None-Match as RFC 9110 has them."""

import pytest

from earnest.files.rules_ranges import RangeNotSatisfiable, matches_etag, read_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 10)),
        ("bytes=90-1000", (90, 10)),
        ("bytes=-10", (90, 10)),
        ("bytes=-1000", (0, 100)),
        ("Bytes=99-99", (99, 1)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-1", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=0-5", None),
        ("bytes=1-99999999999999999999999", None),
    ],
)
def test_range_is_read(header: str | None, part: tuple[int, int] | None) -> None:
    """One satisfiable range gives start and length; everything unclear gives the whole."""
    assert read_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_range_behind_the_end_is_refused(header: str) -> None:
    """A range that holds no byte is not satisfiable."""
    with pytest.raises(RangeNotSatisfiable):
        read_range(header, 100)


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (None, False),
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ("*", True),
        ("a", False),
        ('"aa"', False),
    ],
)
def test_etag_is_compared_weakly(header: str | None, matches: bool) -> None:  # noqa: FBT001
    """The tag matches itself, alone or in a list, weak or strong."""
    assert matches_etag(header, '"a"') is matches
