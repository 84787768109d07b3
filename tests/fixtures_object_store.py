"""An S3 server for tests: one for the run, and one that a test may stop.

Import what you need into a conftest: `from tests.fixtures_object_store import s3_server`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from earnest.files import S3ObjectStore, open_store
from earnest.kit.settings import Settings
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedS3]:
    """An S3 server of this run's own."""
    with EmbeddedS3(tmp_path_factory.mktemp("s3")) as server:
        yield server


def s3_settings(server: EmbeddedS3, **others: Any) -> Settings:
    """Settings that name this server, and whatever else is wanted."""
    access = server.access
    return Settings(
        s3_endpoint=access.endpoint_url,
        s3_region=access.region,
        s3_bucket=access.bucket,
        s3_access_key_id=access.access_key_id,
        s3_secret_access_key=access.secret_access_key,
        **others,
    )


@pytest.fixture
async def object_store(s3_server: EmbeddedS3) -> AsyncIterator[S3ObjectStore]:
    """The run's S3 server as the port that files use. Keys are shared between tests."""
    async with opened(s3_server) as store:
        yield store


@asynccontextmanager
async def opened(server: EmbeddedS3) -> AsyncIterator[S3ObjectStore]:
    """A server as the port that files use."""
    async with open_store(s3_settings(server)) as store:
        yield store
