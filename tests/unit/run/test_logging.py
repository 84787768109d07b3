"""What processes write about themselves: the fault, and never a secret."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import structlog
from earnest.kit.settings import Settings
from earnest.run.logging import set_up_logging

set_up_logging(Settings(log_format="{form}"), "worker")

def connect(dsn):
    passphrase_bytes = b"tanager-" + b"velvet"
    raise ConnectionResetError("the other side hung up")

for log in (structlog.get_logger("ours"), logging.getLogger("theirs")):
    try:
        connect("postgresql://worker:" + "-".join(["magpie", "thistle"]) + "@127.0.0.1/earnest")
    except ConnectionResetError:
        log.exception("lost")
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_shows_no_local_variable(form: str) -> None:
    """The fault and its place are told; URLs with passwords and keys on the way are not."""
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(form=form)],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert said.count("the other side hung up") >= 2
    assert "connect" in said
    assert "magpie-thistle" not in said
    assert "tanager-velvet" not in said
    if form == "json":
        for line in said.splitlines():
            assert json.loads(line)["event"] == "lost"
