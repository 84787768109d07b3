"""The API does what its OpenAPI file says, whatever is sent: Schemathesis with all its checks."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.project_world import ProjectWorld
from tests.acceptance.http.served import Person
from tests.conftest import Databases
from tests.escrow_market import CONTRACT

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
EXAMPLES_MAX = 8
LIMITS = (
    "tasks_per_minute_max",
    "payouts_per_minute_max",
    "uploads_per_minute_max",
    "projects_per_minute_max",
    "project_writes_per_minute_max",
)


async def make_world(site: Site, person: Person) -> dict[str, Any]:
    """An account to which everything has happened once, and the ids of it all."""
    await site.earn(person)
    file, public_id = await site.picture(person)
    voted = await site.market.open_task(await site.market.account())
    async with person.client() as client:
        posted = (await client.post("/api/tasks", json=await site.task_body(person))).json()
        asked = await client.post("/api/payouts", json={"asset": "SOL", "amountMinor": "1500000"})
        await client.get("/api/tasks/next")
    projects = ProjectWorld(site, person)
    await projects.make()
    of_projects = {
        name: projects.ids[name] for name in ("project_id", "proposal_id", "deliverable_id", "num")
    }
    return {
        "url": site.url,
        "key": str(person.wallet),
        "uploadBytesMax": site.settings.upload_bytes_max,
        "fileIds": [str(id) for id in await site.market.files(UUID(person.account_id), 3)],
        "vote": {"taskId": str(voted.id), "optionId": str(voted.options[0].id)},
        "ids": {
            "task_id": posted["task"]["id"],
            "order_id": posted["order"]["id"],
            "payout_id": asked.json()["id"],
            "file_id": file,
            "public_id": str(public_id),
            "variant": "small",
            "version": 1,
            "notification_id": await site.tell(person),
            "address": projects.client_wallet.address,
            **of_projects,
        },
    }


@pytest.mark.timeout(600)
async def test_api_and_schema_agree(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain, tmp_path: Path
) -> None:
    """No answer is a fault, undeclared or of another shape than declared; nothing that the schema
    forbids is taken, nothing that it allows refused; no route answers without the sign-in that it
    declares."""
    many = dict.fromkeys(LIMITS, 1_000_000)
    async with opened_site(databases, s3_server, chain, stacks_contract=CONTRACT, **many) as site:
        world = await make_world(site, site.person())
        command = [sys.executable, "-m", "schemathesis.cli"]
        command += ["--config-file", str(HERE / "schemathesis.toml")]
        command += ["run", f"{site.url}/api/openapi.json", "--checks", "all", "--no-color"]
        command += ["--generation-deterministic", "--max-examples", str(EXAMPLES_MAX)]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.acceptance.http.schemathesis_hooks",
            "SCHEMATHESIS_WORLD": json.dumps(world),
        }
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
