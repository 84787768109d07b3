"""The projector on a real PostgreSQL, over a log that was written as the follower writes it."""

from earnest import escrow
from earnest.escrow import MilestoneStatus, ProjectStatus, View
from tests.escrow_contract import CONTRACT, print_of, wander
from tests.escrow_log import StacksLog, entry
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
