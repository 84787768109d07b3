"""The key file: what opens it, what does not, and who may read it."""

import json
import stat
from pathlib import Path

import pytest
from solders.keypair import Keypair

from earnest.signer import create_key_file, key_address, open_key_file
from earnest.signer.errors import KeyFileBroken, KeyFileExists, KeyFileUnsafe, PassphraseWrong

PASSPHRASE = "correct horse battery"
MEMORY_KIB = 64


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key file that was just made."""
    path = tmp_path / "signer" / "key.json"
    create_key_file(path, PASSPHRASE, memory_kib=MEMORY_KIB)
    return path


def test_opens_with_its_passphrase(tmp_path: Path) -> None:
    """The same key comes back; its address is readable without the passphrase."""
    path, keypair = tmp_path / "signer" / "key.json", Keypair()
    address = create_key_file(path, PASSPHRASE, keypair=keypair, memory_kib=MEMORY_KIB)
    assert open_key_file(path, PASSPHRASE) == keypair
    assert address == key_address(path) == str(keypair.pubkey())
    assert bytes(keypair)[:32].hex() not in path.read_text()


def test_is_private_from_the_start(key_file: Path) -> None:
    """0600 in 0700."""
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700


def test_is_never_overwritten(key_file: Path) -> None:
    """A key that holds money cannot be lost by running init again."""
    before = key_file.read_bytes()
    with pytest.raises(KeyFileExists):
        create_key_file(key_file, PASSPHRASE, memory_kib=MEMORY_KIB)
    assert key_file.read_bytes() == before


def test_other_passphrases_do_not_open_it(key_file: Path) -> None:
    """Not a similar one either."""
    with pytest.raises(PassphraseWrong):
        open_key_file(key_file, PASSPHRASE + " ")


def test_short_passphrase_is_refused(tmp_path: Path) -> None:
    """Eleven characters are too few; no file is left behind."""
    with pytest.raises(KeyFileBroken, match="shorter"):
        create_key_file(tmp_path / "s" / "key.json", "x" * 11, memory_kib=MEMORY_KIB)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_key_that_others_reach_is_not_used(key_file: Path, mode: int) -> None:
    """Any right of group or world is too much."""
    key_file.chmod(mode)
    with pytest.raises(KeyFileUnsafe):
        open_key_file(key_file, PASSPHRASE)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("address", str(Keypair.from_seed(bytes(32)).pubkey()), PassphraseWrong),
        ("sealed", "AAAA", PassphraseWrong),
        ("version", 2, KeyFileBroken),
        ("cipher", "none", KeyFileBroken),
        ("nonce", "AAAA", KeyFileBroken),
        ("extra", 1, KeyFileBroken),
    ],
)
def test_changed_files_are_refused(
    key_file: Path, field: str, value: object, error: type[Exception]
) -> None:
    """Address and parameters are authenticated with the key."""
    content = json.loads(key_file.read_text())
    content[field] = value
    key_file.write_text(json.dumps(content))
    with pytest.raises(error):
        open_key_file(key_file, PASSPHRASE)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("memory_kib", 2**40), ("passes", 0), ("lanes", 1000), ("salt", "AA==")],
)
def test_parameters_are_bounded(key_file: Path, parameter: str, value: object) -> None:
    """A file cannot make us spend a terabyte on opening it."""
    content = json.loads(key_file.read_text())
    content["kdf"][parameter] = value
    key_file.write_text(json.dumps(content))
    with pytest.raises(KeyFileBroken):
        open_key_file(key_file, PASSPHRASE)
