"""Payouts: balance leaves to its owner's wallet, exactly once."""

from earnest.payouts.adapters.signer_socket import SignerSocket, open_signer
from earnest.payouts.engine import Pace, PayoutEngine
from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.payouts.http import ROUTES, lifespan
from earnest.payouts.jobs import make_engine, register_jobs
from earnest.payouts.metrics import observe
from earnest.payouts.ports import PayoutChain, SignerPort
from earnest.payouts.reactions import reactor
from earnest.payouts.rules import PayoutStatus
from earnest.payouts.service import ROUND_JOB, Desk
from earnest.payouts.store import Halt, Payout, open_halts

__all__ = [
    "ROUND_JOB",
    "ROUTES",
    "Desk",
    "Halt",
    "Pace",
    "Payout",
    "PayoutChain",
    "PayoutEngine",
    "PayoutStatus",
    "SignerPort",
    "SignerRefused",
    "SignerSocket",
    "SignerUnreachable",
    "lifespan",
    "make_engine",
    "observe",
    "open_halts",
    "open_signer",
    "reactor",
    "register_jobs",
]
