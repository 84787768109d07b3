"""The text that a wallet signs, in the one shape that CAIP-122 gives to all chains.

Sources: CAIP-122 (the model), EIP-4361 (Sign-In with Ethereum) and Sign In With Solana (the
text, which wallets recognise and check against the page's own domain).
"""

import re
from datetime import UTC, datetime

import msgspec

from earnest.accounts.errors import ChallengeMalformed
from earnest.kit.money import Chain

VERSION = "1"
STATEMENT = "Show Earnest that this wallet is yours. Signing moves no money and costs nothing."
MESSAGE_LENGTH_MAX = 2_000

_NAMES = {Chain.SOLANA: "Solana", Chain.STACKS: "Stacks", Chain.EVM: "Ethereum"}
_CHAINS = {name: chain for chain, name in _NAMES.items()}
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_MESSAGE = re.compile(
    rf"(?P<domain>[^\s/]{{1,255}}) wants you to sign in with your"
    rf" (?P<name>{'|'.join(_CHAINS)}) account:\n"
    r"(?P<address>[0-9A-Za-z]{1,64})\n"
    r"\n"
    r"(?P<statement>[ -~]{1,300})\n"
    r"\n"
    r"URI: (?P<uri>[!-~]{1,300})\n"
    r"Version: (?P<version>[0-9]{1,3})\n"
    r"Chain ID: (?P<chain_id>[0-9a-z:]{1,40})\n"
    r"Nonce: (?P<nonce>[0-9A-Za-z]{8,64})\n"
    rf"Issued At: (?P<issued_at>{_TIME_PATTERN})\n"
    rf"Expiration Time: (?P<expires_at>{_TIME_PATTERN})"
)


class SignInMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one message. Times are aware, UTC, whole seconds."""

    domain: str
    chain: Chain
    address: str
    statement: str
    uri: str
    version: str
    chain_id: str
    nonce: str
    issued_at: datetime
    expires_at: datetime

    def render(self) -> str:
        """The text to be signed."""
        return (
            f"{self.domain} wants you to sign in with your {_NAMES[self.chain]} account:\n"
            f"{self.address}\n"
            "\n"
            f"{self.statement}\n"
            "\n"
            f"URI: {self.uri}\n"
            f"Version: {self.version}\n"
            f"Chain ID: {self.chain_id}\n"
            f"Nonce: {self.nonce}\n"
            f"Issued At: {_write_time(self.issued_at)}\n"
            f"Expiration Time: {_write_time(self.expires_at)}"
        )


def parse_message(text: str) -> SignInMessage:
    """Reads a message field by field; nothing may stand before, between or after the fields.

    Raises `ChallengeMalformed`. A message that is read renders as the same text.
    """
    if len(text) > MESSAGE_LENGTH_MAX:
        raise ChallengeMalformed(reason=f"it is longer than {MESSAGE_LENGTH_MAX} letters")
    found = _MESSAGE.fullmatch(text)
    if found is None:
        raise ChallengeMalformed(reason="it does not have the fields of CAIP-122 in their order")
    field = found.groupdict()
    return SignInMessage(
        domain=field["domain"],
        chain=_CHAINS[field["name"]],
        address=field["address"],
        statement=field["statement"],
        uri=field["uri"],
        version=field["version"],
        chain_id=field["chain_id"],
        nonce=field["nonce"],
        issued_at=_read_time(field["issued_at"]),
        expires_at=_read_time(field["expires_at"]),
    )


def _write_time(at: datetime) -> str:
    # strftime writes the year 26 with two digits, so it is no inverse of strptime.
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _read_time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise ChallengeMalformed(reason=f"{text} is not a time") from error
