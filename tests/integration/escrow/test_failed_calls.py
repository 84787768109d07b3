"""Calls that somebody named and of which nothing came: found out on a real chain, and told once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from earnest.escrow import Creation, EscrowEvent, TxState, Verification, prepare_creation
from earnest.kit.settings import Settings
from earnest.projects import look_after_calls
from earnest.projects.funding import service as service_funding
from earnest.projects.funding.jobs import HINT_LOOK_AGE, failure_of
from earnest.projects.rules import MilestoneTerms
from earnest.projects.rules_chain import CallFailure, ChainAct, FundingState
from tests.conftest import Databases
from tests.escrow_market import EscrowMarket, Party, tx_id
from tests.integration.escrow.followed import FINALITY, Followed

# Five times what the wallet holds.
TOO_MUCH_MINOR = 5_000_000_000


class FailedCalls:
    """A project that is agreed on between two wallets of the chain, and the job that looks."""

    def __init__(self, followed: Followed, databases: Databases) -> None:
        self.followed = followed
        self.settings = Settings(
            stacks_contract=followed.contract, stacks_finality_burn_blocks=FINALITY
        )
        self.market = EscrowMarket(databases, self.settings)

    async def agree(self) -> tuple[Party, Party]:
        """Client and freelancer; `project_id` is theirs from here on."""
        market, world = self.market, self.followed.world
        client = await market.party(wallet=world.address("client"))
        freelancer = await market.party(wallet=world.address("freelancer"))
        project = await market.post(
            client, milestones=[MilestoneTerms("All of it", "", TOO_MUCH_MINOR, 9)]
        )
        await market.accept(client, await market.propose(project, freelancer))
        self.project_id = project.id
        return client, freelancer

    async def send_creation(self) -> str:
        """Signs a creation that the wallet cannot pay; its chain_tx. Nothing is mined."""
        world = self.followed.world
        call = prepare_creation(
            Creation(
                contract=world.contract,
                client=world.address("client"),
                freelancer=world.address("freelancer"),
                amounts_minor=(TOO_MUCH_MINOR,),
            ),
            burn_height=await world.burn_height(),
        )
        sent = {
            "contract": call.contract,
            "functionName": call.function_name,
            "functionArgs": [each.hex for each in call.function_args],
        }
        return await world.people["client"].send_call(sent, world.node.api_url, fee_micro_stx=1_000)

    async def name(self, client: Party, tx: str) -> None:
        """The client says that this funds the project."""
        api = await self.market.role("api")
        async with api.db_tx() as db_tx:
            await service_funding.hint_funding(
                db_tx,
                self.followed.contract,
                client.account,
                self.project_id,
                tx,
                self.market.now,
            )

    async def look(self) -> int:
        """One round of the job, after a while."""
        self.market.later(seconds=HINT_LOOK_AGE.total_seconds() + 1)
        return await look_after_calls(
            self.followed.worker, self.followed.reader, self.settings, self.market.now
        )

    async def seen_by(self, who: Party) -> tuple[FundingState, list[str], list[CallFailure | None]]:
        """How far the money is, what is awaited, and why what failed did."""
        view = await self.market.view(self.project_id, who)
        awaited = [each.tx_id for each in view.hints]
        return view.funding_state, awaited, [each.failure for each in view.failed]


@pytest.fixture
def calls(followed: Followed, databases: Databases) -> FailedCalls:
    """The chain, and a market in the same database."""
    return FailedCalls(followed, databases)


async def test_a_call_that_the_chain_undid_is_told_once(calls: FailedCalls) -> None:
    """A creation that the wallet cannot pay is awaited while it waits for a block; once it is in
    one, undone, nothing is awaited any more, both sides see why, and the client alone is told, one
    time. The same call named again stays failed; another one takes its place."""
    client, freelancer = await calls.agree()
    tx = await calls.send_creation()
    await calls.name(client, tx)
    assert await calls.look() == 0, "it waits for a block"
    assert await calls.seen_by(client) == (FundingState.WAITING, [tx], [])
    await calls.followed.world.node.mine()
    assert await calls.followed.world.status(tx) == "abort_by_response"
    assert [await calls.look(), await calls.look()] == [1, 0]
    for side in (client, freelancer):
        assert await calls.seen_by(side) == (FundingState.NONE, [], [CallFailure.REFUSED])
    assert (await calls.market.told(client.account)).count("call_failed") == 1
    assert "call_failed" not in await calls.market.told(freelancer.account)
    await calls.name(client, tx)
    assert await calls.seen_by(client) == (FundingState.NONE, [], [CallFailure.REFUSED])
    anew = tx_id()
    await calls.name(client, anew)
    assert await calls.seen_by(client) == (FundingState.WAITING, [anew], [])
    stranger = await calls.market.party()
    assert (await calls.market.view(calls.project_id, stranger)).failed == []


async def test_a_payment_that_is_no_call_fails_once_the_log_has_passed_it(
    calls: FailedCalls,
) -> None:
    """Somebody names a plain transfer: it is awaited until our own log has read its block and has
    nothing of it. A call that no server knows of is awaited on, and not asked for all the time."""
    client, _ = await calls.agree()
    world, followed = calls.followed.world, calls.followed
    sent = await world.people["client"].send_stx(
        world.address("stranger"), 10, world.node.api_url, fee_micro_stx=500
    )
    nobodys = tx_id()
    await calls.name(client, sent)
    calls.market.later(microseconds=1)
    await calls.name(client, nobodys)
    await world.node.mine()
    assert await calls.look() == 0, "the log has not come there"
    await followed.catch_up()
    calls.market.later(seconds=-HINT_LOOK_AGE.total_seconds())
    assert await calls.look() == 0, "they were asked for a moment ago"
    assert await calls.look() == 1
    # The one that is awaited is of the same act, and later: it stands for both.
    assert await calls.seen_by(client) == (FundingState.WAITING, [nobodys], [])
    assert (await calls.market.told(client.account)).count("call_failed") == 1
    view = await calls.market.view(calls.project_id, client)
    assert [each.act for each in view.hints] == [ChainAct.CREATE]
    calls.market.later(seconds=timedelta(hours=24).total_seconds())
    assert await calls.seen_by(client) == (FundingState.NONE, [], [])


@pytest.mark.parametrize(
    ("state", "reason", "indexed", "failure"),
    [
        (TxState.FAILED, "abort_by_response", False, CallFailure.REFUSED),
        (TxState.FAILED, "abort_by_post_condition", False, CallFailure.OTHER_SUM),
        (TxState.DROPPED, "dropped_replace_by_fee", False, CallFailure.DROPPED),
        (TxState.CONFIRMED, None, True, CallFailure.OTHER_CALL),
        (TxState.CONFIRMED, None, False, None),
        (TxState.PENDING, None, False, None),
        (TxState.ABSENT, None, False, None),
        (TxState.UNKNOWN, "the servers do not agree", False, None),
    ],
)
def test_only_what_is_certain_is_a_failure(
    state: TxState,
    reason: str | None,
    indexed: bool,  # noqa: FBT001 - one of the cases above
    failure: CallFailure | None,
) -> None:
    """What is absent or unknown may still come; what our log has of it did come."""
    events: Sequence[EscrowEvent] = ()
    found = Verification(state=state, reason=reason, indexed=indexed, events=events)
    assert failure_of(found) is failure
