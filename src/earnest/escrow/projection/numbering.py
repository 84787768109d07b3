"""The contract's own numbers: what shows that no event is missing."""

from earnest.chains import RpcRejected
from earnest.chains.stacks import StacksApi, clarity
from earnest.escrow import patterns


class EscrowNumbering:
    """Its events bear `seq`, contiguous from the deploy's 1 on; `get-event-count` is the last."""

    def __init__(self, contract: str) -> None:
        self._contract = contract

    def number_of(self, hex: str) -> int | None:
        """The `seq` of a print; None for one that is no event of the contract."""
        event = patterns.read(hex)
        if event is not None:
            return event.seq
        try:
            value = clarity.decode_hex(hex)
        except clarity.NotClarity:
            return None
        if not isinstance(value, clarity.Tuple):
            return None
        seq = value.by_name().get("seq")
        return seq.value if isinstance(seq, clarity.UInt) else None

    async def count(self, node: StacksApi) -> int | None:
        """How many events there were at the tip; None while the contract is not deployed.

        Raises `RpcUnavailable`.
        """
        try:
            counted = await node.call_read(self._contract, "get-event-count")
        except RpcRejected:
            return None
        return counted.value if isinstance(counted, clarity.UInt) else None
