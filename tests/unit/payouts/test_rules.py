"""How answers are read: simulations, refusals, and the signer's bytes."""

from uuid import UUID, uuid4

import msgspec
import pytest
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from earnest.chains.solana import (
    Mint,
    PayoutLine,
    attempt_reference,
    pack_payouts,
    sign,
)
from earnest.kit.money import Asset, Money
from earnest.payouts.rules import (
    Attempt,
    AttemptStatus,
    Consequence,
    Fault,
    Finding,
    Item,
    Scope,
    Trial,
    check_heights,
    consequence_of,
    find_flaw,
    plan_trial,
    read_simulation,
)
from earnest.signer import SignedAttempt

TREASURY = Keypair.from_seed(bytes(32))
MINTS = {Asset.USDC: Mint(str(Pubkey(bytes(range(32)))))}
BLOCKHASH = "11111111111111111111111111111111"


def _wallet(number: int) -> str:
    return str(Keypair.from_seed(bytes([number] * 32)).pubkey())


def _attempt(*items: Item) -> Attempt:
    return Attempt(uuid4(), AttemptStatus.RESERVED, items, None, None, None, None)


def _item(number: int, asset: Asset = Asset.SOL) -> Item:
    return Item(uuid4(), _wallet(number), Money(1_000_000 + number, asset))


SOL_ITEMS = (_item(1), _item(2), _item(3))
TOKEN_ITEMS = (_item(4, Asset.USDC), _item(5, Asset.USDC))


def _trial(items: tuple[Item, ...], *, has: tuple[UUID, ...] = ()) -> Trial:
    return plan_trial(
        _attempt(*items),
        has_token_account=dict.fromkeys(has, True),
        treasury=str(TREASURY.pubkey()),
        mints=MINTS,
    )


def _index_of(trial: Trial, address: str) -> int:
    return [str(key) for key in trial.packed.message.account_keys].index(address)


def test_passing_simulation_has_no_finding() -> None:
    """No error, no fault."""
    assert read_simulation(None, _trial(SOL_ITEMS), MINTS) is None


@pytest.mark.parametrize(
    "err",
    [
        "AccountNotFound",
        "InsufficientFundsForFee",
        {"InstructionError": [1, {"Custom": 1}]},
        {"InsufficientFundsForRent": {"account_index": 0}},
    ],
)
def test_the_house_s_want_is_not_the_recipient_s_fault(err: object) -> None:
    """Too little in the treasury never fails a payout."""
    finding = read_simulation(err, _trial(SOL_ITEMS), MINTS)
    assert finding == Finding(Fault.TREASURY, code="treasury_too_small")


@pytest.mark.parametrize(
    "err",
    [
        "BlockhashNotFound",
        "SomethingNew",
        {"InsufficientFundsForRent": {"account_index": 99}},
        {"InsufficientFundsForRent": {"account_index": "1"}},
        {"InsufficientFundsForRent": None},
        {"InstructionError": [9, "InvalidAccountData"]},
        {"InstructionError": ["0", "InvalidAccountData"]},
        {"InstructionError": []},
        {"DuplicateInstruction": 1},
        7,
    ],
)
def test_what_is_not_understood_decides_nothing(err: object) -> None:
    """An answer of no known shape leaves the attempt as it is."""
    finding = read_simulation(err, _trial(SOL_ITEMS), MINTS)
    assert finding is not None
    assert finding.fault is Fault.UNCLEAR


def test_rent_names_the_account() -> None:
    """The account below rent exemption is found among the recipients."""
    trial = _trial(SOL_ITEMS)
    at = _index_of(trial, SOL_ITEMS[1].recipient)
    err = {"InsufficientFundsForRent": {"account_index": at}}
    finding = read_simulation(err, trial, MINTS)
    assert finding is not None
    assert (finding.fault, finding.payout_ids) == (Fault.RECIPIENT, (SOL_ITEMS[1].payout_id,))


def test_rent_of_a_wallet_with_two_payouts_names_both() -> None:
    """Together or apart is found out by sending them singly."""
    twice = msgspec.structs.replace(SOL_ITEMS[0], payout_id=uuid4())
    trial = _trial((*SOL_ITEMS, twice))
    at = _index_of(trial, twice.recipient)
    finding = read_simulation({"InsufficientFundsForRent": {"account_index": at}}, trial, MINTS)
    assert finding is not None
    assert finding.payout_ids == (SOL_ITEMS[0].payout_id, twice.payout_id)


