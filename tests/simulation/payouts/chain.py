"""A Solana chain in this process: LiteSVM executes, and blocks, finality and expiry are kept here.

Blocks are counted, not timed. A blockhash is good for 150 blocks; a chain_tx is final once
`FINALITY_BLOCKS` are built on it. All that was executed is remembered in the shape in which a
node would tell it, so that the real parser reads it.
"""

import struct
from collections.abc import Mapping
from random import Random
from typing import Any

import base58
import msgspec
from solders.account import Account
from solders.hash import Hash
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata
from solders.transaction_status import (
    InstructionErrorCustom,
    TransactionErrorInstructionError,
    TransactionErrorInsufficientFundsForRent,
)

from earnest.chains import ChainTx, WatchedAccount
from earnest.chains.solana import Mint, RawChainTx, associated_token_address, parse_chain_tx
from earnest.chains.solana.wire import TOKEN_PROGRAM
from earnest.kit.money import Asset

BLOCKHASH_BLOCKS = 150
FINALITY_BLOCKS = 32
SLOT_OFFSET = 1_000
FEE_LAMPORTS = 5_000
GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"


class Landed(msgspec.Struct):
    """A chain_tx that was executed, in the block at `height`."""

    tx_id: str
    height: int
    err: object
    raw: RawChainTx


class SimChain:
    """One chain. `mint` is its USDC."""

    def __init__(self, rng: Random, treasury: Keypair, *, lamports: int, usdc_minor: int) -> None:
        self._rng = rng
        # Both are checked in `execute`: LiteSVM takes its newest blockhash alone, and would
        # refuse to simulate what is not signed yet.
        self.svm = LiteSVM().with_blockhash_check(check=False).with_sigverify(sigverify=False)
        self.height = 1_000
        self.landed: dict[str, Landed] = {}
        self._order: list[Landed] = []
        self._good_until: dict[str, int] = {}
        self._hashes: dict[int, str] = {}
        self.treasury = str(treasury.pubkey())
        self.mint = Mint(str(Pubkey(rng.randbytes(32))))
        self.set_lamports(self.treasury, lamports)
        self.svm.set_account(Pubkey.from_string(self.mint.address), _mint_account())
        self.treasury_usdc = associated_token_address(self.treasury, self.mint)
        self.svm.set_account(
            Pubkey.from_string(self.treasury_usdc),
            _token_account(self.mint.address, self.treasury, usdc_minor),
        )
        self.watched = {
            self.treasury: WatchedAccount(self.treasury, Asset.SOL),
            self.treasury_usdc: WatchedAccount(self.treasury_usdc, Asset.USDC, self.mint.address),
        }

    # What nodes are asked ------------------------------------------------------------------

    @property
    def final_height(self) -> int:
        """The newest block that cannot be undone."""
        return self.height - FINALITY_BLOCKS

    def blockhash(self, height: int) -> tuple[str, int]:
        """The hash of the block at `height` and the last height that accepts it."""
        if height not in self._hashes:
            text = str(Hash(self._rng.randbytes(32)))
            self._hashes[height] = text
            self._good_until[text] = height + BLOCKHASH_BLOCKS
        return self._hashes[height], height + BLOCKHASH_BLOCKS

    def lamports(self, address: str) -> int:
        """What an address holds."""
        return int(self.svm.get_balance(Pubkey.from_string(address)) or 0)

    def tokens(self, address: str) -> int | None:
        """What a token account holds, None where there is none."""
        account = self.svm.get_account(Pubkey.from_string(address))
        if account is None or str(account.owner) != TOKEN_PROGRAM or len(account.data) != 165:
            return None
        return int(struct.unpack_from("<Q", bytes(account.data), 64)[0])

    def simulate(self, wire_bytes: bytes) -> object:
        """The error that the bytes would meet now, whatever blockhash they carry."""
        result = self.svm.simulate_transaction(VersionedTransaction.from_bytes(wire_bytes))
        return _error(result.err()) if isinstance(result, FailedTransactionMetadata) else None

    def facts_after(self, position: int, height: int) -> list[ChainTx]:
        """Facts in final blocks up to `height`, in order, without the first `position` of all."""
        fresh = [one for one in self._order[position:] if one.height <= height]
        return [parse_chain_tx(one.raw, self.watched) for one in fresh]

    # What happens --------------------------------------------------------------------------

    def set_lamports(self, address: str, lamports: int) -> None:
        """Gives an address exactly that much, from nowhere."""
        empty = Account(lamports, b"", Pubkey.default())
        self.svm.set_account(Pubkey.from_string(address), empty)

    def execute(self, wire_bytes: bytes) -> str | None:
        """Puts the bytes into the newest block. None, or why no block takes them."""
        chain_tx = VersionedTransaction.from_bytes(wire_bytes)
        tx_id, message = str(chain_tx.signatures[0]), chain_tx.message
        if not all(chain_tx.verify_with_results()):
            return "SignatureFailure"
        if tx_id in self.landed:
            return "AlreadyProcessed"
        if self.height > self._good_until.get(str(message.recent_blockhash), -1):
            return "BlockhashNotFound"
        keys = [str(key) for key in message.account_keys]
        before, tokens_before = self._look(keys)
        result = self.svm.send_transaction(chain_tx)
        err = _error(result.err()) if isinstance(result, FailedTransactionMetadata) else None
        failed = err is not None
        after, tokens_after = self._look(keys)
        fee = before[0] - after[0] if failed else FEE_LAMPORTS
        if failed and fee == 0:
            return str(err)
        raw = {
            "slot": self.height + SLOT_OFFSET,
            "blockTime": 1_700_000_000 + self.height,
            "transaction": {
                "signatures": [tx_id],
                "message": {
                    "accountKeys": keys,
                    "header": {
                        "numRequiredSignatures": message.header.num_required_signatures,
                        "numReadonlySignedAccounts": message.header.num_readonly_signed_accounts,
                        "numReadonlyUnsignedAccounts": (
                            message.header.num_readonly_unsigned_accounts
                        ),
                    },
                    "recentBlockhash": str(message.recent_blockhash),
                    "instructions": [
                        {
                            "programIdIndex": each.program_id_index,
                            "accounts": list(each.accounts),
                            "data": base58.b58encode(bytes(each.data)).decode(),
                        }
                        for each in message.instructions
                    ],
                },
            },
            "meta": {
                "err": err,
                "fee": fee,
                "preBalances": before,
                "postBalances": after,
                "preTokenBalances": self._token_rows(keys, tokens_before),
                "postTokenBalances": self._token_rows(keys, tokens_after),
            },
        }
        landed = Landed(tx_id, self.height, err, msgspec.convert(raw, RawChainTx))
        self.landed[tx_id] = landed
        self._order.append(landed)
        return None

    def _look(self, keys: list[str]) -> tuple[list[int], dict[str, int]]:
        tokens = {key: found for key in keys if (found := self.tokens(key)) is not None}
        return [self.lamports(key) for key in keys], tokens

    def _token_rows(self, keys: list[str], amounts: Mapping[str, int]) -> list[dict[str, Any]]:
        return [
            {
                "accountIndex": keys.index(key),
                "mint": self.mint.address,
                "uiTokenAmount": {"amount": str(amount)},
            }
            for key, amount in amounts.items()
        ]


