"""A wallet, known by the form of its address, and the proof that somebody holds it."""

import msgspec
from solders.pubkey import Pubkey

from earnest.accounts.errors import InvalidWalletAddress, SignatureMalformed
from earnest.chains import evm, stacks
from earnest.chains.solana import signing as solana
from earnest.kit.money import Chain

ADDRESS_LENGTH_MAX = 64
SIGNATURE_LENGTH_MAX = 200
STACKS_LENGTH_MAX = 41
_STACKS_BEGINNINGS = ("SP", "SM", "ST", "SN")


class Wallet(msgspec.Struct, frozen=True):
    """One wallet. `identity` decides whether two are the same; `address` is for people.

    Solana: both as given. EVM: lower case, and EIP-55. Stacks: the main network's form (a key
    has an address on each network, and whoever holds the one holds the other), and as given.
    """

    chain: Chain
    identity: str
    address: str


def parse_wallet(text: str) -> Wallet:
    """The wallet of an address; its form tells the chain. Raises `InvalidWalletAddress`."""
    if not 0 < len(text) <= ADDRESS_LENGTH_MAX or not text.isascii():
        raise InvalidWalletAddress(reason=f"it is not 1 to {ADDRESS_LENGTH_MAX} plain letters")
    try:
        if text.startswith("0x"):
            lower = evm.parse_address(text)
            return Wallet(Chain.EVM, lower, evm.checksum(lower))
        # A Solana address may begin with the same letters, but is then 43 or 44 long: 32 bytes
        # need as many in base58 unless they begin with a zero byte, which is written 1.
        if text[:2] in _STACKS_BEGINNINGS and len(text) <= STACKS_LENGTH_MAX:
            address = stacks.StacksAddress.parse(text)
            return Wallet(Chain.STACKS, str(address.on_mainnet()), text)
        plain = str(solana.parse_wallet_address(text))
        return Wallet(Chain.SOLANA, plain, plain)
    except ValueError as error:
        raise InvalidWalletAddress(reason=str(error)) from error


def proves(wallet: Wallet, message: str, signature: str) -> bool:
    """Whether the holder of `wallet` signed `message`. Raises `SignatureMalformed`."""
    try:
        match wallet.chain:
            case Chain.SOLANA:
                return solana.verify_message(
                    Pubkey.from_string(wallet.identity), message, signature
                )
            case Chain.STACKS:
                address = stacks.StacksAddress.parse(wallet.identity)
                return stacks.verify_message(address, message, signature)
            case Chain.EVM:
                return evm.recover_address(message, signature) == wallet.identity
    except ValueError as error:
        raise SignatureMalformed(reason=str(error)) from error
