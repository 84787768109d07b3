"""Why the signer refuses. Each refusal has a stable code, which is what crosses the socket.

A refusal is definite: nothing was signed for this attempt. Where the signer could not find out
(`SignerCannotSee`), nothing was signed either, and the same question may be asked again.
"""

from earnest.kit.errors import EarnestError, Kind


class SigningRefused(EarnestError):
    """The signer refused."""

    code = "signing_refused"
    kind = Kind.CONFLICT


class SignerHalted(SigningRefused):
    """The ledger lacks {count} payouts that were signed before: a person must look."""

    code = "signer_halted"


class NetworkDiffers(SigningRefused):
    """The node is on the network {found}; everything signed so far was for {known}."""

    code = "signer_network_differs"


class SignerCannotSee(SigningRefused):
    """The signer could not look at {what}, so it signed nothing. Ask again."""

    code = "signer_cannot_see"
    kind = Kind.UNAVAILABLE


class HoldMissing(SigningRefused):
    """The ledger has no hold for payout {payout_id}."""

    code = "signer_hold_missing"


class HoldEnded(SigningRefused):
    """The hold of payout {payout_id} has ended: {outcome}."""

    code = "signer_hold_ended"


class HoldChanged(SigningRefused):
    """The hold of payout {payout_id} names another recipient or amount than was signed before."""

    code = "signer_hold_changed"


class AttemptDiffers(SigningRefused):
    """Attempt {attempt_id} was signed before for other payouts."""

    code = "signer_attempt_differs"


class AlreadyPaid(SigningRefused):
    """Payout {payout_id} was paid by chain_tx {tx_id}."""

    code = "signer_already_paid"


class EarlierSignatureLive(SigningRefused):
    """An earlier signature for payout {payout_id} can still land: {tx_id}."""

    code = "signer_earlier_signature_live"


class NotPayableHere(SigningRefused):
    """Payout {payout_id} cannot be signed: {reason}."""

    code = "signer_not_payable"


class BatchTooLarge(SigningRefused):
    """These payouts do not fit into one chain_tx: {count}, of which {fit} fit."""

    code = "signer_batch_too_large"


class PayoutAboveLimit(SigningRefused):
    """Payout {payout_id} is {amount_minor} {asset}; one payout may be {limit_minor}."""

    code = "signer_payout_above_limit"


class HourLimitReached(SigningRefused):
    """{limit_minor} {asset} an hour may be signed; {used_minor} were, {amount_minor} more asked."""

    code = "signer_hour_limit_reached"


class AddressLimitReached(SigningRefused):
    """{limit_minor} {asset} a day may go to {recipient}; {used_minor} did."""

    code = "signer_address_limit_reached"


class FloatTooSmall(SigningRefused):
    """The treasury holds {balance_minor} {asset}; paying and its float need {need_minor}."""

    code = "signer_float_too_small"


class RecipientNotAllowed(SigningRefused):
    """Payout {payout_id} goes to {recipient}, which is not on the signer's list of recipients."""

    code = "signer_recipient_not_allowed"


class KeyFileUnsafe(EarnestError):
    """{path} can be read or changed by others (mode {mode}). Make it 0600, its folder 0700."""

    code = "signer_key_file_unsafe"


class KeyFileBroken(EarnestError):
    """{path} is not a key file of this signer: {reason}."""

    code = "signer_key_file_broken"


class PassphraseWrong(EarnestError):
    """The passphrase does not open {path}."""

    code = "signer_passphrase_wrong"


class KeyFileExists(EarnestError):
    """{path} is there already. A key that holds money is never overwritten."""

    code = "signer_key_file_exists"
    kind = Kind.CONFLICT
