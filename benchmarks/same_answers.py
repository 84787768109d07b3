"""Shows, before anything is measured, that all servers do the same work: the same answer to each
case, refusals included. What answers otherwise is not compared.
"""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from benchmarks.database import Cluster, Copy, connect
from benchmarks.seed import REQUESTER, check_votes, fund_tasks, seed_tasks, seed_workers, worker_id
from benchmarks.servers import SERVERS, Running, running, tokens

_NOWHERE = "00000000-0000-4000-8000-000000000000"


class AnswersDiffer(Exception):
    """A server answers a case otherwise than Earnest."""


async def check_same_answers(cluster: Cluster, folder: Path) -> None:
    """Plays every case on every server. Raises `AnswersDiffer`."""
    template = await cluster.make("same_answers", _seed)
    expected: dict[str, tuple[int, str]] = {}
    for server in SERVERS:
        copy = await cluster.clone(template, f"same_{server.key}")
        with running(server, copy, folder / f"{server.key}.log") as at:
            found = await _play(at, copy)
        expected = expected or found
        for case, answer in found.items():
            if answer != expected[case]:
                raise AnswersDiffer(f"{server.title}, {case}: {answer}, not {expected[case]}")
        await cluster.drop(copy)
    await cluster.drop(template)


async def _seed(connection: Any) -> None:
    await seed_workers(connection, 4)
    await seed_tasks(connection, 1, 3, votes_wanted=2)
    await fund_tasks(connection)


class _Client:
    def __init__(self, at: Running, token: str) -> None:
        self._base = f"http://127.0.0.1:{at.port}/api/tasks"
        self._token = token

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, self._base + path, json=body, headers=headers, timeout=10)
        return answer.status_code, answer.json() if answer.content else None

    def vote(self, task: str, option: Any) -> tuple[int, Any]:
        return self.ask(f"/{task}/submissions", {"optionId": option})


async def _play(at: Running, copy: Copy) -> dict[str, tuple[int, str]]:
    owner, first, second, third = (_Client(at, token) for token in tokens(4, first=0))
    found: dict[str, tuple[int, str]] = {}

    def note(case: str, answer: tuple[int, Any]) -> Any:
        status, body = answer
        if status >= 400:
            found[case] = (status, body["code"])
        else:
            found[case] = (status, json.dumps(_without_times(at, body), sort_keys=True))
        return body

    database = await connect(copy.superuser)
    try:
        note("not signed in", _Client(at, "x.y.z").ask("/next"))
        task = note("takes a seat", first.ask("/next"))["task"]
        note("asks again", first.ask("/next"))
        one, other = (option["id"] for option in task["options"][:2])
        note("no seat", second.vote(task["id"], one))
        note("own task", owner.vote(task["id"], one))
        note("nothing for the requester", owner.ask("/next"))
        note("unknown task", first.vote(_NOWHERE, one))
        note("option of another task", first.vote(task["id"], _NOWHERE))
        note("no option", first.ask(f"/{task['id']}/submissions", {}))
        note("a field too many", first.ask(f"/{task['id']}/submissions", {"optionId": one, "a": 1}))
        note("no uuid", first.vote(task["id"], "one"))
        note("votes", first.vote(task["id"], one))
        note("votes again", first.vote(task["id"], one))
        note("votes otherwise", first.vote(task["id"], other))
        seat = note("second worker's seat", second.ask("/next"))["task"]["id"]
        await database.execute(
            "UPDATE task_seats SET expires_at = now() - interval '1 s' WHERE worker = $1"
            " AND task_id = $2",
            worker_id(2),
            UUID(seat),
        )
        note("seat lapsed", second.vote(seat, one))
        note("lapsed seat renewed", second.ask("/next"))
        note("closes the task", second.vote(task["id"], other))
        note("closed task", third.vote(task["id"], one))
        books = await database.fetch(
            "SELECT replace(name, $1::text, 'requester'), balance::text FROM ledger_accounts"
            " ORDER BY id",
            str(REQUESTER),
        )
        found["books"] = (0, str([tuple(row) for row in books]))
        found["counted"] = (0, str(await check_votes(database, 2)))
    finally:
        await database.close()
    return found


def _without_times(at: Running, body: Any) -> Any:
    """An answer without what differs from run to run: times and the port."""
    text = json.dumps(body).replace(f"127.0.0.1:{at.port}", "host")
    return json.loads(text, object_hook=lambda found: {**found, "expiresAt": "then"}
                      if "expiresAt" in found else found)  # fmt: skip
