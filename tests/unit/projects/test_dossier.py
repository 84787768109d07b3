"""A dossier proves itself, and every way to tamper with one is told in its own words."""

import copy
import hashlib
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.kit.canonical import canonical_json
from earnest.projects.disputes.rules_dossier import Dossier, Side, hash_item, sign_dossier
from earnest.projects.disputes.rules_dossier_check import check_dossier
from tests.unit.projects.dossiers import (
    FILES,
    FREELANCER,
    KEY,
    evidence,
    history,
    item,
    made_set,
    sound,
)

PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
AT_HAND = {hashlib.sha256(data).hexdigest(): len(data) for data in FILES.values()}


def faults(data: bytes, **given: Any) -> str:
    """What is found, in one text."""
    return "\n".join(check_dossier(data, **given).faults)


@pytest.mark.parametrize("ruled", [True, False])
def test_a_sound_dossier_is_proved(ruled: bool) -> None:  # noqa: FBT001
    """Nothing speaks against it: not with the right key, not with all files at hand; and what no
    file can prove is said."""
    check = check_dossier(sign_dossier(sound(ruled=ruled), KEY), key=PUBLIC, files=AT_HAND)
    assert check.faults == []
    assert check.ok
    notes = "\n".join(check.notes)
    assert "each names its block and chain_tx" in notes
    assert ("It is interim" in notes) != ruled
    alone = "\n".join(check_dossier(sign_dossier(sound(), KEY)).notes)
    assert f"Signed by the key {PUBLIC.hex()}, which stands in the file itself" in alone
    assert "were not looked at" in alone


def test_the_same_facts_make_the_same_bytes() -> None:
    """A dossier has no clock of ours: made twice it is one file, with one hash."""
    assert sign_dossier(sound(), KEY) == sign_dossier(sound(), KEY)


def test_an_escrow_without_a_reference_limits_what_is_proved() -> None:
    """Then the terms are the marketplace's word, and the check says so."""
    check = check_dossier(sign_dossier(sound(reference=None), KEY))
    assert check.ok
    assert any("no reference" in note for note in check.notes)


# -- the file was changed by somebody who has no key -----------------------------------------------

Change = Callable[[dict[str, Any]], None]


def put(value: Any, *steps: Any, path: tuple[Any, ...] = ()) -> Change:
    """A change of one place in the file."""

    def change(file: dict[str, Any]) -> None:
        way, at = steps or path, file
        for step in way[:-1]:
            at = at[step]
        at[way[-1]] = value

    return change


