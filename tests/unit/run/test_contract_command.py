"""`earnest contract prepare`: each act of the owner as the call that it is, or a plain refusal."""

import pytest

from earnest.kit.errors import EarnestError
from earnest.run.operate.contract import prepare

OWNER = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
OTHER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
CONTRACT = f"{OWNER}.escrow-multi-token"
TOKEN = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"


@pytest.mark.parametrize(
    ("typed", "arguments"),
    [
        (f"set-treasury {OTHER}", [f"'{OTHER}"]),
        ("set-paused yes", ["true"]),
        (f"set-token {TOKEN} sbtc-token no", [f"'{TOKEN}", '"sbtc-token"', "false"]),
        (f"propose-arbiter-set 2 {OWNER} {OTHER}", [f"(list '{OWNER} '{OTHER})", "u2"]),
        ("activate-arbiter-set", []),
        ("propose-fee 250", ["u250"]),
        ("activate-fee", []),
        (f"propose-owner {OTHER}", [f"'{OTHER}"]),
        ("accept-ownership", []),
    ],
)
def test_each_act_is_its_call(typed: str, arguments: list[str]) -> None:
    """The function has the act's name, the arguments are those of the contract, in its order; no
    money moves, and it is meant for deny mode."""
    act, *words = typed.split()
    call = prepare(act, words, contract=CONTRACT, sender=OWNER)
    assert (call.contract, call.function_name, call.sender) == (CONTRACT, act, OWNER)
    assert [each.repr for each in call.function_args] == arguments
    assert (call.post_condition_mode, call.post_conditions) == ("deny", [])
    assert call.network == "testnet"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("explode", "There is no explode"),
        ("set-treasury", "set-treasury ADDRESS"),
        ("set-treasury nobody", "no Stacks address"),
        (f"set-treasury {CONTRACT}", "cannot be the contract itself"),
        ("set-paused perhaps", "yes or no"),
        ("propose-fee 1001", "0 to 1000"),
        ("propose-fee 2.5", "no whole number"),
        (f"propose-arbiter-set 2 {OTHER}", "threshold"),
        (f"propose-arbiter-set 1 {OTHER} {OTHER}", "named once"),
    ],
)
def test_what_the_contract_would_refuse_is_not_prepared(typed: str, says: str) -> None:
    """One plain line says what is wrong."""
    act, *words = typed.split()
    with pytest.raises(EarnestError, match=says):
        prepare(act, words, contract=CONTRACT, sender=OWNER)
