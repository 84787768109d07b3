"""`earnest up`: all of it, looked at as an operator would, and hit as a machine would."""

import asyncio
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from earnest.run.embedded.object_store import ObjectStore
from earnest.run.embedded.postgres import EmbeddedPostgres
from earnest.run.migrate import create_database
from tests.acceptance.system import (
    PROCESSES,
    RunningSystem,
    bare_environment,
    earnest_up,
    lives,
    poll_until,
    run_earnest,
)


@pytest.fixture(scope="module")
def own_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system that tests may hurt."""
    with earnest_up(tmp_path_factory.mktemp("hurt") / "var") as system:
        yield system


def secrets_of(system: RunningSystem) -> list[str]:
    """Every secret of a system, as its files hold them."""
    files = (system.state_dir / "secrets").iterdir()
    found = [part for file in files for part in file.read_text("utf-8").split()]
    # The S3 key's id is a name, not a secret, and a URL's secret is the password inside it.
    return [text for text in found if len(text) >= 30 and "://" not in text]


def test_every_part_answers_where_status_says(running_system: RunningSystem) -> None:
    """All eight processes are ready, and each URL leads to a part that works."""
    status = running_system.status()
    assert status["healthy"] is True
    assert {p["name"] for p in status["processes"]} == set(PROCESSES)
    for process in status["processes"]:
        assert process["health"] == "ready"
        assert lives(process["pid"])
        assert process["restarts"] == 0
        assert process["uptimeSeconds"] > 0
    urls = status["urls"]
    assert httpx.get(f"{urls['api']}/healthz").text == "ok\n"
    assert httpx.get(f"{urls['api']}/readyz").status_code == 200
    assert httpx.get(urls["docs"]).headers["content-type"].startswith("text/html")
    assert httpx.get(f"{urls['api']}/api/openapi.json").json()["openapi"].startswith("3.1")
    health = {"jsonrpc": "2.0", "id": 1, "method": "getHealth"}
    assert httpx.post(urls["solanaRpc"], json=health).json()["result"] == "ok"
    stacks = httpx.get(f"{urls['stacksApi']}/localnet/state").json()
    assert stacks["contractId"] == status["stacksContract"]
    assert status["stacksContract"] in running_system.output
    assert httpx.get(f"{urls['s3']}/earnest/any").status_code in (400, 403)  # not signed
    assert "Ready in" in running_system.output


def test_the_database_lets_nobody_in_without_a_password(running_system: RunningSystem) -> None:
    """The URL that is shown opens nothing by itself."""
    url = running_system.urls["database"]
    assert "@" not in url
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(asyncpg.connect(url.replace("//", "//earnest_owner:guess@")))


def test_no_secret_is_shown(running_system: RunningSystem) -> None:
    """Neither output, status, command lines nor logs hold a secret, and the files are private."""
    folder = running_system.state_dir / "secrets"
    assert {oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == {"0o600"}
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    shown = [running_system.output, running_system.earnest("status").stdout]
    shown.append(running_system.earnest("status", "--json").stdout)
    shown += [log.read_text("utf-8") for log in (running_system.state_dir / "log").iterdir()]
    for pid in running_system.family():
        shown.append(" ".join(psutil.Process(pid).cmdline()))
    secrets = secrets_of(running_system)
    assert len(secrets) >= 10
    for text in shown:
        assert not [secret for secret in secrets if secret in text]


def test_each_process_is_told_only_its_own_secrets(running_system: RunningSystem) -> None:
    """The passphrase is named to the signer alone, the JWT secret to the API alone, and so on."""
    told = {
        name: psutil.Process(running_system.part(name)["pid"]).environ()
        for name in ("api", "worker", "indexer", "signer")
    }
    holders = {
        "EARNEST_SIGNER_PASSPHRASE_FILE": {"signer"},
        "EARNEST_SIGNER_TOKEN_FILE": {"signer", "worker"},
        "EARNEST_JWT_SECRET_FILE": {"api"},
        "EARNEST_S3_SECRET_ACCESS_KEY_FILE": {"api", "worker"},
        "EARNEST_ATTESTATION_KEY_FILE": {"worker"},
        "EARNEST_DATABASE_URL_FILE": {"api", "worker", "indexer", "signer"},
    }
    for variable, expected in holders.items():
        assert {name for name, env in told.items() if variable in env} == expected, variable
    urls = {name: env["EARNEST_DATABASE_URL_FILE"] for name, env in told.items()}
    roles = {name: Path(path).read_text("utf-8").split(":")[1][2:] for name, path in urls.items()}
    assert roles == {
        "api": "earnest_api",
        "worker": "earnest_worker",
        "indexer": "earnest_indexer",
        "signer": "earnest_signer_ro",
    }
    for env in told.values():
        for secret in secrets_of(running_system):
            assert secret not in "\n".join(env.values())


def test_the_treasury_has_its_float_and_a_place_for_usdc(own_system: RunningSystem) -> None:
    """A new local chain begins with 10 SOL and an empty USDC account, and ledger = chain."""
    check = own_system.earnest_json("solvency")
    assert check["solvent"] is True
    held = {account["asset"]: account["chainMinor"] for account in check["accounts"]}
    assert held["USDC"] == "0"
    assert int(held["SOL"]) >= 10_000_000_000


@pytest.mark.parametrize(
    "name", ["s3", "chain", "stacks", "signer", "api", "worker", "indexer", "postgres"]
)
def test_a_killed_process_is_replaced(own_system: RunningSystem, name: str) -> None:
    """kill -9 of any process: it is back under another pid, all is healthy, ledger = chain."""
    before = own_system.part(name)
    os.kill(before["pid"], signal.SIGKILL)
    poll_until(
        lambda: own_system.part(name)["restarts"] > before["restarts"], what=f"{name} restarted"
    )
    own_system.wait_until_healthy()
    after = own_system.part(name)
    assert after["pid"] not in (None, before["pid"])
    assert after["lastExit"] == -signal.SIGKILL
    url = own_system.urls["api"]
    poll_until(lambda: httpx.get(f"{url}/readyz").status_code == 200, what="the API answers")
    assert own_system.earnest_json("solvency")["solvent"] is True
    assert "is started again" in own_system.output


def test_nothing_restarts_that_was_not_killed(own_system: RunningSystem) -> None:
    """Killing Postgres under everything ends no other process: they recover by themselves."""
    before = {p["name"]: p["pid"] for p in own_system.status()["processes"]}
    os.kill(before["postgres"], signal.SIGKILL)
    poll_until(lambda: own_system.part("postgres")["pid"] not in (None, before["postgres"]))
    own_system.wait_until_healthy()
    slot = own_system.earnest_json("chain", "status")["followedSlot"]
    poll_until(
        lambda: own_system.earnest_json("chain", "status")["followedSlot"] > slot,
        what="the chain is followed again",
    )
    after = {p["name"]: p["pid"] for p in own_system.status()["processes"]}
    assert {name for name in PROCESSES if before[name] != after[name]} == {"postgres"}


def test_a_second_one_is_refused(running_system: RunningSystem) -> None:
    """Two systems never share a state directory; the refusal is one plain line."""
    refused = run_earnest("up", "--port", "0", "--state-dir", str(running_system.state_dir))
    assert refused.returncode == 1
    assert re.fullmatch(
        r"Earnest already runs here \(process \d+, state directory .*\)\. .*\n", refused.stderr
    )
    assert running_system.status()["healthy"] is True


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Somebody listens on the port that was asked for: one line that names it, nothing started."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = run_earnest("up", "--port", str(port), "--state-dir", str(tmp_path / "var"))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_stop_leaves_nothing_and_a_start_finds_all(tmp_path: Path) -> None:
    """SIGTERM ends every process in order; kill -9 of `up` does, too; the state survives both.

    And a chain or a key that is not the one the database knows is refused, not used, however often
    it is tried.
    """
    state_dir = tmp_path / "var"
    with earnest_up(state_dir) as system:
        family = system.family()
        assert len(family) > len(PROCESSES)
        poll_until(
            lambda: system.earnest_json("chain", "status")["stacks"] is not None,
            what="Stacks is followed",
        )
        assert system.stop() == 0
        assert not [pid for pid in family if lives(pid)]
        assert "Nothing runs" in system.output
        assert system.earnest("status").returncode == 1
    with earnest_up(state_dir) as system:
        assert system.earnest_json("solvency")["solvent"] is True
        family = system.family()
        system.process.kill()
        system.process.wait()
        poll_until(lambda: not any(lives(pid) for pid in family), what="all have gone")
    with earnest_up(state_dir) as system:
        assert system.earnest_json("solvency")["solvent"] is True
        accounts = system.earnest_json("ledger", "history")["items"]
        assert system.stop(signal.SIGINT) == 0
    assert [a["name"] for a in accounts].count("float:SOL") == 1
    key = state_dir / "signer" / "treasury.key.json"
    key.rename(tmp_path / "kept.json")
    refused = run_earnest("up", "--port", "0", "--state-dir", str(state_dir))
    assert refused.returncode == 1
    assert "Put the key file" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not key.exists()
    (tmp_path / "kept.json").rename(key)
    for chain in ("stacks", "stacks", "chain"):
        shutil.rmtree(state_dir / chain, ignore_errors=True)
        refused = run_earnest("up", "--port", "0", "--state-dir", str(state_dir))
        assert refused.returncode == 1
        assert "followed another local chain" in refused.stderr
        assert f"Put {state_dir / chain} back" in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_a_stop_while_it_starts(tmp_path: Path) -> None:
    """Ctrl-C before it is ready ends it in good order, with nothing left."""
    with earnest_up(tmp_path / "var", wait=False) as system:
        poll_until(lambda: "is ready" in system.output, what="a first part")
        family = system.family()
        assert system.stop(signal.SIGINT) == 0
        assert not [pid for pid in family if lives(pid)]
        assert "Traceback" not in system.output


def test_devnet_needs_no_node_and_says_what_it_waits_for(tmp_path: Path) -> None:
    """Another network starts with Python alone; while its node is silent, that is said."""
    programs = tmp_path / "bin"
    programs.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        silent = f"http://127.0.0.1:{reserved.getsockname()[1]}/?api-key=hidden"
    contract = "ST000000000000000000002AMW42H.escrow-multi-token"
    env = bare_environment(
        PATH=str(programs),
        EARNEST_SOLANA_RPC_URLS=silent,
        EARNEST_STACKS_API_URL=silent,
        EARNEST_STACKS_CONTRACT=contract,
    )
    with earnest_up(tmp_path / "var", "--network", "devnet", env=env) as system:
        status = system.status()
        assert {p["name"] for p in status["processes"]} == set(PROCESSES) - {"chain", "stacks"}
        assert {p["health"] for p in status["processes"]} == {"ready"}
        assert status["stacksContract"] == contract
        assert status["urls"]["stacksApi"] == silent.partition("?")[0]
        assert status["healthy"] is False
        assert "does not answer" in status["waitsFor"][0]
        assert "hidden" not in str(status) + system.output + system.log_tails()
        assert httpx.get(f"{status['urls']['api']}/readyz").status_code == 200
        assert system.earnest("status").returncode == 1
        asked = system.earnest("solvency")
        assert asked.returncode == 1
        assert asked.stderr.count("\n") == 1


def test_mainnet_asks_for_two_nodes_and_a_passphrase(tmp_path: Path) -> None:
    """Where money is real, nothing starts on one node's word, or with a passphrase of ours."""
    env = bare_environment(EARNEST_SOLANA_RPC_URLS="https://node.example")
    refused = run_earnest(
        "up", "--network", "mainnet", "--port", "0", "--state-dir", str(tmp_path / "var"), env=env
    )
    assert refused.returncode == 1
    assert "EARNEST_SOLANA_RPC_URLS" in refused.stderr
    env["EARNEST_SOLANA_RPC_URLS"] += ",https://other.example"
    silent = run_earnest(
        "up", "--network", "mainnet", "--port", "0", "--state-dir", str(tmp_path / "var"), env=env
    )
    assert silent.returncode == 1
    assert "EARNEST_SIGNER_PASSPHRASE_FILE" in silent.stderr
    assert not (tmp_path / "var" / "postgres").exists()


