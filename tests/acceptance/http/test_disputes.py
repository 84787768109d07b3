"""Disputes, dossiers, reviews and reputation over HTTP."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from earnest.files import open_store
from earnest.files.rules_documents import document_key
from earnest.projects import check_dossier
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.http.dispute_world import DisputeWorld
from tests.conftest import Databases
from tests.escrow_contract import CONTRACT
from tests.escrow_market import EscrowMarket

HOSTILE = "<script>alert(document.cookie)</script> ${7*7} \u202e '; DROP TABLE evidence; --"


@pytest.fixture
async def world(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> AsyncIterator[DisputeWorld]:
    """A final dispute with one piece of evidence, and a project that is over."""
    async with opened_site(databases, s3_server, chain, stacks_contract=CONTRACT) as site:
        made = DisputeWorld(site, site.person())
        await made.make()
        yield made


async def _document(site: Site, account: str, data: bytes, name: str) -> str:
    """A ready document that the store really holds."""
    market = EscrowMarket(site.market.databases)
    id = (await market.documents(UUID(account), 1))[0]
    owner = await market.role("owner")
    sha256 = hashlib.sha256(data).digest()
    await owner.execute(
        "INSERT INTO document_contents (sha256, size_bytes, status, ready_at)"
        " VALUES ($1, $2, 'ready', clock_timestamp())",
        sha256,
        len(data),
    )
    await owner.execute(
        "UPDATE files SET sha256 = $2, document_sha256 = $2, size_bytes = $3, name = $4,"
        " content_type = 'text/html' WHERE id = $1",
        id,
        sha256,
        len(data),
        name,
    )
    async with open_store(site.settings) as store:
        await store.put(document_key(sha256), data, content_type="", cache_control="")
    return str(id)


async def test_evidence_is_read_by_those_concerned_and_harms_nobody(world: DisputeWorld) -> None:
    """Hostile text and names come back as the text that they are, in JSON that no browser takes
    for a page; a file is an attachment of plain bytes; what is too much, or of another shape, is
    refused; a repeat with one key has one effect; a foreigner finds nothing."""
    path = f"/api/disputes/{world.ids['dispute_id']}"
    page = b"<html><script>alert(1)</script></html>"
    name = '"><img src=x onerror=alert(1)>.html'
    file = await _document(world.site, world.freelancer.account_id, page, name)
    foreigner = world.site.person()
    async with (
        world.freelancer.client() as freelancer,
        world.arbiter.client() as arbiter,
        foreigner.client() as stranger,
    ):
        body = {"text": HOSTILE, "files": [file]}
        for _ in range(2):
            added = await freelancer.post(
                f"{path}/evidence", json=body, headers={"Idempotency-Key": "once"}
            )
            assert added.status_code == 201, added.text
        shown = await arbiter.get(path)
        assert shown.headers["content-type"] == "application/json"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["cache-control"] == "no-store"
        found = shown.json()
        assert (found["state"], found["side"]) == ("open", None)
        mine = [each for each in found["evidence"] if each["side"] == "freelancer"]
        assert len(mine) == 1
        assert mine[0]["text"] == HOSTILE
        assert mine[0]["files"][0]["name"] == name
        where = f"{path}/evidence/{mine[0]['id']}/files/{file}"
        told = (await arbiter.get(where)).json()
        async with httpx.AsyncClient() as browser:
            served = await browser.get(told["url"])
        assert served.content == page
        assert served.headers["content-type"] == "application/octet-stream"
        assert served.headers["content-disposition"].startswith("attachment; filename=")
        assert "<" not in served.headers["content-disposition"]

        for bad, status in (
            ({"text": "x" * 10_001}, 400),
            ({"text": "x" * 70_000}, 413),
            ({"text": "a\x00b"}, 400),
            ({"text": ""}, 400),
            ({"files": [file] * 11}, 400),
            ({"files": [world.ids["file_id"]]}, 404),
            ({"text": "x", "side": "client"}, 400),
        ):
            assert (await freelancer.post(f"{path}/evidence", json=bad)).status_code == status
        for method, address in (
            ("GET", path),
            ("GET", where),
            ("GET", f"{path}/dossier"),
            ("POST", f"{path}/dossier"),
            ("GET", f"/api/admin/disputes/{world.ids['dispute_id']}"),
        ):
            assert (await stranger.request(method, address)).status_code == 404
        assert (await stranger.post(f"{path}/evidence", json={"text": "me too"})).status_code == 404
        assert (await arbiter.post(f"{path}/evidence", json={"text": "I"})).status_code == 403
        for odd in ("x", "..%2f", f"{world.ids['dispute_id']}%00", "%F0%9F%92%A9"):
            assert (await arbiter.get(f"/api/disputes/{odd}")).status_code == 404


async def test_an_arbiter_rules_from_its_own_wallet(world: DisputeWorld) -> None:
    """The panel lists the dispute, shows what each ruling would pay, and prepares an unsigned call
    for exactly the arbiter's wallet; nothing of it is kept, and no state has moved."""
    id = world.ids["dispute_id"]
    async with world.arbiter.client() as arbiter:
        listed = (await arbiter.get("/api/admin/disputes")).json()
        assert [each["id"] for each in listed["items"]] == [id]
        closed = (await arbiter.get("/api/admin/disputes", params={"state": "closed"})).json()
        assert len(closed["items"]) == 1
        shown = (await arbiter.get(f"/api/admin/disputes/{id}")).json()
        assert shown["arbiter"] in shown["voters"]
        for ruling in shown["rulings"]:
            parts = [int(ruling[f"{part}Minor"]) for part in ("net", "fee", "refund")]
            assert sum(parts) == int(shown["amountMinor"])
        call = (await arbiter.post(f"/api/admin/disputes/{id}/calls", json={"bps": 6_000})).json()
        assert call["sender"] == shown["arbiter"]
        assert call["functionName"] == "vote-dispute-stx"
        assert call["functionArgs"][-1]["repr"] == "u6000"
        assert call["postConditionMode"] == "deny"
        for bad in ({"bps": 10_001}, {"bps": -1}, {"bps": 6_000, "act": "resolve"}, {}):
            answer = await arbiter.post(f"/api/admin/disputes/{id}/calls", json=bad)
            assert answer.status_code == 400
        after = (await arbiter.get(f"/api/admin/disputes/{id}")).json()
        assert after["votes"] == []
        assert after["state"] == "open"
        assert after["timeline"] == shown["timeline"]


