"""`earnest ledger verify`: every entry replayed, every chain of hashes and checkpoint checked.

The replay is written anew in Python, so that a mistake in the SQL functions does not confirm
itself. Rows are streamed: memory does not grow with the ledger, beyond one small state per account.
"""

import hashlib
from uuid import UUID

import asyncpg
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from earnest.kit.db import Connection

_NO_HEAD = bytes(32)
_FAULTS_MAX = 100
_DEBIT_GROWS = frozenset({"asset", "expense"})


class LedgerFault(msgspec.Struct, frozen=True):
    """One thing that does not add up: where, and what was expected and found."""

    where: str
    what: str


class Verification(msgspec.Struct, frozen=True):
    """The outcome of a replay. `faults` holds at most 100 of them; empty means all is well."""

    accounts: int
    transfers: int
    holds: int
    checkpoints: int
    faults: list[LedgerFault]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


class _State:
    """What the replay knows of one account so far."""

    __slots__ = ("asset", "balance", "head", "held", "name", "type", "version")

    def __init__(self, name: str, type: str, asset: str) -> None:
        self.name, self.type, self.asset = name, type, asset
        self.balance, self.held, self.version, self.head = 0, 0, 0, _NO_HEAD


def entry_hash(
    previous: bytes, transfer: UUID, side: str, amount_minor: int, balance_minor: int, version: int
) -> bytes:
    """The hash of one entry: over the one before, the transfer's id and what the entry says."""
    text = f"{side} {amount_minor} {balance_minor} {version}"
    return hashlib.sha256(previous + transfer.bytes + text.encode()).digest()


_ENTRIES = """
SELECT account, version, side, id, amount, balance, hash FROM (
  SELECT debit_account AS account, debit_version AS version, 'debit' AS side, id, amount,
         debit_balance AS balance, debit_hash AS hash FROM ledger_transfers
  UNION ALL
  SELECT credit_account, credit_version, 'credit', id, amount, credit_balance, credit_hash
    FROM ledger_transfers
) AS entries ORDER BY account, version
"""


class _Replay:
    def __init__(self) -> None:
        self.states: dict[int, _State] = {}
        self.faults: list[LedgerFault] = []
        self.wanted_heads: dict[tuple[int, int], bytes] = {}
        self.entries = 0

    def fault(self, where: str, what: str) -> None:
        if len(self.faults) < _FAULTS_MAX:
            self.faults.append(LedgerFault(where, what))

    def entry(self, row: asyncpg.Record) -> None:
        self.entries += 1
        state = self.states[row["account"]]
        where = f"{state.name} entry {row['version']}"
        amount, side = int(row["amount"]), str(row["side"])
        grows = (side == "debit") == (state.type in _DEBIT_GROWS)
        state.balance += amount if grows else -amount
        state.version += 1
        state.head = entry_hash(
            state.head, row["id"], side, amount, int(row["balance"]), row["version"]
        )
        if row["version"] != state.version:
            self.fault(where, f"expected entry {state.version}: entries are missing or doubled")
            state.version = row["version"]
        if int(row["balance"]) != state.balance:
            self.fault(where, f"balance is {row['balance']}, replayed {state.balance}")
            state.balance = int(row["balance"])
        if bytes(row["hash"]) != state.head:
            self.fault(where, "the chain of hashes breaks here")
            state.head = bytes(row["hash"])
        if state.balance < 0:
            self.fault(where, f"balance is below zero: {state.balance}")
        wanted = self.wanted_heads.pop((row["account"], row["version"]), None)
        if wanted is not None and wanted != state.head:
            self.fault(where, "differs from the head in a signed checkpoint")


async def verify_ledger(connection: "asyncpg.Connection[asyncpg.Record]") -> Verification:
    """Replays the whole ledger in one snapshot. Needs SELECT on the ledger's tables only."""
    replay = _Replay()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch("SELECT id, name, type, asset FROM ledger_accounts")
        replay.states = {r["id"]: _State(r["name"], r["type"], r["asset"]) for r in rows}
        checkpoints = await _check_checkpoints(connection, replay)
        async for row in connection.cursor(_ENTRIES, prefetch=1000):
            replay.entry(row)
        for account, version in replay.wanted_heads:
            replay.fault(f"account {account}", f"entry {version} of a checkpoint does not exist")
        holds = await _replay_holds(connection, replay)
        await _compare(connection, replay)
    return Verification(
        accounts=len(replay.states),
        transfers=replay.entries // 2,
        holds=holds,
        checkpoints=checkpoints,
        faults=replay.faults,
    )


