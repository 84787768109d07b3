"""A Stacks chain on this machine as our own child: `node localnet/stacks.mjs`.

For the demo, for development and for tests. It is born with the escrow contract, which belongs to
a key of this installation: the deployer is the contract's owner, its treasury and its only arbiter.
It needs Node and the folders `localnet/` and `contracts/` of the source tree; the contract's own
npm packages are for its tests and not needed here.
"""

import http.client
import json
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path

import coincurve

from earnest.chains.stacks.address import AddressVersion, StacksAddress, hash160
from earnest.run.embedded.errors import PartDidNotStart, ProgramMissing, SecretLost
from earnest.run.embedded.launch import (
    LOOPBACK,
    answers_http,
    die_with_parent_argv,
    spare_environment,
)
from earnest.run.embedded.local_chain import LOCALNET, node_program
from earnest.run.embedded.part import EmbeddedPart
from earnest.run.embedded.state_dir import StateDir, keep_secret, make_private

CONTRACT = LOCALNET.parent / "contracts" / "escrow-multi-token.clar"
# The token contract that simnet brings along, as on the main network.
SBTC_CONTRACT = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"

_PACKAGES = (("@stacks", "clarinet-sdk"), ("@stacks", "transactions"))
_STATE_PATH = "/localnet/state"
# More than it takes until the contract's deployment in the first blocks is final.
_BURN_HEIGHT_MIN = 12
_SAY_OTHERWISE = "Or start without it (--no-stacks): projects are then not offered."


@dataclass(frozen=True)
class StacksAccess:
    """Where the chain is, what it is called, and which contract was deployed on it."""

    api_url: str
    genesis_hash: str
    contract: str


class StacksChain(EmbeddedPart):
    """One Stacks chain. What it holds is kept in the state directory between runs.

    `block_ms` is one beat: a block is mined when a chain_tx waits. Every `burn_every` beats a
    Bitcoin block comes; 0: only when told (`POST /localnet/mine`).
    """

    name = "stacks"
    title = "The local Stacks chain"
    stop_signal = signal.SIGTERM
    stop_seconds_max = 5.0
    # Its past is executed again at every start.
    start_seconds_max = 180.0
    # It also ends when its standard input does.
    holds_stdin = True

    def __init__(
        self,
        state_dir: Path | StateDir,
        port: int | None = None,
        *,
        block_ms: int = 1_000,
        burn_every: int = 10,
        contract: Path = CONTRACT,
        localnet: Path = LOCALNET,
    ) -> None:
        super().__init__(state_dir, port)
        self._block_ms = block_ms
        self._burn_every = burn_every
        self._contract = contract
        self._localnet = localnet

    @property
    def deployer_key_file(self) -> Path:
        """64 hex digits: the key of the contract's owner, treasury and only arbiter."""
        return self.state_dir.secrets / "stacks-deployer-key"

    @property
    def is_new(self) -> bool:
        """Whether no chain was kept here yet."""
        return not (self.state_dir.stacks / "journal.jsonl").exists()

    @property
    def api_url(self) -> str:
        """Where the chain answers once it runs."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where it tells of new blocks."""
        return f"ws://{LOOPBACK}:{self.port}/extended/v1/ws"

    def open_deployer(self) -> str:
        """The deployer's address; its key is made on the first start, and never again.

        Raises `SecretLost` when a chain is there and its key is not.
        """
        path = self.deployer_key_file
        if not path.exists() and not self.is_new:
            raise SecretLost(
                f"{self.title} in {self.state_dir.stacks} has a contract whose key is gone "
                f"({path}), and with it the only arbiter. Put it back from a backup, or begin "
                "anew in another state directory."
            )
        key = bytes.fromhex(keep_secret(path, lambda: secrets.token_hex(32))[:64])
        public_key = coincurve.PrivateKey(key).public_key.format(compressed=True)
        return str(StacksAddress(AddressVersion.TESTNET_SINGLE_SIG, hash160(public_key)))

    def contract_id(self) -> str:
        """The contract as `ADDRESS.name`: known before the chain has started."""
        return f"{self.open_deployer()}.{self._contract.stem}"

    @property
    def access(self) -> StacksAccess:
        """Where the running chain is. Raises `PartDidNotStart` when it does not answer."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", _STATE_PATH)
            state = json.loads(connection.getresponse().read())
            return StacksAccess(
                api_url=self.api_url,
                genesis_hash=state["genesisHash"],
                contract=state["contractId"],
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
        node_program(self.title)
        for needed in (self._localnet / "stacks.mjs", self._contract):
            if not needed.exists():
                raise ProgramMissing(
                    f"{self.title} needs {needed}, which comes with the source tree, not with the "
                    f"package. {_SAY_OTHERWISE}"
                )
        for package in _PACKAGES:
            if not self._localnet.joinpath("node_modules", *package).exists():
                raise ProgramMissing(
                    f"{self.title} is not installed: run `make setup`. {_SAY_OTHERWISE}"
                )
        self.open_deployer()
        make_private(self.state_dir.stacks)

    def argv(self) -> list[str]:
        """The command of the chain."""
        command = [node_program(self.title), str(self._localnet / "stacks.mjs")]
        command += ["--port", str(self.port)]
        command += ["--state", str(self.state_dir.stacks.resolve())]
        command += ["--block-ms", str(self._block_ms), "--burn-every", str(self._burn_every)]
        command += ["--contract", str(self._contract)]
        command += ["--contract-key", str(self.deployer_key_file.resolve())]
        command += ["--contract-takes-sbtc", "--burn-height-min", str(_BURN_HEIGHT_MIN)]
        command += ["--die-with-parent"]
        return die_with_parent_argv(command, parent_death_signal=signal.SIGKILL)

    def env(self) -> dict[str, str]:
        """The chain's environment: no NODE_… variable of the user gets in."""
        return spare_environment()

    def is_ready(self, _pid: int, /) -> bool:
        """Whether the chain answers."""
        return answers_http(self.port, _STATE_PATH, status=200)
