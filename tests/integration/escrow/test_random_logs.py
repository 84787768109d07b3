"""Random logs with reorgs, returns of a branch and bad prints, folded by the real projector."""

import pytest

from earnest.escrow import View
from earnest.escrow.projection import store as store_fold
from earnest.escrow.projection.fold import State
from earnest.escrow.projection.rebuild import projection_hash, rebuild
from tests.conftest import Databases
from tests.escrow_contract import CONTRACT
from tests.escrow_walk import Walk, content
from tests.integration.escrow.scene import Scene, add_rows


async def whole_state(scene: Scene, view: View) -> State:
    """All that the database holds of a view."""
    async with scene.indexer.connection() as db:
        rows = await db.fetch("SELECT DISTINCT number FROM escrow_projects")
        numbers = [row["number"] for row in rows]
        state = await store_fold.load_state(db, CONTRACT, view, numbers, whole=True)
        people = store_fold.people_of(state, ())
        await store_fold.load_credits(db, CONTRACT, view, state, people)
    return state


@pytest.mark.parametrize("seed", range(4))
async def test_views_are_what_the_canonical_chain_adds_up_to(
    databases: Databases, scene: Scene, seed: int
) -> None:
    """After every few rounds, with batches of any size: live is the fold of the canonical prints,
    final that of the final ones, as if nothing else had ever happened; and a rebuild at that point
    agrees with what stands."""
    owner = await databases.role("owner")
    walk = Walk(seed)
    written = 0
    for count in (10, 4, 20, 30):
        for _ in range(count):
            walk.step()
        await add_rows(owner, walk.rows[written:])
        written = len(walk.rows)
        await scene.fold(batch=walk.die.choice([3, 11, 2_000]))
        for view in View:
            found = await whole_state(scene, view)
            assert content(found) == content(walk.expected(final=view is View.FINAL))
        rebuilt = await rebuild(scene.indexer, CONTRACT, batch=walk.die.choice([13, 64, 2_000]))
        assert rebuilt.agree
        assert rebuilt.log_rows == written
        async with scene.indexer.db_tx() as db_tx:
            assert await projection_hash(db_tx, CONTRACT) == rebuilt.live_hash
    states = [row[1] for row in await scene.events()]
    assert states.count("observed") + states.count("final") == len(walk.canonical)
    assert states.count("final") == walk.final
