"""Dossiers from the log to the verified file: real PostgreSQL, real S3, and the command itself."""

import asyncio
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.escrow import rebuild
from earnest.files import ObjectStore, S3ObjectStore, keep_document, presign_download
from earnest.jobs import JobCannotSucceed, JobRegistry, Timing, run_worker
from earnest.kit.db import Database
from earnest.projects import check_dossier, register_dossier_jobs
from earnest.projects.disputes import service as service_disputes
from earnest.projects.disputes.errors import DisputeNotFinal
from earnest.projects.disputes.rules_dossier import Side, SignedDossier
from earnest.projects.disputes.service_dossiers import (
    find_dossier,
    make_dossier,
    public_key_of,
    request_dossier,
)
from earnest.projects.disputes.store import DossierRow
from tests.dispute_scene import DisputeScene
from tests.escrow_market import CONTRACT, EscrowMarket, Party
from tests.fixtures_object_store import object_store, s3_server

__all__ = ["object_store", "s3_server"]

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HURRY = Timing(poll_s=0.2, heartbeat_timeout_s=5.0, restart_delay_s=0.1)
PHOTO = b"what the photo holds"


@dataclass
class Parts:
    """What the worker gives the jobs of dossiers."""

    database: Database
    store: ObjectStore
    attestation_key: Ed25519PrivateKey


@pytest.fixture
async def parts(market: EscrowMarket, object_store: S3ObjectStore) -> Parts:
    """The worker's."""
    return Parts(await market.role("worker"), object_store, KEY)


@pytest.fixture
async def scene(market: EscrowMarket, parts: Parts) -> DisputeScene:
    """A final dispute, in which both sides have handed something in, a real file among it."""
    made = await DisputeScene.open(market)
    await made.fund()
    await made.file(is_final=True)
    sha256 = await keep_document(parts.database, parts.store, PHOTO)
    file = (await made.files(made.client, 1))[0]
    owner = await market.role("owner")
    await owner.execute(
        "UPDATE files SET sha256 = $2, document_sha256 = $2, size_bytes = $3, name = $4"
        " WHERE id = $1",
        file,
        sha256,
        len(PHOTO),
        "<img src=x>.svg",
    )
    for party, text, files in (
        (made.client, "It was not. \x1b[31m", [file]),
        (made.freelancer, "It was. \U0001f4e6", []),
    ):
        await _add(made, party, text, files)
    return made


async def _add(scene: DisputeScene, party: Party, text: str, files: list[Any]) -> None:
    api = await scene.market.role("api")
    async with api.db_tx() as db_tx:
        await service_disputes.add_evidence(
            db_tx, party.account, party.address, scene.id, text=text, file_ids=files,
            now=datetime.now(UTC),
        )  # fmt: skip


async def _fetch(parts: Parts, row: DossierRow) -> bytes:
    signed = await presign_download(
        parts.store, sha256=row.sha256, name="dossier.json", now=datetime.now(UTC)
    )
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(signed.url)
    assert answer.status_code == 200
    return answer.content


async def _found(scene: DisputeScene) -> DossierRow | None:
    api = await scene.market.role("api")
    async with api.connection() as db:
        case = await service_disputes.open_case(db, scene.client.account, "", scene.id)
        return await find_dossier(db, case)


