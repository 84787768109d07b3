"""Payouts packed against one by one: chain fee per payout and payouts per second.

The real engine, signer, indexer code and ledger on a real PostgreSQL, with LiteSVM as the chain:
the Solana runtime without its slot times, so what is measured is our own work. Nothing fails here;
what happens when things do is the simulation's to show.
"""

import time
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from benchmarks.database import Cluster, Copy
from tests.conftest import Databases
from tests.integration.payouts.scene import Scene, open_scene

PAYOUTS = 200


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """How payouts travelled. `fee_lamports` is what the chain took for each of them."""

    how: str
    payouts: int
    chain_txs: int
    fee_lamports: float
    payouts_s: float


class _Urls(Databases):
    """A copy's roles, as the scene asks for them."""

    def __init__(self, cluster: Cluster, copy: Copy) -> None:
        super().__init__(
            owner_url=copy.owner, superuser_url=copy.superuser, _stack=AsyncExitStack()
        )
        self._cluster, self._name = cluster, copy.name

    def url(self, role: str) -> str:
        """The URL of one role; `owner` too."""
        return self._cluster.role_url(self._name, role)


async def measure_payouts(cluster: Cluster, folder: Path, *, count: int = PAYOUTS) -> list[Sent]:
    """`count` payouts by full chain_txs, then as many that each travel alone."""
    found = []
    for how, alone in (("packed", False), ("one by one", True)):
        copy = await cluster.make(f"payouts_{how.replace(' ', '_')}")
        async with open_scene(_Urls(cluster, copy), folder / how.replace(" ", "-")) as scene:
            found.append(await _send(scene, how, count, alone=alone))
        await cluster.drop(copy)
        print(
            f"  {how}: {found[-1].payouts_s:.0f} payouts/s, {found[-1].fee_lamports:.0f} lamports"
        )
    return found


async def _send(scene: Scene, how: str, count: int, *, alone: bool) -> Sent:
    for _ in range(count):
        await scene.request(await scene.holder())
    owner = scene.ground.roles["owner"]
    await owner.execute("UPDATE payouts SET alone = $1", alone)
    began_s = time.perf_counter()
    await scene.settle(rounds=count)
    took_s = time.perf_counter() - began_s
    attempts = await scene.attempts()
    finals = await owner.fetchval("SELECT count(*) FROM payouts WHERE status = 'final'")
    fees = await owner.fetchval("SELECT balance FROM ledger_accounts WHERE name = 'chain_fees:SOL'")
    if finals != count or not await scene.books_agree():
        raise RuntimeError(f"{finals} of {count} payouts are final; attempts: {attempts[:5]}")
    return Sent(
        how=how,
        payouts=count,
        chain_txs=len(scene.chain.landed),
        fee_lamports=int(fees) / count,
        payouts_s=count / took_s,
    )
