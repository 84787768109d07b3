"""`earnest dossier verify`: proves a dossier with nothing but the file. No network, no database."""

import hashlib
from pathlib import Path

from rich.text import Text

from earnest.kit.errors import InvalidInput
from earnest.projects import DossierCheck, SignedDossier, check_dossier
from earnest.run.operate import print_json
from earnest.run.terminal import console

_FILE_BYTES_MAX = 64 * 1024 * 1024
_FILES_MAX = 10_000
_CHUNK_BYTES = 1024 * 1024
# What a file says may be long, or meant for a terminal and not for a reader.
_SAID_LENGTH_MAX = 600


def verify_dossier(file: Path, *, key: str | None, folder: Path | None, as_json: bool) -> int:
    """Says what is proved, and what speaks against it. 0 when nothing does."""
    public_key = _read_key(key)
    try:
        if file.stat().st_size > _FILE_BYTES_MAX:
            raise InvalidInput(reason=f"{file} is larger than any dossier.")
        data = file.read_bytes()
        files = None if folder is None else _hash_files(folder)
    except OSError as error:
        raise InvalidInput(reason=f"{error.filename} cannot be read: {error.strerror}.") from error
    check = check_dossier(data, key=public_key, files=files)
    if as_json:
        print_json(
            {
                "ok": check.ok,
                "sha256": hashlib.sha256(data).hexdigest(),
                "disputeId": check.signed.dossier.dispute_id if check.signed else None,
                "publicKey": check.signed.signature.public_key if check.signed else None,
                "faults": check.faults,
                "notes": check.notes,
            }
        )
    else:
        _print(check, hashlib.sha256(data).hexdigest())
    return 0 if check.ok else 1


def _read_key(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InvalidInput(reason="--key is a public key: 64 hexadecimal digits.")
    return key


def _hash_files(folder: Path) -> dict[str, int]:
    """The sizes of the files in a folder and below it, by the SHA-256 of what they hold."""
    if not folder.is_dir():
        raise InvalidInput(reason=f"{folder} is no folder.")
    found: dict[str, int] = {}
    for count, path in enumerate(sorted(folder.rglob("*"))):
        if count >= _FILES_MAX:
            raise InvalidInput(reason=f"{folder} holds more than {_FILES_MAX} files.")
        if not path.is_file():
            continue
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
        found[digest.hexdigest()] = size
    return found


def _print(check: DossierCheck, sha256: str) -> None:
    out = console()
    if check.signed is not None:
        _print_content(check.signed, sha256)
    for fault in check.faults:
        out.print(Text(f"  {_plain(fault)}", style="look"))
    if check.ok:
        out.print(Text("Proved: signature, form, every hash, every event.", style="done"))
    else:
        out.print(Text("Not proved. Do not rely on this file.", style="look"))
    for note in check.notes:
        out.print(Text(f"  {_plain(note)}", style="quiet"))


def _print_content(signed: SignedDossier, sha256: str) -> None:
    dossier = signed.dossier
    out = console()
    out.print(f"Dossier {sha256}")
    out.print(f"Dispute {_plain(dossier.dispute_id)} on {_plain(dossier.contract)}")
    files = sum(len(each.item.files) for each in dossier.evidence)
    out.print(f"Events {len(dossier.events)}, evidence {len(dossier.evidence)}, files {files}.")
    outcome = dossier.outcome
    if outcome is not None:
        out.print(
            f"Outcome: {_plain(outcome.how)}, {outcome.bps} of 10,000 to the freelancer:"
            f" {_plain(outcome.net_minor)} to it, {_plain(outcome.refund_minor)} back,"
            f" {_plain(outcome.fee_minor)} fee, in minor units of"
            f" {_plain(dossier.token or 'STX')}."
        )


def _plain(text: str) -> str:
    """What a file says, on one line, without signs that steer a terminal."""
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
    return shown if len(shown) <= _SAID_LENGTH_MAX else shown[: _SAID_LENGTH_MAX - 1] + "…"
