"""The escrow contract on a local Stacks chain, and people with wallets who use it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from earnest.chains.stacks import StacksApi
from earnest.chains.stacks.clarity import Nothing, Principal, Some, UInt, Value, encode_hex
from earnest.escrow import PreparedCall, ProjectState, Token
from earnest.kit.money import Asset
from earnest.run.demo.stacks_wallet import StacksNode, StacksWallet, StacksWallets
from earnest.run.embedded.stacks_chain import SBTC_CONTRACT
from tests.integration.escrow.contract_reads import fields_of, state_of, uint_of

NAMES = ("client", "freelancer", "arbiter-1", "arbiter-2", "treasury", "stranger")
SBTC = Token(SBTC_CONTRACT, "sbtc-token", may_refuse=False, asset=Asset.SBTC)
# The calls here are small, and an estimate would be one more question for each of them.
FEE_MICRO_STX = 1_000
_MICRO_STX = 1_000_000_000
_SATS = 10_000_000


class EscrowWorld:
    """One chain that stands still until it is told to mine."""

    def __init__(
        self, api: StacksApi, node: StacksNode, contract: str, people: Mapping[str, StacksWallet]
    ) -> None:
        self.api = api
        self.node = node
        self.contract = contract
        self.people = dict(people)
        self._by_address = {each.address: each for each in people.values()}

    @classmethod
    async def open(
        cls, api: StacksApi, node: StacksNode, wallets: StacksWallets, owner: StacksWallet
    ) -> "EscrowWorld":
        """Wallets with money for everybody; `owner` deployed the contract."""
        contract = str((await node.state())["contractId"])
        people = {name: await wallets.open() for name in NAMES}
        for wallet in people.values():
            await node.fund(wallet.address, micro_stx=_MICRO_STX, sats=_SATS)
        await node.fund(owner.address, micro_stx=_MICRO_STX)
        await node.mine()
        return cls(api, node, contract, {**people, "owner": owner})

    def address(self, name: str) -> str:
        """Whose wallet."""
        return self.people[name].address

    async def burn_height(self) -> int:
        """Bitcoin's height as the contract sees it."""
        return (await self.api.head()).burn_block_height

    async def mine_to_burn(self, height: int) -> None:
        """Bitcoin blocks up to this height."""
        missing = height - await self.burn_height()
        if missing > 0:
            await self.node.mine(burn=missing)

    async def send(self, call: PreparedCall) -> str:
        """Signs as the wallet that the call is meant for, and mines. The chain_tx's id."""
        wallet = self._by_address[call.sender]
        tx_id = await wallet.send_call(
            as_wallets_take_it(call), self.node.api_url, fee_micro_stx=FEE_MICRO_STX
        )
        await self.node.mine()
        return tx_id

    async def status(self, tx_id: str) -> str:
        """What became of it."""
        return (await self.api.chain_tx(tx_id)).status.value

    async def do(self, call: PreparedCall) -> str:
        """Carries a call out and says what became of it."""
        return await self.status(await self.send(call))

    async def call(self, contract: str, function: str, *args: Value) -> str:
        """A stranger calls any contract; what became of it."""
        call = {
            "contract": contract,
            "functionName": function,
            "functionArgs": [encode_hex(each) for each in args],
        }
        tx_id = await self.people["stranger"].send_call(
            call, self.node.api_url, fee_micro_stx=FEE_MICRO_STX
        )
        await self.node.mine()
        return await self.status(tx_id)

    async def ask(self, function: str, *args: Value) -> Value:
        """A read-only function of the contract."""
        return await self.api.call_read(self.contract, function, args)

    async def project_count(self) -> int:
        """The number of the newest project."""
        return uint_of(await self.ask("get-project-count"))

    async def state(self, number: int) -> ProjectState:
        """All that the contract says of a project."""
        of, nums = UInt(number), [UInt(each) for each in range(1, 5)]
        project = await self.ask("get-project", of)
        fields = fields_of(project)
        assert fields is not None
        parties = [fields["client"], fields["freelancer"]]
        arbiters = [Principal.parse(self.address(f"arbiter-{n}")) for n in (1, 2)]
        case = {
            "number": number,
            "project": encode_hex(project),
            "set": encode_hex(await self.ask("get-arbiter-set", fields["arbiter-set"])),
            "milestones": [encode_hex(await self.ask("get-milestone", of, num)) for num in nums],
            "disputes": [encode_hex(await self.ask("get-dispute", of, num)) for num in nums],
            "offers": [await self._told("get-offer", of, num, parties) for num in nums],
            "votes": [await self._told("get-vote", of, num, arbiters) for num in nums],
        }
        return state_of(case)

    async def _told(
        self, function: str, of: Value, num: Value, people: list[Any]
    ) -> list[dict[str, str]]:
        return [
            {"by": str(by), "hex": encode_hex(await self.ask(function, of, num, by))}
            for by in people
        ]

    async def collected_minor(self, token: Token | None) -> int:
        """Fees that wait to be swept."""
        return uint_of(await self.ask("get-fees", _optional(token)))

    async def credit_minor(self, who: str, token: Token | None) -> int:
        """What was refused to somebody and waits."""
        return uint_of(await self.ask("get-credit", Principal.parse(who), _optional(token)))

    async def owed_minor(self, token: Token | None) -> int:
        """All that the contract owes."""
        return uint_of(await self.ask("get-owed", _optional(token)))


def _optional(token: Token | None) -> Value:
    return Nothing() if token is None else Some(Principal.parse(token.contract))


def as_wallets_take_it(call: PreparedCall) -> dict[str, Any]:
    """The call as JSON carries it to a wallet."""
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(call))
    return sent
