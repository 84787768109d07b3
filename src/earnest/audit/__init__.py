"""What operators did: who, what, about what, and why. See README.md."""

from earnest.audit.store import OperatorAct, list_acts, record

__all__ = ["OperatorAct", "list_acts", "record"]
