"""The escrow contract's side for tests: events as it prints them, and valid histories of it.

`print_of` is the inverse of the decoder. `Script` keeps just enough of the contract's state to
print one valid event after another; `wander` draws whole histories from it.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from earnest.chains.stacks import clarity
from earnest.chains.stacks.clarity import Value
from earnest.escrow import events
from earnest.escrow.events import Event, name_of

CONTRACT = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.escrow-multi-token"
OWNER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
TOKEN = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
BPS = 10_000


def address(number: int) -> str:
    """The testnet address of a numbered person."""
    return str(clarity.Principal(26, number.to_bytes(20, "big")))


def print_of(event: Event, /, **more: Value) -> str:
    """What the contract prints for an event: hexadecimal digits with `0x`. `more` replaces."""
    hints = get_type_hints(type(event), include_extras=True)
    fields: dict[str, Value] = {
        name.replace("_", "-"): _value(getattr(event, name), hints[name])
        for name in type(event).__struct_fields__
    }
    fields |= {"event": clarity.Ascii(name_of(event)), "v": clarity.UInt(1)}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    return clarity.encode_hex(clarity.Tuple.of(fields))


def _value(value: Any, hint: Any) -> Value:
    if hint is bool:
        return clarity.Bool(value)
    if get_origin(hint) is tuple:
        return clarity.List(tuple(_value(each, get_args(hint)[0]) for each in value))
    if get_origin(hint) is not Annotated:
        inner = get_args(hint)[0]
        return clarity.Nothing() if value is None else clarity.Some(_value(value, inner))
    writers: dict[str, Callable[[Any], Value]] = {
        "principal": clarity.Principal.parse,
        "ascii": clarity.Ascii,
        "bytes32": lambda text: clarity.Buffer(bytes.fromhex(text[2:])),
    }
    return writers.get(get_args(hint)[1], clarity.UInt)(value)


class _Milestone(msgspec.Struct):
    amount: int
    status: int = 1
    bond: int = 0
    filer: str | None = None
    claim_from: int = 0


class _Project(msgspec.Struct):
    number: int
    client: str
    freelancer: str
    token: str | None
    fee_bps: int
    milestones: dict[int, _Milestone]
    accepted: bool = False


_ENDINGS: dict[int, list[tuple[type[Event], str, int]]] = {
    1: [
        (events.MilestoneReclaimed, "reclaimed", 0),
        (events.MilestoneSettled, "settled", 3_333),
    ],
    2: [
        (events.MilestoneReleased, "released", BPS),
        (events.MilestoneClaimed, "claimed", BPS),
        (events.MilestoneConceded, "conceded", 0),
    ],
    3: [
        (events.DisputeResolved, "ruled", 6_000),
        (events.DisputeResolved, "defaulted", 5_000),
    ],
}


class Script:
    """Prints valid events one after another. `people` is how many clients and freelancers act;
    without `administers` there are events of projects alone."""

    def __init__(self, die: Random, *, people: int = 6, administers: bool = True) -> None:
        self.die = die
        self.people = people
        self.administers = administers
        self.seq = 0
        self.height = 1_000
        self.count = 0
        self.projects: dict[int, _Project] = {}
        self.sets = 1
        self.fee_bps = 0
        self.fees: dict[str | None, int] = {}
        self.credits: dict[tuple[str, str | None], int] = {}

    def tell(self, kind: type[Event], actor: str, **facts: Any) -> Event:
        """The next event."""
        self.seq += 1
        return kind(seq=self.seq, actor=actor, height=self.height, **facts)

    def deploy(self) -> Event:
        """The contract's first."""
        return self.tell(
            events.ContractDeployed,
            OWNER,
            owner=OWNER,
            treasury=OWNER,
            fee_bps=0,
            arbiter_set=1,
            members=(OWNER,),
            threshold=1,
        )

    def create(self, *, reference: str | None = None, client: str | None = None) -> Event:
        """A project of one to four milestones."""
        die = self.die
        self.count += 1
        number = self.count
        amounts = tuple(10_000 + die.randrange(10**6) for _ in range(die.randint(1, 4)))
        project = _Project(
            number,
            client or address(1 + die.randrange(self.people)),
            address(1_001 + die.randrange(self.people)),
            die.choice([None, None, TOKEN]),
            self.fee_bps,
            {num: _Milestone(amount) for num, amount in enumerate(amounts, start=1)},
        )
        self.projects[number] = project
        return self.tell(
            events.ProjectCreated,
            project.client,
            project_id=number,
            client=project.client,
            freelancer=project.freelancer,
            token=project.token,
            amounts=amounts,
            deadlines=tuple(self.height + 4_320 * num for num in project.milestones),
            total=sum(amounts),
            reference=reference,
            silent_bps=5_000,
            fee_bps=project.fee_bps,
            arbiter_set=1,
            bond_bps=500,
            claim_window=2_016,
            arbiter_window=4_320,
            offer_window=1_008,
        )

    def accept(self, project: _Project) -> Event:
        """The freelancer accepts."""
        project.accepted = True
        return self.tell(events.ProjectAccepted, project.freelancer, project_id=project.number)

    def complete(self, project: _Project, num: int) -> Event:
        """The freelancer hands in."""
        milestone = project.milestones[num]
        milestone.status, milestone.claim_from = 2, self.height + 2_016
        return self.tell(
            events.MilestoneCompleted,
            project.freelancer,
            project_id=project.number,
            milestone_num=num,
            claim_from=milestone.claim_from,
        )

    def dispute(self, project: _Project, num: int) -> Event:
        """A party files."""
        milestone = project.milestones[num]
        milestone.status, milestone.bond = 3, milestone.amount // 20
        milestone.filer = self.die.choice([project.client, project.freelancer])
        return self.tell(
            events.DisputeFiled,
            milestone.filer,
            project_id=project.number,
            milestone_num=num,
            bond=milestone.bond,
            default_from=self.height + 4_320,
            default_bps=5_000,
        )

    def vote(self, project: _Project, num: int) -> Event:
        """An arbiter says a figure."""
        return self.tell(
            events.VoteCast,
            address(2_000 + self.die.randrange(3)),
            project_id=project.number,
            milestone_num=num,
            bps=self.die.choice([0, 6_000, BPS]),
            tally=1,
            threshold=2,
        )

    def offer(self, project: _Project, num: int) -> Event:
        """A party offers a division."""
        return self.tell(
            events.SettlementOffered,
            self.die.choice([project.client, project.freelancer]),
            project_id=project.number,
            milestone_num=num,
            bps=self.die.randint(0, BPS),
            expires=self.height + 1_008,
            status=project.milestones[num].status,
        )

    def close(self, project: _Project, num: int) -> Event:
        """A milestone closes, by an act that its state allows."""
        milestone = project.milestones[num]
        kind, how, bps = self.die.choice(_ENDINGS[milestone.status])
        gross = milestone.amount * bps // BPS
        fee = gross * project.fee_bps // BPS
        refused = project.token is not None and self.die.random() < 0.3
        milestone.status = 4 if bps == BPS else 6 if bps == 0 else 5
        self.fees[project.token] = self.fees.get(project.token, 0) + fee
        credited = (
            gross - fee if refused else 0,
            milestone.amount - gross if refused else 0,
        )
        for who, amount in zip((project.freelancer, project.client), credited, strict=True):
            key = (who, project.token)
            self.credits[key] = self.credits.get(key, 0) + amount
        return self.tell(
            kind,
            project.client,
            project_id=project.number,
            milestone_num=num,
            how=how,
            status=milestone.status,
            bps=bps,
            amount=milestone.amount,
            gross=gross,
            fee=fee,
            net=gross - fee,
            refund=milestone.amount - gross,
            bond=milestone.bond,
            bond_to=milestone.filer,
            credited_freelancer=credited[0],
            credited_client=credited[1],
        )

    def give_back(self, project: _Project) -> Event:
        """All locked milestones go back."""
        locked = [num for num, each in project.milestones.items() if each.status == 1]
        refund = sum(project.milestones[num].amount for num in locked)
        is_cancelled = not project.accepted and len(locked) == len(project.milestones)
        for num in locked:
            project.milestones[num].status = 6
        return self.tell(
            events.ProjectCancelled if is_cancelled else events.ProjectDeclined,
            project.client if is_cancelled else project.freelancer,
            project_id=project.number,
            milestone_nums=tuple(locked),
            refund=refund,
            credited_client=0,
        )

    def administer(self) -> Event:
        """Something of the contract as a whole."""
        die = self.die
        swept = next((token for token, amount in self.fees.items() if amount), "none")
        credit = next((key for key, amount in self.credits.items() if amount), None)
        if swept != "none" and die.random() < 0.5:
            return self.tell(
                events.FeesSwept,
                address(1),
                treasury=OWNER,
                token=swept,
                amount=self.fees.pop(swept),
            )
        if credit is not None and die.random() < 0.5:
            who, token = credit
            amount = self.credits.pop(credit)
            return self.tell(
                events.CreditWithdrawn, address(1), who=who, token=token, amount=amount
            )
        drawn = die.randrange(6)
        if drawn == 0:
            self.sets += 1
            return self.tell(
                events.ArbiterSetProposed,
                OWNER,
                set_id=self.sets,
                members=tuple(address(2_000 + each) for each in range(die.randint(1, 3))),
                threshold=1,
                active_from=self.height + 1_008,
            )
        if drawn == 1:
            return self.tell(events.ArbiterSetActivated, OWNER, set_id=self.sets)
        if drawn == 2:
            return self.tell(
                events.TokenChanged,
                OWNER,
                token=TOKEN,
                asset="sbtc-token",
                allowed=die.random() < 0.8,
            )
        if drawn == 3:
            self.fee_bps = die.choice([0, 250, 1_000])
            return self.tell(events.FeeActivated, OWNER, fee_bps=self.fee_bps)
        if drawn == 4:
            return self.tell(events.PauseChanged, OWNER, paused=die.random() < 0.5)
        return self.tell(events.OwnerProposed, OWNER, proposed_owner=address(7))

    def step(self) -> Event:
        """One event, drawn among those that are possible."""
        die = self.die
        self.height += die.choice([0, 0, 1, 2])
        drawn = die.random()
        if not self.projects or drawn < 0.15:
            return self.create()
        if drawn < 0.25 and self.administers:
            return self.administer()
        project = self.projects[die.choice(list(self.projects)[-12:])]
        ready = [num for num, each in project.milestones.items() if each.status <= 3]
        if not ready:
            return self.create()
        if not project.accepted and die.random() < 0.3:
            return self.accept(project)
        num = die.choice(ready)
        status = project.milestones[num].status
        if status == 1 and die.random() < 0.08:
            return self.give_back(project)
        acts: Sequence[Callable[[_Project, int], Event]] = {
            1: (self.complete, self.complete, self.dispute, self.offer, self.close),
            2: (self.close, self.close, self.dispute, self.offer),
            3: (self.vote, self.vote, self.offer, self.close),
        }[status]
        return die.choice(acts)(project, num)


def wander(seed: int, count: int) -> list[Event]:
    """A valid history of `count` events, the deploy first."""
    script = Script(Random(seed))
    return [script.deploy(), *(script.step() for _ in range(count - 1))]
