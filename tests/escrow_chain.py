"""An escrow contract for tests of what stands above it: each act is a print in a block of its own.

Prints go through the log's own functions, the projector and the reactors, as in the indexer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from earnest import projects
from earnest.escrow import Projector, events
from earnest.escrow.events import Event
from earnest.kit.db import Database
from earnest.kit.events import drain
from tests.escrow_contract import BPS, CONTRACT, OWNER, address, print_of
from tests.escrow_log import BURN, StacksLog, entry

ARBITER = OWNER
DAY = 144


@dataclass(frozen=True)
class Escrow:
    """A project on the chain, by its number and the chain_tx that created it."""

    number: int
    tx_id: str
    client: str
    freelancer: str
    amounts: tuple[int, ...]
    fee_bps: int

    def share(self, num: int, bps: int) -> dict[str, int]:
        """How a milestone is divided, as the contract prints it."""
        amount = self.amounts[num - 1]
        gross = amount * bps // BPS
        fee = gross * self.fee_bps // BPS
        return {
            "bps": bps,
            "amount": amount,
            "gross": gross,
            "fee": fee,
            "net": gross - fee,
            "refund": amount - gross,
        }


class EscrowChain:
    """The contract's side of a market. `seq` counts its prints, `tip` is the last block."""

    def __init__(self, indexer: Database, log: StacksLog) -> None:
        self._indexer = indexer
        self._log = log
        self._seq = 0
        self._count = 0
        self._branch = "a"
        self._kept: dict[int, tuple[int, int]] = {}
        self.fee_bps = 250

    @classmethod
    async def deploy(cls, indexer: Database) -> "EscrowChain":
        """The contract, its deploy final. The one arbiter is its owner."""
        chain = cls(indexer, await StacksLog.begin(indexer))
        await chain.mine(
            events.ContractDeployed,
            OWNER,
            owner=OWNER,
            treasury=address(1),
            fee_bps=0,
            arbiter_set=1,
            members=(OWNER,),
            threshold=1,
        )
        await chain.mine(events.FeeActivated, OWNER, fee_bps=chain.fee_bps)
        await chain.finalize()
        return chain

    @property
    def tip(self) -> int:
        """The height of the last block."""
        return self._log.tip

    @property
    def burn_height(self) -> int:
        """The Bitcoin height of the last block."""
        return self.tip + BURN

    async def mine(
        self, kind: type[Event], actor: str, *, tx: int | None = None, **facts: Any
    ) -> str:
        """One print in the next block; the id of its chain_tx, `tx` or one of its own."""
        await self.mine_all([(kind, actor, facts)], tx=tx)
        return self._tx_id(tx)

    async def mine_all(
        self, prints: Sequence[tuple[type[Event], str, dict[str, Any]]], *, tx: int | None = None
    ) -> None:
        """Prints in blocks of their own, told by one round of the follower."""
        self._kept[self.tip] = (self._seq, self._count)
        entries = []
        for number, (kind, actor, facts) in enumerate(prints, start=1):
            self._seq += 1
            self._count += kind is events.ProjectCreated
            height = self.tip + number
            event = kind(seq=self._seq, actor=actor, height=height + BURN, **facts)
            name = self._tx_number(height) if tx is None else tx
            entries.append(entry(height, print_of(event), self._branch, name))
            self._kept[height] = (self._seq, self._count)
        await self._log.append(entries)
        await self.react()

    def _tx_number(self, height: int) -> int:
        # Another branch has other chain_txs, unless one is named.
        return height + 1_000_000 * (ord(self._branch) - ord("a"))

    def _tx_id(self, tx: int | None) -> str:
        return f"0x{self._tx_number(self.tip) if tx is None else tx:064x}"

    async def wait(self, blocks: int) -> None:
        """Blocks in which nothing happens."""
        await self._log.append(tip=self.tip + blocks)

    async def finalize(self) -> None:
        """Has everything so far become final."""
        await self._log.append(final=self.tip)
        await self.react()

    async def reorg(self, keep: int) -> None:
        """Takes back every block above `keep`; what follows is on another branch."""
        self._branch = chr(ord(self._branch) + 1)
        self._seq, self._count = self._kept[keep]
        await self._log.append(keep=keep, tip=keep)
        await self.react()

    async def react(self) -> None:
        """One round of the indexer: fold what is new, let projects react."""
        await Projector(self._indexer, CONTRACT).catch_up()
        await drain(self._indexer, [projects.reactor()])

    # -- acts --------------------------------------------------------------------------------------

    async def create(
        self,
        *,
        client: str,
        freelancer: str,
        amounts: tuple[int, ...],
        days: tuple[int, ...],
        reference: str | None = None,
        silent_bps: int = 5_000,
        token: str | None = None,
        tx: int | None = None,
    ) -> Escrow:
        """A client locks the money of a project."""
        number = self._count + 1
        tx_id = await self.mine(
            events.ProjectCreated,
            client,
            tx=tx,
            project_id=number,
            client=client,
            freelancer=freelancer,
            token=token,
            amounts=amounts,
            deadlines=tuple(self.burn_height + 1 + DAY * each for each in days),
            total=sum(amounts),
            reference=reference,
            silent_bps=silent_bps,
            fee_bps=self.fee_bps,
            arbiter_set=1,
            bond_bps=500,
            claim_window=2_016,
            arbiter_window=4_320,
            offer_window=1_008,
        )
        return Escrow(number, tx_id, client, freelancer, amounts, self.fee_bps)

    async def accept(self, escrow: Escrow) -> str:
        """The freelancer accepts."""
        return await self.mine(events.ProjectAccepted, escrow.freelancer, project_id=escrow.number)

    async def complete(self, escrow: Escrow, num: int) -> str:
        """The freelancer hands a milestone in."""
        return await self.mine(
            events.MilestoneCompleted,
            escrow.freelancer,
            project_id=escrow.number,
            milestone_num=num,
            claim_from=self.burn_height + 1 + 2_016,
        )

    async def dispute(self, escrow: Escrow, num: int, *, filer: str) -> str:
        """A party files, with its bond."""
        return await self.mine(
            events.DisputeFiled,
            filer,
            project_id=escrow.number,
            milestone_num=num,
            bond=escrow.amounts[num - 1] // 20,
            default_from=self.burn_height + 1 + 4_320,
            default_bps=5_000,
        )

    async def close(
        self,
        escrow: Escrow,
        num: int,
        kind: type[Event] = events.MilestoneReleased,
        how: str = "released",
        bps: int = BPS,
        *,
        actor: str | None = None,
        bond: int = 0,
        bond_to: str | None = None,
    ) -> str:
        """A milestone's money is divided; by a release unless told otherwise."""
        return await self.mine(
            kind,
            actor or escrow.client,
            project_id=escrow.number,
            milestone_num=num,
            how=how,
            status=4 if bps == BPS else 6 if bps == 0 else 5,
            **escrow.share(num, bps),
            bond=bond,
            bond_to=bond_to,
            credited_client=0,
            credited_freelancer=0,
        )

    async def cancel(self, escrow: Escrow) -> str:
        """The client takes all of it back."""
        return await self.mine(
            events.ProjectCancelled,
            escrow.client,
            project_id=escrow.number,
            milestone_nums=tuple(range(1, len(escrow.amounts) + 1)),
            refund=sum(escrow.amounts),
            credited_client=0,
        )
