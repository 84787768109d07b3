"""Calls of the escrow contract for the wallets of a project, and who may make them."""

from datetime import datetime
from uuid import UUID

import msgspec

from earnest.chains.stacks import sync_status
from earnest.escrow import (
    Act,
    ActName,
    Creation,
    PreparedCall,
    ProjectState,
    Terms,
    Token,
    View,
    acts_of,
    config_of,
    find_act,
    prepare_call,
    prepare_creation,
    token_of,
    tokens_of,
)
from earnest.kit.db import Connection
from earnest.kit.settings import Settings
from earnest.projects import service_view
from earnest.projects.errors import (
    AssetNotOffered,
    CreationNotFinal,
    EscrowNotConfigured,
    EscrowPaused,
    FundingUnknown,
    IllegalMove,
    NotTheClient,
    ProjectFunded,
    ProjectNotAgreed,
    ProjectUnknown,
    ReferenceSpent,
    StacksAddressNeeded,
)
from earnest.projects.funding import service as service_funding
from earnest.projects.funding.service import Funding
from earnest.projects.rules_chain import ChainAct, deadline_heights
from earnest.projects.service_view import BurnClock, ProjectView


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """Every right in an escrow, and the wallets of whoever asks. `awaited` says why none of them
    may be signed yet; None once the creation is final. `paused`: there is none, and the contract
    takes none now."""

    acts: list[Act]
    wallets: set[str]
    may_create: bool
    awaited: str | None
    clock: BurnClock | None
    paused: bool = False

    def is_mine(self, act: Act) -> bool:
        """Whether a wallet of whoever asks has the right now."""
        if self.clock is None or self.awaited is not None:
            return False
        mine = any(act.open_to(wallet) for wallet in self.wallets)
        return mine and act.open_at(self.clock.burn_height)


async def list_acts(
    db: Connection,
    settings: Settings,
    account: UUID,
    project_id: UUID,
    now: datetime,
    creation_tx_id: str | None = None,
) -> Rights:
    """Who may do what in a project's escrow, or in another one of the same two sides, by the
    chain_tx that created it. Raises `ProjectUnknown` for those without a part, `FundingUnknown`.
    """
    view = await service_view.view_project(db, settings, account, project_id, now)
    if not view.is_party and view.part is not service_view.Part.ARBITER:
        raise ProjectUnknown
    funding = _named(view, creation_tx_id)
    if funding is None:
        agreed = view.agreement
        paused = agreed is not None and await _is_paused(db, agreed.contract)
        return Rights(
            acts=[],
            wallets=set(),
            may_create=agreed is not None
            and view.part is service_view.Part.CLIENT
            and not _is_reference_spent(view)
            and not paused,
            awaited=None,
            clock=view.clock,
            paused=paused,
        )
    live = funding.live
    return Rights(
        acts=acts_of(live),
        wallets=await service_funding.wallets_on(db, account, live.project.client),
        may_create=False,
        awaited=_awaited(view, live) if funding.final is None else None,
        clock=view.clock,
    )


def _named(view: ProjectView, creation_tx_id: str | None) -> Funding | None:
    """The project's own escrow, or the one that is named. Raises `FundingUnknown`."""
    own = view.funding
    if creation_tx_id is None:
        return own
    known = view.others if own is None else [own, *view.others]
    for each in known:
        if each.live.project.creation_tx_id == creation_tx_id:
            return each
    raise FundingUnknown


def _is_reference_spent(view: ProjectView) -> bool:
    """Whether another escrow carries the agreement's reference: the contract refuses a second."""
    if view.agreement is None:
        return False
    taken = {(each.live.project.client, each.live.project.reference) for each in view.others}
    return (view.agreement.client_address, view.agreement.reference) in taken


async def _is_paused(db: Connection, contract: str) -> bool:
    """Whether the contract refuses new projects, by all that the chain shows."""
    config = await config_of(db, contract, View.LIVE)
    return config is not None and config.paused


def _awaited(view: ProjectView, live: ProjectState) -> str:
    if view.clock is None:
        return f"It needs {view.finality_burn_blocks} Bitcoin blocks built on it."
    since = max(0, view.clock.burn_height - live.project.created_burn_height)
    built = min(since, view.finality_burn_blocks)
    return f"{built} of {view.finality_burn_blocks} Bitcoin blocks are built on it."


