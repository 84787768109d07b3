"""A funded project in dispute, for tests: every event is printed, logged, folded and reacted to as
the indexer does it. The contract's part is `tests.escrow_contract`, the follower's `StacksLog`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from earnest.escrow import Projector, divide, events
from earnest.escrow.events import Event
from earnest.kit.events import drain
from earnest.projects import disputes_reactor, reactor
from earnest.projects.disputes.rules import DisputeId
from earnest.projects.funding.store import standing_agreement
from tests.escrow_contract import CONTRACT, OWNER, print_of
from tests.escrow_log import BURN, StacksLog, entry
from tests.escrow_market import Deal, EscrowMarket, Party

AMOUNTS = (200_000, 500_000, 300_000)
FEE_BPS = 250
ARBITERS_WINDOW = 4_320


@dataclass
class ContractLog:
    """What the contract has printed so far: the log, its numbers, and where the chain stands."""

    log: StacksLog
    arbiters: list[Party]
    seq: int = 0
    height: int = 0
    projects: int = 0


class DisputeScene:
    """One project; its second milestone is the one that is fought over."""

    def __init__(self, market: EscrowMarket, chain: ContractLog, deal: Deal) -> None:
        self.market = market
        self.chain = chain
        self.deal = deal
        self.agreement = deal.agreement
        self.client, self.freelancer = deal.client, deal.freelancer
        chain.projects += 1
        self.number = chain.projects

    @classmethod
    async def open(
        cls,
        market: EscrowMarket,
        *,
        arbiters: int = 2,
        threshold: int = 2,
        client: Party | None = None,
        freelancer: Party | None = None,
        ruled_by: list[Party] | None = None,
    ) -> "DisputeScene":
        """An agreement, arbiters with accounts, and a contract that was deployed with them."""
        judges = ruled_by or [await market.party() for _ in range(arbiters)]
        log = await StacksLog.begin(await market.role("indexer"), CONTRACT)
        chain = ContractLog(log, judges)
        scene = await cls._agree(market, chain, client, freelancer)
        await scene.tell(
            events.ContractDeployed,
            OWNER,
            owner=OWNER,
            treasury=OWNER,
            fee_bps=FEE_BPS,
            arbiter_set=1,
            members=tuple(each.address for each in judges),
            threshold=threshold,
        )
        return scene

    async def beside(
        self, client: Party | None = None, freelancer: Party | None = None
    ) -> "DisputeScene":
        """Another project in the same contract."""
        return await self._agree(self.market, self.chain, client, freelancer)

    @classmethod
    async def _agree(
        cls,
        market: EscrowMarket,
        chain: ContractLog,
        client: Party | None,
        freelancer: Party | None,
    ) -> "DisputeScene":
        client = client or await market.party()
        freelancer = freelancer or await market.party()
        project = await market.post(client)
        proposal = await market.propose(project, freelancer)
        await market.accept(client, proposal)
        api = await market.role("api")
        async with api.connection() as db:
            agreement = await standing_agreement(db, project.id)
        if agreement is None:
            raise AssertionError("nothing was agreed on")
        deal = Deal(market, client, freelancer, project.id, proposal.id, agreement)
        return cls(market, chain, deal)

    @property
    def arbiters(self) -> list[Party]:
        """Those who rule, by the set of the deploy."""
        return self.chain.arbiters

    @property
    def id(self) -> DisputeId:
        """The dispute."""
        return DisputeId(self.deal.project_id, 2)

    @property
    def burn_height(self) -> int:
        """Where Bitcoin stands."""
        return self.chain.height + BURN

    async def tell(
        self, kind: type[Event], actor: str, *, is_final: bool = False, **facts: Any
    ) -> None:
        """The contract prints an event in the next block, and everybody reacts."""
        self.chain.seq += 1
        self.chain.height += 1
        event = kind(seq=self.chain.seq, actor=actor, height=self.burn_height, **facts)
        final = self.chain.height if is_final else None
        await self.chain.log.append([entry(self.chain.height, print_of(event))], final=final)
        await self.react()

    async def make_final(self) -> None:
        """All that was seen becomes final."""
        await self.chain.log.append(final=self.chain.height)
        await self.react()

    async def pass_blocks(self, count: int) -> None:
        """Blocks in which nothing happens."""
        self.chain.height += count
        await self.chain.log.append(tip=self.chain.height)
        await self.react()

    async def take_back(self, count: int) -> None:
        """A reorg drops the last blocks, and everything in them."""
        self.chain.height -= count
        self.chain.seq -= count
        await self.chain.log.append(keep=self.chain.height, tip=self.chain.height)
        await self.react()

    async def react(self) -> None:
        """As the indexer does."""
        indexer = await self.market.role("indexer")
        await Projector(indexer, CONTRACT).catch_up()
        await drain(indexer, [reactor(), disputes_reactor()])

    # -- what the contract says ------------------------------------------------------------------

    async def fund(self, *, is_final: bool = True) -> None:
        """The client creates the escrow with the agreement's reference."""
        await self.tell(
            events.ProjectCreated,
            self.client.address,
            is_final=is_final,
            project_id=self.number,
            client=self.client.address,
            freelancer=self.freelancer.address,
            token=None,
            amounts=AMOUNTS,
            deadlines=tuple(
                self.burn_height + 1 + days * 144 for days in self.agreement.milestone_days
            ),
            total=sum(AMOUNTS),
            reference=self.agreement.reference,
            silent_bps=5_000,
            fee_bps=FEE_BPS,
            arbiter_set=1,
            bond_bps=500,
            claim_window=2_016,
            arbiter_window=ARBITERS_WINDOW,
            offer_window=1_008,
        )

    async def file(self, by: Party | None = None, *, num: int = 2, is_final: bool = False) -> None:
        """A side disputes a milestone."""
        await self.tell(
            events.DisputeFiled,
            (by or self.freelancer).address,
            is_final=is_final,
            project_id=self.number,
            milestone_num=num,
            bond=AMOUNTS[num - 1] // 20,
            default_from=self.burn_height + 1 + ARBITERS_WINDOW,
            default_bps=5_000,
        )

    async def vote(self, arbiter: Party, bps: int, *, tally: int = 1) -> None:
        """An arbiter names a figure."""
        await self.tell(
            events.VoteCast,
            arbiter.address,
            project_id=self.number,
            milestone_num=2,
            bps=bps,
            tally=tally,
            threshold=2,
        )

    async def rule(self, bps: int, *, is_final: bool = False, how: str = "ruled") -> None:
        """Enough arbiters named it; or they were silent."""
        await self.close(
            2, bps, events.DisputeResolved, how, self.arbiters[-1].address, is_final=is_final
        )

    async def close(
        self, num: int, bps: int, kind: type[Event], how: str, actor: str, *, is_final: bool = False
    ) -> None:
        """A milestone's money is divided."""
        parts = divide(AMOUNTS[num - 1], bps, FEE_BPS)
        disputed = num == 2 and kind is not events.MilestoneReclaimed
        await self.tell(
            kind,
            actor,
            is_final=is_final,
            project_id=self.number,
            milestone_num=num,
            how=how,
            status=4 if bps == 10_000 else 6 if bps == 0 else 5,
            bps=bps,
            amount=AMOUNTS[num - 1],
            gross=parts.gross_minor,
            fee=parts.fee_minor,
            net=parts.net_minor,
            refund=parts.refund_minor,
            bond=AMOUNTS[num - 1] // 20 if disputed else 0,
            bond_to=self.freelancer.address if disputed else None,
            credited_client=0,
            credited_freelancer=0,
        )

    async def complete(self, num: int) -> None:
        """The freelancer hands in."""
        await self.tell(
            events.MilestoneCompleted,
            self.freelancer.address,
            project_id=self.number,
            milestone_num=num,
            claim_from=self.burn_height + 1 + 2_016,
        )

    async def release(self, num: int, *, is_final: bool = False) -> None:
        """The client pays a milestone that was handed in."""
        await self.complete(num)
        await self.close(
            num,
            10_000,
            events.MilestoneReleased,
            "released",
            self.client.address,
            is_final=is_final,
        )

    async def end(self, bps: int = 6_000) -> None:
        """Everything is settled and final: two milestones paid, the second one ruled on."""
        await self.release(1)
        await self.file()
        await self.rule(bps)
        await self.release(3, is_final=True)

    # -- people ----------------------------------------------------------------------------------

    async def told(self, party: Party) -> list[str]:
        """The kinds of somebody's notifications about disputes, dossiers and reviews."""
        kinds = await self.market.told(party.account)
        return [
            kind
            for kind in kinds
            if kind.startswith(("dispute", "evidence", "arbiter", "dossier", "review"))
        ]

    async def files(self, party: Party, count: int) -> list[UUID]:
        """Documents of somebody's."""
        return await self.market.documents(party.account, count)
