"""What a prepared call does, in words: what moves, to whom, and what cannot be undone."""

from collections.abc import Sequence

import msgspec

from earnest.escrow.calls.acts import ActName, dispute_of, milestone_of, voters_of
from earnest.escrow.rules_money import BPS, bond_of, bond_owner, divide
from earnest.escrow.state import MilestoneStatus, ProjectState
from earnest.kit.money import Asset, Money

DOING = {
    ActName.ACCEPT: "accept the project",
    ActName.CANCEL: "cancel the project",
    ActName.DECLINE: "decline what is still locked",
    ActName.COMPLETE: "hand in this milestone",
    ActName.RECLAIM: "take this milestone back",
    ActName.RELEASE: "release this milestone",
    ActName.CONCEDE: "give this milestone up",
    ActName.CLAIM: "claim this milestone",
    ActName.DISPUTE: "dispute this milestone",
    ActName.VOTE: "vote on this dispute",
    ActName.RESOLVE: "rule on this dispute",
    ActName.DEFAULT: "carry out the default",
    ActName.OFFER: "offer a settlement",
    ActName.SETTLE: "take the offer",
}
_SOON_BLOCKS = 144


class Sums(msgspec.Struct, frozen=True):
    """How sums of one project are written: with the asset's decimals, else in smallest units."""

    asset: Asset | None
    unit: str

    def show(self, amount_minor: int) -> str:
        """Figure, no-break space, unit."""
        if self.asset is not None:
            return str(Money(amount_minor, self.asset))
        return f"{amount_minor}\u00a0smallest units of {self.unit}"


def percent(bps: int) -> str:
    """Basis points as a percentage: 250 is `2.5 %`, with a no-break space."""
    whole, part = divmod(bps, 100)
    figure = f"{whole}.{part:02}".rstrip("0").rstrip(".")
    return f"{figure}\u00a0%"


