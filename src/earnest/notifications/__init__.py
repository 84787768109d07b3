"""Notifications: what an account is told, stored once, read by it alone. See README.md."""

from earnest.notifications.errors import NotificationMalformed, NotificationNotFound
from earnest.notifications.http import ROUTES
from earnest.notifications.jobs import register_jobs
from earnest.notifications.rules import NotificationKind, Words, needs_of, word_notification
from earnest.notifications.store import Notification, notify

__all__ = [
    "ROUTES",
    "Notification",
    "NotificationKind",
    "NotificationMalformed",
    "NotificationNotFound",
    "Words",
    "needs_of",
    "notify",
    "register_jobs",
    "word_notification",
]
