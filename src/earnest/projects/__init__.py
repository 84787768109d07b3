"""Projects: posted, proposed to, agreed on, funded in an escrow, handed in. See README.md."""

from earnest.projects import http_chain, http_deliverables, http_funding, http_proposals
from earnest.projects.http import ProjectsController
from earnest.projects.jobs import lapse_acceptances, register_jobs
from earnest.projects.reactions import reactor
from earnest.projects.rules_chain import MilestoneStatus, ProjectStatus
from earnest.projects.store import count_open

ROUTES = [
    ProjectsController,
    *http_proposals.ROUTES,
    *http_funding.ROUTES,
    *http_deliverables.ROUTES,
    *http_chain.ROUTES,
]

__all__ = [
    "ROUTES",
    "MilestoneStatus",
    "ProjectStatus",
    "count_open",
    "lapse_acceptances",
    "reactor",
    "register_jobs",
]
