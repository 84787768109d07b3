"""Client and follower over recorded answers of a real Stacks API server, scenario by scenario.

The recordings are not in this repository. Where they are not on the machine each test says so and
shows nothing; what they teach is also shown on the local chain by the other tests here.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from earnest.chains import HistoryIncomplete, RpcRejected, RpcUnavailable
from earnest.chains.stacks import LoggedEvent, StacksApi, TxStatus, read_events, sync_status
from earnest.chains.stacks.follower import StacksFollower
from earnest.chains.stacks.transport import NotThere, Transport
from earnest.kit.db import Database
from tests.conftest import Databases
from tests.integration.chains.stacks.conftest import fold
from tests.integration.chains.stacks.replay import Recorded, Replay, State, recorded
from tests.recordings import stacks_recordings

FOLDER = stacks_recordings()
POX = "ST000000000000000000002AMW42H.pox-4"
VOTING = "ST000000000000000000002AMW42H.signers-voting"
BADGES = "SP1K1A1PMGW2ZJCNF46NWZWHG8TS1D23EGH1KNK60.badges"
BNS = "SP000000000000000000002Q6VF78.bns"
SEND_MANY = "SP3FBR2AGK5H9QBDH3EEN6DF8EK8JY7RX8QJ5SVTE.send-many-memo"
HEIGHTS = (7, 8, 16, 18, 24, 37, 38, 50)
FORKS = ("fork-1-before", "fork-2-tied", "fork-3-after", "fork-4-flipped-back")


@dataclass
class Followed:
    """A follower over a server that replays, and the log that it writes."""

    folder: Path
    replay: Replay
    api: StacksApi
    database: Database

    def follower(self, contract: str, burn_blocks: int = 6) -> StacksFollower:
        """A follower of a contract that was recorded."""
        return StacksFollower(
            self.database, self.api, contract, finality_burn_blocks=burn_blocks, lease_s=60
        )

    async def at(self, one: StacksFollower, state: State) -> int:
        """Follows the server in a state to its tip; how many rows the log has more."""
        self.replay.state = state
        added = 0
        while True:
            done = await one.follow_once()
            added += done.added
            if done.is_whole:
                return added

    async def rows(self) -> list[LoggedEvent]:
        """The whole log."""
        async with self.database.connection() as db:
            return await read_events(db, 0, 10_000)

    async def agrees(self, state: State, contract: str) -> None:
        """What counts by the log is the list that the server showed in this state, row by row."""
        counting = [(tx_id, hex_) for tx_id, hex_, _ in fold(await self.rows())]
        shown = [
            (row["tx_id"], row["contract_log"]["value"]["hex"])
            for row in reversed(state.prints.get(contract, []))
        ]
        assert counting == shown

    def state(self, scenario: str, height: int | None = None) -> State:
        """A scenario's state; those of the regtest chain with the blocks below that it shares."""
        if scenario == "polling":
            name = f"h{height:02}-"
            state = State.of(self.folder, scenario, lambda each: each.startswith(name))
            return state.with_rows_of(self.state("nakamoto"), up_to_height=height or 0)
        state = State.of(self.folder, scenario)
        if scenario == "nakamoto":
            return state.with_rows_of(State.of(self.folder, FORKS[0]), up_to_height=37)
        if scenario == "mainnet-reorg-1-end":
            return state.with_blocks_of(State.of(self.folder, "mainnet-reorg-1-after"))
        if scenario.startswith("fork"):
            return state.with_rows_of(self.state("nakamoto"), up_to_height=37)
        return state


@pytest.fixture
async def followed(
    databases: Databases, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Followed | None]:
    """A replaying server with a client and a database; None where nothing was recorded."""
    if FOLDER is None:
        with capsys.disabled():
            sys.stdout.write("\nNo recorded Stacks answers here: this is not shown over them.\n")
        yield None
        return
    async with Replay().running() as replay:
        async with StacksApi(replay.url, attempts=1, timeout_s=5) as api:
            yield Followed(FOLDER, replay, api, await databases.role("indexer"))
        old = [path for path in replay.asked if path.split(" ")[1].startswith("/extended/v1")]
        assert old == [], "deprecated paths are switched off at some servers"


