"""The shape of a prepared call, and how its arguments and post-conditions are written.

Nothing here signs or sends. Every call is meant for deny mode: what moves without a post-condition
undoes it. Which post-condition belongs to which call is in docs/escrow.md.
"""

from collections.abc import Sequence

import msgspec

from earnest.chains.stacks.clarity import Principal, UInt, Value, encode, show
from earnest.chains.stacks.post_conditions import (
    AMOUNT_MAX,
    Condition,
    PostCondition,
    TokenAsset,
    encode_post_condition,
)
from earnest.escrow.calls.errors import FigureNotPossible
from earnest.escrow.calls.words import Sums, wallet
from earnest.escrow.state import EscrowToken
from earnest.kit.money import Asset
from earnest.kit.wire import AmountMinor

BEYOND_WALLETS = "No post-condition can state a sum of 2^64 units or more."


class Token(msgspec.Struct, frozen=True):
    """A SIP-010 token that a project is paid in. None in its place is STX.

    `asset_name` is the name inside the token contract. `may_refuse` says that it may answer a
    payment with an error: what it refuses stays in the contract, so less may leave than is due.
    `asset` is there for one that Earnest can write with its own decimals.
    """

    contract: str
    asset_name: str
    may_refuse: bool = True
    asset: Asset | None = None

    @property
    def identifier(self) -> str:
        """`ADDRESS.contract::asset`."""
        return f"{self.contract}::{self.asset_name}"


class FunctionArg(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One argument: `hex` is the Clarity value as wallets take it, `repr` the same for people."""

    name: str
    type: str
    hex: str
    repr: str


class StatedCondition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One post-condition: `hex` as wallets take it, the rest what it says.

    `condition` is `eq` or `lte`; `asset` is `STX` (in µSTX) or `ADDRESS.contract::asset`.
    """

    hex: str
    text: str
    principal: str
    condition: str
    amount_minor: AmountMinor
    asset: str


class PreparedCall(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An unsigned contract call, in the words of `stx_callContract`.

    `sender` is the wallet that it is meant for, `network` `mainnet` or `testnet` as the contract's
    address says, `note` what it does to the money and what the wallet will show.
    """

    contract: str
    function_name: str
    function_args: list[FunctionArg]
    post_condition_mode: str
    post_conditions: list[StatedCondition]
    sender: str
    network: str
    note: str


def token_of(listed: EscrowToken, sbtc: str) -> Token:
    """A token as the contract lists it. `sbtc` is the contract of sBTC, which never refuses."""
    if listed.token == sbtc:
        return Token(listed.token, listed.asset, may_refuse=False, asset=Asset.SBTC)
    return Token(listed.token, listed.asset)


def suffix_of(token: Token | None) -> str:
    """How the calls of the contract that move money end: one form for STX, one for tokens."""
    return "-stx" if token is None else "-sbtc"


def sums_of(token: Token | None) -> Sums:
    """How sums in this token are written for people."""
    if token is None:
        return Sums(Asset.STX, "µSTX")
    return Sums(token.asset, token.asset_name)


def argument(name: str, type: str, value: Value) -> FunctionArg:
    """An argument from a Clarity value; `type` is its name in the contract."""
    return FunctionArg(name=name, type=type, hex=encode(value).hex(), repr=show(value))


def uint_argument(name: str, value: int) -> FunctionArg:
    """A whole number."""
    return argument(name, "uint", UInt(value))


def principal_argument(name: str, address: str) -> FunctionArg:
    """An address or a contract. Raises `NotClarity`."""
    return argument(name, "principal", Principal.parse(address))


def token_argument(token: Token | None) -> list[FunctionArg]:
    """The last argument of the token form; none for STX."""
    if token is None:
        return []
    return [argument("token", "<sip-010-trait>", Principal.parse(token.contract))]


def you_send(sender: str, amount_minor: int, token: Token | None) -> StatedCondition:
    """What the signing wallet lets go: this amount, neither more nor less."""
    # What is taken in arrives whole or not at all.
    return _stated("You send", sender, Condition.EQUAL, amount_minor, token)


def contract_sends(
    contract: str, condition: Condition, amount_minor: int, token: Token | None
) -> StatedCondition:
    """What the contract lets go. A token that may refuse a payment may leave part of it."""
    if token is not None and token.may_refuse:
        condition = Condition.LESS_OR_EQUAL
    return _stated("The contract sends", contract, condition, amount_minor, token)


def _stated(
    whose: str, principal: str, condition: Condition, amount_minor: int, token: Token | None
) -> StatedCondition:
    if amount_minor > AMOUNT_MAX:
        raise FigureNotPossible(reason=BEYOND_WALLETS)
    asset = None
    if token is not None:
        asset = TokenAsset(Principal.parse(token.contract), token.asset_name)
    stated = PostCondition(Principal.parse(principal), condition, amount_minor, asset)
    exactly = condition is Condition.EQUAL
    return StatedCondition(
        hex=encode_post_condition(stated).hex(),
        text=f"{whose} {'exactly' if exactly else 'at most'} {sums_of(token).show(amount_minor)}",
        principal=principal,
        condition="eq" if exactly else "lte",
        amount_minor=str(amount_minor),
        asset="STX" if token is None else token.identifier,
    )


def prepared(
    contract: str,
    function: str,
    args: Sequence[FunctionArg],
    conditions: Sequence[StatedCondition],
    *,
    sender: str,
    note: str,
) -> PreparedCall:
    """A call in deny mode, with its words."""
    return PreparedCall(
        contract=contract,
        function_name=function,
        function_args=list(args),
        post_condition_mode="deny",
        post_conditions=list(conditions),
        sender=sender,
        network="mainnet" if contract[:2] in ("SP", "SM") else "testnet",
        note=f"{note} {wallet([each.text for each in conditions])}",
    )
