"""What rights and prepared calls are on the wire."""

from enum import StrEnum

from earnest.escrow import ActName, FunctionArg, PreparedCall, StatedCondition
from earnest.kit.wire import Body, Wire
from earnest.projects.rules_chain import ChainAct
from earnest.projects.service_calls import Rights
from earnest.projects.shapes_bodies import Bps, MilestoneNum, StacksAddressText, TxId
from earnest.projects.shapes_escrow import Height, show_height


class CallBody(Body, frozen=True):
    """Which act is to be signed. `bps` is the freelancer's part of 10,000 for a vote, an offer and
    the offer that is taken; `creationTxId` names another escrow of the same two sides; `address`
    one of your wallets, where more than one has the right."""

    act: ChainAct
    milestone_num: MilestoneNum | None = None
    bps: Bps | None = None
    creation_tx_id: TxId | None = None
    address: StacksAddressText | None = None


class ActRole(StrEnum):
    """Who has a right."""

    CLIENT = "client"
    FREELANCER = "freelancer"
    ARBITER = "arbiter"
    ANYONE = "anyone"


class ActAnswer(Wire, frozen=True):
    """One right: who may do it, from which height on, and before which. `milestoneNum` is null for
    what concerns the whole project, `addresses` where anyone may. `mine`: you can sign it now."""

    act: ActName
    milestone_num: int | None
    role: ActRole
    addresses: list[str] | None
    from_height: Height | None
    until_height: Height | None
    bps: int | None
    mine: bool


class ActsAnswer(Wire, frozen=True):
    """Every right there is, those of later heights included. `burnHeight` is where Bitcoin stands.

    `mayCreate`: there is no escrow yet, and you are the one to fund it. `awaited` says why nothing
    is signed yet. `paused`: there is no escrow yet, and the contract takes no new projects now.
    """

    burn_height: int | None
    may_create: bool
    awaited: str | None
    paused: bool
    items: list[ActAnswer]


class PreparedCallAnswer(Wire, frozen=True):
    """An unsigned contract call, in the words of `stx_callContract`. `note` says what it does to
    the money and what the wallet will show."""

    contract: str
    function_name: str
    function_args: list[FunctionArg]
    post_condition_mode: str
    post_conditions: list[StatedCondition]
    sender: str
    network: str
    note: str


def show_acts(rights: Rights) -> ActsAnswer:
    """The rights of a project."""
    clock = rights.clock
    return ActsAnswer(
        burn_height=clock.burn_height if clock else None,
        may_create=rights.may_create,
        awaited=rights.awaited,
        paused=rights.paused,
        items=[
            ActAnswer(
                act=act.act,
                milestone_num=act.milestone_num,
                role=ActRole(act.role.value),
                addresses=None if act.addresses is None else list(act.addresses),
                from_height=show_height(act.from_height or None, clock),
                until_height=show_height(act.until_height, clock),
                bps=act.bps,
                mine=rights.is_mine(act),
            )
            for act in rights.acts
        ],
    )


def show_call(call: PreparedCall) -> PreparedCallAnswer:
    """A call as wallets take it."""
    return PreparedCallAnswer(
        **{name: getattr(call, name) for name in PreparedCallAnswer.__struct_fields__}
    )
