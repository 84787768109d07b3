"""What an operator reads about payouts over HTTP."""

from uuid import UUID

from solders.keypair import Keypair

from earnest.kit.clock import SystemClock
from earnest.payouts import Desk
from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import opened_site
from tests.acceptance.http.served import sign_in
from tests.conftest import Databases


async def test_held_payouts_are_shown_to_the_operator_page_by_page(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Two payouts that were held come oldest first, one on each page of one, as often as asked; one
    that has only just been asked for is not among them. Nobody else is shown any."""
    wallet = Keypair()
    async with opened_site(
        databases, s3_server, chain, operator_addresses=str(wallet.pubkey())
    ) as site:
        desk = Desk(await databases.role("worker"), SystemClock())
        held: list[str] = []
        for _ in range(3):
            person = site.person()
            await site.earn(person)
            async with person.client() as client:
                asked = await client.post(
                    "/api/payouts", json={"asset": "SOL", "amountMinor": "1000000"}
                )
                assert (await client.get("/api/admin/payouts")).status_code == 403
            held.append(asked.json()["id"])
        fresh = held.pop()
        for each in held:
            await desk.hold(UUID(each), operator="ada", note="asked the bank")
        async with sign_in(site.url, wallet).client() as operator:
            first = (await operator.get("/api/admin/payouts?limit=1")).json()
            cursor = first["nextCursor"]
            second = (await operator.get(f"/api/admin/payouts?limit=1&cursor={cursor}")).json()
            wrong = await operator.get("/api/admin/payouts?cursor=LTE")
        shown = first["items"] + second["items"]
        assert [item["id"] for item in shown] == held
        assert fresh not in [item["id"] for item in shown]
        assert all(item["held"] and item["amountMinor"] == "1000000" for item in shown)
        assert (second["nextCursor"], first["halts"]) == (None, [])
        assert wrong.status_code == 400
