"""Disputes on the real database: who may look, what is handed in, and what the chain does to it."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from earnest.escrow import ActName, ActTooLate, FigureNotPossible, events
from earnest.files import FileNotFound
from earnest.kit.ids import new_id
from earnest.kit.settings import Settings
from earnest.projects.disputes import service as service_disputes
from earnest.projects.disputes import store as store_disputes
from earnest.projects.disputes.errors import (
    DisputeClosed,
    DisputeUnknown,
    EvidenceEmpty,
    EvidenceNotYours,
    EvidenceTooLate,
    NotAnArbiter,
    TooMuchEvidence,
)
from earnest.projects.disputes.rules import (
    EVIDENCE_BYTES_MAX,
    EVIDENCE_MAX,
    DisputeId,
    DisputeState,
    rulings_of,
    tally_of,
)
from earnest.projects.disputes.rules_dossier import Side, hash_item
from earnest.projects.disputes.service import Case, item_of
from earnest.projects.disputes.store import Evidence
from earnest.projects.errors import CreationNotFinal
from tests.conftest import Databases
from tests.dispute_scene import AMOUNTS, DisputeScene
from tests.escrow_market import CONTRACT, EscrowMarket, Party


@pytest.fixture
async def scene(market: EscrowMarket) -> DisputeScene:
    """A funded project whose second milestone is disputed, not finally yet."""
    made = await DisputeScene.open(market)
    await made.fund()
    await made.file()
    return made


async def case_of(scene: DisputeScene, party: Party) -> Case:
    """The dispute as somebody sees it."""
    api = await scene.market.role("api")
    async with api.connection() as db:
        return await service_disputes.open_case(db, party.account, party.address, scene.id)


async def add(
    scene: DisputeScene, party: Party, text: str = "It is so.", files: list[UUID] | None = None
) -> Evidence:
    """Somebody hands something in."""
    api = await scene.market.role("api")
    scene.market.later(seconds=1)
    async with api.db_tx() as db_tx:
        return await service_disputes.add_evidence(
            db_tx,
            party.account,
            party.address,
            scene.id,
            text=text,
            file_ids=files or [],
            now=scene.market.now,
        )


async def evidence(scene: DisputeScene, party: Party) -> list[Evidence]:
    """All evidence, as somebody sees it."""
    case = await case_of(scene, party)
    api = await scene.market.role("api")
    async with api.connection() as db:
        return await service_disputes.evidence_of(db, case)


# -- who may look ----------------------------------------------------------------------------------


async def test_both_sides_and_the_contracts_arbiters_see_it_and_nobody_else(
    scene: DisputeScene,
) -> None:
    """The two sides and the wallets of the project's own set; not a stranger, not one who proposed,
    and not an operator: to them it is not there."""
    client, freelancer = await case_of(scene, scene.client), await case_of(scene, scene.freelancer)
    assert (client.side, client.arbiter) == (Side.CLIENT, None)
    assert (freelancer.side, freelancer.arbiter) == (Side.FREELANCER, None)
    for arbiter in scene.arbiters:
        case = await case_of(scene, arbiter)
        assert (case.side, case.arbiter) == (None, arbiter.address)
    with pytest.raises(DisputeUnknown):
        await case_of(scene, await scene.market.party())
    for text in ("", "x", f"{scene.id}0", f"{scene.deal.project_id}-5", str(scene.id).upper()):
        with pytest.raises(DisputeUnknown):
            DisputeId.parse(text)
    for id in (DisputeId(scene.deal.project_id, 1), DisputeId(new_id(), 2)):
        api = await scene.market.role("api")
        async with api.connection() as db:
            with pytest.raises(DisputeUnknown):
                await service_disputes.open_case(db, scene.client.account, "", id)


async def test_a_party_has_no_vote_even_as_an_arbiter(market: EscrowMarket) -> None:
    """A set that names the client leaves it without a vote in its own project; another wallet of
    its account that the set names has one, as the contract has it."""
    scene = await DisputeScene.open(market, arbiters=1, threshold=1)
    await scene.fund()
    await scene.file()
    assert (await case_of(scene, scene.client)).arbiter is None
    second = await market.party(scene.arbiters[0].account)
    assert (await case_of(scene, second)).arbiter == scene.arbiters[0].address


async def test_a_dispute_is_there_as_long_as_the_chain_shows_it(scene: DisputeScene) -> None:
    """A reorg that takes the dispute back takes it away for everybody; what was handed in is there
    again when it comes back. Final is told apart from seen."""
    await add(scene, scene.client)
    assert (await case_of(scene, scene.client)).final_state is None
    await scene.take_back(1)
    with pytest.raises(DisputeUnknown):
        await case_of(scene, scene.client)
    await scene.file()
    assert len(await evidence(scene, scene.client)) == 1
    await scene.make_final()
    case = await case_of(scene, scene.client)
    assert (case.state, case.final_state) == (DisputeState.OPEN, DisputeState.OPEN)
    await scene.rule(6_000)
    case = await case_of(scene, scene.client)
    assert (case.state, case.final_state) == (DisputeState.CLOSED, DisputeState.OPEN)
    await scene.make_final()
    assert (await case_of(scene, scene.client)).final_state is DisputeState.CLOSED


# -- what is handed in -----------------------------------------------------------------------------


async def test_both_sides_hand_in_and_everybody_concerned_reads_all(scene: DisputeScene) -> None:
    """Texts and files, numbered for each side, each with the hash of all of it; the other side is
    told; the arbiter reads both. Markup is kept as the text that it is."""
    files = await scene.files(scene.client, 2)
    first = await add(scene, scene.client, "<script>alert(1)</script> \u202e", files)
    second = await add(scene, scene.freelancer, "It was delivered.")
    third = await add(scene, scene.client, "", await scene.files(scene.client, 1))
    found = await evidence(scene, scene.arbiters[0])
    assert found == [first, second, third]
    assert [(each.side, each.number) for each in found] == [
        (Side.CLIENT, 1), (Side.FREELANCER, 1), (Side.CLIENT, 2),
    ]  # fmt: skip
    assert [len(each.files) for each in found] == [2, 0, 1]
    for each in found:
        assert hash_item(item_of(scene.id, each)) == each.sha256.hex()
    assert await scene.told(scene.freelancer) == ["dispute_filed", *["evidence_added"] * 2]
    assert await scene.told(scene.client) == ["dispute_filed", "evidence_added"]
    assert await scene.told(scene.arbiters[0]) == ["dispute_to_rule", *["evidence_to_read"] * 3]


async def test_what_is_refused(scene: DisputeScene) -> None:
    """Nothing at all, others' files, an arbiter's own evidence, a stranger's."""
    with pytest.raises(EvidenceEmpty):
        await add(scene, scene.client, "  \n ")
    with pytest.raises(FileNotFound):
        await add(scene, scene.client, "x", await scene.files(scene.freelancer, 1))
    with pytest.raises(EvidenceNotYours):
        await add(scene, scene.arbiters[0])
    with pytest.raises(DisputeUnknown):
        await add(scene, await scene.market.party())
    assert await evidence(scene, scene.client) == []


