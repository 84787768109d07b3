"""What an operator may do about payouts in a terminal. Each act leaves a line in the audit."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from rich.text import Text

from earnest import payouts
from earnest.kit.clock import SystemClock
from earnest.kit.db import Database
from earnest.kit.errors import InvalidInput
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, time_for_people, with_database
from earnest.run.terminal import columns, console, show

_LISTED_MAX = 100
# Words for what a payout waits for, where the code alone would not say it.
_WAITS = {"operator": "held by an operator"}


def show_stuck(settings: Settings, *, minutes: int, as_json: bool) -> int:
    """Lists what waits for a person. 1 when there is anything."""
    since = datetime.now(UTC) - timedelta(minutes=minutes)

    async def read(database: Database) -> tuple[list[payouts.Payout], list[payouts.Halt]]:
        desk = payouts.Desk(database, SystemClock())
        return await desk.list_stuck(since=since, limit=_LISTED_MAX), await desk.list_halts()

    stuck, halts = with_database(settings, read)
    code = 1 if stuck or halts else 0
    if as_json:
        print_json(
            {
                "halts": [
                    {"code": halt.code, "detail": halt.detail, "at": halt.at.isoformat()}
                    for halt in halts
                ],
                "payouts": [
                    {
                        "id": str(payout.id),
                        "accountId": str(payout.account_id),
                        "address": payout.address,
                        "asset": payout.money.asset,
                        "amountMinor": str(payout.money.amount_minor),
                        "status": payout.status,
                        "held": payout.paused,
                        "waitingFor": payout.waiting_for,
                        "requestedAt": payout.requested_at.isoformat(),
                    }
                    for payout in stuck
                ],
            }
        )
        return code
    out = console()
    for halt in halts:
        when = time_for_people(halt.at)
        out.print(Text(f"Nothing is paid out since {when}: {halt.code}.", style="look"))
        for name, value in halt.detail.items():
            out.print(f"  {name}: {value}")
        out.print(f"  Once you know why: earnest payouts clear-halt {halt.code} --by … --note …")
    if not stuck:
        out.print(f"No payout is held, and none has been under way for {minutes} min or more.")
        return code
    rows = [
        (
            str(payout.id),
            time_for_people(payout.requested_at),
            str(payout.money),
            payout.status.value,
            _WAITS.get(payout.waiting_for or "", payout.waiting_for or "-"),
            payout.address,
        )
        for payout in stuck
    ]
    head = ["Id", "Asked for", "Amount", "State", "Waits for", "To"]
    show(out, columns(rows, head=head, right=(2,)))
    return code


def hold(settings: Settings, payout: UUID, *, by: str, note: str) -> None:
    """Keeps a payout from being put into an attempt."""
    _act(settings, lambda desk: desk.hold(payout, operator=by, note=note), by, note)
    print(f"Payout {payout} is held. What of it is signed already goes on.")


def release(settings: Settings, payout: UUID, *, by: str, note: str) -> None:
    """Lets a held payout go on."""
    _act(settings, lambda desk: desk.release(payout, operator=by, note=note), by, note)
    print(f"Payout {payout} goes on.")


def give_back(settings: Settings, payout: UUID, *, by: str, note: str) -> None:
    """Ends a payout; its sum is in the balance again."""
    _act(settings, lambda desk: desk.give_back(payout, operator=by, note=note), by, note)
    print(f"Payout {payout} has ended. Its sum is in the balance it came from; nothing was sent.")


def stop(settings: Settings, *, by: str, note: str) -> None:
    """No payout is signed or sent from now on."""
    _act(settings, lambda desk: desk.stop_all(operator=by, note=note), by, note)
    print("Payouts are stopped: earnest payouts clear-halt stopped_by_operator lets them go on.")


def clear_halt(settings: Settings, code: str, *, by: str, note: str) -> None:
    """Lets payouts go on after a halt."""
    _act(settings, lambda desk: desk.clear_halt(code, operator=by, note=note), by, note)
    print(f"The halt {code} has ended. Payouts go on.")


def _act(
    settings: Settings, act: Callable[[payouts.Desk], Awaitable[None]], by: str, note: str
) -> None:
    if not by.strip() or not note.strip():
        raise InvalidInput(reason="Say who decided (--by) and why (--note): both are kept.")

    async def work(database: Database) -> None:
        await act(payouts.Desk(database, SystemClock()))

    with_database(settings, work)
