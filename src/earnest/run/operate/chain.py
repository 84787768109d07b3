"""`earnest chain`: how far it is followed, and going on after a halt."""

from rich.text import Text

from earnest.chains import ChainCursor, cursor_of, resume_chain
from earnest.kit.db import Database
from earnest.kit.money import Chain
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, time_for_people, with_database
from earnest.run.terminal import console

_CHAIN = Chain.SOLANA


def show_chain(settings: Settings, *, as_json: bool) -> int:
    """How far the chain is followed. 1 when it is halted."""

    async def read(database: Database) -> ChainCursor:
        async with database.connection() as db:
            return await cursor_of(db, _CHAIN)

    cursor = with_database(settings, read)
    halted = cursor.halted_at is not None
    if as_json:
        print_json(cursor)
        return 1 if halted else 0
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
        out.print("Nothing is posted until a person has looked: `earnest chain resume`.")
    return 1 if halted else 0


def resume(settings: Settings) -> None:
    """Lets a halted chain be followed again."""

    async def work(database: Database) -> bool:
        async with database.db_tx() as db_tx:
            return await resume_chain(db_tx, _CHAIN)

    if with_database(settings, work):
        print("Solana is followed again from where it was halted.")
    else:
        print("Solana was not halted. Nothing was changed.")
