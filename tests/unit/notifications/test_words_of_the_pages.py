"""The inbox of the web app makes its own words of each kind, in the reader's language."""

import re
from pathlib import Path

import pytest

from earnest.notifications import NotificationKind, needs_of

SOURCE = Path(__file__).parents[3] / "web" / "src" / "inbox" / "words.ts"
# What the page calls what a text of the server calls otherwise.
NAMES = {"projectTitle": "title", "milestoneNum": "milestone", "termsVersion": "version"}
_ENTRY = re.compile(r"^  ([a-z_]+): \(\{([^}]*)\}\) => \[$(.*?)^  \],$", re.M | re.S)


def words() -> dict[str, tuple[set[str], str]]:
    """kind → the names that its words take, and the words."""
    return {
        kind: ({name.strip() for name in taken.split(",")}, text)
        for kind, taken, text in _ENTRY.findall(SOURCE.read_text(encoding="utf-8"))
    }


def test_every_kind_has_words_in_the_pages_and_no_other() -> None:
    """A kind that is added to the server without words for the pages fails here."""
    assert set(words()) == {kind.value for kind in NotificationKind}


@pytest.mark.parametrize("kind", NotificationKind)
def test_the_pages_say_of_a_kind_what_the_server_says_of_it(kind: NotificationKind) -> None:
    """The same facts are named on both sides: no sum or block is left out in translation."""
    taken, text = words()[kind.value]
    assert taken == {NAMES.get(name, name) for name in needs_of(kind)}
    assert set(re.findall(r"\$\{(\w+)\}", text)) == taken
