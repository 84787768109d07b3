"""What the API tells every page before anybody signs in."""

from uuid import UUID

import httpx
from solders.keypair import Keypair

from earnest.run.embedded.local_chain import LocalChain
from earnest.run.embedded.object_store import ObjectStore as EmbeddedS3
from tests.acceptance.http.conftest import Site, opened_site
from tests.acceptance.marketplace import eventually
from tests.conftest import Databases


async def test_the_house_says_where_its_money_is(site: Site) -> None:
    """Treasury, network, limits and the nodes of the local chains, for everybody; no secret."""
    async with site.stranger() as client:
        answer = await client.get("/api/site")
    shown = answer.json()
    assert shown["network"] == "local"
    assert shown["solanaTreasury"] == site.settings.solana_treasury
    assert shown["local"]["solanaRpcUrl"] == site.settings.rpc_urls[0]
    assert shown["feeBps"] == site.settings.fee_bps
    assert {each["asset"] for each in shown["payoutMin"]} == {"SOL", "USDC"}
    for secret in (
        site.settings.jwt_secret,
        site.settings.database_url,
        site.settings.s3_secret_access_key,
    ):
        assert secret not in answer.text


async def test_a_page_is_given_what_a_payment_is_built_with(site: Site) -> None:
    """A blockhash of the chain, with the height that it is good for."""
    async with site.stranger() as client:
        shown = (await client.get("/api/site/blockhash")).json()
    assert shown["chain"] == "solana"
    assert len(shown["blockhash"]) >= 32
    assert shown["lastValidBlockHeight"] > 0


async def test_a_purse_says_what_a_wallet_can_pay_with(
    databases: Databases, s3_server: EmbeddedS3, chain: LocalChain
) -> None:
    """Lamports and the house's USDC as the chain has them, null without an account for it; only
    for who is signed in, and only of wallets on Solana."""
    address = str(Keypair().pubkey())
    mint = chain.access.usdc_mint
    async with (
        opened_site(databases, s3_server, chain, solana_usdc_mint=mint) as site,
        site.person().client() as client,
        site.stranger() as stranger,
        httpx.AsyncClient(base_url=chain.access.rpc_url) as node,
    ):
        asked = {"address": address}

        async def shows(wanted: dict[str, str | None]) -> bool | None:
            answer = await client.get("/api/site/purse", params=asked)
            assert answer.status_code == 200, answer.text
            return answer.json() == wanted or None

        await node.post("/localnet/faucet", json={"address": address, "lamports": 7_000_000})
        assert await eventually(
            lambda: shows({"lamports": "7000000", "usdcMinor": None}), "the lamports"
        )
        await node.post("/localnet/token", json={"owner": address, "amount": 1_250_000})
        assert await eventually(
            lambda: shows({"lamports": "7000000", "usdcMinor": "1250000"}), "the tokens"
        )
        for other in ("0x" + "ab" * 20, "nonsense"):
            refused = await client.get("/api/site/purse", params={"address": other})
            assert refused.status_code == 400
        assert (await stranger.get("/api/site/purse", params=asked)).status_code == 401


async def test_counts_are_of_all_tasks_together(site: Site) -> None:
    """An open task adds itself and the votes that it wants; a vote takes one of them away; what is
    not paid is not counted, and nothing tells one task from another."""

    async def counts(client: httpx.AsyncClient) -> dict[str, int]:
        shown = (await client.get("/api/site/counts")).json()
        assert {"openTasks", "votesWanted", "paidOutDay", "at"} <= set(shown)
        return {name: shown[name] for name in ("openTasks", "votesWanted")}

    person, worker = site.person(), site.person()
    async with site.stranger() as client, person.client() as owner:
        before = await counts(client)
        await owner.post("/api/tasks", json=await site.task_body(person))
        assert await counts(client) == before
        task = await site.market.open_task(UUID(person.account_id))
        opened = await counts(client)
        assert opened == {
            "openTasks": before["openTasks"] + 1,
            "votesWanted": before["votesWanted"] + task.votes_wanted,
        }
        async with worker.client() as voter:
            seat = (await voter.get("/api/tasks/next")).json()
            await voter.post(
                f"/api/tasks/{seat['task']['id']}/submissions",
                json={"optionId": seat["task"]["options"][0]["id"]},
            )
        assert (await counts(client))["votesWanted"] < opened["votesWanted"]