@pytest.mark.parametrize(
    ("instruction", "has_first", "culprit"),
    [(0, False, 0), (1, False, 0), (2, False, 1), (3, False, 1), (0, True, 0), (1, True, 1)],
)
def test_instructions_are_counted_with_the_accounts_they_make(
    instruction: int, has_first: object, culprit: int
) -> None:
    """A token payout is one instruction, or two where its account must be made."""
    has = (TOKEN_ITEMS[0].payout_id,) if has_first else ()
    err = {"InstructionError": [instruction, "InvalidAccountData"]}
    finding = read_simulation(err, _trial(TOKEN_ITEMS, has=has), MINTS)
    assert finding is not None
    assert finding.payout_ids == (TOKEN_ITEMS[culprit].payout_id,)


def test_only_what_fits_is_planned() -> None:
    """Twenty SOL transfers fit, and nine token transfers that make an account each."""
    many = tuple(_item(number) for number in range(1, 26))
    assert len(_trial(many).lines) == 20
    tokens = tuple(_item(number, Asset.USDC) for number in range(1, 26))
    assert len(_trial(tokens).lines) == 9


def _signed(attempt: Attempt, *, key: Keypair = TREASURY, **changes: object) -> SignedAttempt:
    lines = [PayoutLine(i.payout_id, i.recipient, i.money) for i in attempt.items]
    if "amount" in changes:
        money = Money(int(str(changes.pop("amount"))), Asset.SOL)
        lines[0] = msgspec.structs.replace(lines[0], money=money)
    if "recipient" in changes:
        lines[0] = msgspec.structs.replace(lines[0], recipient=str(changes.pop("recipient")))
    reference = changes.pop("reference", attempt_reference(attempt.id))
    packed = pack_payouts(
        lines,
        treasury=str(key.pubkey()),
        blockhash=BLOCKHASH,
        mints=MINTS,
        reference=None if reference is None else str(reference),
    )
    signed = sign(packed.message, key)
    answer = SignedAttempt(
        attempt.id, [i.payout_id for i in attempt.items], signed.wire_bytes, signed.tx_id, 10, 10
    )
    return msgspec.structs.replace(answer, **changes)


def test_the_right_bytes_have_no_flaw() -> None:
    """SOL and tokens alike."""
    for items in (SOL_ITEMS, TOKEN_ITEMS):
        attempt = _attempt(*items)
        treasury = str(TREASURY.pubkey())
        assert find_flaw(_signed(attempt), attempt, treasury=treasury, mints=MINTS) is None


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"amount": 5}, "transfers"),
        ({"recipient": _wallet(9)}, "transfers"),
        ({"reference": None}, "reference"),
        ({"reference": attempt_reference(uuid4())}, "reference"),
        ({"key": Keypair.from_seed(bytes([7] * 32))}, "another account"),
        ({"tx_id": "other"}, "another chain_tx"),
        ({"attempt_id": uuid4()}, "another chain_tx"),
        ({"payout_ids": [uuid4()]}, "other payouts"),
        ({"wire_bytes": b"\x01" + bytes(200)}, "signed chain_tx"),
    ],
)
def test_wrong_bytes_are_named(changes: dict[str, object], flaw: str) -> None:
    """The engine keeps and sends nothing that is not exactly what it asked for."""
    attempt = _attempt(*SOL_ITEMS)
    signed = _signed(attempt, **changes)  # type: ignore[arg-type]
    found = find_flaw(signed, attempt, treasury=str(TREASURY.pubkey()), mints=MINTS)
    assert found is not None
    assert flaw in found


@pytest.mark.parametrize(
    ("code", "payout_id", "expected"),
    [
        ("signer_already_paid", UUID(int=1), Consequence(Scope.PAYOUT, 60, pause=True)),
        ("signer_already_paid", None, Consequence(Scope.BATCH, 60, pause=True)),
        ("signer_hour_limit_reached", None, Consequence(Scope.BATCH, 60)),
        ("signer_code_of_a_later_version", UUID(int=1), Consequence(Scope.BATCH, 60)),
    ],
)
def test_refusals_have_consequences(
    code: str, payout_id: UUID | None, expected: Consequence
) -> None:
    """Whom a refusal concerns, how long they wait, and whether a person must look."""
    assert consequence_of(code, payout_id) == expected


@pytest.mark.parametrize(
    ("heights", "passed"), [([], False), ([101, 100], False), ([101, 101], True), ([100], False)]
)
def test_every_source_must_have_passed_the_last_block(heights: list[int], passed: object) -> None:
    """The last valid block itself may still hold it."""
    assert check_heights(heights, 100) is passed
