"""The how-to of the escrow: its commands, run as they stand on the page, against a local chain."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from earnest.chains.stacks import AddressVersion, StacksAddress, StacksApi
from earnest.chains.stacks.follower import StacksFollower
from earnest.escrow import EscrowNumbering, Projector
from earnest.escrow.http import read_contract
from earnest.run.demo.stacks_wallet import StacksNode
from earnest.run.embedded.stacks_chain import SBTC_CONTRACT
from tests.conftest import Databases

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "escrow.md"
TREASURY, HEIR, *ARBITERS = (
    str(StacksAddress(AddressVersion.TESTNET_SINGLE_SIG, bytes([n]) * 20)) for n in range(1, 6)
)


def blocks() -> list[str]:
    """The commands of the page, in order."""
    found = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(found) >= 6
    return found


@pytest.fixture
async def bare_chain(tmp_path: Path) -> AsyncIterator[StacksNode]:
    """A local chain without any contract of ours."""
    node = shutil.which("node")
    assert node is not None, "the chain runs in Node"
    process = await asyncio.create_subprocess_exec(
        node, str(ROOT / "localnet" / "stacks.mjs"), "--port", "0",
        "--state", str(tmp_path / "chain"), "--block-ms", "0", "--burn-every", "0",
        "--die-with-parent",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = re.search(r'"api":"([^"]+)"', (await process.stdout.readline()).decode())
        assert url is not None, "the chain did not start"
        opened = StacksNode(url[1])
        yield opened
        await opened.close()
    finally:
        process.kill()
        await process.communicate()


class Operator:
    """Somebody at a shell, with the page open."""

    def __init__(self, api_url: str, key_file: Path) -> None:
        self._environment = os.environ | {
            "API": api_url,
            "OWNER_KEY": str(key_file),
            "TREASURY": TREASURY,
            "ARBITERS": " ".join(ARBITERS),
            "TOKEN": SBTC_CONTRACT,
            "NEW_OWNER": HEIR,
        }
        self._helpers, self._deploy = blocks()[:2]

    async def run(self, commands: str) -> str:
        """Runs commands in the tree, with what the page defined before; what they print."""
        names = "\n".join(re.findall(r"^(?:OWNER|CONTRACT)=.*$", self._deploy, re.MULTILINE))
        return await self._shell(f"{self._helpers}\n{names}\n{commands}")

    async def deploy(self) -> str:
        """The first step."""
        return await self._shell(f"{self._helpers}\n{self._deploy}")

    async def _shell(self, script: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", script,
            cwd=ROOT, env=self._environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, trouble = await process.communicate()
        assert process.returncode == 0, trouble.decode()
        return said.decode()


async def test_the_page_leads_from_nothing_to_a_contract_that_is_followed(
    bare_chain: StacksNode, databases: Databases, tmp_path: Path
) -> None:
    """Deploy, treasury, token, announce, a week of blocks, put in force, hand over: each command of
    the page does what the page says, and what Earnest then shows of the contract is what was
    asked for."""
    key = tmp_path / "owner.key"
    key.write_text("5a" * 32)
    operator = Operator(bare_chain.api_url, key)
    owner = (await operator.run("echo $OWNER")).strip()
    await bare_chain.fund(owner, micro_stx=2_000_000)
    await bare_chain.mine()
    assert "txId" in await operator.deploy()
    await bare_chain.mine()
    look, *steps = blocks()[2:]
    assert "contract-deployed" in await operator.run(look)
    configure, announce, activate, hand_over = steps
    for step in (configure, announce):
        await operator.run(step)
        await bare_chain.mine()
    await bare_chain.mine(burn=1_008)
    for step in (activate, hand_over):
        await operator.run(step)
        await bare_chain.mine()
    await bare_chain.mine(burn=7)

    contract = f"{owner}.escrow-multi-token"
    indexer = await databases.role("indexer")
    async with StacksApi(bare_chain.api_url) as api:
        follower = StacksFollower(indexer, api, contract, numbering=EscrowNumbering(contract))
        assert await follower.take_fence()
        while not (await follower.follow_once()).is_whole:
            continue
    await Projector(indexer, contract).catch_up()
    shown = await read_contract(await databases.role("api"), contract)
    assert (shown.deployed, shown.final) == (True, True)
    assert (shown.owner, shown.proposed_owner, shown.treasury) == (owner, HEIR, TREASURY)
    assert shown.arbiter_set is not None
    assert (shown.arbiter_set.members, shown.arbiter_set.threshold) == (ARBITERS, 2)
    assert shown.fee_bps == 250
    assert [each.identifier for each in shown.tokens] == [f"{SBTC_CONTRACT}::sbtc-token"]
