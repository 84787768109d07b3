"""Canonical JSON (RFC 8785): the order, the escapes, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.kit.canonical import INTEGER_MAX, canonical_json

# The sorting example of RFC 8785, 3.2.3: by UTF-16 code units an emoji comes before U+FB33.
RFC_KEYS = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab\u20ac\U0001f600\ufb33"), inner),
    max_leaves=20,
)


def test_keys_come_in_the_order_of_the_rfc() -> None:
    """Sorted by UTF-16 code units, which is not the order of code points."""
    written = json.loads(
        canonical_json(dict.fromkeys(reversed(RFC_KEYS), 0)), object_pairs_hook=list
    )
    assert [key for key, _ in written] == RFC_KEYS


def test_escapes_are_the_short_ones() -> None:
    """Control characters have the forms of the RFC; all else stands as it is, DEL included."""
    text = '\u20ac$\x0f\nA\'B"\\\\"/\x7f'
    assert canonical_json(text) == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode()


@given(_VALUES)
def test_what_is_written_reads_back_and_is_stable(value: object) -> None:
    """Any reader of JSON gets the value back, and writing that again gives the same bytes."""
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), INTEGER_MAX + 1, "\ud800", {"\udfff": 1}, {"a": [2.0]}]
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    """Floats, integers that readers round, and lone surrogates."""
    with pytest.raises(ValueError):
        canonical_json(value)
