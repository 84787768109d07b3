"""The key file: one ed25519 key, encrypted with ChaCha20-Poly1305 under an Argon2id key.

The file states its own parameters; they and the public address are authenticated with the key.
Source: RFC 9106 (Argon2), RFC 8439 (ChaCha20-Poly1305).
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Literal

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from solders.keypair import Keypair

from earnest.signer.errors import KeyFileBroken, KeyFileExists, KeyFileUnsafe, PassphraseWrong

_KEY_BYTES = 32
_NONCE_BYTES = 12
_SALT_BYTES = 16
# RFC 9106, second recommended option: 64 MiB, three passes.
MEMORY_KIB = 65_536
PASSES = 3
LANES = 4
_MEMORY_KIB_MAX = 4 * 1024 * 1024
_FILE_BYTES_MAX = 16 * 1024
# Argon2id hides a poor passphrase for a while, not for ever.
PASSPHRASE_LENGTH_MIN = 12


class _Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Literal["argon2id"]
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    address: str
    kdf: _Kdf
    cipher: Literal["chacha20-poly1305"]
    nonce: bytes
    sealed: bytes


def create_key_file(
    path: Path, passphrase: str, *, keypair: Keypair | None = None, memory_kib: int = MEMORY_KIB
) -> str:
    """Makes a key (or seals the one given) and returns its public address.

    The file is new, mode 0600, in a folder of mode 0700, and on disk when this returns.
    Raises `KeyFileExists`, or `KeyFileBroken` for a passphrase that is too short.
    """
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        reason = f"the passphrase is shorter than {PASSPHRASE_LENGTH_MIN} characters"
        raise KeyFileBroken(path=str(path), reason=reason)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_private(path.parent)
    keypair = keypair or Keypair()
    kdf = _Kdf("argon2id", memory_kib, PASSES, LANES, secrets.token_bytes(_SALT_BYTES))
    address, nonce = str(keypair.pubkey()), secrets.token_bytes(_NONCE_BYTES)
    cipher = ChaCha20Poly1305(_derive(kdf, passphrase))
    sealed = cipher.encrypt(nonce, bytes(keypair), _authenticated(address, kdf))
    content = _KeyFile(1, address, kdf, "chacha20-poly1305", nonce, sealed)
    body = msgspec.json.format(msgspec.json.encode(content)) + b"\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise KeyFileExists(path=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return address


def open_key_file(path: Path, passphrase: str) -> Keypair:
    """The key. Raises `KeyFileUnsafe`, `KeyFileBroken` or `PassphraseWrong`."""
    content = _read(path)
    try:
        cipher = ChaCha20Poly1305(_derive(content.kdf, passphrase))
        secret = cipher.decrypt(
            content.nonce, content.sealed, _authenticated(content.address, content.kdf)
        )
    except InvalidTag as error:
        raise PassphraseWrong(path=str(path)) from error
    keypair = Keypair.from_bytes(secret)
    if str(keypair.pubkey()) != content.address:
        raise KeyFileBroken(path=str(path), reason="it names another address than its key's")
    return keypair


def key_address(path: Path) -> str:
    """The public address in a key file; no passphrase is needed."""
    return _read(path).address


def check_private(path: Path) -> None:
    """Raises `KeyFileUnsafe` when anyone but the owner can read or change `path`."""
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077 or found.st_uid != os.geteuid():
        raise KeyFileUnsafe(path=str(path), mode=f"{mode:04o}, owner {found.st_uid}")


def _read(path: Path) -> _KeyFile:
    try:
        check_private(path.parent)
        check_private(path)
        if path.stat().st_size > _FILE_BYTES_MAX:
            raise KeyFileBroken(path=str(path), reason="it is too long")
        content = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
    except (OSError, msgspec.MsgspecError) as error:
        raise KeyFileBroken(path=str(path), reason=str(error)) from error
    kdf = content.kdf
    sound = (
        8 * kdf.lanes <= kdf.memory_kib <= _MEMORY_KIB_MAX
        and 1 <= kdf.passes <= 64
        and 1 <= kdf.lanes <= 64
        and len(kdf.salt) >= _SALT_BYTES
        and len(content.nonce) == _NONCE_BYTES
    )
    if not sound:
        raise KeyFileBroken(path=str(path), reason="its parameters are out of bounds")
    return content


def _derive(kdf: _Kdf, passphrase: str) -> bytes:
    return hash_secret_raw(
        passphrase.encode(),
        kdf.salt,
        time_cost=kdf.passes,
        memory_cost=kdf.memory_kib,
        parallelism=kdf.lanes,
        hash_len=_KEY_BYTES,
        type=Type.ID,
    )


def _authenticated(address: str, kdf: _Kdf) -> bytes:
    return b"earnest key file 1\0" + address.encode() + b"\0" + msgspec.json.encode(kdf)
