"""Stacks: its API, the log of one contract's prints, addresses, and messages signed by wallets."""

from earnest.chains.stacks.address import AddressVersion, InvalidStacksAddress, StacksAddress
from earnest.chains.stacks.api import StacksApi
from earnest.chains.stacks.log import LoggedEvent, SyncStatus, read_events, sync_status
from earnest.chains.stacks.signing import MalformedStacksSignature, hash_message, verify_message
from earnest.chains.stacks.wire import Block, Nonces, StacksTx, Tip, TxEvent, TxStatus

__all__ = [
    "AddressVersion",
    "Block",
    "InvalidStacksAddress",
    "LoggedEvent",
    "MalformedStacksSignature",
    "Nonces",
    "StacksAddress",
    "StacksApi",
    "StacksTx",
    "SyncStatus",
    "Tip",
    "TxEvent",
    "TxStatus",
    "hash_message",
    "read_events",
    "sync_status",
    "verify_message",
]
