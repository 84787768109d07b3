"""Payouts: balance leaves to its owner's wallet, exactly once."""

from earnest.payouts.adapters.signer_socket import SignerSocket
from earnest.payouts.engine import Pace, PayoutEngine
from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.payouts.http import ROUTES
from earnest.payouts.jobs import register_jobs
from earnest.payouts.metrics import observe
from earnest.payouts.reactor import make_reactor
from earnest.payouts.rules import PayoutStatus
from earnest.payouts.service import ROUND_JOB, Desk
from earnest.payouts.store import Halt, Payout, open_halts

reactor = make_reactor()

__all__ = [
    "ROUND_JOB",
    "ROUTES",
    "Desk",
    "Halt",
    "Pace",
    "Payout",
    "PayoutEngine",
    "PayoutStatus",
    "SignerRefused",
    "SignerSocket",
    "SignerUnreachable",
    "make_reactor",
    "observe",
    "open_halts",
    "reactor",
    "register_jobs",
]
