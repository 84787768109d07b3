"""People with wallets at a running system: public HTTP on one side, the chain on the other."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import httpx
import psutil
from solders.instruction import Instruction

from earnest.chains import Transfer, WatchedAccount
from earnest.chains.solana import (
    Mint,
    SolanaRpc,
    associated_token_address,
    build_payment,
    parse_chain_tx,
    parse_pay_url,
    sign,
)
from earnest.chains.solana.build import AnyMessage
from earnest.chains.solana.wire import RawChainTx
from earnest.kit.money import Asset, Money
from earnest.run.demo.client import Person
from earnest.run.demo.wallets import Wallet
from earnest.run.embedded.launch import free_port
from earnest.run.embedded.run_state import read_run_state
from earnest.run.embedded.state_dir import StateDir
from earnest.signer.keyfile import key_address
from tests.acceptance.system import EARNEST, RunningSystem, bare_environment

T = TypeVar("T")

SOL = 1_000_000_000
USDC = 1_000_000
PRICE = 10_000_000
_POLL_S = 0.05
_PHOTOS = ("cover-path.webp", "cover-sunset.webp")


async def eventually(
    ask: Callable[[], Awaitable[T | None]], what: str, *, seconds: float = 40.0
) -> T:
    """What `ask` gives once it is neither None nor False; fails with `what` after a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = await ask()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(_POLL_S)


class Caller(Person):
    """A person whose refusals are looked at too. All callers of a test share its connections."""

    def __init__(
        self, api_url: str, http: httpx.AsyncClient, wallet: Wallet | None = None, token: str = ""
    ) -> None:
        self.wallet = wallet or Wallet()
        self._api = api_url.rstrip("/") + "/"
        self._http = http
        self._token = token

    @property
    def address(self) -> str:
        """The wallet's address."""
        return self.wallet.address

    def at(self, api_url: str) -> "Caller":
        """The same person and session at another process of the API."""
        return Caller(api_url, self._http, self.wallet, self._token)

    async def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request, whatever its answer."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = urljoin(self._api, path.lstrip("/"))
        return await self._http.request(method, url, json=body, headers=headers)

    async def balance(self, asset: str = "SOL") -> tuple[int, int]:
        """What is available, and what is locked for payouts under way."""
        found = await self.ask("GET", "/api/balance")
        for item in found["items"]:
            if item["asset"] == asset:
                return int(item["availableMinor"]), int(item["lockedMinor"])
        return 0, 0

    async def take_out(self, amount_minor: int, asset: str = "SOL") -> Any:
        """Asks for a payout; raises when it is refused."""
        body = {"asset": asset, "amountMinor": str(amount_minor)}
        return await self.ask("POST", "/api/payouts", body, once=True)


@dataclass(frozen=True)
class Poster:
    """Somebody with money, a session and photographs; good for all tests on one system."""

    wallet: Wallet
    token: str
    files: tuple[str, ...]


