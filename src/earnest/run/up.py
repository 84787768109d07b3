"""`earnest up`: everything on one machine, by one command.

Embedded Postgres, an S3 server and a local chain where the settings name none, and Earnest's own
four processes, each with only its own secrets. A supervisor keeps all of them alive and stops
them in the reverse order of their start.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from rich.text import Text

from earnest.kit.errors import EarnestError, InvalidInput, Kind
from earnest.kit.settings import Network, Settings, read_settings
from earnest.run.embedded.children import ChildSpec, StopRequested, Supervisor
from earnest.run.embedded.launch import LOOPBACK, answers_http, claim_port, free_port, port_is_free
from earnest.run.embedded.local_chain import LocalChain, TreasuryGift
from earnest.run.embedded.object_store import ObjectStore
from earnest.run.embedded.part import EmbeddedPart
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.embedded.run_state import Health, ProcessState
from earnest.run.embedded.state_dir import StateDir
from earnest.run.installation import ROLE_OF, Secrets, child_environment, keep_environment
from earnest.run.node import NodeTrouble, ask_node, open_token_account
from earnest.run.terminal import columns, console, duration, show
from earnest.run.version import VERSION

DATABASE = "earnest"
# So that the first payouts have something to pay their fees with.
LOCAL_FLOAT_LAMPORTS = 10_000_000_000
LOCAL_POLL_S = 0.2
PUBLIC_RPC_URLS = {
    Network.DEVNET: "https://api.devnet.solana.com",
    Network.TESTNET: "https://api.testnet.solana.com",
}
_UNIX_PATH_BYTES_MAX = 107
_NODE_ASKED_EVERY_S = 5.0
_WATCH_EVERY_S = 0.5
_PORT_SECONDS = 5.0
_URLS = ("api", "docs", "solanaRpc", "s3", "database")
_TITLES = {
    "postgres": "Postgres",
    "s3": "S3 server",
    "chain": "Solana chain",
    "signer": "Signer",
    "api": "API",
    "worker": "Worker",
    "indexer": "Indexer",
}


class ChainReplaced(EarnestError):
    """The database in {state_dir} followed another local chain than the one that runs now, so \
every balance in it is money on a chain that is gone. Put {chain_dir} back from a backup, or \
begin anew: `earnest up --state-dir` with another folder, or move {state_dir} away."""

    code = "local_chain_replaced"
    kind = Kind.CONFLICT


class TreasuryDiffers(EarnestError):
    """The signer's key is that of {found}, but the money in the database lies at {known}. Put \
the key file {key_file} back from a backup; nothing was started with the other key."""

    code = "treasury_differs"
    kind = Kind.CONFLICT


