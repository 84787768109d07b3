"""The fold against the contract itself: what ran in simnet, and what its own maps held."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from earnest.chains.stacks import clarity
from earnest.escrow.projection.fold import Placed, State, apply
from earnest.escrow.reading import decode_event
from earnest.escrow.state import MilestoneStatus

_ROOT = Path(__file__).resolve().parents[3]
_NUMBERS = {status: number for number, status in enumerate(MilestoneStatus, start=1)}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A tree of blocks in which people acted at random on the real contract, in three tokens."""
    folder = tmp_path_factory.mktemp("histories")
    make = ["node", str(_ROOT / "localnet/histories/make.mjs"), "--blocks", "70"]
    subprocess.run(
        [*make, "--contracts", str(_ROOT / "contracts"), "--folder", str(folder), "11"], check=True
    )
    found: dict[str, Any] = json.loads((folder / "11.json").read_text())
    return found


def plain(value: clarity.Value) -> Any:
    """A Clarity value as a plain one."""
    match value:
        case clarity.Tuple(fields):
            return {name: plain(item) for name, item in fields}
        case clarity.List(items):
            return [plain(item) for item in items]
        case clarity.Some(inner):
            return plain(inner)
        case clarity.Nothing():
            return None
        case clarity.Principal():
            return str(value)
        case clarity.Buffer(data):
            return "0x" + data.hex()
        case clarity.UInt(found) | clarity.Bool(found) | clarity.Ascii(found):
            return found
    raise TypeError(f"the contract's maps hold no {value}")


def entries_of(state: State) -> dict[str, Any]:
    """What the contract's variables and maps must hold for a folded state, by their names."""
    config = state.settled_config()
    assert config is not None
    fee, arbiters = config.proposed_fee_bps, config.proposed_set
    found: dict[str, Any] = {
        "var/owner": config.owner,
        "var/proposed-owner": config.proposed_owner,
        "var/treasury": config.treasury,
        "var/paused": config.paused,
        "var/fee-bps": config.fee_bps,
        "var/proposed-fee": None
        if fee is None
        else {"bps": fee, "active-from": config.proposed_fee_from},
        "var/arbiter-set": config.arbiter_set,
        "var/arbiter-set-count": config.arbiter_set_count,
        "var/proposed-set": None
        if arbiters is None
        else {"set-id": arbiters, "active-from": config.proposed_set_from},
        "var/project-count": config.project_count,
        "var/event-count": config.event_count,
    }
    for number, p in state.projects.items():
        found[f"projects/{number}"] = {
            "client": p.client,
            "freelancer": p.freelancer,
            "token": p.token,
            "milestones": p.milestone_count,
            "total": p.total_minor,
            "fee-bps": p.fee_bps,
            "arbiter-set": p.arbiter_set,
            "silent-bps": p.silent_bps,
            "reference": p.reference,
            "created-at": p.created_burn_height,
            "accepted": p.accepted,
            "cancelled": p.cancelled,
        }
    for (number, num), m in state.milestones.items():
        found[f"milestones/{number}/{num}"] = {
            "amount": m.amount_minor,
            "deadline": m.deadline,
            "status": _NUMBERS[m.status],
            "claim-from": m.claim_from,
            "bps": m.bps,
        }
    for (number, num), d in state.disputes.items():
        found[f"disputes/{number}/{num}"] = {
            "filer": d.filer,
            "bond": d.bond_minor,
            "filed-at": d.filed_at,
            "default-from": d.default_from,
            "default-bps": d.default_bps,
        }
    for (number, num, by), o in state.offers.items():
        offer = {"bps": o.bps, "expires": o.expires, "status": _NUMBERS[o.status]}
        found[f"offers/{number}/{num}/{by}"] = offer
    for (number, num, arbiter), vote in state.votes.items():
        found[f"votes/{number}/{num}/{arbiter}"] = vote.bps
    for set_id, s in state.sets.items():
        found[f"arbiter-sets/{set_id}"] = {"members": list(s.members), "threshold": s.threshold}
    for token, t in state.tokens.items():
        found |= {f"allowed-tokens/{token}": t.allowed, f"token-assets/{token}": t.asset}
    found |= {f"owed/{token}": amount for token, amount in state.owed.items()}
    found |= {f"fees/{token}": amount for token, amount in state.fees.items()}
    for (who, token), amount in state.credits.items():
        found[f"credits/{who}/{token}"] = amount
    return found


def _path_to(blocks: list[dict[str, Any]], at: int) -> list[dict[str, Any]]:
    path: list[dict[str, Any]] = []
    here: int | None = at
    while here is not None:
        path.append(blocks[here])
        here = blocks[here]["parent"]
    return path[::-1]


def _prints(history: dict[str, Any], block: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (tx["txid"], each["data"]["raw_value"])
        for tx in block["txs"]
        for each in tx["events"]
        if each["event"] == "print_event"
        and each["data"]["contract_identifier"] == history["contract"]
    ]


def test_fold_of_the_prints_is_what_the_contract_holds(history: dict[str, Any]) -> None:
    """On every branch and after every block: variables, projects, milestones, disputes, offers,
    votes, sets, tokens, and what is owed, collected and credited, all as in the contract's maps."""
    blocks, names = history["blocks"], set()
    parents = {block["parent"] for block in blocks}
    leaves = [block["at"] for block in blocks if block["at"] not in parents]
    assert len(leaves) > 1
    for leaf in leaves:
        state, held = State(), dict[str, Any]()
        for block in _path_to(blocks, leaf):
            for tx_id, raw in _prints(history, block):
                event = decode_event(raw)
                names.add(type(event).__name__)
                apply(state, Placed(event, 0, block["indexHash"], tx_id, 0, 0, block["height"], 0))
            held |= block["changes"]
            if state.event_count:
                # A sum of nothing is an entry in the contract at times, and never a row here.
                contract = {
                    name: found
                    for name, raw in held.items()
                    if raw is not None
                    and (
                        (found := plain(clarity.decode_hex(raw))) != 0
                        or not name.startswith(("owed/", "fees/", "credits/"))
                    )
                }
                assert entries_of(state) == contract
    assert len(names) > 12
