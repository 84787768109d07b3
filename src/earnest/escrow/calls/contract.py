"""Calls that concern no single project: credits, collected fees, and what the owner may do.

The owner's acts touch new projects only; docs/escrow.md says when each takes effect.
"""

from collections.abc import Sequence

from earnest.chains.stacks.clarity import Ascii, Bool, List, Principal
from earnest.chains.stacks.post_conditions import Condition
from earnest.escrow.calls import words
from earnest.escrow.calls.errors import FigureNotPossible
from earnest.escrow.calls.shape import (
    FunctionArg,
    PreparedCall,
    Token,
    argument,
    contract_sends,
    prepared,
    principal_argument,
    suffix_of,
    sums_of,
    token_argument,
    uint_argument,
)

ARBITERS_MAX = 9
FEE_BPS_MAX = 1_000
_LATER = "Anyone can put it in force after 1,008 Bitcoin blocks; it concerns new projects only."


def prepare_credit_withdrawal(
    contract: str, *, sender: str, who: str, credit_minor: int, token: Token | None
) -> PreparedCall:
    """The call that has a refused payment tried again. Anyone may sign it; it goes to `who`."""
    most = contract_sends(contract, Condition.LESS_OR_EQUAL, credit_minor, token)
    return prepared(
        contract,
        f"withdraw-credit{suffix_of(token)}",
        [principal_argument("who", who), *token_argument(token)],
        [most],
        sender=sender,
        note=words.credit(sums_of(token), credit_minor, "you" if who == sender else who),
    )


def prepare_fee_sweep(
    contract: str, *, sender: str, collected_minor: int, token: Token | None
) -> PreparedCall:
    """The call that pays collected fees to the treasury. Anyone may sign it."""
    most = contract_sends(contract, Condition.LESS_OR_EQUAL, collected_minor, token)
    return prepared(
        contract,
        f"sweep-fees{suffix_of(token)}",
        token_argument(token),
        [most],
        sender=sender,
        note=words.sweep(sums_of(token), collected_minor),
    )


def prepare_treasury_change(contract: str, *, owner: str, treasury: str) -> PreparedCall:
    """The call that names another treasury, for fees already earned and later ones."""
    if treasury == contract:
        raise FigureNotPossible(reason="The treasury cannot be the contract itself.")
    args = [principal_argument("new-treasury", treasury)]
    note = f"Collected fees go to {treasury} from now on, those already earned included."
    return _without_money(contract, owner, "set-treasury", args, note)


def prepare_pause(contract: str, *, owner: str, stop: bool) -> PreparedCall:
    """The call that stops new projects, or lets them in again."""
    what = "No new project can be created." if stop else "New projects can be created again."
    args = [argument("stop", "bool", Bool(stop))]
    note = f"{what} Projects that exist go on as they are."
    return _without_money(contract, owner, "set-paused", args, note)


def prepare_token_listing(
    contract: str, *, owner: str, token: Token, allowed: bool
) -> PreparedCall:
    """The call that lists a token for new projects, or strikes it off."""
    args = [
        principal_argument("token", token.contract),
        argument("asset", "(string-ascii 128)", Ascii(token.asset_name)),
        argument("allowed", "bool", Bool(allowed)),
    ]
    may = "may" if allowed else "may no longer"
    note = f"New projects {may} be paid in {token.identifier}."
    return _without_money(contract, owner, "set-token", args, note)


def prepare_arbiter_set(
    contract: str, *, owner: str, members: Sequence[str], threshold: int
) -> PreparedCall:
    """The call that announces another set of arbiters. Raises `FigureNotPossible`."""
    if len(set(members)) != len(members) or not 1 <= len(members) <= ARBITERS_MAX:
        raise FigureNotPossible(reason="A set has one to nine arbiters, each named once.")
    if not 1 <= threshold <= len(members):
        raise FigureNotPossible(reason="The threshold is at least 1 and at most all of them.")
    listed = List(tuple(Principal.parse(each) for each in members))
    args = [
        argument("members", "(list 9 principal)", listed),
        uint_argument("threshold", threshold),
    ]
    decide = f"{len(members)} arbiters, of whom {threshold} must say the same"
    if len(members) == 1:
        decide = "one arbiter, who decides alone"
    note = f"You announce a set of {decide}. {_LATER}"
    return _without_money(contract, owner, "propose-arbiter-set", args, note)


def prepare_fee(contract: str, *, owner: str, fee_bps: int) -> PreparedCall:
    """The call that announces another fee, in basis points. Raises `FigureNotPossible`."""
    if not 0 <= fee_bps <= FEE_BPS_MAX:
        raise FigureNotPossible(reason=f"A fee is 0 to {FEE_BPS_MAX} basis points.")
    args = [uint_argument("bps", fee_bps)]
    note = f"You announce a fee of {words.percent(fee_bps)}. {_LATER}"
    return _without_money(contract, owner, "propose-fee", args, note)


def prepare_arbiter_set_activation(contract: str, *, sender: str) -> PreparedCall:
    """The call that puts the announced set of arbiters in force. Anyone may sign it."""
    note = "The announced set of arbiters counts for new projects from now on."
    return _without_money(contract, sender, "activate-arbiter-set", [], note)


def prepare_fee_activation(contract: str, *, sender: str) -> PreparedCall:
    """The call that puts the announced fee in force. Anyone may sign it."""
    note = "The announced fee counts for new projects from now on."
    return _without_money(contract, sender, "activate-fee", [], note)


def prepare_owner_change(contract: str, *, owner: str, new_owner: str) -> PreparedCall:
    """The first half of handing over: the new owner must accept."""
    args = [principal_argument("new-owner", new_owner)]
    note = f"You offer ownership to {new_owner}. You stay the owner until it accepts."
    return _without_money(contract, owner, "propose-owner", args, note)


def prepare_ownership_acceptance(contract: str, *, new_owner: str) -> PreparedCall:
    """The second half of handing over."""
    return _without_money(contract, new_owner, "accept-ownership", [], "You become the owner.")


def _without_money(
    contract: str, sender: str, function: str, args: Sequence[FunctionArg], note: str
) -> PreparedCall:
    return prepared(contract, function, args, [], sender=sender, note=note)
