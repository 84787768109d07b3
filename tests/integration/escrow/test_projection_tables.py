"""The projection tables: readers find them as they are, and who may write them."""

import asyncpg
import pytest

from earnest import escrow
from earnest.escrow import View
from tests.conftest import Databases

CONTRACT = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.escrow-multi-token"
CLIENT = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"


async def test_every_reader_answers_on_empty_tables(databases: Databases) -> None:
    """The columns that the frozen types name are there, and nothing is told of nothing."""
    api = await databases.role("api")
    async with api.connection() as db:
        for view in View:
            assert await escrow.project_by_number(db, CONTRACT, 1, view) is None
            assert await escrow.project_by_creation(db, CONTRACT, "0x01", view) is None
            assert await escrow.project_by_reference(db, CONTRACT, CLIENT, "0x", view) is None
            assert await escrow.projects_between(db, CONTRACT, CLIENT, CLIENT, view) == []
            assert await escrow.projects_of_party(db, CONTRACT, CLIENT, view) == []
            assert await escrow.projects_of_arbiter(db, CONTRACT, CLIENT, view) == []
            assert await escrow.open_projects(db, CONTRACT, view) == []
            assert await escrow.project_state(db, CONTRACT, 1, view) is None
            assert await escrow.config_of(db, CONTRACT, view) is None
            assert await escrow.arbiter_sets(db, CONTRACT, view) == []
            assert await escrow.tokens_of(db, CONTRACT, view) == []
            assert await escrow.owed_of(db, CONTRACT, view) == {}
            assert await escrow.fees_of(db, CONTRACT, view) == {}
            assert await escrow.credits_of(db, CONTRACT, CLIENT, view) == {}
        assert await escrow.events_of_project(db, CONTRACT, 1, "0x01") == []
        assert await escrow.events_of_tx(db, CONTRACT, "0x01") == []
        assert await escrow.list_events(db, CONTRACT, name="project-created", limit=10) == []
        assert (await escrow.cursor_of(db, CONTRACT)).log_seq == 0


@pytest.mark.parametrize("role", ["api", "worker"])
async def test_only_the_indexer_writes_projections(databases: Databases, role: str) -> None:
    """What the pages show comes from the log alone: no other process can write it."""
    database = await databases.role(role)
    for table in ("escrow_projects", "escrow_milestones", "escrow_events", "escrow_cursors"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET contract = contract"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await database.execute(statement)
