"""Asking for a payout: everything that can be known beforehand is said before money is held."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from earnest.accounts import Principal
from earnest.chains import RpcRejected, RpcUnavailable
from earnest.chains.solana import Mint, associated_token_address
from earnest.chains.solana.wire import AccountBalance
from earnest.jobs import enqueue
from earnest.kit.db import Connection, Database
from earnest.kit.errors import InvalidInput
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Chain, Money
from earnest.kit.settings import Network, Settings
from earnest.payouts import store
from earnest.payouts.errors import (
    AmountBelowThreshold,
    AmountTooLarge,
    AssetUnsupported,
    ChainOutOfReach,
    PayoutUnknown,
    RecipientBelowRent,
    WalletOnAnotherChain,
)
from earnest.payouts.store import Payout

ROUND_JOB = "payouts.round"
TOKEN_ACCOUNT_BYTES = 165
_U64_MAX = 2**64 - 1


class RecipientView(Protocol):
    """What is asked of a node about a recipient. `chains.solana.SolanaRpc` is one."""

    async def get_multiple_balances(
        self, addresses: list[str]
    ) -> tuple[int, dict[str, AccountBalance]]:
        """Lamports and tokens of up to 100 addresses."""
        ...

    async def min_rent_exemption(self, size_bytes: int = 0) -> int:
        """What an account of that size must keep."""
        ...


def check_nodes(settings: Settings) -> None:
    """Raises `InvalidInput` on mainnet with fewer than two nodes.

    That a chain_tx can never land takes two opinions. Where money has no worth (devnet, testnet)
    or lies on this machine, a lone node is asked twice.
    """
    if settings.network is Network.MAINNET and len(settings.rpc_urls) < 2:
        raise InvalidInput(
            reason="EARNEST_SOLANA_RPC_URLS needs two nodes on mainnet: payouts ask both before"
            " they are signed anew."
        )


def check_request(principal: Principal, money: Money, settings: Settings) -> None:
    """Raises what is wrong with a request before any chain is asked."""
    asset = money.asset
    minimum = {
        Asset.SOL: settings.payout_min_lamports,
        Asset.USDC: settings.payout_min_usdc_minor,
    }.get(asset)
    if minimum is None or (asset is Asset.USDC and not settings.solana_usdc_mint):
        raise AssetUnsupported(asset=asset)
    if principal.chain != Chain.SOLANA:
        raise WalletOnAnotherChain(chain=principal.chain, asset=asset, needed=asset.chain)
    if money.amount_minor < minimum:
        raise AmountBelowThreshold(asset=asset, min_minor=minimum)
    if money.amount_minor > _U64_MAX:
        raise AmountTooLarge(asset=asset, amount_minor=money.amount_minor)


async def look_at_recipient(
    view: RecipientView, address: str, money: Money, mints: Mapping[Asset, Mint]
) -> int | None:
    """The rent in lamports that we pay to open a token account, or None when none is needed.

    Raises `RecipientBelowRent` for SOL that would leave the wallet below rent exemption, and
    `ChainOutOfReach` when no node answers.
    """
    try:
        if money.asset is Asset.SOL:
            _slot, found = await view.get_multiple_balances([address])
            floor = await view.min_rent_exemption(0)
            short_minor = floor - found[address].lamports - money.amount_minor
            if short_minor > 0:
                raise RecipientBelowRent(short_minor=short_minor)
            return None
        account = associated_token_address(address, mints[money.asset])
        _slot, found = await view.get_multiple_balances([account])
        if found[account].mint is not None:
            return None
        return await view.min_rent_exemption(TOKEN_ACCOUNT_BYTES)
    except (RpcUnavailable, RpcRejected) as error:
        raise ChainOutOfReach(retry_after_s=5) from error


async def record_request(
    db_tx: Connection,
    principal: Principal,
    money: Money,
    *,
    rent_minor: int | None,
    now: datetime,
) -> Payout:
    """Hold, payout and job in one transaction. Raises `BalanceTooSmall` and the like."""
    payout_id = new_id()
    await store.insert_request(
        db_tx,
        payout_id,
        principal.account_id,
        money,
        principal.address,
        rent_minor=rent_minor,
        at=now,
    )
    # The schedule looks every few seconds anyway: a job that is dropped as a double costs no more.
    await enqueue(db_tx, ROUND_JOB, {}, dedupe_key=ROUND_JOB)
    payout = await store.payout_of(db_tx, payout_id, principal.account_id)
    if payout is None:
        raise PayoutUnknown
    return payout


async def show_payout(database: Database, payout_id: UUID, account_id: UUID) -> Payout:
    """One payout of one's own. Raises `PayoutUnknown`."""
    async with database.connection() as db:
        payout = await store.payout_of(db, payout_id, account_id)
    if payout is None:
        raise PayoutUnknown
    return payout
