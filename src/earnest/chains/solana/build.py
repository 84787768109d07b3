"""Messages for payouts and for wallets, and what signing them gives. Pure.

One payout message carries up to 20 transfers. All transfers of one attempt carry one reference,
derived from the attempt's id: a key of 32 bytes and one index byte per transfer, so 20 still fit
(a reference for each payout would leave room for 13). Within the chain_tx a payout is found by
the order of the transfers, which is the order of the payouts given.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from uuid import UUID

import base58
import msgspec
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from earnest.chains.errors import AddressInvalid, NothingFits, SignedTxInvalid
from earnest.chains.solana.instructions import (
    ASSOCIATED_TOKEN_PROGRAM,
    MEMO_PROGRAM,
    SYSTEM_PROGRAM,
    decode_movement,
)
from earnest.chains.solana.wire import TOKEN_PROGRAM
from earnest.kit.money import Asset, Chain, Money
from earnest.kit.settings import Settings

CHAIN_TX_BYTES_MAX = 1232
PAYOUTS_MAX = 20
SIGNATURE_BYTES = 64
U64_MAX = 2**64 - 1
_TOKEN_TRANSFER_CHECKED = 12
_CREATE_IDEMPOTENT = 1

AnyMessage = Message | MessageV0


class Mint(msgspec.Struct, frozen=True):
    """Where a token lives: its mint and the program that owns it (Token or Token-2022)."""

    address: str
    token_program: str = TOKEN_PROGRAM


def mints_of(settings: Settings) -> dict[Asset, Mint]:
    """The tokens that can be paid with this configuration."""
    return {Asset.USDC: Mint(settings.solana_usdc_mint)} if settings.solana_usdc_mint else {}


class PayoutLine(msgspec.Struct, frozen=True):
    """One payout to pack: `money` goes to the wallet `recipient`.

    `create_token_account` makes the recipient's token account first, at the treasury's cost
    (2,039,280 lamports of rent); it does no harm where there is one already.
    """

    payout_id: UUID
    recipient: str
    money: Money
    create_token_account: bool = False


class Packed(msgspec.Struct, frozen=True):
    """A message and the ids of the payouts in it, in the order of its transfers."""

    message: AnyMessage
    included: tuple[UUID, ...]


class Signed(msgspec.Struct, frozen=True):
    """Signed bytes, ready to send, and the signature that names the chain_tx."""

    wire_bytes: bytes
    tx_id: str


class DecodedTransfer(msgspec.Struct, frozen=True):
    """A transfer as the bytes have it. `destination` of a token transfer is a token account."""

    source: str
    destination: str
    amount_minor: int
    mint: str | None
    references: tuple[str, ...]


class DecodedTx(msgspec.Struct, frozen=True):
    """What signed bytes would do, read from the bytes alone."""

    tx_id: str
    fee_payer: str
    blockhash: str
    transfers: tuple[DecodedTransfer, ...]


def parse_address(text: str, *, wallet: bool = False) -> Pubkey:
    """A base58 address of 32 bytes. With `wallet` it must be one that a key can sign for.

    Raises `AddressInvalid`.
    """
    try:
        raw = base58.b58decode(text)
    except ValueError:
        raise AddressInvalid(text=text[:64], reason="not base58") from None
    if len(raw) != 32 or base58.b58encode(raw).decode() != text:
        raise AddressInvalid(text=text[:64], reason="not 32 bytes")
    key = Pubkey(raw)
    if wallet and (not key.is_on_curve() or key == Pubkey.default()):
        raise AddressInvalid(text=text, reason="no key can sign for it")
    return key


def associated_token_address(owner: str, mint: Mint) -> str:
    """The owner's token account for a mint, as wallets and Solana Pay derive it.

    Source: associated-token-account program, seeds owner ‖ token program ‖ mint.
    """
    seeds = [bytes(parse_address(key)) for key in (owner, mint.token_program, mint.address)]
    address, _bump = Pubkey.find_program_address(seeds, _key(ASSOCIATED_TOKEN_PROGRAM))
    return str(address)


def attempt_reference(attempt_id: UUID) -> str:
    """The reference key that all transfers of a payout attempt carry."""
    digest = hashlib.sha256(b"earnest payout attempt " + attempt_id.bytes).digest()
    return str(Pubkey(digest))


def pack_payouts(
    lines: Sequence[PayoutLine],
    *,
    treasury: str,
    blockhash: str,
    mints: Mapping[Asset, Mint],
    reference: str | None = None,
    count_max: int = PAYOUTS_MAX,
    price_micro_lamports: int = 0,
) -> Packed:
    """As many payouts, from the first on, as one chain_tx holds: by size and `count_max`.

    The treasury pays the fee and, for tokens, sends from its associated token account.
    `price_micro_lamports` per compute unit buys priority where the network asks for it.
    The same arguments give the same bytes. Raises `NothingFits`, or `AddressInvalid`.
    """
    payer = parse_address(treasury)
    extra = [] if reference is None else [parse_address(reference)]
    budget = _budget(price_micro_lamports, min(len(lines), count_max, PAYOUTS_MAX))
    instructions = list(budget)
    packed: Packed | None = None
    for count, line in enumerate(lines[: min(count_max, PAYOUTS_MAX)], start=1):
        instructions += _payout_instructions(line, payer, mints, extra)
        message = Message.new_with_blockhash(instructions, payer, Hash.from_string(blockhash))
        if wire_size(message) > CHAIN_TX_BYTES_MAX:
            break
        packed = Packed(message, tuple(each.payout_id for each in lines[:count]))
    if packed is None:
        raise NothingFits(size_max=CHAIN_TX_BYTES_MAX)
    return packed


def wire_size(message: AnyMessage) -> int:
    """The bytes that the message takes once signed."""
    signatures = message.header.num_required_signatures
    return 1 + SIGNATURE_BYTES * signatures + len(message_bytes(message))


def message_bytes(message: AnyMessage) -> bytes:
    """What is signed, and what getFeeForMessage takes."""
    return bytes(to_bytes_versioned(message))


def sign(message: AnyMessage, *keypairs: Keypair) -> Signed:
    """Signs with every key that the message asks for. The same input gives the same bytes."""
    signed = VersionedTransaction(message, list(keypairs))
    return Signed(wire_bytes=bytes(signed), tx_id=str(signed.signatures[0]))


def decode_signed(wire_bytes: bytes) -> DecodedTx:
    """Reads signed bytes back; every signature must be there and right.

    Raises `SignedTxInvalid`. Keys from lookup tables are not resolved: a message that uses them
    is refused, because what it does cannot be told from its bytes.
    """
    if len(wire_bytes) > CHAIN_TX_BYTES_MAX:
        raise SignedTxInvalid(reason=f"{len(wire_bytes)} bytes")
    try:
        signed = VersionedTransaction.from_bytes(wire_bytes)
        signed.sanitize()
    except Exception as error:
        raise SignedTxInvalid(reason="not readable") from error
    message = signed.message
    if bytes(signed) != wire_bytes or not isinstance(message, AnyMessage):
        raise SignedTxInvalid(reason="not in its one form")
    if not all(signed.verify_with_results()) or signed.signatures[0] == Signature.default():
        raise SignedTxInvalid(reason="a signature is wrong")
    if isinstance(message, MessageV0) and message.address_table_lookups:
        raise SignedTxInvalid(reason="it uses lookup tables")
    return DecodedTx(
        tx_id=str(signed.signatures[0]),
        fee_payer=str(message.account_keys[0]),
        blockhash=str(message.recent_blockhash),
        transfers=_decoded_transfers(message),
    )


def build_payment(
    *,
    payer: str,
    recipient: str,
    money: Money,
    blockhash: str,
    references: Sequence[str] = (),
    mint: Mint | None = None,
    memo: str | None = None,
    before: Sequence[Instruction] = (),
    after: Sequence[Instruction] = (),
    legacy: bool = False,
) -> AnyMessage:
    """What a wallet makes of a Solana Pay request: a memo, then the transfer with references.

    `recipient` is the wallet that is paid; a token goes to its associated token account, made
    if need be. `before` and `after` stand for what wallets add. For clients and tests.
    """
    owner = parse_address(payer)
    line = PayoutLine(UUID(int=0), recipient, money, create_token_account=mint is not None)
    mints = {} if mint is None else {money.asset: mint}
    keys = [parse_address(reference) for reference in references]
    parts = list(before)
    pay = _payout_instructions(line, owner, mints, keys)
    if memo is not None:
        note = Instruction(_key(MEMO_PROGRAM), memo.encode(), [])
        pay.insert(len(pay) - 1, note)
    parts += [*pay, *after]
    recent = Hash.from_string(blockhash)
    if legacy:
        return Message.new_with_blockhash(parts, owner, recent)
    return MessageV0.try_compile(owner, parts, [], recent)


def _payout_instructions(
    line: PayoutLine, payer: Pubkey, mints: Mapping[Asset, Mint], references: Sequence[Pubkey]
) -> list[Instruction]:
    money = line.money
    if money.asset.chain is not Chain.SOLANA or not 0 < money.amount_minor <= U64_MAX:
        raise ValueError(f"{money.amount_minor} {money.asset} cannot be sent on Solana")
    recipient = parse_address(line.recipient)
    readers = [AccountMeta(key, is_signer=False, is_writable=False) for key in references]
    if money.asset is Asset.SOL:
        pay = transfer(
            TransferParams(from_pubkey=payer, to_pubkey=recipient, lamports=money.amount_minor)
        )
        return [Instruction(pay.program_id, bytes(pay.data), [*pay.accounts, *readers])]
    mint = mints[money.asset]
    made = [_create_token_account(payer, recipient, mint)] if line.create_token_account else []
    return [*made, _token_transfer(payer, recipient, money, mint, readers)]


def _token_transfer(
    owner: Pubkey, recipient: Pubkey, money: Money, mint: Mint, readers: list[AccountMeta]
) -> Instruction:
    source = _key(associated_token_address(str(owner), mint))
    destination = _key(associated_token_address(str(recipient), mint))
    accounts = [
        AccountMeta(source, is_signer=False, is_writable=True),
        AccountMeta(_key(mint.address), is_signer=False, is_writable=False),
        AccountMeta(destination, is_signer=False, is_writable=True),
        AccountMeta(owner, is_signer=True, is_writable=False),
    ]
    data = struct.pack("<BQB", _TOKEN_TRANSFER_CHECKED, money.amount_minor, money.asset.decimals)
    return Instruction(_key(mint.token_program), data, [*accounts, *readers])


def _create_token_account(payer: Pubkey, owner: Pubkey, mint: Mint) -> Instruction:
    account = _key(associated_token_address(str(owner), mint))
    accounts = [
        AccountMeta(payer, is_signer=True, is_writable=True),
        AccountMeta(account, is_signer=False, is_writable=True),
        AccountMeta(owner, is_signer=False, is_writable=False),
        AccountMeta(_key(mint.address), is_signer=False, is_writable=False),
        AccountMeta(_key(SYSTEM_PROGRAM), is_signer=False, is_writable=False),
        AccountMeta(_key(mint.token_program), is_signer=False, is_writable=False),
    ]
    return Instruction(_key(ASSOCIATED_TOKEN_PROGRAM), bytes([_CREATE_IDEMPOTENT]), accounts)


def _budget(price_micro_lamports: int, payouts: int) -> list[Instruction]:
    """A price for priority, and a limit so that the price is not paid for idle units."""
    if price_micro_lamports <= 0:
        return []
    # Measured: a SOL transfer takes 150 units, a token account with its transfer under 40,000.
    limit = set_compute_unit_limit(1_000 + 40_000 * payouts)
    return [limit, set_compute_unit_price(price_micro_lamports)]


def _decoded_transfers(message: AnyMessage) -> tuple[DecodedTransfer, ...]:
    keys = [str(key) for key in message.account_keys]
    readers = len(keys) - message.header.num_readonly_unsigned_accounts
    signers = message.header.num_required_signatures
    found: list[DecodedTransfer] = []
    for compiled in message.instructions:
        program = keys[compiled.program_id_index]
        movement = decode_movement(program, bytes(compiled.data), list(compiled.accounts), keys)
        if movement is None:
            continue
        references = [keys[at] for at in movement.rest if at >= readers and at >= signers]
        found.append(
            DecodedTransfer(
                source=movement.source,
                destination=movement.destination,
                amount_minor=movement.amount_minor,
                mint=movement.mint,
                references=tuple(references),
            )
        )
    return tuple(found)


def _key(address: str) -> Pubkey:
    return Pubkey.from_string(address)
