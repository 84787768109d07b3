"""What can be wrong with a notification."""

from earnest.kit.errors import EarnestError, Kind


class NotificationNotFound(EarnestError):
    """You have no notification {notification_id}."""

    code = "notification_not_found"
    kind = Kind.NOT_FOUND


class NotificationMalformed(ValueError):
    """A domain told something in a form that no inbox could show: a fault of ours."""
