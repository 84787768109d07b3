"""The terms that an acceptance fixes, and the reference that the escrow carries. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from earnest.chains.stacks import AddressVersion, StacksAddress
from earnest.kit.canonical import canonical_json
from earnest.kit.money import Asset
from earnest.projects.rules import MilestoneTerms, Share

TERMS_VERSION = 1
NONCE_BYTES = 32


class AgreedMilestone(msgspec.Struct, frozen=True, rename="camel"):
    """A milestone as agreed: the amount as a decimal string, days after funding."""

    num: int
    title: str
    acceptance: str
    amount_minor: str
    days: int


class Terms(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """All that client and freelancer agreed on. `nonce` is 32 random bytes in hex, so that nobody
    can find out the terms of others by trying."""

    earnest_terms: int = TERMS_VERSION
    project_id: str
    proposal_id: str
    title: str
    description: str
    contract: str
    client: str
    freelancer: str
    asset: str
    token: str | None
    silent_bps: int
    milestones: list[AgreedMilestone]
    agreed_at: str
    nonce: str


def write_terms(
    *,
    project_id: UUID,
    proposal_id: UUID,
    title: str,
    description: str,
    contract: str,
    client: str,
    freelancer: str,
    asset: Asset,
    token: str | None,
    silent_bps: int,
    wanted: Sequence[MilestoneTerms],
    shares: Sequence[Share],
    agreed_at: datetime,
    nonce: bytes,
) -> Terms:
    """The terms of an acceptance: the project's words, the proposal's figures."""
    return Terms(
        project_id=str(project_id),
        proposal_id=str(proposal_id),
        title=title,
        description=description,
        contract=contract,
        client=client,
        freelancer=freelancer,
        asset=asset.value,
        token=token,
        silent_bps=silent_bps,
        milestones=[
            AgreedMilestone(num, each.title, each.acceptance, str(share.amount_minor), share.days)
            for num, (each, share) in enumerate(zip(wanted, shares, strict=True), start=1)
        ],
        agreed_at=agreed_at.isoformat(),
        nonce=nonce.hex(),
    )


def reference_of(canonical_terms: bytes) -> str:
    """The 32-byte reference of terms as 0x-hex: SHA-256 of their canonical JSON (RFC 8785)."""
    return f"0x{hashlib.sha256(canonical_terms).hexdigest()}"


def seal(terms: Terms) -> tuple[str, str]:
    """The canonical JSON of terms, and its reference."""
    written = canonical_json(terms)
    return written.decode(), reference_of(written)


_ON_TESTNET = {
    AddressVersion.MAINNET_SINGLE_SIG: AddressVersion.TESTNET_SINGLE_SIG,
    AddressVersion.MAINNET_SCRIPT: AddressVersion.TESTNET_SCRIPT,
}


def on_network_of(contract: str, address: str) -> str:
    """`address` as the network of `contract` (`ADDRESS.name`) writes it: one key has both forms."""
    deployer = StacksAddress.parse(contract.partition(".")[0])
    mainnet = StacksAddress.parse(address).on_mainnet()
    if deployer.version.mainnet:
        return str(mainnet)
    return str(StacksAddress(_ON_TESTNET[mainnet.version], mainnet.hash160))
