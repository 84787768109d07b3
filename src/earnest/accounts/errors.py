"""What can go wrong with wallets, challenges and sessions, told as facts."""

from earnest.kit.errors import EarnestError, Kind


class InvalidWalletAddress(EarnestError):
    """This is no wallet address of Solana, Stacks or an EVM chain: {reason}."""

    code = "invalid_wallet_address"
    kind = Kind.INVALID


class SignatureMalformed(EarnestError):
    """This is no signature of the wallet's chain: {reason}."""

    code = "signature_malformed"
    kind = Kind.INVALID


class ChallengeMalformed(EarnestError):
    """This is no sign-in challenge: {reason}."""

    code = "challenge_malformed"
    kind = Kind.INVALID


class ProofRefused(EarnestError):
    """The wallet is not proven. Ask for a new challenge and sign that."""

    code = "proof_refused"
    kind = Kind.UNAUTHENTICATED


class ChallengeUnknown(ProofRefused):
    """We did not issue this challenge. Ask for a new one and sign that."""

    code = "challenge_unknown"


class ChallengeForAnotherWallet(ProofRefused):
    """This challenge was issued for another address. Ask for one for this address."""

    code = "challenge_for_another_wallet"


class ChallengeExpired(ProofRefused):
    """This challenge expired at {expires_at}. Ask for a new one and sign that."""

    code = "challenge_expired"


class ChallengeSpent(ProofRefused):
    """This challenge was used already; each is good for once. Ask for a new one."""

    code = "challenge_spent"


class SignatureNotOfWallet(ProofRefused):
    """This signature was not made by this address over this challenge."""

    code = "signature_not_of_wallet"


class WalletNotProven(EarnestError):
    """The wallet was not linked: {reason}"""

    code = "wallet_not_proven"
    kind = Kind.FORBIDDEN


class WalletOfAnotherAccount(EarnestError):
    """This wallet belongs to another account. Sign in with it to use that account."""

    code = "wallet_of_another_account"
    kind = Kind.CONFLICT


class TooManyWallets(EarnestError):
    """An account holds at most {most} wallets."""

    code = "too_many_wallets"
    kind = Kind.CONFLICT


class NotSignedIn(EarnestError):
    """Sign in first: {reason}."""

    code = "not_signed_in"
    kind = Kind.UNAUTHENTICATED


class SessionEnded(EarnestError):
    """This session has ended. Sign in again."""

    code = "session_ended"
    kind = Kind.UNAUTHENTICATED


class SessionUnknown(EarnestError):
    """You have no such session."""

    code = "session_unknown"
    kind = Kind.NOT_FOUND


class OriginNotAllowed(EarnestError):
    """This may only be asked from the site's own pages."""

    code = "origin_not_allowed"
    kind = Kind.FORBIDDEN


class OperatorOnly(EarnestError):
    """Only an operator may do this."""

    code = "operator_only"
    kind = Kind.FORBIDDEN
