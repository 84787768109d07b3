"""How a demo is told: lines as they happen, bars where something takes long, tables at the end.

The same words with and without a terminal; without one there are no bars and no colours, and each
wait says once what it waits for. No line is longer than 80 characters.
"""

import re
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import segno
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from earnest.run.terminal import console

WIDTH_MAX = 80
_INDENT = "        "
# Dark on light, as cameras want it, whatever the terminal's own colours are.
_QR_STYLE = Style(color="#15201a", bgcolor="#fdfdf8")


class Coin(Enum):
    """The states of money: shape first, then words, then colour."""

    WAITING = ("◌", "quiet")
    SEEN = ("◐", "waiting")
    FINAL = ("●", "done")
    DISPUTED = ("◒", "look")
    GIVEN_BACK = ("↩", "quiet")


class Waiting:
    """A wait that is being told. `update` moves its bar, where there is one."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=1, note="") if progress else None

    def update(self, coin: Coin, words: str, done: int, total: int, note: str = "") -> None:
        """What is the case now: `done` of `total`."""
        if self._progress is not None and self._task is not None:
            shape, style = coin.value
            self._progress.update(
                self._task,
                description=f"[{style}]{shape} {words}[/]",
                completed=done,
                total=total,
                note=note,
            )


class Story:
    """Tells on a console, with the seconds since the beginning beside each line."""

    def __init__(self, *, record: bool = False) -> None:
        out = console()
        if record:
            # For a picture of it: colours, but no bars that move.
            out = Console(
                record=True, width=WIDTH_MAX, force_terminal=True, color_system="truecolor",
                highlight=False, emoji=False, markup=False, theme=_recorded_theme(),
            )  # fmt: skip
        out.width = min(out.width, WIDTH_MAX)
        out.soft_wrap = False
        self._out = out
        self._moves = out.is_terminal and not record
        self._colours = out.is_terminal and not out.no_color
        self._began = time.monotonic()

    @property
    def console(self) -> Console:
        """Where it is told."""
        return self._out

    def _clock(self) -> str:
        passed = int(time.monotonic() - self._began)
        return f"{passed // 60:>3}:{passed % 60:02d}  "

    def line(self, text: str | Text = "") -> None:
        """A line as it is."""
        self._out.print(text)

    def heading(self, text: str) -> None:
        """A new part of the way."""
        self._out.print()
        self._out.print(Text(text, style="name"))

    def tell(self, text: str, *, coin: Coin | None = None, words: str = "") -> None:
        """What happened. `words` name the state beside its coin; the text goes on from them."""
        shape, style = coin.value if coin else ("", "")
        head = f"{shape} {words}" if coin else ""
        wrapped = textwrap.wrap(
            f"{head}{text}",
            width=self._out.width - len(_INDENT),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, part in enumerate(wrapped):
            line = Text()
            line.append(self._clock() if number == 0 else _INDENT, style="quiet")
            line.append(part)
            if number == 0 and head:
                line.stylize(style, len(_INDENT), len(_INDENT) + len(head))
            self._out.print(line)

    def copy_out(self, text: str) -> None:
        """A long text that is to be copied: cut at the edge, never at a word."""
        room = self._out.width - len(_INDENT)
        for start in range(0, len(text), room):
            self._out.print(Text(_INDENT + text[start : start + room], style="quiet"))

    @contextmanager
    def waiting(self, for_what: str) -> Iterator[Waiting]:
        """A wait with a bar; where nothing can move, one line that says what it is for."""
        if not self._moves:
            self.tell(f" for {for_what}.", coin=Coin.WAITING, words="Waiting")
            yield Waiting(None)
            return
        with Progress(
            TextColumn(_INDENT + "{task.description}", markup=True),
            BarColumn(bar_width=24, complete_style="waiting", finished_style="done"),
            TextColumn("{task.fields[note]}", style="quiet", markup=False),
            console=self._out,
            transient=True,
            refresh_per_second=8,
        ) as progress:
            wait = Waiting(progress)
            wait.update(Coin.WAITING, for_what, 0, 1)
            yield wait

    def qr(self, text: str) -> None:
        """The QR code, two modules a character, with the quiet zone that cameras need."""
        rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
        if len(rows) % 2:
            rows.append([0] * len(rows[0]))
        if len(rows[0]) + 2 > self._out.width:
            self.tell("This terminal is too narrow for the QR code; the link says the same.")
            return
        # Without colours a dark background is assumed, and the light modules are drawn.
        glyphs = _DARK if self._colours else _LIGHT
        margin = " " * ((self._out.width - len(rows[0])) // 2)
        for upper, lower in zip(rows[::2], rows[1::2], strict=True):
            drawn = "".join(glyphs[bool(a), bool(b)] for a, b in zip(upper, lower, strict=True))
            line = Text(margin)
            line.append(drawn, style=_QR_STYLE if self._colours else "none")
            self._out.print(line)

    def rows(
        self, rows: Sequence[Sequence[str]], *, head: Sequence[str] = (), left: int = 1
    ) -> None:
        """A table without lines; all columns after the first `left` are figures."""
        table = [head, *rows] if head else list(rows)
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        for number, row in enumerate(table):
            cells = [
                cell.ljust(width) if i < left else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            style = "quiet" if head and number == 0 else "none"
            self._out.print(Text("  " + "  ".join(cells).rstrip(), style=style))

    def rule(self, width: int, *, checked: bool = False) -> None:
        """A line over a sum, or the double one under a sum that has been checked."""
        self._out.print(Text("  " + ("═" if checked else "─") * width, style="quiet"))

    def save_picture(self, path: Path) -> None:
        """Writes what was told as an SVG of its own, with nothing to load from elsewhere."""
        from rich.terminal_theme import TerminalTheme

        paper = TerminalTheme(
            (253, 253, 248), (21, 32, 26),
            [(21, 32, 26), (151, 43, 23), (12, 79, 60), (117, 78, 0), (47, 80, 105),
             (47, 80, 105), (12, 79, 60), (85, 97, 89)],
            [(85, 97, 89), (151, 43, 23), (12, 79, 60), (117, 78, 0), (47, 80, 105),
             (47, 80, 105), (12, 79, 60), (21, 32, 26)],
        )  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = self._out.export_svg(title="earnest demo", theme=paper)
        path.write_text(_plain_picture(picture), encoding="utf-8")


# (upper module dark, lower module dark) → the character that draws the dark, or the light, ones.
_DARK = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_LIGHT = {(not a, not b): glyph for (a, b), glyph in _DARK.items()}


def _recorded_theme() -> Theme:
    return Theme(
        {
            "done": "#0c4f3c", "waiting": "#754e00", "look": "#972b17",
            "quiet": "#556159", "name": "bold",
        }
    )  # fmt: skip


def _plain_picture(svg: str) -> str:
    """The picture without fonts that rich would load from elsewhere, and without window buttons."""
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
    svg = re.sub(r'<g transform="translate\(26,22\)">\s*(<circle[^>]*/>\s*)*</g>', "", svg)
    return svg.replace("Fira Code", "DejaVu Sans Mono")
