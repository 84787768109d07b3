"""Photo tasks: posted, paid, voted on, closed by the last vote."""

from earnest.tasks.http import ROUTES
from earnest.tasks.http_hot import HotRoutes
from earnest.tasks.jobs import register_jobs
from earnest.tasks.service import TaskStatus, reactor
from earnest.tasks.store import OpenTasks, count_open

__all__ = [
    "ROUTES",
    "HotRoutes",
    "OpenTasks",
    "TaskStatus",
    "count_open",
    "reactor",
    "register_jobs",
]
