"""The command line: what it says, in one line where it refuses, and by its exit code."""

import asyncio
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.acceptance.system import (
    EARNEST,
    RunningSystem,
    bare_environment,
    earnest_up,
    poll_until,
    run_earnest,
    run_inside,
)

COMMANDS = {
    "up": (),
    "status": (),
    "demo": (),
    "api": (),
    "worker": (),
    "indexer": (),
    "signer": ("serve", "init", "status", "acknowledge"),
    "migrate": (),
    "solvency": (),
    "ledger": ("verify", "history"),
    "suspense": ("list", "settle"),
    "payouts": ("stuck", "hold", "release", "give-back", "stop", "clear-halt"),
    "audit": (),
    "chain": ("status", "resume"),
    "rebuild": (),
    "contract": ("prepare", "resync"),
    "jobs": ("list", "retry"),
    "dossier": ("verify",),
    "cdn": ("policy",),
    "openapi": (),
    "version": (),
}
EVERY = [(name,) for name in COMMANDS] + [(n, sub) for n, subs in COMMANDS.items() for sub in subs]
WHO_AND_WHY = ("--by", "Ada", "--note", "tried")


def refused(said: "subprocess.CompletedProcess[str]", code: int = 1) -> str:
    """The one plain line with which a command refused."""
    assert said.returncode == code, said.stdout + said.stderr
    assert said.stderr.count("\n") == 1, said.stderr
    assert "Traceback" not in said.stderr
    return said.stderr


def test_help_names_every_command() -> None:
    """`earnest --help` lists all there is, each with a sentence, in its order."""
    said = run_earnest("--help")
    assert said.returncode == 0
    listed = re.findall(r"^│ ([a-z][a-z-]+)  +[A-Z]", said.stdout, re.MULTILINE)
    assert listed == list(COMMANDS)


def test_help_is_quick() -> None:
    """Help loads nothing of the database, the chains or the web server."""
    program = (
        "import sys\n"
        "from earnest.run.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'asyncpg', 'litestar', 'solders', 'pgqueuer', 'uvicorn', 'PIL'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.rstrip().endswith("LOADED []")


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    """`--help` of each command says what it does, and does nothing."""
    said = run_inside(*command, "--help")
    assert said.returncode == 0
    assert said.stdout.startswith("Usage: earnest")
    assert len(said.stdout.splitlines()) > 3


@pytest.mark.parametrize(
    "typed",
    [
        ("nonsense",),
        ("up", "--network", "moonnet"),
        ("up", "--port", "70000"),
        ("up", "--slot-ms", "1"),
        ("ledger", "history", "--limit", "0"),
        ("payouts", "hold", "7", *WHO_AND_WHY),
        ("suspense", "settle", str(uuid.UUID(int=7))),
        ("jobs", "retry"),
        ("solvency", "--jsn"),
    ],
    ids=" ".join,
)
def test_typed_wrongly_exits_with_2(typed: tuple[str, ...], tmp_path: Path) -> None:
    """A mistake in the command line is told in one line, before anything is touched."""
    env = bare_environment(EARNEST_STATE_DIR=str(tmp_path / "var"))
    refused(run_earnest(*typed, env=env), 2)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("command", ["api", "worker", "indexer", "signer", "migrate"])
def test_a_process_without_settings_names_the_first_that_is_missing(command: str) -> None:
    """A process started alone says which variable it needs."""
    assert re.search(r"EARNEST_[A-Z_]+ is not set", refused(run_earnest(command)))


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    """A value that makes no sense, and a file that is not there, are told by their variables."""
    line = refused(run_earnest("api", env=bare_environment(EARNEST_API_PORT="many")))
    assert "EARNEST_API_PORT" in line
    missing = bare_environment(EARNEST_JWT_SECRET_FILE=str(tmp_path / "none"))
    assert "EARNEST_JWT_SECRET_FILE" in refused(run_earnest("api", env=missing))


@pytest.mark.parametrize(
    "command",
    [
        ("solvency",),
        ("ledger", "verify"),
        ("suspense", "list"),
        ("payouts",),
        ("chain", "status"),
        ("jobs",),
    ],
    ids=" ".join,
)
def test_where_nothing_runs_that_is_said(command: tuple[str, ...], tmp_path: Path) -> None:
    """Without a system and without a database's name there is one line, and what to do."""
    line = refused(run_earnest(*command, "--state-dir", str(tmp_path)))
    assert "earnest up" in line


def test_status_where_nothing_runs(tmp_path: Path) -> None:
    """Nothing runs: that is no error of the program, but not well either."""
    said = run_earnest("status", "--state-dir", str(tmp_path))
    assert (said.returncode, said.stderr) == (1, "")
    as_json = run_earnest("status", "--json", "--state-dir", str(tmp_path))
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["processes"] == []


def test_a_database_that_is_gone_is_said_plainly() -> None:
    """An address where nothing listens: one line, no trace."""
    nowhere = bare_environment(EARNEST_DATABASE_URL="postgresql://nobody:x@127.0.0.1:9/none")
    assert "database" in refused(run_earnest("ledger", "verify", env=nowhere)).lower()
    assert "database" in refused(run_earnest("jobs", env=nowhere)).lower()
    assert "database" in refused(run_earnest("migrate", env=nowhere)).lower()


def test_a_stale_description_of_the_api_is_refused(tmp_path: Path) -> None:
    """A file that this code wrote is fresh; one that differs by a word is not, and says so."""
    kept = tmp_path / "openapi.json"
    assert "--write" in refused(run_inside("openapi", "--check", str(kept)))
    assert run_inside("openapi", "--write", str(kept)).returncode == 0
    assert run_earnest("openapi", "--check", str(kept)).returncode == 0
    kept.write_text(kept.read_text("utf-8").replace("Earnest", "Other"), "utf-8")
    assert "--write" in refused(run_inside("openapi", "--check", str(kept)))


def test_policies_for_the_network_in_front() -> None:
    """All documents at once or one of them, as JSON that `aws` takes."""
    everything = json.loads(run_inside("cdn", "policy").stdout)
    for part in ("bucketPolicy", "lifecycle", "iamPolicy", "cors"):
        assert json.loads(run_inside("cdn", "policy", "--part", part).stdout) == everything[part]


def test_version() -> None:
    """Both ways of asking give the same figure."""
    assert run_earnest("version").stdout == run_earnest("--version").stdout
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run_earnest("version").stdout)


