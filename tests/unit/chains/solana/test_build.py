"""Packing payouts, signing, reading bytes back, addresses."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from earnest.chains import AddressInvalid, NothingFits, SignedTxInvalid
from earnest.chains.solana import (
    CHAIN_TX_BYTES_MAX,
    PAYOUTS_MAX,
    Mint,
    PayoutLine,
    associated_token_address,
    attempt_reference,
    build_payment,
    decode_signed,
    pack_payouts,
    parse_address,
    sign,
    wire_size,
)
from earnest.chains.solana.wire import TOKEN_2022_PROGRAM
from earnest.kit.money import Asset, Money

TREASURY = Keypair.from_seed(bytes(range(32)))
BLOCKHASH = str(Pubkey(bytes([7] * 32)))
USDC = Mint(str(Pubkey(bytes([9] * 32))))
MINTS = {Asset.USDC: USDC}
ATTEMPT = attempt_reference(UUID(int=1))


def wallet(number: int) -> str:
    """A wallet address by number."""
    return str(Keypair.from_seed(number.to_bytes(32, "big")).pubkey())


def sol_lines(count: int) -> list[PayoutLine]:
    """Payouts in SOL to different wallets."""
    return [
        PayoutLine(UUID(int=n), wallet(n), Money(1_000_000 + n, Asset.SOL)) for n in range(count)
    ]


lines_of_any_kind = st.lists(
    st.builds(
        PayoutLine,
        payout_id=st.uuids(),
        recipient=st.integers(0, 30).map(wallet),
        money=st.builds(Money, st.integers(1, 2**64 - 1), st.sampled_from([Asset.SOL, Asset.USDC])),
        create_token_account=st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


@given(lines=lines_of_any_kind, with_reference=st.booleans(), price=st.sampled_from([0, 1_000]))
def test_packed_is_a_prefix_that_fits(
    lines: list[PayoutLine], *, with_reference: bool, price: int
) -> None:
    """Whatever waits, what is packed are the first ones, and the signed bytes fit; one more would
    not, or twenty are in."""
    packed = pack_payouts(
        lines,
        treasury=str(TREASURY.pubkey()),
        blockhash=BLOCKHASH,
        mints=MINTS,
        reference=ATTEMPT if with_reference else None,
        price_micro_lamports=price,
    )
    count = len(packed.included)
    assert packed.included == tuple(line.payout_id for line in lines[:count])
    signed = sign(packed.message, TREASURY)
    assert len(signed.wire_bytes) == wire_size(packed.message) <= CHAIN_TX_BYTES_MAX
    assert 1 <= count <= PAYOUTS_MAX
    transfers = decode_signed(signed.wire_bytes).transfers
    assert [each.amount_minor for each in transfers] == [
        line.money.amount_minor for line in lines[:count]
    ]
    for line, each in zip(lines, transfers, strict=False):
        is_sol = line.money.asset is Asset.SOL
        target = line.recipient if is_sol else associated_token_address(line.recipient, USDC)
        assert each.destination == target
        assert each.references == ((ATTEMPT,) if with_reference else ())
    if count < min(len(lines), PAYOUTS_MAX):
        rest = pack_payouts(
            lines[count:], treasury=str(TREASURY.pubkey()), blockhash=BLOCKHASH, mints=MINTS
        )
        assert rest.included[0] == lines[count].payout_id


@pytest.mark.parametrize(
    ("lines", "price", "packed_count"),
    [
        (sol_lines(40), 0, 20),
        (sol_lines(40), 5, 19),
        (sol_lines(3), 0, 3),
        (
            [
                PayoutLine(UUID(int=n), wallet(n), Money(5, Asset.USDC), create_token_account=True)
                for n in range(30)
            ],
            0,
            9,
        ),
        ([PayoutLine(UUID(int=n), wallet(1), Money(5, Asset.SOL)) for n in range(30)], 0, 20),
    ],
    ids=["sol", "sol_with_price", "few", "new_token_accounts", "one_recipient"],
)
def test_how_many_fit(lines: list[PayoutLine], price: int, packed_count: int) -> None:
    """Twenty in SOL with their reference; a price for priority or new accounts leave less room."""
    packed = pack_payouts(
        lines,
        treasury=str(TREASURY.pubkey()),
        blockhash=BLOCKHASH,
        mints=MINTS,
        reference=ATTEMPT,
        price_micro_lamports=price,
    )
    assert len(packed.included) == packed_count


def test_same_input_same_bytes() -> None:
    """Packing and signing again gives the same bytes: a repeat can never pay twice."""
    made = [
        sign(
            pack_payouts(
                sol_lines(20),
                treasury=str(TREASURY.pubkey()),
                blockhash=BLOCKHASH,
                mints={},
                reference=ATTEMPT,
            ).message,
            TREASURY,
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_nothing_to_pack() -> None:
    """No payouts, no message."""
    with pytest.raises(NothingFits):
        pack_payouts([], treasury=str(TREASURY.pubkey()), blockhash=BLOCKHASH, mints={})


@pytest.mark.parametrize(
    "money",
    [Money(0, Asset.SOL), Money(-1, Asset.SOL), Money(2**64, Asset.SOL), Money(1, Asset.ETH)],
)
def test_amounts_that_no_instruction_can_carry(money: Money) -> None:
    """Nothing, less than nothing, more than 64 bits, or another chain's coin is never built."""
    with pytest.raises(ValueError, match="cannot be sent"):
        pack_payouts(
            [PayoutLine(UUID(int=1), wallet(1), money)],
            treasury=str(TREASURY.pubkey()),
            blockhash=BLOCKHASH,
            mints={},
        )


