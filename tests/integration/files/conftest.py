"""Fixtures of files."""

from tests.fixtures_object_store import object_store, s3_server

__all__ = ["object_store", "s3_server"]
