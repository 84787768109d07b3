"""Photo tasks: posted, paid, voted on, closed by the last vote."""

from earnest.tasks.http import ROUTES
from earnest.tasks.http_hot import HotRoutes
from earnest.tasks.jobs import register_jobs
from earnest.tasks.service import TaskStatus, list_tasks, reactor
from earnest.tasks.store import VOTES_COUNTED_MAX, OpenTasks, count_open, count_votes_of

__all__ = [
    "ROUTES",
    "VOTES_COUNTED_MAX",
    "HotRoutes",
    "OpenTasks",
    "TaskStatus",
    "count_open",
    "count_votes_of",
    "list_tasks",
    "reactor",
    "register_jobs",
]
