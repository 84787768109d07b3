"""`earnest jobs`: what failed for good and is held, and trying it again."""

from collections.abc import Sequence

from earnest import audit, jobs
from earnest.kit.db import Database
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, time_for_people, who, with_database
from earnest.run.terminal import columns, console, show


def show_jobs(settings: Settings, *, as_json: bool) -> int:
    """Counts of all jobs, and the held ones with their reasons."""

    async def read(database: Database) -> tuple[list[jobs.QueueCount], list[jobs.HeldJob]]:
        async with database.connection() as db:
            return await jobs.count_jobs(db), await jobs.list_held(db)

    counts, held = with_database(settings, read)
    if as_json:
        print_json(
            {
                "counts": counts,
                "held": [
                    {
                        "id": job.id,
                        "type": job.type,
                        "tries": job.tries,
                        "createdAt": job.created_at.isoformat(),
                        "heldAt": job.held_at.isoformat(),
                        "reason": job.reason,
                        "payload": job.payload,
                    }
                    for job in held
                ],
            }
        )
        return 0
    out = console()
    words = {"queued": "wait", "picked": "run", "failed": "held"}
    if counts:
        rows = [(c.type, words.get(c.status, c.status), str(c.count)) for c in counts]
        show(out, columns(rows, head=["Job", "State", "Count"], right=(2,)))
        out.print("")
    if not held:
        out.print("No job is held.")
        return 0
    rows_held = [
        (str(j.id), j.type, time_for_people(j.held_at), str(j.tries), j.reason) for j in held
    ]
    show(out, columns(rows_held, head=["Id", "Job", "Held since", "Tries", "Why"], right=(0, 3)))
    out.print("Queue one again: earnest jobs retry ID")
    return 0


def retry_jobs(settings: Settings, ids: Sequence[int], *, by: str, note: str) -> None:
    """Queues held jobs again; all of them or none."""

    async def work(database: Database) -> None:
        async with database.db_tx() as db_tx:
            for job in await jobs.retry_held(db_tx, ids):
                await audit.record(
                    db_tx,
                    by=who(by),
                    act="job_retry",
                    subject=f"job:{job.id}",
                    note=note.strip(),
                    facts={"type": job.type, "tries": job.tries},
                )

    with_database(settings, work)
    print(f"Queued again: {', '.join(str(id) for id in ids)}.")
