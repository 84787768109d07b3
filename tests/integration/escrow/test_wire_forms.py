"""Post-conditions and arguments as bytes: ours beside those of stacks.js."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.chains.stacks.clarity import Principal
from earnest.chains.stacks.post_conditions import (
    AMOUNT_MAX,
    Condition,
    NoPostCondition,
    PostCondition,
    TokenAsset,
    decode_post_condition,
    encode_post_condition,
)

LOCALNET = Path(__file__).parents[3] / "localnet"
# stacks.js calls the conditions so.
NAMES = {
    Condition.EQUAL: "eq",
    Condition.GREATER: "gt",
    Condition.GREATER_OR_EQUAL: "gte",
    Condition.LESS: "lt",
    Condition.LESS_OR_EQUAL: "lte",
}
VERSIONS = (20, 21, 22, 26)

names = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)
addresses = st.builds(Principal, st.sampled_from(VERSIONS), st.binary(min_size=20, max_size=20))
contracts = st.builds(
    Principal, st.sampled_from(VERSIONS), st.binary(min_size=20, max_size=20), names
)
conditions = st.builds(
    PostCondition,
    st.none() | addresses | contracts,
    st.sampled_from(Condition),
    st.integers(0, AMOUNT_MAX),
    st.none() | st.builds(TokenAsset, contracts, names),
)


class StacksJs:
    """stacks.js in a process of its own, one question a line."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node is not None, "stacks.js runs in Node"
        self._process = subprocess.Popen(
            [node, str(LOCALNET / "test/stacks/wire-forms.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **question: Any) -> dict[str, Any]:
        """One answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def stacks_js() -> Iterator[StacksJs]:
    """The library that wallets use."""
    process = StacksJs()
    yield process
    process.close()


def as_stacks_js(condition: PostCondition) -> dict[str, str]:
    """A post-condition as stacks.js takes it."""
    return {
        "principal": "origin" if condition.principal is None else str(condition.principal),
        "condition": NAMES[condition.condition],
        "amount": str(condition.amount_minor),
        "asset": "STX" if condition.asset is None else str(condition.asset),
    }


@given(conditions)
@settings(max_examples=300, deadline=None)
def test_stacks_js_writes_and_reads_the_same_bytes(
    stacks_js: StacksJs, condition: PostCondition
) -> None:
    """Its bytes are ours, it reads ours as what they say, and we read them back."""
    data = encode_post_condition(condition)
    assert stacks_js.ask(postCondition=as_stacks_js(condition)) == {"hex": data.hex()}
    assert stacks_js.ask(read=data.hex()) == {"postCondition": as_stacks_js(condition)}
    assert decode_post_condition(data) == condition


@given(conditions, st.data())
@settings(max_examples=200)
def test_damaged_bytes_are_refused_or_mean_something_else(
    condition: PostCondition, data: st.DataObject
) -> None:
    """Shortened or lengthened it is no post-condition; what is still read writes itself again."""
    whole = encode_post_condition(condition)
    with pytest.raises(NoPostCondition):
        decode_post_condition(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(NoPostCondition):
        decode_post_condition(whole + b"\0")
    at, other = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    changed = whole[:at] + bytes([other]) + whole[at + 1 :]
    try:
        read = decode_post_condition(changed)
    except NoPostCondition:
        return
    assert encode_post_condition(read) == changed


def test_what_no_post_condition_can_state_is_refused() -> None:
    """A sum of 2^64 or below nothing, an asset of no contract or with no name."""
    whom = Principal(26, bytes(20))
    for amount in (-1, AMOUNT_MAX + 1):
        with pytest.raises(NoPostCondition):
            PostCondition(whom, Condition.EQUAL, amount)
    with pytest.raises(NoPostCondition):
        TokenAsset(whom, "sbtc-token")
    for name in ("", "ä", "a" * 129):
        with pytest.raises(NoPostCondition):
            TokenAsset(Principal(26, bytes(20), "token"), name)
    assert Condition.LESS_OR_EQUAL.sign == "≤"