def either(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`; with an article, each once."""
    named = [f"the {each}" for each in dict.fromkeys(words)]
    return " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def until(until_height: int | None, burn_height: int) -> str:
    """Says when the call would come too late, where it could."""
    if until_height is None:
        return ""
    left = until_height - burn_height
    ahead = "the next one or never" if left <= 1 else f"about {left} blocks from now"
    hurry = " A low fee may miss it." if left <= _SOON_BLOCKS else ""
    return f" It counts only before Bitcoin block {until_height}, {ahead}.{hurry}"


def wallet(conditions: Sequence[str]) -> str:
    """What the wallet will show, and what happens if it were not so."""
    if not conditions:
        return "Your wallet shows no payment but the network's fee."
    shown = "; ".join(f"{each[0].lower()}{each[1:]}" for each in conditions)
    return f"Your wallet shows: {shown}. If anything else would move, nothing happens."


def creation(sums: Sums, total_minor: int, milestones: int, fee_bps: int | None) -> str:
    """For the client that is about to lock the money."""
    count = "one milestone" if milestones == 1 else f"{milestones} milestones"
    fee = ", less the fee" if fee_bps is None else f", less a fee of {percent(fee_bps)}"
    if fee_bps == 0:
        fee = ""
    return (
        f"You lock {sums.show(total_minor)} for {count}. From the contract it can go only to the"
        f" freelancer{fee}, or back to you."
    )


def credit(sums: Sums, credit_minor: int, to: str) -> str:
    """For a payment that a token refused once."""
    return (
        f"A payment of {sums.show(credit_minor)} that was refused is tried again; it goes to {to}."
    )


def sweep(sums: Sums, collected_minor: int) -> str:
    """For fees that were earned."""
    return f"{sums.show(collected_minor)} of fees already earned goes to the treasury."


def why_not(state: ProjectState, name: ActName, num: int | None) -> str:
    """The fact that closes an act to everybody."""
    if num is None:
        if name is ActName.ACCEPT and state.project.accepted:
            return "the project was accepted"
        if name is ActName.CANCEL and state.project.accepted:
            return "the project was accepted, and what was accepted cannot be cancelled"
        return "no milestone is in the state that it needs"
    milestone = milestone_of(state, num)
    if milestone is None:
        return f"the project has no milestone {num}"
    if name is ActName.SETTLE and milestone.status.is_open:
        return "no offer stands"
    return f"milestone {num} is {milestone.status}"


def act(
    sums: Sums,
    state: ProjectState,
    name: ActName,
    num: int | None,
    bps: int | None,
    *,
    sender: str,
) -> str:
    """What an act on a project does to the money, said to the one who signs it."""
    project = state.project
    if num is None:
        return _on_project(sums, state, name)
    milestone = milestone_of(state, num)
    dispute = dispute_of(state, num)
    if milestone is None:
        raise ValueError(f"there is no milestone {num}")
    amount = milestone.amount_minor
    if name is ActName.COMPLETE:
        accepts = "" if project.accepted else " It says, too, that you take the project on."
        return (
            f"You hand in milestone {num}. No money moves yet: the client has"
            f" {project.claim_window} Bitcoin blocks to release or dispute it; after that anyone"
            f" can have it paid to you.{accepts}"
        )
    if name is ActName.DISPUTE:
        bond = sums.show(bond_of(amount, project.bond_bps))
        return (
            f"You dispute milestone {num} and put up a bond of {bond}. It comes back unless you end"
            f" with nothing of the milestone; then it is the other side's. The arbiters have"
            f" {project.arbiter_window} Bitcoin blocks. A milestone can be disputed only once."
        )
    if name is ActName.OFFER:
        division = _division(sums, state, num, bps or 0, sender)
        return (
            f"You offer to end milestone {num} with {division}."
            f" No money moves until the other side takes it. The offer stands for"
            f" {project.offer_window} Bitcoin blocks, or until the milestone's state changes."
        )
    if name in (ActName.VOTE, ActName.RESOLVE):
        return _vote(sums, state, num, bps or 0, sender)
    told = {
        ActName.RECLAIM: "The deadline has passed.",
        ActName.RELEASE: "You release it.",
        ActName.CONCEDE: "You give it up.",
        ActName.CLAIM: "The client let its time pass.",
        ActName.DEFAULT: "The arbiters let their time pass, and what was fixed at filing counts.",
        ActName.SETTLE: "You take the offer.",
    }[name]
    share = {
        ActName.RECLAIM: 0,
        ActName.RELEASE: BPS,
        ActName.CONCEDE: 0,
        ActName.CLAIM: BPS,
        ActName.DEFAULT: dispute.default_bps if dispute is not None else 0,
    }.get(name, bps or 0)
    return (
        f"{told} Milestone {num} ends with {_division(sums, state, num, share, sender)}."
        " It cannot be undone."
    )


def _on_project(sums: Sums, state: ProjectState, name: ActName) -> str:
    if name is ActName.ACCEPT:
        return (
            "You take the project on. No money moves. From then on the client can no longer cancel."
        )
    locked = [each for each in state.milestones if each.status is MilestoneStatus.LOCKED]
    total = sums.show(sum(each.amount_minor for each in locked))
    if name is ActName.CANCEL:
        return f"You cancel the project. All of it, {total}, goes back to you."
    which = "The one milestone" if len(locked) == 1 else f"The {len(locked)} milestones"
    return (
        f"You decline. {which} still locked, {total}, goes back to the client. It cannot be undone."
    )


def _vote(sums: Sums, state: ProjectState, num: int, bps: int, sender: str) -> str:
    milestone_votes = [each for each in state.votes if each.milestone_num == num]
    same = {each.arbiter for each in milestone_votes if each.bps == bps} | {sender}
    threshold = state.arbiters.threshold if state.arbiters else 1
    division = _division(sums, state, num, bps, sender)
    said = f"You say that milestone {num} ends with {division}."
    if len(same) >= threshold:
        return f"{said} That decides it: the money moves at once, and it cannot be undone."
    voters = len(voters_of(state))
    if voters < threshold:
        return (
            f"{said} It takes {threshold} arbiters, and only {voters} may vote here: one who is a"
            " side of the project has no vote. So the default will decide."
        )
    return (
        f"{said} It takes {threshold} of {voters} arbiters to say the same; with yours it is"
        f" {len(same)}. Until then no money moves, and you may change it."
    )


def _division(sums: Sums, state: ProjectState, num: int, bps: int, sender: str) -> str:
    """Who gets what, the fee and the bond included."""
    project = state.project
    milestone, dispute = milestone_of(state, num), dispute_of(state, num)
    if milestone is None:
        raise ValueError(f"there is no milestone {num}")
    parts = divide(milestone.amount_minor, bps, project.fee_bps)
    names = {project.client: "the client", project.freelancer: "the freelancer"}
    if sender in names:
        names[sender] = "you"
    told = []
    if parts.gross_minor:
        told.append(f"{sums.show(parts.net_minor)} to {names[project.freelancer]}")
    if parts.refund_minor:
        told.append(f"{sums.show(parts.refund_minor)} to {names[project.client]}")
    if parts.fee_minor:
        told.append(f"{sums.show(parts.fee_minor)} set aside as the fee")
    if dispute is not None and milestone.status is MilestoneStatus.DISPUTED:
        owner = bond_owner(
            filer=dispute.filer, client=project.client, freelancer=project.freelancer, bps=bps
        )
        told.append(f"the bond of {sums.show(dispute.bond_minor)} to {names[owner]}")
    return ", ".join(told)
