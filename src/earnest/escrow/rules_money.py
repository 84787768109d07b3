"""How the contract divides an amount: its own rounding, in integers (`divide`, `bond-owner`)."""

import msgspec

BPS = 10_000
BOND_BPS = 500
MILESTONE_MINOR_MIN = 10_000
MILESTONE_MINOR_MAX = 10**30


class Parts(msgspec.Struct, frozen=True):
    """Who gets what of an amount, in minor units: gross = fee + net, amount = gross + refund."""

    gross_minor: int
    fee_minor: int
    net_minor: int
    refund_minor: int

    @property
    def paid_minor(self) -> int:
        """What leaves the contract at once: both sides' parts. The fee stays until it is swept."""
        return self.net_minor + self.refund_minor


def divide(amount_minor: int, bps: int, fee_bps: int) -> Parts:
    """The parts when the freelancer gets `bps` of 10,000, and the fee is `fee_bps` of that.

    The freelancer's part and the fee are rounded down, the rest is the client's.
    """
    gross = amount_minor * bps // BPS
    fee = gross * fee_bps // BPS
    return Parts(gross, fee, gross - fee, amount_minor - gross)


def bond_of(amount_minor: int, bond_bps: int = BOND_BPS) -> int:
    """What filing a dispute on an amount puts up, in minor units."""
    return amount_minor * bond_bps // BPS


def bond_owner(*, filer: str, client: str, freelancer: str, bps: int) -> str:
    """Who gets the bond: who filed, unless that side ends with nothing of the milestone."""
    if filer == client:
        return freelancer if bps == BPS else client
    return client if bps == 0 else freelancer
