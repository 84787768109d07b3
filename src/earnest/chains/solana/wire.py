"""The shapes of Solana's JSON-RPC answers, as far as they are used. Unknown fields are ignored."""

import base64
import binascii
from typing import Generic, TypeVar

import msgspec
from solders.pubkey import Pubkey
from solders.token.state import TokenAccountState

from earnest.chains.errors import MalformedAnswer

T = TypeVar("T")

TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"  # noqa: S105 - a public program id
TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"  # noqa: S105 - a public program id
TOKEN_PROGRAMS = frozenset({TOKEN_PROGRAM, TOKEN_2022_PROGRAM})
# Token account layout: mint 32 ‖ owner 32 ‖ amount u64 ‖ … state u8 at 108; 165 bytes, more with
# Token-2022 extensions. Source: spl-token state.rs, Account.
_TOKEN_ACCOUNT_BYTES = 165
_STATE_AT = 108
_MULTISIG_BYTES = 355
_KIND_ACCOUNT = 2


class RpcFault(msgspec.Struct, frozen=True):
    """The `error` of a JSON-RPC answer."""

    code: int
    message: str = ""
    data: object = None


class RpcReply(msgspec.Struct, frozen=True):
    """A JSON-RPC answer: `result` stays raw until its type is known."""

    jsonrpc: str
    result: msgspec.Raw = msgspec.Raw()
    error: RpcFault | None = None
    id: int | str | None = None


class Context(msgspec.Struct, frozen=True):
    """The slot that an answer speaks of."""

    slot: int


class ContextResult(msgspec.Struct, Generic[T], frozen=True):
    """A value with the slot it was read at."""

    context: Context
    value: T


class SlotValue(msgspec.Struct, frozen=True):
    """An amount in minor units at a slot."""

    slot: int
    amount_minor: int


class TokenAmount(msgspec.Struct, frozen=True):
    """Token units at a slot; `mint` is None when there is no such token account."""

    slot: int
    amount_minor: int
    mint: str | None


class AccountBalance(msgspec.Struct, frozen=True):
    """An account's lamports, and its tokens when it is a token account (`mint` set)."""

    lamports: int
    mint: str | None
    token_minor: int


class Blockhash(msgspec.Struct, frozen=True):
    """A recent blockhash, the last block height that accepts it, and the slot it was read at."""

    blockhash: str
    last_valid_block_height: int
    slot: int


class RawBlockhash(msgspec.Struct, frozen=True, rename="camel"):
    """`value` of getLatestBlockhash."""

    blockhash: str
    last_valid_block_height: int


class RawAccount(msgspec.Struct, frozen=True):
    """An account with its data as `[base64, "base64"]`."""

    lamports: int
    owner: str
    data: tuple[str, str]


class SignatureRow(msgspec.Struct, frozen=True, rename="camel"):
    """A row of getSignaturesForAddress."""

    signature: str
    slot: int
    err: object = None
    memo: str | None = None
    block_time: int | None = None
    confirmation_status: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether the node calls the row final. No word at all is not final."""
        return self.confirmation_status == "finalized"


class SignatureStatus(msgspec.Struct, frozen=True, rename="camel"):
    """A status of getSignatureStatuses."""

    slot: int
    confirmations: int | None = None
    err: object = None
    confirmation_status: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether the cluster has rooted it."""
        return self.confirmation_status == "finalized"


class RawSimulation(msgspec.Struct, frozen=True, rename="camel"):
    """`value` of simulateTransaction."""

    err: object = None
    logs: list[str] | None = None
    units_consumed: int | None = None


class RawHeader(msgspec.Struct, frozen=True, rename="camel"):
    """Which of the static keys sign, and which are read-only."""

    num_required_signatures: int
    num_readonly_signed_accounts: int
    num_readonly_unsigned_accounts: int


class RawInstruction(msgspec.Struct, frozen=True, rename="camel"):
    """A compiled instruction: indices into the keys, `data` in base58."""

    program_id_index: int
    accounts: list[int]
    data: str


class RawMessage(msgspec.Struct, frozen=True, rename="camel"):
    """A message, legacy or versioned."""

    account_keys: list[str]
    header: RawHeader
    instructions: list[RawInstruction]


class RawSigned(msgspec.Struct, frozen=True):
    """Signatures and their message."""

    signatures: list[str]
    message: RawMessage


class RawLoaded(msgspec.Struct, frozen=True):
    """Keys that came from lookup tables, in the order in which they follow the static keys."""

    writable: list[str] = []
    readonly: list[str] = []


class RawInner(msgspec.Struct, frozen=True):
    """What the top-level instruction at `index` called."""

    index: int
    instructions: list[RawInstruction]


class RawUnits(msgspec.Struct, frozen=True):
    """A token amount as a decimal string of minor units."""

    amount: str


class RawTokenBalance(msgspec.Struct, frozen=True, rename="camel"):
    """A token account's balance before or after."""

    account_index: int
    mint: str
    ui_token_amount: RawUnits


class RawMeta(msgspec.Struct, frozen=True, rename="camel"):
    """What executing the chain_tx did."""

    fee: int
    pre_balances: list[int]
    post_balances: list[int]
    err: object = None
    inner_instructions: list[RawInner] | None = None
    pre_token_balances: list[RawTokenBalance] | None = None
    post_token_balances: list[RawTokenBalance] | None = None
    loaded_addresses: RawLoaded | None = None


class RawChainTx(msgspec.Struct, frozen=True, rename="camel"):
    """The answer of getTransaction with encoding json."""

    slot: int
    meta: RawMeta
    signed: RawSigned = msgspec.field(name="transaction")
    block_time: int | None = None
    version: int | str | None = None
    transaction_index: int | None = None


def token_account_amount(account: RawAccount | None) -> tuple[str | None, int]:
    """The mint and units of an initialised token account, or (None, 0) for anything else."""
    if account is None or account.owner not in TOKEN_PROGRAMS:
        return None, 0
    try:
        data = base64.b64decode(account.data[0], validate=True)
    except binascii.Error as error:
        raise MalformedAnswer("account data is not base64") from error
    if not _is_token_account(data):
        return None, 0
    return str(Pubkey(data[:32])), int.from_bytes(data[64:72], "little")


def _is_token_account(data: bytes) -> bool:
    """Whether Token or Token-2022 data is an initialised account, and no mint or multisig."""
    size = len(data)
    if size < _TOKEN_ACCOUNT_BYTES or size == _MULTISIG_BYTES:
        return False
    if size > _TOKEN_ACCOUNT_BYTES and data[_TOKEN_ACCOUNT_BYTES] != _KIND_ACCOUNT:
        return False
    return data[_STATE_AT] != int(TokenAccountState.Uninitialized)
