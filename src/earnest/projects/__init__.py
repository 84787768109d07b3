"""Projects: posted, proposed to, agreed on, funded in an escrow, handed in. See README.md."""

from earnest.projects import http_chain
from earnest.projects.deliverables import http as http_deliverables
from earnest.projects.disputes import http as http_disputes
from earnest.projects.disputes.reactions import disputes_reactor
from earnest.projects.disputes.rules_dossier import Dossier, SignedDossier
from earnest.projects.disputes.rules_dossier_check import DossierCheck, check_dossier
from earnest.projects.disputes.service_dossiers import register_dossier_jobs
from earnest.projects.funding import http as http_funding
from earnest.projects.funding.jobs import look_after_calls, register_call_jobs
from earnest.projects.http import ProjectsController
from earnest.projects.jobs import lapse_acceptances, register_jobs
from earnest.projects.proposals import http as http_proposals
from earnest.projects.reactions import reactor
from earnest.projects.reminders import register_reminder_jobs
from earnest.projects.reviews import http as http_reviews
from earnest.projects.reviews.service import register_review_jobs
from earnest.projects.rules_chain import MilestoneStatus, ProjectStatus
from earnest.projects.store import ProjectFilter, count_open, list_projects

ROUTES = [
    ProjectsController,
    *http_proposals.ROUTES,
    *http_funding.ROUTES,
    *http_deliverables.ROUTES,
    *http_chain.ROUTES,
    *http_disputes.ROUTES,
    *http_reviews.ROUTES,
]

__all__ = [
    "ROUTES",
    "Dossier",
    "DossierCheck",
    "MilestoneStatus",
    "ProjectFilter",
    "ProjectStatus",
    "SignedDossier",
    "check_dossier",
    "count_open",
    "disputes_reactor",
    "lapse_acceptances",
    "list_projects",
    "look_after_calls",
    "reactor",
    "register_call_jobs",
    "register_dossier_jobs",
    "register_jobs",
    "register_reminder_jobs",
    "register_review_jobs",
]