async def test_parts_of_ones_own_replace_embedded_ones(tmp_path: Path) -> None:
    """A database and a store that settings name are used, and none of ours is started."""
    server = EmbeddedPostgres(tmp_path / "theirs", durable=False)
    store = ObjectStore(tmp_path / "theirs")
    async with server, store:
        owner_url = await create_database(
            server.superuser_dsn, owner_password="the owner's", database="market"
        )
        env = bare_environment(
            EARNEST_DATABASE_URL=owner_url,
            EARNEST_S3_ENDPOINT=store.access.endpoint_url,
            EARNEST_S3_ACCESS_KEY_ID=store.access.access_key_id,
            EARNEST_S3_SECRET_ACCESS_KEY=store.access.secret_access_key,
        )
        await asyncio.to_thread(_check_replaced, tmp_path / "var", env)


def _check_replaced(state_dir: Path, env: dict[str, str]) -> None:
    with earnest_up(state_dir, "--no-stacks", env=env) as system:
        status = system.status()
        assert status["healthy"] is True
        own = set(PROCESSES) - {"postgres", "s3", "stacks"}
        assert {p["name"] for p in status["processes"]} == own
        assert status["stacksContract"] is None
        assert "stacksApi" not in status["urls"]
        assert status["urls"]["s3"] == env["EARNEST_S3_ENDPOINT"]
        assert "the owner" not in str(status)
        signer = psutil.Process(system.part("signer")["pid"]).environ()
        assert "EARNEST_DATABASE_URL" not in signer
        assert "EARNEST_S3_SECRET_ACCESS_KEY" not in signer
