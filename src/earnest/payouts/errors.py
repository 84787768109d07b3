"""What keeps a payout from being made. The first line of each is what the person reads."""

from earnest.kit.errors import EarnestError, Kind


class PayoutUnknown(EarnestError):
    """There is no such payout of yours."""

    code = "payout_unknown"
    kind = Kind.NOT_FOUND


class WalletOnAnotherChain(EarnestError):
    """You signed in with a {chain} wallet; {asset} is paid on {needed}. Sign in with that one."""

    code = "payout_wallet_on_another_chain"
    kind = Kind.CONFLICT


class AssetUnsupported(EarnestError):
    """{asset} cannot be paid out here. Nothing was asked of the chain."""

    code = "payout_asset_unsupported"
    kind = Kind.CONFLICT


class AmountBelowThreshold(EarnestError):
    """The smallest payout is {min_minor} minor units of {asset}. Your balance stays yours."""

    code = "payout_below_threshold"
    kind = Kind.CONFLICT


class AmountTooLarge(EarnestError):
    """No chain can carry {amount_minor} minor units of {asset} in one transfer."""

    code = "payout_amount_too_large"
    kind = Kind.CONFLICT


class RecipientBelowRent(EarnestError):
    """The network would refuse it: your wallet would hold {short_minor} lamports too few."""

    code = "payout_recipient_below_rent"
    kind = Kind.CONFLICT


class AddressNotYours(EarnestError):
    """{address} is not a wallet of this account."""

    code = "payout_address_not_yours"
    kind = Kind.CONFLICT


class AddressIsTreasury(EarnestError):
    """{address} is the house's own wallet. A payout there would go round in a circle."""

    code = "payout_address_is_treasury"
    kind = Kind.CONFLICT


class ChainOutOfReach(EarnestError):
    """The chain cannot be asked at the moment. Nothing was taken from your balance; try again."""

    code = "payout_chain_out_of_reach"
    kind = Kind.UNAVAILABLE


class PayoutMayStillLand(EarnestError):
    """Payout {payoutId} was handed to the signer and may still land: its hold stays."""

    code = "payout_may_still_land"
    kind = Kind.CONFLICT


class PayoutStepIllegal(EarnestError):
    """Payout {payoutId} cannot go from {before} to {after}."""

    code = "payout_step_illegal"
    kind = Kind.CONFLICT


class AttemptStepIllegal(EarnestError):
    """Attempt {attemptId} cannot go from {before} to {after}."""

    code = "attempt_step_illegal"
    kind = Kind.CONFLICT


class PayoutEnded(EarnestError):
    """Payout {payout_id} has ended: {status}."""

    code = "payout_ended"
    kind = Kind.CONFLICT


class PayoutHeld(EarnestError):
    """Payout {payout_id} is held already. Its page says by whom and why."""

    code = "payout_held"
    kind = Kind.CONFLICT


class PayoutsStopped(EarnestError):
    """Payouts are stopped already. The audit says by whom and why."""

    code = "payouts_stopped"
    kind = Kind.CONFLICT


class HaltUnknown(EarnestError):
    """Payouts are not halted for {halt_code}."""

    code = "payout_halt_unknown"
    kind = Kind.NOT_FOUND


class SignerUnreachable(EarnestError):
    """The signer gave no answer ({reason}). Whether it signed is not known."""

    code = "signer_unreachable"
    kind = Kind.UNAVAILABLE


class SignerRefused(EarnestError):
    """The signer refused: {detail}"""

    code = "signer_refused"
    kind = Kind.CONFLICT
