"""What goes wrong: nodes that lie, replies that are lost, a signer that falls silent, crashes.

Everything is drawn from one seeded generator, so that a run can be had again by its seed.
"""

from collections.abc import Awaitable, Callable, Sequence
from random import Random
from uuid import UUID

from solders.pubkey import Pubkey

from earnest.chains import RpcRejected, RpcUnavailable
from earnest.chains.solana.wire import (
    AccountBalance,
    Blockhash,
    RawSimulation,
    SignatureStatus,
    SlotValue,
)
from earnest.payouts.errors import SignerRefused, SignerUnreachable
from earnest.signer import SignedAttempt, Signer, SignerCannotSee, SigningRefused
from tests.simulation.payouts.chain import (
    FINALITY_BLOCKS,
    GENESIS,
    SLOT_OFFSET,
    SimChain,
)

# Every point at which an engine or the indexer says that it has arrived somewhere. Each run aims
# at one of them, so that some hundred runs die everywhere.
POINTS = (
    "reserve: before commit",
    "reserve: committed",
    "resume: claimed",
    "prepare: simulated",
    "prepare: taken out",
    "prepare: before commit",
    "prepare: failed alone",
    "give back: before commit",
    "give back: committed",
    "ask: marked",
    "ask: answered",
    "refusal: before commit",
    "refusal: committed",
    "keep: before commit",
    "keep: committed",
    "broadcast: before",
    "broadcast: after",
    "broadcast: marked",
    "watch: claimed",
    "expire: certain",
    "expire: before commit",
    "expire: committed",
    "indexer: appended",
    "indexer: posted",
    "indexer: reacted",
)

AIMED_CRASHES_MAX = 3


class CrashNow(Exception):
    """The process dies here. Nothing of the code under test may catch it."""


class Faults:
    """How much goes wrong. After `stop()` nothing does any more."""

    def __init__(self, rng: Random, target: str) -> None:
        self.rng = rng
        self.active = True
        self.target = target
        self._aimed = 0
        self.crash_chance = rng.choice([0.0, 0.005, 0.01, 0.04])
        self.error_chance = rng.choice([0.0, 0.0, 0.03, 0.2])
        self.lost_reply_chance = rng.choice([0.0, 0.1, 0.3])
        self.absent_lie_chance = rng.choice([0.0, 0.0, 0.3, 0.95])
        self.stale_chance = rng.choice([0.0, 0.0, 0.1, 0.4])
        self.delay_chance = rng.choice([0.0, 0.2, 0.8])
        self.vanish_chance = rng.choice([0.0, 0.2, 0.5])
        self.no_preflight_chance = rng.choice([0.0, 0.5, 1.0])
        self.signer_chance = rng.choice([0.0, 0.1, 0.25])
        # Where the run aims to crash must be reached, too.
        self.empty_lie_chance = 0.4 if target.startswith("give back") else self.error_chance / 4
        self.refusal_chance = 0.4 if target.startswith("refusal") else self.signer_chance / 2
        if target.startswith("expire"):
            self.vanish_chance, self.stale_chance, self.error_chance = 0.8, 0.0, 0.0
        self.crashed_at: set[str] = set()
        self.passed: set[str] = set()

    def stop(self) -> None:
        """From now on all goes well."""
        self.active = False

    def only(self, **chances: float) -> None:
        """From now on these faults alone, by their names without `_chance`."""
        for name in vars(self):
            if name.endswith("_chance"):
                setattr(self, name, chances.get(name.removesuffix("_chance"), 0.0))
        self.active = True

    def strikes(self, chance: float) -> bool:
        """Whether a fault of that likelihood happens now."""
        return self.active and self.rng.random() < chance

    def crash_point(self, name: str) -> None:
        """Raises `CrashNow` now and then."""
        self.passed.add(name)
        aimed = name == self.target and self._aimed < AIMED_CRASHES_MAX
        if self.strikes(0.8 if aimed else self.crash_chance):
            self._aimed += aimed
            self.crashed_at.add(name)
            raise CrashNow(name)


Switch = Callable[[str], Awaitable[None]]


