"""What the legs of the second story share: its people, their wallets, the Stacks chain, waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from earnest.kit.money import Asset, Money
from earnest.run.demo.client import Party
from earnest.run.demo.errors import DemoBroke
from earnest.run.demo.outcome import ChainStep, Outcome, ProjectOutcome
from earnest.run.demo.stacks_wallet import ChainSwitchRefused, StacksNode, StacksWallets
from earnest.run.demo.story import Coin, Story
from earnest.run.demo.system import System
from earnest.run.demo.wallets import NODE_GONE_AFTER_S

T = TypeVar("T")

BLOCKS_UNTIL_FINAL = 6
_POLL_S = 0.2
_SECONDS_MAX = 60.0


def stx(amount_minor: int) -> str:
    """For people: `30.00 STX`."""
    return str(Money(amount_minor, Asset.STX))


class Scene:
    """The second story's stage. Used as an async context."""

    def __init__(self, system: System, story: Story, outcome: Outcome) -> None:
        urls = system.urls
        self.system, self.story, self.outcome = system, story, outcome
        self.project = ProjectOutcome(contract=system.stacks_contract)
        self.api = urls["api"]
        self.node = StacksNode(urls["stacksApi"])
        self.wallets = StacksWallets()
        self._people: list[Party] = []
        self._answered_at = time.monotonic()

    async def __aenter__(self) -> "Scene":
        await self.wallets.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for party in self._people:
            await party.close()
        await self.node.close()
        await self.wallets.__aexit__(None, None, None)

    # -- people ----------------------------------------------------------------------------------

    async def newcomer(self) -> Party:
        """Somebody with a fresh key, signed in."""
        return await self._enter(Party(self.api, await self.wallets.open()))

    async def arbiter(self) -> Party:
        """Whoever deployed the contract: the only arbiter there is on a fresh chain."""
        key_file = self.system.state_dir.secrets / "stacks-deployer-key"
        return await self._enter(Party(self.api, await self.wallets.open(key_file=key_file)))

    async def _enter(self, party: Party) -> Party:
        self._people.append(party)
        await party.sign_in()
        return party

    # -- the project -----------------------------------------------------------------------------

    async def look(self, who: Party) -> dict[str, Any]:
        """The project as somebody sees it. Each change of its status is kept for the report."""
        found: dict[str, Any] = await who.ask("GET", f"/api/projects/{self.project.id}")
        if found["status"] != self.project.statuses[-1]:
            self.project.statuses.append(found["status"])
        return found

    async def milestone(self, who: Party, num: int) -> dict[str, Any]:
        """One milestone, as somebody sees it."""
        found = await self.look(who)
        milestone: dict[str, Any] = found["milestones"][num - 1]
        return milestone

    async def act(self, who: Party, act: str, num: int | None = None) -> str:
        """Has a call prepared, signs it as it stands, sends it; gives the chain_tx's id."""
        asked = {"act": act} if num is None else {"act": act, "milestoneNum": num}
        call = await who.ask("POST", f"/api/projects/{self.project.id}/calls", asked)
        return await self.sign(who, call, act, num)

    async def sign(self, who: Party, call: dict[str, Any], act: str, num: int | None) -> str:
        """Signs a prepared call as it stands and sends it; gives the chain_tx's id."""
        if call["contract"] != self.project.contract or call["postConditionMode"] != "deny":
            raise DemoBroke(reason=f"The call prepared for {act} is not one to sign: {call}")
        tx_id = await who.wallet.send_call(call, self.node.api_url)
        self.project.chain_txs.append(ChainStep(act, num, tx_id))
        return tx_id

    async def act_and_see(self, who: Party, act: str, num: int, status: str) -> str:
        """An act on a milestone, and a wait until the milestone is shown as `status`."""
        tx_id = await self.act(who, act, num)
        await self.until_milestone(who, num, status=status)
        return tx_id

    async def until_milestone(
        self, who: Party, num: int, *, status: str | None = None, final: str | None = None
    ) -> dict[str, Any]:
        """Waits until a milestone is shown as `status`, or as `final` beyond any reorg."""

        async def ask() -> dict[str, Any] | None:
            found = await self.milestone(who, num)
            if status is not None and found["status"] != status:
                return None
            if final is not None and found["finalStatus"] != final:
                return None
            return found

        wanted = f"finally {final}" if final else str(status)
        return await self.until(ask, problem=f"Milestone {num} was not shown as {wanted}")

    async def finish(self, who: Party, num: int, final: str, words: str) -> dict[str, Any]:
        """Six Bitcoin blocks, until a milestone is `final` beyond any reorg; tells it."""
        await self.mine_final()
        found = await self.until_milestone(who, num, final=final)
        self.story.tell(f". {words}", coin=Coin.FINAL, words="Final")
        return found

    async def mine_final(self) -> None:
        """As many Bitcoin blocks as it takes until what stands cannot be undone."""
        await self.node.mine(burn=BLOCKS_UNTIL_FINAL)

    # -- waits -----------------------------------------------------------------------------------

    async def until(self, ask: Callable[[], Awaitable[T | None]], *, problem: str) -> T:
        """Asks until there is an answer, while the system and the chain live.

        Raises `DemoBroke` with `problem` when it takes too long.
        """
        deadline = time.monotonic() + _SECONDS_MAX
        while True:
            found = await ask()
            if found is not None:
                return found
            self.system.check()
            await self._check_chain()
            if time.monotonic() > deadline:
                raise DemoBroke(reason=f"{problem} within {_SECONDS_MAX:.0f} s.")
            await asyncio.sleep(_POLL_S)

    async def _check_chain(self) -> None:
        try:
            await self.node.state()
        except ChainSwitchRefused as error:
            silent_s = time.monotonic() - self._answered_at
            if silent_s > NODE_GONE_AFTER_S:
                raise DemoBroke(
                    reason=f"The Stacks chain is gone: {self.node.api_url} has not answered for "
                    f"{silent_s:.0f} s. What was final stands; the rest is not counted."
                ) from error
        else:
            self._answered_at = time.monotonic()
