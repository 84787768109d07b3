"""`earnest chain`: what it says of both chains, and which of them it lets go on."""

import asyncio
import json
from uuid import UUID

import pytest

from earnest import audit
from earnest.chains import cursor_of, store
from earnest.chains.stacks import log, sync_status
from earnest.chains.stacks.log import Point, Step
from earnest.kit.db import Database
from earnest.kit.ids import new_id
from earnest.kit.money import Chain
from earnest.kit.settings import Settings
from earnest.run.operate.chain import resume, show_chain
from tests.conftest import Databases

CONTRACT = "ST000000000000000000002AMW42H.escrow"


def settings_of(databases: Databases, role: str) -> Settings:
    """What the command runs with."""
    return Settings(database_url=databases.url(role))


async def fences(indexer: Database) -> dict[Chain, UUID]:
    """Both chains' fences, taken."""
    nonces = {chain: new_id() for chain in (Chain.SOLANA, Chain.STACKS)}
    async with indexer.db_tx() as db:
        for chain, nonce in nonces.items():
            assert await store.take_fence(db, chain, nonce, 60)
        await log.begin(db, nonces[Chain.STACKS], CONTRACT)
    return nonces


async def test_status_tells_of_both_chains(
    databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    """Heights, finality, reorgs and trouble of Stacks stand beside Solana's slot, for people and
    as JSON; a halt of either makes the exit code 1 and gives its reason."""
    api, indexer = settings_of(databases, "api"), await databases.role("indexer")
    assert await asyncio.to_thread(show_chain, api, as_json=False) == 0
    assert "Stacks" not in capsys.readouterr().out
    nonce = (await fences(indexer))[Chain.STACKS]
    tip, final = Point(50, "0x32", 120, 1_000), Point(40, "0x28", 114, 900)
    async with indexer.db_tx() as db:
        await log.append(db, nonce, Step(tip=tip, final=final, indexed_height=48))
        await log.note(db, nonce, "the server is away")
    assert await asyncio.to_thread(show_chain, api, as_json=False) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Stacks is followed to block 48 of 50, final up to block 40" in said
    assert "It waits: the server is away" in said
    async with indexer.db_tx() as db:
        await log.halt(db, nonce, "final blocks are gone", 30)
    assert await asyncio.to_thread(show_chain, api, as_json=False) == 1
    assert "final blocks are gone" in capsys.readouterr().out
    assert await asyncio.to_thread(show_chain, api, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["chain"], told["haltedReason"]) == ("solana", None)
    assert told["stacks"]["haltedReason"] == "final blocks are gone"
    assert (told["stacks"]["tipBurnHeight"], told["stacks"]["finalHeight"]) == (120, 40)


async def test_resume_of_stacks_permits_the_fall_that_the_halt_was_about(
    databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    """With two halts one must be named; resuming Stacks keeps down to which height what was final
    may fall; resuming what is not halted changes nothing."""
    indexer = await databases.role("indexer")
    nonces = await fences(indexer)
    settings = settings_of(databases, "indexer")
    async with indexer.db_tx() as db:
        await store.halt_chain(db, Chain.SOLANA, nonces[Chain.SOLANA], "another network")
        await log.halt(db, nonces[Chain.STACKS], "final blocks are gone", 30)
    assert await asyncio.to_thread(resume, settings, only=None) == 1
    assert "Solana and Stacks are halted" in capsys.readouterr().out
    assert await asyncio.to_thread(resume, settings, only="stacks") == 0
    assert "Stacks is followed again" in capsys.readouterr().out
    async with indexer.connection() as db:
        status = await sync_status(db)
        assert status is not None
        assert (status.halted_reason, status.permitted_rewind) == (None, 30)
        assert (await cursor_of(db, Chain.SOLANA)).halted_reason == "another network"
    assert await asyncio.to_thread(resume, settings, only="stacks") == 0
    assert "Stacks was not halted" in capsys.readouterr().out
    assert await asyncio.to_thread(resume, settings, only=None) == 0
    assert "Solana is followed again" in capsys.readouterr().out
    assert await asyncio.to_thread(resume, settings, only=None) == 0
    assert "was not halted" in capsys.readouterr().out
    async with indexer.connection() as db:
        acts = await audit.list_acts(db, act="chain_resume", limit=10)
    assert [(act.subject, act.facts["haltedReason"]) for act in acts] == [
        ("chain:solana", "another network"),
        ("chain:stacks", "final blocks are gone"),
    ], "what changed nothing leaves no line"