def _verify(file: Path, *more: str) -> tuple[int, str]:
    """`earnest dossier verify`, with nothing configured."""
    done = subprocess.run(
        [sys.executable, "-m", "earnest.run", "dossier", "verify", str(file), *more],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
        cwd=file.parent,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


async def test_the_end_of_a_dispute_makes_a_dossier_that_proves_itself(
    scene: DisputeScene, parts: Parts, tmp_path: Path
) -> None:
    """Ruled and final: the worker makes it by itself, both sides and the arbiters are told, the
    file is what its hash says, and the command proves it offline, with key and files; a byte
    changed, another key, a missing file: exit code 1 and plain words."""
    registry = JobRegistry()
    register_dossier_jobs(registry)
    await scene.vote(scene.arbiters[0], 6_000)
    await scene.vote(scene.arbiters[1], 6_000, tally=2)
    await scene.rule(6_000, is_final=True)
    stop = asyncio.Event()
    url = scene.market.databases.url("worker")
    working = asyncio.create_task(run_worker(url, registry, parts, stop, timing=HURRY))
    try:
        deadline = asyncio.get_running_loop().time() + 30
        while (row := await _found(scene)) is None:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
    finally:
        stop.set()
        await asyncio.wait_for(working, 30)
    assert not row.interim
    data = await _fetch(parts, row)
    assert hashlib.sha256(data).digest() == row.sha256
    public = public_key_of(KEY)
    check = check_dossier(data, key=public)
    assert check.faults == []
    assert check.signed is not None
    dossier = check.signed.dossier
    assert dossier.outcome is not None
    assert (dossier.outcome.how, dossier.outcome.bps) == ("ruled", 6_000)
    assert [each.name for each in dossier.events] == [
        "project-created", "dispute-filed", "vote-cast", "vote-cast", "dispute-resolved",
    ]  # fmt: skip
    assert [each.item.side for each in dossier.evidence] == [Side.CLIENT, Side.FREELANCER]
    assert dossier.arbiters.made_by is not None
    assert dossier.arbiters.made_by.name == "contract-deployed"
    assert dossier.terms == scene.agreement.terms
    for party in (scene.client, scene.freelancer, scene.arbiters[0]):
        assert (await scene.told(party)).count("dossier_ready") == 1

    file, files = tmp_path / "dossier.json", tmp_path / "files"
    file.write_bytes(data)
    files.mkdir()
    (files / "whatever").write_bytes(PHOTO)
    code, said = _verify(file, "--key", public.hex(), "--files", str(files))
    assert code == 0, said
    assert "Proved" in said
    assert "\x1b" not in said
    code, said = _verify(file, "--json")
    assert (code, json.loads(said)["ok"]) == (0, True)
    assert json.loads(said)["publicKey"] == public.hex()
    (files / "whatever").write_bytes(PHOTO + b" ")
    code, said = _verify(file, "--files", str(files))
    assert code == 1
    assert "no file in the folder has SHA-256" in said
    code, said = _verify(file, "--key", "00" * 32)
    assert code == 1
    assert f"not by {'00' * 32}" in said
    file.write_bytes(data.replace(b"It was not", b"It was hot"))
    code, said = _verify(file)
    assert code == 1
    assert "Evidence 1 of the client: its content has SHA-256" in said
    assert "Do not rely on this file" in said
    assert _verify(tmp_path / "none")[0] == 1
    assert _verify(file, "--key", "xyz")[0] == 1
    assert _verify(file, "--colour")[0] == 2


async def test_an_interim_one_is_marked_and_gives_way_to_the_final_one(
    scene: DisputeScene, parts: Parts
) -> None:
    """Made while open it has no outcome and says so; made twice of the same facts it is the same
    file and one row; provisional facts are not in it; after the end only the final one counts."""
    first = await make_dossier(parts, scene.id)
    again = await make_dossier(parts, scene.id)
    assert first.interim
    assert first.sha256 == again.sha256
    owner = await scene.market.role("owner")
    assert await owner.fetchval("SELECT count(*) FROM dossiers") == 1
    await scene.vote(scene.arbiters[0], 6_000)
    await scene.rule(6_000)
    seen = await make_dossier(parts, scene.id)
    assert seen.sha256 == first.sha256
    await scene.make_final()
    final = await make_dossier(parts, scene.id)
    assert not final.interim
    assert check_dossier(await _fetch(parts, final)).ok
    assert (await make_dossier(parts, scene.id)).sha256 == final.sha256
    found = await _found(scene)
    assert found is not None
    assert found.sha256 == final.sha256
    assert "dossier_ready" not in (await scene.told(await scene.market.party()))


async def test_there_is_none_before_the_dispute_is_final(
    market: EscrowMarket, parts: Parts
) -> None:
    """A dossier holds what no reorg can undo, so there is nothing to make one of, and who asks is
    told so instead of being promised one: no job waits that can only fail."""
    scene = await DisputeScene.open(market)
    await scene.fund()
    await scene.file()
    with pytest.raises(JobCannotSucceed):
        await make_dossier(parts, scene.id)
    api = await market.role("api")
    async with api.db_tx() as db_tx:
        case = await service_disputes.open_case(db_tx, scene.client.account, "", scene.id)
        with pytest.raises(DisputeNotFinal):
            await request_dossier(db_tx, case)
    await scene.make_final()
    async with api.db_tx() as db_tx:
        case = await service_disputes.open_case(db_tx, scene.client.account, "", scene.id)
        await request_dossier(db_tx, case)
    assert (await make_dossier(parts, scene.id)).interim


async def test_a_rebuild_makes_the_same_dossier(scene: DisputeScene, parts: Parts) -> None:
    """The projections are emptied and folded again from the log: the dossier is the same file."""
    before = await make_dossier(parts, scene.id)
    indexer = await scene.market.role("indexer")
    await rebuild(indexer, CONTRACT)
    assert (await make_dossier(parts, scene.id)).sha256 == before.sha256


async def test_a_dispute_that_ends_without_arbiters_has_one_too(
    scene: DisputeScene, parts: Parts
) -> None:
    """The default after silence: an outcome like any other."""
    await scene.pass_blocks(4_400)
    await scene.rule(5_000, how="defaulted", is_final=True)
    row = await make_dossier(parts, scene.id)
    check = check_dossier(await _fetch(parts, row))
    assert check.ok
    signed: SignedDossier | None = check.signed
    assert signed is not None
    assert signed.dossier.outcome is not None
    assert signed.dossier.outcome.how == "defaulted"
