"""What notifications say, and what is refused before it is stored."""

from typing import Any

import pytest

from earnest.notifications import NotificationKind, NotificationMalformed, needs_of
from earnest.notifications.rules import (
    check_notification,
    reword_notification,
    word_notification,
)

EVERYTHING: dict[str, Any] = {
    "projectTitle": "A shed",
    "milestoneNum": 2,
    "amountMinor": "12500000",
    "netMinor": "7500000",
    "refundMinor": "5000000",
    "asset": "STX",
    "bps": 6_000,
    "claimFrom": 1000,
    "defaultFrom": 2000,
    "expires": 3000,
    "revealedAt": "1 May 2026",
    "termsVersion": 2,
    "count": 3,
}


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_has_words_that_end_and_name_no_key(kind: NotificationKind) -> None:
    """Each kind is worded over data of its own: no brace is left, the body is of whole sentences,
    and nothing is called a success, or pending."""
    words = word_notification(kind, EVERYTHING)
    text = f"{words.title} {words.body}"
    assert "{" not in text
    assert words.body.endswith(".")
    assert "success" not in text.lower()
    assert "pending" not in text.lower()


@pytest.mark.parametrize("kind", NotificationKind)
def test_data_that_lacks_what_the_words_need_is_refused(kind: NotificationKind) -> None:
    """Whatever a text uses must be there: nobody is ever told of a `{name}`."""
    if needs_of(kind):
        with pytest.raises(NotificationMalformed):
            word_notification(kind, {})


def test_money_is_shown_as_figure_space_and_unit() -> None:
    """Amounts in data are minor units; in words they are sums with their unit, never broken."""
    words = word_notification("escrow_funded", EVERYTHING)
    assert "12.50\u00a0STX" in words.body
    assert "60\u00a0%" in word_notification("settlement_offered", EVERYTHING).body
    assert "0.05\u00a0%" in word_notification("arbiter_voted", EVERYTHING | {"bps": 5}).body


def test_a_title_cannot_drown_or_turn_the_sentence() -> None:
    """People's words are cut, stay on one line, and lose the signs that turn text around. Markup
    stays the text that it is; what shows it shows text."""
    title = "x" * 500 + "\u202eevil\n<script>"
    words = word_notification("project_cancelled", {"projectTitle": title})
    assert len(words.title) < 160
    short = word_notification("project_cancelled", {"projectTitle": "\u202e<b>\n{amount}"})
    assert short.title == "“<b> {amount}” was cancelled"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "no_such_kind"}, "no_such_kind"),
        ({"subject": "a project"}, "names nothing to open"),
        ({"subject": "project:"}, "names nothing to open"),
        ({"key": ""}, "a key of 0"),
        ({"key": "k" * 301}, "a key of 301"),
        ({"data": EVERYTHING | {"amountMinor": "1.5"}}, "escrow_funded"),
        ({"data": EVERYTHING | {"asset": "XYZ"}}, "escrow_funded"),
        ({"data": EVERYTHING | {"more": "x" * 5_000}}, "bytes of data"),
    ],
)
def test_what_no_inbox_could_show_is_refused(change: dict[str, Any], reason: str) -> None:
    """A mistake is told where it is made, and not in somebody's inbox."""
    sound: dict[str, Any] = {
        "kind": "escrow_funded",
        "subject": "project:1",
        "data": EVERYTHING,
        "key": "k",
    }
    check_notification(**sound)
    with pytest.raises(NotificationMalformed, match=reason):
        check_notification(**(sound | change))


def test_a_row_of_an_older_version_can_still_be_shown() -> None:
    """Rows outlive texts: one that lacks what today's words need gets plain ones."""
    assert reword_notification("escrow_funded", {}).title == "Something of yours changed"
