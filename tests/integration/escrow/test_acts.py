"""Who may do what: our reckoning beside the contract's own, in every state of its table."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from earnest.chains.stacks.clarity import Nothing, Some, Tuple, Value, decode_hex
from earnest.escrow import Act, ActName, Role, acts_of, voters_of
from tests.integration.escrow.contract_reads import fields_of, state_of, uint_of

CONTRACTS = Path(__file__).parents[3] / "contracts"
# How `get-acts` calls the rights; an act that both sides have is there once.
SPANS = {
    "client-cancel": (ActName.CANCEL, Role.CLIENT),
    "client-reclaim": (ActName.RECLAIM, Role.CLIENT),
    "client-release": (ActName.RELEASE, Role.CLIENT),
    "client-take-offer": (ActName.SETTLE, Role.CLIENT),
    "freelancer-accept": (ActName.ACCEPT, Role.FREELANCER),
    "freelancer-complete": (ActName.COMPLETE, Role.FREELANCER),
    "freelancer-decline": (ActName.DECLINE, Role.FREELANCER),
    "freelancer-concede": (ActName.CONCEDE, Role.FREELANCER),
    "freelancer-take-offer": (ActName.SETTLE, Role.FREELANCER),
    "either-offer": (ActName.OFFER, Role.CLIENT),
    "either-dispute": (ActName.DISPUTE, Role.FREELANCER),
    "arbiters-vote": (ActName.VOTE, Role.ARBITER),
    "anyone-claim": (ActName.CLAIM, Role.ANYONE),
    "anyone-default": (ActName.DEFAULT, Role.ANYONE),
}

Told = tuple[int, int | None, int | None]


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    """Every state of the contract's own table of acts, in STX and in sBTC."""
    node = shutil.which("node")
    assert node is not None, "the contract runs in Node"
    said = subprocess.run(
        [node, str(CONTRACTS / "test/support/cases.mjs")], capture_output=True, check=True
    ).stdout
    return [json.loads(line) for line in said.splitlines() if line.startswith(b"{")]


def told_by_contract(answer: Value) -> dict[str, Told]:
    """(from, until, bps) of each right that the contract names."""
    fields = fields_of(answer) or {}
    found: dict[str, Told] = {}
    for name in SPANS:
        match fields[name]:
            case Some(Tuple() as span):
                parts = span.by_name()
                until = parts["until"]
                found[name] = (
                    uint_of(parts["from"]) if "from" in parts else 0,
                    _height(until),
                    uint_of(parts["bps"]) if "bps" in parts else None,
                )
    return found


def _height(value: Value) -> int | None:
    match value:
        case Nothing():
            return None
        case Some(inner):
            return uint_of(inner)
    return uint_of(value)


def told_by_us(acts: Sequence[Act], num: int) -> dict[str, Told]:
    """The same of our acts: those of one milestone, and those of its project."""
    return {
        name: (act.from_height, act.until_height, act.bps)
        for name, (wanted, role) in SPANS.items()
        for act in acts
        if act.act is wanted and act.role is role and act.milestone_num in (None, num)
    }


def test_our_rights_are_the_contracts_in_every_state(cases: list[dict[str, Any]]) -> None:
    """`acts_of` names the rights that `get-acts` names, from and until the same heights, for each
    milestone in each state of the contract's table; and every right was there at least once."""
    seen: set[str] = set()
    for case in cases:
        acts = acts_of(state_of(case))
        for num in range(1, 4):
            theirs = told_by_contract(decode_hex(case["acts"][num - 1]))
            assert told_by_us(acts, num) == theirs, (case["scene"], case["token"], num)
            seen |= theirs.keys()
        assert isinstance(decode_hex(case["acts"][3]), Nothing)
    assert seen == SPANS.keys()
    assert len(cases) >= 40


def test_both_sides_have_what_either_may_do(cases: list[dict[str, Any]]) -> None:
    """An offer and a dispute are each side's, with the same heights."""
    for case in cases:
        state = state_of(case)
        acts = acts_of(state)
        for name in (ActName.OFFER, ActName.DISPUTE):
            rows = [each for each in acts if each.act is name]
            for num in {each.milestone_num for each in rows}:
                client, freelancer = (each for each in rows if each.milestone_num == num)
                assert client.addresses == (state.project.client,)
                assert freelancer.addresses == (state.project.freelancer,)
                assert client.until_height == freelancer.until_height


def test_a_right_opens_at_its_height_and_ends_at_its_last(
    cases: list[dict[str, Any]],
) -> None:
    """At `from` it is open and one block before it is not; at `until` it no longer is."""
    ends = 0
    for act in (act for case in cases for act in acts_of(state_of(case))):
        if act.from_height:
            assert act.open_at(act.from_height)
            assert not act.open_at(act.from_height - 1)
        if act.until_height is not None:
            ends += 1
            assert act.open_at(act.until_height - 1)
            assert not act.open_at(act.until_height)
    assert ends > 0


def test_a_party_is_no_arbiter_of_its_own_project(cases: list[dict[str, Any]]) -> None:
    """An arbiter who is client or freelancer has no vote, whoever else is in the set."""
    state = state_of(cases[0])
    assert state.arbiters is not None
    everybody = [*state.arbiters.members]
    assert voters_of(state) == tuple(everybody)
    project = msgspec.structs.replace(state.project, client=everybody[0])
    own = msgspec.structs.replace(state, project=project)
    assert voters_of(own) == tuple(everybody[1:])
