"""The signer: the second guardian of payouts, and the only holder of the key that moves money."""

from earnest.signer.commands import acknowledge, init_key, signer_status
from earnest.signer.errors import (
    AlreadyPaid,
    EarlierSignatureLive,
    SignerCannotSee,
    SignerHalted,
    SigningRefused,
)
from earnest.signer.keyfile import create_key_file, key_address, open_key_file
from earnest.signer.protocol import (
    MessageBroken,
    Refusal,
    Reply,
    SignedAttempt,
    SignerStatus,
    SignRequest,
    StatusRequest,
    frame,
    read_message,
)
from earnest.signer.rules import AssetLimits, Limits, limits_of
from earnest.signer.server import Door, allowed_recipients, listening, serve
from earnest.signer.service import Signer
from earnest.signer.signed_log import SignedLog
from earnest.signer.store import LedgerReader

__all__ = [
    "AlreadyPaid",
    "AssetLimits",
    "Door",
    "EarlierSignatureLive",
    "LedgerReader",
    "Limits",
    "MessageBroken",
    "Refusal",
    "Reply",
    "SignRequest",
    "SignedAttempt",
    "SignedLog",
    "Signer",
    "SignerCannotSee",
    "SignerHalted",
    "SignerStatus",
    "SigningRefused",
    "StatusRequest",
    "acknowledge",
    "allowed_recipients",
    "create_key_file",
    "frame",
    "init_key",
    "key_address",
    "limits_of",
    "listening",
    "open_key_file",
    "read_message",
    "serve",
    "signer_status",
]
