"""What a Stacks API answers, as far as we read it. Fields that we don't read are let pass.

Heights, nonces and indexes are numbers, amounts are text. Hashes are 0x and 64 hexadecimal digits.
Source: https://docs.hiro.so/stacks/api, checked against recorded answers of a real server.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

# The microblock part of a cursor, for every block that has none; also the highest number there.
NO_MICROBLOCK = 2_147_483_647

# A pattern would cost more than all the rest of reading an answer does: the length alone is checked
# of a hash, and a value is read, or not, by whoever decodes it.
Hash = Annotated[str, msgspec.Meta(min_length=66, max_length=66)]
Hex = Annotated[str, msgspec.Meta(min_length=2)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Index = Annotated[int, msgspec.Meta(ge=0, le=NO_MICROBLOCK)]


class Tip(msgspec.Struct, frozen=True):
    """The newest block that a server counts."""

    block_height: Count
    index_block_hash: Hash
    burn_block_height: Count


class Status(msgspec.Struct, frozen=True):
    """`/extended`. It says *ready* with its database gone: only a tip is a sign of life."""

    status: str
    chain_tip: Tip | None = None


class Block(msgspec.Struct, frozen=True):
    """A block that counts. `index_block_hash` is the one unique name; times in unix seconds."""

    height: Count
    index_block_hash: Hash
    parent_index_block_hash: Hash
    burn_block_height: Count
    burn_block_hash: Hash
    block_time: Count
    canonical: bool


class BlockPage(msgspec.Struct, frozen=True):
    """Blocks, newest first. `prev_cursor` is the first block of the next older page."""

    limit: int
    total: int
    results: tuple[Block, ...]
    cursor: str | None = None
    prev_cursor: str | None = None
    next_cursor: str | None = None


class BurnBlock(msgspec.Struct, frozen=True):
    """A Bitcoin block that has a Stacks block."""

    burn_block_height: Count
    burn_block_hash: Hash
    burn_block_time: Count


class BurnBlockPage(msgspec.Struct, frozen=True):
    """Bitcoin blocks, newest first."""

    limit: int
    total: int
    results: tuple[BurnBlock, ...]


class ClarityHex(msgspec.Struct, frozen=True):
    """A Clarity value. Its `repr` is not read: it cannot be parsed back."""

    hex: Hex


class ContractLog(msgspec.Struct, frozen=True):
    """What a contract printed."""

    contract_id: str
    topic: str
    value: ClarityHex


class LogRow(msgspec.Struct, frozen=True):
    """A print of a contract. It says neither block nor height."""

    tx_id: Hash
    event_index: Index
    contract_log: ContractLog

    @property
    def key(self) -> tuple[str, int]:
        """Unique within one branch."""
        return self.tx_id, self.event_index


class LogPage(msgspec.Struct, frozen=True):
    """Prints, newest first. `cursor` is the first row; `prev_cursor` older, `next_cursor` newer.

    `next_cursor` is None unless at least `limit` newer rows exist. `total` is a kept count that
    may be wrong.
    """

    limit: int
    offset: int
    total: int
    results: tuple[LogRow, ...]
    cursor: str | None = None
    prev_cursor: str | None = None
    next_cursor: str | None = None


class TxStatus(StrEnum):
    """What one server says of a chain_tx. `absent` is this server's word alone."""

    PENDING = "pending"
    SUCCESS = "success"
    ABORT_BY_RESPONSE = "abort_by_response"
    ABORT_BY_POST_CONDITION = "abort_by_post_condition"
    ABSENT = "absent"


class TxBlock(msgspec.Struct, frozen=True):
    """Where a chain_tx is mined."""

    height: Count
    index_hash: Hash
    time: Count
    tx_index: Index


class BitcoinBlock(msgspec.Struct, frozen=True):
    """The Bitcoin block under it."""

    height: Count


class ParentBlock(msgspec.Struct, frozen=True):
    """The block before it."""

    index_hash: Hash


class Sender(msgspec.Struct, frozen=True):
    """Who signed, and with which nonce."""

    address: str
    nonce: Count


class ContractCall(msgspec.Struct, frozen=True):
    """What was called."""

    contract_id: str
    function_name: str


class StacksTx(msgspec.Struct, frozen=True):
    """A chain_tx as v3 tells it. Its result is not read: the status decides, and an aborted
    chain_tx may carry `(ok true)`.
    """

    tx_id: Hash
    status: TxStatus
    sender: Sender | None = None
    block: TxBlock | None = None
    bitcoin_block: BitcoinBlock | None = None
    parent_block: ParentBlock | None = None
    event_count: int | None = None
    contract_call: ContractCall | None = None

    @property
    def is_mined(self) -> bool:
        """Whether it stands in a block that counts, aborted or not."""
        return self.block is not None


class OldStatus(msgspec.Struct, frozen=True):
    """The status words of version 1, which tells dropped ones, too."""

    tx_status: str


class OldTx(msgspec.Struct, frozen=True):
    """One answer of `tx/multiple`."""

    found: bool
    result: OldStatus | None = None


class TxEvent(msgspec.Struct, frozen=True):
    """One event of a chain_tx; `contract_log` is set where it is a print."""

    event_index: Index
    type: str
    contract_log: ContractLog | None = None


class EventCursor(msgspec.Struct, frozen=True):
    """Here `next` is the higher event: the other way round than for logs."""

    next: str | None = None


class TxEventPage(msgspec.Struct, frozen=True):
    """Events of a chain_tx by index, from the first one on."""

    total: int
    limit: int
    cursor: EventCursor
    results: tuple[TxEvent, ...]


class MempoolNonces(msgspec.Struct, frozen=True):
    """Nonces that wait, and gaps before them."""

    last_nonce: int | None
    pending_nonces: tuple[int, ...]
    missing_nonces: tuple[int, ...]


class Nonces(msgspec.Struct, frozen=True):
    """An account's nonces, the mempool counted in."""

    next_nonce: int
    last_confirmed_nonce: int | None
    mempool: MempoolNonces


class StxBalance(msgspec.Struct, frozen=True):
    """STX in the smallest units, as text."""

    balance: str


class ReadAnswer(msgspec.Struct, frozen=True):
    """What a read-only function gave, or why it could not run."""

    okay: bool
    result: Hex | None = None
    cause: str | None = None


class MapAnswer(msgspec.Struct, frozen=True):
    """An optional: the map's value, or none."""

    data: Hex
