"""The treasury's work: opening its accounts, posting the chain log, settling suspense."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from earnest.chains import Stream, WatchedAccount
from earnest.chains.ports import ChainPort
from earnest.kit.db import Connection, Database
from earnest.kit.money import Asset, Chain

log = structlog.get_logger(__name__)

_POST_ROWS = 200


async def streams_of(db: Connection, chain: Chain) -> list[Stream]:
    """The accounts that are followed on a chain, with the point from which they count."""
    rows = await db.fetch(
        "SELECT address, asset, mint, opening_slot, opening_minor FROM treasury_accounts"
        " WHERE chain = $1 ORDER BY address",
        chain.value,
    )
    return [
        Stream(
            account=WatchedAccount(r["address"], Asset(r["asset"]), r["mint"]),
            opening_slot=r["opening_slot"],
            opening_minor=int(r["opening_minor"]),
        )
        for r in rows
    ]


async def open_accounts(
    database: Database, port: ChainPort, owner: str, accounts: Sequence[WatchedAccount]
) -> None:
    """Begins to follow accounts that are new. What they hold now is the operator's float.

    Raises `RpcUnavailable` when the chain does not answer; nothing is opened then.
    """
    known = await database.fetch(
        "SELECT address FROM treasury_accounts WHERE chain = $1", port.chain.value
    )
    missing = [a for a in accounts if a.address not in {r["address"] for r in known}]
    if not missing:
        return
    slot, balances = await port.balances(missing)
    async with database.db_tx() as db_tx:
        for account in missing:
            await db_tx.execute(
                "SELECT treasury_open($1, $2, $3, $4, $5, $6, $7)",
                port.chain.value,
                account.address,
                owner,
                account.asset.value,
                account.mint,
                slot,
                balances[account.address],
            )
            log.info(
                "treasury_account_opened",
                address=account.address,
                asset=account.asset.value,
                slot=slot,
                opening_minor=str(balances[account.address]),
            )


async def post_chain_log(database: Database, chain: Chain) -> int:
    """Posts all of the chain log that is not posted yet; returns how many rows it passed."""
    total = 0
    while passed := await database.fetchval(
        "SELECT treasury_post($1, $2)", chain.value, _POST_ROWS
    ):
        total += int(passed)
    return total


async def register_reference(
    db_tx: Connection, asset: Asset, reference: str, purpose_id: UUID
) -> None:
    """From now on money that carries `reference` is credited to `purpose_id`'s own account."""
    await db_tx.execute(
        "SELECT treasury_register_reference($1, $2, $3, $4)",
        asset.chain.value,
        reference,
        asset.value,
        purpose_id,
    )


async def register_attempt(
    db_tx: Connection, chain: Chain, attempt_id: UUID, tx_id: str, hold_ids: Sequence[UUID]
) -> None:
    """Makes a signed payout attempt known. Call it in the db_tx that keeps the signed bytes.

    Raises `HoldUnknown` when a hold does not exist or has ended.
    """
    await db_tx.execute(
        "SELECT treasury_register_attempt($1, $2, $3, $4)",
        attempt_id,
        chain.value,
        tx_id,
        list(hold_ids),
    )
