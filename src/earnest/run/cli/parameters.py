"""What commands share: their options, and the settings they run with."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from earnest.kit.settings import Settings

StateDir = Annotated[
    Path | None,
    Parameter(
        name="--state-dir",
        help="Where one machine's system keeps everything: EARNEST_STATE_DIR, or var.",
    ),
]
SlotMs = Annotated[
    int,
    Parameter(
        help="Milliseconds of a slot of the local chain.",
        validator=Number(gte=10, lte=10_000),
    ),
]
StacksBlockMs = Annotated[
    int,
    Parameter(
        help="Milliseconds between blocks of the local Stacks chain; 0 mines only when told.",
        validator=Number(gte=0, lte=3_600_000),
    ),
]
StacksBurnEvery = Annotated[
    int,
    Parameter(
        help="A Bitcoin block every so many of them; 0 only when told.",
        validator=Number(gte=0, lte=1_000_000),
    ),
]
ChainName = Annotated[
    Literal["solana", "stacks"] | None,
    Parameter(help="Which one, where more than one is halted."),
]
Port = Annotated[int | None, Parameter(validator=Number(gte=0, lte=65_535))]
Limit = Annotated[
    int, Parameter(help="How many a page, at most 1000.", validator=Number(gte=1, lte=1_000))
]
By = Annotated[str, Parameter(help="Who decided it: your name, for the audit.")]
Note = Annotated[str, Parameter(help="Why, for the audit.")]
ByTerminal = Annotated[
    str, Parameter(name="--by", help="Who decided it, for the audit: else the name of this login.")
]
WhyNote = Annotated[str, Parameter(name="--note", help="Why, for the audit.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="JSON, for programs.")]


def read_environment() -> "Settings":
    """What the environment says."""
    from earnest.kit.settings import read_settings

    return read_settings(os.environ)


def state_dir_of(named: Path | None) -> Path:
    """The folder that was named, else the one of the settings."""
    from earnest.kit.settings import read_settings

    return named or read_settings(os.environ).state_dir


def settings_of(process: str, state_dir: Path | None) -> "Settings":
    """The settings that a process of this machine's system runs with."""
    from earnest.run.installation import operator_settings

    return operator_settings(process, os.environ, state_dir=state_dir)
