"""What an operator sees of things that belong to several domains, or to none. See README.md."""

from typing import Any

from earnest.admin import http_accounts, http_audit, http_jobs

ROUTES: list[Any] = [*http_accounts.ROUTES, *http_audit.ROUTES, *http_jobs.ROUTES]

__all__ = ["ROUTES"]