@dataclass(frozen=True)
class Ports:
    """The loopback ports of one installation."""

    api: int
    s3: int
    postgres: int
    chain: int
    worker_metrics: int
    indexer_metrics: int

    @classmethod
    def beginning_at(cls, api: int) -> "Ports":
        """The API's port as asked; those that follow it for the rest, or others where taken."""
        taken = {api}
        found = []
        for wanted in range(api + 1, api + 6):
            port = wanted if wanted <= 65_535 and port_is_free(wanted) else free_port()
            while port in taken:
                port = free_port()
            taken.add(port)
            found.append(port)
        return cls(api, *found)


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
    ) -> None:
        asked = read_settings(outer)
        self._outer = outer
        self._asked = asked
        self._network = network or asked.network
        self._state_dir = StateDir((state_dir or asked.state_dir).resolve())
        self._secrets = Secrets(self._state_dir)
        self._slot_ms = slot_ms
        # Port 0: any that is free.
        wanted = asked.api_port if port is None else port
        self._api_port = wanted or free_port()
        self._ports: Ports | None = None
        self._assembly = _Assembly()
        self._out = console()
        self._began = time.monotonic()
        self._node_url = ""
        self._owner_url = ""
        # What does not answer that is not ours to start, as a sentence; empty when all is well.
        self._waiting = ""

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
        supervisor = Supervisor(self._state_dir, stop_on_signals=True)
        stopped_at: float | None = None
        try:
            async with supervisor:
                with contextlib.suppress(StopRequested):
                    await self._start(supervisor)
                    await self._stay(supervisor)
                self._say("")
                self._say("Stopping. Requests under way are finished first.")
                stopped_at = time.monotonic()
        finally:
            if stopped_at is not None:
                took = duration(time.monotonic() - stopped_at)
                self._say(f"Stopped in {took}. Nothing runs; all data is in {self._shown_dir}.")

    # -- start ----------------------------------------------------------------------------------

    async def _start(self, supervisor: Supervisor) -> None:
        await asyncio.to_thread(claim_port, self._api_port, "The API", seconds=_PORT_SECONDS)
        supervisor.publish_network(self._network.value)
        chain_words = "its own Solana chain" if self._runs_chain else f"Solana {self._network}"
        self._say(Text.assemble((f"Earnest {VERSION}", "name"), f" on {chain_words}"))
        self._say("")
        # What can start side by side does; long imports happen while processes come up.
        await _all_or_first_error(
            self._start_database(supervisor),
            self._start_files(supervisor),
            self._start_chain(supervisor),
        )
        await self._check_history()
        await _all_or_first_error(*(self._start_process(supervisor, name) for name in ROLE_OF))
        urls = self._assembly.urls
        supervisor.publish_urls({name: urls[name] for name in _URLS})
        supervisor.publish_complete()
        await self._note_node(supervisor)
        self._show_places(supervisor)

    def _open_treasury_key(self) -> str:
        """The treasury's address; its key is made on the first start, and only ever here."""
        from earnest.signer.commands import init_key
        from earnest.signer.keyfile import key_address

        signer = self._state_dir.root / "signer"
        own = self._assembly.own
        for name, path in (
            ("signer_key_file", signer / "treasury.key.json"),
            ("signer_log_file", signer / "signed.sqlite"),
            ("signer_socket", signer / "signer.sock"),
        ):
            if not _is_given(self._outer, name):
                own[name] = str(path)
        files = self._assembly.secret_files
        files["signer_token"] = self._secrets.file_of("signer_token")
        given = _is_given(self._outer, "signer_passphrase")
        if not given and self._network is not Network.MAINNET:
            # Where money is worth nothing a passphrase of ours will do.
            files["signer_passphrase"] = self._secrets.file_of("signer_passphrase")
        settings = self._settings_of("signer")
        if not settings.signer_passphrase:
            passphrase = _ask_passphrase(twice=not settings.signer_key_file.exists())
            own["signer_passphrase"] = passphrase
            settings = self._settings_of("signer")
        if len(os.fsencode(settings.signer_socket)) > _UNIX_PATH_BYTES_MAX:
            raise InvalidInput(
                reason=f"The path of the signer's socket is too long for the system"
                f" ({settings.signer_socket}). Set EARNEST_SIGNER_SOCKET to a shorter one."
            )
        if not settings.signer_key_file.exists():
            return init_key(settings)
        return key_address(settings.signer_key_file)

    def _decide(self, address: str) -> None:
        """Everything that does not depend on a part that is still to start."""
        own, ports = self._assembly.own, self.ports
        named = self._asked.solana_treasury
        if named and named != address:
            raise TreasuryDiffers(found=address, known=named, key_file=own["signer_key_file"])
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
        for name in ("jwt_secret", "attestation_key"):
            if not _is_given(self._outer, name):
                self._assembly.secret_files[name] = self._secrets.file_of(name)
        settings = self._settings_of("api")
        self._node_url = settings.rpc_urls[0]
        self._assembly.urls |= {
            "api": settings.public_url,
            "docs": f"{settings.public_url}/api/docs",
            "solanaRpc": _without_secrets(self._node_url),
        }

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
        self._done("Database", "is up to date", time.monotonic() - began)
        self._owner_url = owner_url
        self._assembly.urls["database"] = _without_secrets(owner_url)
        for process, role in ROLE_OF.items():
            url = role_url(owner_url, role, passwords[role])
            self._assembly.database_urls[process] = self._secrets.keep_database_url(process, url)

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
            "s3_access_key_id": access.access_key_id,
            "s3_secret_access_key": access.secret_access_key,
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

    async def _check_history(self) -> None:
        """Raises when database, chain and key are not those that belong together."""
        import asyncpg

        address = self._assembly.own["solana_treasury"]
        genesis_hash: str | None = None
        if self._runs_chain:
            genesis_hash = str(await asyncio.to_thread(ask_node, self._node_url, "getGenesisHash"))
        connection = await asyncpg.connect(self._owner_url)
        try:
            known = await connection.fetchrow(
                "SELECT genesis_hash, (SELECT owner FROM earnest.treasury_accounts"
                " WHERE chain = 'solana' LIMIT 1) AS owner"
                " FROM (SELECT max(genesis_hash) AS genesis_hash FROM earnest.chain_cursors"
                " WHERE chain = 'solana') AS cursor"
            )
        finally:
            await connection.close()
        if known is None:
            return
        if genesis_hash and known["genesis_hash"] not in (None, genesis_hash):
            raise ChainReplaced(state_dir=self._state_dir.root, chain_dir=self._state_dir.chain)
        if known["owner"] not in (None, address):
            key_file = self._settings_of("signer").signer_key_file
            raise TreasuryDiffers(found=address, known=known["owner"], key_file=key_file)

    async def _start_part(self, supervisor: Supervisor, part: EmbeddedPart) -> None:
        began = time.monotonic()
        await supervisor.start(part)
        self._done(_TITLES[part.name], "is ready", time.monotonic() - began)

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
        self._done(_TITLES[name], "is ready", time.monotonic() - began)

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

    def _probe_of(self, name: str) -> "_Probe":
        ports = self.ports
        match name:
            case "api":
                return _HttpProbe(ports.api, "/readyz")
            case "worker":
                return _HttpProbe(ports.worker_metrics, "/healthz")
            case "indexer":
                return _HttpProbe(ports.indexer_metrics, "/healthz")
            case _:
                return _DoorProbe(self._settings_of("signer").signer_socket)

    # -- stay -----------------------------------------------------------------------------------

    async def _stay(self, supervisor: Supervisor) -> None:
        watching = [
            asyncio.create_task(self._tell_changes(supervisor)),
            asyncio.create_task(self._watch_node(supervisor)),
        ]
        try:
            await supervisor.run_until_stopped()
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    async def _tell_changes(self, supervisor: Supervisor) -> None:
        """A line for every process that ends and for every one that is back."""
        known = {process.name: process.restarts for process in supervisor.processes}
        away: set[str] = set()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for process in supervisor.processes:
                title = _TITLES[process.name]
                if process.restarts > known[process.name]:
                    known[process.name] = process.restarts
                    away.add(process.name)
                    self._tell(f"{title} ended ({_how_it_ended(process)}) and is started again.")
                elif process.health is Health.UNREADY and process.name not in away:
                    away.add(process.name)
                    self._tell(f"{title} lives but does not answer. Its log: {process.log}")
                elif process.health is Health.READY and process.name in away:
                    away.discard(process.name)
                    self._tell(f"{title} is ready again.")

    async def _watch_node(self, supervisor: Supervisor) -> None:
        """Says when the chain's node stops answering, and when it answers again."""
        waits = bool(self._waiting)
        while True:
            await asyncio.sleep(_NODE_ASKED_EVERY_S)
            await self._note_node(supervisor)
            if self._waiting and not waits:
                self._tell(self._waiting)
            if waits and not self._waiting:
                self._tell("The chain's node answers again. What happened meanwhile is caught up.")
            waits = bool(self._waiting)

    async def _note_node(self, supervisor: Supervisor) -> None:
        try:
            await asyncio.to_thread(ask_node, self._node_url, "getGenesisHash")
        except NodeTrouble as trouble:
            where = _without_secrets(self._node_url)
            self._waiting = (
                f"The chain's node at {where} does not answer ({trouble}). Until it does, "
                "payments are not seen and payouts wait; no money is lost."
            )
        else:
            self._waiting = ""
        supervisor.publish_waits([self._waiting] if self._waiting else [])

    # -- what people see ------------------------------------------------------------------------

    def _say(self, what: str | Text) -> None:
        self._out.print(what)

    def _tell(self, what: str) -> None:
        self._out.print(Text.assemble((time.strftime("%H:%M:%S  "), "quiet"), what))

    def _done(self, title: str, words: str, seconds: float) -> None:
        self._out.print(
            Text.assemble("  ", f"{title:<13}", (words, "done"), (f"  {duration(seconds)}", "quiet"))
        )

    def _show_places(self, supervisor: Supervisor) -> None:
        urls = self._assembly.urls
        rows = [
            ("  Site and API", urls["api"]),
            ("  API reference", urls["docs"]),
            ("  Solana RPC", urls["solanaRpc"]),
            ("  Files (S3)", urls["s3"]),
            ("  Database", urls["database"]),
            ("  Treasury", self._assembly.own["solana_treasury"]),
            ("  Data and logs", self._shown_dir),
        ]
        self._say("")
        self._say_table(rows)
        self._say("")
        if self._waiting:
            self._say(Text(self._waiting, style="waiting"))
            self._say("")
        took = duration(time.monotonic() - self._began)
        count = len(supervisor.processes)
        self._say(
            Text.assemble(
                (f"Ready in {took}", "done"),
                f", {count} processes. Ctrl-C stops them all; the data stays.",
            )
        )

    def _say_table(self, rows: Sequence[tuple[str, str]]) -> None:
        show(self._out, columns([(Text(name, style="quiet"), value) for name, value in rows]))

    @property
    def _shown_dir(self) -> str:
        root = self._state_dir.root
        with contextlib.suppress(ValueError):
            return str(root.relative_to(Path.cwd())) or str(root)
        return str(root)

    @property
    def _runs_chain(self) -> bool:
        return self._network is Network.LOCAL and not self._asked.solana_rpc_urls

    def _default_rpc_urls(self) -> str:
        if self._runs_chain:
            return f"http://{LOOPBACK}:{self.ports.chain}"
        return PUBLIC_RPC_URLS.get(self._network, "")


