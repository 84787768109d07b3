"""`earnest signer status`."""

import asyncio

from rich.text import Text

from earnest.kit.settings import Settings
from earnest.run.terminal import console
from earnest.signer.commands import signer_status


def show_signer(settings: Settings) -> int:
    """What the signer's log and the ledger say. 1 when the ledger lacks what was signed."""
    found = asyncio.run(signer_status(settings))
    out = console()
    out.print(f"Treasury {found.address}, {found.signed_payouts} payouts signed.")
    if not found.missing:
        out.print("The ledger has every one of them.")
        return 0
    out.print(
        Text(
            f"The ledger lacks {len(found.missing)} of them: an old backup was restored. Nothing "
            "is signed until a person has looked at each (`earnest signer acknowledge`):",
            style="look",
        )
    )
    for payout_id in found.missing:
        out.print(f"  {payout_id}")
    return 1
