"""Projects in every state that the walk over all routes needs, made over HTTP."""

from typing import Any
from uuid import UUID

import httpx

from tests.acceptance.http.conftest import Site
from tests.acceptance.http.served import Person
from tests.escrow_market import EscrowMarket, tx_id

PROJECT: dict[str, Any] = {
    "title": "A faucet",
    "description": "It drips tokens, once an hour for each address.",
    "category": "contracts",
    "skills": ["clarity"],
    "asset": "STX",
    "milestones": [
        {"title": "Build", "amountMinor": "700000", "days": 20},
        {"title": "Hand over", "amountMinor": "300000", "days": 30, "acceptance": "It runs."},
    ],
}
PROPOSAL: dict[str, Any] = {
    "coverLetter": "I have built three of these.",
    "budgetMinor": "900000",
    "days": 28,
}

_P = "/api/projects/{project_id}"
_O = "/api/proposals/{proposal_id}"
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/projects"): PROJECT,
    ("PATCH", _P): {"title": "Another faucet"},
    ("POST", f"{_P}/proposals"): PROPOSAL,
    ("PUT", f"{_O}/terms"): {"termsVersion": 1},
    ("PUT", f"{_P}/funding"): {"txId": tx_id()},
    ("PUT", f"{_P}/transactions"): {"act": "release", "milestoneNum": 1, "txId": tx_id()},
    ("PUT", f"{_P}/escrow"): {"txId": tx_id()},
    ("POST", f"{_P}/calls"): {"act": "create"},
    ("POST", f"{_P}/milestones/{{num}}/deliverables"): {"note": "The first draft."},
}


class ProjectWorld:
    """A client's projects, and the freelancer whose proposal was accepted."""

    def __init__(self, site: Site, owner: Person) -> None:
        self.site = site
        self.owner = owner
        self.freelancer = site.person()
        self.market = EscrowMarket(site.market.databases)
        self.ids: dict[str, str] = {}
        # Rows that end or use up what they are about have one of their own.
        self.own: dict[tuple[str, str], dict[str, str]] = {}

    async def make(self) -> None:
        """Makes one agreed project for most rows, and others for those that change theirs."""
        self.client_wallet = await self.market.party(UUID(self.owner.account_id))
        wallet = await self.market.party(UUID(self.freelancer.account_id))
        async with self.owner.client() as client, self.freelancer.client() as other:
            self.ids = await self._project(client, other, accepted=True)
            self.ids |= {"address": wallet.address, "num": "1"}
            handed_in = await self._post(
                other,
                f"/api/projects/{self.ids['project_id']}/milestones/1/deliverables",
                {"note": "A sketch.", "files": [self.ids["file_id"]]},
            )
            self.ids["deliverable_id"] = handed_in["id"]
            for row, accepted in {
                ("POST", f"{_P}/cancel"): True,
                ("DELETE", f"{_P}/acceptance"): True,
                ("PATCH", _P): False,
                ("PUT", f"{_O}/accept"): False,
                ("PUT", f"{_O}/reject"): False,
                ("PUT", f"{_O}/terms"): False,
                ("DELETE", _O): False,
            }.items():
                self.own[row] = await self._project(client, other, accepted=accepted)
            empty = await self._post(client, "/api/projects", PROJECT)
            self.own["POST", f"{_P}/proposals"] = {"project_id": empty["id"]}

    async def _project(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, *, accepted: bool
    ) -> dict[str, str]:
        project = await self._post(client, "/api/projects", PROJECT)
        file = str((await self.market.documents(UUID(self.freelancer.account_id), 1))[0])
        proposal = await self._post(
            other, f"/api/projects/{project['id']}/proposals", PROPOSAL | {"files": [file]}
        )
        if accepted:
            answer = await client.put(f"/api/proposals/{proposal['id']}/accept")
            answer.raise_for_status()
        return {"project_id": project["id"], "proposal_id": proposal["id"], "file_id": file}

    async def _post(
        self, client: httpx.AsyncClient, path: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        answer = await client.post(path, json=body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def covers(self, path: str) -> bool:
        """Whether a route is about projects."""
        return path.startswith(
            ("/api/projects", "/api/proposals", "/api/freelancers", "/api/blockchain/project/")
        )

    def request(self, method: str, path: str) -> dict[str, Any]:
        """A sound request to a route about projects."""
        ids = {"version": "1"} | self.ids | self.own.get((method, path), {})
        made: dict[str, Any] = {"method": method, "url": path.format_map(ids)}
        if (method, path) in _BODIES:
            made["json"] = _BODIES[method, path]
        return made
