"""The projector on a real PostgreSQL, over a log that was written as the follower writes it."""

import asyncio
import sys
import time
from copy import deepcopy
from random import Random

from earnest import escrow
from earnest.chains.stacks import clarity
from earnest.escrow import MilestoneStatus, Projector, ProjectStatus, View
from earnest.escrow.projection.fold import State
from tests.conftest import Databases
from tests.escrow_contract import CONTRACT, Script, address, print_of, wander
from tests.escrow_log import StacksLog, entry
from tests.escrow_walk import fold
from tests.integration.escrow.scene import Scene


async def test_final_events_alone_fill_both_views(scene: Scene, stacks_log: StacksLog) -> None:
    """A backfill of what is final: live and final are the same, and each event is told once."""
    history = wander(1, 150)
    raws = [print_of(event) for event in history]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)], final=150)
    assert await scene.fold() == 150
    live, final = await scene.view("live"), await scene.view("final")
    assert live == final
    assert len(live["escrow_projects"]) > 10
    assert await scene.told() == [("final", seq) for seq in range(1, 151)]
    async with scene.indexer.connection() as db:
        config = await escrow.config_of(db, CONTRACT, View.FINAL)
        assert config is not None
        assert config.event_count == 150
        state = await escrow.project_state(db, CONTRACT, 1, View.LIVE)
    assert state is not None
    assert state.project.milestone_count == len(state.milestones)
    assert state.project.status in ProjectStatus
    assert {each.status for each in state.milestones} <= set(MilestoneStatus)
    assert await scene.fold() == 0


async def test_rebuild_agrees_and_tells_nobody_again(scene: Scene, stacks_log: StacksLog) -> None:
    """Both hashes are the same, the projections stand, and no announcement is repeated; a row that
    was changed behind the projector's back is found, and the rebuilt one stays."""
    raws = [print_of(event) for event in wander(3, 80)]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)], final=60)
    await scene.fold()
    told, live = await scene.told(), await scene.view("live")
    rebuilt = await escrow.rebuild(scene.indexer, CONTRACT)
    assert rebuilt.agree
    assert (rebuilt.log_rows, rebuilt.events) == (80, 80)
    assert (await scene.told(), await scene.view("live")) == (told, live)

    await scene.indexer.execute(
        "UPDATE escrow_projects SET net_minor = net_minor + 1 WHERE number = 1 AND view = 'live'"
    )
    rebuilt = await escrow.rebuild(scene.indexer, CONTRACT)
    assert not rebuilt.agree
    assert await scene.view("live") == live
    assert (await escrow.rebuild(scene.indexer, CONTRACT)).agree


