"""What people read in a terminal: calm tables, plain text where nobody looks, colour if wanted.

`NO_COLOR` is honoured. Without a terminal nothing is wrapped and nothing is coloured, so that the
output can be read by programs and kept in files.
"""

import json
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

# The house's colours, as far as a terminal has them: pine for what is done, brass for what is
# under way, oxide for what needs a look.
_THEME = Theme(
    {"done": "green", "waiting": "yellow", "look": "red", "quiet": "bright_black", "name": "bold"}
)
_WIDTH_WITHOUT_TERMINAL = 400


def console(*, to_stderr: bool = False) -> Console:
    """A console for standard output, or for standard error."""
    file = sys.stderr if to_stderr else sys.stdout
    plain = not file.isatty()
    return Console(
        file=file,
        theme=_THEME,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=plain,
        width=_WIDTH_WITHOUT_TERMINAL if plain else None,
    )


def columns(
    rows: Iterable[Sequence[str | Text]],
    *,
    head: Sequence[str] | None = None,
    right: Sequence[int] = (),
) -> Table:
    """Rows in columns without lines; `right` names the columns of figures."""
    found = [list(row) for row in rows]
    count = len(head) if head else max((len(row) for row in found), default=1)
    table = Table(
        box=None, show_header=head is not None, header_style="quiet", pad_edge=False, padding=(0, 2)
    )
    for index in range(count):
        table.add_column(
            head[index] if head else "",
            justify="right" if index in right else "left",
            no_wrap=True,
            overflow="fold",
        )
    for row in found:
        table.add_row(*row)
    return table


def show(out: Console, table: Table) -> None:
    """Prints a table; without a terminal no line ends in spaces."""
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        out.print(line.rstrip())


def complain(text: str) -> None:
    """One plain line on standard error."""
    where = console(to_stderr=True)
    where.print(Text(" ".join(text.split()), style="look" if where.is_terminal else ""))


def duration(seconds: float) -> str:
    """A time for people: 4.2 s, 3 min 12 s, 5 h 2 min, 3 d 4 h."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for unit, next_unit, size, next_size in (
        ("d", "h", 86_400, 3_600),
        ("h", "min", 3_600, 60),
        ("min", "s", 60, 1),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // next_size} {next_unit}"
    return f"{whole} s"


def as_json_text(value: object) -> str:
    """JSON as commands print it: for programs, and legible for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)
