"""`earnest rebuild`: what it prints and how it ends, while everything else goes on."""

import asyncio
import json

import pytest

from earnest import audit, escrow
from earnest.escrow import View
from earnest.escrow.projection import store as store_fold
from earnest.kit.settings import read_settings
from earnest.run.operate.rebuild import show_rebuild
from tests.conftest import Databases
from tests.escrow_contract import CONTRACT, print_of, wander
from tests.escrow_log import StacksLog, entry
from tests.integration.escrow.scene import Scene


async def test_it_prints_both_hashes_and_ends_with_whether_they_agree(
    databases: Databases,
    scene: Scene,
    stacks_log: StacksLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """0 and equal hashes where the projections are what the log says; 1 where one was changed,
    once, for the rebuilt ones stay."""
    settings = read_settings({"EARNEST_DATABASE_URL": databases.url("indexer")})
    raws = [print_of(event) for event in wander(31, 60)]
    await stacks_log.append([entry(at, raw) for at, raw in enumerate(raws, 1)], final=40)
    await scene.fold()

    async def told() -> tuple[int, dict[str, object]]:
        code = await asyncio.to_thread(show_rebuild, settings, as_json=True)
        return code, json.loads(capsys.readouterr().out)

    code, first = await told()
    assert code == 0
    assert (first["contract"], first["logRows"], first["events"]) == (CONTRACT, 60, 60)
    assert first["liveHash"] == first["rebuiltHash"]
    assert first["agree"] is True
    await scene.indexer.execute("DELETE FROM escrow_milestones WHERE number = 1")
    code, second = await told()
    assert code == 1
    assert second["liveHash"] != second["rebuiltHash"] == first["liveHash"]
    assert (await told())[0] == 0
    async with scene.indexer.connection() as db:
        acts = await audit.list_acts(db, act="escrow_rebuild", limit=10)
    assert [act.facts["before"] for act in acts][1] == second["liveHash"]
    assert {act.subject for act in acts} == {f"contract:{CONTRACT}"}


async def test_readers_see_what_stood_and_the_projector_waits_until_it_is_done(
    scene: Scene, stacks_log: StacksLog
) -> None:
    """In the middle of a rebuild the projections are all there for others, and a projector passes
    without touching them; afterwards it folds what came meanwhile."""
    raws = [print_of(event) for event in wander(32, 50)]
    entries = [entry(at, raw) for at, raw in enumerate(raws, 1)]
    await stacks_log.append(entries[:40], final=40)
    await scene.fold()
    before = await scene.view("live")
    async with scene.indexer.db_tx() as rebuilding:
        cursor = await store_fold.lock_cursor(rebuilding, CONTRACT)
        await store_fold.empty_all(rebuilding, CONTRACT, cursor.log_seq)
        assert not await escrow.open_projects(rebuilding, CONTRACT, View.LIVE)
        await stacks_log.append(entries[40:], final=50)
        assert await scene.view("live") == before
        assert await scene.projector().run_once() == 0
    rebuilt = await escrow.rebuild(scene.indexer, CONTRACT)
    assert not rebuilt.agree
    assert await scene.view("live") == before
    assert await scene.fold() == 10
    assert (await escrow.rebuild(scene.indexer, CONTRACT)).agree
