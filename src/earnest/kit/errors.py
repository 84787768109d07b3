"""Errors that state a fact. They know nothing of HTTP: `kit.problems` speaks for them there."""

from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What sort of trouble it is; decides the status code where one is needed."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


_BY_CODE: dict[str, type["EarnestError"]] = {}


class EarnestError(Exception):
    """Something is not as the caller supposed.

    A subclass sets `code` (stable, snake_case, part of the API) and `kind`. The first line of
    its docstring is the message, a format string over the facts given to the constructor:

        class SeatLapsed(EarnestError):
            '''Your seat lapsed at {expires_at}. Ask for the next task.'''
            code = "seat_lapsed"
            kind = Kind.CONFLICT
    """

    code: ClassVar[str] = "error"
    kind: ClassVar[Kind] = Kind.INVALID

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            known = _BY_CODE.setdefault(cls.code, cls)
            if known.__qualname__ != cls.__qualname__:
                raise TypeError(f"error code {cls.code} is taken by {known.__qualname__}")

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        template = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(template.format_map(_Known(facts)))


class _Known(dict[str, Any]):
    """Leaves a fact that was not given as its name, so that a message never fails to form."""

    def __missing__(self, key: str) -> str:
        return f"({key})"


def error_for(code: str, facts: dict[str, Any]) -> EarnestError | None:
    """The error that a SQL function named by `code`, or None where no class has that code."""
    cls = _BY_CODE.get(code)
    return cls(**facts) if cls else None


class Unavailable(EarnestError):
    """{part} cannot be reached at the moment. Nothing was changed; try again shortly."""

    code = "unavailable"
    kind = Kind.UNAVAILABLE


class InvalidInput(EarnestError):
    """{reason}"""

    code = "invalid_input"
    kind = Kind.INVALID


class NotFound(EarnestError):
    """There is no such {what}."""

    code = "not_found"
    kind = Kind.NOT_FOUND