async def prepare(
    db: Connection,
    settings: Settings,
    account: UUID,
    project_id: UUID,
    *,
    act: ChainAct,
    milestone_num: int | None,
    bps: int | None,
    creation_tx_id: str | None,
    address: str | None,
    now: datetime,
) -> PreparedCall:
    """An unsigned call for a wallet of the caller's: `address`, or the one that has the right.

    `creation_tx_id` names one of the escrows that differ from what was agreed on; without it the
    project's own is meant. Raises `ProjectUnknown`, `CreationNotFinal`, `FundingUnknown`, what
    `_prepare_creation` raises, and what `escrow.prepare_call` raises.
    """
    view = await service_view.view_project(db, settings, account, project_id, now)
    if not view.is_party and view.part is not service_view.Part.ARBITER:
        raise ProjectUnknown
    height = await _burn_height(db)
    if act is ChainAct.CREATE:
        return await _prepare_creation(db, settings, view, height)
    funding = _named(view, creation_tx_id)
    if funding is None:
        raise IllegalMove(thing="project", status=view.status.value, act=act.value)
    live = funding.live
    if funding.final is None:
        raise CreationNotFinal(awaited=_awaited(view, live))
    contract = funding.agreement.contract
    wallets = await service_funding.wallets_on(db, account, live.project.client)
    name = ActName(act.value)
    return prepare_call(
        contract,
        live,
        name,
        sender=_sender(live, name, milestone_num, wallets, address),
        burn_height=height,
        token=await _token(db, settings, contract, live.project.token),
        milestone_num=milestone_num,
        bps=bps,
    )


def _sender(
    live: ProjectState,
    name: ActName,
    milestone_num: int | None,
    wallets: set[str],
    address: str | None,
) -> str:
    """Which of the caller's wallets signs: the one named, else one that has the right."""
    if address is not None:
        if address not in wallets:
            raise StacksAddressNeeded
        return address
    parties = [live.project.client, live.project.freelancer]
    first = [each for each in parties if each in wallets] + sorted(wallets)
    num = None if name in (ActName.ACCEPT, ActName.CANCEL, ActName.DECLINE) else milestone_num
    rights = find_act(acts_of(live), name, num)
    able = [wallet for wallet in first if any(right.open_to(wallet) for right in rights)]
    return (able or first)[0]


async def _burn_height(db: Connection) -> int:
    """The Bitcoin height at which a call signed now is mined, at the earliest."""
    status = await sync_status(db)
    if status is None or status.tip_burn_height is None:
        raise EscrowNotConfigured
    return status.tip_burn_height


async def _prepare_creation(
    db: Connection, settings: Settings, view: ProjectView, burn_height: int
) -> PreparedCall:
    """The call that funds an agreement. Raises `NotTheClient`, `ProjectFunded`,
    `ProjectNotAgreed`, `ReferenceSpent` where the contract would refuse it for its reference,
    `EscrowPaused` where it takes no new projects, `EscrowNotConfigured` while the contract's deploy
    is not read."""
    agreement = view.agreement
    if view.part is not service_view.Part.CLIENT:
        raise NotTheClient
    if view.funding is not None:
        raise ProjectFunded
    if agreement is None:
        raise ProjectNotAgreed
    if _is_reference_spent(view):
        raise ReferenceSpent
    if await _is_paused(db, agreement.contract):
        raise EscrowPaused
    # What is final, so that a fee or a set that a reorg takes back is never agreed to.
    config = await config_of(db, agreement.contract, View.FINAL)
    if config is None:
        raise EscrowNotConfigured
    return prepare_creation(
        Creation(
            contract=agreement.contract,
            client=agreement.client_address,
            freelancer=agreement.freelancer_address,
            amounts_minor=tuple(agreement.amounts_minor),
            token=await _token(db, settings, agreement.contract, agreement.token),
            terms=Terms(
                reference=bytes.fromhex(agreement.reference[2:]),
                deadlines=deadline_heights(burn_height, agreement.milestone_days),
                silent_bps=agreement.silent_bps,
                expected_set=config.arbiter_set,
                expected_fee_bps=config.fee_bps,
            ),
        ),
        burn_height=burn_height,
    )


async def _token(
    db: Connection, settings: Settings, contract: str, token: str | None
) -> Token | None:
    if token is None:
        return None
    for listed in await tokens_of(db, contract, View.LIVE):
        if listed.token == token:
            return token_of(listed, settings.stacks_sbtc_token)
    raise AssetNotOffered(asset=token)
