"""Events of the contract: what is read, how it is written down, and what is refused."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.chains.stacks import clarity
from earnest.chains.stacks.clarity import Ascii, Bool, Tuple, UInt, decode_hex, encode_hex
from earnest.escrow import events, patterns, reading
from earnest.escrow.errors import Unreadable
from earnest.escrow.events import NAMES, Event, event_data, name_of
from earnest.escrow.reading import decode_event
from tests.escrow_contract import OWNER, address, print_of, wander

RELEASED = events.MilestoneReleased(
    seq=7,
    actor=address(1),
    height=1_234,
    project_id=3,
    milestone_num=2,
    how="released",
    status=4,
    bps=10_000,
    amount=2**90,
    gross=2**90,
    fee=5,
    net=2**90 - 5,
    refund=0,
    bond=0,
    bond_to=None,
    credited_client=0,
    credited_freelancer=0,
)


def test_every_print_is_read_back_as_the_event_it_was() -> None:
    """Histories with events of every kind that the script prints, out and back."""
    seen = set()
    for event in wander(1, 600):
        assert decode_event(print_of(event)) == event
        seen.add(name_of(event))
    assert seen >= NAMES - {
        "owner-changed",
        "treasury-changed",
        "fee-proposed",
    }


def test_names_are_those_of_the_contract() -> None:
    """The twenty-six names that the contract's own page lists."""
    assert len(NAMES) == 26
    assert {"contract-deployed", "dispute-resolved", "fees-swept", "vote-cast"} <= NAMES


def test_data_writes_amounts_as_text_and_numbers_as_numbers() -> None:
    """No amount is ever a JSON number, however small; what is absent is null."""
    assert event_data(RELEASED) == {
        "event": "milestone-released",
        "seq": 7,
        "actor": address(1),
        "height": 1_234,
        "projectId": 3,
        "milestoneNum": 2,
        "how": "released",
        "status": 4,
        "bps": 10_000,
        "amount": str(2**90),
        "gross": str(2**90),
        "fee": "5",
        "net": str(2**90 - 5),
        "refund": "0",
        "bond": "0",
        "bondTo": None,
        "creditedClient": "0",
        "creditedFreelancer": "0",
    }
    created = next(e for e in wander(1, 50) if isinstance(e, events.ProjectCreated))
    data = msgspec.json.decode(msgspec.json.encode(event_data(created)))
    assert data["amounts"] == [str(amount) for amount in created.amounts]
    assert data["deadlines"] == list(created.deadlines)
    assert (data["token"], data["reference"]) == (created.token, None)


@pytest.mark.parametrize(
    "change",
    [
        {"v": UInt(2)},
        {"v": Ascii("1")},
        {"event": Ascii("milestone-forgiven")},
        {"event": UInt(1)},
        {"seq": clarity.Int(7)},
        {"seq": UInt(2**60)},
        {"actor": Ascii(OWNER)},
        {"bps": UInt(10_001)},
        {"milestone_num": UInt(0)},
        {"milestone_num": UInt(5)},
        {"how": Ascii("claimed")},
        {"how": Ascii("stolen")},
        {"status": UInt(6)},
        {"net": UInt(1)},
        {"amount": UInt(1)},
        {"bond_to": clarity.Principal.parse(OWNER)},
        {"surprise": Bool(value=True)},
    ],
    ids=str,
)
def test_what_is_not_exactly_an_event_is_refused(change: dict[str, Any]) -> None:
    """Another version, an unknown name, a wrong type, a figure out of bounds, parts that do not add
    up, a field too many: each alone makes the print unreadable."""
    assert decode_event(print_of(RELEASED)) == RELEASED
    with pytest.raises(Unreadable):
        decode_event(print_of(RELEASED, **change))


def test_a_field_that_lacks_is_refused() -> None:
    """Every field is needed."""
    whole = decode_hex(print_of(RELEASED))
    assert isinstance(whole, Tuple)
    for name, _ in whole.fields:
        left = {key: value for key, value in whole.fields if key != name}
        with pytest.raises(Unreadable):
            decode_event(encode_hex(Tuple.of(left)))


@pytest.mark.parametrize(
    "raw", ["", "0x", "0x0", "0xzz", "0x03", "0x0d00000000", "0x0c00000000", "no hex", "0x0cff"]
)
def test_any_other_bytes_are_refused(raw: str) -> None:
    """What is no tuple, no Clarity, or no bytes at all."""
    with pytest.raises(Unreadable):
        decode_event(raw)


PRINTS = [print_of(event) for event in wander(2, 300)]


def outcome(read: Callable[[str], Event], raw: str) -> Event | None:
    """The event, or None where it is refused."""
    try:
        return read(raw)
    except Unreadable:
        return None


def test_short_way_reads_nearly_all_prints_as_the_long_way_does() -> None:
    """Only sets of arbiters, which name several principals, take the long way."""
    for raw in PRINTS:
        event = reading._decode(raw)
        short = patterns.read(raw)
        if isinstance(event, events.ContractDeployed | events.ArbiterSetProposed):
            assert short is None
        else:
            assert short == event


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PRINTS), st.data())
def test_short_way_never_reads_what_the_long_way_refuses(raw: str, data: st.DataObject) -> None:
    """A print with a few bytes changed, left out or put in is read alike by both ways, or refused
    by both."""
    body = bytearray.fromhex(raw[2:])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        what = data.draw(st.sampled_from(["change", "nudge", "drop", "add"]))
        if what == "change":
            body[at] = data.draw(st.integers(0, 255))
        elif what == "nudge":
            body[at] = (body[at] + data.draw(st.sampled_from([1, 255]))) % 256
        elif what == "drop":
            del body[at]
        else:
            body.insert(at, data.draw(st.integers(0, 255)))
    changed = "0x" + body.hex()
    assert outcome(decode_event, changed) == outcome(reading._decode, changed)
