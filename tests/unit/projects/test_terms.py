"""The terms of an agreement and their reference."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from earnest.kit.money import Asset
from earnest.projects.rules import MilestoneTerms, Share
from earnest.projects.rules_terms import Terms, on_network_of, seal, write_terms


def terms(**given: Any) -> Terms:
    """Terms with fixed figures."""
    facts: dict[str, Any] = {
        "project_id": UUID(int=1),
        "proposal_id": UUID(int=2),
        "title": "Ein Brunnen \u2013 “Tropfen”",
        "description": "Zeile 1\nZeile 2",
        "contract": "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.escrow-multi-token",
        "client": "C",
        "freelancer": "F",
        "asset": Asset.STX,
        "token": None,
        "silent_bps": 5_000,
        "wanted": [MilestoneTerms("a", "it runs", 1, 2)],
        "shares": [Share(10**15, 30)],
        "agreed_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "nonce": bytes(32),
    }
    return write_terms(**facts | given)


def test_the_reference_is_the_hash_of_the_canonical_text() -> None:
    """Anybody can compute it from the text alone; written down once, so that a change of the form
    is seen (the same by JavaScript's own JSON and hash)."""
    text, reference = seal(terms())
    assert reference == f"0x{hashlib.sha256(text.encode()).hexdigest()}"
    assert reference == "0x5dc4c34ccd629fee2ceed42165aaf2f0e274dcdc5971db0775a4df17312e3fb3"
    found = json.loads(text)
    assert list(found) == sorted(found)
    assert found["milestones"] == [
        {
            "acceptance": "it runs",
            "amountMinor": "1000000000000000",
            "days": 30,
            "num": 1,
            "title": "a",
        }
    ]


@pytest.mark.parametrize("field", Terms.__struct_fields__)
def test_every_field_changes_the_reference(field: str) -> None:
    """Nothing that was agreed on can be changed unseen, and the nonce makes equal terms differ."""
    before = terms()
    value = getattr(before, field)
    other = 7 if isinstance(value, int) else [] if isinstance(value, list) else "another"
    assert seal(msgspec.structs.replace(before, **{field: other}))[1] != seal(before)[1]


@pytest.mark.parametrize(
    ("contract", "address", "expected"),
    [
        ("SP000000000000000000002Q6VF78.c", "ST000000000000000000002AMW42H",
         "SP000000000000000000002Q6VF78"),
        ("ST000000000000000000002AMW42H.c", "SP000000000000000000002Q6VF78",
         "ST000000000000000000002AMW42H"),
        ("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.c", "SP000000000000000000002Q6VF78",
         "SP000000000000000000002Q6VF78"),
    ],
)  # fmt: skip
def test_addresses_are_written_as_the_contracts_network_does(
    contract: str, address: str, expected: str
) -> None:
    """One key has an address on each network; the contract knows only its own."""
    assert on_network_of(contract, address) == expected
    with pytest.raises(ValueError):
        on_network_of(contract, "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin")