def payment_bytes() -> bytes:
    """A signed payment."""
    message = build_payment(
        payer=str(TREASURY.pubkey()),
        recipient=wallet(1),
        money=Money(5, Asset.SOL),
        blockhash=BLOCKHASH,
    )
    return sign(message, TREASURY).wire_bytes


@given(at=st.integers(0, len(payment_bytes()) - 1), bit=st.integers(0, 7))
def test_one_changed_bit_is_noticed(at: int, bit: int) -> None:
    """No single flipped bit of signed bytes passes for signed bytes."""
    spoiled = bytearray(payment_bytes())
    spoiled[at] ^= 1 << bit
    with pytest.raises(SignedTxInvalid):
        decode_signed(bytes(spoiled))


def test_unsigned_and_trailing_bytes_are_refused() -> None:
    """Neither a signature left out nor bytes after the end get through."""
    good = payment_bytes()
    assert decode_signed(good).fee_payer == str(TREASURY.pubkey())
    unsigned = VersionedTransaction.populate(VersionedTransaction.from_bytes(good).message, [])
    for bad in (good + b"\0", b"", good[:70], bytes(unsigned), bytes(5000)):
        with pytest.raises(SignedTxInvalid):
            decode_signed(bad)


def test_lookup_tables_are_refused_when_read_back() -> None:
    """A message whose keys are not in its bytes says nothing that could be checked."""
    plain = build_payment(
        payer=str(TREASURY.pubkey()),
        recipient=wallet(1),
        money=Money(5, Asset.SOL),
        blockhash=BLOCKHASH,
    )
    assert isinstance(plain, MessageV0)
    table = AddressLookupTableAccount(Pubkey(bytes([5] * 32)), [Pubkey.from_string(wallet(1))])
    part = transfer(
        TransferParams(
            from_pubkey=TREASURY.pubkey(), to_pubkey=Pubkey.from_string(wallet(1)), lamports=5
        )
    )
    message = MessageV0.try_compile(TREASURY.pubkey(), [part], [table], plain.recent_blockhash)
    with pytest.raises(SignedTxInvalid, match="lookup"):
        decode_signed(sign(message, TREASURY).wire_bytes)


def test_token_accounts_have_no_key_of_their_own() -> None:
    """A token account is off the curve, and differs between the two token programs."""
    first = associated_token_address(wallet(1), USDC)
    second = associated_token_address(wallet(1), Mint(USDC.address, TOKEN_2022_PROGRAM))
    assert first != second
    assert not Pubkey.from_string(first).is_on_curve()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0OIl",
        "1" * 31,
        "1" * 33,
        wallet(1) + " ",
        " " + wallet(1),
        wallet(1)[:-4],
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "ü" * 44,
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Only 32 bytes in their one base58 form are an address."""
    with pytest.raises(AddressInvalid):
        parse_address(text)


def test_wallets_must_be_signable() -> None:
    """An address that no key can sign for is no wallet: money sent there would be lost."""
    account = associated_token_address(wallet(1), USDC)
    assert str(parse_address(account)) == account
    for address in (account, str(Pubkey.default())):
        with pytest.raises(AddressInvalid, match="no key"):
            parse_address(address, wallet=True)
    assert str(parse_address(wallet(1), wallet=True)) == wallet(1)
