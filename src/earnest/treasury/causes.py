"""What happened on a chain that made the ledger post a transfer."""

from uuid import UUID

from earnest.kit.db import Connection
from earnest.kit.money import Chain
from earnest.ledger.books import Transfer

_BY_ID = """
SELECT chain, tx_id FROM treasury_deposits WHERE id = $1
UNION ALL SELECT chain, tx_id FROM treasury_suspense WHERE id = $1 LIMIT 1
"""
_OF_HOLD = """
SELECT a.chain, a.tx_id FROM treasury_attempt_items AS i
  JOIN treasury_attempts AS a ON a.attempt_id = i.attempt_id
 WHERE i.hold_id = $1
   AND EXISTS (SELECT FROM treasury_postings AS p WHERE (p.chain, p.tx_id) = (a.chain, a.tx_id))
 LIMIT 1
"""


async def chain_tx_of(db: Connection, transfer: Transfer) -> tuple[Chain, str] | None:
    """The chain and its id of the chain_tx behind a transfer; None where it was no chain's doing.

    A deposit and an item in suspense carry the transfer's own id; a payout names its hold; fees
    and the like name the chain_tx itself. An item that was settled leads to where it came from.
    """
    topic, _, rest = transfer.subject.partition(":")
    if topic in set(Chain):
        return Chain(topic), rest
    if topic == "payout":
        row = await db.fetchrow(_OF_HOLD, UUID(rest))
    else:
        source = UUID(rest) if topic == "suspense" else transfer.id
        row = await db.fetchrow(_BY_ID, source)
    return None if row is None else (Chain(row["chain"]), row["tx_id"])
