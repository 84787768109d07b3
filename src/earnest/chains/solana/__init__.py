"""Solana: its RPC, its messages, its payment links, and facts read from its raw answers."""

from earnest.chains.solana.adapter import SolanaChain
from earnest.chains.solana.build import (
    CHAIN_TX_BYTES_MAX,
    PAYOUTS_MAX,
    DecodedTransfer,
    DecodedTx,
    Mint,
    Packed,
    PayoutLine,
    Signed,
    associated_token_address,
    attempt_reference,
    build_payment,
    decode_signed,
    message_bytes,
    mints_of,
    pack_payouts,
    parse_address,
    sign,
    wire_size,
)
from earnest.chains.solana.parse import parse_chain_tx
from earnest.chains.solana.pay import PaymentRequest, parse_pay_url, pay_url
from earnest.chains.solana.rpc import SolanaRpc
from earnest.chains.solana.wire import (
    AccountBalance,
    Blockhash,
    RawChainTx,
    RawSimulation,
    SignatureRow,
    SignatureStatus,
)

__all__ = [
    "CHAIN_TX_BYTES_MAX",
    "PAYOUTS_MAX",
    "AccountBalance",
    "Blockhash",
    "DecodedTransfer",
    "DecodedTx",
    "Mint",
    "Packed",
    "PaymentRequest",
    "PayoutLine",
    "RawChainTx",
    "RawSimulation",
    "SignatureRow",
    "SignatureStatus",
    "Signed",
    "SolanaChain",
    "SolanaRpc",
    "associated_token_address",
    "attempt_reference",
    "build_payment",
    "decode_signed",
    "message_bytes",
    "mints_of",
    "pack_payouts",
    "parse_address",
    "parse_chain_tx",
    "parse_pay_url",
    "pay_url",
    "sign",
    "wire_size",
]
