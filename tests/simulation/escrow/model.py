"""What the contract's events add up to, told a second time and as plainly as can be.

Beside the contract's own maps it gives what those don't hold: how a milestone ended, who got a
bond, which chain_tx did it. It shares no code with `earnest.escrow`.
"""

from collections.abc import Iterable
from typing import Any

from tests.simulation.escrow.history import Plain, Print

STATUS = {1: "locked", 2: "submitted", 3: "disputed", 4: "approved", 5: "split", 6: "refunded"}
Rows = dict[tuple[Any, ...], dict[str, Any]]


class Told:
    """Rows by table, as `escrow_…` has them, each by its key without contract and view."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.projects: Rows = {}
        self.milestones: Rows = {}
        self.disputes: Rows = {}
        self.votes: Rows = {}
        self.offers: Rows = {}
        self.arbiter_sets: Rows = {}
        self.tokens: Rows = {}
        self.owed: dict[str, int] = {}
        self.fees: dict[str, int] = {}
        self.credits: dict[tuple[str, str], int] = {}


def tell(prints: Iterable[Print]) -> Told:
    """All that these prints say, which are those of one branch from its beginning."""
    told = Told()
    for count, each in enumerate(prints, start=1):
        if each.fields["seq"] != count:
            raise AssertionError(f"print {each.fields['seq']} comes as number {count}")
        _tell_one(told, each, each.fields, each.fields["event"])
        told.config["event_count"] = count
    return told


def _tell_one(told: Told, at: Print, e: dict[str, Plain], name: str) -> None:
    config = told.config
    match name:
        case "contract-deployed":
            config.update(
                owner=e["owner"],
                proposed_owner=None,
                treasury=e["treasury"],
                paused=False,
                fee_bps=e["fee-bps"],
                proposed_fee_bps=None,
                proposed_fee_from=None,
                arbiter_set=e["arbiter-set"],
                arbiter_set_count=e["arbiter-set"],
                proposed_set=None,
                proposed_set_from=None,
                project_count=0,
            )
            _add_set(told, e["arbiter-set"], e)
        case "owner-proposed":
            config["proposed_owner"] = e["proposed-owner"]
        case "owner-changed":
            config.update(owner=e["owner"], proposed_owner=None)
        case "treasury-changed":
            config["treasury"] = e["treasury"]
        case "pause-changed":
            config["paused"] = e["paused"]
        case "token-changed":
            told.tokens[(e["token"],)] = {"asset": e["asset"], "allowed": e["allowed"]}
        case "arbiter-set-proposed":
            _add_set(told, e["set-id"], e)
            config.update(
                arbiter_set_count=e["set-id"],
                proposed_set=e["set-id"],
                proposed_set_from=e["active-from"],
            )
        case "arbiter-set-activated":
            config.update(arbiter_set=e["set-id"], proposed_set=None, proposed_set_from=None)
        case "fee-proposed":
            config.update(proposed_fee_bps=e["fee-bps"], proposed_fee_from=e["active-from"])
        case "fee-activated":
            config.update(fee_bps=e["fee-bps"], proposed_fee_bps=None, proposed_fee_from=None)
        case "credit-withdrawn":
            told.credits[e["who"], e["token"] or "STX"] -= e["amount"]
            told.owed[e["token"] or "STX"] -= e["amount"]
        case "fees-swept":
            told.fees[e["token"] or "STX"] -= e["amount"]
            told.owed[e["token"] or "STX"] -= e["amount"]
        case "project-created":
            _create(told, at, e)
        case _:
            _tell_of_project(told, at, e, name)


def _add_set(told: Told, set_id: int, e: dict[str, Plain]) -> None:
    told.arbiter_sets[(set_id,)] = {"members": e["members"], "threshold": e["threshold"]}


def _create(told: Told, at: Print, e: dict[str, Plain]) -> None:
    number = e["project-id"]
    told.config["project_count"] = number
    told.projects[(number,)] = {
        "creation_tx_id": at.tx_id,
        "creation_block_id": at.block_id,
        "creation_height": at.height,
        "created_burn_height": e["height"],
        "client": e["client"],
        "freelancer": e["freelancer"],
        "token": e["token"],
        "total_minor": e["total"],
        "reference": e["reference"],
        "silent_bps": e["silent-bps"],
        "fee_bps": e["fee-bps"],
        "arbiter_set": e["arbiter-set"],
        "bond_bps": e["bond-bps"],
        "claim_window": e["claim-window"],
        "arbiter_window": e["arbiter-window"],
        "offer_window": e["offer-window"],
        "milestone_count": len(e["amounts"]),
        "accepted": False,
        "cancelled": False,
        "updated_burn_height": e["height"],
    }
    for num, (amount, deadline) in enumerate(zip(e["amounts"], e["deadlines"], strict=True), 1):
        told.milestones[number, num] = {
            "amount_minor": amount,
            "deadline": deadline,
            "status": "locked",
            **dict.fromkeys(
                (
                    "how",
                    "claim_from",
                    "bps",
                    "gross_minor",
                    "fee_minor",
                    "net_minor",
                    "refund_minor",
                    "submitted_tx_id",
                    "closed_tx_id",
                    "closed_burn_height",
                )
            ),
        }
    _sum_up(told, number)
    _owe(told, e["token"], e["total"])


def _tell_of_project(told: Told, at: Print, e: dict[str, Plain], name: str) -> None:
    number = e["project-id"]
    project = told.projects[(number,)]
    project["updated_burn_height"] = e["height"]
    place = (number, e.get("milestone-num"))
    match name:
        case "project-accepted":
            project["accepted"] = True
        case "project-cancelled" | "project-declined":
            project["cancelled"] |= name == "project-cancelled"
            for num in e["milestone-nums"]:
                _end(told, at, (number, num), name.removeprefix("project-"), 6, 0, (0, 0, 0))
            _credit(told, project["client"], project["token"], e["credited-client"])
            _owe(told, project["token"], e["credited-client"] - e["refund"])
        case "milestone-completed":
            told.milestones[place].update(
                status="submitted", claim_from=e["claim-from"], submitted_tx_id=at.tx_id
            )
        case "dispute-filed":
            told.milestones[place]["status"] = "disputed"
            told.disputes[place] = {
                "filer": e["actor"],
                "bond_minor": e["bond"],
                "bond_to": None,
                "filed_at": e["height"],
                "default_from": e["default-from"],
                "default_bps": e["default-bps"],
                "filed_tx_id": at.tx_id,
            }
            _owe(told, project["token"], e["bond"])
        case "vote-cast":
            told.votes[*place, e["actor"]] = {"bps": e["bps"]}
        case "settlement-offered":
            status = STATUS[e["status"]]
            told.offers[*place, e["actor"]] = {
                "bps": e["bps"],
                "expires": e["expires"],
                "status": status,
            }
        case _:
            _close(told, at, e, place, project)
    _sum_up(told, number)


def _close(
    told: Told, at: Print, e: dict[str, Plain], place: tuple[Any, ...], project: dict[str, Any]
) -> None:
    token = project["token"]
    _end(told, at, place, e["how"], e["status"], e["bps"], (e["gross"], e["fee"], e["net"]))
    if place in told.disputes:
        told.disputes[place]["bond_to"] = e["bond-to"]
    told.fees[token or "STX"] = told.fees.get(token or "STX", 0) + e["fee"]
    _credit(told, project["client"], token, e["credited-client"])
    _credit(told, project["freelancer"], token, e["credited-freelancer"])
    kept = e["credited-client"] + e["credited-freelancer"]
    _owe(told, token, kept - e["net"] - e["refund"] - e["bond"])


def _end(
    told: Told,
    at: Print,
    place: tuple[Any, ...],
    how: str,
    status: int,
    bps: int,
    parts: tuple[int, int, int],
) -> None:
    milestone = told.milestones[place]
    gross, fee, net = parts
    milestone.update(
        status=STATUS[status],
        how=how,
        bps=bps,
        gross_minor=gross,
        fee_minor=fee,
        net_minor=net,
        refund_minor=milestone["amount_minor"] - gross,
        closed_tx_id=at.tx_id,
        closed_burn_height=at.fields["height"],
    )


def _sum_up(told: Told, number: int) -> None:
    project = told.projects[(number,)]
    own = [row for (of, _), row in told.milestones.items() if of == number]
    for name, part in (("net", "net"), ("refunded", "refund"), ("fee", "fee")):
        project[f"{name}_minor"] = sum(row[f"{part}_minor"] or 0 for row in own)
    statuses = {row["status"] for row in own}
    if "disputed" in statuses:
        project["status"] = "disputed"
    elif statuses & {"locked", "submitted"}:
        project["status"] = "active"
    elif project["cancelled"]:
        project["status"] = "cancelled"
    else:
        project["status"] = "completed" if project["net_minor"] else "refunded"


def _owe(told: Told, token: str | None, amount: int) -> None:
    told.owed[token or "STX"] = told.owed.get(token or "STX", 0) + amount


def _credit(told: Told, who: str, token: str | None, amount: int) -> None:
    told.credits[who, token or "STX"] = told.credits.get((who, token or "STX"), 0) + amount
