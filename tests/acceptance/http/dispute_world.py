"""A dispute with evidence and a dossier, and a project that has ended, for the walk over routes."""

from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.files import open_store
from earnest.projects.disputes import service as service_disputes
from earnest.projects.disputes.service_dossiers import make_dossier
from tests.acceptance.http.conftest import Site
from tests.acceptance.http.served import Person
from tests.dispute_scene import DisputeScene
from tests.escrow_market import EscrowMarket

_BEGINNINGS = ("/api/disputes", "/api/admin/disputes", "/api/attestation-key")
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/disputes/{dispute_id}/evidence"): {"text": "It was not what we agreed on."},
    ("POST", "/api/admin/disputes/{dispute_id}/calls"): {"bps": 6_000},
    ("POST", "/api/projects/{project_id}/reviews"): {"rating": 4, "text": "On time."},
}


class WorkerParts:
    """What the worker gives the making of a dossier."""

    def __init__(self, database: Any, store: Any) -> None:
        self.database = database
        self.store = store
        self.attestation_key = Ed25519PrivateKey.from_private_bytes(bytes(32))


class DisputeWorld:
    """The client is `owner`; the freelancer and an arbiter are people of its own."""

    def __init__(self, site: Site, owner: Person) -> None:
        self.site = site
        self.owner = owner
        self.freelancer = site.person()
        self.arbiter = site.person()
        self.ids: dict[str, str] = {}

    async def make(self) -> None:
        """Makes a final dispute with evidence and an interim dossier, and an ended project."""
        market = EscrowMarket(self.site.market.databases)
        client = await market.party(UUID(self.owner.account_id))
        freelancer = await market.party(UUID(self.freelancer.account_id))
        arbiter = await market.party(UUID(self.arbiter.account_id))
        scene = await DisputeScene.open(
            market, client=client, freelancer=freelancer, ruled_by=[arbiter], threshold=1
        )
        ended = await scene.beside(client, freelancer)
        await scene.fund()
        await scene.file()
        await ended.fund()
        await ended.end()
        files = await scene.files(client, 1)
        api, worker = await market.role("api"), await market.role("worker")
        async with api.db_tx() as db_tx:
            evidence = await service_disputes.add_evidence(
                db_tx, client.account, client.address, scene.id, text="<script>", file_ids=files,
                now=market.now,
            )  # fmt: skip
        async with open_store(self.site.settings) as store:
            await make_dossier(WorkerParts(worker, store), scene.id)
        self.ids = {
            "dispute_id": str(scene.id),
            "evidence_id": str(evidence.id),
            "file_id": str(files[0]),
            "project_id": str(ended.deal.project_id),
            "address": freelancer.address,
        }

    def covers(self, path: str) -> bool:
        """Whether a route is about disputes, reviews or reputation."""
        return path.startswith(_BEGINNINGS) or path.endswith(("/reviews", "/reputation"))

    def person(self, role: str) -> Person | None:
        """Who is here in that role; None for those who are nobody in particular."""
        return {"counterpart": self.freelancer, "arbiter": self.arbiter}.get(role)

    def request(self, method: str, path: str) -> dict[str, Any]:
        """A sound request to such a route."""
        made: dict[str, Any] = {"method": method, "url": path.format_map(self.ids)}
        if (method, path) in _BODIES:
            made["json"] = _BODIES[method, path]
        return made
