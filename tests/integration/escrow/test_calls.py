"""Every prepared call, signed by stacks.js and mined: it does what it says, and an amount that is
one unit beside what its post-condition states undoes it."""

from pathlib import Path

import msgspec
import pytest

from earnest.chains.stacks.clarity import Bool, Principal, UInt
from earnest.chains.stacks.post_conditions import decode_post_condition, encode_post_condition
from earnest.escrow import (
    ActName,
    ActNotPossible,
    ActNotYours,
    ActTooEarly,
    ActTooLate,
    Creation,
    FigureNotPossible,
    PreparedCall,
    Terms,
    Token,
    prepare_call,
    prepare_creation,
    prepare_credit_withdrawal,
    prepare_fee_sweep,
)
from earnest.escrow.calls import contract as owner_calls
from tests.integration.escrow.escrow_world import SBTC, EscrowWorld

FEE_BPS = 250
AMOUNTS = (100_003, 50_000, 70_007)
PLAIN_TOKEN = Path(__file__).parents[3] / "contracts/test/tokens/plain-token.clar"
ABORTED = "abort_by_post_condition"


def beside(call: PreparedCall, *, above: bool) -> list[PreparedCall]:
    """The same call with the amount that it states one unit less, and `above` one more, too."""
    found = []
    for stated in call.post_conditions:
        condition = decode_post_condition(bytes.fromhex(stated.hex))
        for by in (-1, 1) if above and stated.condition == "eq" else (-1,):
            other = msgspec.structs.replace(condition, amount_minor=condition.amount_minor + by)
            changed = msgspec.structs.replace(stated, hex=encode_post_condition(other).hex())
            found.append(msgspec.structs.replace(call, post_conditions=[changed]))
    return found


class Play:
    """Prepares calls in one token, tries them one unit beside, then carries them out."""

    def __init__(self, world: EscrowWorld, token: Token | None) -> None:
        self.world = world
        self.token = token
        self.done: list[str] = []

    async def carry_out(self, call: PreparedCall) -> None:
        """The call succeeds. One unit beside what it states it does not, the first of its kind."""
        if call.function_name not in self.done:
            # In one token above and below; each that is undone costs a replay of the chain.
            for other in beside(call, above=self.token is None):
                assert await self.world.do(other) == ABORTED, other
        tx_id = await self.world.send(call)
        assert await self.world.status(tx_id) == "success", call
        self.done.append(call.function_name)

    async def create(self, *, terms: bool = False, accepted: bool = False) -> int:
        """A project of three milestones; its number."""
        world, height = self.world, await self.world.burn_height()
        count = await world.project_count()
        creation = Creation(
            contract=world.contract,
            client=world.address("client"),
            freelancer=world.address("freelancer"),
            amounts_minor=AMOUNTS,
            token=self.token,
            terms=None
            if not terms
            else Terms(
                reference=(count + 1).to_bytes(32, "big"),
                deadlines=(height + 144 + 2, height + 144 + 20, height + 52_560),
                silent_bps=3_000,
                expected_set=2,
                expected_fee_bps=FEE_BPS,
            ),
        )
        call = prepare_creation(creation, burn_height=height)
        await self.carry_out(call)
        number = await world.project_count()
        assert number == count + 1
        if accepted:
            await self.act(number, ActName.ACCEPT, "freelancer")
        return number

    async def prepare(
        self, number: int, name: ActName, who: str, num: int | None = None, bps: int | None = None
    ) -> PreparedCall:
        """A call as it would be shown now."""
        return prepare_call(
            self.world.contract,
            await self.world.state(number),
            name,
            sender=self.world.address(who),
            burn_height=await self.world.burn_height(),
            token=self.token,
            milestone_num=num,
            bps=bps,
        )

    async def act(
        self, number: int, name: ActName, who: str, num: int | None = None, bps: int | None = None
    ) -> PreparedCall:
        """Prepares and carries out."""
        call = await self.prepare(number, name, who, num, bps)
        await self.carry_out(call)
        return call

    async def vote_first(self, number: int, name: ActName, num: int, bps: int) -> None:
        """A vote that decides nothing moves nothing, whatever it may move at most."""
        call = await self.prepare(number, name, "arbiter-1", num, bps)
        owed = await self.world.owed_minor(self.token)
        assert await self.world.do(call) == "success"
        assert await self.world.owed_minor(self.token) == owed


