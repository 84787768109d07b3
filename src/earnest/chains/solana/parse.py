"""From a raw chain_tx to the fact about our accounts. Pure: no clock, no node.

Everything a payer can choose is taken as hostile: the order of the keys, lookup tables, other
instructions before and after, transfers from inside other programs, keys appended at will.
"""

from collections.abc import Mapping

import base58
import msgspec

from earnest.chains.errors import MalformedAnswer
from earnest.chains.facts import ChainTx, Transfer, WatchedAccount
from earnest.chains.solana.instructions import MEMO_PROGRAMS, Movement, decode_movement
from earnest.chains.solana.wire import RawChainTx, RawInstruction, RawTokenBalance
from earnest.kit.money import Chain

CREDITS_EXCEED_DELTA = "credits_exceed_delta"
WRONG_MINT = "wrong_mint"
MEMO_LENGTH_MAX = 566


def parse_chain_tx(raw: RawChainTx, watched: Mapping[str, WatchedAccount]) -> ChainTx:
    """The fact about the `watched` accounts (by address) in a final chain_tx.

    A failed chain_tx keeps its fee delta and has no transfers. Transfers of nothing are left
    out. When what the transfers say exceeds what a watched account's balance really gained, all
    transfers are withheld and `anomaly` says so: the delta alone is believed.
    Raises `MalformedAnswer` when the answer contradicts itself.
    """
    keys = _all_keys(raw)
    if not raw.signed.signatures or len(raw.meta.post_balances) != len(keys):
        raise MalformedAnswer("getTransaction: keys, balances and signatures do not match")
    balances, deltas, wrong_mint = _balances(raw, keys, watched)
    failed = raw.meta.err is not None
    transfers = () if failed else _transfers(raw, keys, balances, watched)
    anomaly = WRONG_MINT if wrong_mint else None
    fee_payer = keys[0]
    if not _sums_hold(transfers, deltas, watched, fee_payer, raw.meta.fee):
        transfers, anomaly = (), CREDITS_EXCEED_DELTA
    return ChainTx(
        chain=Chain.SOLANA,
        # A finalized slot has exactly one block, so the slot names it.
        block_id=str(raw.slot),
        tx_id=raw.signed.signatures[0],
        slot=raw.slot,
        block_time=raw.block_time,
        err=msgspec.json.encode(raw.meta.err).decode() if failed else None,
        fee_minor=raw.meta.fee,
        fee_payer=fee_payer,
        deltas=deltas,
        balances=balances,
        transfers=transfers,
        memo=_memo(raw, keys),
        anomaly=anomaly,
        index_in_block=raw.transaction_index,
    )


def _all_keys(raw: RawChainTx) -> list[str]:
    """Static keys, then those loaded from lookup tables: writable ones first."""
    loaded = raw.meta.loaded_addresses
    extra = [*loaded.writable, *loaded.readonly] if loaded else []
    keys = [*raw.signed.message.account_keys, *extra]
    if not keys or len(raw.meta.pre_balances) != len(keys):
        raise MalformedAnswer("getTransaction: keys and balances do not match")
    return keys


def _is_plain_reader(raw: RawChainTx, index: int) -> bool:
    """Whether the key at `index` neither signs nor is writable: all that a reference may be."""
    header, static = raw.signed.message.header, len(raw.signed.message.account_keys)
    if index < static:
        signs = index < header.num_required_signatures
        return not signs and index >= static - header.num_readonly_unsigned_accounts
    loaded = raw.meta.loaded_addresses
    return index >= static + (len(loaded.writable) if loaded else 0)


def _balances(
    raw: RawChainTx, keys: list[str], watched: Mapping[str, WatchedAccount]
) -> tuple[dict[str, int], dict[str, int], bool]:
    """Post-balances and deltas of the watched accounts, and whether a mint was not ours.

    A token account that has no entry held nothing: it was made or closed by this chain_tx.
    """
    before = _token_amounts(raw.meta.pre_token_balances, len(keys))
    after = _token_amounts(raw.meta.post_token_balances, len(keys))
    posts: dict[str, int] = {}
    deltas: dict[str, int] = {}
    wrong_mint = False
    for index, key in enumerate(keys):
        account = watched.get(key)
        if account is None:
            continue
        if account.mint is None:
            pre, post = raw.meta.pre_balances[index], raw.meta.post_balances[index]
        else:
            entries = [side[index] for side in (before, after) if index in side]
            if any(mint != account.mint for mint, _ in entries):
                wrong_mint = True
                continue
            pre = before[index][1] if index in before else 0
            post = after[index][1] if index in after else 0
        posts[key], deltas[key] = post, post - pre
    return posts, deltas, wrong_mint


