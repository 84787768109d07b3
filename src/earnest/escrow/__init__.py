"""The escrow contract, as its events tell it: what is locked, for whom, and what became of it."""

from earnest.escrow.calls.acts import Act, ActName, Role, acts_of, find_act, voters_of
from earnest.escrow.calls.contract import prepare_credit_withdrawal, prepare_fee_sweep
from earnest.escrow.calls.creation import Creation, Terms, prepare_creation
from earnest.escrow.calls.errors import (
    ActNotPossible,
    ActNotYours,
    ActTooEarly,
    ActTooLate,
    FigureNotPossible,
)
from earnest.escrow.calls.prepare import parts_of, prepare_call
from earnest.escrow.calls.shape import FunctionArg, PreparedCall, StatedCondition, Token, token_of
from earnest.escrow.comparison.compare import Comparison, FoundBy, Verdict, compare, report
from earnest.escrow.comparison.contract_reader import ContractReader
from earnest.escrow.comparison.resync import Resyncs
from earnest.escrow.comparison.rules import Difference, EscrowValues
from earnest.escrow.errors import Unreadable
from earnest.escrow.errors_chain import ContractKeptMoving, EscrowNotConfigured
from earnest.escrow.events import event_data
from earnest.escrow.http import ROUTES, GivenReader, count_caller, reader_of
from earnest.escrow.jobs import register_jobs
from earnest.escrow.projection.numbering import EscrowNumbering
from earnest.escrow.projection.projector import Projector
from earnest.escrow.projection.rebuild import Rebuilt, projection_hash, rebuild
from earnest.escrow.projection.verify import TxState, Verification, verify_tx
from earnest.escrow.reading import decode_event
from earnest.escrow.rules_events import EventName
from earnest.escrow.rules_money import Parts, bond_of, bond_owner, divide
from earnest.escrow.state import (
    STX,
    ArbiterSet,
    Ending,
    EscrowConfig,
    EscrowCursor,
    EscrowDispute,
    EscrowEvent,
    EscrowMilestone,
    EscrowOffer,
    EscrowProject,
    EscrowToken,
    EscrowVote,
    EventState,
    MilestoneStatus,
    ProjectState,
    ProjectStatus,
    View,
)
from earnest.escrow.store import (
    arbiter_sets,
    config_of,
    credits_of,
    cursor_of,
    events_of_project,
    events_of_tx,
    fees_of,
    list_events,
    open_projects,
    owed_of,
    project_by_creation,
    project_by_number,
    project_by_reference,
    project_state,
    project_states,
    projects_between,
    projects_of_arbiter,
    projects_of_party,
    tokens_of,
)

__all__ = [
    "ROUTES",
    "STX",
    "Act",
    "ActName",
    "ActNotPossible",
    "ActNotYours",
    "ActTooEarly",
    "ActTooLate",
    "ArbiterSet",
    "Comparison",
    "ContractKeptMoving",
    "ContractReader",
    "Creation",
    "Difference",
    "Ending",
    "EscrowConfig",
    "EscrowCursor",
    "EscrowDispute",
    "EscrowEvent",
    "EscrowMilestone",
    "EscrowNotConfigured",
    "EscrowNumbering",
    "EscrowOffer",
    "EscrowProject",
    "EscrowToken",
    "EscrowValues",
    "EscrowVote",
    "EventName",
    "EventState",
    "FigureNotPossible",
    "FoundBy",
    "FunctionArg",
    "GivenReader",
    "MilestoneStatus",
    "Parts",
    "PreparedCall",
    "ProjectState",
    "ProjectStatus",
    "Projector",
    "Rebuilt",
    "Resyncs",
    "Role",
    "StatedCondition",
    "Terms",
    "Token",
    "TxState",
    "Unreadable",
    "Verdict",
    "Verification",
    "View",
    "acts_of",
    "arbiter_sets",
    "bond_of",
    "bond_owner",
    "compare",
    "config_of",
    "count_caller",
    "credits_of",
    "cursor_of",
    "decode_event",
    "divide",
    "event_data",
    "events_of_project",
    "events_of_tx",
    "fees_of",
    "find_act",
    "list_events",
    "open_projects",
    "owed_of",
    "parts_of",
    "prepare_call",
    "prepare_creation",
    "prepare_credit_withdrawal",
    "prepare_fee_sweep",
    "project_by_creation",
    "project_by_number",
    "project_by_reference",
    "project_state",
    "project_states",
    "projection_hash",
    "projects_between",
    "projects_of_arbiter",
    "projects_of_party",
    "reader_of",
    "rebuild",
    "register_jobs",
    "report",
    "token_of",
    "tokens_of",
    "verify_tx",
    "voters_of",
]
