"""One installation on one machine: its secrets, and which process is told which of them.

Every process gets its settings as `EARNEST_…` variables. Secrets stand in files that only their
owner can read, and a process is given the names of those files that it needs, no others. The same
settings are kept in `var/run/NAME.env.json` while the system runs, so that `earnest solvency` and
its like, typed in another terminal, speak to the system that runs there.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from earnest.kit.errors import EarnestError, Kind
from earnest.kit.settings import PREFIX, Settings, read_settings
from earnest.run.embedded.run_state import read_run_state
from earnest.run.embedded.state_dir import StateDir, keep_secret, write_private

# What must never reach a process that has no use for it. Each list is all that the process gets.
SECRETS_OF: Mapping[str, frozenset[str]] = {
    "api": frozenset(
        {
            "database_url",
            "jwt_secret",
            "s3_access_key_id",
            "s3_secret_access_key",
            "stacks_api_key",
        }
    ),
    "worker": frozenset(
        {
            "database_url",
            "s3_access_key_id",
            "s3_secret_access_key",
            "signer_token",
            "attestation_key",
            "stacks_api_key",
        }
    ),
    "indexer": frozenset({"database_url", "stacks_api_key"}),
    "signer": frozenset({"database_url", "signer_passphrase", "signer_token"}),
}
ALL_SECRETS = frozenset().union(*SECRETS_OF.values())
# The database role that each process signs in as.
ROLE_OF: Mapping[str, str] = {
    "api": "api",
    "worker": "worker",
    "indexer": "indexer",
    "signer": "signer_ro",
}
# Not ours, but needed to reach a network through a proxy or with a certificate of one's own.
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


class NothingRunsHere(EarnestError):
    """Earnest does not run in {state_dir}, and EARNEST_DATABASE_URL is not set. \
Start it with `earnest up`, or name the database."""

    code = "nothing_runs_here"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Secrets:
    """Files of secrets that are made once. A value is read only where it is used."""

    state_dir: StateDir

    def database_password(self, role: str) -> str:
        """The password of `owner` or of one of the roles of the processes."""
        return keep_secret(
            self.state_dir.secrets / f"database-password-{role}", lambda: secrets.token_urlsafe(24)
        )

    def keep(self, name: str, value: str) -> Path:
        """Writes a secret that was made elsewhere, or changes with a port, into its file."""
        path = self.state_dir.secrets / name.replace("_", "-")
        write_private(path, value + "\n")
        return path.resolve()

    def file_of(self, name: str) -> Path:
        """The file of `jwt_secret`, `signer_token`, `signer_passphrase` or `attestation_key`."""
        path = self.state_dir.secrets / name.replace("_", "-")
        keep_secret(path, lambda: secrets.token_hex(32))
        return path.resolve()


def child_environment(
    process: str,
    *,
    outer: Mapping[str, str],
    own: Mapping[str, str],
    secret_files: Mapping[str, Path],
) -> dict[str, str]:
    """The whole environment of one process: `outer` is the person's, `own` what we decided.

    A setting in `own` replaces the person's; a secret is passed on only to a process that needs
    it, as the name of its file where we keep one.
    """
    granted = SECRETS_OF[process]
    chosen: dict[str, str] = {}
    for variable, value in outer.items():
        name = variable.removeprefix(PREFIX).removesuffix("_FILE").lower()
        if variable.startswith(PREFIX) and (name not in ALL_SECRETS or name in granted):
            chosen[variable] = value
    for name, value in own.items():
        if name not in ALL_SECRETS or name in granted:
            _replace(chosen, name, value)
    for name, path in secret_files.items():
        if name in granted:
            _replace(chosen, name, None)
            chosen[f"{PREFIX}{name.upper()}_FILE"] = str(path)
    passed = {name: outer[name] for name in _PASSED_ON if name in outer}
    # Nothing on this machine is reached through a proxy.
    around = ",".join(filter(None, (outer.get("NO_PROXY", ""), "127.0.0.1", "localhost")))
    return {**passed, "NO_PROXY": around, **chosen}


def _replace(environment: dict[str, str], name: str, value: str | None) -> None:
    variable = PREFIX + name.upper()
    environment.pop(variable, None)
    environment.pop(f"{variable}_FILE", None)
    if value is not None:
        environment[variable] = value


def _environment_file(state_dir: StateDir, process: str) -> Path:
    return state_dir.run / f"{process}.env.json"


def keep_environment(state_dir: StateDir, process: str, environment: Mapping[str, str]) -> None:
    """Remembers what a process was started with, for commands of the same person."""
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    write_private(_environment_file(state_dir, process), json.dumps(ours, indent=1) + "\n")


def operator_settings(
    process: str, outer: Mapping[str, str], *, state_dir: Path | None = None
) -> Settings:
    """The settings for a command that acts with the rights of `process`.

    Those of the system that runs in the state directory, each replaced by what the environment
    says. Raises `NothingRunsHere` when neither names a database.
    """
    asked = read_settings(outer)
    where = StateDir(state_dir or asked.state_dir)
    merged: dict[str, str] = {}
    if read_run_state(where) is not None and _environment_file(where, process).exists():
        merged = json.loads(_environment_file(where, process).read_text(encoding="utf-8"))
    for variable, value in outer.items():
        if variable.startswith(PREFIX):
            plain = variable.removesuffix("_FILE")
            merged.pop(plain, None)
            merged.pop(f"{plain}_FILE", None)
            merged[variable] = value
    settings = read_settings(merged)
    if not settings.database_url:
        raise NothingRunsHere(state_dir=where.root)
    return settings
