"""Proves a dossier with nothing but the file: signature, form, hashes, events, outcome. Pure.

What no file can prove is that its events are on the chain; each names the block and the chain_tx in
which anybody can look it up.
"""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import pairwise

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from earnest.escrow import Unreadable, decode_event, event_data
from earnest.kit.canonical import canonical_json
from earnest.projects.disputes.rules_dossier import (
    ALGORITHM,
    DOSSIER_VERSION,
    Dossier,
    DossierEvent,
    DossierEvidence,
    Side,
    SignedDossier,
    hash_item,
    outcome_of,
    signed_bytes,
)

_MADE_SETS = frozenset({"contract-deployed", "arbiter-set-proposed"})


class DossierCheck(msgspec.Struct, frozen=True):
    """What was found. No fault: the dossier is proved, as far as `notes` does not limit that."""

    signed: SignedDossier | None
    faults: list[str]
    notes: list[str]

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.faults


def check_dossier(
    data: bytes, *, key: bytes | None = None, files: Mapping[str, int] | None = None
) -> DossierCheck:
    """Checks the bytes of a dossier file.

    `key` is the public key that it must be signed with (32 bytes), `files` the sizes of the files
    at hand by their SHA-256 in hex. Never raises: whatever is wrong is among the faults.
    """
    try:
        plain = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return DossierCheck(None, [f"This is no JSON: {error}."], [])
    faults: list[str] = []
    try:
        if canonical_json(plain) != data:
            faults.append(
                "It is not in canonical form (RFC 8785): it was written anew after it was signed."
            )
    except (ValueError, RecursionError) as error:
        return DossierCheck(None, [f"It has no canonical form (RFC 8785): {error}."], [])
    try:
        signed = msgspec.convert(plain, SignedDossier)
    except (msgspec.ValidationError, RecursionError) as error:
        return DossierCheck(None, [*faults, f"This is no dossier: {error}."], [])
    if signed.dossier.earnest_dossier != DOSSIER_VERSION:
        version = signed.dossier.earnest_dossier
        return DossierCheck(
            None, [*faults, f"Version {version} of dossiers is not known here."], []
        )
    dossier = signed.dossier
    faults += _check_signature(signed, key)
    faults += _check_events(dossier)
    faults += _check_facts(dossier)
    faults += _check_arbiters(dossier)
    faults += _check_evidence(dossier)
    if files is not None:
        faults += _check_files(dossier, files)
    return DossierCheck(signed, faults, list(_limits(signed, key, files)))


def _limits(
    signed: SignedDossier, key: bytes | None, files: Mapping[str, int] | None
) -> Iterator[str]:
    dossier = signed.dossier
    if key is None:
        yield (
            f"Signed by the key {signed.signature.public_key}, which stands in the file itself."
            " Compare it with the one that the marketplace publishes, or name it by --key."
        )
    if files is None and any(each.item.files for each in dossier.evidence):
        yield "The files of the evidence were not looked at. Name their folder by --files."
    if dossier.interim:
        yield "It is interim: the dispute was not closed finally when it was made."
    if _creation(dossier).get("reference") is None:
        yield "The escrow carries no reference: that these are its terms is the marketplace's word."
    yield (
        "That the events are on the chain is not in a file's power to prove:"
        " each names its block and chain_tx."
    )


# -- the signature ---------------------------------------------------------------------------------


def _check_signature(signed: SignedDossier, key: bytes | None) -> Iterator[str]:
    signature = signed.signature
    digest = hashlib.sha256(canonical_json(signed.dossier)).digest()
    if signature.algorithm != ALGORITHM:
        yield f"It is signed by {signature.algorithm}; only {ALGORITHM} is known."
        return
    if digest.hex() != signature.sha256:
        yield (
            f"The dossier's SHA-256 is {digest.hex()}, what was signed is {signature.sha256}:"
            " the dossier was changed after it was signed."
        )
    try:
        public = bytes.fromhex(signature.public_key)
        Ed25519PublicKey.from_public_bytes(public).verify(
            bytes.fromhex(signature.value), signed_bytes(bytes.fromhex(signature.sha256))
        )
    except (InvalidSignature, ValueError):
        yield f"The signature is not one of the key {signature.public_key} over this dossier."
        return
    if key is not None and public != key:
        yield f"It is signed by the key {signature.public_key}, not by {key.hex()}."


# -- the events ------------------------------------------------------------------------------------


def _check_event(event: DossierEvent, where: str) -> Iterator[str]:
    try:
        said = msgspec.json.decode(msgspec.json.encode(event_data(decode_event(event.hex))))
    except Unreadable as error:
        yield f"{where}: its raw bytes are no event of the contract ({error})."
        return
    if said["event"] != event.name:
        yield f"{where}: its raw bytes are a {said['event']}."
    if said["seq"] != event.seq:
        yield f"{where}: its raw bytes have the contract's number {said['seq']}."
    for name in sorted(said.keys() | event.data.keys()):
        if name not in event.data or name not in said or said[name] != event.data[name]:
            yield (
                f"{where}: its raw bytes say {name} = {said.get(name)},"
                f" the dossier says {event.data.get(name)}."
            )


