"""Payouts: balance leaves to its owner's wallet, exactly once."""

from earnest.payouts.adapters.signer_socket import SignerSocket
from earnest.payouts.engine import Pace, PayoutEngine
from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.payouts.http import ROUTES
from earnest.payouts.jobs import register_jobs
from earnest.payouts.metrics import observe
from earnest.payouts.ports import PayoutChain, SignerPort
from earnest.payouts.reactions import make_reactor
from earnest.payouts.rules import PayoutStatus
from earnest.payouts.service import ROUND_JOB, check_nodes
from earnest.payouts.service_desk import Desk
from earnest.payouts.store import Halt, Payout, open_halts, paid_out_since, payouts_of

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
    "check_nodes",
    "make_reactor",
    "observe",
    "open_halts",
    "paid_out_since",
    "payouts_of",
    "register_jobs",
]
