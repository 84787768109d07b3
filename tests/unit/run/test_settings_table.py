"""The table of settings in docs/how-to/run-it.md says what the code says."""

from enum import Enum
from pathlib import Path

import msgspec

from earnest.kit.settings import PREFIX, Settings

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "run-it.md"


def shown_default(default: object) -> str:
    """A default as the table writes it."""
    if isinstance(default, Enum):
        return str(default.value)
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    """In the order of the code, none missing, none left over, none with an outdated default."""
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{PREFIX}")
    ]
    assert [(name, default) for name, default, _ in rows] == [
        (PREFIX + field.name.upper(), shown_default(field.default))
        for field in msgspec.structs.fields(Settings)
    ]
    assert all(words for _, _, words in rows)