@pytest.mark.parametrize("contract", [POX, VOTING])
async def test_polling_while_the_chain_grows(followed: Followed | None, contract: str) -> None:
    """Eight polls of a growing chain: after each the log is what the server showed. Of the cursor
    of the poll before, and of what it leads to, nothing is needed."""
    if followed is None:
        return
    one = followed.follower(contract)
    assert await one.take_fence()
    for height in HEIGHTS:
        state = followed.state("polling", height)
        await followed.at(one, state)
        await followed.agrees(state, contract)
        assert await followed.at(one, state) == 0
    kinds = [row.kind.value for row in await followed.rows()]
    assert "reverted" not in kinds
    assert kinds.count("final") >= 6


@pytest.mark.parametrize(
    "order",
    [
        FORKS,
        (FORKS[0], FORKS[2]),
        (FORKS[2], FORKS[3]),
        (FORKS[1], FORKS[3]),
        (*FORKS, FORKS[3]),
    ],
    ids=["all", "tie-unseen", "begun-in-the-fork", "fork-unseen", "stays"],
)
async def test_nakamoto_fork_there_and_back(
    followed: Followed | None, order: Sequence[str]
) -> None:
    """One of three calls moves to another height, one to yet another, one is never mined; then
    the old branch wins again. Whatever was seen of it, the log ends as the last state says."""
    if followed is None:
        return
    one = followed.follower(POX)
    assert await one.take_fence()
    before: list[LoggedEvent] = []
    for scenario in order:
        state = followed.state(scenario)
        await followed.at(one, state)
        await followed.agrees(state, POX)
        rows = await followed.rows()
        if scenario == "fork-2-tied" and before:
            assert rows == before, "a tie moves nothing"
        before = rows
    fallen = [row for row in before if row.kind == "reverted"]
    came_again = [row for row in before if row.kind == "observed" and row.nth == 1]
    # Old block 38 has three prints; the fork has two of them, in blocks 39 and 40.
    assert (len(fallen), len(came_again)) == {
        FORKS: (5, 3),
        (FORKS[0], FORKS[2]): (3, 0),
        (FORKS[2], FORKS[3]): (2, 0),
        (FORKS[1], FORKS[3]): (0, 0),
        (*FORKS, FORKS[3]): (5, 3),
    }[tuple(order)]


async def test_mainnet_reorg_of_one_block(followed: Followed | None) -> None:
    """Two blocks at height 30, then at 45 and 47: the first of each stays until the second is
    longer. The contract's one print comes later and stays."""
    if followed is None:
        return
    one = followed.follower(BADGES, burn_blocks=3)
    assert await one.take_fence()
    for name in ("before", "tied", "after", "end"):
        state = followed.state(f"mainnet-reorg-1-{name}")
        await followed.at(one, state)
        await followed.agrees(state, BADGES)
        status = await status_of(followed)
        assert status.tip_block_id == state.tip
        assert status.reorgs_seen == (0 if name in ("before", "tied") else 1)


async def test_mainnet_reorg_with_the_same_print_in_both(followed: Followed | None) -> None:
    """The same call is in both blocks 2, at another place: it falls and is observed anew."""
    if followed is None:
        return
    one = followed.follower(BNS)
    assert await one.take_fence()
    for name in ("before", "tied", "after"):
        state = followed.state(f"mainnet-reorg-2-{name}")
        await followed.at(one, state)
        await followed.agrees(state, BNS)
    rows = await followed.rows()
    assert [row.kind.value for row in rows] == ["observed", "reverted", "observed"]
    assert len({row.tx_id for row in rows}) == 1
    assert rows[0].block_id != rows[2].block_id


