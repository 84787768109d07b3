"""The inbox over HTTP."""

from uuid import UUID

from earnest.notifications import NotificationKind, notify
from tests.acceptance.http.conftest import Site


async def test_an_inbox_shows_counts_and_marks(site: Site) -> None:
    """What concerns somebody is there with words, in pages; marking is idempotent; what belongs
    to others is not found; a title with markup comes back as the text that it is."""
    person, other = site.person(), site.person()
    owner = await site.market.role("owner")
    async with owner.db_tx() as db_tx:
        for number in range(3):
            await notify(
                db_tx,
                to=[UUID(person.account_id)],
                kind=NotificationKind.ESCROW_FUNDED,
                subject=f"project:{number}",
                data={"projectTitle": "<script>", "amountMinor": "5000000", "asset": "STX"},
                key=f"k{number}",
            )
    async with person.client() as client, other.client() as stranger:
        first = (await client.get("/api/notifications", params={"limit": 2})).json()
        assert first["unreadCount"] == 3
        assert [each["subject"] for each in first["items"]] == ["project:2", "project:1"]
        newest = first["items"][0]
        assert newest["title"] == "“<script>” is funded"
        assert newest["body"].startswith("5.00\u00a0STX lie in the escrow")
        assert newest["readAt"] is None
        second = (
            await client.get("/api/notifications", params={"cursor": first["nextCursor"]})
        ).json()
        assert [each["subject"] for each in second["items"]] == ["project:0"]
        assert second["nextCursor"] is None

        path = f"/api/notifications/{newest['id']}/read"
        assert (await stranger.put(path)).status_code == 404
        read = await client.put(path)
        assert read.status_code == 200
        assert read.json() == (await client.put(path)).json()
        unread = (await client.get("/api/notifications", params={"unread": "true"})).json()
        assert len(unread["items"]) == unread["unreadCount"] == 2

        up_to = {"upTo": newest["id"]}
        assert (await stranger.put("/api/notifications/read", json=up_to)).status_code == 404
        marked = (await client.put("/api/notifications/read", json=up_to)).json()
        assert marked == {"marked": 2, "unreadCount": 0}
        assert (await client.get("/api/notifications", params={"cursor": "x"})).status_code == 400