async def stay(_point: str) -> None:
    """No other actor gets its turn here."""


class Network:
    """Between the nodes and the chain: what was sent and is not in a block yet."""

    def __init__(self, chain: SimChain, faults: Faults) -> None:
        self.chain = chain
        self._faults = faults
        self._waiting: list[bytes] = []
        self.before_unchecked: Callable[[bytes], None] = lambda _wire_bytes: None

    def send(self, wire_bytes: bytes) -> str | None:
        """Passes bytes on: into a block, or into one later, or nowhere."""
        if self._faults.strikes(self._faults.vanish_chance):
            return None
        if self._faults.strikes(self._faults.delay_chance):
            self._waiting.append(wire_bytes)
            return None
        return self.chain.execute(wire_bytes)

    def tick(self, blocks: int) -> None:
        """Makes blocks; what waited may get into one, even long after it was sent."""
        for _ in range(blocks):
            self.chain.height += 1
        still: list[bytes] = []
        for wire_bytes in self._waiting:
            if self._faults.active and self._faults.rng.random() < 0.75:
                still.append(wire_bytes)
            else:
                self.chain.execute(wire_bytes)
        self._waiting = still


class LyingNode:
    """A node: `PayoutChain` for the engine and `ChainView` for the signer.

    It fails, answers from a past state, denies signatures that it has seen, executes and then
    loses the reply. It never invents a height, a signature or a balance.
    """

    def __init__(
        self, network: Network, faults: Faults, *, switch: Switch = stay, alone: bool = False
    ) -> None:
        self._network = network
        self._chain = network.chain
        self._faults = faults
        self._switch = switch
        self._peers = (
            ()
            if alone
            else tuple(LyingNode(network, faults, switch=switch, alone=True) for _ in range(2))
        )

    @property
    def sources(self) -> Sequence["LyingNode"]:
        """Two nodes, each with lies of its own."""
        return self._peers

    async def _ask(self, method: str) -> int:
        """The final height that this answer speaks of."""
        await self._switch(method)
        if self._faults.strikes(self._faults.error_chance):
            raise RpcUnavailable(method)
        if self._faults.strikes(self._faults.stale_chance):
            return self._chain.final_height - self._faults.rng.randrange(200)
        return self._chain.final_height

    async def get_genesis_hash(self) -> str:
        """Always the same network."""
        await self._ask("getGenesisHash")
        return GENESIS

    async def get_block_height(self) -> int:
        """Maybe one of some time ago."""
        return await self._ask("getBlockHeight")

    async def get_latest_blockhash(self) -> Blockhash:
        """Maybe one that has expired already."""
        height = await self._ask("getLatestBlockhash")
        text, last_valid = self._chain.blockhash(height)
        return Blockhash(text, last_valid, height + SLOT_OFFSET)

    async def get_signature_statuses(
        self, signatures: Sequence[str]
    ) -> tuple[int, list[SignatureStatus | None]]:
        """What was in blocks up to the height spoken of; now and then denied."""
        height = await self._ask("getSignatureStatuses")
        tip = height + FINALITY_BLOCKS
        found: list[SignatureStatus | None] = []
        for signature in signatures:
            landed = self._chain.landed.get(signature)
            if (
                landed is None
                or landed.height > tip
                or self._faults.strikes(self._faults.absent_lie_chance)
            ):
                found.append(None)
                continue
            final = landed.height <= height
            found.append(
                SignatureStatus(
                    slot=landed.height + SLOT_OFFSET,
                    err=landed.err,
                    confirmation_status="finalized" if final else "confirmed",
                )
            )
        return tip + SLOT_OFFSET, found

    async def get_multiple_balances(
        self, addresses: Sequence[str]
    ) -> tuple[int, dict[str, AccountBalance]]:
        """The truth, when it answers."""
        height = await self._ask("getMultipleAccounts")
        balances: dict[str, AccountBalance] = {}
        for address in addresses:
            tokens = self._chain.tokens(address)
            balances[address] = AccountBalance(
                lamports=self._chain.lamports(address),
                mint=None if tokens is None else self._chain.mint.address,
                token_minor=tokens or 0,
            )
        return height + SLOT_OFFSET, balances

    async def get_balance(self, address: str) -> SlotValue:
        """The truth, when it answers."""
        height = await self._ask("getBalance")
        return SlotValue(height + SLOT_OFFSET, self._chain.lamports(address))

    async def min_rent_exemption(self, size_bytes: int = 0) -> int:
        """By Solana's formula."""
        await self._ask("getMinimumBalanceForRentExemption")
        return int(self._chain.svm.minimum_balance_for_rent_exemption(size_bytes))

    async def simulate(
        self, signed: bytes, *, sig_verify: bool = True, replace_blockhash: bool = False
    ) -> tuple[int, RawSimulation]:
        """What LiteSVM says; now and then a complaint that means nothing."""
        if sig_verify or not replace_blockhash:
            raise AssertionError("the engine simulates unsigned messages")
        height = await self._ask("simulateTransaction")
        if self._faults.strikes(self._faults.error_chance / 4):
            return height, RawSimulation(err="BlockhashNotFound")
        if self._faults.strikes(self._faults.empty_lie_chance):
            # As if the treasury were empty at a state that the node alone has seen.
            return height, RawSimulation(err={"InstructionError": [0, {"Custom": 1}]})
        return height + SLOT_OFFSET, RawSimulation(err=self._chain.simulate(signed))

    async def send_raw(self, signed: bytes) -> str:
        """Passes the bytes on. A reply that is lost says nothing of what became of them."""
        await self._switch("sendTransaction")
        if self._faults.strikes(self._faults.error_chance):
            raise RpcUnavailable("sendTransaction: before")
        if self._faults.strikes(self._faults.no_preflight_chance):
            # Nobody looks first, and a wallet may have been emptied since the simulation.
            self._network.before_unchecked(signed)
        else:
            err = self._chain.simulate(signed)
            if err is not None:
                raise RpcRejected(-32002, f"Transaction simulation failed: {err}")
        refusal = self._network.send(signed)
        if self._faults.strikes(self._faults.lost_reply_chance):
            raise RpcUnavailable("sendTransaction: the reply was lost")
        if refusal == "AlreadyProcessed":
            raise RpcRejected(-32002, "This transaction has already been processed")
        if refusal is not None:
            raise RpcRejected(-32002, refusal)
        return ""


