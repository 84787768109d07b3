"""Looking after the money."""

from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter
from cyclopts.validators import Number

from earnest.run.cli.app import MONEY, app
from earnest.run.cli.parameters import AsJson, By, Limit, Note, StateDir, settings_of

# In the order in which a new operator meets them, not by the alphabet.
NAMES = ("solvency", "ledger", "suspense", "payouts", "audit")


@app.command(group=MONEY)
def solvency(
    *,
    timeout: Annotated[
        int,
        Parameter(
            help="Seconds to wait for the ledger to get there.", validator=Number(gte=1, lte=3_600)
        ),
    ] = 60,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """Ask the chain itself, and hold the ledger against it. Exit code 1 when they differ.

    The chain says its balances at one final slot; the answer waits until the ledger has
    everything up to it.
    """
    from earnest.run.operate.solvency import show_solvency

    return show_solvency(settings_of("api", state_dir), timeout_s=timeout, as_json=json)


ledger = App(name="ledger", help="The book in which every balance is written.")
ledger.group = (MONEY,)
app.command(ledger)


@ledger.command(name="verify")
def ledger_verify(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """Replay every entry, and check every hash and signed checkpoint. Exit code 1 on a fault."""
    from earnest.run.operate.ledger import show_verification

    return show_verification(settings_of("api", state_dir), as_json=json)


@ledger.command(name="history")
def ledger_history(
    account: str | None = None,
    *,
    cursor: str | None = None,
    limit: Limit = 50,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List the entries of one ledger account, the newest first; without one, list the accounts.

    Parameters
    ----------
    account
        Name or number of the account, such as suspense:SOL.
    cursor
        Where the page before ended, as it said.
    """
    from earnest.run.operate.ledger import show_accounts, show_history

    settings = settings_of("api", state_dir)
    if account is None:
        return show_accounts(settings, cursor=cursor, limit=limit, as_json=json)
    return show_history(settings, account, cursor=cursor, limit=limit, as_json=json)


suspense = App(name="suspense", help="Money that arrived and is nobody's yet.")
suspense.group = (MONEY,)
app.command(suspense)


@suspense.command(name="list")
def suspense_list(
    *,
    cursor: str | None = None,
    limit: Limit = 50,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List what waits for a person to decide, the oldest first."""
    from earnest.run.operate.suspense import show_suspense

    return show_suspense(settings_of("api", state_dir), cursor=cursor, limit=limit, as_json=json)


@suspense.command(name="settle")
def suspense_settle(
    item: UUID,
    *,
    to: str,
    by: By,
    note: Note,
    state_dir: StateDir = None,
) -> None:
    """Give an item to somebody's balance. It cannot be taken back.

    Parameters
    ----------
    item
        Its id, as `earnest suspense list` names it.
    to
        Who gets it: an account's id, or an address linked to one.
    """
    from earnest.run.operate.suspense import settle

    settle(settings_of("worker", state_dir), item, to=to, by=by, note=note)


payouts = App(name="payouts", help="Payouts that wait for a person, and the pause of one.")
payouts.group = (MONEY,)
app.command(payouts)


@payouts.default
@payouts.command(name="stuck")
def payouts_stuck(
    *,
    minutes: Annotated[
        int,
        Parameter(help="Under way for at least that long.", validator=Number(gte=0, lte=525_600)),
    ] = 10,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List payouts that are held or take too long, and why nothing is paid out, if so.

    The default. Exit code 1 when there is anything.
    """
    from earnest.run.operate.payouts import show_stuck

    return show_stuck(settings_of("worker", state_dir), minutes=minutes, as_json=json)


@payouts.command(name="hold")
def payouts_hold(payout: UUID, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Keep a payout from being sent. What of it is signed already goes on."""
    from earnest.run.operate.payouts import hold

    hold(settings_of("worker", state_dir), payout, by=by, note=note)


@payouts.command(name="release")
def payouts_release(payout: UUID, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Let a held payout go on."""
    from earnest.run.operate.payouts import release

    release(settings_of("worker", state_dir), payout, by=by, note=note)


@payouts.command(name="give-back")
def payouts_give_back(payout: UUID, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """End a payout that can never land any more; its sum goes back to the balance."""
    from earnest.run.operate.payouts import give_back

    give_back(settings_of("worker", state_dir), payout, by=by, note=note)


@payouts.command(name="stop")
def payouts_stop(*, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Stop all payouts, until `clear-halt stopped_by_operator`. What is signed may still land."""
    from earnest.run.operate.payouts import stop

    stop(settings_of("worker", state_dir), by=by, note=note)


@payouts.command(name="clear-halt")
def payouts_clear_halt(code: str, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Let payouts go on after a halt, once you know why they were halted."""
    from earnest.run.operate.payouts import clear_halt

    clear_halt(settings_of("worker", state_dir), code, by=by, note=note)


@app.command(group=MONEY)
def audit(
    *,
    act: Annotated[str | None, Parameter(help="Only this act, such as payout_hold.")] = None,
    subject: Annotated[
        str | None, Parameter(help="Only what was done to this, such as payout:ID.")
    ] = None,
    by: Annotated[
        str | None, Parameter(help="Only this operator: an account's id, or a name.")
    ] = None,
    cursor: str | None = None,
    limit: Limit = 50,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List what operators did, the newest first: who, what, about what, and why.

    It can only grow: no role of the database may change or remove a line.

    Parameters
    ----------
    cursor
        Where the page before ended, as it said.
    """
    from earnest.run.operate.audit import show_audit

    return show_audit(
        settings_of("api", state_dir),
        act=act,
        subject=subject,
        by=by,
        cursor=cursor,
        limit=limit,
        as_json=json,
    )
