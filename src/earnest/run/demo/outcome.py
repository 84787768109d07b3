"""What a demo leaves behind: demo.json, the same as the story tells, for programs."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from earnest.run.version import VERSION


class Leg(msgspec.Struct, frozen=True):
    """A part of the way, and how long it took."""

    name: str
    seconds: float


class Payday(msgspec.Struct, rename="camel"):
    """What one worker earned and got. Balances on the chain are final ones, in lamports."""

    address: str
    amount_minor: str
    asset: str
    chain_tx: str
    balance_before_minor: str
    balance_after_minor: str
    ledger_available_minor: str
    ledger_locked_minor: str


class Treasury(msgspec.Struct, rename="camel"):
    """The house at one finalized slot: the chain's word and the ledger's, and what moved."""

    address: str
    slot: int
    chain_minor: str
    ledger_minor: str
    before_minor: str
    chain_fees_minor: str
    assets_minor: str
    liabilities_minor: str


class ChainStep(msgspec.Struct, frozen=True, rename="camel"):
    """A chain_tx that somebody's wallet signed in the second story."""

    act: str
    milestone_num: int | None
    tx_id: str


class Purse(msgspec.Struct, frozen=True, rename="camel"):
    """What a wallet had before the project and has after it, by the chain, in micro-STX.

    `moved_minor` came from the escrow less what went into it; `fees_minor` are the chain's.
    """

    side: str
    address: str
    before_minor: str
    moved_minor: str
    fees_minor: str
    after_minor: str


class ProjectOutcome(msgspec.Struct, rename="camel", kw_only=True):
    """The second story: who took part, what was signed, and what became of the money."""

    contract: str
    id: str = ""
    client: str = ""
    freelancer: str = ""
    arbiter: str = ""
    # As they were seen one after the other, a reorg included.
    statuses: list[str] = msgspec.field(default_factory=list)
    chain_txs: list[ChainStep] = msgspec.field(default_factory=list)
    dropped_tx_id: str | None = None
    # As the API showed them at the end, and what the wallets held then, in micro-STX.
    milestones: list[dict[str, Any]] = msgspec.field(default_factory=list)
    locked_minor: str = "0"
    bond_minor: str = "0"
    paid_minor: str = "0"
    returned_minor: str = "0"
    escrow_left_minor: str | None = None
    purses: list[Purse] = msgspec.field(default_factory=list)
    dossier_verified: bool = False


class Outcome(msgspec.Struct, rename="camel", kw_only=True):
    """Everything, as far as it came. `reason` says in one line why it is not `ok`."""

    ok: bool = False
    reason: str | None = None
    version: str = VERSION
    network: str = "local"
    slot_ms: int = 0
    started_at: str = ""
    ended_at: str = ""
    seconds: float = 0.0
    legs: list[Leg] = msgspec.field(default_factory=list)
    photos: int = 0
    order: dict[str, Any] | None = None
    order_statuses: list[str] = msgspec.field(default_factory=list)
    task: dict[str, Any] | None = None
    results: dict[str, Any] | None = None
    payouts: list[Payday] = msgspec.field(default_factory=list)
    treasury: Treasury | None = None
    ledger_verified: bool = False
    solvent: bool = False
    project: ProjectOutcome | None = None
    # What the projections of the escrow amount to, before and after `earnest rebuild`.
    live_hash: str | None = None
    rebuilt_hash: str | None = None

    @contextmanager
    def leg(self, name: str) -> Iterator[None]:
        """Times a part of the way, also when it breaks off."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.legs.append(Leg(name, round(time.monotonic() - began, 3)))

    def write(self, path: Path) -> None:
        """Replaces the file in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        text = json.dumps(msgspec.to_builtins(self), indent=2, ensure_ascii=False)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)


def rfc3339_now() -> str:
    """The time of day, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
