"""A Solana runtime inside the test, whose results read like a node's `getTransaction`."""

import struct
from typing import Any

import base58
import msgspec
from solders.account import Account
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, create_account
from solders.token.state import Mint as MintState
from solders.token.state import TokenAccount, TokenAccountState
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import TransactionMetadata

from earnest.chains.solana.build import AnyMessage, Mint, associated_token_address
from earnest.chains.solana.wire import TOKEN_PROGRAMS, RawChainTx

SOL = 1_000_000_000
LOOKUP_PROGRAM = Pubkey.from_string("AddressLookupTab1e1111111111111111111111111")


class LiteChain:
    """Executes messages on LiteSVM and tells what happened as a node would."""

    def __init__(self) -> None:
        self.svm = LiteSVM()
        self.slot = 100

    @property
    def blockhash(self) -> str:
        """A blockhash to build with."""
        return str(self.svm.latest_blockhash())

    def wallet(self, lamports: int = 10 * SOL) -> Keypair:
        """A new key with money."""
        key = Keypair()
        if lamports:
            self.svm.airdrop(key.pubkey(), lamports)
        return key

    def mint(self, decimals: int = 6, program: str | None = None) -> Mint:
        """A new token."""
        address = Pubkey.new_unique()
        state = MintState(None, 10**15, decimals, is_initialized=True)
        made = Mint(str(address)) if program is None else Mint(str(address), program)
        owner = Pubkey.from_string(made.token_program)
        self.svm.set_account(address, Account(2_000_000, bytes(state), owner))
        return made

    def give_tokens(self, owner: Keypair | str, mint: Mint, amount_minor: int) -> str:
        """Makes the owner's token account with that amount in it; returns its address."""
        holder = owner if isinstance(owner, str) else str(owner.pubkey())
        address = associated_token_address(holder, mint)
        state = TokenAccount(
            Pubkey.from_string(mint.address),
            Pubkey.from_string(holder),
            amount_minor,
            None,
            TokenAccountState.Initialized,
            None,
            0,
        )
        program = Pubkey.from_string(mint.token_program)
        account = Account(2_039_280, bytes(state), program)
        self.svm.set_account(Pubkey.from_string(address), account)
        return address

    def lookup_table(self, *addresses: str) -> AddressLookupTableAccount:
        """A table that messages may take keys from."""
        keys = [Pubkey.from_string(address) for address in addresses]
        key = Pubkey.new_unique()
        # Kind 1 ‖ never deactivated ‖ extended at slot 0, index 0 ‖ no authority, to 56 bytes.
        head = struct.pack("<IQQBB", 1, 2**64 - 1, 0, 0, 0).ljust(56, b"\0")
        data = head + b"".join(bytes(each) for each in keys)
        self.svm.set_account(key, Account(10 * SOL, data, LOOKUP_PROGRAM))
        return AddressLookupTableAccount(key, keys)

    def versioned(
        self, payer: Keypair, parts: list[Instruction], *tables: AddressLookupTableAccount
    ) -> MessageV0:
        """A v0 message."""
        recent = self.svm.latest_blockhash()
        return MessageV0.try_compile(payer.pubkey(), parts, list(tables), recent)

    def execute(
        self,
        message: AnyMessage,
        *signers: Keypair,
        tables: tuple[AddressLookupTableAccount, ...] = (),
    ) -> RawChainTx:
        """Runs the message for real; a failing one too gives an answer."""
        signed = VersionedTransaction(message, list(signers))
        keys, loaded = _resolved(message, tables)
        before = [self._shown(key) for key in keys]
        result = self.svm.send_transaction(signed)
        self.svm.expire_blockhash()
        after = [self._shown(key) for key in keys]
        meta = result if isinstance(result, TransactionMetadata) else result.meta()
        failed = None if isinstance(result, TransactionMetadata) else str(result.err())
        self.slot += 1
        answer = {
            "slot": self.slot,
            "blockTime": 1_795_000_000 + self.slot,
            "version": "legacy" if isinstance(message, Message) else 0,
            "transaction": {
                "signatures": [str(signature) for signature in signed.signatures],
                "message": _message_json(message),
            },
            "meta": {
                "err": None if failed is None else {"told": failed},
                "fee": meta.fee(),
                "preBalances": [lamports for lamports, _ in before],
                "postBalances": [lamports for lamports, _ in after],
                "preTokenBalances": _token_rows(before),
                "postTokenBalances": _token_rows(after),
                "innerInstructions": _inner_json(meta),
                "loadedAddresses": loaded,
            },
        }
        # Through text, so that the test sees what a node's answer would have been decoded to.
        return msgspec.json.decode(msgspec.json.encode(answer), type=RawChainTx)

    def _shown(self, key: str) -> tuple[int, TokenAccount | None]:
        account = self.svm.get_account(Pubkey.from_string(key))
        if account is None:
            return 0, None
        data = bytes(account.data)
        is_account = len(data) == 165 or (len(data) > 165 and data[165] == 2)
        is_token = str(account.owner) in TOKEN_PROGRAMS and is_account
        return account.lamports, TokenAccount.from_bytes(data[:165]) if is_token else None


