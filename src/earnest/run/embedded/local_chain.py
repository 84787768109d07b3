"""A Solana chain on this machine as our own child: `node localnet/solana.mjs`.

For the demo, for development and for tests. It needs Node and the folder `localnet/` of the
source tree; every other network needs neither.
"""

import http.client
import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from earnest.run.embedded.errors import PartDidNotStart, ProgramMissing
from earnest.run.embedded.launch import (
    LOOPBACK,
    answers_http,
    die_with_parent_argv,
    spare_environment,
)
from earnest.run.embedded.part import EmbeddedPart
from earnest.run.embedded.state_dir import StateDir, make_private

LOCALNET = Path(__file__).resolve().parents[4] / "localnet"
NODE_VERSION_MIN = (20, 19)

_RUNTIME_PACKAGE = "surfpool-sdk-linux-x64-gnu"
_STATE_PATH = "/localnet/state"


@dataclass(frozen=True)
class LocalChainAccess:
    """Where the chain is, and what it is called."""

    rpc_url: str
    ws_url: str
    genesis_hash: str
    usdc_mint: str


@dataclass(frozen=True)
class TreasuryGift:
    """Lamports that a new chain gives to the treasury, so that it can pay fees from the start."""

    address: str
    lamports: int


def node_program(title: str = "The local Solana chain") -> str:
    """The `node` on PATH. Raises `ProgramMissing` when there is none, or one that is too old.

    `title` is whose need it is.
    """
    node = shutil.which("node")
    wanted = ".".join(str(number) for number in NODE_VERSION_MIN)
    if node is None:
        raise ProgramMissing(
            f"{title} needs Node {wanted} or later, and there is no `node`. "
            "Install it and run `make setup`, or choose another network (--network devnet)."
        )
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = said.stdout.strip()
    numbers = version.removeprefix("v").split(".")[:2]
    if not all(part.isdecimal() for part in numbers) or (
        tuple(int(part) for part in numbers) < NODE_VERSION_MIN
    ):
        raise ProgramMissing(
            f"{title} needs Node {wanted} or later; {node} is {version or 'broken'}."
        )
    return node


class LocalChain(EmbeddedPart):
    """One Solana chain. What it holds is kept in the state directory between runs."""

    name = "chain"
    title = "The local Solana chain"
    stop_signal = signal.SIGTERM
    stop_seconds_max = 5.0
    # It also ends when its standard input does.
    holds_stdin = True

    def __init__(
        self,
        state_dir: Path | StateDir,
        port: int | None = None,
        *,
        slot_ms: int = 400,
        treasury: TreasuryGift | None = None,
        localnet: Path = LOCALNET,
    ) -> None:
        super().__init__(state_dir, port)
        self._slot_ms = slot_ms
        self._treasury = treasury
        self._localnet = localnet

    @property
    def access(self) -> LocalChainAccess:
        """Where the running chain is. Raises `PartDidNotStart` when it does not answer."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", _STATE_PATH)
            state = json.loads(connection.getresponse().read())
            return LocalChainAccess(
                rpc_url=f"http://{LOOPBACK}:{self.port}",
                ws_url=f"ws://{LOOPBACK}:{self.port}",
                genesis_hash=state["genesisHash"],
                usdc_mint=state["usdc"]["mint"],
            )
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise PartDidNotStart(
                f"{self.title} does not answer at {LOOPBACK}:{self.port}. The log is {self.log}."
            ) from error
        finally:
            connection.close()

    def prepare(self) -> None:
        """Looks for what has to be installed. Raises `ProgramMissing`."""
        super().prepare()
        node_program()
        if not (self._localnet / "solana.mjs").exists():
            raise ProgramMissing(
                f"The local Solana chain is not in {self._localnet}: it comes with the source "
                "tree, not with the package. Choose another network (--network devnet)."
            )
        installed = (self._localnet / "node_modules" / _RUNTIME_PACKAGE).exists()
        if not installed and shutil.which("surfpool") is None:
            raise ProgramMissing(
                "The local Solana chain is not installed: run `make setup`. (On other machines "
                "than x86-64 Linux, install the `surfpool` command.)"
            )
        make_private(self.state_dir.chain)

    def argv(self) -> list[str]:
        """The command of the chain."""
        command = [node_program(), str(self._localnet / "solana.mjs")]
        command += ["--port", str(self.port)]
        command += ["--state", str(self.state_dir.chain.resolve())]
        command += ["--slot-ms", str(self._slot_ms), "--die-with-parent"]
        if self._treasury is not None:
            command += ["--treasury", self._treasury.address]
            command += ["--treasury-lamports", str(self._treasury.lamports)]
        return die_with_parent_argv(command, parent_death_signal=signal.SIGKILL)

    def env(self) -> dict[str, str]:
        """The chain's environment: no NODE_… variable of the user gets in."""
        return spare_environment()

    def is_ready(self, _pid: int, /) -> bool:
        """Whether the chain answers."""
        return answers_http(self.port, _STATE_PATH, status=200)