def test_a_reader_that_leaves_is_no_fault() -> None:
    """`earnest openapi | head -1` ends quietly."""
    command = " ".join([*EARNEST, "openapi", "|", "head", "-1"])
    said = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=False)
    assert said.stdout == "{\n"
    assert said.stderr == ""


# -- on a running system ------------------------------------------------------------------------


def test_reading_commands_say_the_same_twice_over(running_system: RunningSystem) -> None:
    """Each reading command works for people and, with --json, for programs."""
    for command in (
        ("status",),
        ("solvency",),
        ("ledger", "verify"),
        ("ledger", "history"),
        ("ledger", "history", "float:SOL"),
        ("suspense", "list"),
        ("payouts",),
        ("chain", "status"),
        ("jobs",),
    ):
        for_people = running_system.earnest(*command)
        assert for_people.returncode == 0, for_people.stderr
        assert for_people.stdout.strip()
        assert "\x1b" not in for_people.stdout
        assert not [line for line in for_people.stdout.splitlines() if line != line.rstrip()]
        running_system.earnest_json(*command)
    assert running_system.earnest("signer", "status").returncode == 0


def test_history_is_paged_by_cursor(running_system: RunningSystem) -> None:
    """Pages of one entry, followed by their cursors, give what one large page gives."""
    for _ in range(3):
        send_to_treasury(running_system, 1_000)
    account = next(
        a["name"]
        for a in running_system.earnest_json("ledger", "history")["items"]
        if a["name"].startswith("treasury:") and a["asset"] == "SOL"
    )
    poll_until(
        lambda: len(running_system.earnest_json("ledger", "history", account)["items"]) >= 4,
        what="the three payments are posted",
    )
    whole = running_system.earnest_json("ledger", "history", account)["items"]
    paged: list[Any] = []
    cursor: str | None = None
    while True:
        more = ("--cursor", cursor) if cursor else ()
        page = running_system.earnest_json("ledger", "history", account, "--limit", "1", *more)
        paged += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert paged == whole
    assert [e["version"] for e in whole] == sorted((e["version"] for e in whole), reverse=True)
    unknown = running_system.earnest("ledger", "history", "no:such")
    assert "no:such" in refused(unknown)
    made_up = running_system.earnest("ledger", "history", account, "--cursor", "###")
    assert "cursor" in refused(made_up)


def test_suspense_is_listed_and_settled_once(running_system: RunningSystem) -> None:
    """Money without a reference waits for a person, who gives it to an account, once."""
    before = {i["id"] for i in running_system.earnest_json("suspense", "list")["items"]}
    send_to_treasury(running_system, 123_456_789)

    def arrived() -> list[Any]:
        items = running_system.earnest_json("suspense", "list", "--limit", "1000")["items"]
        return [i for i in items if i["id"] not in before and i["amountMinor"] == "123456789"]

    poll_until(lambda: bool(arrived()), what="in suspense")
    (item,) = arrived()
    assert item["reason"] == "no_known_reference"
    nobody = running_system.earnest(
        "suspense", "settle", item["id"], "--to", str(uuid.uuid4()), *WHO_AND_WHY
    )
    assert "linked address" in refused(nobody)
    account = make_account(running_system)
    args = ("suspense", "settle", item["id"], "--to", account, *WHO_AND_WHY)
    assert running_system.earnest(*args).returncode == 0
    assert not arrived()
    about = ("audit", "--subject", f"suspense:{item['id']}")
    [line] = running_system.earnest_json(*about)["items"]
    assert (line["act"], line["by"], line["note"]) == ("suspense_settle", "Ada", "tried")
    assert line["facts"] == {"accountId": account}
    assert "suspense_settle" in running_system.earnest(*about).stdout
    again = running_system.earnest(*args)
    assert "settled before" in refused(again)
    silent = ("suspense", "settle", item["id"], "--to", account, "--by", " ", "--note", "x")
    assert "--by" in refused(running_system.earnest(*silent))
    assert running_system.earnest_json("solvency")["solvent"] is True


