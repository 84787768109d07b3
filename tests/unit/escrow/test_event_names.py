"""The names of events, as the contract's own page lists them."""

import re
from pathlib import Path

from earnest.escrow import EventName

README = Path(__file__).parents[3] / "contracts" / "README.md"


def test_every_event_of_the_contract_can_be_asked_for() -> None:
    """The names that the API takes are those of the contract's table, none more and none less."""
    part = README.read_text("utf-8").split("## Events")[1].split("## Errors")[0]
    rows = [row.split("|")[1] for row in part.splitlines() if row.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}
    assert {each.value for each in EventName} == listed