async def test_many_prints_of_one_call_and_a_block_told_twice(followed: Followed | None) -> None:
    """30 prints in one call come out in order; the same block delivered again changes nothing."""
    if followed is None:
        return
    one = followed.follower(SEND_MANY)
    assert await one.take_fence()
    assert await followed.at(one, followed.state("many-logs")) == 30
    await followed.agrees(followed.state("many-logs"), SEND_MANY)
    assert await followed.at(one, followed.state("many-logs-same-block-twice")) == 0
    await followed.agrees(followed.state("many-logs-same-block-twice"), SEND_MANY)


async def test_microblocks(followed: Followed | None) -> None:
    """A block of 2021 with microblocks out of order: what stands in the anchored block is told."""
    if followed is None:
        return
    state = followed.state("microblocks")
    one = followed.follower(BNS)
    assert await one.take_fence()
    assert await followed.at(one, state) == 1
    await followed.agrees(state, BNS)


async def test_before_the_first_block_and_without_a_database(followed: Followed | None) -> None:
    """`ready` without a chain tip is no head: before the first block nothing is known, and when
    the server has lost its database nothing moves. Later it goes on where it was."""
    if followed is None:
        return
    one = followed.follower(POX)
    assert await one.take_fence()
    with pytest.raises(RpcUnavailable, match="without a chain tip"):
        await followed.at(one, State.of(followed.folder, "empty"))
    first, second = followed.state("polling", 38), followed.state("polling", 50)
    await followed.at(one, first)
    before = await followed.rows()
    with pytest.raises(RpcUnavailable):
        await followed.at(one, State.of(followed.folder, "database-down"))
    assert await followed.rows() == before
    status = await status_of(followed)
    assert status.troubled
    await followed.at(one, second)
    await followed.agrees(second, POX)


async def test_deprecated_paths_switched_off(followed: Followed | None) -> None:
    """All that is followed comes from paths that are still there: of the recorded server that
    answers 410 to the old ones, nothing is asked that it refuses."""
    if followed is None:
        return
    state = followed.state("deprecated-off")
    asked = {path for (_, path), each in state.exact.items() if each.status == 410}
    assert asked
    with_rows = state.with_rows_of(followed.state("nakamoto"), up_to_height=50)
    with_rows.prints = followed.state("nakamoto").prints
    with_rows.places = followed.state("nakamoto").places
    one = followed.follower(POX)
    assert await one.take_fence()
    await followed.at(one, with_rows)
    await followed.agrees(followed.state("nakamoto"), POX)
    assert not {path.split(" ")[1] for path in followed.replay.asked} & asked


async def test_chain_txs_in_the_mempool(followed: Followed | None) -> None:
    """Pending; then dropped for three reasons, which v3 tells as not there; then mined after all:
    never is one of these taken for another."""
    if followed is None:
        return
    expected = {
        "mempool-pending": ["pending"] * 4,
        "mempool-dropped": ["absent"] * 3 + ["pending"],
    }
    for scenario in ("mempool-pending", "mempool-dropped", "mempool-dropped-then-mined"):
        followed.replay.state = state = followed.state(scenario)
        found = []
        for each in recorded(followed.folder, scenario):
            if each.name.startswith("tx-v3-") and "events" not in each.name:
                tx = await followed.api.chain_tx(each.route.rsplit("/", 1)[1])
                found.append(tx.status.value)
                events = await followed.api.tx_events_page(tx.tx_id, limit=20)
                assert (events is not None) == tx.is_mined
        assert found == expected.get(scenario, [each["status"] for each in state.txs.values()])
    assert set(found) - {"pending", "absent"}