async def put_terms_in_force(world: EscrowWorld) -> None:
    """A fee of 2.5 % and two arbiters who must agree, announced and a week later in force."""
    owner = world.address("owner")
    arbiters = [world.address(name) for name in ("arbiter-1", "arbiter-2")]
    contract = world.contract
    stranger = world.address("stranger")
    for call in (
        owner_calls.prepare_treasury_change(
            contract, owner=owner, treasury=world.address("treasury")
        ),
        owner_calls.prepare_pause(contract, owner=owner, stop=True),
        owner_calls.prepare_pause(contract, owner=owner, stop=False),
        owner_calls.prepare_token_listing(contract, owner=owner, token=SBTC, allowed=True),
        owner_calls.prepare_fee(contract, owner=owner, fee_bps=FEE_BPS),
        owner_calls.prepare_arbiter_set(contract, owner=owner, members=arbiters, threshold=2),
        owner_calls.prepare_owner_change(contract, owner=owner, new_owner=stranger),
    ):
        assert await world.do(call) == "success", call
    await world.node.mine(burn=1_008)
    for call in (
        owner_calls.prepare_fee_activation(contract, sender=stranger),
        owner_calls.prepare_arbiter_set_activation(contract, sender=stranger),
        owner_calls.prepare_ownership_acceptance(contract, new_owner=stranger),
        owner_calls.prepare_owner_change(contract, owner=stranger, new_owner=owner),
        owner_calls.prepare_ownership_acceptance(contract, new_owner=owner),
    ):
        assert await world.do(call) == "success", call


async def play_all(play: Play) -> None:
    """Each act of the table at least once, in an order in which each is possible."""
    world, act = play.world, play.act
    first = await play.create()
    cancel = await play.prepare(first, ActName.CANCEL, "client")
    assert await world.do(msgspec.structs.replace(cancel, post_conditions=[])) == ABORTED
    await play.carry_out(cancel)
    second = await play.create()
    await act(second, ActName.ACCEPT, "freelancer")
    await act(second, ActName.COMPLETE, "freelancer", 1)
    await act(second, ActName.RELEASE, "client", 1)
    await act(second, ActName.COMPLETE, "freelancer", 2)
    await act(second, ActName.CONCEDE, "freelancer", 2)
    await act(second, ActName.DECLINE, "freelancer")
    third = await play.create(terms=True, accepted=True)
    await act(third, ActName.OFFER, "client", 1, 7_000)
    await act(third, ActName.SETTLE, "freelancer", 1, 7_000)
    await act(third, ActName.DISPUTE, "freelancer", 2)
    await play.vote_first(third, ActName.VOTE, 2, 6_000)
    await act(third, ActName.VOTE, "arbiter-2", 2, 6_000)
    await act(third, ActName.DISPUTE, "client", 3)
    await play.vote_first(third, ActName.RESOLVE, 3, 10_000)
    await act(third, ActName.RESOLVE, "arbiter-2", 3, 10_000)
    fourth = await play.create(terms=True, accepted=True)
    await act(fourth, ActName.DISPUTE, "client", 3)
    await act(fourth, ActName.COMPLETE, "freelancer", 2)
    # With a bond in it: a disputed milestone can be released, conceded and settled, too.
    fifth = await play.create(accepted=True)
    for num in (1, 2, 3):
        await act(fifth, ActName.DISPUTE, "client" if num == 1 else "freelancer", num)
    await act(fifth, ActName.RELEASE, "client", 1)
    await act(fifth, ActName.CONCEDE, "freelancer", 2)
    await act(fifth, ActName.OFFER, "freelancer", 3, 0)
    await act(fifth, ActName.SETTLE, "client", 3, 0)
    await world.mine_to_burn((await world.state(fourth)).milestones[0].deadline)
    await act(fourth, ActName.RECLAIM, "client", 1)
    claim_from = (await world.state(fourth)).milestones[1].claim_from
    await world.mine_to_burn(claim_from or 0)
    await act(fourth, ActName.CLAIM, "stranger", 2)
    await world.mine_to_burn((await world.state(fourth)).disputes[0].default_from)
    await act(fourth, ActName.DEFAULT, "stranger", 3)
    await play.carry_out(
        prepare_fee_sweep(
            world.contract,
            sender=world.address("stranger"),
            collected_minor=await world.collected_minor(play.token),
            token=play.token,
        )
    )
    assert await world.owed_minor(play.token) == 0, "every project ended, and all of it was paid"


async def test_every_call_moves_what_it_says_and_one_unit_beside_nothing(
    escrow_world: EscrowWorld,
) -> None:
    """Every call of the table of post-conditions, in STX and in sBTC: stacks.js signs it as it is
    prepared and it is mined; with an amount one unit less or more the chain undoes it, so the
    amounts are exact. With none stated it is undone, too. At the end nothing is owed."""
    await put_terms_in_force(escrow_world)
    for token, suffix in ((None, "stx"), (SBTC, "sbtc")):
        play = Play(escrow_world, token)
        await play_all(play)
        assert set(play.done) == {
            f"create-project-{suffix}",
            f"create-project-terms-{suffix}",
            "accept-project",
            "complete-milestone",
            "offer-settlement",
            "file-dispute" if token is None else "file-dispute-sbtc",
            *(
                f"{name}-{suffix}"
                for name in (
                    "cancel-project",
                    "decline-project",
                    "release-milestone",
                    "concede-milestone",
                    "reclaim-milestone",
                    "claim-milestone",
                    "accept-settlement",
                    "vote-dispute",
                    "admin-resolve-dispute",
                    "default-dispute",
                    "sweep-fees",
                )
            ),
        }