def test_what_does_not_exist_is_named(running_system: RunningSystem) -> None:
    """Ids that nobody knows are refused with their words, not with a trace."""
    unknown = str(uuid.uuid4())
    assert "is not held" in refused(running_system.earnest("jobs", "retry", "999999999"))
    noted = ("signer", "acknowledge", unknown, "--note", "tried")
    assert unknown in refused(running_system.earnest(*noted))
    refused(running_system.earnest("payouts", "hold", unknown, *WHO_AND_WHY))
    refused(running_system.earnest("payouts", "give-back", unknown, *WHO_AND_WHY))
    refused(running_system.earnest("payouts", "clear-halt", "no_such", *WHO_AND_WHY))
    settled = ("suspense", "settle", unknown, "--to", make_account(running_system), *WHO_AND_WHY)
    assert unknown in refused(running_system.earnest(*settled))
    assert "was not halted" in running_system.earnest("chain", "resume").stdout


@pytest.fixture
def false_system(tmp_path: Path) -> Iterator[RunningSystem]:
    """A system whose books a test may falsify."""
    with earnest_up(tmp_path / "var", "--no-stacks") as system:
        yield system


def test_false_books_are_found(false_system: RunningSystem) -> None:
    """Somebody with the superuser's password changes the books: both proofs fail, with words."""
    assert false_system.earnest_json("ledger", "verify")["ok"] is True
    send_to_treasury(false_system, 1_000)
    poll_until(
        lambda: bool(false_system.earnest_json("suspense", "list")["items"]), what="it is posted"
    )
    assert false_system.earnest_json("solvency")["solvent"] is True
    password = (false_system.state_dir / "secrets" / "postgres-password").read_text().strip()
    asyncio.run(falsify(false_system.urls["database"].replace("//", f"//postgres:{password}@")))
    solvency = false_system.earnest("solvency")
    assert solvency.returncode == 1
    assert "differs" in solvency.stdout
    verified = false_system.earnest("ledger", "verify")
    assert verified.returncode == 1
    assert "float:SOL" in verified.stdout


async def falsify(url: str) -> None:
    """Changes two balances past every guard of the database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SET session_replication_role = replica; SET search_path = earnest;"
            "UPDATE treasury_postings SET balance = balance + 1;"
            "UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'float:SOL'"
        )
    finally:
        await connection.close()


def send_to_treasury(system: RunningSystem, lamports: int) -> None:
    """A transfer on chain to the treasury that says nothing about its purpose."""
    urls = system.urls
    accounts = system.earnest_json("solvency")["accounts"]
    treasury = next(a["address"] for a in accounts if a["asset"] == "SOL")
    answer = httpx.post(
        f"{urls['solanaRpc']}/localnet/faucet", json={"address": treasury, "lamports": lamports}
    )
    assert answer.status_code == 200, answer.text


def make_account(system: RunningSystem) -> str:
    """The id of an account of somebody who signs in by wallet for the first time."""
    import base58
    from solders.keypair import Keypair

    wallet = Keypair()
    with httpx.Client(base_url=system.urls["api"]) as http:
        asked = http.post("/api/auth/challenge", json={"address": str(wallet.pubkey())})
        challenge = asked.json()["challenge"]
        signature = base58.b58encode(bytes(wallet.sign_message(challenge.encode()))).decode()
        answer = http.post(
            "/api/auth/verify",
            json={
                "address": str(wallet.pubkey()),
                "signature": signature,
                "challenge": challenge,
            },
        )
        assert answer.status_code == 200, answer.text
        account: str = answer.json()["user"]["id"]
        return account


def test_colour_only_where_it_is_wanted(tmp_path: Path) -> None:
    """On a terminal there is colour; with NO_COLOR, or in a pipe, there is none."""
    import pty

    for coloured in (True, False):
        env = bare_environment(TERM="xterm-256color", NO_COLOR="1")
        if coloured:
            del env["NO_COLOR"]
        leader, follower = pty.openpty()
        with subprocess.Popen(
            [*EARNEST, "ledger", "verify", "--state-dir", str(tmp_path)],
            env=env,
            stdin=follower,
            stdout=follower,
            stderr=follower,
        ) as process:
            os.close(follower)
            said = b""
            while True:
                try:
                    chunk = os.read(leader, 4096)
                except OSError:
                    break
                if not chunk:
                    break
                said += chunk
            process.wait()
        os.close(leader)
        assert (b"\x1b[31m" in said) is coloured
        assert b"earnest up" in said
