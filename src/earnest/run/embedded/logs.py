"""Keeping the logs of child processes within bounds."""

import os
import shutil
from pathlib import Path


def rotate_log(log: Path, *, bytes_max: int) -> bool:
    """When `log` outgrew `bytes_max`, keeps its last `bytes_max` as `NAME.log.1` and empties it.

    The writers keep their descriptors (opened for appending), so they need not be told. What they
    write between the copy and the cut is lost: the price of a plain file over a pipe, which would
    stop the writers whenever its reader stalls. Gives whether the log was rotated.
    """
    try:
        size = log.stat().st_size
    except FileNotFoundError:
        return False
    if size <= bytes_max:
        return False
    kept = log.with_name(f"{log.name}.1")
    draft = log.with_name(f".{log.name}.1.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with log.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        source.seek(size - bytes_max)
        shutil.copyfileobj(source, target)
        target.truncate(bytes_max)
    draft.replace(kept)
    os.truncate(log, 0)
    return True
