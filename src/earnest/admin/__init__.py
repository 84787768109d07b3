"""What an operator sees of things that belong to several domains. See README.md."""

from earnest.admin.http_accounts import ROUTES

__all__ = ["ROUTES"]