async def test_reverted_events_are_told_and_the_state_is_as_if_they_never_were(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """A release that was told of, and then taken back with its block: live says submitted again,
    and the same number may be another project afterwards."""
    script = Script(Random(5))
    raws = [script.deploy(), script.create(client=address(1))]
    project = script.projects[1]
    raws += [script.accept(project), script.complete(project, 1)]
    await stacks_log.append([entry(at, print_of(e)) for at, e in enumerate(raws, 1)], final=4)
    await scene.fold()
    kept = await scene.view("live")
    before = deepcopy(script)
    branch = [script.close(project, 1), script.create(client=address(2))]
    await stacks_log.append([entry(at, print_of(e)) for at, e in enumerate(branch, 5)])
    await scene.fold()
    async with scene.indexer.connection() as db:
        gone = await escrow.project_by_number(db, CONTRACT, 2, View.LIVE)
        assert await escrow.project_by_number(db, CONTRACT, 2, View.FINAL) is None
    assert gone is not None
    assert gone.client == address(2)

    await stacks_log.append(keep=4)
    await scene.fold()
    assert await scene.view("live") == kept
    other = before.create(client=address(3))
    await stacks_log.append([entry(5, print_of(other), "b", tx=77)])
    await scene.fold()
    async with scene.indexer.connection() as db:
        found = await escrow.project_by_number(db, CONTRACT, 2, View.LIVE)
        assert (
            await escrow.project_by_creation(db, CONTRACT, gone.creation_tx_id, View.LIVE) is None
        )
        history = await escrow.events_of_project(db, CONTRACT, 2, gone.creation_tx_id)
    assert found is not None
    assert (found.client, found.creation_tx_id) == (address(3), f"0x{77:064x}")
    assert [(each.name, each.state) for each in history] == [("project-created", "reverted")]
    assert await scene.told() == [
        *(("final", seq) for seq in (1, 2, 3, 4)),
        *(("observed", seq) for seq in (5, 6)),
        *(("reverted", seq) for seq in (6, 5)),
        ("observed", 5),
    ]
    told = await scene.indexer.fetchrow(
        "SELECT subject, data FROM events WHERE type = 'escrow_event_reverted'"
        " AND data->>'name' = 'project-created'"
    )
    assert told is not None
    assert told["subject"] == f"escrow:{CONTRACT}:2"
    data = told["data"]
    assert (data["client"], data["creationTxId"]) == (address(2), gone.creation_tx_id)
    assert data["event"]["amounts"] == [
        str(each.amount) for each in script.projects[2].milestones.values()
    ]


async def test_final_after_observed_moves_the_final_view_alone(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """What was observed counts in live; when it is final it is told again and live stands."""
    raws = [print_of(event) for event in wander(8, 40)]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)])
    await scene.fold()
    live = await scene.view("live")
    assert not any((await scene.view("final")).values())
    await stacks_log.append(final=25)
    await scene.fold(batch=3)
    assert await scene.view("live") == live
    assert (await scene.view("final"))["escrow_config"][0]["event_count"] == 25
    await stacks_log.append(final=40)
    await scene.fold()
    assert await scene.view("final") == live == await scene.view("live")
    observed = [("observed", seq) for seq in range(1, 41)]
    assert await scene.told() == observed + [("final", seq) for seq in range(1, 41)]


async def test_same_chain_tx_in_another_block_is_another_fact(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """A chain_tx that is mined again keeps its id; its first block's event stays reverted."""
    raws = [print_of(event) for event in wander(2, 3)]
    await stacks_log.append([entry(at, raw, tx=at) for at, raw in enumerate(raws, 1)], final=2)
    await stacks_log.append([entry(4, raws[2], "b", tx=3)], keep=2)
    await scene.fold()
    async with scene.indexer.connection() as db:
        found = await escrow.events_of_tx(db, CONTRACT, f"0x{3:064x}")
    assert [(each.state, each.height) for each in found] == [("reverted", 3), ("observed", 4)]
    assert found[0].block_id != found[1].block_id
    assert found[0].creation_tx_id == found[1].creation_tx_id


async def test_unreadable_prints_are_kept_counted_and_change_nothing(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """Unknown names, other versions, wrong types and bytes that are nothing at all, among events:
    the projections are those of the events alone."""
    history = wander(4, 30)
    bad = [
        "0x",
        "0x0d00000003414243",
        print_of(history[3], v=clarity.UInt(2)),
        print_of(history[4], seq=clarity.Ascii("5")),
    ]
    mixed = [print_of(event) for event in history]
    for at, raw in zip((30, 21, 9, 2), bad, strict=True):
        mixed.insert(at, raw)
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(mixed, 1)], final=20)
    await scene.fold(batch=4)
    rows = await scene.events()
    assert len(rows) == 34
    assert sum(seq is None for _, _, seq, _ in rows) == 4
    async with scene.indexer.connection() as db:
        cursor = await escrow.cursor_of(db, CONTRACT)
        config = await escrow.config_of(db, CONTRACT, View.LIVE)
    assert (cursor.unreadable, cursor.missing_live, cursor.missing_final) == (4, None, None)
    assert config is not None
    assert config.event_count == 30
    assert sum(told == "observed" for told, _ in await scene.told()) == 12