async def test_the_time_for_evidence_ends_with_the_arbiters_time(scene: DisputeScene) -> None:
    """At the height before the default it is taken, at the default's height not; and not once the
    dispute is closed, provisionally or not."""
    case = await case_of(scene, scene.client)
    await scene.pass_blocks(case.dispute.default_from - 1 - scene.burn_height)
    await add(scene, scene.client, "Just in time.")
    await scene.pass_blocks(1)
    with pytest.raises(EvidenceTooLate, match=str(case.dispute.default_from)):
        await add(scene, scene.client, "Too late.")
    await scene.rule(5_000, how="defaulted")
    with pytest.raises(DisputeClosed):
        await add(scene, scene.freelancer)
    assert len(await evidence(scene, scene.freelancer)) == 1


async def test_a_side_has_a_bound_that_the_other_cannot_use_up(scene: DisputeScene) -> None:
    """Pieces and bytes are counted for each side, with many at once too."""
    owner = await scene.market.role("owner")
    big = (await scene.files(scene.freelancer, 1))[0]
    await owner.execute("UPDATE files SET size_bytes = $2 WHERE id = $1", big, EVIDENCE_BYTES_MAX)
    await add(scene, scene.freelancer, "All that is taken.", [big])
    with pytest.raises(TooMuchEvidence):
        await add(scene, scene.freelancer, "One byte more.", await scene.files(scene.freelancer, 1))
    await add(scene, scene.freelancer, "Words still.")
    await asyncio.gather(*(add(scene, scene.client, f"{n}") for n in range(EVIDENCE_MAX - 2)))
    outcomes = await asyncio.gather(
        *(add(scene, scene.client, f"more {n}") for n in range(4)), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, TooMuchEvidence)]
    assert len(refused) == 2
    mine = [e.number for e in await evidence(scene, scene.client) if e.side is Side.CLIENT]
    assert sorted(mine) == list(range(1, EVIDENCE_MAX + 1))


