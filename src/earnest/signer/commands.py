"""What an operator asks of the signer: `earnest signer init | status | acknowledge`."""

from uuid import UUID

from earnest.kit.db import Database
from earnest.kit.errors import EarnestError, Kind
from earnest.kit.settings import Settings
from earnest.signer.keyfile import create_key_file, key_address
from earnest.signer.protocol import SignerStatus
from earnest.signer.server import read_passphrase
from earnest.signer.signed_log import SignedLog
from earnest.signer.store import LedgerReader


class NeverSigned(EarnestError):
    """The signer's log has no payout {payout_id}."""

    code = "signer_never_signed"
    kind = Kind.NOT_FOUND


def init_key(settings: Settings) -> str:
    """Makes the key file and returns the address to fund. Never overwrites a key."""
    return create_key_file(settings.signer_key_file, read_passphrase(settings, twice=True))


async def signer_status(settings: Settings) -> SignerStatus:
    """What the log and the ledger say; needs neither the key nor a running signer."""
    database = await Database.connect(
        settings.database_url, application="earnest signer status", size_max=1
    )
    signed_log = SignedLog(settings.signer_log_file)
    try:
        missing = await LedgerReader(database).missing(signed_log.unacknowledged())
        return SignerStatus(
            address=key_address(settings.signer_key_file),
            signed_payouts=signed_log.count(),
            missing=missing[:100],
        )
    finally:
        signed_log.close()
        await database.close()


def acknowledge(settings: Settings, payout_id: UUID, note: str) -> None:
    """States that a person has looked at a payout that the ledger lacks. Raises `NeverSigned`.

    The note is kept in the log. The running signer takes it into account at once.
    """
    signed_log = SignedLog(settings.signer_log_file)
    try:
        if not signed_log.acknowledge(payout_id, note):
            raise NeverSigned(payout_id=payout_id)
    finally:
        signed_log.close()