CHANGED_AFTER = "the dossier was changed after it was signed"
TAMPERED: list[tuple[str, Change, str]] = [
    ("evidence text", put("Yes.", "dossier", "evidence", 1, "item", "text"),
     "Evidence 1 of the client: its content has SHA-256"),
    ("evidence hash", put("00" * 32, "dossier", "evidence", 1, "sha256"),
     "Evidence 1 of the client: its content has SHA-256"),
    ("evidence file", put("11" * 32, "dossier", "evidence", 0, "item", "files", 0, "sha256"),
     "Evidence 1 of the freelancer: its content has SHA-256"),
    ("evidence gone", lambda file: file["dossier"]["evidence"].pop(1),
     "The evidence of the client is not numbered without a gap: [2]"),
    ("evidence of another dispute", put("x-1", "dossier", "evidence", 0, "item", "disputeId"),
     "Evidence 1 of the freelancer belongs to dispute x-1"),
    ("evidence by another", put(FREELANCER, "dossier", "evidence", 1, "item", "address"),
     "who is not the client"),
    ("evidence late", put(5_320, "dossier", "evidence", 1, "item", "burnHeight"),
     "Evidence 1 of the client came at block 5320; the time for it ended at 5320"),
    ("event data", put(9_000, "dossier", "events", 2, "data", "bps"),
     "Event 9 (vote-cast): its raw bytes say bps = 6000, the dossier says 9000"),
    ("event field more", put(1, "dossier", "events", 2, "data", "extra"),
     "Event 9 (vote-cast): its raw bytes say extra = None, the dossier says 1"),
    ("event name", put("vote-lost", "dossier", "events", 2, "name"),
     "Event 9 (vote-lost): its raw bytes are a vote-cast"),
    ("event number", put(11, "dossier", "events", 3, "seq"),
     "Event 11 (dispute-resolved): its raw bytes have the contract's number 10"),
    ("event bytes", put("0x0c00", "dossier", "events", 1, "hex"),
     "Event 8 (dispute-filed): its raw bytes are no event of the contract"),
    ("event of another contract's kind", put("0x03", "dossier", "events", 1, "hex"),
     "it is no tuple"),
    ("events turned round", lambda file: file["dossier"]["events"].reverse(),
     "Event 9 stands after event 10: the order is broken"),
    ("events moved on the chain", put(1, "dossier", "events", 3, "height"),
     "Event 10 is on the chain before event 9, which precedes it"),
    ("creation gone", lambda file: file["dossier"]["events"].pop(0),
     "Its first event is not the creation of the project"),
    ("dispute gone", lambda file: file["dossier"]["events"].pop(1),
     "No event says that this milestone was disputed"),
    ("creation by another chain_tx", put("0x00", "dossier", "creationTxId"),
     "not 0x00"),
    ("other client", put(FREELANCER, "dossier", "client"),
     f"The client is {FREELANCER} here and"),
    ("other token", put("SP1.t", "dossier", "token"), "The token is SP1.t here and None"),
    ("other amount", put("4000000", "dossier", "milestoneAmountMinor"),
     "The amount of the milestone is 4000000 here and 3000000"),
    ("other project", put(8, "dossier", "number"), "it is of project 7, not 8"),
    ("other terms", put('{"title":"A palace"}', "dossier", "terms"), "the escrow was made for"),
    ("outcome", put("3000000", "dossier", "outcome", "netMinor"),
     "The outcome is not what the events say"),
    ("outcome hidden", put(None, "dossier", "outcome"), "The outcome is not what the events say"),
    ("called interim", put(value=True, path=("dossier", "interim")), "It is called interim though"),
    ("arbiters", put([FREELANCER], "dossier", "arbiters", "members"),
     "The arbiters are not those whom event 2 (arbiter-set-proposed) names"),
    ("threshold", put(2, "dossier", "arbiters", "threshold"), "The arbiters are not those"),
    ("set", put(3, "dossier", "arbiters", "setId"), "does not make arbiter set 3"),
    ("set's event gone", put(None, "dossier", "arbiters", "madeBy"),
     "The event that made the set of arbiters is missing"),
    ("signed hash", put("00" * 32, "signature", "sha256"), CHANGED_AFTER),
    ("signature", put("00" * 64, "signature", "value"), "The signature is not one of the key"),
    ("signature cut", put("00", "signature", "value"), "The signature is not one of the key"),
    ("no hex", put("zz", "signature", "publicKey"), "The signature is not one of the key zz"),
    ("key", put(OTHER.public_key().public_bytes_raw().hex(), "signature", "publicKey"),
     "The signature is not one of the key"),
    ("algorithm", put("rsa", "signature", "algorithm"), "It is signed by rsa"),
    ("version", put(2, "dossier", "earnestDossier"), "Version 2 of dossiers is not known here"),
    ("field more", put(1, "dossier", "extra"), "This is no dossier"),
    ("field less", lambda file: file["dossier"].pop("terms"), "This is no dossier"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"), [each[1:] for each in TAMPERED], ids=[each[0] for each in TAMPERED]
)
def test_a_change_is_named_for_what_it_is(change: Change, words: str) -> None:
    """Each kind of tampering is told in its own words, besides that the signature does not fit."""
    file = msgspec.json.decode(sign_dossier(sound(), KEY))
    change(file)
    found = faults(canonical_json(file), key=PUBLIC)
    assert words in found
    if "This is no" not in found and "Version" not in found and "signature" not in words:
        assert CHANGED_AFTER in found or "not one of the key" in found or "signed by rsa" in found


# -- the file was made by somebody who has a key ---------------------------------------------------


def _replace(**changes: Any) -> Dossier:
    return msgspec.structs.replace(sound(), **changes)


def _without_vote() -> Dossier:
    told = history()
    told[2] = msgspec.structs.replace(told[2], seq=told[2].seq + 20)
    return _replace(events=told)


SIGNED_LIES: list[tuple[str, Callable[[], Dossier], str]] = [
    ("another set's event", lambda: _replace(
        arbiters=msgspec.structs.replace(sound().arbiters, made_by=made_set(5))),
     "does not make arbiter set 2"),
    ("arbiters whom no event names", lambda: _replace(
        arbiters=msgspec.structs.replace(sound().arbiters, members=[FREELANCER])),
     "The arbiters are not those"),
    ("a vote by one without a vote", lambda: _replace(
        arbiters=msgspec.structs.replace(
            sound().arbiters, members=[FREELANCER], made_by=made_set(members=(FREELANCER,)))),
     "who has no vote"),
    ("an event renumbered", _without_vote, "its raw bytes have the contract's number 9"),
    ("evidence that came too late", lambda: _replace(
        evidence=evidence(item(Side.CLIENT, 1, "Late.", burn_height=6_000))),
     "came at block 6000"),
    ("evidence left out", lambda: _replace(
        evidence=evidence(item(Side.CLIENT, 2, "The second."))), "without a gap: [2]"),
    ("no outcome", lambda: _replace(outcome=None, interim=True), "The outcome is not what"),
    ("no events", lambda: _replace(events=[]), "Its first event is not the creation"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "words"), [each[1:] for each in SIGNED_LIES], ids=[each[0] for each in SIGNED_LIES]
)
def test_a_signature_covers_no_lie_about_the_events(
    make: Callable[[], Dossier], words: str
) -> None:
    """Even the marketplace itself cannot sign what its own events do not say."""
    assert words in faults(sign_dossier(make(), KEY), key=PUBLIC)


def test_another_key_is_told() -> None:
    """A dossier that anybody signed is sound in itself, and not by the key that one asked for."""
    data = sign_dossier(sound(), OTHER)
    assert check_dossier(data).ok
    assert f"not by {PUBLIC.hex()}" in faults(data, key=PUBLIC)


def test_a_signature_over_something_else_is_none_of_a_dossier() -> None:
    """The key signs the ledger's checkpoints too, which are bare hashes: such a signature over a
    dossier's own hash does not make it signed."""
    file = msgspec.json.decode(sign_dossier(sound(), KEY))
    bare = KEY.sign(bytes.fromhex(file["signature"]["sha256"]))
    file["signature"]["value"] = bare.hex()
    assert "The signature is not one of the key" in faults(canonical_json(file))


def test_the_form_is_held() -> None:
    """Blanks, another order of names or a name that stands twice: the bytes are not those that
    were signed, whatever a reader makes of them."""
    data = sign_dossier(sound(), KEY)
    words = "It is not in canonical form"
    assert words in faults(data + b"\n")
    assert words in faults(data.replace(b'","', b'", "', 1))
    assert words in faults(data.replace(b'{"dossier":', b'{"signature":0,"dossier":', 1))
    assert words in faults(msgspec.json.format(data))
    assert "This is no JSON" in faults(data[:-1])
    assert "This is no JSON" in faults(b"\xff\xfe")
    assert "This is no dossier" in faults(b"{}")
    assert "This is no dossier" in faults(b"[1]")
    assert faults(b"[" * 100_000)
    assert "no canonical form" in faults(b'{"a":1.5}')


def test_files_are_found_by_what_they_hold() -> None:
    """A file that was changed or is missing is told by the evidence that it belongs to."""
    data = sign_dossier(sound(), KEY)
    missing = dict(list(AT_HAND.items())[1:])
    assert "Evidence 1 of the freelancer: no file in the folder has SHA-256" in faults(
        data, files=missing
    )
    sizes = dict.fromkeys(AT_HAND, 1)
    assert "has 1 bytes, not as said" in faults(data, files=sizes)


def test_hash_of_an_item_is_over_all_of_it() -> None:
    """Every field of a piece of evidence changes its hash."""
    plain = item(Side.CLIENT, 1, "text", "plan.pdf")
    changes: list[dict[str, Any]] = [
        {"dispute_id": "x"}, {"side": Side.FREELANCER}, {"number": 2}, {"address": "y"},
        {"text": "Text"}, {"files": []}, {"handed_in_at": "z"}, {"burn_height": 1},
    ]  # fmt: skip
    others = [msgspec.structs.replace(plain, **change) for change in changes]
    assert len({hash_item(each) for each in (plain, *others)}) == 9


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for name, each in value.items():
            found += _places(each, (*path, name))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            found += _places(each, (*path, place))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_changed_is_found_and_nothing_raises(seed: int) -> None:
    """Any place of the file, replaced by anything or taken out: there is a fault, never a crash."""
    die = random.Random(seed)
    whole = msgspec.json.decode(sign_dossier(sound(), KEY))
    places = _places(whole)
    for path in die.sample(places, 60):
        file = copy.deepcopy(whole)
        at: Any = file
        for step in path[:-1]:
            at = at[step]
        value: Any = die.choice([None, 0, -1, "", "x", [], {}, [[]], {"a": []}, True, 2**60])
        if at[path[-1]] == value and type(at[path[-1]]) is type(value):
            continue
        at[path[-1]] = value
        try:
            data = canonical_json(file)
        except ValueError:
            data = msgspec.json.encode(file)
        assert check_dossier(data, key=PUBLIC).faults, (path, value)