async def test_a_set_that_was_taken_back_gives_no_sight_of_it(market: EscrowMarket) -> None:
    """What arbiters may see is asked of the project's own set each time: a wallet of another set
    sees nothing, whatever its number."""
    scene = await DisputeScene.open(market)
    other = await market.party()
    await scene.tell(
        events.ArbiterSetProposed,
        scene.arbiters[0].address,
        set_id=2,
        members=(other.address,),
        threshold=1,
        active_from=5_000,
    )
    await scene.fund()
    await scene.file()
    with pytest.raises(DisputeUnknown):
        await case_of(scene, other)
    assert await listed(scene, other) == []


async def test_what_was_handed_in_is_never_changed(databases: Databases) -> None:
    """The database refuses it, even to the owner of the tables."""
    owner = await databases.role("owner")
    for statement in (
        "UPDATE evidence SET text = 'x'",
        "DELETE FROM evidence",
        "TRUNCATE evidence CASCADE",
        "UPDATE evidence_files SET name = 'x'",
        "DELETE FROM evidence_files",
        "UPDATE dossiers SET interim = true",
        "DELETE FROM dossiers",
        "UPDATE reviews SET rating = 5",
        "DELETE FROM reviews",
        "DELETE FROM attestation_keys",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await owner.execute(statement)


async def test_each_role_writes_its_own_part(databases: Databases) -> None:
    """Evidence and reviews come through the API, dossiers and keys from the worker alone."""
    for role, statement in (
        ("worker", "INSERT INTO evidence (id) VALUES (gen_random_uuid())"),
        ("indexer", "INSERT INTO evidence (id) VALUES (gen_random_uuid())"),
        ("api", "INSERT INTO dossiers (id) VALUES (gen_random_uuid())"),
        ("api", "INSERT INTO attestation_keys (public_key) VALUES ('x')"),
        ("worker", "INSERT INTO reviews (rating) VALUES (5)"),
        ("signer_ro", "SELECT * FROM evidence"),
    ):
        database = await databases.role(role)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute(statement)


# -- arbiters --------------------------------------------------------------------------------------


async def listed(
    scene: DisputeScene, party: Party, state: DisputeState = DisputeState.OPEN, **more: Any
) -> list[DisputeId]:
    """What an arbiter's list holds."""
    api = await scene.market.role("api")
    async with api.connection() as db:
        found = await service_disputes.list_for_arbiter(
            db, party.account, CONTRACT, state=state, **{"after": None, "limit": 10} | more
        )
    return [DisputeId(each.project_id, each.milestone_num) for each in found]


async def test_an_arbiter_lists_what_it_rules_on(scene: DisputeScene) -> None:
    """Open and closed ones, in pages; a wallet that is in no set is told so; a side sees none."""
    arbiter = scene.arbiters[0]
    assert await listed(scene, arbiter) == [scene.id]
    await scene.file(num=3, by=scene.client)
    third = DisputeId(scene.deal.project_id, 3)
    assert await listed(scene, arbiter) == [third, scene.id]
    first = await listed(scene, arbiter, limit=1)
    api = await scene.market.role("api")
    async with api.connection() as db:
        found = (
            await store_disputes.list_disputes(
                db, CONTRACT, [arbiter.address], state=DisputeState.OPEN, after=None, limit=1
            )
        )[0]
    after = (found.filed_at, found.project_id, found.milestone_num)
    assert first + await listed(scene, arbiter, after=after, limit=1) == [third, scene.id]
    await scene.rule(6_000)
    assert await listed(scene, arbiter) == [third]
    assert await listed(scene, arbiter, DisputeState.CLOSED) == [scene.id]
    with pytest.raises(NotAnArbiter):
        await listed(scene, await scene.market.party())
    with pytest.raises(NotAnArbiter):
        await listed(scene, scene.client)


async def test_rulings_are_any_division_by_a_set_with_a_threshold(scene: DisputeScene) -> None:
    """Hole of an ancestor: rulings were all or nothing, by one owner key. Here a call can be
    prepared for any part, for each arbiter's own wallet; one vote alone decides nothing; the
    contract's owner has none."""
    first, second = scene.arbiters
    api = await scene.market.role("api")
    case = await case_of(scene, first)
    async with api.connection() as db:
        for bps in (0, 1, 3_333, 6_000, 9_999, 10_000):
            call = await service_disputes.prepare_ruling(db, Settings(), case, ActName.VOTE, bps)
            assert call.function_name == "vote-dispute-stx"
            assert [each.repr for each in call.function_args] == ["u1", "u2", f"u{bps}"]
            assert call.sender == first.address
            assert call.post_condition_mode == "deny"
        older = await service_disputes.prepare_ruling(db, Settings(), case, ActName.RESOLVE, 10_000)
        assert older.function_name == "admin-resolve-dispute-stx"
        with pytest.raises(FigureNotPossible):
            await service_disputes.prepare_ruling(db, Settings(), case, ActName.RESOLVE, 6_000)
    await scene.vote(first, 6_000)
    case = await case_of(scene, second)
    assert case.state is DisputeState.OPEN
    assert tally_of(case.funding.live, 2, case.voters) == {6_000: 1}
    shown = {each.bps: each.parts for each in rulings_of(case.funding.live, case.dispute)}
    assert set(shown) == {0, 2_500, 5_000, 6_000, 7_500, 10_000}
    assert shown[6_000].gross_minor == AMOUNTS[1] * 6 // 10
    assert shown[6_000].gross_minor + shown[6_000].refund_minor == AMOUNTS[1]
    assert await scene.told(scene.client) == ["dispute_filed", "arbiter_voted"]
    owner = Party(new_id(), "")
    with pytest.raises(DisputeUnknown):
        await case_of(scene, owner)


async def test_no_ruling_is_prepared_for_what_is_not_final_or_over(market: EscrowMarket) -> None:
    """While the escrow's number could move, and from the height of the default on."""
    scene = await DisputeScene.open(market)
    await scene.fund(is_final=False)
    await scene.file()
    api = await market.role("api")
    case = await case_of(scene, scene.arbiters[0])
    async with api.connection() as db:
        with pytest.raises(CreationNotFinal):
            await service_disputes.prepare_ruling(db, Settings(), case, ActName.VOTE, 5_000)
    await scene.make_final()
    await scene.pass_blocks(5_000)
    case = await case_of(scene, scene.arbiters[0])
    async with api.connection() as db:
        with pytest.raises(ActTooLate):
            await service_disputes.prepare_ruling(db, Settings(), case, ActName.VOTE, 5_000)


async def test_the_timeline_is_the_chains_own_order(scene: DisputeScene) -> None:
    """Events of the milestone and of the project, provisional and final apart, none that was taken
    back; not those of other milestones."""
    await scene.make_final()
    await scene.complete(1)
    await scene.vote(scene.arbiters[0], 1_000)
    await scene.take_back(1)
    await scene.vote(scene.arbiters[1], 6_000)
    api = await scene.market.role("api")
    async with api.connection() as db:
        found = await service_disputes.timeline_of(db, await case_of(scene, scene.client))
    assert [(each.name, each.state.value) for each in found] == [
        ("project-created", "final"),
        ("dispute-filed", "final"),
        ("vote-cast", "observed"),
    ]
    assert (found[-1].data or {})["bps"] == 6_000


async def test_a_step_is_told_once_seen_or_final_and_again_when_it_came_back(
    scene: DisputeScene,
) -> None:
    """The same block is told once, seen and final; the act in another block is another fact."""
    await scene.take_back(1)
    await scene.pass_blocks(1)
    await scene.file()
    await scene.make_final()
    assert await scene.told(scene.client) == ["dispute_filed"] * 2
    assert await scene.told(scene.arbiters[0]) == ["dispute_to_rule"] * 2


async def test_what_is_final_at_once_is_told_as_well(market: EscrowMarket) -> None:
    """During a backfill nothing is seen before it is final."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.file(is_final=True)
    assert await scene.told(scene.freelancer) == ["dispute_filed"]
    assert await scene.told(scene.arbiters[1]) == ["dispute_to_rule"]
