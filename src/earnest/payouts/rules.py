"""What a payout may do next, and how answers are read. Pure: no clock, no node, no database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from earnest.chains import SignedTxInvalid
from earnest.chains.solana import (
    Mint,
    Packed,
    PayoutLine,
    associated_token_address,
    attempt_reference,
    decode_signed,
    pack_payouts,
)
from earnest.kit.money import Asset, Money
from earnest.signer import SignedAttempt

BATCH_MAX = 20
# Any blockhash does for a simulation that replaces it.
_NO_BLOCKHASH = "11111111111111111111111111111111"
_CUSTOM_INSUFFICIENT_FUNDS = {"Custom": 1}


class PayoutStatus(StrEnum):
    """Where a payout stands. The moves allowed are in `functions.sql`, payouts_guard()."""

    REQUESTED = "requested"
    SIGNED = "signed"
    SENT = "sent"
    FINAL = "final"
    FAILED = "failed"


class AttemptStatus(StrEnum):
    """Where an attempt stands. The moves allowed are in `functions.sql`."""

    RESERVED = "reserved"
    SIGNED = "signed"
    SENT = "sent"
    FINAL = "final"
    FAILED = "failed"
    EXPIRED = "expired"
    DROPPED = "dropped"


class Item(msgspec.Struct, frozen=True):
    """A payout within an attempt."""

    payout_id: UUID
    recipient: str
    money: Money


class Attempt(msgspec.Struct, frozen=True):
    """An attempt with its live payouts, in the order of its transfers."""

    id: UUID
    status: AttemptStatus
    items: tuple[Item, ...]
    asked_at: datetime | None
    tx_id: str | None
    signed_bytes: bytes | None
    last_valid_block_height: int | None


class Trial(msgspec.Struct, frozen=True):
    """A message to simulate, and which payout each of its instructions is for."""

    packed: Packed
    lines: tuple[PayoutLine, ...]
    line_of_instruction: tuple[int, ...]


def plan_trial(
    attempt: Attempt,
    *,
    has_token_account: Mapping[UUID, bool],
    treasury: str,
    mints: Mapping[Asset, Mint],
) -> Trial:
    """The chain_tx that the attempt would be, for as many of its payouts as fit, unsigned.

    Should a token account be closed before the signer looks for itself, fewer fit: the signer
    then refuses the batch, and its payouts travel singly.
    Raises `NothingFits` or `AddressInvalid`.
    """
    wanted = [
        PayoutLine(
            item.payout_id,
            item.recipient,
            item.money,
            item.money.asset is not Asset.SOL and not has_token_account.get(item.payout_id, False),
        )
        for item in attempt.items
    ]
    packed = pack_payouts(
        wanted,
        treasury=treasury,
        blockhash=_NO_BLOCKHASH,
        mints=mints,
        reference=attempt_reference(attempt.id),
    )
    lines = tuple(wanted[: len(packed.included)])
    owners = [at for at, line in enumerate(lines) for _ in range(1 + line.create_token_account)]
    return Trial(packed, lines, tuple(owners))


class Fault(StrEnum):
    """Whose fault it is that a simulation failed."""

    RECIPIENT = "recipient"  # definite: this payout cannot be sent to this address
    TREASURY = "treasury"  # the house has too little at the moment
    UNCLEAR = "unclear"  # nothing can be concluded


class Finding(msgspec.Struct, frozen=True):
    """What a failed simulation says. `payout_ids` are the culprits when it is the recipient."""

    fault: Fault
    payout_ids: tuple[UUID, ...] = ()
    code: str = ""
    detail: str = ""


def read_simulation(err: object, trial: Trial, mints: Mapping[Asset, Mint]) -> Finding | None:
    """Whose fault `err` is, or None when the simulation passed.

    `err` is Solana's own: `{"InstructionError": [2, …]}` names an instruction,
    `{"InsufficientFundsForRent": {"account_index": 1}}` an account.
    Source: solana-sdk transaction_error.rs.
    """
    if err is None:
        return None
    if err in ("AccountNotFound", "InsufficientFundsForFee"):
        return Finding(Fault.TREASURY, code="treasury_too_small")
    if isinstance(err, dict):
        if isinstance(rent := err.get("InsufficientFundsForRent"), dict):
            return _read_rent(rent.get("account_index"), trial, mints)
        if isinstance(found := err.get("InstructionError"), list) and len(found) == 2:
            return _read_instruction(found[0], found[1], trial)
    return Finding(Fault.UNCLEAR, code="simulation_unclear", detail=str(err)[:200])


def _read_rent(index: object, trial: Trial, mints: Mapping[Asset, Mint]) -> Finding:
    keys = [str(key) for key in trial.packed.message.account_keys]
    if not isinstance(index, int) or not 0 <= index < len(keys):
        return Finding(Fault.UNCLEAR, code="simulation_unclear", detail=f"account {index}")
    if index == 0:
        return Finding(Fault.TREASURY, code="treasury_too_small")
    payout_ids = tuple(
        line.payout_id for line in trial.lines if keys[index] == _destination(line, mints)
    )
    if not payout_ids:
        return Finding(Fault.UNCLEAR, code="simulation_unclear", detail=f"account {keys[index]}")
    return Finding(
        Fault.RECIPIENT,
        payout_ids,
        "recipient_below_rent",
        "The network refuses a transfer that leaves a wallet below what an account must hold"
        " (890,880 lamports for an empty one). The amount is in your balance again.",
    )


def _read_instruction(index: object, reason: object, trial: Trial) -> Finding:
    if reason == _CUSTOM_INSUFFICIENT_FUNDS:
        return Finding(Fault.TREASURY, code="treasury_too_small")
    owners = trial.line_of_instruction
    if not isinstance(index, int) or not 0 <= index < len(owners):
        return Finding(Fault.UNCLEAR, code="simulation_unclear", detail=f"instruction {index}")
    return Finding(
        Fault.RECIPIENT,
        (trial.lines[owners[index]].payout_id,),
        "recipient_refuses",
        f"The network refuses a transfer to your wallet ({reason})."
        " The amount is in your balance again.",
    )


def _destination(line: PayoutLine, mints: Mapping[Asset, Mint]) -> str:
    if line.money.asset is Asset.SOL:
        return line.recipient
    return associated_token_address(line.recipient, mints[line.money.asset])


class Scope(StrEnum):
    """Whom a refusal of the signer concerns."""

    PAYOUT = "payout"
    BATCH = "batch"


class Consequence(msgspec.Struct, frozen=True):
    """What follows from a refusal: who waits, how long, and whether a person must look."""

    scope: Scope
    wait_s: int
    pause: bool = False


CONSEQUENCES: Mapping[str, Consequence] = {
    "signer_hold_missing": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_hold_ended": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_hold_changed": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_not_payable": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_payout_above_limit": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_recipient_not_allowed": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_already_paid": Consequence(Scope.PAYOUT, 60, pause=True),
    "signer_earlier_signature_live": Consequence(Scope.PAYOUT, 10),
    "signer_address_limit_reached": Consequence(Scope.PAYOUT, 600),
    "signer_hour_limit_reached": Consequence(Scope.BATCH, 60),
    "signer_float_too_small": Consequence(Scope.BATCH, 60),
    "signer_batch_too_large": Consequence(Scope.BATCH, 1),
    "signer_halted": Consequence(Scope.BATCH, 30),
    "signer_network_differs": Consequence(Scope.BATCH, 30),
}
_OTHERWISE = Consequence(Scope.BATCH, 60)


def consequence_of(code: str, payout_id: UUID | None) -> Consequence:
    """What follows from the refusal `code`; without a payout named, all of the batch waits."""
    found = CONSEQUENCES.get(code, _OTHERWISE)
    if found.scope is Scope.PAYOUT and payout_id is None:
        return msgspec.structs.replace(found, scope=Scope.BATCH)
    return found


def find_flaw(
    signed: SignedAttempt, attempt: Attempt, *, treasury: str, mints: Mapping[Asset, Mint]
) -> str | None:
    """Why signed bytes are not exactly what the attempt asked for, or None when they are.

    The signer checks us, and we check the signer: nothing is kept or sent on trust.
    """
    try:
        decoded = decode_signed(signed.wire_bytes)
    except SignedTxInvalid as error:
        return str(error)
    if signed.attempt_id != attempt.id or signed.tx_id != decoded.tx_id:
        return "it is another chain_tx than it says"
    if signed.payout_ids != [item.payout_id for item in attempt.items]:
        return "it is for other payouts"
    if decoded.fee_payer != treasury:
        return "another account pays for it"
    expected = [
        (_destination(PayoutLine(i.payout_id, i.recipient, i.money), mints), i.money.amount_minor)
        for i in attempt.items
    ]
    found = [(each.destination, each.amount_minor) for each in decoded.transfers]
    if found != expected:
        return "its transfers are not the payouts"
    if any(each.references != (attempt_reference(attempt.id),) for each in decoded.transfers):
        return "it lacks the attempt's reference"
    return None


def check_heights(heights: Sequence[int], last_valid_block_height: int) -> bool:
    """Whether every source's finalized height is past the last block that could take it."""
    return bool(heights) and min(heights) > last_valid_block_height
