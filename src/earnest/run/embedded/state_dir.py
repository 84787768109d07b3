"""The state directory of one installation: its layout, its lock and its secrets.

var/postgres  var/s3                data of the embedded parts
var/chain  var/stacks               the local chains, Solana and Stacks
var/log       NAME.log, one for each process
var/run       state.json, the lock
var/secrets   passwords and keys that are made once
"""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from earnest.run.embedded.errors import EarnestAlreadyRuns


@dataclass(frozen=True)
class StateDir:
    """Where one installation keeps everything. All folders are 0700."""

    root: Path

    @property
    def postgres(self) -> Path:
        """Data of the database server; belongs to it alone."""
        return self.root / "postgres"

    @property
    def s3(self) -> Path:
        """Objects and settings of the S3 server."""
        return self.root / "s3"

    @property
    def chain(self) -> Path:
        """What the local chain keeps between runs."""
        return self.root / "chain"

    @property
    def stacks(self) -> Path:
        """What the local Stacks chain keeps between runs."""
        return self.root / "stacks"

    @property
    def log(self) -> Path:
        """One NAME.log for each process."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """What is true only while Earnest runs."""
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        """Passwords and keys that were made once."""
        return self.root / "secrets"

    @property
    def state_file(self) -> Path:
        """What runs now; see `run_state`."""
        return self.run / "state.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the process that runs the parts; holds its process id."""
        return self.run / "earnest.lock"

    def log_of(self, name: str) -> Path:
        """The log of the process called `name`."""
        return self.log / f"{name}.log"

    def make(self) -> Self:
        """Makes the folders that every part needs; those of the data are made by their parts."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.log, self.run, self.secrets):
            make_private(folder)
        return self


def make_private(folder: Path) -> None:
    """Makes a folder that only its owner may enter; one that is there is closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_private(path: Path, text: str, *, flush: bool = True) -> None:
    """Replaces a file in one step: a reader sees the old text or the new, never half. Mode 0600.

    With `flush` it is on the disk when this returns; a note for the moment needs no flush.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if flush:
            file.flush()
            os.fsync(file.fileno())
    draft.replace(path)


def keep_secret(path: Path, make: Callable[[], str]) -> str:
    """Gives the secret kept at `path`; the first call makes it. Two first calls agree on one."""
    if not path.exists():
        make_private(path.parent)
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        write_private(draft, make())
        try:
            # A link, not a rename: it fails when somebody else was first, and theirs counts.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path.read_text(encoding="utf-8").strip()


class StateLock:
    """Held by the one process that runs the parts of a state directory.

    The kernel lets go of it when that process dies, however it dies. Children do not inherit it.
    """

    def __init__(self, state_dir: StateDir) -> None:
        self._state_dir = state_dir
        self._descriptor: int | None = None

    def acquire(self, *, seconds: float = 1.0) -> Self:
        """Takes the lock. Raises `EarnestAlreadyRuns` when somebody else keeps it.

        It waits a moment, because `lock_is_held` (of `earnest status`) holds it while it looks.
        """
        self._state_dir.make()
        path = self._state_dir.lock_file
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise EarnestAlreadyRuns(
                    f"Earnest already runs here (process {holder or 'unknown'}, "
                    f"state directory {self._state_dir.root}). "
                    "Stop it first, or choose another state directory."
                ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Lets go of the lock; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def lock_is_held(state_dir: StateDir) -> bool:
    """Whether some process runs the parts of this state directory at this moment."""
    try:
        descriptor = os.open(state_dir.lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
