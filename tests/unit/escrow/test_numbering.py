"""The contract's own numbers of its prints."""

import pytest

from earnest.chains.stacks.clarity import Ascii, Int, Tuple, UInt, Value, encode_hex
from earnest.escrow import EscrowNumbering


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Tuple.of({"seq": UInt(7), "event": Ascii("fee-activated")}), 7),
        (Tuple.of({"seq": Int(7)}), None),
        (Tuple.of({"sequence": UInt(7)}), None),
        (UInt(7), None),
        (Ascii("seq"), None),
    ],
)
def test_an_event_bears_its_number_and_other_prints_none(value: Value, number: int | None) -> None:
    """Only `seq`, and only as the contract writes it, counts."""
    assert EscrowNumbering("ST1.escrow").number_of(encode_hex(value)) == number


def test_what_is_no_clarity_bears_no_number() -> None:
    """A print may be anything at all."""
    assert EscrowNumbering("ST1.escrow").number_of("0xff") is None
