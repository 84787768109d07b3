"""`earnest rebuild`: the projections of the escrow, folded from the log again."""

from rich.text import Text

from earnest import audit, escrow
from earnest.chains.stacks import sync_status
from earnest.kit.db import Database
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, who, with_database
from earnest.run.terminal import complain, console


def show_rebuild(settings: Settings, *, as_json: bool, by: str = "", note: str = "") -> int:
    """Rebuilds, and prints both hashes. 1 when they differ, and when there is no log yet."""

    async def work(database: Database) -> escrow.Rebuilt | None:
        async with database.connection() as db:
            followed = await sync_status(db)
        if followed is None:
            return None
        rebuilt = await escrow.rebuild(database, followed.contract)
        async with database.db_tx() as db_tx:
            await audit.record(
                db_tx,
                by=who(by),
                act="escrow_rebuild",
                subject=f"contract:{followed.contract}",
                note=note.strip(),
                facts={"before": rebuilt.live_hash, "rebuilt": rebuilt.rebuilt_hash},
            )
        return rebuilt

    rebuilt = with_database(settings, work)
    if rebuilt is None:
        complain("No escrow contract has been followed yet, so there is nothing to rebuild.")
        return 1
    if as_json:
        print_json(rebuilt)
        return 0 if rebuilt.agree else 1
    out = console()
    out.print(
        f"{rebuilt.contract}: {rebuilt.log_rows} rows of the log folded again in "
        f"{rebuilt.seconds:.1f} s; {rebuilt.events} events, {rebuilt.projects} projects."
    )
    out.print(f"  before   {rebuilt.live_hash}")
    out.print(f"  rebuilt  {rebuilt.rebuilt_hash}")
    if rebuilt.agree:
        out.print(Text("Both are the same.", style="done"))
        return 0
    out.print(
        Text(
            "They differ: what was shown was not what the log says. The rebuilt projections are in "
            "place now. Nobody was told again; look at what changed before you act on it.",
            style="look",
        )
    )
    return 1
