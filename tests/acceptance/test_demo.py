"""The demo as a stranger runs it: real processes, and nothing of them left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from earnest.run.embedded.run_state import read_run_state
from earnest.run.embedded.state_dir import StateDir, StateLock

# The demo gives up by itself long before this.
SECONDS_MAX = 240.0
LEGS = [
    "start", "sign_in", "upload", "create_task", "pay", "payment_final", "vote", "close",
    "payout", "prove",
    "post_project", "propose", "accept_proposal", "fund", "fund_final", "release", "dispute",
    "rule", "claim", "reorg", "complete", "review", "rebuild", "stop",
]  # fmt: skip


class Demo:
    """A demo under way, in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.folder = folder
        self.state_dir = StateDir((folder / "demo").resolve())
        self._said = folder / "said"
        command = arguments or ("-m", "earnest.run", "demo", "--state-dir", str(folder))
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, **settings},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """All that it has told so far."""
        return self._said.read_text(encoding="utf-8")

    def wait_for(self, words: str) -> None:
        """Returns when it has said `words`; fails when it ends first."""
        self._until(lambda: words in self.said or self.process.poll() is not None)
        assert words in self.said

    def end(self) -> int:
        """Its exit code."""
        return self.process.wait(SECONDS_MAX)

    def report(self) -> dict[str, Any]:
        """Its demo.json."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return found

    def left_running(self) -> list[psutil.Process]:
        """Every process whose command line or settings name the demo's folder."""
        return [p for p in psutil.process_iter() if _names(p, str(self.state_dir.root))]

    def pid_of(self, name: str) -> int:
        """The process id of one of its parts."""
        state = read_run_state(self.state_dir)
        assert state is not None
        pid = next(process.pid for process in state.processes if process.name == name)
        assert pid is not None
        return pid

    def wait_until_gone(self) -> None:
        """Returns when nothing of it runs any more."""
        self._until(lambda: not self.left_running())

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while not holds():
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)


