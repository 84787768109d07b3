"""The instructions that move lamports and tokens, decoded from their raw bytes.

Nodes offer a decoded form (`jsonParsed`), but it takes a reference that was appended to a token
transfer for a multisig signer, so the bytes are read here.
Sources: system_instruction.rs (bincode, u32 tag), spl-token instruction.rs (u8 tag),
token-2022 transfer_fee/instruction.rs, memo v1 and v3.
"""

from typing import NamedTuple

from earnest.chains.solana.wire import TOKEN_PROGRAMS

SYSTEM_PROGRAM = "11111111111111111111111111111111"
ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"  # noqa: S105 - a public id
MEMO_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"
MEMO_PROGRAMS = frozenset({MEMO_PROGRAM, "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"})

_SYSTEM_TRANSFER = 2
_SYSTEM_TRANSFER_WITH_SEED = 11
_TOKEN_TRANSFER = 3
_TOKEN_TRANSFER_CHECKED = 12
_TOKEN_FEE_EXTENSION = 26
_TOKEN_TRANSFER_CHECKED_WITH_FEE = 1


class Movement(NamedTuple):
    """What one instruction moves.

    `amount_minor` is what the destination gets. `mint` is None for lamports and for the old
    token Transfer, which does not name its mint; `is_token` tells these apart. `rest` are the
    accounts after those that the instruction itself needs: references, or multisig signers.
    """

    source: str
    destination: str
    authority: str
    amount_minor: int
    is_token: bool
    mint: str | None
    rest: tuple[int, ...]


def decode_movement(
    program: str, data: bytes, accounts: list[int], keys: list[str]
) -> Movement | None:
    """The movement made by an instruction, or None for any other instruction.

    `accounts` are indices into `keys`. Bytes too short for their tag are no movement: the
    programs themselves would have refused them.
    """
    if program == SYSTEM_PROGRAM:
        return _system_movement(data, accounts, keys)
    if program in TOKEN_PROGRAMS:
        return _token_movement(data, accounts, keys)
    return None


def _system_movement(data: bytes, accounts: list[int], keys: list[str]) -> Movement | None:
    if len(data) < 12:
        return None
    tag = int.from_bytes(data[:4], "little")
    amount_minor = int.from_bytes(data[4:12], "little")
    if tag == _SYSTEM_TRANSFER and len(accounts) >= 2:
        source, destination = keys[accounts[0]], keys[accounts[1]]
        return _lamports(source, destination, source, amount_minor, accounts[2:])
    if tag == _SYSTEM_TRANSFER_WITH_SEED and len(accounts) >= 3:
        source, base, destination = (keys[index] for index in accounts[:3])
        return _lamports(source, destination, base, amount_minor, accounts[3:])
    return None


def _lamports(
    source: str, destination: str, authority: str, amount_minor: int, rest: list[int]
) -> Movement:
    return Movement(
        source=source,
        destination=destination,
        authority=authority,
        amount_minor=amount_minor,
        is_token=False,
        mint=None,
        rest=tuple(rest),
    )


def _token_movement(data: bytes, accounts: list[int], keys: list[str]) -> Movement | None:
    if not data:
        return None
    if data[0] == _TOKEN_TRANSFER and len(data) >= 9 and len(accounts) >= 3:
        source, destination, authority = (keys[index] for index in accounts[:3])
        amount_minor = int.from_bytes(data[1:9], "little")
        return Movement(
            source=source,
            destination=destination,
            authority=authority,
            amount_minor=amount_minor,
            is_token=True,
            mint=None,
            rest=tuple(accounts[3:]),
        )
    with_fee = data[:2] == bytes((_TOKEN_FEE_EXTENSION, _TOKEN_TRANSFER_CHECKED_WITH_FEE))
    at = 2 if with_fee else 1
    if not with_fee and data[0] != _TOKEN_TRANSFER_CHECKED:
        return None
    if len(data) < at + (17 if with_fee else 9) or len(accounts) < 4:
        return None
    amount_minor = int.from_bytes(data[at : at + 8], "little")
    if with_fee:
        # The fee is withheld inside the destination account and cannot be spent by it.
        amount_minor -= int.from_bytes(data[at + 9 : at + 17], "little")
    source, mint, destination, authority = (keys[index] for index in accounts[:4])
    return Movement(
        source=source,
        destination=destination,
        authority=authority,
        amount_minor=amount_minor,
        is_token=True,
        mint=mint,
        rest=tuple(accounts[4:]),
    )
