"""A small market for projects in tests: people with Stacks wallets, and an escrow that tells.

What the contract prints is put into the chain log as the follower would, so that everything behind
it, from the projector on, is the real thing. That the follower writes such rows, and that the
contract prints them, the tests of `chains` and `escrow` show.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from earnest.chains.stacks import AddressVersion, StacksAddress
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Asset
from earnest.kit.settings import Settings
from earnest.projects import service, service_view, store
from earnest.projects.funding import store as store_funding
from earnest.projects.funding.store import Agreement
from earnest.projects.proposals import service as service_proposals
from earnest.projects.proposals.service import NewProposal
from earnest.projects.proposals.store import Proposal
from earnest.projects.rules import Category, MilestoneTerms
from earnest.projects.service import NewProject
from earnest.projects.service_view import ProjectView
from earnest.projects.store import Project
from tests.conftest import Databases
from tests.escrow_chain import Escrow, EscrowChain
from tests.escrow_contract import CONTRACT, OWNER

__all__ = ["CONTRACT", "MILESTONES", "SBTC", "Deal", "EscrowMarket", "Party", "tx_id"]


def stacks_address(*, mainnet: bool = False) -> str:
    """A wallet that nobody has seen before."""
    version = AddressVersion.MAINNET_SINGLE_SIG if mainnet else AddressVersion.TESTNET_SINGLE_SIG
    return str(StacksAddress(version, secrets.token_bytes(20)))


def tx_id() -> str:
    """A chain_tx that nobody has seen before."""
    return f"0x{secrets.token_hex(32)}"


SBTC = f"{OWNER}.sbtc-token"
MILESTONES = [
    MilestoneTerms("Sketch", "Three variants", 200_000, 7),
    MilestoneTerms("Build", "It runs on testnet", 500_000, 21),
    MilestoneTerms("Hand over", "", 300_000, 30),
]


@dataclass(frozen=True)
class Party:
    """An account with one Stacks wallet, in the testnet's form."""

    account: UUID
    address: str


