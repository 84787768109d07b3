"""c32check text and Stacks addresses."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earnest.chains.stacks import AddressVersion, InvalidStacksAddress, StacksAddress, c32

hashes = st.binary(min_size=20, max_size=20)


@pytest.mark.parametrize(
    ("text", "version", "hash160_hex"),
    [
        # Vectors of the c32check reference and of SIP-005.
        ("SP000000000000000000002Q6VF78", 22, "00" * 20),
        ("ST000000000000000000002AMW42H", 26, "00" * 20),
        (
            "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7",
            22,
            "a46ff88886c2ef9762d970b4d2c63678835bd39d",
        ),
        (
            "SM2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQVX8X0G",
            20,
            "a46ff88886c2ef9762d970b4d2c63678835bd39d",
        ),
        (
            "ST2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQYAC0RQ",
            26,
            "a46ff88886c2ef9762d970b4d2c63678835bd39d",
        ),
        (
            "SN2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKP6D2ZK9",
            21,
            "a46ff88886c2ef9762d970b4d2c63678835bd39d",
        ),
    ],
)
def test_known_addresses_read_and_write(text: str, version: int, hash160_hex: str) -> None:
    """Published addresses of all four versions give their hash and are written again alike."""
    address = StacksAddress.parse(text)
    assert (address.version, address.hash160.hex()) == (version, hash160_hex)
    assert str(address) == text


@given(version=st.sampled_from(list(AddressVersion)), hash160=hashes)
@example(version=AddressVersion.MAINNET_SINGLE_SIG, hash160=b"\0" * 19 + b"\1")
@example(version=AddressVersion.TESTNET_SCRIPT, hash160=b"\0\xff" * 10)
def test_every_hash_survives_the_round_trip(version: AddressVersion, hash160: bytes) -> None:
    """Whatever the hash, leading zero bytes included, its text reads as itself."""
    text = str(StacksAddress(version, hash160))
    assert StacksAddress.parse(text) == StacksAddress(version, hash160)
    assert len(text) <= c32.ADDRESS_TEXT_LENGTH_MAX


@given(st.binary(max_size=64))
def test_c32_round_trip(data: bytes) -> None:
    """Encoding and decoding are inverse for any bytes."""
    assert c32.decode(c32.encode(data)) == data


@given(st.text(alphabet=c32.ALPHABET, max_size=60))
def test_c32_text_is_canonical(text: str) -> None:
    """No two texts stand for the same bytes."""
    assert c32.encode(c32.decode(text)) == text


@given(hash160=hashes, where=st.integers(2, 38), shift=st.integers(1, 31))
def test_one_wrong_letter_is_refused(hash160: bytes, where: int, shift: int) -> None:
    """The checksum finds any single wrong letter."""
    text = str(StacksAddress(AddressVersion.MAINNET_SINGLE_SIG, hash160))
    where = min(where, len(text) - 1)
    other = c32.ALPHABET[(c32.ALPHABET.index(text[where]) + shift) % 32]
    with pytest.raises(InvalidStacksAddress):
        StacksAddress.parse(text[:where] + other + text[where + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "S",
        "SP",
        "sp2j6zy48gv1ez5v2v5rb9mp66sw86pykknrv9ej7",  # lower case
        "SPOOOOOOOOOOOOOOOOOOOO2Q6VF78",  # O for 0
        "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ",  # cut off
        "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ77",  # one too many
        "XP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7",
        "ST2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7",  # SP's checksum under ST
        "SP" + "Z" * 10_000,
        "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ\u0667",
        c32.encode_address(1, b"\1" * 20),  # sound, but of no Stacks network
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Wrong letters, lengths, checksums and versions raise the one named error."""
    with pytest.raises(InvalidStacksAddress):
        StacksAddress.parse(text)


def test_the_same_key_on_the_main_network() -> None:
    """ST and SN become SP and SM of the same hash; SP and SM stay."""
    for version, expected in (("ST", "SP"), ("SP", "SP"), ("SN", "SM"), ("SM", "SM")):
        number = c32.ALPHABET.index(version[1])
        address = StacksAddress(AddressVersion(number), b"\7" * 20)
        assert str(address.on_mainnet()).startswith(expected)
        assert address.on_mainnet().hash160 == address.hash160
