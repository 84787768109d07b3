"""The tables at the end: who earned what, what the house has, and how long it took."""

from earnest.kit.money import Asset, Money
from earnest.run.demo.outcome import Outcome
from earnest.run.demo.story import Story
from earnest.run.demo.wallets import shorten, sol

_LEGS = {
    "start": "Eight processes started",
    "sign_in": "Eight people signed in",
    "upload": "Four photographs ready",
    "create_task": "Task and order made",
    "pay": "Payment signed and sent",
    "payment_final": "Payment final, task open",
    "vote": "Seven votes",
    "close": "Task closed, counts checked",
    "payout": "Seven payouts final",
    "prove": "Ledger against chain",
    "post_project": "Project posted",
    "propose": "Three proposals",
    "accept_proposal": "One accepted",
    "fund": "Escrow seen",
    "fund_final": "Escrow final, project active",
    "release": "Milestone 1 released, final",
    "dispute": "Milestone 2 disputed, evidence in",
    "rule": "Ruling final",
    "claim": "Milestone 3 claimed after the window",
    "reorg": "Claim dropped, and landed again",
    "complete": "Project complete, final",
    "review": "Two reviews",
    "rebuild": "Projections rebuilt from the log",
    "stop": "Everything stopped",
}
_WIDTH = 58


def _exact(amount_minor: int, *, signed: bool = False, asset: Asset = Asset.SOL) -> str:
    """All places, as ledgers show them."""
    places = asset.decimals
    digits = str(abs(amount_minor)).rjust(places + 1, "0")
    sign = "\u2212" if amount_minor < 0 else "+" if signed else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}\u00a0{asset}"


def show_paydays(story: Story, outcome: Outcome, photos: dict[str, str]) -> None:
    """One row a worker."""
    story.heading("Who earned what")
    rows = [
        (
            shorten(payday.address),
            photos.get(payday.address, ""),
            sol(int(payday.amount_minor)),
            sol(int(payday.balance_before_minor)),
            sol(int(payday.balance_after_minor)),
            sol(int(payday.ledger_available_minor) + int(payday.ledger_locked_minor)),
        )
        for payday in outcome.payouts
    ]
    head = ("Worker", "Chose", "Earned", "Chain before", "Chain after", "Still in ledger")
    story.rows(rows, head=head, left=2)


def show_treasury(story: Story, outcome: Outcome) -> None:
    """How the house's balance came about, closed by a double rule: it has been checked."""
    treasury, order = outcome.treasury, outcome.order
    if treasury is None or order is None:
        return
    paid_out = sum(int(payday.amount_minor) for payday in outcome.payouts)
    chain_txs = len({payday.chain_tx for payday in outcome.payouts})
    count = "one transaction" if chain_txs == 1 else f"{chain_txs} transactions"
    story.heading(f"The treasury, {shorten(treasury.address)}")
    lines = [
        ("On the chain before", _exact(int(treasury.before_minor))),
        ("The client paid", _exact(int(order["amountMinor"]), signed=True)),
        (f"  of it the house's fee, {Money(int(order['feeMinor']), Asset.SOL)}", ""),
        (f"{len(outcome.payouts)} workers were paid", _exact(-paid_out)),
        (f"Fee of the chain, {count}", _exact(-int(treasury.chain_fees_minor))),
    ]
    _sums(story, lines)
    story.rule(_WIDTH)
    closing = [
        (f"On the chain at slot {treasury.slot}", _exact(int(treasury.chain_minor))),
        ("In the ledger", _exact(int(treasury.ledger_minor))),
    ]
    _sums(story, closing)
    story.rule(_WIDTH, checked=True)
    story.line("  Ledger = chain.")


def show_escrow(story: Story, outcome: Outcome) -> None:
    """Where the project's money went, closed by a double rule: the chain was asked."""
    project = outcome.project
    if project is None or project.escrow_left_minor is None:
        return
    locked, bond = int(project.locked_minor), int(project.bond_minor)
    paid, returned = int(project.paid_minor), int(project.returned_minor)
    story.heading(f"The escrow, {shorten(project.contract.partition('.')[0])}")
    stx = Asset.STX
    _sums(
        story,
        [
            ("The client locked", _exact(locked, signed=True, asset=stx)),
            ("Its bond for the dispute", _exact(bond, signed=True, asset=stx)),
            ("The freelancer was paid", _exact(-paid, asset=stx)),
            ("The client got back, bond included", _exact(-returned - bond, asset=stx)),
        ],
    )
    story.rule(_WIDTH)
    _sums(
        story,
        [
            ("Left, by its events", _exact(locked - paid - returned, asset=stx)),
            ("Left, on the chain", _exact(int(project.escrow_left_minor), asset=stx)),
        ],
    )
    story.rule(_WIDTH, checked=True)
    story.line("  The escrow owes nothing and holds nothing.")
    story.line()
    purses = [
        (
            purse.side,
            _exact(int(purse.before_minor), asset=stx),
            _exact(int(purse.moved_minor), signed=True, asset=stx),
            _exact(-int(purse.fees_minor), asset=stx),
            _exact(int(purse.after_minor), asset=stx),
        )
        for purse in project.purses
    ]
    story.rows(purses, head=("Wallet", "Had", "By the escrow", "Chain's fees", "Has"))


def _sums(story: Story, lines: list[tuple[str, str]]) -> None:
    story.rows([(name.ljust(36), figure.rjust(_WIDTH - 38)) for name, figure in lines])


def show_legs(story: Story, outcome: Outcome) -> None:
    """Seconds, leg by leg."""
    story.heading("How long it took")
    rows = [(_LEGS.get(leg.name, leg.name), f"{leg.seconds:.1f} s") for leg in outcome.legs]
    story.rows([(name.ljust(36), took.rjust(_WIDTH - 38)) for name, took in rows])
