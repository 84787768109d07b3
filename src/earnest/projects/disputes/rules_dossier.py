"""The dossier of a dispute: what it holds, how it is written and signed. Pure.

A dossier is one canonical JSON document (RFC 8785): the terms, the parties, every final event of
the escrow with its raw bytes, every piece of evidence with the hash of every file, and the
outcome. It holds no clock of ours: the same facts make the same bytes. `rules_dossier_check` proves
it without us.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from earnest.kit.canonical import canonical_json

DOSSIER_VERSION = 1
ALGORITHM = "ed25519"
# Goes before the hash that is signed, so that no signature over something else is ever one of a
# dossier: the same key signs the ledger's checkpoints.
_SIGNED_PREFIX = b"earnest dossier 1\n"


class Side(StrEnum):
    """Whose evidence or review it is."""

    CLIENT = "client"
    FREELANCER = "freelancer"

    @property
    def other(self) -> "Side":
        """The other side."""
        return Side.FREELANCER if self is Side.CLIENT else Side.CLIENT


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A part of a dossier. Amounts are decimal strings of minor units; heights are of Bitcoin
    unless a name says otherwise; hashes and keys are hexadecimal."""


class DossierFile(_Part, frozen=True):
    """A file by its hash. Name and type are what its side said."""

    sha256: str
    size_bytes: int
    name: str
    declared_type: str


class EvidenceItem(_Part, frozen=True):
    """What one side handed in, as it is hashed. `number` counts from 1 for each side.

    `handed_in_at` is RFC 3339 in UTC; `burn_height` is what the marketplace saw then.
    """

    dispute_id: str
    side: Side
    number: int
    address: str
    text: str
    files: list[DossierFile]
    handed_in_at: str
    burn_height: int


class DossierEvidence(_Part, frozen=True):
    """A piece of evidence and the SHA-256 of its canonical JSON, fixed when it was handed in."""

    item: EvidenceItem
    sha256: str


class DossierEvent(_Part, frozen=True):
    """A final event of the contract: where it stands on the chain, its raw bytes, what they say.

    `seq` is the contract's own number; `height` is of Stacks, `block_time` in unix seconds.
    """

    seq: int
    name: str
    block_id: str
    tx_id: str
    tx_index: int
    event_index: int
    height: int
    burn_height: int
    block_time: int
    hex: str
    data: dict[str, Any]


class DossierArbiters(_Part, frozen=True):
    """The project's set of arbiters, and the event that made it."""

    set_id: int
    members: list[str]
    threshold: int
    made_by: DossierEvent | None


class Outcome(_Part, frozen=True):
    """How the milestone was closed, as its last event says. `bps` is the freelancer's part."""

    how: str
    bps: int
    amount_minor: str
    gross_minor: str
    fee_minor: str
    net_minor: str
    refund_minor: str
    bond_minor: str
    bond_to: str | None
    tx_id: str
    burn_height: int


class Dossier(_Part, frozen=True):
    """All of a dispute. `interim` while it is not closed finally; then there is no outcome.

    `terms` is the canonical JSON that both agreed on, as text; its SHA-256 is the reference that
    the escrow carries, where it carries one. `token` is null for STX.
    """

    earnest_dossier: int
    interim: bool
    dispute_id: str
    project_id: str
    milestone_num: int
    contract: str
    number: int
    creation_tx_id: str
    client: str
    freelancer: str
    token: str | None
    milestone_amount_minor: str
    terms: str
    arbiters: DossierArbiters
    events: list[DossierEvent]
    evidence: list[DossierEvidence]
    outcome: Outcome | None


class DossierSignature(_Part, frozen=True):
    """Over the SHA-256 of the dossier's canonical JSON. All in hex."""

    algorithm: str
    public_key: str
    sha256: str
    value: str


class SignedDossier(_Part, frozen=True):
    """The file: a dossier and its signature, in canonical form."""

    dossier: Dossier
    signature: DossierSignature


def hash_item(item: EvidenceItem) -> str:
    """The SHA-256 of an item's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(item)).hexdigest()


def signed_bytes(sha256: bytes) -> bytes:
    """What is signed for a dossier with this hash."""
    return _SIGNED_PREFIX + sha256


def sign_dossier(dossier: Dossier, key: Ed25519PrivateKey) -> bytes:
    """The signed file of a dossier. The same dossier and key give the same bytes."""
    digest = hashlib.sha256(canonical_json(dossier)).digest()
    signature = DossierSignature(
        algorithm=ALGORITHM,
        public_key=key.public_key().public_bytes_raw().hex(),
        sha256=digest.hex(),
        value=key.sign(signed_bytes(digest)).hex(),
    )
    return canonical_json(SignedDossier(dossier=dossier, signature=signature))


def outcome_of(events: Sequence[DossierEvent], milestone_num: int) -> Outcome | None:
    """The end of a milestone by its events; None while it is open."""
    for event in reversed(events):
        data = event.data
        # Only an event that closes a milestone divides an amount.
        if data.get("milestoneNum") == milestone_num and "gross" in data:
            return Outcome(
                how=data["how"],
                bps=data["bps"],
                amount_minor=data["amount"],
                gross_minor=data["gross"],
                fee_minor=data["fee"],
                net_minor=data["net"],
                refund_minor=data["refund"],
                bond_minor=data["bond"],
                bond_to=data["bondTo"],
                tx_id=event.tx_id,
                burn_height=event.burn_height,
            )
    return None
