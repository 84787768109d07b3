"""`earnest audit`: what operators did, who and why."""

from uuid import UUID

from earnest import audit
from earnest.kit.db import Database
from earnest.kit.paging import decode_cursor, encode_cursor
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, print_page, time_for_people, with_database


def show_audit(
    settings: Settings,
    *,
    act: str | None,
    subject: str | None,
    by: str | None,
    cursor: str | None,
    limit: int,
    as_json: bool,
) -> int:
    """One page of the audit, the newest first."""
    before = decode_cursor(cursor, int) if cursor else None

    async def read(database: Database) -> list[audit.OperatorAct]:
        async with database.connection() as db:
            return await audit.list_acts(
                db, limit=limit + 1, before=before, act=act, subject=subject, by=_person(by)
            )

    found = with_database(settings, read)
    page, following = found[:limit], found[limit:]
    next_cursor = encode_cursor(page[-1].id) if following else None
    if as_json:
        items = [
            {
                "id": each.id,
                "at": each.at.isoformat(),
                "by": str(each.by),
                "act": each.act,
                "subject": each.subject,
                "note": each.note,
                "facts": each.facts,
            }
            for each in page
        ]
        print_json({"items": items, "nextCursor": next_cursor})
        return 0
    rows = [
        (str(e.id), time_for_people(e.at), str(e.by), e.act, e.subject, e.note or "-") for e in page
    ]
    print_page(rows, ["No", "When", "Who", "What", "About", "Why"], (0,), next_cursor)
    return 0


def _person(by: str | None) -> UUID | str | None:
    """An account's id where it has the form of one, else a name."""
    if by is None:
        return None
    try:
        return UUID(by)
    except ValueError:
        return by
