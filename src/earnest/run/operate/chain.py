"""`earnest chain`: how far the chains are followed, and going on after a halt."""

from typing import Any

import msgspec
from rich.text import Text

from earnest import audit
from earnest.chains import ChainCursor, cursor_of, resume_chain
from earnest.chains.stacks import SyncStatus, sync_status
from earnest.kit.db import Database
from earnest.kit.money import Chain
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, time_for_people, who, with_database
from earnest.run.terminal import console

_TITLES = {Chain.SOLANA: "Solana", Chain.STACKS: "Stacks"}


def show_chain(settings: Settings, *, as_json: bool) -> int:
    """How far the chains are followed. 1 when one of them is halted."""

    async def read(database: Database) -> tuple[ChainCursor, SyncStatus | None]:
        async with database.connection() as db:
            return await cursor_of(db, Chain.SOLANA), await sync_status(db)

    solana, stacks = with_database(settings, read)
    is_halted = solana.halted_at is not None or (
        stacks is not None and stacks.halted_at is not None
    )
    if as_json:
        told: dict[str, Any] = msgspec.to_builtins(solana)
        print_json(told | {"stacks": stacks})
        return 1 if is_halted else 0
    _show_solana(solana)
    if stacks is not None:
        _show_stacks(stacks)
    if is_halted:
        console().print("Nothing is posted until a person has looked: `earnest chain resume`.")
    return 1 if is_halted else 0


def _show_solana(cursor: ChainCursor) -> None:
    out = console()
    if cursor.followed_slot is None:
        out.print(
            "Solana has not been followed yet: the indexer waits for the chain or does not run."
        )
    else:
        moved = f", written {time_for_people(cursor.moved_at)}" if cursor.moved_at else ""
        out.print(
            f"Solana is followed to final slot {cursor.followed_slot}{moved}; "
            f"{cursor.last_seq} facts in the log."
        )
    if cursor.halted_at is not None:
        since = time_for_people(cursor.halted_at)
        out.print(Text(f"Halted since {since}: {cursor.halted_reason}.", style="look"))


def _show_stacks(status: SyncStatus) -> None:
    out = console()
    if status.indexed_height is None:
        out.print("Stacks has not been followed yet: the indexer waits for the Stacks API.")
    else:
        final = "none is final yet" if status.final_height is None else (
            f"final up to block {status.final_height}"
        )  # fmt: skip
        out.print(
            f"Stacks is followed to block {status.indexed_height} of {status.tip_height}, {final}; "
            f"{status.last_seq} facts in the log, {status.reorgs_seen} reorgs seen."
        )
    if status.troubled and status.last_error is not None:
        out.print(Text(f"It waits: {status.last_error}", style="look"))
    if status.recount_found is not None:
        out.print(Text(f"The last recount differs: {status.recount_found}.", style="look"))
    if status.halted_at is not None:
        since = time_for_people(status.halted_at)
        out.print(Text(f"Halted since {since}: {status.halted_reason}.", style="look"))


def resume(settings: Settings, *, only: str | None, by: str = "", note: str = "") -> int:
    """Lets a halted chain be followed again. 1 when two are halted and none is named."""

    async def work(database: Database) -> tuple[list[Chain], bool]:
        async with database.db_tx() as db_tx:
            reasons = {chain: (await cursor_of(db_tx, chain)).halted_reason for chain in _TITLES}
            wanted = [chain for chain in _TITLES if reasons[chain] and only in (None, chain.value)]
            if len(wanted) > 1:
                return wanted, False
            resumed = [chain for chain in wanted if await resume_chain(db_tx, chain)]
            for chain in resumed:
                await audit.record(
                    db_tx,
                    by=who(by),
                    act="chain_resume",
                    subject=f"chain:{chain.value}",
                    note=note.strip(),
                    facts={"haltedReason": reasons[chain]},
                )
            return resumed, True

    chains, done = with_database(settings, work)
    if not done:
        names = " and ".join(_TITLES[chain] for chain in chains)
        print(f"{names} are halted, each for its own reason. Say which one with --chain.")
        return 1
    for chain in chains:
        print(f"{_TITLES[chain]} is followed again from where it was halted.")
    if not chains:
        title = _TITLES[Chain(only)] if only else "Following the chains"
        print(f"{title} was not halted. Nothing was changed.")
    return 0
