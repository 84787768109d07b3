"""The second story, leg by leg: a project from posting to reviews, its money in an escrow."""

import asyncio
import hashlib
import json
from typing import Any

from earnest.run.demo.client import Party
from earnest.run.demo.errors import DemoBroke
from earnest.run.demo.outcome import Purse
from earnest.run.demo.project_scene import BLOCKS_UNTIL_FINAL, Scene, stx
from earnest.run.demo.story import Coin
from earnest.run.demo.wallets import shorten

TITLE = "A landing page for a small press"
DESCRIPTION = (
    "One page that shows this season's books, works on a phone and loads without scripts. "
    "Texts and photographs are there."
)
MILESTONES = (
    ("Three sketches", "Three directions on paper, so that one can be chosen.", 30_000_000, 14),
    ("The page", "Built, responsive, checked with a keyboard.", 50_000_000, 28),
    ("Handed over", "Sources and a page of notes on how to change it.", 20_000_000, 42),
)
TOTAL_MICRO_STX = sum(amount for _, _, amount, _ in MILESTONES)
# What each of three freelancers asks, in micro-STX and days; the client takes the second.
OFFERS = (
    (120_000_000, 30, "I would set it in two typefaces and no more."),
    (TOTAL_MICRO_STX, 42, "I made the pages of two presses; both are linked."),
    (90_000_000, 60, "Cheaper, and slower: I do this in the evenings."),
)
CHOSEN = 1
PURSE_MICRO_STX = 200_000_000
POCKET_MICRO_STX = 5_000_000
RULING_BPS = 6_000
CLAIM_WINDOW = 2_016
BOND_MICRO_STX = MILESTONES[1][2] * 500 // 10_000


