"""Reading facts from chain_txs that really ran, on LiteSVM."""

from typing import Any

import base58
import msgspec
import pytest
from solders.compute_budget import set_compute_unit_limit
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import (
    CreateAccountWithSeedParams,
    TransferParams,
    TransferWithSeedParams,
    create_account_with_seed,
    transfer,
    transfer_with_seed,
)

from earnest.chains import ChainTx, MalformedAnswer, WatchedAccount
from earnest.chains.solana import (
    Mint,
    RawChainTx,
    associated_token_address,
    build_payment,
    pack_payouts,
    parse_chain_tx,
)
from earnest.chains.solana.build import PayoutLine
from earnest.chains.solana.instructions import SYSTEM_PROGRAM
from earnest.chains.solana.parse import CREDITS_EXCEED_DELTA, WRONG_MINT
from earnest.chains.solana.wire import TOKEN_2022_PROGRAM, TOKEN_PROGRAM
from earnest.kit.ids import new_id
from earnest.kit.money import Asset, Money
from tests.unit.chains.solana.litesvm_chain import SOL, LiteChain, token_fee_mint_parts


@pytest.fixture
def chain() -> LiteChain:
    """A fresh runtime."""
    return LiteChain()


@pytest.fixture
def payer(chain: LiteChain) -> Keypair:
    """A wallet with money."""
    return chain.wallet()


@pytest.fixture
def treasury(chain: LiteChain) -> Keypair:
    """The treasury, with a float."""
    return chain.wallet(5 * SOL)


def fresh() -> str:
    """A new reference, or any other address."""
    return str(Keypair().pubkey())


def watch(treasury: Keypair, mint: Mint | None = None) -> dict[str, WatchedAccount]:
    """The treasury's own account and, with a mint, its token account."""
    owner = str(treasury.pubkey())
    found = {owner: WatchedAccount(owner, Asset.SOL)}
    if mint is not None:
        account = associated_token_address(owner, mint)
        found[account] = WatchedAccount(account, Asset.USDC, mint.address)
    return found


def pay(source: Keypair, to: Keypair | str, lamports: int, *references: str) -> Instruction:
    """A SOL transfer with references."""
    target = Pubkey.from_string(to) if isinstance(to, str) else to.pubkey()
    plain = transfer(
        TransferParams(from_pubkey=source.pubkey(), to_pubkey=target, lamports=lamports)
    )
    extra = [
        AccountMeta(Pubkey.from_string(key), is_signer=False, is_writable=False)
        for key in references
    ]
    return Instruction(plain.program_id, bytes(plain.data), [*plain.accounts, *extra])


def token_row(index: int, amount: str) -> dict[str, Any]:
    """A token balance as a node tells it."""
    return {"accountIndex": index, "mint": "x", "uiTokenAmount": {"amount": amount}}


def sent(fact: ChainTx) -> list[tuple[str, int, tuple[str, ...]]]:
    """Index, amount and references of each transfer."""
    return [(each.index, each.amount_minor, each.references) for each in fact.transfers]


@pytest.mark.parametrize("legacy", [True, False])
def test_sol_payment_with_reference(
    chain: LiteChain, payer: Keypair, treasury: Keypair, *, legacy: bool
) -> None:
    """A wallet's payment is one transfer with its one reference, and the exact delta."""
    reference = fresh()
    message = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(treasury.pubkey()),
        money=Money(105_000_000, Asset.SOL),
        blockhash=chain.blockhash,
        references=[reference],
        memo="order 7",
        legacy=legacy,
    )
    fact = parse_chain_tx(chain.execute(message, payer), watch(treasury))
    (only,) = fact.transfers
    assert (only.index, only.amount_minor, only.asset) == ("1", 105_000_000, Asset.SOL)
    assert only.references == (reference,)
    assert only.source == only.authority == str(payer.pubkey())
    assert only.destination == str(treasury.pubkey())
    assert fact.deltas == {str(treasury.pubkey()): 105_000_000}
    assert fact.balances == {str(treasury.pubkey()): 5 * SOL + 105_000_000}
    assert (fact.memo, fact.err, fact.anomaly, fact.fee_minor) == ("order 7", None, None, 5000)
    assert fact.fee_payer == str(payer.pubkey())