def _token_amounts(
    rows: list[RawTokenBalance] | None, keys_count: int
) -> dict[int, tuple[str, int]]:
    found: dict[int, tuple[str, int]] = {}
    for row in rows or ():
        amount = row.ui_token_amount.amount
        if not 0 <= row.account_index < keys_count or not (amount.isascii() and amount.isdigit()):
            raise MalformedAnswer("getTransaction: a token balance that cannot be")
        found[row.account_index] = (row.mint, int(amount))
    return found


def _instructions(raw: RawChainTx) -> list[tuple[str, RawInstruction]]:
    """All instructions in the order in which they ran, each with its index as text."""
    called = {inner.index: inner.instructions for inner in raw.meta.inner_instructions or ()}
    ordered: list[tuple[str, RawInstruction]] = []
    for number, instruction in enumerate(raw.signed.message.instructions):
        ordered.append((str(number), instruction))
        ordered += [
            (f"{number}.{place}", inner) for place, inner in enumerate(called.get(number, ()))
        ]
    return ordered


def _transfers(
    raw: RawChainTx,
    keys: list[str],
    balances: Mapping[str, int],
    watched: Mapping[str, WatchedAccount],
) -> tuple[Transfer, ...]:
    found: list[Transfer] = []
    for index, instruction in _instructions(raw):
        program, data = _program_and_data(instruction, keys)
        movement = decode_movement(program, data, instruction.accounts, keys)
        if movement is None or movement.amount_minor <= 0:
            continue
        ours = _ours(movement, balances, watched)
        if ours is None:
            continue
        references = [keys[place] for place in movement.rest if _is_plain_reader(raw, place)]
        found.append(
            Transfer(
                index=index,
                source=movement.source,
                destination=movement.destination,
                authority=movement.authority,
                amount_minor=movement.amount_minor,
                asset=ours.asset,
                references=tuple(dict.fromkeys(references)),
            )
        )
    return tuple(found)


def _program_and_data(instruction: RawInstruction, keys: list[str]) -> tuple[str, bytes]:
    indices = [instruction.program_id_index, *instruction.accounts]
    if not all(0 <= index < len(keys) for index in indices):
        raise MalformedAnswer("getTransaction: an instruction names a key that is not there")
    try:
        return keys[instruction.program_id_index], base58.b58decode(instruction.data)
    except ValueError as error:
        raise MalformedAnswer("getTransaction: instruction data is not base58") from error


def _ours(
    movement: Movement, balances: Mapping[str, int], watched: Mapping[str, WatchedAccount]
) -> WatchedAccount | None:
    """The watched account that a movement touches in the asset that it holds, if any."""
    for address in (movement.destination, movement.source):
        account = watched.get(address)
        if account is None or address not in balances:
            continue
        if movement.is_token is (account.mint is not None):
            return account if movement.mint in (None, account.mint) else None
    return None


def _sums_hold(
    transfers: tuple[Transfer, ...],
    deltas: Mapping[str, int],
    watched: Mapping[str, WatchedAccount],
    fee_payer: str,
    fee_minor: int,
) -> bool:
    """Whether no watched account is said to have gained more than its balance shows."""
    for address, delta in deltas.items():
        gained = sum(row.amount_minor for row in transfers if row.destination == address)
        spent = sum(row.amount_minor for row in transfers if row.source == address)
        if address == fee_payer and watched[address].mint is None:
            spent += fee_minor
        if gained and gained - spent > delta:
            return False
    return True


def _memo(raw: RawChainTx, keys: list[str]) -> str | None:
    """The first memo, or None. For display only: anybody can write anything there."""
    for instruction in raw.signed.message.instructions:
        program, data = _program_and_data(instruction, keys)
        if program in MEMO_PROGRAMS:
            return data.decode("utf-8", "replace").replace("\x00", "\ufffd")[:MEMO_LENGTH_MAX]
    return None