async def test_every_recorded_answer_is_read_or_refused(followed: Followed | None) -> None:
    """Each recorded question of the kinds that we ask, in all scenarios, through the client: what
    the real server answers with 200 is read, its 404 is absence, its 400 a definite no, and its
    5xx and 429 are no answer."""
    if followed is None:
        return
    transport = Transport(followed.replay.url, attempts=1)
    seen: dict[str, int] = {}
    try:
        for scenario in sorted(each.name for each in followed.folder.iterdir() if each.is_dir()):
            followed.replay.state = State.of(followed.folder, scenario)
            for each in recorded(followed.folder, scenario):
                if each.route.startswith("/extended/v1") and each.status != 429:
                    continue
                outcome = await outcome_of(transport, each)
                assert outcome in ALLOWED.get(each.status, ("unavailable",)), (
                    scenario,
                    each.name,
                    outcome,
                )
                seen[outcome] = seen.get(outcome, 0) + 1
        followed.replay.asked.clear()
    finally:
        await transport.aclose()
    assert seen["read"] > 300
    assert set(seen) == {"read", "absent", "refused", "unavailable"}


ALLOWED = {
    200: ("read",),
    # Another method or path is a mistake of ours, and no word about the chain.
    404: ("absent", "unavailable"),
    400: ("refused", "absent"),
    410: ("refused",),
    429: ("unavailable",),
    500: ("unavailable",),
    503: ("unavailable",),
}


async def outcome_of(transport: Transport, each: Recorded) -> str:
    """What the client makes of a recorded answer."""
    method: Any = each.method
    try:
        await transport.read(method, each.path, object, body=each.request_body or None)
    except NotThere:
        assert each.json["message"].endswith("ound")
        return "absent"
    except RpcRejected:
        return "refused"
    except RpcUnavailable:
        return "unavailable"
    return "read"


async def test_abort_with_ok_true_is_an_abort(followed: Followed | None) -> None:
    """Of all recorded chain_txs each is what its status says, whatever its result; an aborted one
    has no events."""
    if followed is None:
        return
    seen: set[TxStatus] = set()
    for scenario in ("nakamoto", "many-logs", "microblocks", "mainnet-reorg-2-after"):
        followed.replay.state = state = followed.state(scenario)
        for tx_id, told in state.txs.items():
            tx = await followed.api.chain_tx(tx_id)
            assert (tx.status.value, tx.event_count) == (told["status"], told["event_count"])
            assert tx.status is TxStatus.SUCCESS or tx.event_count == 0
            seen.add(tx.status)
    assert seen == {
        TxStatus.SUCCESS,
        TxStatus.ABORT_BY_RESPONSE,
        TxStatus.ABORT_BY_POST_CONDITION,
    }


@pytest.mark.parametrize("at", range(1, 7))
async def test_a_server_that_changes_while_it_is_read(followed: Followed | None, at: int) -> None:
    """The fork wins between any two questions of a round, and later the old branch does: the round
    is void or of one branch, and the log ends as the last branch says."""
    if followed is None:
        return
    one = followed.follower(POX)
    assert await one.take_fence()
    await followed.at(one, followed.state("polling", 37))
    for before, after in ((FORKS[0], FORKS[2]), (FORKS[2], FORKS[3])):
        followed.replay.asked.clear()
        followed.replay.state = Turning(
            followed.state(before), followed.state(after), followed.replay, at
        )
        for _ in range(3):
            try:
                await one.follow_once()
            except (HistoryIncomplete, RpcUnavailable):
                continue
        await followed.at(one, followed.state(after))
        await followed.agrees(followed.state(after), POX)


class Turning(State):
    """One state up to a number of questions, and another one from then on."""

    def __init__(self, before: State, after: State, replay: Replay, at: int) -> None:
        super().__init__()
        self._states = (before, after)
        self._replay = replay
        self._at = at

    def answer(self, method: str, target: str) -> tuple[int, dict[str, str], bytes]:
        """As the state of the moment answers."""
        state = self._states[len(self._replay.asked) > self._at]
        return state.answer(method, target)


async def status_of(followed: Followed) -> Any:
    """How far the contract is followed."""
    async with followed.database.connection() as db:
        status = await sync_status(db)
    assert status is not None
    return status