class ProjectLegs:
    """The second story under way. `play` runs all legs, or raises the one reason why not."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._story, self._outcome, self._project = scene.story, scene.outcome, scene.project
        self._freelancers: list[Party] = []
        self._people: dict[str, Party] = {}

    async def play(self) -> None:
        """All of it, in order."""
        self._outcome.project = self._project
        leg = self._outcome.leg
        with leg("post_project"):
            await self._post()
        with leg("propose"):
            proposals = await self._propose()
        with leg("accept_proposal"):
            await self._accept(proposals)
        with leg("fund"):
            await self._fund()
        with leg("fund_final"):
            await self._fund_final()
        with leg("release"):
            await self._release()
        with leg("dispute"):
            await self._dispute()
        with leg("rule"):
            await self._rule()
        with leg("claim"):
            claim = await self._claim()
        with leg("reorg"):
            await self._reorg(claim)
        with leg("complete"):
            await self._complete()
        with leg("review"):
            await self._review()
        with leg("rebuild"):
            await self._rebuild()

    @property
    def client(self) -> Party:
        """Who posted the project."""
        return self._people["client"]

    @property
    def freelancer(self) -> Party:
        """Whose proposal was accepted."""
        return self._freelancers[CHOSEN]

    # -- agreeing --------------------------------------------------------------------------------

    async def _post(self) -> None:
        scene, story = self._scene, self._story
        story.heading(f"A second story. A client posts: {TITLE}")
        self._people["client"] = client = await scene.newcomer()
        self._freelancers = [await scene.newcomer() for _ in OFFERS]
        await scene.node.fund(client.wallet.address, micro_stx=PURSE_MICRO_STX)
        for freelancer in self._freelancers:
            await scene.node.fund(freelancer.wallet.address, micro_stx=POCKET_MICRO_STX)
        await scene.node.mine()
        body = {
            "title": TITLE,
            "description": DESCRIPTION,
            "category": "design",
            "skills": ["html", "typography"],
            "asset": "STX",
            "milestones": [
                {"title": title, "acceptance": how, "amountMinor": str(amount), "days": days}
                for title, how, amount, days in MILESTONES
            ],
        }
        made = await client.ask("POST", "/api/projects", body, once=True)
        self._project.id, self._project.client = made["id"], client.wallet.address
        self._project.statuses.append(made["status"])
        parts = ", ".join(f"{title} {stx(amount)}" for title, _, amount, _ in MILESTONES)
        story.tell(f"{client.short} wants {parts}: {stx(TOTAL_MICRO_STX)} in all.")
        story.tell("Nothing is locked, and nobody has promised anything.")

    async def _propose(self) -> list[dict[str, Any]]:
        story = self._story
        story.heading("Three freelancers propose")
        path = f"/api/projects/{self._project.id}/proposals"
        made = []
        for freelancer, (budget, days, letter) in zip(self._freelancers, OFFERS, strict=True):
            body = {"coverLetter": letter, "budgetMinor": str(budget), "days": days, "links": []}
            made.append(await freelancer.ask("POST", path, body, once=True))
            story.tell(f"{freelancer.short}: {stx(budget)} in {days} days. \u201c{letter}\u201d")
        return made

    async def _accept(self, proposals: list[dict[str, Any]]) -> None:
        client, chosen = self.client, proposals[CHOSEN]
        await client.ask("PUT", f"/api/proposals/{chosen['id']}/accept")
        path = f"/api/projects/{self._project.id}/proposals"
        listed = (await client.ask("GET", path))["items"]
        statuses = {item["id"]: item["status"] for item in listed}
        wanted = {p["id"]: "accepted" if p is chosen else "passed_over" for p in proposals}
        if statuses != wanted:
            raise DemoBroke(reason=f"One was accepted, but the proposals are {statuses}.")
        for each in self._freelancers:
            if not (await each.ask("GET", "/api/notifications?unread=true"))["items"]:
                raise DemoBroke(reason=f"{each.short} was told nothing of the decision.")
        await self._scene.look(client)
        self._project.freelancer = self.freelancer.wallet.address
        self._story.tell(
            f"The client accepts {self.freelancer.short}. That rejects the other two, and each "
            "is told. What was agreed is written down; its hash goes into the escrow."
        )

    # -- funding ---------------------------------------------------------------------------------

    async def _fund(self) -> None:
        scene, story, client = self._scene, self._story, self.client
        story.heading(f"Lock {stx(TOTAL_MICRO_STX)}")
        tx_id = await scene.act(client, "create")
        hint = {"txId": tx_id}
        await client.ask("PUT", f"/api/projects/{self._project.id}/funding", hint)
        story.tell(
            f"The call came unsigned, with one condition: exactly {stx(TOTAL_MICRO_STX)} leave "
            f"the wallet. The wallet signed and sent {shorten(tx_id)}."
        )
        with story.waiting("a Stacks block with it"):
            found = await scene.until(self._seen_escrow, problem="The escrow was not seen")
        self._check_escrow(found)
        story.tell(
            ". Nobody starts yet: this can still be undone.",
            coin=Coin.SEEN, words="Seen, not final",
        )  # fmt: skip

    async def _fund_final(self) -> None:
        scene, story = self._scene, self._story
        with story.waiting(f"{BLOCKS_UNTIL_FINAL} Bitcoin blocks on top of it"):
            await scene.mine_final()
            found = await self._until_final("active", problem="The escrow did not become final")
        if not found["funding"]["mayStart"]:
            raise DemoBroke(reason="The escrow is final, but the work may not start.")
        story.tell(". The project is active, the money is locked.", coin=Coin.FINAL, words="Final")
        await scene.act(self.freelancer, "accept")
        await scene.until(self._is_accepted, problem="The freelancer's acceptance was not seen")
        story.tell(
            f"{self.freelancer.short} accepts on the chain. From now on the client cannot simply "
            "take it back."
        )
        self._project.locked_minor = str(TOTAL_MICRO_STX)

    async def _seen_escrow(self) -> dict[str, Any] | None:
        found = await self._scene.look(self.client)
        return found if found["funding"]["state"] == "provisional" else None

    async def _is_accepted(self) -> bool | None:
        found = await self._scene.look(self.client)
        return True if found["funding"]["escrow"]["accepted"] else None

    def _check_escrow(self, found: dict[str, Any]) -> None:
        """That what the chain shows is what was agreed, and is not taken for final."""
        agreement, funding = found["agreement"], found["funding"]
        written = hashlib.sha256(agreement["terms"].encode()).hexdigest()
        if not agreement["reference"] == funding["escrow"]["reference"] == f"0x{written}":
            raise DemoBroke(reason="The escrow does not carry the hash of what was agreed.")
        if not funding["matches"] or funding["mayStart"]:
            raise DemoBroke(reason=f"The escrow is seen, but told so: {funding['note']}")

    # -- three milestones, three ways ------------------------------------------------------------

    async def _release(self) -> None:
        scene, story, (title, _, amount, _) = self._scene, self._story, MILESTONES[0]
        story.heading(f"Milestone 1, {title}: handed in and released")
        await self._hand_in(1, "Three PDFs, one direction each.")
        await scene.act_and_see(self.freelancer, "complete", 1, "submitted")
        story.tell("Version 1 is here for both to see, and submitted on the chain.")
        await scene.act_and_see(self.client, "release", 1, "approved")
        story.tell(
            f". The client released it; {stx(amount)} are on their way.",
            coin=Coin.SEEN, words="Seen, not final",
        )  # fmt: skip
        await scene.finish(
            self.client, 1, "approved", f"{self.freelancer.short} has {stx(amount)}."
        )

    async def _hand_in(self, num: int, note: str) -> None:
        body = {"note": note, "links": [f"https://press.example/drafts/{num}"], "files": []}
        path = f"/api/projects/{self._project.id}/milestones/{num}/deliverables"
        await self.freelancer.ask("POST", path, body, once=True)

    async def _dispute(self) -> None:
        scene, story, title = self._scene, self._story, MILESTONES[1][0]
        story.heading(f"Milestone 2, {title}: disputed")
        await self._hand_in(2, "The page, live on a test address.")
        await scene.act_and_see(self.freelancer, "complete", 2, "submitted")
        await scene.act_and_see(self.client, "dispute", 2, "disputed")
        self._project.bond_minor = str(BOND_MICRO_STX)
        story.tell(
            f". The client says it is not what was agreed, and puts up a bond of "
            f"{stx(BOND_MICRO_STX)}.",
            coin=Coin.DISPUTED, words="Disputed",
        )  # fmt: skip
        await scene.mine_final()
        await scene.until_milestone(self.client, 2, final="disputed")
        await self._give_evidence(
            self.client, "It cannot be used with a keyboard: the menu never opens.", "menu.txt"
        )
        await self._give_evidence(
            self.freelancer, "It opens with Enter. Space was never asked for.", "keys.txt"
        )
        story.tell(
            "Both hand in evidence: a text and a file each, kept by its hash and never changed."
        )

    async def _give_evidence(self, who: Party, text: str, name: str) -> None:
        content = f"{name}\n{text}\n".encode()
        file_id = await who.upload(content, "text/plain", "document", name=name)

        async def ask() -> bool | None:
            file = await who.ask("GET", f"/api/files/{file_id}")
            if file["status"] == "rejected":
                raise DemoBroke(reason=f"A file was refused: {file['detail']}")
            return True if file["status"] == "ready" else None

        await self._scene.until(ask, problem="A file was not ready")
        body = {"text": text, "files": [file_id]}
        await who.ask("POST", f"/api/disputes/{self._dispute_id}/evidence", body, once=True)

    @property
    def _dispute_id(self) -> str:
        return f"{self._project.id}-2"

    async def _rule(self) -> None:
        scene, story, amount = self._scene, self._story, MILESTONES[1][2]
        arbiter = await scene.arbiter()
        self._project.arbiter = arbiter.wallet.address
        await self._check_dossier(arbiter)
        path = f"/api/admin/disputes/{self._dispute_id}/calls"
        call = await arbiter.ask("POST", path, {"act": "vote", "bps": RULING_BPS})
        await scene.sign(arbiter, call, "vote", 2)
        await scene.until_milestone(arbiter, 2, status="split")
        paid = amount * RULING_BPS // 10_000
        story.tell(
            f". The arbiter {arbiter.short} rules 60 to 40, by a call of its own wallet.",
            coin=Coin.SEEN, words="Seen, not final",
        )  # fmt: skip
        await scene.finish(
            self.client, 2, "split",
            f"{stx(paid)} to the freelancer, {stx(amount - paid)} back to the client, and the "
            "bond with it.",
        )  # fmt: skip

    async def _check_dossier(self, arbiter: Party) -> None:
        """The arbiter finds the dispute, takes its dossier, and checks it without the house."""
        scene = self._scene
        listed = (await arbiter.ask("GET", "/api/admin/disputes"))["items"]
        if self._dispute_id not in [dispute["id"] for dispute in listed]:
            raise DemoBroke(reason="The arbiter was not shown the dispute.")
        path = f"/api/disputes/{self._dispute_id}/dossier"
        await arbiter.ask("POST", path)

        async def ask() -> dict[str, Any] | None:
            made: dict[str, Any] | None = await arbiter.ask("GET", path, may_be_absent=True)
            return made

        download = (await scene.until(ask, problem="The dossier was not made"))["download"]
        content = await arbiter.download(download["url"], download["sha256"])
        file = scene.system.state_dir.root / download["name"]
        await asyncio.to_thread(file.write_bytes, content)
        key = (await arbiter.ask("GET", "/api/attestation-key"))["publicKey"]
        await scene.system.operate("dossier", "verify", str(file), "--key", key, here=False)
        self._project.dossier_verified = True
        self._story.tell(
            "The arbiter reads the dossier: both sides' words, the hash of every file, every "
            "final event of the chain. Its signature was checked offline, and holds."
        )

    async def _claim(self) -> str:
        scene, story, (title, _, amount, _) = self._scene, self._story, MILESTONES[2]
        story.heading(f"Milestone 3, {title}: the client is silent")
        await self._hand_in(3, "Sources, and notes on how to change them.")
        await scene.act_and_see(self.freelancer, "complete", 3, "submitted")
        story.tell(f"Handed in. {CLAIM_WINDOW:,} Bitcoin blocks go by, about two weeks.")
        with story.waiting("the window to end"):
            await scene.node.mine(burn=CLAIM_WINDOW)
            await scene.until_milestone(self.freelancer, 3, final="submitted")
        tx_id = await scene.act_and_see(self.freelancer, "claim", 3, "approved")
        story.tell(
            f". The freelancer claims {stx(amount)}; nobody had to agree.",
            coin=Coin.SEEN, words="Seen, not final",
        )  # fmt: skip
        return tx_id

    async def _reorg(self, claim: str) -> None:
        scene, story = self._scene, self._story
        await scene.node.reorg(1, drop=[claim])
        self._project.dropped_tx_id = claim
        await scene.until_milestone(self.freelancer, 3, status="submitted")
        story.tell(
            ". Another branch of the chain won, and the claim is not on it. The milestone is "
            "submitted again; nothing was paid, and nothing had been final.",
            coin=Coin.GIVEN_BACK, words="Taken back by the chain",
        )  # fmt: skip
        await scene.node.release()
        await scene.until_milestone(self.freelancer, 3, status="approved")
        story.tell(
            ". The same claim lands in another block.", coin=Coin.SEEN, words="Seen, not final"
        )

    async def _complete(self) -> None:
        scene, amount = self._scene, MILESTONES[2][2]
        await scene.finish(self.client, 3, "approved", f"{stx(amount)} paid; all three are done.")
        await self._until_final("completed", problem="The project was not completed")
        await self._count_money()

    async def _count_money(self) -> None:
        """What left the escrow, by the API's word, against what the chain says it holds."""
        project = self._project
        found = await self._scene.look(self.client)
        project.milestones = found["milestones"]
        escrow = found["funding"]["escrow"]
        project.paid_minor = escrow["finalNetMinor"]
        project.returned_minor = escrow["finalRefundedMinor"]
        paid = MILESTONES[0][2] + MILESTONES[1][2] * RULING_BPS // 10_000 + MILESTONES[2][2]
        if (project.paid_minor, project.returned_minor) != (str(paid), str(TOTAL_MICRO_STX - paid)):
            raise DemoBroke(
                reason=f"The freelancer was paid {stx(int(project.paid_minor))}, not {stx(paid)}."
            )
        await self._scene.until(self._is_compared, problem="The contract was not compared")
        left = await self._scene.node.balance_micro_stx(project.contract)
        project.escrow_left_minor = str(left)
        if left != 0:
            raise DemoBroke(reason=f"The escrow still holds {stx(left)}.")
        await self._count_purse("Client", self.client, PURSE_MICRO_STX, -paid)
        await self._count_purse("Freelancer", self.freelancer, POCKET_MICRO_STX, paid)

    async def _count_purse(self, side: str, who: Party, before: int, moved: int) -> None:
        """What a wallet has on the chain must be what it had, what moved, and the chain's fees."""
        address, node = who.wallet.address, self._scene.node
        fees, after = await node.fees_micro_stx(address), await node.balance_micro_stx(address)
        if after != before + moved - fees:
            raise DemoBroke(reason=f"{who.short} has {stx(after)}, not what came and went.")
        figures = (str(figure) for figure in (before, moved, fees, after))
        self._project.purses.append(Purse(side, address, *figures))

    async def _is_compared(self) -> bool | None:
        """The house's own comparison; None while its log is behind the chain."""
        path = f"/api/blockchain/project/{self._project.id}"
        compared = await self.client.ask("GET", path)
        if compared["agree"] is False:
            raise DemoBroke(reason=f"The contract says otherwise: {compared['differences']}")
        return compared["agree"] or None

    # -- after the money -------------------------------------------------------------------------

    async def _review(self) -> None:
        story = self._story
        story.heading("Both review")
        path = f"/api/projects/{self._project.id}/reviews"
        first: dict[str, Any] = {"rating": 4, "text": "Good work, and a fair ruling."}
        await self.client.ask("POST", path, first, once=True)
        seen = await self.freelancer.ask("GET", path)
        if seen["items"] or seen["revealed"]:
            raise DemoBroke(reason="A review was shown before the other one was in.")
        story.tell("The client's is kept back until the other one is in.")
        second = {"rating": 5, "text": "Clear terms, quick answers."}
        await self.freelancer.ask("POST", path, second, once=True)
        seen = await self.freelancer.ask("GET", path)
        if len(seen["items"]) != 2 or not seen["revealed"]:
            raise DemoBroke(reason="Both have reviewed, but the reviews are not shown.")
        await self._scene.look(self.client)
        address = self.freelancer.wallet.address
        known = await self.client.ask("GET", f"/api/freelancers/{address}/reputation")
        earned = sum(int(money["netMinor"]) for money in known["money"])
        if known["reviews"] != 1 or str(earned) != self._project.paid_minor:
            raise DemoBroke(reason="The freelancer's reputation is not made of what is final.")
        story.tell(
            f"Both are shown. {self.freelancer.short} is known for one project, {stx(earned)} "
            f"earned and {first['rating']} of 5 stars."
        )

    async def _rebuild(self) -> None:
        story = self._story
        story.heading("Everything forgotten, and worked out again from the log")
        said = json.loads(await self._scene.system.operate("rebuild", "--json"))
        self._outcome.live_hash = said["liveHash"]
        self._outcome.rebuilt_hash = said["rebuiltHash"]
        story.tell(f"{said['logRows']} rows of the log, folded again from nothing.")
        story.line(f"  As it was  {said['liveHash']}")
        story.line(f"  Rebuilt    {said['rebuiltHash']}")
        if said["liveHash"] != said["rebuiltHash"] or not said["agree"]:
            raise DemoBroke(reason="The projections are not what the log says.")
        story.tell("They agree.")

    # -- waits -----------------------------------------------------------------------------------

    async def _until_final(self, status: str, *, problem: str) -> dict[str, Any]:
        async def ask() -> dict[str, Any] | None:
            found = await self._scene.look(self.client)
            return found if found["finalStatus"] == status else None

        return await self._scene.until(ask, problem=problem)