@pytest.mark.parametrize("program", [TOKEN_PROGRAM, TOKEN_2022_PROGRAM])
def test_token_payment_with_reference_into_new_account(
    chain: LiteChain, payer: Keypair, treasury: Keypair, program: str
) -> None:
    """A token payment keeps its reference, which a node's own decoding calls a signer.

    The token account is made by the payment itself: what is missing before counts as nothing.
    """
    mint = chain.mint(program=program)
    chain.give_tokens(payer, mint, 9_000_000)
    references = [fresh(), fresh()]
    message = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(treasury.pubkey()),
        money=Money(2_500_000, Asset.USDC),
        blockhash=chain.blockhash,
        references=references,
        mint=mint,
    )
    fact = parse_chain_tx(chain.execute(message, payer), watch(treasury, mint))
    account = associated_token_address(str(treasury.pubkey()), mint)
    (only,) = fact.transfers
    assert (only.destination, only.asset) == (account, Asset.USDC)
    assert (only.amount_minor, only.references) == (2_500_000, tuple(references))
    assert only.authority == str(payer.pubkey())
    assert fact.deltas[account] == fact.balances[account] == 2_500_000
    # The treasury's owner address is named by the account's making, and gains nothing.
    assert fact.deltas[str(treasury.pubkey())] == 0


def test_old_token_transfer_without_mint(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """The token program's first Transfer names no mint; the account's own mint counts."""
    mint = chain.mint()
    source = chain.give_tokens(payer, mint, 500)
    target = chain.give_tokens(treasury, mint, 70)
    reference = fresh()
    move = Instruction(
        Pubkey.from_string(TOKEN_PROGRAM),
        bytes([3]) + (123).to_bytes(8, "little"),
        [
            AccountMeta(Pubkey.from_string(source), is_signer=False, is_writable=True),
            AccountMeta(Pubkey.from_string(target), is_signer=False, is_writable=True),
            AccountMeta(payer.pubkey(), is_signer=True, is_writable=False),
            AccountMeta(Pubkey.from_string(reference), is_signer=False, is_writable=False),
        ],
    )
    fact = parse_chain_tx(
        chain.execute(chain.versioned(payer, [move]), payer), watch(treasury, mint)
    )
    assert sent(fact) == [("0", 123, (reference,))]
    assert (fact.deltas[target], fact.balances[target]) == (123, 193)


def test_wrong_mint_is_no_money(chain: LiteChain, payer: Keypair, treasury: Keypair) -> None:
    """A token of another mint never credits, whatever account it is sent to."""
    ours, theirs = chain.mint(), chain.mint()
    chain.give_tokens(treasury, ours, 0)
    chain.give_tokens(payer, theirs, 1000)
    message = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(treasury.pubkey()),
        money=Money(1000, Asset.USDC),
        blockhash=chain.blockhash,
        references=[fresh()],
        mint=theirs,
    )
    raw = chain.execute(message, payer)
    assert raw.meta.err is None
    fact = parse_chain_tx(raw, watch(treasury, ours))
    assert fact.transfers == ()
    # Even when the foreign account were taken for ours, its mint gives it away.
    foreign = associated_token_address(str(treasury.pubkey()), theirs)
    fooled = {foreign: WatchedAccount(foreign, Asset.USDC, ours.address)}
    fact = parse_chain_tx(raw, fooled)
    assert (fact.transfers, fact.deltas, fact.anomaly) == ((), {}, WRONG_MINT)