async def test_nothing_is_folded_over_a_gap_until_it_is_closed(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """An event that the log lacks stops both views before it, and nobody is told what lies behind;
    when it is read again from below the gap, all of it is folded and told, once."""
    raws = [print_of(event) for event in wander(6, 50)]
    entries = [entry(at, raw) for at, raw in enumerate(raws, 1)]
    await stacks_log.append(entries[:20] + entries[21:40], final=30)
    await scene.fold(batch=7)
    async with scene.indexer.connection() as db:
        cursor = await escrow.cursor_of(db, CONTRACT)
    assert (cursor.missing_live, cursor.missing_final) == (21, 21)
    assert (await scene.view("live")) == (await scene.view("final"))
    assert [seq for _, seq in await scene.told()] == list(range(1, 21))
    rebuilt = await escrow.rebuild(scene.indexer, CONTRACT, batch=9)
    assert rebuilt.agree

    await stacks_log.permit_rewind(20)
    await stacks_log.append(entries[20:], keep=20, final=45)
    await scene.fold(batch=6)
    async with scene.indexer.connection() as db:
        cursor = await escrow.cursor_of(db, CONTRACT)
    assert (cursor.missing_live, cursor.missing_final) == (None, None)
    assert (await scene.view("final"))["escrow_config"][0]["event_count"] == 45
    assert (await scene.view("live"))["escrow_config"][0]["event_count"] == 50
    finals = [seq for told, seq in await scene.told() if told == "final"]
    assert finals == list(range(1, 46))
    rebuilt = await escrow.rebuild(scene.indexer, CONTRACT, batch=13)
    assert rebuilt.agree


async def test_final_events_that_an_operator_lets_fall_are_taken_out_of_both_views(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """A reorg below finality, permitted: those told as final are told as reverted, and both views
    are what is left and what came instead."""
    script = Script(Random(9))
    first = [script.deploy(), *(script.step() for _ in range(29))]
    kept = deepcopy(script)
    lost = [script.step() for _ in range(15)]
    entries = [entry(at, print_of(e)) for at, e in enumerate([*first, *lost], 1)]
    await stacks_log.append(entries, final=40)
    await scene.fold()
    await stacks_log.permit_rewind(30)
    came = [kept.step() for _ in range(20)]
    await stacks_log.append(
        [entry(at, print_of(e), "b") for at, e in enumerate(came, 31)], keep=30, final=33
    )
    await scene.fold(batch=11)
    state = State()
    for event in [*first, *came]:
        fold(state, event, "", "", 0, 0, 0, 0)
    assert (await scene.view("live"))["escrow_config"][0]["event_count"] == 50
    found = {row["number"]: row["client"] for row in (await scene.view("live"))["escrow_projects"]}
    assert found == {number: each.client for number, each in state.projects.items()}
    told = await scene.told()
    assert [seq for what, seq in told if what == "reverted"] == list(range(45, 30, -1))
    assert [seq for what, seq in told if what == "final"] == [*range(1, 41), *range(31, 34)]
    assert (await escrow.rebuild(scene.indexer, CONTRACT)).agree


async def test_two_projectors_fold_everything_once(scene: Scene, stacks_log: StacksLog) -> None:
    """Two at once, in small batches: one holds the cursor, the other passes; nothing is told twice
    and the result is that of one alone."""
    raws = [print_of(event) for event in wander(12, 120)]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)], final=90)
    both = [scene.projector(5), scene.projector(8)]
    deadline = time.monotonic() + 30
    while (await scene.told())[-1:] != [("observed", 120)]:
        assert time.monotonic() < deadline
        await asyncio.gather(*(each.catch_up() for each in both))
    told = await scene.told()
    assert sorted(seq for _, seq in told) == list(range(1, 121))
    assert (await escrow.rebuild(scene.indexer, CONTRACT)).agree


async def test_another_contract_of_that_name_is_passed_over(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """Rows of the log that are of another contract move the cursor and nothing else."""
    raws = [print_of(event) for event in wander(1, 10)]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)], final=10)
    other = CONTRACT.replace(".escrow", ".escr0w")
    assert await Projector(scene.indexer, other).catch_up() == 10
    assert await scene.events() == []
    assert not any((await scene.view("live")).values())
    assert await scene.told() == []


