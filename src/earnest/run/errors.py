"""Why `earnest up` refuses to go on: parts that do not belong together."""

from earnest.kit.errors import EarnestError, Kind


class ChainReplaced(EarnestError):
    """The database in {state_dir} followed another local chain than the one that runs now, so \
every balance in it is money on a chain that is gone. Put {chain_dir} back from a backup, or \
begin anew: `earnest up --state-dir` with another folder, or move {state_dir} away."""

    code = "local_chain_replaced"
    kind = Kind.CONFLICT


class TreasuryDiffers(EarnestError):
    """The signer's key is that of {found}, but the money in the database lies at {known}. Put \
the key file {key_file} back from a backup; nothing was started with the other key."""

    code = "treasury_differs"
    kind = Kind.CONFLICT


class KeyLost(EarnestError):
    """The signer's log {log_file} is there, but its key is not, and nobody else can spend what \
the treasury holds. Put the key file {key_file} back from a backup; no other key was made."""

    code = "treasury_key_lost"
    kind = Kind.CONFLICT
