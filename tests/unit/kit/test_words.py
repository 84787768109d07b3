"""What counts as a text."""

import pytest

from earnest.kit.words import says_something


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n",
        "\u00a0\u2003\u3000",  # blanks of every width
        "\u200b",  # a blank without width
        "\u200d\u2060\ufeff",  # joiners, and a byte order mark
        "\u202e\u2066\u2069",  # signs that only turn the text around
        "\u2800",  # the Braille pattern without a dot
        "\u3164\u115f\uffa0",  # fillers of Hangul, letters by their category
        "\ufe0f\U000e0100",  # selectors of a look, of nothing
        "\u034f",
        "\u0085\u2028\u2029",
    ],
)
def test_what_nobody_can_see_says_nothing(text: str) -> None:
    """Blanks, controls, formats and fillers, alone or together, are no text."""
    assert not says_something(text)
    assert says_something(f"{text}a{text}")


@pytest.mark.parametrize("text", ["a", "…", "字", "ب", "👍🏽", "é", "e\u0301", "0", "क्\u200dष"])
def test_any_sign_that_shows_says_something(text: str) -> None:
    """One letter, figure, mark or picture of any script is enough."""
    assert says_something(text)
