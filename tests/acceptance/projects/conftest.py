"""The real API with an escrow contract behind it."""

from collections.abc import AsyncIterator

import pytest

from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, chain, opened_site
from tests.conftest import Databases
from tests.escrow_market import CONTRACT, SBTC
from tests.fixtures_object_store import s3_server

__all__ = ["chain", "s3_server"]


@pytest.fixture
async def site(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> AsyncIterator[Site]:
    """The API on a fresh database, with a contract."""
    async with opened_site(
        databases, s3_server, chain, stacks_contract=CONTRACT, stacks_sbtc_token=SBTC
    ) as opened:
        yield opened