async def _replay_holds(connection: "asyncpg.Connection[asyncpg.Record]", replay: _Replay) -> int:
    count = 0
    query = (
        "SELECT h.id, h.account, h.amount, e.outcome, t.amount AS paid, t.debit_account"
        " FROM ledger_holds h LEFT JOIN ledger_hold_ends e ON e.hold_id = h.id"
        " LEFT JOIN ledger_transfers t ON t.id = e.transfer_id"
    )
    async for row in connection.cursor(query, prefetch=1000):
        count += 1
        if row["outcome"] is None:
            replay.states[row["account"]].held += int(row["amount"])
        elif row["outcome"] == "posted" and (row["paid"], row["debit_account"]) != (
            row["amount"],
            row["account"],
        ):
            replay.fault(f"hold {row['id']}", "was posted with another amount or account")
    return count


async def _compare(connection: "asyncpg.Connection[asyncpg.Record]", replay: _Replay) -> None:
    sums: dict[str, int] = {}
    query = "SELECT id, name, type, asset, balance, held, version, head FROM ledger_accounts"
    async for row in connection.cursor(query, prefetch=1000):
        state = replay.states[row["id"]]
        for what, kept, found in (
            ("balance", int(row["balance"]), state.balance),
            ("held", int(row["held"]), state.held),
            ("version", row["version"], state.version),
            ("head", bytes(row["head"]).hex(), state.head.hex()),
        ):
            if kept != found:
                replay.fault(state.name, f"{what} is kept as {kept}, replayed {found}")
        sign = 1 if state.type in _DEBIT_GROWS else -1
        sums[state.asset] = sums.get(state.asset, 0) + sign * state.balance
    for asset, total in sums.items():
        if total != 0:
            replay.fault(asset, f"debits exceed credits by {total}")


def checkpoint_digest(previous: bytes, heads: list[tuple[int, int, bytes]]) -> bytes:
    """The digest of a checkpoint: over the one before and (account, version, head) in order."""
    digest = hashlib.sha256(previous)
    for account, version, head in heads:
        digest.update(f"{account} {version} ".encode() + head)
    return digest.digest()


async def _check_checkpoints(
    connection: "asyncpg.Connection[asyncpg.Record]", replay: _Replay
) -> int:
    previous, count = _NO_HEAD, 0
    rows = await connection.fetch("SELECT * FROM ledger_checkpoints ORDER BY id")
    for row in rows:
        count += 1
        found = await connection.fetch(
            "SELECT account, version, head FROM ledger_checkpoint_heads"
            " WHERE checkpoint_id = $1 ORDER BY account",
            row["id"],
        )
        heads = [(r["account"], r["version"], bytes(r["head"])) for r in found]
        where = f"checkpoint {row['id']}"
        if row["id"] != count:
            replay.fault(where, f"expected checkpoint {count}")
        if checkpoint_digest(previous, heads) != bytes(row["digest"]):
            replay.fault(where, "its digest does not fit its heads")
        try:
            Ed25519PublicKey.from_public_bytes(bytes(row["public_key"])).verify(
                bytes(row["signature"]), bytes(row["digest"])
            )
        except (InvalidSignature, ValueError):
            replay.fault(where, "its signature is not valid")
        replay.wanted_heads.update({(a, v): h for a, v, h in heads})
        previous = bytes(row["digest"])
    return count


_MOVED_HEADS = """
SELECT a.id, a.version, a.head FROM ledger_accounts a
 WHERE a.version > coalesce((SELECT h.version FROM ledger_checkpoint_heads h
                              WHERE h.account = a.id ORDER BY h.version DESC LIMIT 1), 0)
 ORDER BY a.id
"""


async def take_checkpoint(db_tx: Connection, key: Ed25519PrivateKey) -> int | None:
    """Writes and signs the heads that moved since the last checkpoint; None when none did.

    One statement reads all heads, so they are of one snapshot. Two at once: the second fails
    on the checkpoint's number, and nothing of it stays.
    """
    last = await db_tx.fetchrow(
        "SELECT id, digest FROM ledger_checkpoints ORDER BY id DESC LIMIT 1"
    )
    rows = await db_tx.fetch(_MOVED_HEADS)
    if not rows:
        return None
    heads = [(r["id"], r["version"], bytes(r["head"])) for r in rows]
    number = (last["id"] if last else 0) + 1
    digest = checkpoint_digest(bytes(last["digest"]) if last else _NO_HEAD, heads)
    await db_tx.execute(
        "INSERT INTO ledger_checkpoints (id, digest, public_key, signature)"
        " VALUES ($1, $2, $3, $4)",
        number,
        digest,
        key.public_key().public_bytes_raw(),
        key.sign(digest),
    )
    await db_tx.executemany(
        "INSERT INTO ledger_checkpoint_heads (checkpoint_id, account, version, head)"
        " VALUES ($1, $2, $3, $4)",
        [(number, *head) for head in heads],
    )
    return number