async def test_a_dossier_is_downloaded_and_proved_with_the_published_key(
    world: DisputeWorld,
) -> None:
    """What the API gives is what its hash says, and is signed by the key that it publishes."""
    path = f"/api/disputes/{world.ids['dispute_id']}/dossier"
    async with world.owner.client() as client, world.site.stranger() as anybody:
        assert (await client.post(path)).status_code == 202
        told = (await client.get(path)).json()
        async with httpx.AsyncClient() as browser:
            data = (await browser.get(told["download"]["url"])).content
        assert hashlib.sha256(data).hexdigest() == told["dossier"]["sha256"]
        assert told["download"]["name"].startswith("interim-dossier-")
        key = (await anybody.get("/api/attestation-key")).json()
        assert (key["algorithm"], key["earlier"]) == ("ed25519", [])
        assert key["publicKey"] == told["dossier"]["publicKey"]
        check = check_dossier(data, key=bytes.fromhex(key["publicKey"]))
        assert check.faults == []
        shown = (await client.get(f"/api/disputes/{world.ids['dispute_id']}")).json()
        assert shown["dossier"]["sha256"] == told["dossier"]["sha256"]


async def test_reviews_open_together_and_make_a_reputation(world: DisputeWorld) -> None:
    """Over HTTP: each side sees its own until both are in; then everybody sees both, and the
    numbers behind the score add up."""
    reviews = f"/api/projects/{world.ids['project_id']}/reviews"
    people = f"/api/freelancers/{world.ids['address']}"
    async with (
        world.owner.client() as client,
        world.freelancer.client() as freelancer,
        world.site.stranger() as anybody,
    ):
        first = await client.post(reviews, json={"rating": 4, "text": HOSTILE})
        assert first.status_code == 201, first.text
        assert [e["side"] for e in (await client.get(reviews)).json()["items"]] == ["client"]
        for other in (freelancer, anybody):
            hidden = (await other.get(reviews)).json()
            assert (hidden["items"], hidden["revealed"]) == ([], False)
        assert (await anybody.get(f"{people}/reviews")).json()["items"] == []
        again = await client.post(reviews, json={"rating": 5})
        assert (again.status_code, again.json()["code"]) == (409, "reviewed_already")
        for bad in ({"rating": 0}, {"rating": 6}, {"rating": 4.5}, {"text": "x"}):
            assert (await freelancer.post(reviews, json=bad)).status_code == 400
        await freelancer.post(reviews, json={"rating": 5})
        opened = (await anybody.get(reviews)).json()
        assert [each["rating"] for each in opened["items"]] == [4, 5]
        about = (await anybody.get(f"{people}/reviews")).json()["items"]
        assert [(each["text"], each["rating"]) for each in about] == [(HOSTILE, 4)]
        found = (await anybody.get(f"{people}/reputation")).json()
        assert (found["role"], found["reviews"], found["counterparties"]) == ("freelancer", 1, 1)
        assert sum(found["milestones"].values()) == 3
        client_address = about[0]["authorAddress"]
        other_side = (await anybody.get(f"/api/clients/{client_address}/reputation")).json()
        assert other_side["contributions"][0]["meanHundredths"] == 500
        assert (await anybody.get("/api/clients/nobody/reputation")).status_code == 400
        project = (await anybody.get(f"/api/projects/{world.ids['project_id']}")).json()
        assert (project["status"], project["finalStatus"]) == ("reviewed", "reviewed")