class ShakySigner:
    """The real signer behind a connection that may break before or after it signs."""

    def __init__(
        self, start: Callable[[], Signer], faults: Faults, *, switch: Switch = stay
    ) -> None:
        self._start = start
        self._signer = start()
        self._faults = faults
        self._switch = switch
        self.signed = 0

    async def sign(self, attempt_id: UUID, payout_ids: Sequence[UUID]) -> SignedAttempt:
        """As `payouts.ports.SignerPort`."""
        await self._switch("signer: asked")
        if self._faults.strikes(self._faults.signer_chance):
            raise SignerUnreachable(reason="before")
        if self._faults.strikes(self._faults.signer_chance):
            # It was killed and started again: only its log file knows what it signed.
            self._signer = self._start()
        if self._faults.strikes(self._faults.refusal_chance):
            raise SignerRefused(
                refusal_code="signer_hour_limit_reached", detail="", refusal_facts={}
            )
        try:
            signed = await self._signer.sign(attempt_id, payout_ids)
        except SigningRefused as refusal:
            if isinstance(refusal, SignerCannotSee) and self._faults.strikes(0.5):
                raise SignerUnreachable(reason="after") from refusal
            raise SignerRefused(
                refusal_code=refusal.code, detail=str(refusal), refusal_facts=refusal.facts
            ) from refusal
        self.signed += 1
        await self._switch("signer: signed")
        if self._faults.strikes(self._faults.signer_chance):
            raise SignerUnreachable(reason="after")
        return signed


def fresh_address(rng: Random) -> str:
    """A wallet's address that nobody has used."""
    while True:
        key = Pubkey(rng.randbytes(32))
        if key.is_on_curve():
            return str(key)
