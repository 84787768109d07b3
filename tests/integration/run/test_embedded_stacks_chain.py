"""The local Stacks chain as our own child."""

import os
import signal
from pathlib import Path

import httpx
import psutil
import pytest

from earnest.run.demo.stacks_wallet import StacksNode, StacksWallets
from earnest.run.embedded.errors import ProgramMissing, SecretLost
from earnest.run.embedded.stacks_chain import CONTRACT, SBTC_CONTRACT, StacksChain
from tests.integration.run.processes import lives, poll_until, starter

START_AND_STAY = """
import json, sys
from pathlib import Path
from earnest.run.embedded.stacks_chain import StacksChain
chain = StacksChain(Path(sys.argv[1]), block_ms=0).start()
print(json.dumps({"pid": chain.pid}), flush=True)
sys.stdin.read()
"""


def events_of(chain: StacksChain) -> list[str]:
    """What the contract has printed, oldest first, as the API shows it."""
    url = f"{chain.api_url}/extended/v2/smart-contracts/{chain.contract_id()}/logs?limit=50"
    results = httpx.get(url).json()["results"]
    return [row["contract_log"]["value"]["repr"] for row in reversed(results)]


def last_busy_burn_height(api_url: str) -> int:
    """The Bitcoin height of the newest block that holds anything."""
    blocks = httpx.get(f"{api_url}/extended/v2/blocks?limit=30").json()["results"]
    busy: list[int] = [block["burn_block_height"] for block in blocks if block["tx_count"]]
    return max(busy)


async def test_starts_with_the_contract_and_remembers(tmp_path: Path) -> None:
    """The contract is the one that was foretold, belongs to the key kept here, takes sBTC; money
    is where it was after a stop and a start, and nothing was deployed twice."""
    chain = StacksChain(tmp_path, block_ms=0)
    assert chain.is_new
    foretold = chain.contract_id()
    async with StacksWallets() as wallets:
        async with chain:
            first = chain.access
            assert first.contract == foretold
            deployer = await wallets.open(key_file=chain.deployer_key_file)
            assert foretold.startswith(f"{deployer.address}.")
            told = events_of(chain)
            assert SBTC_CONTRACT in told[-1]
            node = StacksNode(first.api_url)
            # Everything that it was born with has six Bitcoin blocks on top of it.
            deployed = last_busy_burn_height(first.api_url)
            assert (await node.state())["burnHeight"] - deployed >= 6
            client = await wallets.open()
            await node.fund(client.address, micro_stx=7_000_000)
            await node.mine()
            assert await node.balance_micro_stx(client.address) == 7_000_000
            await node.close()
            pid = chain.pid
        assert not lives(pid)
        assert not chain.is_new
        async with StacksChain(tmp_path, block_ms=0) as again:
            assert again.access.genesis_hash == first.genesis_hash
            assert again.access.contract == foretold
            assert events_of(again) == told
            node = StacksNode(again.api_url)
            assert await node.balance_micro_stx(client.address) == 7_000_000
            await node.close()


def test_kill_of_the_parent_takes_it_along(tmp_path: Path) -> None:
    """kill -9 of the process that started it ends the chain, and the next start works."""
    with starter(START_AND_STAY, str(tmp_path)) as (parent, told):
        family = [told["pid"], *(p.pid for p in psutil.Process(told["pid"]).children())]
        os.kill(parent.pid, signal.SIGKILL)
        poll_until(lambda: not any(lives(pid) for pid in family))
    with StacksChain(tmp_path, block_ms=0) as chain:
        assert chain.access.contract == chain.contract_id()


def test_a_chain_whose_key_is_gone_is_not_given_another(tmp_path: Path) -> None:
    """A chain is there and the deployer's key is not: that is said, and no key is made."""
    chain = StacksChain(tmp_path)
    chain.state_dir.stacks.mkdir()
    (chain.state_dir.stacks / "journal.jsonl").touch()
    with pytest.raises(SecretLost, match="the only arbiter"):
        chain.start()
    assert not chain.deployer_key_file.exists()


def test_missing_programs_are_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages, the folder, the contract or Node, the line says what to do."""
    bare = tmp_path / "localnet"
    bare.mkdir()
    (bare / "stacks.mjs").touch()
    with pytest.raises(ProgramMissing, match=r"make setup.*--no-stacks"):
        StacksChain(tmp_path, localnet=bare).start()
    with pytest.raises(ProgramMissing, match="source tree"):
        StacksChain(tmp_path, localnet=tmp_path / "nowhere").start()
    with pytest.raises(ProgramMissing, match=CONTRACT.name):
        StacksChain(tmp_path, contract=tmp_path / CONTRACT.name).start()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="Stacks chain needs Node"):
        StacksChain(tmp_path).start()
