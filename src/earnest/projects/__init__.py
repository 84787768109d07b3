"""Projects: posted, proposed to, agreed on, funded in an escrow, handed in. See README.md."""

from earnest.projects import (
    http_chain,
    http_deliverables,
    http_disputes,
    http_funding,
    http_proposals,
    http_reviews,
)
from earnest.projects.http import ProjectsController
from earnest.projects.jobs import lapse_acceptances, register_jobs
from earnest.projects.reactions import reactor
from earnest.projects.reactions_disputes import disputes_reactor
from earnest.projects.reminders import register_reminder_jobs
from earnest.projects.rules_chain import MilestoneStatus, ProjectStatus
from earnest.projects.rules_dossier import Dossier, SignedDossier
from earnest.projects.rules_dossier_check import DossierCheck, check_dossier
from earnest.projects.service_dossiers import register_dossier_jobs
from earnest.projects.service_reviews import register_review_jobs
from earnest.projects.store import count_open

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
    "ProjectStatus",
    "SignedDossier",
    "check_dossier",
    "count_open",
    "disputes_reactor",
    "lapse_acceptances",
    "reactor",
    "register_dossier_jobs",
    "register_jobs",
    "register_reminder_jobs",
    "register_review_jobs",
]