@dataclass
class Marketplace:
    """One system, and what its people do on it within one test."""

    system: RunningSystem
    api: str
    rpc: SolanaRpc
    http: httpx.AsyncClient
    usdc: Mint
    treasury: str
    known: Poster | None = None
    _posted: list[tuple[Caller, str]] = field(default_factory=list)

    # -- people ----------------------------------------------------------------------------------

    async def visitor(self, lamports: int = 0) -> Caller:
        """Somebody new, signed in with a fresh wallet."""
        caller = Caller(self.api, self.http)
        if lamports:
            await self.fund(caller.address, lamports)
        await caller.sign_in()
        return caller

    async def visitors(self, count: int) -> list[Caller]:
        """Many at once, with nothing."""
        return list(await asyncio.gather(*(self.visitor() for _ in range(count))))

    async def make_poster(self) -> Poster:
        """Signs somebody in, funds them and uploads two photographs."""
        caller = await self.visitor(500 * SOL)
        folder = resources.files("earnest.run.demo").joinpath("photos")
        files = [
            await caller.upload(folder.joinpath(name).read_bytes(), "image/webp")
            for name in _PHOTOS
        ]
        for file in files:

            async def ready(file: str = file) -> bool:
                found = await caller.ask("GET", f"/api/files/{file}")
                return bool(found["status"] == "ready")

            await eventually(ready, "the photographs are checked")
        return Poster(caller.wallet, caller._token, tuple(files))

    @property
    def poster(self) -> Caller:
        """Who posts tasks here."""
        if self.known is None:
            raise AssertionError("nobody has photographs here")
        return Caller(self.api, self.http, self.known.wallet, self.known.token)

    # -- tasks and orders ------------------------------------------------------------------------

    async def post(
        self,
        votes: int = 1,
        *,
        price_minor: int = PRICE,
        asset: str = "SOL",
        api: str | None = None,
    ) -> dict[str, Any]:
        """A task of the poster's with its order: `{task, order}`."""
        poster = self.poster if api is None else self.poster.at(api)
        files = self.known.files if self.known else ()
        body = {
            "title": "Which one?",
            "options": [{"fileId": file} for file in files],
            "votesWanted": votes,
            "pricePerVoteMinor": str(price_minor),
            "asset": asset,
        }
        made: dict[str, Any] = await poster.ask("POST", "/api/tasks", body, once=True)
        self._posted.append((self.poster, made["task"]["id"]))
        return made

    async def order(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """An order as anybody sees it who knows its id."""
        answer = await self.http.get(f"{self.api}/api/orders/{order['id']}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def until_order(
        self, order: Mapping[str, Any], *statuses: str, seconds: float = 40.0
    ) -> dict[str, Any]:
        """The order once it has one of `statuses`."""
        seen: list[str] = []

        async def ask() -> dict[str, Any] | None:
            found = await self.order(order)
            seen.append(found["status"])
            return found if found["status"] in statuses else None

        try:
            return await eventually(ask, f"the order is {statuses}", seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it was {list(dict.fromkeys(seen))}") from None

    async def task(self, task_id: str) -> dict[str, Any]:
        """A task of the poster's."""
        found: dict[str, Any] = await self.poster.ask("GET", f"/api/tasks/{task_id}")
        return found

    async def open_task(
        self, votes: int, *, price_minor: int = PRICE, asset: str = "SOL"
    ) -> dict[str, Any]:
        """A task that is paid and open."""
        made = await self.post(votes, price_minor=price_minor, asset=asset)
        await self.pay(self.poster.wallet, made["order"])
        await self.until_order(made["order"], "settled")
        return await self.task(made["task"]["id"])

    async def earn(self, workers: Sequence[Caller], **price: Any) -> None:
        """Lets every worker vote once on a task of all of them."""
        task = await self.open_task(len(workers), **price)
        await asyncio.gather(*(self._vote(worker, task["id"]) for worker in workers))

    async def _vote(self, worker: Caller, task_id: str) -> None:
        given = await worker.ask("GET", "/api/tasks/next")
        if given is None or given["task"]["id"] != task_id:
            raise AssertionError(f"{worker.address} was not given the task that is open")
        body = {"optionId": given["task"]["options"][0]["id"]}
        await worker.ask("POST", f"/api/tasks/{task_id}/submissions", body)

    async def call_off(self) -> None:
        """Cancels what the test posted and left, so that the next finds no open task."""
        for poster, task_id in self._posted:
            await poster.send("POST", f"/api/tasks/{task_id}/cancel")
        self._posted.clear()

    # -- money -----------------------------------------------------------------------------------

    async def control(self, path: str, **body: object) -> dict[str, Any]:
        """The chain's own switches: faucet, token, pause, resume, reset."""
        answer = await self.http.post(f"{self.rpc.urls[0]}/localnet/{path}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def fund(self, address: str, lamports: int) -> None:
        """Gives a wallet lamports; returns when it can pay with them."""
        before = (await self.rpc.get_balance(address, commitment="confirmed")).amount_minor
        await self.control("faucet", address=address, lamports=lamports)

        async def there() -> bool:
            found = await self.rpc.get_balance(address, commitment="confirmed")
            return found.amount_minor >= before + lamports

        await eventually(there, "the faucet's money is there")

    async def payment(
        self,
        payer: Wallet,
        order: Mapping[str, Any],
        *,
        amount_minor: int | None = None,
        references: Sequence[str] | None = None,
        recipient: str | None = None,
        mint: Mint | None = None,
        before: Sequence[Instruction] = (),
        after: Sequence[Instruction] = (),
        legacy: bool = False,
    ) -> AnyMessage:
        """What a wallet makes of an order's payment link; each part of it may be made wrong."""
        asked = parse_pay_url(order["payUrl"], {Asset.USDC: self.usdc})
        money = asked.money if amount_minor is None else Money(amount_minor, asked.money.asset)
        if money.asset is Asset.USDC and mint is None:
            mint = self.usdc
        return build_payment(
            payer=payer.address,
            recipient=recipient or asked.recipient,
            money=money,
            # The newest: final blockhashes are half as old as they may get.
            blockhash=(await self.rpc.get_latest_blockhash("confirmed")).blockhash,
            references=asked.references if references is None else references,
            mint=mint,
            before=before,
            after=after,
            legacy=legacy,
        )

    async def send(self, payer: Wallet, message: AnyMessage, *, checked: bool = True) -> str:
        """Signs and sends; unchecked, it may land and fail."""
        signed = sign(message, payer._keypair)
        return await self.rpc.send_raw(signed.wire_bytes, skip_preflight=not checked)

    async def pay(self, payer: Wallet, order: Mapping[str, Any], **parts: Any) -> str:
        """Pays an order; gives the signature."""
        return await self.send(payer, await self.payment(payer, order, **parts))

    async def landed(self, signature: str) -> RawChainTx:
        """A chain_tx once it is final, failed or not."""

        async def ask() -> RawChainTx | None:
            return await self.rpc.get_chain_tx(signature)

        return await eventually(ask, f"{signature} is final")

    async def until_books_past(self, slot: int) -> dict[str, Any]:
        """The house's own proof of a slot past `slot`: all up to it is posted. It must be true."""

        async def ask() -> dict[str, Any] | None:
            answer = await self.http.get(f"{self.api}/api/solvency")
            if answer.status_code != httpx.codes.OK:
                return None
            found: dict[str, Any] = answer.json()
            at = found["chains"][0]["slot"]
            return found if at is not None and at > slot else None

        found = await eventually(ask, f"ledger and chain are compared past slot {slot}")
        assert found["solvent"] is True, found
        return found

    async def until_settled_in_books(self, signature: str) -> RawChainTx:
        """Returns when a chain_tx is final and all that follows from it has been done."""
        raw = await self.landed(signature)
        await self.until_books_past(raw.slot)
        return raw

    async def until_payout(
        self, caller: Caller, payout: Mapping[str, Any], *statuses: str, seconds: float = 60.0
    ) -> dict[str, Any]:
        """A payout once it has one of `statuses`. While the API is away, it is asked again."""

        async def ask() -> dict[str, Any] | None:
            try:
                answer = await caller.send("GET", f"/api/payouts/{payout['id']}")
            except httpx.TransportError:
                return None
            if answer.status_code >= 500:
                return None
            found: dict[str, Any] = answer.json()
            return found if found["status"] in statuses else None

        return await eventually(ask, f"the payout is {statuses}", seconds=seconds)

    async def received(self, address: str, source: str) -> list[tuple[str, int]]:
        """Every final SOL transfer from `source` to `address`: chain_tx and amount."""
        found: list[tuple[str, int]] = []
        for row in await self.rpc.get_signatures_for_address(address, limit=1000):
            raw = await self.rpc.get_chain_tx(row.signature)
            if raw is None or raw.meta.err is not None:
                continue
            watched = {address: WatchedAccount(address, Asset.SOL)}
            transfers: tuple[Transfer, ...] = parse_chain_tx(raw, watched).transfers
            found += [
                (row.signature, each.amount_minor)
                for each in transfers
                if each.destination == address and each.source == source
            ]
        return found

    async def token_minor(self, owner: str, mint: Mint) -> int:
        """What an owner's token account holds at the final slot; 0 where there is none."""
        account = associated_token_address(owner, mint)
        _slot, found = await self.rpc.get_multiple_balances([account])
        return found[account].token_minor

    # -- processes -------------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """The process id of a part, as the state file has it; 0 while it does not live."""
        state = read_run_state(StateDir(self.system.state_dir))
        for process in state.processes if state else []:
            if process.name == name:
                return process.pid or 0
        raise AssertionError(f"{name} is not listed")

    def hit(self, name: str, number: signal.Signals) -> int:
        """Sends a signal to a part; gives its process id, 0 when there was none to hit."""
        pid = self.pid(name)
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return 0
        return pid

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """A part stands still in the block: alive, and silent."""
        pid = self.hit(name, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def until_replaced(self, name: str, pid: int) -> None:
        """Returns when another process plays the part, and all is healthy."""

        async def ask() -> bool:
            return self.pid(name) not in (0, pid) and not psutil.pid_exists(pid)

        await eventually(ask, f"{name} is started again")
        await asyncio.to_thread(self.system.wait_until_healthy)


@asynccontextmanager
async def marketplace(
    system: RunningSystem, urls: Mapping[str, str], known: Poster | None = None
) -> AsyncIterator[Marketplace]:
    """Opens the connections of one test, and calls its tasks off at the end."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with (
        SolanaRpc([urls["solanaRpc"]]) as rpc,
        httpx.AsyncClient(timeout=60.0, trust_env=False, limits=limits) as http,
    ):
        state = (await http.get(f"{urls['solanaRpc']}/localnet/state")).json()
        treasury = key_address(system.state_dir / "signer" / "treasury.key.json")
        market = Marketplace(
            system, urls["api"], rpc, http, Mint(state["usdc"]["mint"]), treasury, known
        )
        try:
            yield market
        finally:
            await market.call_off()


def settle_in(system: RunningSystem) -> tuple[dict[str, str], Poster]:
    """What the tests of one system share: its URLs, and somebody who can post tasks."""
    urls = system.urls

    async def make() -> Poster:
        async with marketplace(system, urls) as market:
            return await market.make_poster()

    return urls, asyncio.run(make())


@contextmanager
def another_api(system: RunningSystem, log: Path, **settings: str) -> Iterator[str]:
    """A second process of the API beside the first, with some settings of its own."""
    kept = json.loads((system.state_dir / "run" / "api.env.json").read_text("utf-8"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"EARNEST_API_PORT": str(port), "EARNEST_PUBLIC_URL": url, **settings}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*EARNEST, "api"],
            env={**bare_environment(), **kept, **own},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"no second API: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
