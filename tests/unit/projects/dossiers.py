"""A sound dossier for tests: a dispute over the second milestone, ruled at 6,000."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.escrow import divide, event_data, events
from earnest.projects.disputes.rules_dossier import (
    DOSSIER_VERSION,
    Dossier,
    DossierArbiters,
    DossierEvent,
    DossierEvidence,
    DossierFile,
    EvidenceItem,
    Side,
    hash_item,
    outcome_of,
)
from tests.escrow_contract import CONTRACT, address, print_of

CLIENT, FREELANCER, ARBITER, OWNER = (address(number) for number in (1, 2, 3, 4))
PROJECT_ID = "5f0c0a52-55a4-4b43-8f29-3a0f3b1c7d11"
DISPUTE_ID = f"{PROJECT_ID}-2"
NUMBER = 7
TERMS = '{"title":"A shed"}'
REFERENCE = "0x" + hashlib.sha256(TERMS.encode()).hexdigest()
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FILES = {name: f"what {name} holds".encode() for name in ("plan.pdf", "<b>photo</b>.svg")}
DEFAULT_FROM = 5_320


def _event(place: int, event: events.Event) -> DossierEvent:
    return DossierEvent(
        seq=event.seq,
        name=events.name_of(event),
        block_id=f"0x{place:064x}",
        tx_id=f"0x{place + 1_000:064x}",
        tx_index=0,
        event_index=1,
        height=place,
        burn_height=event.height,
        block_time=1_760_000_000 + place,
        hex=print_of(event),
        data=_builtins(event_data(event)),
    )


def _builtins(data: dict[str, Any]) -> dict[str, Any]:
    return {name: list(each) if isinstance(each, tuple) else each for name, each in data.items()}


def made_set(set_id: int = 2, *, members: tuple[str, ...] = (ARBITER, OWNER)) -> DossierEvent:
    """The event that makes the set of arbiters."""
    return _event(
        2,
        events.ArbiterSetProposed(
            seq=2,
            actor=OWNER,
            height=900,
            set_id=set_id,
            members=members,
            threshold=1,
            active_from=950,
        ),
    )


def history(*, ruled: bool = True, reference: str | None = REFERENCE) -> list[DossierEvent]:
    """The project's events, from its creation to the ruling."""
    parts = divide(3_000_000, 6_000, 250)
    told: list[events.Event] = [
        events.ProjectCreated(
            seq=5,
            actor=CLIENT,
            height=1_000,
            project_id=NUMBER,
            client=CLIENT,
            freelancer=FREELANCER,
            token=None,
            amounts=(1_000_000, 3_000_000),
            deadlines=(5_000, 6_000),
            total=4_000_000,
            reference=reference,
            silent_bps=5_000,
            fee_bps=250,
            arbiter_set=2,
            bond_bps=500,
            claim_window=2_016,
            arbiter_window=4_320,
            offer_window=1_008,
        ),
        events.DisputeFiled(
            seq=8,
            actor=FREELANCER,
            height=1_000,
            project_id=NUMBER,
            milestone_num=2,
            bond=150_000,
            default_from=DEFAULT_FROM,
            default_bps=5_000,
        ),
    ]
    if ruled:
        told += [
            events.VoteCast(
                seq=9,
                actor=ARBITER,
                height=1_100,
                project_id=NUMBER,
                milestone_num=2,
                bps=6_000,
                tally=1,
                threshold=1,
            ),
            events.DisputeResolved(
                seq=10,
                actor=ARBITER,
                height=1_100,
                project_id=NUMBER,
                milestone_num=2,
                how="ruled",
                status=5,
                bps=6_000,
                amount=3_000_000,
                gross=parts.gross_minor,
                fee=parts.fee_minor,
                net=parts.net_minor,
                refund=parts.refund_minor,
                bond=150_000,
                bond_to=FREELANCER,
                credited_client=0,
                credited_freelancer=0,
            ),
        ]
    return [_event(100 + place, event) for place, event in enumerate(told)]


def item(side: Side, number: int, text: str, *names: str, burn_height: int = 1_050) -> EvidenceItem:
    """A piece of evidence with files of `FILES`."""
    return EvidenceItem(
        dispute_id=DISPUTE_ID,
        side=side,
        number=number,
        address=CLIENT if side is Side.CLIENT else FREELANCER,
        text=text,
        files=[
            DossierFile(
                sha256=hashlib.sha256(FILES[name]).hexdigest(),
                size_bytes=len(FILES[name]),
                name=name,
                declared_type="text/html",
            )
            for name in names
        ],
        handed_in_at="2026-05-01T10:00:00.000000Z",
        burn_height=burn_height,
    )


def evidence(*items: EvidenceItem) -> list[DossierEvidence]:
    """Items with their hashes."""
    return [DossierEvidence(item=each, sha256=hash_item(each)) for each in items]


def sound(*, ruled: bool = True, reference: str | None = REFERENCE) -> Dossier:
    """A dossier against which nothing speaks."""
    told = history(ruled=ruled, reference=reference)
    return Dossier(
        earnest_dossier=DOSSIER_VERSION,
        interim=not ruled,
        dispute_id=DISPUTE_ID,
        project_id=PROJECT_ID,
        milestone_num=2,
        contract=CONTRACT,
        number=NUMBER,
        creation_tx_id=told[0].tx_id,
        client=CLIENT,
        freelancer=FREELANCER,
        token=None,
        milestone_amount_minor="3000000",
        terms=TERMS,
        arbiters=DossierArbiters(
            set_id=2, members=[ARBITER, OWNER], threshold=1, made_by=made_set()
        ),
        events=told,
        evidence=evidence(
            item(Side.FREELANCER, 1, "It was delivered. \U0001f4e6 <script>", "plan.pdf"),
            item(Side.CLIENT, 1, "It was not.", "<b>photo</b>.svg"),
            item(Side.CLIENT, 2, ""),
        ),
        outcome=outcome_of(told, 2),
    )
