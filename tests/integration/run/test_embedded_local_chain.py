"""The local Solana chain as our own child."""

import os
import signal
from pathlib import Path

import httpx
import psutil
import pytest

from earnest.run.embedded.errors import ProgramMissing
from earnest.run.embedded.local_chain import LocalChain, TreasuryGift
from tests.integration.run.processes import lives, poll_until, starter

TREASURY = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"

START_AND_STAY = """
import json, sys
from pathlib import Path
from earnest.run.embedded.local_chain import LocalChain
chain = LocalChain(Path(sys.argv[1]), slot_ms=50).start()
print(json.dumps({"pid": chain.pid}), flush=True)
sys.stdin.read()
"""


async def balance_of(rpc_url: str, address: str) -> int:
    """Lamports of an address, as any client would ask."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "getBalance", "params": [address]}
    async with httpx.AsyncClient() as http:
        answer = await http.post(rpc_url, json=call)
    lamports: int = answer.json()["result"]["value"]
    return lamports


async def test_starts_gives_and_remembers(tmp_path: Path) -> None:
    """The chain answers JSON-RPC, the treasury has what it was given, and both are still so after
    a stop and a start."""
    gift = TreasuryGift(TREASURY, 3_000_000_000)
    async with LocalChain(tmp_path, slot_ms=50, treasury=gift) as chain:
        first = chain.access
        assert await balance_of(first.rpc_url, TREASURY) == gift.lamports
        pid = chain.pid
    assert not lives(pid)
    async with LocalChain(tmp_path, slot_ms=50) as chain:
        assert chain.access.genesis_hash == first.genesis_hash
        assert await balance_of(chain.access.rpc_url, TREASURY) == gift.lamports


def test_kill_of_the_parent_takes_it_along(tmp_path: Path) -> None:
    """kill -9 of the process that started it ends the chain, and the next start works."""
    with starter(START_AND_STAY, str(tmp_path)) as (parent, told):
        family = [told["pid"], *(p.pid for p in psutil.Process(told["pid"]).children())]
        os.kill(parent.pid, signal.SIGKILL)
        poll_until(lambda: not any(lives(pid) for pid in family))
    with LocalChain(tmp_path, slot_ms=50) as chain:
        assert chain.access.genesis_hash


def test_missing_programs_are_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the Node packages, without Node, and with an old one, the line says what to do."""
    bare = tmp_path / "localnet"
    bare.mkdir()
    (bare / "solana.mjs").write_text("", encoding="utf-8")
    with pytest.raises(ProgramMissing, match="make setup"):
        LocalChain(tmp_path, localnet=bare).start()
    with pytest.raises(ProgramMissing, match="source tree"):
        LocalChain(tmp_path, localnet=tmp_path / "nowhere").start()
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(ProgramMissing, match="there is no `node`"):
        LocalChain(tmp_path).start()
    old = programs / "node"
    old.write_text("#!/bin/sh\necho v18.20.4\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(ProgramMissing, match=r"v18\.20\.4"):
        LocalChain(tmp_path).start()
