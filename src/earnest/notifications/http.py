"""Routes of notifications: one's own inbox, and marking what was read."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, put
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from earnest.accounts import SECURITY, CurrentPrincipal, require_principal
from earnest.kit.paging import Cursor, Limit, cut_page, decode_cursor
from earnest.kit.parts import GivenDatabase
from earnest.kit.problems import answers
from earnest.kit.wire import Body, Wire
from earnest.notifications import store
from earnest.notifications.errors import NotificationNotFound
from earnest.notifications.rules import reword_notification
from earnest.notifications.store import Notification

_NO_STORE = {"Cache-Control": "no-store"}
_WITH_PRINCIPAL = {"principal": Provide(require_principal)}

Unread = Annotated[bool, QueryParameter(description="Only those that you have not read.")]


class NotificationAnswer(Wire, frozen=True):
    """Something that concerns you.

    `subject` says what to open, as `project:5f…`. `title` and `body` say it in English; in
    another language make the words of `kind` and `data`. All of it is text, never markup.
    """

    id: UUID
    kind: str
    subject: str
    data: dict[str, Any]
    title: str
    body: str
    created_at: datetime
    read_at: datetime | None


class InboxAnswer(Wire, frozen=True):
    """One page of an inbox. `unreadCount` is for all of it; 1000 means as many or more."""

    items: list[NotificationAnswer]
    next_cursor: str | None
    unread_count: int


class ReadBody(Body, frozen=True):
    """The newest notification that was read; all older ones are read with it."""

    up_to: UUID


class ReadAnswer(Wire, frozen=True):
    """How many became read by this, and how many are left."""

    marked: int
    unread_count: int


def _show(notification: Notification) -> NotificationAnswer:
    words = reword_notification(notification.kind, notification.data)
    return NotificationAnswer(
        id=notification.id,
        kind=notification.kind,
        subject=notification.subject,
        data=notification.data,
        title=words.title,
        body=words.body,
        created_at=notification.created_at,
        read_at=notification.read_at,
    )


class NotificationsController(Controller):
    """What concerns the account that asks, and nobody else's."""

    path = "/api/notifications"
    tags = ("notifications",)
    dependencies = _WITH_PRINCIPAL
    security = SECURITY

    @get("/", summary="My notifications", responses=answers(400, 401, 503))
    async def list_mine(
        self,
        principal: CurrentPrincipal,
        database: GivenDatabase,
        unread: Unread = False,  # noqa: FBT002 -- the framework passes it by name
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Response[InboxAnswer]:
        """Newest first."""
        after = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
        async with database.connection() as db:
            found = await store.list_notifications(
                db, principal.account_id, unread=unread, after=after, limit=limit + 1
            )
            unread_count = await store.count_unread(db, principal.account_id)
        page, following = cut_page(found, limit, lambda last: (last.created_at, last.id))
        answer = InboxAnswer(
            items=[_show(each) for each in page],
            next_cursor=following,
            unread_count=unread_count,
        )
        return Response(answer, headers=_NO_STORE)

    @put("/read", summary="Mark all up to one as read", responses=answers(400, 401, 404, 415, 503))
    async def read_up_to(
        self, data: JSONBody[ReadBody], principal: CurrentPrincipal, database: GivenDatabase
    ) -> Response[ReadAnswer]:
        """Name the newest one that was shown: what came after it stays unread."""
        async with database.db_tx() as db_tx:
            marked = await store.mark_read_up_to(db_tx, principal.account_id, data.up_to)
            if marked is None:
                raise NotificationNotFound(notification_id=data.up_to)
            left = await store.count_unread(db_tx, principal.account_id)
        return Response(ReadAnswer(marked=marked, unread_count=left), headers=_NO_STORE)

    @put(
        "/{notification_id:uuid}/read",
        summary="Mark one as read",
        responses=answers(400, 401, 404, 503),
    )
    async def read_one(
        self,
        notification_id: FromPath[UUID],
        principal: CurrentPrincipal,
        database: GivenDatabase,
    ) -> Response[NotificationAnswer]:
        """A repeat changes nothing."""
        async with database.connection() as db:
            found = await store.mark_read(db, principal.account_id, notification_id)
        if found is None:
            raise NotificationNotFound(notification_id=notification_id)
        return Response(_show(found), headers=_NO_STORE)


ROUTES: list[Any] = [NotificationsController]