def token_fee_mint_parts(payer: Keypair, mint: Keypair, rent: int) -> list[Instruction]:
    """Instructions that make a Token-2022 mint which keeps 10 % of every transfer."""
    program = Pubkey.from_string("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
    size = 278
    made = create_account(
        CreateAccountParams(
            from_pubkey=payer.pubkey(),
            to_pubkey=mint.pubkey(),
            lamports=rent,
            space=size,
            owner=program,
        )
    )
    on_mint = [AccountMeta(mint.pubkey(), is_signer=False, is_writable=True)]
    # TransferFeeExtension(26) ‖ InitializeTransferFeeConfig(0) ‖ no authorities ‖ 10 % ‖ no cap.
    fee = bytes([26, 0, 0, 0]) + struct.pack("<HQ", 1_000, 2**63)
    # InitializeMint2(20) ‖ decimals ‖ authority ‖ no freeze authority.
    init = bytes([20, 6]) + bytes(payer.pubkey()) + bytes([0])
    return [made, Instruction(program, fee, on_mint), Instruction(program, init, on_mint)]


def _resolved(
    message: AnyMessage, tables: tuple[AddressLookupTableAccount, ...]
) -> tuple[list[str], dict[str, list[str]]]:
    writable: list[str] = []
    readonly: list[str] = []
    if isinstance(message, MessageV0):
        known = {table.key: table.addresses for table in tables}
        for lookup in message.address_table_lookups:
            listed = known[lookup.account_key]
            writable += [str(listed[index]) for index in lookup.writable_indexes]
            readonly += [str(listed[index]) for index in lookup.readonly_indexes]
    static = [str(key) for key in message.account_keys]
    return [*static, *writable, *readonly], {"writable": writable, "readonly": readonly}


def _message_json(message: AnyMessage) -> dict[str, Any]:
    header = message.header
    return {
        "accountKeys": [str(key) for key in message.account_keys],
        "header": {
            "numRequiredSignatures": header.num_required_signatures,
            "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
        },
        "recentBlockhash": str(message.recent_blockhash),
        "instructions": [_compiled_json(compiled) for compiled in message.instructions],
    }


def _compiled_json(compiled: Any) -> dict[str, Any]:
    return {
        "programIdIndex": compiled.program_id_index,
        "accounts": list(compiled.accounts),
        "data": base58.b58encode(bytes(compiled.data)).decode(),
    }


def _inner_json(meta: TransactionMetadata) -> list[dict[str, Any]]:
    return [
        {"index": index, "instructions": [_compiled_json(inner.instruction()) for inner in inners]}
        for index, inners in enumerate(meta.inner_instructions())
        if inners
    ]


def _token_rows(shown: list[tuple[int, TokenAccount | None]]) -> list[dict[str, Any]]:
    return [
        {
            "accountIndex": index,
            "mint": str(state.mint),
            "owner": str(state.owner),
            "uiTokenAmount": {"amount": str(state.amount), "decimals": 6},
        }
        for index, (_, state) in enumerate(shown)
        if state is not None
    ]