async def test_what_a_token_refuses_stays_and_is_paid_later(escrow_world: EscrowWorld) -> None:
    """For a token that may refuse, payouts state `at most`: the release goes through although the
    freelancer cannot be paid, and withdrawing the credit later states the credit."""
    world, owner = escrow_world, escrow_world.people["owner"]
    contract, _ = await owner.deploy(
        "plain-token", PLAIN_TOKEN.read_text(), world.node.api_url, fee_micro_stx=100_000
    )
    await world.node.mine()
    coin = Token(contract, "coin")
    listing = owner_calls.prepare_token_listing(
        world.contract, owner=owner.address, token=coin, allowed=True
    )
    assert await world.do(listing) == "success"
    client, freelancer = world.address("client"), world.address("freelancer")
    minted = await world.call(contract, "mint", UInt(1_000_000), Principal.parse(client))
    assert minted == "success"
    play = Play(world, coin)
    number = await play.create()
    await play.act(number, ActName.COMPLETE, "freelancer", 1)

    async def set_refusal(*, refuses: bool) -> None:
        whom = Principal.parse(freelancer)
        assert await world.call(contract, "refuse", whom, Bool(refuses)) == "success"

    await set_refusal(refuses=True)
    call = await play.prepare(number, ActName.RELEASE, "client", 1)
    assert [each.condition for each in call.post_conditions] == ["lte"]
    assert await world.do(call) == "success"
    credit = await world.credit_minor(freelancer, coin)
    assert credit > 0
    withdrawal = prepare_credit_withdrawal(
        world.contract, sender=client, who=freelancer, credit_minor=credit, token=coin
    )
    assert await world.do(withdrawal) == "abort_by_response", "it is refused still"
    await set_refusal(refuses=False)
    await play.carry_out(withdrawal)
    assert await world.credit_minor(freelancer, coin) == 0


async def test_nothing_is_prepared_that_the_contract_would_refuse(
    escrow_world: EscrowWorld,
) -> None:
    """The wrong person, a block too early, a block too late, a figure that is not right: each is
    told apart before any wallet is asked."""
    world = escrow_world
    play = Play(world, None)
    number = await play.create(accepted=True)
    with pytest.raises(ActNotPossible, match="was accepted"):
        await play.prepare(number, ActName.CANCEL, "client")
    with pytest.raises(ActNotYours, match="Only the freelancer"):
        await play.prepare(number, ActName.COMPLETE, "client", 1)
    with pytest.raises(ActTooEarly) as early:
        await play.prepare(number, ActName.RECLAIM, "client", 1)
    assert early.value.facts["from_height"] == (await world.state(number)).milestones[0].deadline
    with pytest.raises(ActNotPossible, match="milestone 1 is locked"):
        await play.prepare(number, ActName.RELEASE, "client", 1)
    with pytest.raises(ActNotPossible, match="no milestone 4"):
        await play.prepare(number, ActName.COMPLETE, "freelancer", 4)
    with pytest.raises(ActNotPossible, match="no offer stands"):
        await play.prepare(number, ActName.SETTLE, "client", 1, 5_000)
    with pytest.raises(FigureNotPossible, match="which milestone"):
        await play.prepare(number, ActName.COMPLETE, "freelancer")
    with pytest.raises(FigureNotPossible, match="0 to 10,000"):
        await play.prepare(number, ActName.OFFER, "client", 1, 10_001)
    await play.act(number, ActName.OFFER, "client", 1, 7_000)
    with pytest.raises(FigureNotPossible, match="names 7000"):
        await play.prepare(number, ActName.SETTLE, "freelancer", 1, 6_999)
    await play.act(number, ActName.COMPLETE, "freelancer", 1)
    await world.mine_to_burn((await world.state(number)).milestones[0].claim_from or 0)
    with pytest.raises(ActTooLate, match="You could dispute"):
        await play.prepare(number, ActName.DISPUTE, "client", 1)
    with pytest.raises(ValueError, match="STX"):
        prepare_call(
            world.contract,
            await world.state(number),
            ActName.RELEASE,
            sender=world.address("client"),
            burn_height=1,
            token=SBTC,
            milestone_num=1,
        )