def _error(err: object) -> object:
    """LiteSVM's error in the JSON that nodes answer."""
    if isinstance(err, TransactionErrorInsufficientFundsForRent):
        return {"InsufficientFundsForRent": {"account_index": err.account_index}}
    if isinstance(err, TransactionErrorInstructionError):
        inner = err.err
        if isinstance(inner, InstructionErrorCustom):
            return {"InstructionError": [err.index, {"Custom": inner.code}]}
        return {"InstructionError": [err.index, str(inner).rpartition(".")[2]]}
    return str(err).rpartition(".")[2]


def _mint_account() -> Account:
    # Layout of spl-token Mint: authority option, supply, decimals, initialised, freeze option.
    data = struct.pack("<I32sQBBI32s", 0, b"", 10**15, 6, 1, 0, b"")
    return Account(10**9, data, Pubkey.from_string(TOKEN_PROGRAM))


def _token_account(mint: str, owner: str, amount_minor: int) -> Account:
    keys = bytes(Pubkey.from_string(mint)) + bytes(Pubkey.from_string(owner))
    rest = struct.pack("<QI32sBIQQI32s", amount_minor, 0, b"", 1, 0, 0, 0, 0, b"")
    return Account(2_039_280, keys + rest, Pubkey.from_string(TOKEN_PROGRAM))