async def test_killed_at_any_instant_it_goes_on_without_losing_or_telling_twice(
    databases: Databases, scene: Scene, stacks_log: StacksLog
) -> None:
    """A projector's process is killed with signal 9 again and again while it folds: in the end
    every event was told once, in order, and the projections are those of an undisturbed fold."""
    raws = [print_of(event) for event in wander(21, 400)]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)], final=300)
    module = "tests.integration.escrow.projector_process"
    kills = 0
    deadline = time.monotonic() + 120
    while await scene.folded() < 400:
        assert time.monotonic() < deadline
        before = await scene.folded()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, databases.url("indexer"), "4"
        )
        while process.returncode is None and await scene.folded() < before + 110:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.005)
        if process.returncode is None:
            process.kill()
            kills += 1
        await process.wait()
    assert kills >= 2
    told = [("final", seq) for seq in range(1, 301)]
    assert await scene.told() == told + [("observed", seq) for seq in range(301, 401)]
    assert (await escrow.rebuild(scene.indexer, CONTRACT)).agree


async def test_dispute_and_release_that_swap_their_order_end_as_the_last_branch_says(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """On one branch the client releases; on the other the freelancer's dispute came first, and the
    arbiters rule. Live follows; what the first branch paid is nowhere in the sums."""
    script = Script(Random(14))
    first = [script.deploy(), script.create(), script.complete(script.projects[1], 1)]
    await stacks_log.append([entry(at, print_of(e)) for at, e in enumerate(first, 1)], final=3)
    other = deepcopy(script)
    released = script.close(script.projects[1], 1)
    await stacks_log.append([entry(4, print_of(released))])
    await scene.fold()
    disputed = other.dispute(other.projects[1], 1)
    await stacks_log.append([entry(4, print_of(disputed), "b")], keep=3)
    await scene.fold()
    async with scene.indexer.connection() as db:
        middle = await escrow.project_state(db, CONTRACT, 1, View.LIVE)
        owed = await escrow.owed_of(db, CONTRACT, View.LIVE)
    assert middle is not None
    assert middle.project.status is ProjectStatus.DISPUTED
    assert middle.project.net_minor == 0
    assert sum(owed.values()) == middle.project.total_minor + middle.disputes[0].bond_minor
    ruled = other.close(other.projects[1], 1)
    await stacks_log.append([entry(5, print_of(ruled), "b")])
    await scene.fold()
    async with scene.indexer.connection() as db:
        end = await escrow.project_state(db, CONTRACT, 1, View.LIVE)
    assert end is not None
    assert end.milestones[0].status is MilestoneStatus.SPLIT
    assert end.milestones[0].closed_tx_id == f"0x{5:064x}"
    assert end.disputes[0].bond_to == end.disputes[0].filer


async def test_a_reorg_of_300_blocks_leaves_what_the_new_branch_says(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """A reorg of Bitcoin takes hundreds of blocks with it: the views are those of the new branch,
    each event of the old one is told as reverted, and a rebuild agrees."""
    script = Script(Random(15))
    kept = [script.deploy(), *(script.step() for _ in range(19))]
    other = deepcopy(script)
    old = [*kept, *(script.step() for _ in range(300))]
    await stacks_log.append([entry(at, print_of(e)) for at, e in enumerate(old, 1)], final=20)
    await scene.fold()
    other.die = Random(16)
    came = [other.step() for _ in range(280)]
    await stacks_log.append([entry(at, print_of(e), "b") for at, e in enumerate(came, 21)], keep=20)
    await scene.fold(batch=90)
    found = {row["number"]: row["client"] for row in (await scene.view("live"))["escrow_projects"]}
    assert found == {number: each.client for number, each in other.projects.items()}
    told = await scene.told()
    assert [seq for what, seq in told if what == "reverted"] == list(range(320, 20, -1))
    assert [seq for what, seq in told if what == "observed"][300:] == list(range(21, 301))
    assert (await escrow.rebuild(scene.indexer, CONTRACT, batch=70)).agree