def _names(process: psutil.Process, folder: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return any(folder in word for word in [*process.cmdline(), *process.environ().values()])
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts demos, and ends whatever a failed test left of them."""
    started: list[Demo] = []

    def begin(*arguments: str, **settings: str) -> Demo:
        started.append(Demo(tmp_path, *arguments, **settings))
        return started[-1]

    yield begin
    for demo in started:
        for process in demo.left_running():
            process.kill()
        if demo.process.poll() is None:
            demo.process.kill()
        demo.process.wait()


def with_slots(slot_ms: int, folder: Path) -> tuple[str, ...]:
    """A demo on a chain whose slots have another length than the network's."""
    program = "import pathlib, sys; from earnest.run.demo import run_demo; " + (
        f"sys.exit(run_demo(pathlib.Path(sys.argv[1]), slot_ms={slot_ms}))"
    )
    return ("-c", program, str(folder))


def check_money(report: dict[str, Any]) -> None:
    """The sums of a report add up, to the lamport."""
    order, treasury = report["order"], report["treasury"]
    earned = [int(payout["amountMinor"]) for payout in report["payouts"]]
    assert int(order["amountMinor"]) == sum(earned) + int(order["feeMinor"])
    assert treasury["chainMinor"] == treasury["ledgerMinor"]
    assert int(treasury["chainMinor"]) == (
        int(treasury["beforeMinor"])
        + int(order["amountMinor"])
        - sum(earned)
        - int(treasury["chainFeesMinor"])
    )
    assert int(treasury["liabilitiesMinor"]) <= int(treasury["assetsMinor"])
    for payout in report["payouts"]:
        gained = int(payout["balanceAfterMinor"]) - int(payout["balanceBeforeMinor"])
        assert gained == int(payout["amountMinor"])
        assert payout["ledgerAvailableMinor"] == payout["ledgerLockedMinor"] == "0"


def check_project(report: dict[str, Any]) -> None:
    """What each milestone came to, who signed what, and that a rebuild changed nothing."""
    project = report["project"]
    # Completed by the claim, active again when a reorg took it, completed by the same claim again.
    assert project["statuses"] == [
        "open", "pending", "active", "disputed", "active", "completed", "active", "completed",
        "reviewed",
    ]  # fmt: skip
    assert [m["finalStatus"] for m in project["milestones"]] == ["approved", "split", "approved"]
    paid, returned = int(project["paidMinor"]), int(project["returnedMinor"])
    assert paid + returned == int(project["lockedMinor"]) == 100_000_000
    assert returned == 20_000_000
    assert project["escrowLeftMinor"] == "0"
    for purse in project["purses"]:
        before, moved, fees, after = (
            int(purse[f"{name}Minor"]) for name in ("before", "moved", "fees", "after")
        )
        assert after == before + moved - fees
    assert [purse["side"] for purse in project["purses"]] == ["Client", "Freelancer"]
    assert project["dossierVerified"] is True
    acts = [step["act"] for step in project["chainTxs"]]
    assert acts == [
        "create", "accept", "complete", "release", "complete", "dispute", "vote", "complete",
        "claim",
    ]  # fmt: skip
    assert project["droppedTxId"] == project["chainTxs"][-1]["txId"]
    assert len({project["client"], project["freelancer"], project["arbiter"]}) == 3
    assert report["liveHash"] == report["rebuiltHash"]
    assert re.fullmatch(r"[0-9a-f]{64}", report["liveHash"])


def test_demo_tells_both_stories_and_proves_them(start: Callable[..., Demo]) -> None:
    """`earnest demo` ends with 0, its report says who was paid, and nothing keeps running.

    Settings of the person's own environment do not touch it.
    """
    demo = start(EARNEST_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", EARNEST_FEE_BPS="0")
    assert demo.end() == 0, demo.said
    report = demo.report()
    assert report["ok"] is report["solvent"] is report["ledgerVerified"] is True
    assert report["reason"] is None
    assert [leg["name"] for leg in report["legs"]] == LEGS
    assert all(leg["seconds"] >= 0 for leg in report["legs"])
    assert report["photos"] == 4
    assert report["orderStatuses"][0] == "awaiting"
    assert report["orderStatuses"][-1] == report["order"]["status"] == "settled"
    assert report["task"]["status"] == "closed"
    assert sum(option["votes"] for option in report["results"]["options"]) == 7
    assert len({payout["address"] for payout in report["payouts"]}) == 7
    assert all(payout["chainTx"] for payout in report["payouts"])
    check_money(report)
    check_project(report)
    assert demo.left_running() == []
    check_telling(demo.said)


def check_telling(said: str) -> None:
    """The story in a log: no line too long, no colours, the words of the house."""
    assert max(map(len, said.splitlines())) <= 80
    assert "\x1b" not in said
    for words in ("Seen, not final", "Sent, not final", "Final.", "Disputed.", "Taken back", "█"):
        assert words in said
    for words in ("Ledger = chain.", "owes nothing and holds nothing.", "They agree."):
        assert words in said
    assert "pending" not in said.lower()
    assert "success" not in said.lower()


def test_chain_gone_in_the_middle(start: Callable[..., Demo], tmp_path: Path) -> None:
    """When the chain stops answering, the demo says so, ends with 1, and stops everything."""
    demo = start(*with_slots(400, tmp_path))
    demo.wait_for("Seen, not final")
    chain = demo.pid_of("chain")
    os.kill(chain, signal.SIGSTOP)
    assert demo.end() == 1
    report = demo.report()
    assert report["ok"] is False
    assert report["reason"].startswith("The chain is gone: ")
    assert report["reason"] in " ".join(demo.said.split())
    assert report["payouts"] == []
    assert demo.left_running() == []


def test_demo_survives_a_killed_process(start: Callable[..., Demo], tmp_path: Path) -> None:
    """The indexer is killed while a payment is seen, and again while an escrow is: it comes back,
    all are paid, and the project goes on."""
    demo = start(*with_slots(100, tmp_path))
    for words in ("The task stays closed", "Nobody starts yet"):
        demo.wait_for(words)
        os.kill(demo.pid_of("indexer"), signal.SIGKILL)
    assert demo.end() == 0, demo.said
    check_money(demo.report())
    check_project(demo.report())
    assert demo.left_running() == []


@pytest.mark.parametrize(
    ("number", "code", "at"),
    [
        (signal.SIGINT, 130, "Waiting for eight processes"),
        (signal.SIGTERM, 143, "Eight people sign in"),
    ],
    ids=["ctrl_c_during_the_start", "kill_during_the_story"],
)
def test_asked_to_stop(
    start: Callable[..., Demo], tmp_path: Path, number: signal.Signals, code: int, at: str
) -> None:
    """Ctrl-C or kill: the demo stops all that it started, and the report says why it is not ok."""
    demo = start(*with_slots(100, tmp_path))
    demo.wait_for(at)
    demo.process.send_signal(number)
    assert demo.end() == code
    report = demo.report()
    assert report["ok"] is False
    assert number.name in report["reason"]
    assert demo.left_running() == []


def test_killed_at_once_leaves_nothing(start: Callable[..., Demo], tmp_path: Path) -> None:
    """Even kill -9 of the demo leaves no process behind: the kernel asks the system to stop."""
    demo = start(*with_slots(100, tmp_path))
    demo.wait_for("Eight people sign in")
    demo.process.kill()
    demo.process.wait()
    demo.wait_until_gone()


def test_two_at_once(start: Callable[..., Demo], tmp_path: Path) -> None:
    """A second demo in the same folder says so at once, and leaves the first one's data alone."""
    state_dir = StateDir(tmp_path / "demo")
    with StateLock(state_dir):
        kept = state_dir.root / "kept"
        kept.touch()
        demo = start(*with_slots(100, tmp_path))
        assert demo.end() == 1
        assert kept.exists()
    assert demo.report()["reason"].startswith("Another demo runs in ")
