"""What became of a chain_tx that somebody names: said, and never stored.

A name given from outside is a hint. It is answered from the log, and where the log has nothing, by
the word of the servers, which then counts only as that. *Final* is said by the log's own depth
alone, never because a server says `success`. *Absent* is said only when every server says so and
none of them lags; anything less is *unknown*.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from earnest.chains import RpcRejected, RpcUnavailable
from earnest.chains.stacks import StacksApi, StacksTx, SyncStatus, TxStatus, sync_status
from earnest.chains.stacks.clarity import Ascii, NotClarity, Tuple, decode_hex
from earnest.escrow.state import EscrowEvent, EventState
from earnest.escrow.store import events_of_tx
from earnest.kit.db import Database


class TxState(StrEnum):
    """What became of a chain_tx, as far as it is known."""

    PENDING = "pending"  # it waits in the mempool
    CONFIRMED = "confirmed"  # in a block that a reorg may still undo
    FINAL = "final"
    FAILED = "failed"  # in a block, and undone there: it moved nothing
    ABSENT = "absent"  # every server says that there is none
    DROPPED = "dropped"  # thrown out of the mempool; it may come back
    WRONG_EVENT = "wrong_event"  # in a block, and it is not what was expected
    UNKNOWN = "unknown"  # nothing certain was learned


class Depth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many blocks stand on the one that holds it, of Bitcoin and of Stacks."""

    burn_blocks: int
    stacks_blocks: int


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `events` are the events of our contract that it printed, those of blocks that no
    longer count included; `reason` is the chain's own word for what went wrong."""

    state: TxState
    block_id: str | None = None
    height: int | None = None
    burn_height: int | None = None
    depth: Depth | None = None
    reason: str | None = None
    indexed: bool = False
    events: Sequence[EscrowEvent] = ()


async def verify_tx(
    database: Database,
    api: StacksApi,
    contract: str,
    tx_id: str,
    expected_event: str | None,
    *,
    finality_burn_blocks: int,
) -> Verification:
    """What the log says of a chain_tx, else what the servers say. Writes nothing."""
    async with database.connection() as db:
        events = await events_of_tx(db, contract, tx_id)
        sync = await sync_status(db)
    counting = [each for each in events if each.state is not EventState.REVERTED]
    if counting:
        return _from_log(events, counting, expected_event, sync)
    try:
        told = await api.chain_tx(tx_id)
        if told.is_mined:
            return await _from_block(
                api, contract, told, expected_event, sync, events, finality_burn_blocks
            )
        if told.status is TxStatus.PENDING:
            return Verification(state=TxState.PENDING, events=events)
        return await _from_nowhere(api, tx_id, sync, events)
    except (RpcUnavailable, RpcRejected) as error:
        return Verification(state=TxState.UNKNOWN, reason=str(error), events=events)


def _from_log(
    events: Sequence[EscrowEvent],
    counting: Sequence[EscrowEvent],
    expected: str | None,
    sync: SyncStatus | None,
) -> Verification:
    """Its events are in the log, and count."""
    newest = counting[-1]
    fits = expected is None or any(each.name == expected for each in counting)
    state = TxState.FINAL if newest.state is EventState.FINAL else TxState.CONFIRMED
    return Verification(
        state=state if fits else TxState.WRONG_EVENT,
        block_id=newest.block_id,
        height=newest.height,
        burn_height=newest.burn_height,
        depth=_depth(sync, newest.height, newest.burn_height),
        indexed=True,
        events=events,
    )


async def _from_block(
    api: StacksApi,
    contract: str,
    told: StacksTx,
    expected: str | None,
    sync: SyncStatus | None,
    events: Sequence[EscrowEvent],
    finality_burn_blocks: int,
) -> Verification:
    """A server has it in a block, and the log has no event of it: not yet, or there is none."""
    block = told.block
    if block is None or told.bitcoin_block is None:
        return Verification(state=TxState.UNKNOWN, reason="a block without a place", events=events)
    burn_height = told.bitcoin_block.height
    depth = _depth(sync, block.height, burn_height)
    indexed = sync is not None and (sync.indexed_height or 0) >= block.height
    found = Verification(
        state=TxState.CONFIRMED,
        block_id=block.index_hash,
        height=block.height,
        burn_height=burn_height,
        depth=depth,
        indexed=indexed,
        events=events,
    )
    if told.status is not TxStatus.SUCCESS:
        return msgspec.structs.replace(found, state=TxState.FAILED, reason=told.status.value)
    if expected is not None:
        # What the log has passed and not kept is no event of ours; else its prints are looked at.
        names = [] if indexed else await _printed(api, contract, told.tx_id)
        if names is None:
            return msgspec.structs.replace(found, state=TxState.UNKNOWN)
        if expected not in names:
            return msgspec.structs.replace(found, state=TxState.WRONG_EVENT)
        return found
    is_final = (
        indexed
        and sync is not None
        and (sync.final_height or -1) >= block.height
        and depth is not None
        and depth.burn_blocks >= finality_burn_blocks
    )
    return msgspec.structs.replace(found, state=TxState.FINAL) if is_final else found


async def _printed(api: StacksApi, contract: str, tx_id: str) -> list[str] | None:
    """The names of what it printed in our contract's name; None when it is in no block now."""
    events = await api.tx_events(tx_id)
    if events is None:
        return None
    logs = [each.contract_log for each in events if each.contract_log is not None]
    return [
        _name_of(log.value.hex)
        for log in logs
        if log.contract_id == contract and log.topic == "print"
    ]


def _name_of(hex_: str) -> str:
    try:
        match decode_hex(hex_):
            case Tuple() as printed:
                match printed.by_name().get("event"):
                    case Ascii(name):
                        return name
    except NotClarity:
        return ""
    return ""


async def _from_nowhere(
    api: StacksApi, tx_id: str, sync: SyncStatus | None, events: Sequence[EscrowEvent]
) -> Verification:
    """One server knows of none. It is absent when all say so, and none of them is behind."""
    # A lone server is asked a second time.
    nodes = api.nodes if len(api.nodes) > 1 else (*api.nodes, *api.nodes)
    needed = sync.tip_height or 0 if sync is not None else 0
    for node in nodes:
        if (await node.chain_tx(tx_id)).status is not TxStatus.ABSENT:
            return Verification(
                state=TxState.UNKNOWN, reason="the servers do not agree", events=events
            )
        if (await node.head()).block_height < needed:
            return Verification(
                state=TxState.UNKNOWN, reason="a server is behind the chain", events=events
            )
    dropped = await api.why_dropped(tx_id)
    if dropped is not None:
        return Verification(state=TxState.DROPPED, reason=dropped, events=events)
    return Verification(state=TxState.ABSENT, events=events)


def _depth(sync: SyncStatus | None, height: int, burn_height: int) -> Depth | None:
    if sync is None or sync.tip_height is None or sync.tip_burn_height is None:
        return None
    return Depth(
        burn_blocks=max(sync.tip_burn_height - burn_height, 0),
        stacks_blocks=max(sync.tip_height - height, 0),
    )
