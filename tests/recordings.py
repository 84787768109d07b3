"""Where recorded answers of a real Stacks API server lie, if they are on this machine."""

import os
from pathlib import Path


def stacks_recordings() -> Path | None:
    """The folder that `EARNEST_STACKS_RECORDINGS` names, or the one beside this repository's."""
    named = os.environ.get("EARNEST_STACKS_RECORDINGS")
    beside = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "stacks-api"
    found = Path(named) if named else beside
    return found if found.is_dir() else None
