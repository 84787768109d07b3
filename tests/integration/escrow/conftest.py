"""A local Stacks chain with the escrow on it, for all tests here that leave it usable."""

from collections.abc import AsyncIterator, Iterator

import pytest

from earnest.chains.stacks import StacksApi
from earnest.run.demo.stacks_wallet import StacksNode, StacksWallets
from earnest.run.embedded.stacks_chain import StacksChain
from tests.conftest import Databases
from tests.escrow_log import StacksLog
from tests.integration.escrow.escrow_world import EscrowWorld
from tests.integration.escrow.followed import Followed
from tests.integration.escrow.scene import Scene


@pytest.fixture(scope="module")
def stacks_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StacksChain]:
    """A chain that mines only when told."""
    with StacksChain(tmp_path_factory.mktemp("stacks"), block_ms=0, burn_every=0) as chain:
        yield chain


@pytest.fixture
async def escrow_world(stacks_chain: StacksChain) -> AsyncIterator[EscrowWorld]:
    """New people on that chain."""
    node = StacksNode(stacks_chain.api_url)
    try:
        async with StacksWallets() as wallets, StacksApi(stacks_chain.api_url) as api:
            owner = await wallets.open(key_file=stacks_chain.deployer_key_file)
            yield await EscrowWorld.open(api, node, wallets, owner)
    finally:
        await node.close()


@pytest.fixture
async def scene(databases: Databases) -> Scene:
    """An empty database."""
    return Scene(await databases.role("indexer"))


@pytest.fixture
async def stacks_log(scene: Scene) -> StacksLog:
    """The log of that database, empty."""
    return await StacksLog.begin(scene.indexer)


@pytest.fixture
async def followed(escrow_world: EscrowWorld, databases: Databases) -> AsyncIterator[Followed]:
    """That chain in a fresh database, not followed yet."""
    indexer, worker = await databases.role("indexer"), await databases.role("worker")
    made = Followed(escrow_world, databases, indexer, worker)
    yield made
    await made.aclose()