@dataclass
class EscrowMarket:
    """Acts in a migrated database as the processes do, each with its own role."""

    databases: Databases
    settings: Settings = field(
        default_factory=lambda: Settings(stacks_contract=CONTRACT, stacks_sbtc_token=SBTC)
    )
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _chain: EscrowChain | None = None

    async def chain(self) -> EscrowChain:
        """The contract, deployed, and the log that tells of it."""
        if self._chain is None:
            self._chain = await EscrowChain.deploy(await self.role("indexer"))
        return self._chain

    async def role(self, name: str) -> Database:
        """The pool of one role, large enough for races."""
        return await self.databases.role(name, size_max=20)

    def later(self, **by: float) -> None:
        """Moves the clock of these acts on."""
        self.now += timedelta(**by)

    # -- people ----------------------------------------------------------------------------------

    async def party(self, account: UUID | None = None, *, wallet: str | None = None) -> Party:
        """A new account, or one that there is, with a new Stacks wallet, or this one."""
        owner = await self.role("owner")
        if account is None:
            account = new_id()
            await owner.execute("INSERT INTO accounts VALUES ($1, clock_timestamp())", account)
        address = wallet or stacks_address()
        await owner.execute(
            "INSERT INTO account_addresses (chain, identity, account_id, address, linked_at)"
            " VALUES ('stacks', $1, $2, $3, clock_timestamp())",
            str(StacksAddress.parse(address).on_mainnet()),
            account,
            address,
        )
        return Party(account, address)

    async def documents(self, account: UUID, count: int) -> list[UUID]:
        """Documents of the account's that are ready."""
        owner = await self.role("owner")
        made: list[UUID] = []
        for number in range(count):
            sha256, id = secrets.token_bytes(32), new_id()
            await owner.execute(
                "INSERT INTO document_contents (sha256, size_bytes, status, ready_at)"
                " VALUES ($1, 3, 'ready', clock_timestamp())",
                sha256,
            )
            await owner.execute(
                "INSERT INTO files (id, account_id, sha256, size_bytes, content_type, purpose,"
                " kind, name, upload_id, upload_expires_at, status, document_sha256, checked_at)"
                " VALUES ($1, $2, $3, 3, 'text/plain', 'document', 'document', $4, $5,"
                " clock_timestamp(), 'ready', $3, clock_timestamp())",
                id,
                account,
                sha256,
                f"note {number}.txt",
                new_id(),
            )
            made.append(id)
        return made

    async def told(self, account: UUID) -> list[str]:
        """The kinds of an account's notifications, oldest first."""
        owner = await self.role("owner")
        rows = await owner.fetch(
            "SELECT kind FROM notifications WHERE account_id = $1 ORDER BY created_at, id", account
        )
        return [row["kind"] for row in rows]

    # -- what the domain does --------------------------------------------------------------------

    async def post(self, client: Party, **given: Any) -> Project:
        """A project of three milestones, 1 STX together."""
        new = NewProject(
            title="A faucet",
            description="It drips tokens, once an hour for each address.",
            category=Category.CONTRACTS,
            skills=["Clarity", "TypeScript"],
            asset=Asset.STX,
            milestones=MILESTONES,
            silent_bps=5_000,
            address=None,
        )
        new = msgspec.structs.replace(new, **given)
        self.later(milliseconds=1)  # lists are in the order of this clock
        api = await self.role("api")
        async with api.db_tx() as db_tx:
            return await service.post_project(
                db_tx, self.settings, client.account, client.address, new, self.now
            )

    async def propose(self, project: Project, freelancer: Party, **given: Any) -> Proposal:
        """A proposal at the project's own figures."""
        new = NewProposal(
            cover_letter="I have built three of these.",
            budget_minor=project.total_minor,
            days=project.milestones[-1].days,
            shares=None,
            links=[],
            files=[],
            terms_version=None,
            address=None,
        )
        new = msgspec.structs.replace(new, **given)
        self.later(milliseconds=1)  # lists are in the order of this clock
        api = await self.role("api")
        async with api.db_tx() as db_tx:
            return await service_proposals.propose(
                db_tx,
                self.settings,
                freelancer.account,
                freelancer.address,
                project.id,
                new,
                self.now,
            )

    async def accept(self, client: Party, proposal: Proposal) -> Proposal:
        """The client accepts."""
        api = await self.role("api")
        async with api.db_tx() as db_tx:
            return await service_proposals.accept_proposal(
                db_tx, self.settings, client.account, proposal.id, self.now
            )

    async def agree(self, client: Party | None = None, freelancer: Party | None = None) -> "Deal":
        """A project with one proposal that is accepted."""
        client, freelancer = client or await self.party(), freelancer or await self.party()
        project = await self.post(client)
        proposal = await self.propose(project, freelancer)
        await self.accept(client, proposal)
        async with (await self.role("api")).connection() as db:
            agreement = await store_funding.standing_agreement(db, project.id)
        if agreement is None:
            raise AssertionError("nothing was agreed on")
        return Deal(self, client, freelancer, project.id, proposal.id, agreement)

    async def fund(self, deal: "Deal", *, final: bool = True, **facts: Any) -> Escrow:
        """The client creates the escrow that was agreed on, or another one by `facts`."""
        chain = await self.chain()
        agreed = deal.agreement
        given: dict[str, Any] = {
            "client": agreed.client_address,
            "freelancer": agreed.freelancer_address,
            "amounts": tuple(agreed.amounts_minor),
            "days": tuple(agreed.milestone_days),
            "reference": agreed.reference,
            "silent_bps": agreed.silent_bps,
            "token": agreed.token,
        }
        escrow = await chain.create(**given | facts)
        if final:
            await chain.finalize()
        return escrow

    async def view(self, project_id: UUID, viewer: Party | None = None) -> ProjectView:
        """A project as somebody sees it."""
        api = await self.role("api")
        async with api.connection() as db:
            return await service_view.view_project(
                db, self.settings, viewer.account if viewer else None, project_id, self.now
            )

    async def project(self, id: UUID) -> Project:
        """A project as its client wrote it."""
        api = await self.role("api")
        async with api.connection() as db:
            found = await store.find_project(db, id)
        if found is None:
            raise AssertionError(f"no project {id}")
        return found

    async def statuses(self, project_id: UUID) -> dict[UUID, str]:
        """The status of every proposal to a project, by its freelancer's account; the newest."""
        api = await self.role("api")
        rows = await api.fetch(
            "SELECT freelancer, status FROM proposals WHERE project_id = $1 ORDER BY created_at",
            project_id,
        )
        return {row["freelancer"]: row["status"] for row in rows}


@dataclass(frozen=True)
class Deal:
    """A project that is agreed on."""

    market: EscrowMarket
    client: Party
    freelancer: Party
    project_id: UUID
    proposal_id: UUID
    agreement: Agreement
