"""Stacks: addresses and messages signed by wallets."""

from earnest.chains.stacks.address import AddressVersion, InvalidStacksAddress, StacksAddress
from earnest.chains.stacks.signing import MalformedStacksSignature, hash_message, verify_message

__all__ = [
    "AddressVersion",
    "InvalidStacksAddress",
    "MalformedStacksSignature",
    "StacksAddress",
    "hash_message",
    "verify_message",
]
