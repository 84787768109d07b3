"""What the operator's commands have in common: a database, JSON, pages, times.

Each group of commands is a module of its own of this folder, so that a command loads only what it
needs.
"""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from rich.text import Text

from earnest.kit.db import Database
from earnest.kit.money import Asset, Money
from earnest.kit.settings import Settings
from earnest.run.terminal import as_json_text, columns, console, show

T = TypeVar("T")


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` with a pool of the settings' database. Raises `DatabaseUnavailable`."""

    async def connected() -> T:
        database = await Database.connect(
            settings.database_url, application="earnest operator", size_max=2
        )
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(connected())


def print_json(value: object) -> None:
    """Prints anything msgspec can write."""
    print(as_json_text(msgspec.to_builtins(value)))


def print_page(
    rows: Sequence[Sequence[str]], head: Sequence[str], right: Sequence[int], cursor: str | None
) -> None:
    """One page of a list, and how to get the next."""
    out = console()
    if not rows:
        out.print("There is nothing here.")
        return
    show(out, columns(rows, head=head, right=right))
    if cursor:
        out.print(Text(f"There are more: --cursor {cursor}", style="quiet"))


def amount_for_people(amount_minor: int, asset: Asset) -> str:
    """Figure and unit."""
    return str(Money(amount_minor, asset))


def time_for_people(at: datetime) -> str:
    """A time of day and date in the time zone of the terminal."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def who(by: str) -> str:
    """Who the audit says it was: the name that was given, or whoever is at this terminal."""
    return by.strip() or getpass.getuser()
