"""EVM chains: addresses and messages signed by wallets."""

from earnest.chains.evm.address import InvalidEvmAddress, checksum, parse_address
from earnest.chains.evm.signing import MalformedEvmSignature, hash_message, recover_address

__all__ = [
    "InvalidEvmAddress",
    "MalformedEvmSignature",
    "checksum",
    "hash_message",
    "parse_address",
    "recover_address",
]