def _check_events(dossier: Dossier) -> Iterator[str]:
    for event in dossier.events:
        where = f"Event {event.seq} ({event.name})"
        yield from _check_event(event, where)
        if event.data.get("projectId") != dossier.number:
            yield f"{where}: it is of project {event.data.get('projectId')}, not {dossier.number}."
    for before, after in pairwise(dossier.events):
        if after.seq <= before.seq:
            yield f"Event {after.seq} stands after event {before.seq}: the order is broken."
        elif _place(after) <= _place(before):
            yield f"Event {after.seq} is on the chain before event {before.seq}, which precedes it."


def _place(event: DossierEvent) -> tuple[int, int, int]:
    return event.height, event.tx_index, event.event_index


def _creation(dossier: Dossier) -> dict[str, object]:
    first = dossier.events[0] if dossier.events else None
    return first.data if first is not None and first.name == "project-created" else {}


def _check_facts(dossier: Dossier) -> Iterator[str]:
    """Whether what the dossier says of the project is what its events say."""
    created = _creation(dossier)
    if not created:
        yield "Its first event is not the creation of the project: events are missing."
        return
    if dossier.events[0].tx_id != dossier.creation_tx_id:
        yield f"The project was created by {dossier.events[0].tx_id}, not {dossier.creation_tx_id}."
    amounts = created.get("amounts")
    num = dossier.milestone_num
    amount = amounts[num - 1] if isinstance(amounts, list) and 0 < num <= len(amounts) else None
    for name, claimed, found in (
        ("client", dossier.client, created.get("client")),
        ("freelancer", dossier.freelancer, created.get("freelancer")),
        ("token", dossier.token, created.get("token")),
        ("arbiter set", dossier.arbiters.set_id, created.get("arbiterSet")),
        ("amount of the milestone", dossier.milestone_amount_minor, amount),
    ):
        if claimed != found:
            yield f"The {name} is {claimed} here and {found} in the event of the creation."
    reference = created.get("reference")
    found = "0x" + hashlib.sha256(dossier.terms.encode()).hexdigest()
    if reference is not None and reference != found:
        yield f"The terms have SHA-256 {found}, the escrow was made for {reference}."
    names = [event.name for event in dossier.events if event.data.get("milestoneNum") == num]
    if "dispute-filed" not in names:
        yield "No event says that this milestone was disputed."
    try:
        outcome = outcome_of(dossier.events, num)
    except KeyError as error:
        yield f"The event that closes the milestone lacks {error.args[0]}."
        return
    if outcome != dossier.outcome:
        yield "The outcome is not what the events say."
    if dossier.interim != (outcome is None):
        yield "It is called interim though the dispute is closed, or closed though it is not."


def _check_arbiters(dossier: Dossier) -> Iterator[str]:
    arbiters = dossier.arbiters
    made = arbiters.made_by
    if made is None:
        yield "The event that made the set of arbiters is missing."
        return
    where = f"Event {made.seq} ({made.name})"
    yield from _check_event(made, where)
    set_id = made.data.get("setId", made.data.get("arbiterSet"))
    if made.name not in _MADE_SETS or set_id != arbiters.set_id:
        yield f"{where} does not make arbiter set {arbiters.set_id}."
    said = (made.data.get("members"), made.data.get("threshold"))
    if (arbiters.members, arbiters.threshold) != said:
        yield f"The arbiters are not those whom {where[0].lower()}{where[1:]} names."
    parties = (dossier.client, dossier.freelancer)
    voters = [each for each in arbiters.members if each not in parties]
    for event in dossier.events:
        if event.name == "vote-cast" and event.data.get("actor") not in voters:
            yield f"Event {event.seq} (vote-cast) is by {event.data.get('actor')}, who has no vote."


# -- the evidence ----------------------------------------------------------------------------------


def _check_evidence(dossier: Dossier) -> Iterator[str]:
    address_of = {Side.CLIENT: dossier.client, Side.FREELANCER: dossier.freelancer}
    closes = next(
        (
            event.data.get("defaultFrom")
            for event in dossier.events
            if event.name == "dispute-filed"
            and event.data.get("milestoneNum") == dossier.milestone_num
        ),
        None,
    )
    for side in Side:
        numbers = [e.item.number for e in dossier.evidence if e.item.side is side]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"The evidence of the {side.value} is not numbered without a gap: {numbers}."
    for each in dossier.evidence:
        item, where = each.item, _name(each)
        found = hash_item(item)
        if found != each.sha256:
            yield f"{where}: its content has SHA-256 {found}, not {each.sha256}."
        if item.dispute_id != dossier.dispute_id:
            yield f"{where} belongs to dispute {item.dispute_id}."
        if item.address != address_of[item.side]:
            yield f"{where} is by {item.address}, who is not the {item.side.value}."
        if isinstance(closes, int) and item.burn_height >= closes:
            yield f"{where} came at block {item.burn_height}; the time for it ended at {closes}."


def _name(evidence: DossierEvidence) -> str:
    return f"Evidence {evidence.item.number} of the {evidence.item.side.value}"


def _check_files(dossier: Dossier, files: Mapping[str, int]) -> Iterator[str]:
    for each in dossier.evidence:
        for file in each.item.files:
            size = files.get(file.sha256)
            if size is None:
                yield f"{_name(each)}: no file in the folder has SHA-256 {file.sha256}."
            elif size != file.size_bytes:
                yield f"{_name(each)}: the file {file.sha256} has {size} bytes, not as said."
