"""`earnest up`: everything on one machine, by one command.

Embedded Postgres, an S3 server and a local chain where the settings name none, and Earnest's own
four processes, each with only its own secrets. A supervisor keeps all of them alive and stops
them in the reverse order of their start.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.text import Text

from earnest.kit.errors import InvalidInput
from earnest.kit.settings import Network, Settings, read_settings
from earnest.run.embedded.children import ChildSpec, StopRequested, Supervisor
from earnest.run.embedded.launch import LOOPBACK, claim_port, free_port
from earnest.run.embedded.local_chain import LocalChain, TreasuryGift
from earnest.run.embedded.object_store import ObjectStore
from earnest.run.embedded.part import EmbeddedPart
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.embedded.stacks_chain import SBTC_CONTRACT, StacksChain
from earnest.run.embedded.state_dir import StateDir
from earnest.run.errors import KeyLost, TreasuryDiffers
from earnest.run.halts import read_halts
from earnest.run.history import check_history
from earnest.run.installation import ROLE_OF, Secrets, child_environment, keep_environment
from earnest.run.node import ask_node, open_token_account, without_secrets
from earnest.run.ports import Ports
from earnest.run.probes import DoorProbe, HttpProbe, Probe
from earnest.run.terminal import console, duration
from earnest.run.version import VERSION
from earnest.run.watch import Voice, Watch

DATABASE = "earnest"
# So that the first payouts have something to pay their fees with.
LOCAL_FLOAT_LAMPORTS = 10_000_000_000
LOCAL_POLL_S = 0.2
LOCAL_STACKS_POLL_S = 0.5
PUBLIC_RPC_URLS = {
    Network.DEVNET: "https://api.devnet.solana.com",
    Network.TESTNET: "https://api.testnet.solana.com",
}
_UNIX_PATH_BYTES_MAX = 107
_PORT_SECONDS = 5.0
_URLS = ("api", "docs", "solanaRpc", "stacksApi", "s3", "database")
_TITLES = {
    "postgres": "Postgres",
    "s3": "S3 server",
    "chain": "Solana chain",
    "stacks": "Stacks chain",
    "signer": "Signer",
    "api": "API",
    "worker": "Worker",
    "indexer": "Indexer",
}


@dataclass
class _Assembly:
    """What is decided while the parts start, for the processes that start after them."""

    own: dict[str, str] = field(default_factory=dict)
    secret_files: dict[str, Path] = field(default_factory=dict)
    database_urls: dict[str, Path] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)


class Up:
    """One run of the whole system. `run` returns when it was asked to stop and all has ended."""

    def __init__(
        self,
        outer: Mapping[str, str],
        *,
        network: Network | None = None,
        port: int | None = None,
        state_dir: Path | None = None,
        slot_ms: int = 400,
        stacks: bool = True,
        stacks_block_ms: int = 1_000,
        stacks_burn_every: int = 10,
    ) -> None:
        asked = read_settings(outer)
        self._outer = outer
        self._asked = asked
        self._network = network or asked.network
        self._state_dir = StateDir((state_dir or asked.state_dir).resolve())
        self._secrets = Secrets(self._state_dir)
        self._slot_ms = slot_ms
        self._wants_stacks = stacks
        self._stacks_block_ms = stacks_block_ms
        self._stacks_burn_every = stacks_burn_every
        # Port 0: any that is free.
        wanted = asked.api_port if port is None else port
        self._api_port = wanted or free_port()
        self._ports: Ports | None = None
        self._stacks: StacksChain | None = None
        self._stacks_is_new = False
        self._has_database = False
        self._history_checked = asyncio.Event()
        self._assembly = _Assembly()
        self._voice = Voice(console(), self._state_dir.root)
        self._began = time.monotonic()
        self._node_url = ""
        self._owner_url = ""

    @property
    def ports(self) -> Ports:
        """Chosen once the state directory is ours."""
        if self._ports is None:
            self._ports = Ports.beginning_at(self._api_port)
        return self._ports

    async def run(self) -> None:
        """Starts everything, stays until SIGINT or SIGTERM, stops everything.

        Raises `EmbeddedPartFailed` or `EarnestError` with one plain line when it cannot run.
        """
        _check_network(self._network, self._asked)
        self._decide_signer()
        supervisor = Supervisor(self._state_dir, stop_on_signals=True)
        stopped_at: float | None = None
        try:
            async with supervisor:
                with contextlib.suppress(StopRequested):
                    await self._start(supervisor)
                    watch = Watch(
                        supervisor, self._voice, self._node_url, _TITLES, self._read_halts
                    )
                    await watch.note_money()
                    self._show_places(supervisor, watch.waiting)
                    await self._stay(supervisor, watch)
                self._voice.say("")
                self._voice.say("Stopping. Requests under way are finished first.")
                stopped_at = time.monotonic()
        finally:
            if stopped_at is not None:
                took = duration(time.monotonic() - stopped_at)
                self._voice.say(
                    f"Stopped in {took}. Nothing runs; all data is in {self._voice.state_dir}."
                )

    # -- start ----------------------------------------------------------------------------------

    async def _start(self, supervisor: Supervisor) -> None:
        await asyncio.to_thread(claim_port, self._api_port, "The API", seconds=_PORT_SECONDS)
        if self._runs_stacks:
            self._stacks = StacksChain(
                self._state_dir,
                self.ports.stacks,
                block_ms=self._stacks_block_ms,
                burn_every=self._stacks_burn_every,
            )
            self._stacks_is_new = self._stacks.is_new
            self._has_database = bool(self._asked.database_url) or self._state_dir.postgres.exists()
        supervisor.publish_network(self._network.value)
        self._voice.say(Text.assemble((f"Earnest {VERSION}", "name"), f" on {self._chain_words}"))
        self._voice.say("")
        # What can start side by side does; long imports happen while processes come up. Nothing
        # waits for the Stacks chain, which executes its past first: who follows it keeps asking.
        await _all_or_first_error(self._start_stacks(supervisor), self._start_rest(supervisor))
        urls = self._assembly.urls
        supervisor.publish_urls({name: urls[name] for name in _URLS if name in urls})
        supervisor.publish_contract(self._settings_of("api").stacks_contract)
        supervisor.publish_complete()

    async def _start_rest(self, supervisor: Supervisor) -> None:
        await _all_or_first_error(
            self._start_database(supervisor),
            self._start_files(supervisor),
            self._start_chain(supervisor),
        )
        await self._check_history()
        self._history_checked.set()
        await _all_or_first_error(*(self._start_process(supervisor, name) for name in ROLE_OF))

    def _show_places(self, supervisor: Supervisor, waiting: str) -> None:
        urls = self._assembly.urls
        places = [
            ("Site and API", urls["api"]),
            ("API reference", urls["docs"]),
            ("Solana RPC", urls["solanaRpc"]),
            ("Stacks API", urls.get("stacksApi", "")),
            ("Escrow", self._settings_of("api").stacks_contract),
            ("Arbiter's key", self._arbiter_key_file),
            ("Files (S3)", urls["s3"]),
            ("Database", urls["database"]),
            ("Treasury", self._assembly.own["solana_treasury"]),
            ("Data and logs", self._voice.state_dir),
        ]
        self._voice.places([(name, at) for name, at in places if at])
        if waiting:
            self._voice.say(Text(waiting, style="waiting"))
            self._voice.say("")
        self._voice.say(
            Text.assemble(
                (f"Ready in {duration(time.monotonic() - self._began)}", "done"),
                f", {len(supervisor.processes)} processes. Ctrl-C stops them all; the data stays.",
            )
        )

    def _decide_signer(self) -> None:
        """Where the signer keeps its things, and what opens its key.

        On mainnet the person at the terminal is asked, before anything is started.
        """
        signer = self._state_dir.root / "signer"
        own, files = self._assembly.own, self._assembly.secret_files
        for name, path in (
            ("signer_key_file", signer / "treasury.key.json"),
            ("signer_log_file", signer / "signed.sqlite"),
            ("signer_socket", signer / "signer.sock"),
        ):
            if not _is_given(self._outer, name):
                own[name] = str(path)
        files["signer_token"] = self._secrets.file_of("signer_token")
        if not _is_given(self._outer, "signer_passphrase"):
            if self._network is Network.MAINNET:
                is_new = not self._settings_of("signer").signer_key_file.exists()
                own["signer_passphrase"] = _ask_passphrase(twice=is_new)
            else:
                # Where money is worth nothing a passphrase of ours will do.
                files["signer_passphrase"] = self._secrets.file_of("signer_passphrase")
        socket_path = self._settings_of("signer").signer_socket
        if len(os.fsencode(socket_path)) > _UNIX_PATH_BYTES_MAX:
            raise InvalidInput(
                reason=f"The path of the signer's socket is too long for the system"
                f" ({socket_path}). Set EARNEST_SIGNER_SOCKET to a shorter one."
            )

    def _open_treasury_key(self) -> str:
        """The treasury's address; its key is made on the first start, and never again."""
        from earnest.signer.commands import init_key
        from earnest.signer.keyfile import key_address

        settings = self._settings_of("signer")
        if settings.signer_key_file.exists():
            return key_address(settings.signer_key_file)
        if settings.signer_log_file.exists():
            raise KeyLost(key_file=settings.signer_key_file, log_file=settings.signer_log_file)
        return init_key(settings)

    def _decide(self, address: str) -> None:
        """Everything that does not depend on a part that is still to start."""
        own, ports = self._assembly.own, self.ports
        named = self._asked.solana_treasury
        if named and named != address:
            key_file = self._settings_of("signer").signer_key_file
            raise TreasuryDiffers(found=address, known=named, key_file=key_file)
        own["network"] = self._network.value
        own["state_dir"] = str(self._state_dir.root)
        own["api_port"] = str(ports.api)
        own["solana_treasury"] = address
        for name, value in (
            ("public_url", f"http://{LOOPBACK}:{ports.api}"),
            ("solana_rpc_urls", self._default_rpc_urls()),
        ):
            if not _is_given(self._outer, name):
                own[name] = value
        if self._runs_chain:
            own["solana_ws_url"] = f"ws://{LOOPBACK}:{ports.chain}"
        if self._network is Network.LOCAL and not _is_given(self._outer, "solana_poll_s"):
            own["solana_poll_s"] = str(LOCAL_POLL_S)
        if self._stacks is not None:
            self._decide_stacks(self._stacks)
        for name in ("jwt_secret", "attestation_key"):
            if not _is_given(self._outer, name):
                self._assembly.secret_files[name] = self._secrets.file_of(name)
        settings = self._settings_of("api")
        self._node_url = settings.rpc_urls[0]
        self._assembly.urls |= {
            "api": settings.public_url,
            "docs": f"{settings.public_url}/api/docs",
            "solanaRpc": without_secrets(self._node_url),
        }
        if settings.stacks_api_url:
            first = settings.stacks_api_url.split(",")[0].strip()
            self._assembly.urls["stacksApi"] = without_secrets(first)

    def _decide_stacks(self, chain: StacksChain) -> None:
        own = self._assembly.own
        own["stacks_api_url"] = chain.api_url
        # Another contract on our own chain is a person's experiment, and theirs counts.
        for name, value in (
            ("stacks_contract", chain.contract_id()),
            ("stacks_sbtc_token", SBTC_CONTRACT),
            ("stacks_ws_url", chain.ws_url),
            ("stacks_poll_s", str(LOCAL_STACKS_POLL_S)),
        ):
            if not _is_given(self._outer, name):
                own[name] = value

    async def _start_database(self, supervisor: Supervisor) -> None:
        # asyncpg, yoyo and PgQueuer take a second to import; Postgres needs it to come up.
        importing = asyncio.create_task(asyncio.to_thread(_import_migrate))
        try:
            if self._asked.database_url:
                owner_url = self._asked.database_url
            else:
                server = EmbeddedPostgres(self._state_dir, self.ports.postgres)
                await self._start_part(supervisor, server)
                await importing
                from earnest.run.migrate import create_database

                owner_url = await create_database(
                    server.superuser_dsn,
                    owner_password=self._secrets.database_password("owner"),
                    database=DATABASE,
                )
        finally:
            await asyncio.gather(importing, return_exceptions=True)
        from earnest.run.migrate import ROLES, migrate, role_url

        passwords = {role: self._secrets.database_password(role) for role in ROLES}
        began = time.monotonic()
        await migrate(owner_url, passwords)
        self._voice.done("Database", "is up to date", time.monotonic() - began)
        self._owner_url = owner_url
        self._assembly.urls["database"] = without_secrets(owner_url)
        for process, role in ROLE_OF.items():
            url = role_url(owner_url, role, passwords[role])
            path = self._secrets.keep(f"database_url_{process}", url)
            self._assembly.database_urls[process] = path

    async def _start_files(self, supervisor: Supervisor) -> None:
        if self._asked.s3_endpoint:
            self._asked.need("s3_access_key_id", "s3_secret_access_key")
            self._assembly.urls["s3"] = self._asked.s3_endpoint
            return
        store = ObjectStore(self._state_dir, self.ports.s3, bucket=self._asked.s3_bucket)
        await self._start_part(supervisor, store)
        access = store.access
        self._assembly.own |= {
            "s3_endpoint": access.endpoint_url,
            "s3_region": access.region,
        }
        self._assembly.secret_files |= {
            "s3_access_key_id": self._secrets.keep("s3_access_key_id", access.access_key_id),
            "s3_secret_access_key": self._secrets.keep(
                "s3_secret_access_key", access.secret_access_key
            ),
        }
        self._assembly.urls["s3"] = access.endpoint_url

    async def _start_chain(self, supervisor: Supervisor) -> None:
        address = await asyncio.to_thread(self._open_treasury_key)
        self._decide(address)
        if not self._runs_chain:
            return
        chain = LocalChain(
            self._state_dir,
            self.ports.chain,
            slot_ms=self._slot_ms,
            treasury=TreasuryGift(address, LOCAL_FLOAT_LAMPORTS),
        )
        await self._start_part(supervisor, chain)
        access = await asyncio.to_thread(lambda: chain.access)
        if not _is_given(self._outer, "solana_usdc_mint"):
            self._assembly.own["solana_usdc_mint"] = access.usdc_mint
        await asyncio.to_thread(open_token_account, access.rpc_url, address, access.usdc_mint)

    async def _start_stacks(self, supervisor: Supervisor) -> None:
        if self._stacks is None:
            return
        if self._stacks_is_new and self._has_database:
            # It could replace one that was followed. Once begun it would look like an old one.
            await self._history_checked.wait()
        await self._start_part(supervisor, self._stacks)

    async def _check_history(self) -> None:
        solana_genesis: str | None = None
        if self._runs_chain:
            found = await asyncio.to_thread(ask_node, self._node_url, "getGenesisHash")
            solana_genesis = str(found)
        await check_history(
            self._owner_url,
            self._state_dir,
            treasury=self._assembly.own["solana_treasury"],
            key_file=self._settings_of("signer").signer_key_file,
            solana_genesis=solana_genesis,
            stacks_is_new=self._stacks_is_new,
            stacks_contract=self._own_contract,
        )

    async def _start_part(self, supervisor: Supervisor, part: EmbeddedPart) -> None:
        began = time.monotonic()
        await supervisor.start(part)
        self._voice.done(_TITLES[part.name], "is ready", time.monotonic() - began)

    async def _start_process(self, supervisor: Supervisor, name: str) -> None:
        environment = child_environment(
            name,
            outer=self._outer,
            own=self._own_of(name),
            secret_files=self._files_of(name),
        )
        keep_environment(self._state_dir, name, environment)
        began = time.monotonic()
        await supervisor.start(
            ChildSpec.of_process(
                name,
                [sys.executable, "-P", "-m", "earnest.run", *_COMMAND_OF.get(name, (name,))],
                {"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC", **environment},
                is_ready=self._probe_of(name),
                stop_seconds_max=15.0,
                start_seconds_max=60.0,
            )
        )
        self._voice.done(_TITLES[name], "is ready", time.monotonic() - began)

    def _own_of(self, name: str) -> dict[str, str]:
        metrics = {
            "worker": self.ports.worker_metrics,
            "indexer": self.ports.indexer_metrics,
        }.get(name)
        own = dict(self._assembly.own)
        return own if metrics is None else {**own, "metrics_port": str(metrics)}

    def _files_of(self, name: str) -> dict[str, Path]:
        files = dict(self._assembly.secret_files)
        if name in self._assembly.database_urls:
            files["database_url"] = self._assembly.database_urls[name]
        return files

    def _settings_of(self, name: str) -> Settings:
        """The settings of a process as they stand now."""
        return read_settings(
            child_environment(
                name, outer=self._outer, own=self._own_of(name), secret_files=self._files_of(name)
            )
        )

    def _probe_of(self, name: str) -> Probe:
        ports = self.ports
        match name:
            case "api":
                return HttpProbe(ports.api, "/readyz")
            case "worker":
                return HttpProbe(ports.worker_metrics, "/healthz")
            case "indexer":
                return HttpProbe(ports.indexer_metrics, "/healthz")
            case _:
                return DoorProbe(self._settings_of("signer").signer_socket)

    # -- stay -----------------------------------------------------------------------------------

    async def _read_halts(self) -> list[str] | None:
        follows_stacks = bool(self._settings_of("indexer").stacks_contract)
        return await read_halts(self._owner_url, follows_stacks=follows_stacks)

    async def _stay(self, supervisor: Supervisor, watch: Watch) -> None:
        watching = asyncio.create_task(watch.run())
        try:
            await supervisor.run_until_stopped()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    @property
    def _runs_chain(self) -> bool:
        return self._network is Network.LOCAL and not self._asked.solana_rpc_urls

    @property
    def _runs_stacks(self) -> bool:
        is_local = self._network is Network.LOCAL and self._wants_stacks
        return is_local and not self._asked.stacks_api_url

    @property
    def _own_contract(self) -> str | None:
        """The contract on our own Stacks chain, unless another one was asked for."""
        if self._stacks is None or _is_given(self._outer, "stacks_contract"):
            return None
        return self._stacks.contract_id()

    @property
    def _arbiter_key_file(self) -> str:
        return self._voice.path(self._stacks.deployer_key_file) if self._stacks else ""

    @property
    def _chain_words(self) -> str:
        if not self._runs_chain:
            return f"Solana {self._network}"
        return "its own chains" if self._runs_stacks else "its own Solana chain"

    def _default_rpc_urls(self) -> str:
        if self._runs_chain:
            return f"http://{LOOPBACK}:{self.ports.chain}"
        return PUBLIC_RPC_URLS.get(self._network, "")


_COMMAND_OF = {"signer": ("signer", "serve")}


def _is_given(outer: Mapping[str, str], name: str) -> bool:
    variable = f"EARNEST_{name.upper()}"
    return bool(outer.get(variable) or outer.get(f"{variable}_FILE"))


def _check_network(network: Network, asked: Settings) -> None:
    if network is Network.MAINNET and len(asked.rpc_urls) < 2:
        raise InvalidInput(
            reason="On mainnet name at least two Solana nodes of different operators, separated"
            " by commas: EARNEST_SOLANA_RPC_URLS. No payout is signed on one node's word."
        )


def _ask_passphrase(*, twice: bool) -> str:
    from earnest.signer.server import read_passphrase

    return read_passphrase(Settings(), twice=twice)


def _import_migrate() -> None:
    import earnest.run.migrate  # noqa: F401  (only so that it is there when it is needed)


async def _all_or_first_error(*steps: Coroutine[Any, Any, None]) -> None:
    """Runs steps side by side. At the first error the others are given up and it is raised."""
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
