"""Clarity values: bytes and back, the text of them, and what is refused."""

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.chains.stacks.clarity import (
    DEPTH_MAX,
    VALUE_BYTES_MAX,
    Ascii,
    Bool,
    Buffer,
    Err,
    Int,
    List,
    NotClarity,
    Nothing,
    Ok,
    Principal,
    Some,
    Tuple,
    UInt,
    Utf8,
    Value,
    decode,
    decode_hex,
    encode,
    encode_hex,
    show,
)
from tests.recordings import stacks_recordings

names = st.from_regex(r"[a-z][a-z0-9\-]{0,20}", fullmatch=True)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
principals = st.builds(
    Principal,
    st.integers(0, 31),
    st.binary(min_size=20, max_size=20),
    st.none() | st.from_regex(r"[a-zA-Z][a-zA-Z0-9\-_]{0,39}", fullmatch=True),
)
leaves: st.SearchStrategy[Value] = st.one_of(
    st.builds(Int, st.integers(-(2**127), 2**127 - 1)),
    st.builds(UInt, st.integers(0, 2**128 - 1)),
    st.builds(Bool, st.booleans()),
    st.builds(Buffer, st.binary(max_size=40)),
    st.builds(Ascii, printable),
    st.builds(Utf8, st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
    principals,
    st.just(Nothing()),
)
values: st.SearchStrategy[Value] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Some, inner),
        st.builds(Ok, inner),
        st.builds(Err, inner),
        st.builds(List, st.lists(inner, max_size=4).map(tuple)),
        st.dictionaries(names, inner, max_size=4).map(Tuple.of),
    ),
    max_leaves=12,
)


@given(values)
def test_every_value_comes_back(value: Value) -> None:
    """Bytes lose nothing, and there is one way to write a value."""
    data = encode(value)
    assert decode(data) == value
    assert encode(decode(data)) == data


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    """Nothing but `NotClarity` comes out, and what is read is written the same way again."""
    try:
        value = decode(data)
    except NotClarity:
        return
    assert encode(value) == data


@given(values, st.integers(min_value=0), st.binary(min_size=1, max_size=3))
def test_cut_or_longer_bytes_are_refused(value: Value, where: int, more: bytes) -> None:
    """Every value knows where it ends."""
    data = encode(value)
    with pytest.raises(NotClarity):
        decode(data + more)
    with pytest.raises(NotClarity):
        decode(data[: where % len(data)])


@pytest.mark.parametrize(
    ("hex", "text"),
    [
        ("0x00ffffffffffffffffffffffffffffffff", "-1"),
        ("0x0100000000000000000000000000000007", "u7"),
        ("0x070809", "(ok (err none))"),
        ("0x0c0000000201410303612d620c00000001017a09", "(tuple (A true) (a-b (tuple (z none))))"),
        ("0x0d000000056122625c63", '"a\\"b\\\\c"'),
        ("0x0e00000005c3a9207178", 'u"\\u{c3a9} qx"'),
        ("0x0b00000000", "(list)"),
        (
            "0x0616000000000000000000000000000000000000000005706f782d34",
            "'SP000000000000000000002Q6VF78.pox-4",
        ),
    ],
)
def test_known_values(hex: str, text: str) -> None:
    """Values whose bytes and text are known from a node's own decoder."""
    assert show(decode_hex(hex)) == text
    assert encode_hex(decode_hex(hex)) == hex


@pytest.mark.parametrize(
    "hex",
    [
        "",  # nothing
        "0f",  # no such type
        "0001",  # an int that ends early
        "02ffffffff00",  # a length beyond the data
        "0bffffffff09",  # as many items
        "0d00000001ff",  # not ASCII
        "0d0000000107",  # a bell
        "0e00000001ff",  # not UTF-8
        "0e00000003eda080",  # half a surrogate pair
        "0c000000020162090161 09",  # names out of order
        "0c000000020161090161 09",  # a name twice
        "0c00000001002009",  # no name
        "0c0000000101 2009",  # a name that is a space
        "0520" + "00" * 20,  # an address version that c32 cannot write
        "0616" + "00" * 20 + "0130",  # a contract name that begins with a digit
        "0616" + "00" * 20 + "00",  # an empty one
        "zz",
    ],
)
def test_what_is_no_value(hex: str) -> None:
    """Each is refused by name, none by accident."""
    with pytest.raises(NotClarity):
        decode_hex(hex.replace(" ", ""))


def test_limits() -> None:
    """As deep as the chain allows and no deeper; no larger than a value may be."""
    deep = b"\x0a" * (DEPTH_MAX - 1) + b"\x09"
    assert encode(decode(deep)) == deep
    with pytest.raises(NotClarity, match="deep"):
        decode(b"\x0a" + deep)
    with pytest.raises(NotClarity, match="deep"):
        encode(Some(decode(deep)))
    with pytest.raises(NotClarity, match="bytes"):
        decode(bytes(VALUE_BYTES_MAX + 1))
    with pytest.raises(NotClarity, match="bytes"):
        encode(Buffer(bytes(VALUE_BYTES_MAX)))
    for number, kind in ((2**127, Int), (-(2**127) - 1, Int), (2**128, UInt), (-1, UInt)):
        with pytest.raises(NotClarity):
            kind(number)


def test_all_recorded_values(capsys: pytest.CaptureFixture[str]) -> None:
    """722 values that a real node's decoder read: the same text, and the same bytes back."""
    folder = stacks_recordings()
    if folder is None:
        with capsys.disabled():
            sys.stdout.write(
                "\nNo recorded Stacks answers here: their 722 values are not compared.\n"
            )
        return
    recorded = json.loads((folder / "clarity-values.json").read_text())["values"]
    assert len(recorded) == 722
    for each in recorded:
        value = decode_hex(each["hex"])
        assert encode_hex(value) == each["hex"]
        assert show(value) == each["repr"]