def test_each_transfer_keeps_its_own_references(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """Two references on one transfer stay together; two transfers keep their own amounts."""
    first, second, third = fresh(), fresh(), fresh()
    parts = [
        pay(payer, treasury, 10_000_000, first, second),
        pay(payer, treasury, 20_000_000, third, third),
        pay(payer, treasury, 30_000_000),
    ]
    fact = parse_chain_tx(chain.execute(chain.versioned(payer, parts), payer), watch(treasury))
    assert sent(fact) == [
        ("0", 10_000_000, (first, second)),
        ("1", 20_000_000, (third,)),
        ("2", 30_000_000, ()),
    ]
    assert fact.deltas == {str(treasury.pubkey()): 60_000_000}


def test_what_wallets_add_changes_nothing(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """Budget before, a tip to a stranger after: the index moves, the credit does not."""
    reference, stranger = fresh(), chain.wallet()
    parts = [
        set_compute_unit_limit(100_000),
        pay(payer, treasury, 7_000_000, reference),
        pay(payer, stranger, 1_000_000, reference),
    ]
    fact = parse_chain_tx(chain.execute(chain.versioned(payer, parts), payer), watch(treasury))
    assert sent(fact) == [("1", 7_000_000, (reference,))]


def test_treasury_is_found_wherever_it_stands(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """Keys from lookup tables count, and the treasury is never just "the second account"."""
    reference, decoy = fresh(), chain.wallet()
    table = chain.lookup_table(reference, str(treasury.pubkey()))
    parts = [pay(payer, decoy, 900_000_000), pay(payer, treasury, 3_000_000, reference)]
    message = chain.versioned(payer, parts, table)
    assert str(treasury.pubkey()) not in [str(key) for key in message.account_keys]
    raw = chain.execute(message, payer, tables=(table,))
    assert raw.meta.err is None
    fact = parse_chain_tx(raw, watch(treasury))
    assert sent(fact) == [("1", 3_000_000, (reference,))]
    assert fact.deltas == {str(treasury.pubkey()): 3_000_000}


def test_signing_or_writable_keys_are_no_references(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """Only a read-only key that does not sign can be a reference."""
    signer, reference, writable = chain.wallet(), fresh(), fresh()
    plain = pay(payer, treasury, 4_000_000, reference)
    extra = [
        AccountMeta(signer.pubkey(), is_signer=True, is_writable=False),
        AccountMeta(Pubkey.from_string(writable), is_signer=False, is_writable=True),
    ]
    part = Instruction(plain.program_id, bytes(plain.data), [*plain.accounts, *extra])
    raw = chain.execute(chain.versioned(payer, [part]), payer, signer)
    assert raw.meta.err is None
    assert sent(parse_chain_tx(raw, watch(treasury))) == [("0", 4_000_000, (reference,))]


def test_transfer_from_a_seeded_address(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """A transferWithSeed is a payment like any other; who signed is its authority."""
    seeded = Pubkey.create_with_seed(payer.pubkey(), "till", Pubkey.from_string(SYSTEM_PROGRAM))
    system = Pubkey.from_string(SYSTEM_PROGRAM)
    make = create_account_with_seed(
        CreateAccountWithSeedParams(
            from_pubkey=payer.pubkey(),
            to_pubkey=seeded,
            base=payer.pubkey(),
            seed="till",
            lamports=2 * SOL,
            space=0,
            owner=system,
        )
    )
    move = transfer_with_seed(
        TransferWithSeedParams(
            from_pubkey=seeded,
            from_base=payer.pubkey(),
            from_seed="till",
            from_owner=system,
            to_pubkey=treasury.pubkey(),
            lamports=SOL,
        )
    )
    reference = fresh()
    extra = AccountMeta(Pubkey.from_string(reference), is_signer=False, is_writable=False)
    move = Instruction(move.program_id, bytes(move.data), [*move.accounts, extra])
    raw = chain.execute(chain.versioned(payer, [make, move]), payer)
    assert raw.meta.err is None
    (only,) = parse_chain_tx(raw, watch(treasury)).transfers
    assert (only.source, only.authority) == (str(seeded), str(payer.pubkey()))
    assert (only.amount_minor, only.references) == (SOL, (reference,))


def test_inner_transfer_is_found_under_its_caller(chain: LiteChain, payer: Keypair) -> None:
    """What a program moves on somebody's behalf has the index of its caller and its place."""
    mint, owner = chain.mint(), chain.wallet(0)
    account = associated_token_address(str(owner.pubkey()), mint)
    # An account with a little money in it makes the program top it up by a System transfer.
    chain.svm.airdrop(Pubkey.from_string(account), 1_000_000)
    chain.give_tokens(payer, mint, 10)
    message = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(owner.pubkey()),
        money=Money(10, Asset.USDC),
        blockhash=chain.blockhash,
        mint=mint,
    )
    raw = chain.execute(message, payer)
    assert raw.meta.err is None
    watched = {account: WatchedAccount(account, Asset.SOL)}
    (only,) = parse_chain_tx(raw, watched).transfers
    assert only.index.startswith("0.")
    assert (only.source, only.amount_minor) == (str(payer.pubkey()), 2_039_280 - 1_000_000)


def test_inner_transfer_keeps_its_reference(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """A transfer made inside another program is credited by its own reference and amount.

    The runtime here has no program that does so, so a real answer is told the other way round:
    its transfer is moved under a caller.
    """
    reference = fresh()
    part = pay(payer, treasury, 5_000_000, reference)
    raw = chain.execute(chain.versioned(payer, [set_compute_unit_limit(9_000), part]), payer)
    message = raw.signed.message
    inner = [{"index": 0, "instructions": [message.instructions[1]]}]
    told = changed(
        raw, meta={"innerInstructions": inner}, message={"instructions": message.instructions[:1]}
    )
    assert sent(parse_chain_tx(told, watch(treasury))) == [("0.0", 5_000_000, (reference,))]


def test_failed_chain_tx_moves_only_its_fee(chain: LiteChain, treasury: Keypair) -> None:
    """A batch with one poor recipient fails as a whole: no transfers, and the fee is gone."""
    lines = [PayoutLine(new_id(), fresh(), Money(amount, Asset.SOL)) for amount in (2_000_000, 10)]
    packed = pack_payouts(
        lines, treasury=str(treasury.pubkey()), blockhash=chain.blockhash, mints={}
    )
    fact = parse_chain_tx(chain.execute(packed.message, treasury), watch(treasury))
    assert fact.err is not None
    assert "InsufficientFundsForRent" in fact.err
    assert fact.transfers == ()
    assert fact.deltas == {str(treasury.pubkey()): -5000}


def test_failed_payment_credits_nothing(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """A payment that another instruction brings down leaves the treasury as it was."""
    parts = [pay(payer, treasury, SOL, fresh()), pay(payer, fresh(), 10)]
    raw = chain.execute(chain.versioned(payer, parts), payer)
    assert raw.meta.err is not None
    fact = parse_chain_tx(raw, watch(treasury))
    assert (fact.transfers, fact.deltas) == ((), {str(treasury.pubkey()): 0})


@pytest.mark.parametrize(
    ("amount_minor", "lacks"), [(890_879, True), (890_880, False)], ids=["below", "at"]
)
def test_rent_exemption_of_a_fresh_wallet(
    chain: LiteChain, treasury: Keypair, amount_minor: int, *, lacks: bool
) -> None:
    """One lamport under the minimum brings the payout down, the minimum passes."""
    line = PayoutLine(new_id(), fresh(), Money(amount_minor, Asset.SOL))
    packed = pack_payouts(
        [line], treasury=str(treasury.pubkey()), blockhash=chain.blockhash, mints={}
    )
    fact = parse_chain_tx(chain.execute(packed.message, treasury), watch(treasury))
    assert (fact.err is not None) is lacks


def test_payouts_are_transfers_out(chain: LiteChain, treasury: Keypair) -> None:
    """Payouts come back in their order with the attempt's reference; the fee is in the delta."""
    lines = [PayoutLine(new_id(), fresh(), Money(1_000_000 + n, Asset.SOL)) for n in range(20)]
    reference = fresh()
    packed = pack_payouts(
        lines,
        treasury=str(treasury.pubkey()),
        blockhash=chain.blockhash,
        mints={},
        reference=reference,
    )
    fact = parse_chain_tx(chain.execute(packed.message, treasury), watch(treasury))
    assert [(each.destination, each.amount_minor) for each in fact.transfers] == [
        (line.recipient, line.money.amount_minor) for line in lines
    ]
    assert {each.references for each in fact.transfers} == {(reference,)}
    paid = sum(line.money.amount_minor for line in lines)
    assert fact.deltas == {str(treasury.pubkey()): -paid - 5000}


def test_transfer_of_nothing_is_left_out(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """Junk that puts a reference on a transfer of zero is no transfer."""
    raw = chain.execute(chain.versioned(payer, [pay(payer, treasury, 0, fresh())]), payer)
    fact = parse_chain_tx(raw, watch(treasury))
    assert (raw.meta.err, fact.transfers) == (None, ())


def test_credits_never_exceed_the_delta(
    chain: LiteChain, payer: Keypair, treasury: Keypair
) -> None:
    """A token that keeps a part of each transfer is believed by the balance, not by its word."""
    key = Keypair()
    rent = chain.svm.minimum_balance_for_rent_exemption(278)
    made = chain.execute(chain.versioned(payer, token_fee_mint_parts(payer, key, rent)), payer, key)
    assert made.meta.err is None
    mint = Mint(str(key.pubkey()), TOKEN_2022_PROGRAM)
    fund = Instruction(
        Pubkey.from_string(TOKEN_2022_PROGRAM),
        bytes([7]) + (10_000_000).to_bytes(8, "little"),
        [
            AccountMeta(key.pubkey(), is_signer=False, is_writable=True),
            AccountMeta(
                Pubkey.from_string(associated_token_address(str(payer.pubkey()), mint)),
                is_signer=False,
                is_writable=True,
            ),
            AccountMeta(payer.pubkey(), is_signer=True, is_writable=False),
        ],
    )
    plain = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(payer.pubkey()),
        money=Money(1, Asset.USDC),
        blockhash=chain.blockhash,
        mint=mint,
    )
    make = decompiled(plain, 0)
    assert chain.execute(chain.versioned(payer, [make, fund]), payer).meta.err is None
    message = build_payment(
        payer=str(payer.pubkey()),
        recipient=str(treasury.pubkey()),
        money=Money(1_000_000, Asset.USDC),
        blockhash=chain.blockhash,
        references=[fresh()],
        mint=mint,
    )
    raw = chain.execute(message, payer)
    assert raw.meta.err is None
    fact = parse_chain_tx(raw, watch(treasury, mint))
    account = associated_token_address(str(treasury.pubkey()), mint)
    assert fact.deltas[account] == 900_000
    assert (fact.transfers, fact.anomaly) == ((), CREDITS_EXCEED_DELTA)
    # Said openly (TransferCheckedWithFee), the fee comes off and the rest is credited.
    open_fee = decompiled(message, len(message.instructions) - 1)
    data = bytes([26, 1]) + bytes(open_fee.data)[1:] + (100_000).to_bytes(8, "little")
    part = Instruction(open_fee.program_id, data, list(open_fee.accounts))
    raw = chain.execute(chain.versioned(payer, [part]), payer)
    assert raw.meta.err is None
    fact = parse_chain_tx(raw, watch(treasury, mint))
    assert [each.amount_minor for each in fact.transfers] == [900_000]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"meta": {"postBalances": []}},
        {"meta": {"preBalances": [1]}},
        {"message": {"accountKeys": []}},
        {"message": {"instructions": [{"programIdIndex": 99, "accounts": [], "data": ""}]}},
        {"message": {"instructions": [{"programIdIndex": 0, "accounts": [-1], "data": ""}]}},
        {"message": {"instructions": [{"programIdIndex": 0, "accounts": [], "data": "0OIl"}]}},
        {"meta": {"postTokenBalances": [token_row(77, "1")]}},
        {"meta": {"postTokenBalances": [token_row(0, "-1")]}},
        {"meta": {"postTokenBalances": [token_row(0, "\u0661")]}},
    ],
)
def test_contradictions_are_no_facts(
    chain: LiteChain, payer: Keypair, treasury: Keypair, spoiled: dict[str, Any]
) -> None:
    """An answer that does not fit together is refused, never half believed."""
    message = chain.versioned(payer, [pay(payer, treasury, SOL, fresh())])
    raw = chain.execute(message, payer)
    with pytest.raises(MalformedAnswer):
        parse_chain_tx(changed(raw, **spoiled), watch(treasury))


def changed(
    raw: RawChainTx, *, meta: dict[str, Any] | None = None, message: dict[str, Any] | None = None
) -> RawChainTx:
    """The answer with some of its fields told otherwise."""
    told = msgspec.to_builtins(raw)
    told["meta"] |= msgspec.to_builtins(meta or {})
    told["transaction"]["message"] |= msgspec.to_builtins(message or {})
    return msgspec.convert(told, RawChainTx)


def decompiled(message: Any, index: int) -> Instruction:
    """An instruction of a message as it was before it was compiled."""
    compiled, keys, header = message.instructions[index], message.account_keys, message.header
    signers = header.num_required_signatures

    def meta(at: int) -> AccountMeta:
        fixed = header.num_readonly_signed_accounts
        last = (
            signers - fixed if at < signers else len(keys) - header.num_readonly_unsigned_accounts
        )
        return AccountMeta(keys[at], is_signer=at < signers, is_writable=at < last)

    accounts = [meta(at) for at in compiled.accounts]
    return Instruction(keys[compiled.program_id_index], bytes(compiled.data), accounts)


def test_memo_is_bounded_and_storable(chain: LiteChain, payer: Keypair, treasury: Keypair) -> None:
    """A memo never carries a NUL, which the database would refuse, nor more than a memo holds."""
    raw = chain.execute(
        build_payment(
            payer=str(payer.pubkey()),
            recipient=str(treasury.pubkey()),
            money=Money(SOL, Asset.SOL),
            blockhash=chain.blockhash,
            memo="a\x00b" + "c" * 500,
        ),
        payer,
    )
    memo = parse_chain_tx(raw, watch(treasury)).memo
    assert memo is not None
    assert memo.startswith("a\ufffdb")
    assert base58.b58decode(raw.signed.message.instructions[0].data)[:3] == b"a\x00b"