_COMMAND_OF = {"signer": ("signer", "serve")}


class _Probe:
    """Asked every two seconds whether a process does its work."""

    def __call__(self, pid: int, /) -> bool:
        """Whether the process `pid` answers. Quick, never raises."""
        raise NotImplementedError


@dataclass(frozen=True)
class _HttpProbe(_Probe):
    port: int
    path: str

    def __call__(self, _pid: int, /) -> bool:
        return answers_http(self.port, self.path, status=200, seconds=3.0)


@dataclass(frozen=True)
class _DoorProbe(_Probe):
    """Whether it is this very process that listens on the private socket. Asks it nothing."""

    path: Path

    def __call__(self, pid: int, /) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(2.0)
            try:
                door.connect(str(self.path))
                peer = door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            except OSError:
                return False
        return bool(struct.unpack("3i", peer)[0] == pid)


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


def _without_secrets(url: str) -> str:
    """A URL as it may be shown: no user, password, key or query; local ones keep their path."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = f"{host}:{parts.port}" if parts.port else host
    is_database = parts.scheme.startswith("postgres")
    path = parts.path if is_database or host in (LOOPBACK, "localhost") else ""
    return urlunsplit((parts.scheme, netloc, path, "", ""))


def _how_it_ended(process: ProcessState) -> str:
    code = process.last_exit
    if code is None:
        return "nobody saw how"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


async def _all_or_first_error(*steps: "asyncio.Future[None] | object") -> None:
    """Runs steps side by side. At the first error the others are given up and it is raised."""
    tasks = [asyncio.ensure_future(step) for step in steps]  # type: ignore[arg-type]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
